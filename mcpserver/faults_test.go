package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"taskwire/identity/identitytest"
	"taskwire/store/storetest"
)

// wantUnavailable checks a 503 that says when to come back.
func wantUnavailable(t testing.TB, what string, a answer, code string) {
	t.Helper()
	if a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" ||
		a.Header.Get("Content-Type") != "application/problem+json" || a.Message.Code != code {
		t.Errorf("%s: HTTP %d, Retry-After %q, %s; want a 503 problem with code %s", what, a.Status, a.Header.Get("Retry-After"), a.Body, code)
	}
	for _, word := range []string{"postgres", "dial", "connect", "127.0.0.1"} {
		if strings.Contains(a.Message.Detail, word) {
			t.Errorf("%s shows %q: %s", what, word, a.Body)
		}
	}
}

// The database stops, or dies, and comes back. The program says so, and needs
// no restart.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	cluster := storetest.StartCluster(t)
	d := deploy(t, cluster.Config(t, storetest.Postgres))
	p := d.replica(t)
	token := d.token(t, "alice")
	kept := p.create(t, token, "before")
	for name, end := range map[string]func(){
		"stop": func() { cluster.Stop(t) }, "kill -9": func() { cluster.Kill(t) },
	} {
		end()
		waitFor(t, "/readyz to notice", func() bool { return p.get(t, "/readyz").Status != http.StatusOK })
		wantUnavailable(t, "/readyz after "+name, p.get(t, "/readyz"), "not_ready")
		if a := p.get(t, "/healthz"); a.Status != http.StatusOK {
			t.Errorf("/healthz after %s: HTTP %d", name, a.Status)
		}
		for tool, args := range map[string]map[string]any{
			"create_task": {"title": "meanwhile"}, "get_task": {"task_id": kept}, "list_tasks": nil, "get_stats": nil,
			"toggle_complete": {"task_id": kept}, "update_task": {"task_id": kept, "title": "x"}, "delete_task": {"task_id": kept},
		} {
			out := p.call(t, token, tool, args)
			if !out.IsError || !strings.HasPrefix(out.text(), "temporarily unavailable") || out.Meta["taskwire/error"] != codeUnavailable {
				t.Errorf("%s after %s = %q, %v; want temporarily unavailable", tool, name, out.text(), out.Meta)
			}
		}
		for method, params := range map[string]map[string]any{
			"prompts/get":    {"name": "weekly_review"},
			"resources/read": {"uri": "task://" + kept},
			"completion/complete": {
				"ref": map[string]any{"type": "ref/resource", "uri": taskTemplate}, "argument": map[string]any{"name": "task_id", "value": "b"},
			},
		} {
			a := p.rpc(t, token, method, params)
			if e := a.Message.Error; e == nil || e.Code != jsonrpc.CodeInternalError || !strings.HasPrefix(e.Message, "temporarily unavailable") {
				t.Errorf("%s after %s = %s, want -32603 temporarily unavailable", method, name, a.Body)
			}
		}
		cluster.Start(t)
		p.ready(t)
		if got := taskOf(t, p.call(t, token, "get_task", map[string]any{"task_id": kept})); got.Title != "before" {
			t.Errorf("after %s and back, the task is %+v", name, got)
		}
	}
	if got := storetest.Count(t, d.Database, "tasks"); got != 1 {
		t.Errorf("%d tasks, want the one from before", got)
	}
}

// A database that is out of reach at start is tried for a while, then given up.
func TestDatabaseAwayAtStart(t *testing.T) {
	t.Parallel()
	cluster := storetest.StartCluster(t)
	d := deploy(t, cluster.Config(t, storetest.Postgres))
	cluster.Stop(t)
	t.Run("for good", func(t *testing.T) {
		p := start(t, builtBinary(t), d.env)
		if status := p.status(); status != 1 {
			t.Errorf("exit status %d, want 1", status)
		}
		log := p.Log.String()
		if tried := strings.Count(log, "database out of reach"); tried < 2 || !strings.Contains(log, "mcpserver: the database was out of reach for") {
			t.Errorf("tried %d times, want several and then a last word: %s", tried, log)
		}
	})
	t.Run("for a moment", func(t *testing.T) {
		p := start(t, builtBinary(t), d.env)
		waitFor(t, "the first try", func() bool { return strings.Contains(p.Log.String(), "database out of reach") })
		cluster.Start(t)
		p.listening(t)
		p.ready(t)
	})
	// The schema of the deployment is dropped by its clean-up.
}

// waiting counts the statements of this schema that wait for a lock.
func waiting(t testing.TB, db *sql.DB, schema string) (n int) {
	t.Helper()
	err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
		WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()`, schema).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// lockRow holds the task until the result is called.
func lockRow(t testing.TB, db *sql.DB, id string) (release func()) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "SELECT 1 FROM tasks WHERE task_id = $1 FOR UPDATE", id); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			t.Errorf("release the row: %v", err)
		}
	}
}

// What a caller has given up must not go on in the database. The statement
// would end by itself when its lock_timeout is over; PostgreSQL's own log tells
// the two ends apart.
func TestCancellationStopsTheQuery(t *testing.T) {
	t.Parallel()
	cluster := storetest.StartCluster(t, "-c", "logging_collector=on", "-c", "log_filename=server.log")
	d := deploy(t, cluster.Config(t, storetest.Postgres))
	p := d.replica(t)
	token := d.token(t, "alice")
	db := storetest.Behind(t, d.Database)
	cancelled := func() (n int) {
		t.Helper()
		err := db.QueryRowContext(t.Context(), `SELECT regexp_count(pg_read_file('log/server.log'), 'canceling statement due to user request')`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	// attempt holds a row, lets give begin and give up a call that wants it, and
	// reports whether that stopped the statement. On a slow machine it may have
	// timed out first; then it is to be tried again.
	attempt := func(t *testing.T, give func(id string, waits func())) bool {
		t.Helper()
		id := p.create(t, token, "held")
		release := lockRow(t, db, id)
		defer release()
		before := cancelled()
		give(id, func() {
			waitFor(t, "the statement to wait", func() bool { return waiting(t, db, d.Database.Schema) > 0 })
		})
		waitFor(t, "the statement to end", func() bool { return waiting(t, db, d.Database.Schema) == 0 })
		return cancelled() > before
	}
	toggle := func(id string) toolCall {
		return toolCall{tool: "toggle_complete", args: map[string]any{"task_id": id}}
	}
	for name, give := range map[string]func(id string, waits func()){
		"a closed connection, stateless": func(id string, waits func()) {
			ctx, cancel := context.WithCancel(t.Context())
			body, header := modern(token, "tools/call", toggle(id).params())
			gone := make(chan struct{})
			go func() { defer close(gone); _, _ = exchange(ctx, http.MethodPost, p.URL, body, header) }()
			waits()
			cancel()
			<-gone
		},
		"notifications/cancelled, session": func(id string, waits func()) {
			header := p.open(t, token)
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				_, _ = exchange(t.Context(), http.MethodPost, p.URL, older("tools/call", toggle(id).params()), header)
			}()
			waits()
			note := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"changed my mind"}}`
			if a := p.send(t, http.MethodPost, p.URL, note, header); a.Status != http.StatusAccepted {
				t.Errorf("cancelled: HTTP %d, %s", a.Status, a.Body)
			}
			<-gone
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				if attempt(t, give) {
					return
				}
			}
			t.Error("the statement ran on until its time was over")
		})
	}
}

// R06: what runs when SIGTERM comes is answered, what only waits ends, and
// nothing new begins.
func TestDrain(t *testing.T) {
	t.Parallel()
	d := deploy(t, storetest.Config(t, storetest.Postgres))
	p := d.replica(t)
	token := d.token(t, "alice")
	id := p.create(t, token, "held")
	db := storetest.Behind(t, d.Database)

	session := p.open(t, token)
	stream, err := request(t.Context(), http.MethodGet, p.URL, "", session)
	if err != nil || stream.StatusCode != http.StatusOK {
		t.Fatalf("open stream: %v, %+v", err, stream)
	}
	defer stream.Body.Close()

	release := lockRow(t, db, id)
	type outcome struct {
		toolOutcome
		err error
	}
	answered := make(chan outcome, 1)
	go func() {
		out, err := p.tryCall(t, token, toolCall{tool: "toggle_complete", args: map[string]any{"task_id": id}})
		answered <- outcome{out, err}
	}()
	waitFor(t, "the call to wait", func() bool { return waiting(t, db, d.Database.Schema) > 0 })

	p.signal(t, syscall.SIGTERM)
	waitFor(t, "the drain", func() bool { return strings.Contains(p.Log.String(), `"msg":"draining"`) })
	release()
	switch out := <-answered; {
	case out.err != nil || out.IsError:
		t.Errorf("the running call: %v, %q; want its result", out.err, out.text())
	case !taskOf(t, out.toolOutcome).Completed:
		t.Errorf("the running call: %s", out.text())
	}
	if rest, err := io.ReadAll(bufio.NewReader(stream.Body)); err != nil {
		t.Errorf("the stream ended with %v after %q, want a clean end", err, rest)
	}
	if status := p.status(); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
	if strings.Contains(p.Log.String(), "cancelling requests") {
		t.Error("something went on until the grace was over")
	}
}

// A second signal ends the program in the middle of what it does.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	d := deploy(t, storetest.Config(t, storetest.Postgres))
	p := d.replica(t)
	token := d.token(t, "alice")
	id := p.create(t, token, "held")
	db := storetest.Behind(t, d.Database)
	defer lockRow(t, db, id)()
	go func() {
		_, _ = p.tryCall(t, token, toolCall{tool: "toggle_complete", args: map[string]any{"task_id": id}})
	}()
	waitFor(t, "the call to wait", func() bool { return waiting(t, db, d.Database.Schema) > 0 })
	p.signal(t, syscall.SIGTERM)
	waitFor(t, "the drain", func() bool { return strings.Contains(p.Log.String(), `"msg":"draining"`) })
	waitFor(t, "the end", func() bool {
		if !p.ended() {
			_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may end in between
		}
		return p.ended()
	})
	if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v, want by SIGTERM", p.cmd.ProcessState)
	}
}

// The keys of the authorization server are out of reach: nobody is told that
// a good token is bad, or hosts would ask people to sign in again.
func TestKeysAway(t *testing.T) {
	t.Parallel()
	d := deploy(t, storetest.Config(t, storetest.SQLite))
	d.Provider.Break(identitytest.Down)
	p := launch(t, d.env)
	p.Provider, p.Database = d.Provider, d.Database
	known := d.token(t, "alice")
	stats := func(token string) answer {
		t.Helper()
		return p.rpc(t, token, "tools/call", toolCall{tool: "get_stats"}.params())
	}
	wantUnavailable(t, "/readyz before there were keys", p.get(t, "/readyz"), "not_ready")
	wantUnavailable(t, "a call before there were keys", stats(known), "keys_unavailable")

	d.Provider.Break(identitytest.None)
	p.ready(t)
	if a := stats(known); a.Status != http.StatusOK {
		t.Fatalf("a call once the keys are there: HTTP %d, %s", a.Status, a.Body)
	}

	d.Provider.Break(identitytest.Down)
	d.Provider.Rotate(t, "EdDSA")
	unknown := d.token(t, "alice")
	// Keys that were read within the last second are not asked for again.
	waitFor(t, "the keys to be asked for", func() bool { return stats(unknown).Status != http.StatusUnauthorized })
	wantUnavailable(t, "a key that nobody can look up", stats(unknown), "keys_unavailable")
	if a := stats(known); a.Status != http.StatusOK {
		t.Errorf("a key that is known: HTTP %d, %s", a.Status, a.Body)
	}
	if a := p.get(t, "/readyz"); a.Status != http.StatusOK {
		t.Errorf("/readyz with keys at hand: HTTP %d, %s", a.Status, a.Body)
	}

	d.Provider.Break(identitytest.None)
	waitFor(t, "the new key to be known", func() bool { return stats(unknown).Status == http.StatusOK })
}

// R18: nobody reads the log any more. Requests go on, and so
// does the end.
func TestBlockedLog(t *testing.T) {
	t.Parallel()
	d := deploy(t, storetest.Config(t, storetest.SQLite))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	env := maps.Clone(d.env)
	env["HOME"] = t.TempDir()
	cmd := exec.Command(builtBinary(t), "-http", "127.0.0.1:0")
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stderr = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	t.Cleanup(func() {
		r.Close()
		_ = cmd.Process.Kill()
		<-exited
	})
	var facts struct{ Msg, Addr string }
	for lines := json.NewDecoder(r); facts.Msg != "serving"; {
		if err := lines.Decode(&facts); err != nil {
			t.Fatal(err)
		}
	}
	// More lines than a pipe holds, and nobody reads them.
	for range 1000 {
		a, err := exchange(t.Context(), http.MethodGet, "http://"+facts.Addr+"/"+strings.Repeat("x", 200), "", nil)
		if err != nil || a.Status != http.StatusNotFound {
			t.Fatalf("HTTP %d, %v", a.Status, err)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the end", func() bool {
		select {
		case <-exited:
			return true
		default:
			return false
		}
	})
	if status := cmd.ProcessState.ExitCode(); status != 0 {
		t.Errorf("after SIGTERM: %v, want exit status 0", cmd.ProcessState)
	}
}
