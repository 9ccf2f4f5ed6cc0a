package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	programs "taskwire/promises/fleet"
	"taskwire/store"
)

func program(t testing.TB, name string) string {
	t.Helper()
	return programs.Program(t, name)
}

// A process is a program of ours, in a process of its own. It is stopped with
// SIGTERM when the test ends, and must then exit with 0.
type process struct {
	Base   string
	Log    *syncBuffer
	cmd    *exec.Cmd
	exited chan struct{}
}

// startTools starts mcpserver on a free port.
func startTools(t testing.TB, database store.Config, env map[string]string) *process {
	t.Helper()
	all := databaseEnv(database)
	maps.Copy(all, env)
	return launch(t, "mcpserver", all, "-http", "127.0.0.1:0")
}

// launch starts a program that serves, and waits until it listens. Nothing of
// the test's own environment reaches it.
func launch(t testing.TB, name string, env map[string]string, flags ...string) *process {
	t.Helper()
	p := &process{Log: &syncBuffer{}, exited: make(chan struct{})}
	p.cmd = exec.Command(program(t, name), flags...)
	p.cmd.Env = []string{"HOME=" + t.TempDir()}
	for key, value := range env {
		p.cmd.Env = append(p.cmd.Env, key+"="+value)
	}
	p.cmd.Stderr = p.Log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.exited) }()
	t.Cleanup(func() {
		p.stop(t)
		if t.Failed() {
			t.Logf("log of %s: %s", name, programs.Complaints(p.Log.String()))
		}
	})
	waitFor(t, name+" to listen", func() bool {
		if p.ended() {
			t.Fatalf("%s ended: %v, %s", name, p.cmd.ProcessState, p.Log)
		}
		if addr := p.logged("serving"); addr != "" {
			p.Base = "http://" + addr
		}
		return p.Base != ""
	})
	return p
}

// logged returns the addr of the last log line with this message.
func (p *process) logged(message string) (addr string) {
	for line := range strings.SplitSeq(p.Log.String(), "\n") {
		var facts struct{ Msg, Addr string }
		if json.Unmarshal([]byte(line), &facts) == nil && facts.Msg == message {
			addr = facts.Addr
		}
	}
	return addr
}

// ready waits until the program says so.
func (p *process) ready(t testing.TB) {
	t.Helper()
	waitFor(t, p.Base+" to be ready", func() bool {
		a, err := exchange(t.Context(), http.MethodGet, p.Base+"/readyz", "", nil)
		return err == nil && a.Status == http.StatusOK
	})
}

func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// stop asks the process to end, which it must do with status 0. One that has
// ended already is left alone.
func (p *process) stop(t testing.TB) {
	t.Helper()
	if p.ended() {
		return
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("stop: %v", err)
	}
	overdue := time.AfterFunc(40*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer overdue.Stop()
	if <-p.exited; p.cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("after SIGTERM: %v, want exit status 0", p.cmd.ProcessState)
	}
}

// databaseEnv is how a program of its own reaches the database.
func databaseEnv(cfg store.Config) map[string]string {
	return map[string]string{
		"DATABASE_URL": cfg.URL, "DATABASE_DIRECT_URL": cfg.DirectURL,
		"DATABASE_POOLER": cfg.Pooler, "DATABASE_SCHEMA": cfg.Schema,
	}
}

// callTool calls a tool over plain HTTP, as a host of the newer era does, and
// returns the status and the body.
func callTool(t testing.TB, p *process, token, tool string, arguments any) answer {
	t.Helper()
	const era = "2026-07-28"
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{
		"name": tool, "arguments": arguments, "_meta": map[string]any{
			"io.modelcontextprotocol/protocolVersion": era, "io.modelcontextprotocol/clientCapabilities": map[string]any{},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	hd := header{
		"Accept":               "application/json, text/event-stream",
		"MCP-Protocol-Version": era, "Mcp-Method": "tools/call", "Mcp-Name": tool,
	}
	if token != "" {
		hd["Authorization"] = "Bearer " + token
	}
	a, err := exchange(t.Context(), http.MethodPost, p.Base+"/mcp", string(body), hd)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
