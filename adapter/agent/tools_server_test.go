package agent

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"taskwire/identity/identitytest"
)

// binaryDir is where mcpserver was built for this run, if it was.
var binaryDir string

var mcpserverBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "agent-test")
	if err != nil {
		return "", err
	}
	binaryDir = dir
	path := filepath.Join(dir, "mcpserver")
	if out, err := exec.Command("go", "build", "-o", path, "taskwire/mcpserver").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return path, nil
})

// A toolServer is the real mcpserver in a process of its own, over a fresh
// SQLite file. It takes the tokens of Adapter, which stands for the adapter's
// own key.
type toolServer struct {
	URL     string
	Adapter *identitytest.Provider
	log     *syncBuffer
}

func startToolServer(t testing.TB) *toolServer {
	t.Helper()
	binary, err := mcpserverBinary()
	if err != nil {
		t.Fatal(err)
	}
	s := &toolServer{Adapter: identitytest.Start(t), log: &syncBuffer{}}
	cmd := exec.Command(binary, "-http", "127.0.0.1:0")
	dir := t.TempDir()
	cmd.Env = []string{
		"HOME=" + dir, "TASKWIRE_DATA=" + dir,
		"AUTH_MODE=hs256", "BETTER_AUTH_SECRET=" + strings.Repeat("s", 32), "AUTH_ISSUER=https://login.example.com",
		"ADAPTER_ISSUER=" + s.Adapter.Issuer, "ADAPTER_JWKS_URL=" + s.Adapter.JWKSURL,
		"RATE_READS_PER_MINUTE=0", "RATE_TOOL_CALLS_PER_MINUTE=0", "LOG_FORMAT=json",
	}
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		overdue := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
		defer overdue.Stop()
		<-exited
		if t.Failed() {
			t.Logf("mcpserver said: %.4000s", s.log)
		}
	})
	waitFor(t, "mcpserver to listen", func() bool {
		select {
		case <-exited:
			t.Fatalf("mcpserver ended: %s", s.log)
		default:
		}
		s.URL = logged(s.log.String(), "serving")["mcp"]
		return s.URL != ""
	})
	return s
}

// token is what the adapter would sign for a user.
func (s *toolServer) token(t testing.TB, user string) string {
	return s.Adapter.Token(t, user, s.URL, "tasks:read", "tasks:write")
}

// tools reaches the server, or a proxy of it, as the adapter does. Every user's
// token is signed once.
func (s *toolServer) tools(t testing.TB, url string) *MCPTools {
	var tokens sync.Map
	return newTools(t, ToolsConfig{URL: url, PingUser: "ping", Token: func(_ context.Context, user string) (string, error) {
		token, ok := tokens.Load(user)
		if !ok {
			token, _ = tokens.LoadOrStore(user, s.token(t, user))
		}
		return token.(string), nil
	}})
}

func newTools(t testing.TB, cfg ToolsConfig) *MCPTools {
	t.Helper()
	if cfg.Token == nil {
		cfg.Token = tokenOf
	}
	m, err := NewMCPTools(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// tokenOf gives tokens that name their user, for scripted servers.
func tokenOf(_ context.Context, user string) (string, error) { return "token-of-" + user, nil }

// mustCall calls a tool that is to work.
func mustCall(t testing.TB, m *MCPTools, user, tool string, args any) map[string]any {
	t.Helper()
	result, err := m.Call(t.Context(), user, ToolCall{Name: tool, Arguments: encode(t, args), CallID: "call-" + rand.Text()})
	if err != nil || result.IsError {
		t.Fatalf("%s: %v, %s", tool, err, result.Text)
	}
	var out map[string]any
	if err := json.Unmarshal(result.Structured, &out); err != nil {
		t.Fatalf("%s gave %s: %v", tool, result.Structured, err)
	}
	return out
}

func encode(t testing.TB, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// logged gives the last line of a JSON log with this message, its values as
// text.
func logged(log, message string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(log) {
		var facts map[string]any
		if json.Unmarshal([]byte(line), &facts) != nil || facts["msg"] != message {
			continue
		}
		for key, value := range facts {
			found[key] = fmt.Sprint(value)
		}
	}
	return found
}

// syncBuffer is a log that a test reads while others write.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *syncBuffer) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(b, nil))
}

// waitFor polls until the condition holds, and fails the test after 20 s.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
