package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"taskwire/store/storetest"
)

// A signal while a call waits for the database: its answer still comes.
func TestStdioSignalInMidCall(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		for _, engine := range []storetest.Engine{storetest.SQLite, storetest.Postgres} {
			t.Run(fmt.Sprintf("%v, %s", signal, engine), func(t *testing.T) {
				t.Parallel()
				cfg := storetest.Config(t, engine)
				storetest.OpenConfig(t, cfg)
				p := startStdio(t, withEnv(databaseEnv(cfg)))
				p.hello(t)
				p.try(t, "get_stats", nil) // the database is open
				release := lockTasks(t, cfg)
				id := p.request(t, "tools/call", map[string]any{"name": "create_task", "arguments": map[string]any{"title": "x"}})
				p.alive(t) // so the call has been read
				p.asked(t, signal)
				release()
				answer, answered := p.rest(t)[id] // input stays open
				if !answered {
					t.Error("the call has no answer")
				} else if out := outcomeOf(t, answer); out.IsError {
					t.Errorf("the call ended with %s", out.text())
				}
				if status := p.wait(t); status != 0 {
					t.Errorf("exit status %d, want 0", status)
				}
				if rows := storetest.Count(t, cfg, "tasks"); rows != 1 {
					t.Errorf("%d rows, want 1", rows)
				}
			})
		}
	}
}

// A host that writes and never reads cannot keep the program from ending: not
// when it has closed its end, and not when the program is asked to stop.
func TestStdioEndsThoughNobodyReads(t *testing.T) {
	home := t.TempDir()
	seed := startStdio(t, withEnv(map[string]string{"HOME": home}))
	seed.hello(t)
	for range 20 {
		seed.try(t, "create_task", map[string]any{"title": "x", "description": strings.Repeat("d", 1000)})
	}
	seed.end(t)
	for name, c := range map[string]struct {
		calls int
		end   func(t *testing.T, p *stdioProcess)
	}{
		"end of input":         {maxInFlight / 2, func(_ *testing.T, p *stdioProcess) { p.Stdin.Close() }},
		"SIGTERM":              {2 * maxInFlight, func(t *testing.T, p *stdioProcess) { p.asked(t, syscall.SIGTERM) }},
		"end of input, SIGINT": {2 * maxInFlight, func(t *testing.T, p *stdioProcess) { p.Stdin.Close(); p.asked(t, syscall.SIGINT) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits for the program's patience to end
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			p := startStdio(t, withEnv(map[string]string{"HOME": home, "SHUTDOWN_GRACE": "1s"}), withStdout(w))
			input := initializeMessage + "\n" + `{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n"
			for i := range c.calls { // answers of 40 KiB: more than a pipe holds
				input += ask(i, "tools/call", `{"name":"list_tasks","arguments":{"limit":100}}`) + "\n"
			}
			p.write(t, input)
			// It serves, and has read more than what is answered: calls are read ahead.
			if _, err := io.CopyN(io.Discard, r, 10*40<<10); err != nil {
				t.Fatal(err)
			}
			c.end(t, p)
			if status := p.wait(t); status != 1 || !strings.Contains(p.Log.String(), "the host does not read its answers") {
				t.Errorf("exit status %d, want 1 and why: %s", status, p.Log)
			}
		})
	}
}

// What comes before initialize has an error with a code, and does not keep
// the session from opening.
func TestStdioBeforeInitialize(t *testing.T) {
	p := startStdio(t)
	for method, params := range map[string]any{
		"tools/list":     nil,
		"tools/call":     map[string]any{"name": "get_stats"},
		"prompts/get":    map[string]any{"name": "plan_my_day"},
		"resources/read": map[string]any{"uri": "task://x"},
	} {
		if msg := p.rpc(t, method, params); msg.Error == nil || msg.Error.Code != jsonrpc.CodeInvalidRequest || msg.Error.Message == "" {
			t.Errorf("%s before initialize: %s %+v, want -32600", method, msg.Result, msg.Error)
		}
	}
	p.hello(t)
	if out := p.try(t, "get_stats", nil); out.IsError {
		t.Errorf("once it is open: %s", out.text())
	}
}

// A start without input is a check: it tells whether the database can be used.
func TestStdioCheckOfTheDatabase(t *testing.T) {
	dir := t.TempDir()
	foreign := storetest.Config(t, storetest.SQLite)
	if _, err := storetest.Behind(t, foreign).ExecContext(t.Context(), "CREATE TABLE tasks (id INTEGER PRIMARY KEY, text TEXT)"); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad.db")
	if err := os.WriteFile(bad, []byte(strings.Repeat("this is no database\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		url    string
		status int
	}{
		"another program's table": {foreign.URL, 1},
		"a file of another kind":  {"sqlite://" + bad, 1},
		"a new file":              {"sqlite://" + filepath.Join(dir, "new.db"), 0},
	} {
		stdout, stderr, status := runBinary(t, map[string]string{"HOME": dir, "DATABASE_URL": c.url}, "")
		if status != c.status || stdout != "" || c.status != 0 && !strings.Contains(stderr, "mcpserver: ") {
			t.Errorf("%s: exit status %d, want %d; stdout %q, stderr %s", name, status, c.status, stdout, stderr)
		}
	}
}
