package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"taskwire/identity/identitytest"
	programs "taskwire/promises/fleet"
	"taskwire/store"
)

// publicURL is the resource of a deployment: what its hosts connect to, through
// a proxy that the tests leave out.
const publicURL = "https://tasks.example.com/mcp"

// A deployment is what replicas have in common: a database, a provider and the
// resource's URL.
type deployment struct {
	Provider *identitytest.Provider
	Database store.Config
	env      map[string]string
}

func deploy(t testing.TB, database store.Config) *deployment {
	t.Helper()
	d := &deployment{Provider: identitytest.Start(t), Database: database}
	d.env = map[string]string{
		"AUTH_MODE": "jwks", "OAUTH_ISSUER": d.Provider.Issuer, "OAUTH_JWKS_URL": d.Provider.JWKSURL,
		"MCP_PUBLIC_URL":        publicURL,
		"RATE_READS_PER_MINUTE": "0", "RATE_TOOL_CALLS_PER_MINUTE": "0",
	}
	maps.Copy(d.env, databaseEnv(database))
	return d
}

// token is a good access token with both scopes.
func (d *deployment) token(t testing.TB, user string) string {
	t.Helper()
	return d.Provider.Token(t, user, publicURL, scopeRead, scopeWrite)
}

// replica starts one more process and waits until it is ready.
func (d *deployment) replica(t testing.TB, flags ...string) *httpProcess {
	t.Helper()
	p := launch(t, d.env, flags...)
	p.Provider, p.Database = d.Provider, d.Database
	p.ready(t)
	return p
}

// An httpProcess is the built program, serving HTTP in a process of its own.
// It is stopped with SIGTERM when the test ends, and must then exit with 0.
type httpProcess struct {
	*harness
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended
}

// launch starts the program on a free port, unless the flags name one, and
// waits until it listens. Nothing of the test's own environment reaches it.
func launch(t testing.TB, env map[string]string, flags ...string) *httpProcess {
	t.Helper()
	return launchFile(t, builtBinary(t), env, flags...)
}

func launchFile(t testing.TB, file string, env map[string]string, flags ...string) *httpProcess {
	t.Helper()
	p := start(t, file, env, flags...)
	p.listening(t)
	return p
}

// listening waits until the program says where it listens.
func (p *httpProcess) listening(t testing.TB) {
	t.Helper()
	var addr string
	waitFor(t, "the program to listen", func() bool {
		if p.ended() {
			t.Fatalf("the program ended: %v", p.cmd.ProcessState)
		}
		addr = p.logged("serving")["addr"]
		return addr != ""
	})
	p.Base = "http://" + addr
	p.URL = p.Base + "/mcp"
}

func start(t testing.TB, file string, env map[string]string, flags ...string) *httpProcess {
	t.Helper()
	all := map[string]string{"HOME": t.TempDir()}
	maps.Copy(all, env)
	p := &httpProcess{harness: &harness{Log: &syncBuffer{}, env: all}, exited: make(chan struct{})}
	p.cmd = exec.Command(file, append([]string{"-http", "127.0.0.1:0"}, flags...)...)
	p.cmd.Env = []string{}
	for name, value := range all {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Stderr = p.Log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.exited) }()
	t.Cleanup(func() {
		p.stop(t)
		if t.Failed() {
			t.Logf("log of %s: %s", p.URL, programs.Complaints(p.Log.String()))
		}
	})
	return p
}

// logged returns the last line of the log with this message, its text
// attributes by name.
func (p *httpProcess) logged(message string) map[string]string {
	found := map[string]string{}
	for line := range strings.SplitSeq(p.Log.String(), "\n") {
		var facts map[string]any
		if json.Unmarshal([]byte(line), &facts) != nil || facts["msg"] != message {
			continue
		}
		for key, value := range facts {
			if text, ok := value.(string); ok {
				found[key] = text
			}
		}
	}
	return found
}

// ready waits until calls would be served.
func (p *httpProcess) ready(t testing.TB) {
	t.Helper()
	waitFor(t, p.Base+" to be ready", func() bool {
		return p.get(t, "/readyz").Status == http.StatusOK
	})
}

func (p *httpProcess) get(t testing.TB, path string) answer {
	t.Helper()
	return p.send(t, http.MethodGet, p.Base+path, "", nil)
}

func (p *httpProcess) signal(t testing.TB, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Errorf("signal %v: %v", s, err)
	}
}

func (p *httpProcess) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// stop asks the process to end, which it must do with status 0. One that has
// ended already is left alone.
func (p *httpProcess) stop(t testing.TB) {
	t.Helper()
	if p.ended() {
		return
	}
	p.signal(t, syscall.SIGTERM)
	if p.status(); p.cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("after SIGTERM: %v, want exit status 0", p.cmd.ProcessState)
	}
}

// status waits for the end and returns the exit status, -1 for a signal. A
// program that does not end within its grace is killed.
func (p *httpProcess) status() int {
	overdue := time.AfterFunc(40*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer overdue.Stop()
	<-p.exited
	return p.cmd.ProcessState.ExitCode()
}

// tryCall calls a tool in the stateless era, from any goroutine.
func (h *harness) tryCall(t testing.TB, token string, c toolCall) (toolOutcome, error) {
	body, header := modern(token, "tools/call", c.params())
	a, err := exchange(t.Context(), http.MethodPost, h.URL, body, header)
	if err != nil {
		return toolOutcome{}, err
	}
	var out toolOutcome
	if err := json.Unmarshal(a.Message.Result, &out); err != nil {
		return toolOutcome{}, &badAnswer{c.tool, a}
	}
	return out, nil
}

type badAnswer struct {
	tool string
	answer
}

func (e *badAnswer) Error() string {
	return e.tool + ": HTTP " + http.StatusText(e.Status) + ": " + e.Body
}

// A toolCall is a call that has not been made yet.
type toolCall struct {
	tool string
	args map[string]any
	meta map[string]any
}

func (c toolCall) params() map[string]any {
	params := map[string]any{"name": c.tool, "arguments": c.args}
	if c.meta != nil {
		params["_meta"] = c.meta
	}
	return params
}

// The limit leaves room for what desktop bundles and images pack beside it.
func TestBinarySize(t *testing.T) {
	t.Parallel()
	const limit = 20_000_000
	path := filepath.Join(t.TempDir(), "mcpserver")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= limit {
		t.Errorf("the stripped binary has %d bytes, want less than %d", info.Size(), limit)
	}
}
