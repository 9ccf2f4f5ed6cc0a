package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"taskwire/store/storetest"
)

// blocked is how many statements wait for a lock.
func blocked(t testing.TB, behind *sql.DB) int {
	t.Helper()
	var n int
	err := behind.QueryRowContext(t.Context(),
		"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// hanging makes get_stats hang until release or until its call is cancelled.
func hanging(t testing.TB) (started <-chan struct{}, release func()) {
	sound := getStats.run
	begun, let := make(chan struct{}, 1), make(chan struct{})
	getStats.run = func(ts *toolset, ctx context.Context, c call) (any, error) {
		begun <- struct{}{}
		select {
		case <-let:
			return sound(ts, ctx, c)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	release = sync.OnceFunc(func() { close(let) })
	t.Cleanup(func() { release(); getStats.run = sound })
	return begun, release
}

// M45: who cancels by number cancels in the own session only.
func TestCancelInAnotherSession(t *testing.T) {
	started, release := hanging(t)
	h := startHTTP(t, storetest.SQLite, nil)
	alice := h.open(t, h.token(t, "alice"))
	result := make(chan answer, 1)
	go func() {
		a, err := exchange(t.Context(), http.MethodPost, h.URL, ask(7, "tools/call", `{"name":"get_stats"}`), alice)
		if err != nil {
			t.Error(err)
		}
		result <- a
	}()
	<-started
	modernHeader := func(user string) map[string]string {
		return as(h.token(t, user), headerVersion, statelessEra, "Mcp-Method", "notifications/cancelled")
	}
	for name, header := range map[string]map[string]string{
		"another user": h.open(t, h.token(t, "bob")), "another session of hers": h.open(t, h.token(t, "alice")),
		"no session": modernHeader("alice"), "no session, another user": modernHeader("bob"),
	} {
		a := h.send(t, http.MethodPost, h.URL, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`, header)
		if a.Status != http.StatusAccepted {
			t.Errorf("%s: HTTP %d %s, want 202", name, a.Status, a.Body)
		}
		h.send(t, http.MethodPost, h.URL, ask(8, "ping", ""), header) // by now it has been read
	}
	release()
	if a := <-result; outcomeOf(t, a.Message).IsError {
		t.Errorf("the call ended with %s", a.Body)
	}
	alive(t, h)
}

// M49: the connection drops in the middle of create_task. The task is there
// once or not at all, and nothing of the call stays behind.
func TestConnectionDropsInMidCall(t *testing.T) {
	h := startHTTP(t, storetest.Postgres, nil)
	token := h.token(t, "alice")
	session := h.open(t, token)
	h.create(t, token, "warm")
	behind := storetest.Behind(t, h.Database)
	before := serving()

	body, stateless := createCall(token)
	for name, c := range map[string]struct {
		body   string
		header map[string]string
		rows   int // that a dropped call leaves
	}{
		"newer era: the work stops":                               {body, stateless, 0},
		"a session: a connection that is lost is no cancellation": {ask(7, "tools/call", createParams), session, 1},
	} {
		tasks, calls := storetest.Count(t, h.Database, "tasks"), storetest.Count(t, h.Database, "tool_calls")
		release := lockTasks(t, h.Database)
		conn := dialRaw(t, h)
		conn.send(t, "POST", "/mcp", c.body, with(c.header, "Host", strings.TrimPrefix(h.Base, "http://")))
		waitFor(t, name+": the call to hang", func() bool { return blocked(t, behind) == 1 })
		conn.Close()
		if c.rows == 0 {
			waitFor(t, name+": the statement to be gone", func() bool { return blocked(t, behind) == 0 })
		}
		release()
		if strings.Contains(h.Log.String(), "tool failed") {
			t.Errorf("%s: the statement ended for another reason: %s", name, h.Log)
		}
		waitFor(t, name+": goroutines to end", func() bool { return serving() <= before })
		if n := storetest.Count(t, h.Database, "tasks") - tasks; n != c.rows {
			t.Errorf("%s: %d tasks, want %d", name, n, c.rows)
		}
		if n := storetest.Count(t, h.Database, "tool_calls") - calls; n != 0 {
			t.Errorf("%s: %d entries in the journal of a call without an id", name, n)
		}
	}

	for i := range 30 { // at whatever moment
		conn := dialRaw(t, h)
		call, header := modern(token, "tools/call", map[string]any{
			"name": "create_task", "arguments": map[string]any{"title": fmt.Sprint("dropped ", i), "idempotency_key": fmt.Sprint("key-", i)},
		})
		conn.send(t, "POST", "/mcp", call, with(header, "Host", strings.TrimPrefix(h.Base, "http://")))
		if i%3 == 0 {
			_, _ = conn.r.Peek(1)
		}
		conn.Close()
	}
	waitFor(t, "goroutines to end", func() bool { return serving() <= before })
	if tasks, keys := storetest.Count(t, h.Database, "tasks"), storetest.Count(t, h.Database, "tool_calls"); tasks-2 != keys || keys > 30 {
		t.Errorf("%d tasks and %d keys: a task without its key, or a key without its task", tasks-2, keys)
	}
	alive(t, h)
}

// serving is how many goroutines there are that serve requests or sessions.
func serving() int {
	buf := make([]byte, 4<<20)
	n := 0
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "modelcontextprotocol/go-sdk") || strings.Contains(stack, "mcpserver.(*httpServer)") {
			n++
		}
	}
	return n
}
