package load

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
	"taskwire/promises/fleet"
	"taskwire/store/storetest"
)

// R10: the issuer's clock goes before or after the programs'. Both allow 30 s.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	f := fleet.New(t, storetest.Config(t, storetest.SQLite))
	adapter := f.Adapter(t)
	tools := f.ToolServer(t, adapter)
	adapter.Ready(t)
	tools.Ready(t)
	for name, c := range map[string]struct {
		skew   time.Duration // of the issuer
		age    time.Duration // how long its token has been, by its own clock
		status int
	}{
		"issuer ahead by 25 s":                        {25 * time.Second, 0, 200},
		"issuer ahead by 35 s":                        {35 * time.Second, 0, 401},
		"issuer behind by 25 s, with its last second": {-25 * time.Second, tokenLife - time.Second, 200},
		"issuer behind by 35 s, with its last second": {-35 * time.Second, tokenLife - time.Second, 401},
	} {
		t.Run(name, func(t *testing.T) {
			issued := time.Now().Add(c.skew - c.age)
			sign := func(audience string) string {
				claims := f.Provider.Claims("alice", audience, "tasks:read", "tasks:write")
				claims["iat"], claims["nbf"], claims["exp"] = issued.Unix(), issued.Unix(), issued.Add(tokenLife).Unix()
				return f.Provider.Sign(t, claims)
			}
			a, err := fleet.Do(t.Context(), http.MethodPost, adapter.Base+"/api/chatkit", sign(fleet.Audience), `{"type":"threads.list","params":{}}`, nil)
			if err != nil || a.Status != c.status {
				t.Errorf("adapter: %v, HTTP %d %s, want %d", err, a.Status, a.Body, c.status)
			}
			status := http.StatusOK
			_, err = fleet.Call(t.Context(), tools.Base, sign(f.Tools["MCP_PUBLIC_URL"]), "list_tasks", "", map[string]any{})
			if refused, ok := err.(*fleet.RefusedError); ok {
				status, err = refused.Status, nil
			}
			if err != nil || status != c.status {
				t.Errorf("mcpserver: %v, HTTP %d, want %d", err, status, c.status)
			}
		})
	}
}

const tokenLife = time.Hour

// R16: one processor and little memory make the programs slower, not wrong.
func TestSmallMachine(t *testing.T) {
	t.Parallel()
	f := fleet.New(t, storetest.Config(t, storetest.Postgres))
	small := map[string]string{"GOMAXPROCS": "1", "GOMEMLIMIT": "128MiB"}
	adapter := f.Adapter(t, small)
	tools := f.ToolServer(t, adapter, small)
	adapter.Ready(t)
	tools.Ready(t)
	f.Model.Otherwise(func(w *agenttest.Writer, req agenttest.Request) {
		if len(req.ToolNames()) > 0 && req.Last().Role == "user" {
			agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: fmt.Sprintf(`{"title":%q}`, req.Last().Text())})(w, req)
			return
		}
		agenttest.Text(strings.Repeat("word ", 2000), wholeAnswer)(w, req)
	})
	var running sync.WaitGroup
	for i := range 24 {
		user := fmt.Sprintf("small-%d", i)
		token, toolToken := f.Token(t, user), f.ToolToken(t, user)
		running.Go(func() {
			s := stream{asked: askTask, begun: make(chan struct{})}
			s.follow(t, adapter.Base, token)
			if s.err != nil || !s.whole() {
				t.Errorf("%s: %v, the last event is %s", user, s.err, s.last.Raw)
			}
			r, err := fleet.Call(t.Context(), tools.Base, toolToken, "list_tasks", "", map[string]any{})
			if err != nil || strings.Count(string(r.Structured), `"title":"Please: `+askTask) != 1 {
				t.Errorf("%s: tasks %s, %v; want one", user, r.Structured, err)
			}
		})
	}
	running.Wait()
}

// R18: a log that nobody reads, or for which there is no room, holds up nobody.
func TestLogsBlocked(t *testing.T) {
	t.Parallel()
	f := fleet.New(t, storetest.Config(t, storetest.Postgres))
	adapter := f.Adapter(t) // for its keys
	f.ToolServer(t, adapter)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	unread, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unread.Close()
	defer pipe.Close()
	for name, log := range map[string]*os.File{"full disk": full, "blocked pipe": pipe} {
		for program, env := range map[string]map[string]string{f.AdapterProgram(t): f.Adapters, f.ToolsProgram(t): f.Tools} {
			t.Run(name+", "+program[strings.LastIndex(program, "/")+1:], func(t *testing.T) {
				addr := fleet.FreeAddress(t)
				cmd := exec.Command(program, "-http", addr)
				cmd.Env = []string{"HOME=" + t.TempDir(), "LOG_LEVEL=debug"}
				for key, value := range env {
					cmd.Env = append(cmd.Env, key+"="+value)
				}
				cmd.Stderr = log
				cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				defer cmd.Process.Kill()
				awaitServing(t, "http://"+addr)
				// More than the pipe and what is kept of a log together.
				for i := range 3000 {
					a, err := fleet.Do(t.Context(), http.MethodGet, "http://"+addr+"/healthz", "", "", nil)
					if err != nil || a.Status != http.StatusOK {
						t.Fatalf("request %d: %v, HTTP %d", i, err, a.Status)
					}
				}
				if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				if err := cmd.Wait(); err != nil {
					t.Errorf("after SIGTERM: %v, want exit status 0", err)
				}
			})
		}
	}
}

func awaitServing(t testing.TB, base string) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		a, err := fleet.Do(t.Context(), http.MethodGet, base+"/readyz", "", "", nil)
		if err == nil && a.Status == http.StatusOK {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not ready: %v, HTTP %d %s", err, a.Status, a.Body)
		}
	}
}
