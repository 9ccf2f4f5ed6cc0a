package main

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"taskwire/identity"
	"taskwire/promises/tally"
	"taskwire/store"
	"taskwire/store/storetest"
)

// These are the traps of the SDK and the protocol that have been run into.
// Each test fails without the cure that its comment names.

// Cure: recovered. Handlers run in the SDK's goroutines, where a panic ends
// the process. (TestPanicInTool does the same with a tool.)
func TestPanicInPrompt(t *testing.T) {
	sound := allPrompts[0].fill
	allPrompts[0].fill = func(promptReader) (map[string]string, error) { panic("a secret of the inside") }
	t.Cleanup(func() { allPrompts[0].fill = sound })
	h := startHTTP(t, storetest.SQLite, nil)
	a := h.rpc(t, h.token(t, "alice"), "prompts/get", map[string]any{"name": allPrompts[0].name})
	if e := a.Message.Error; e == nil || e.Code != jsonrpc.CodeInternalError || e.Message != "internal error" {
		t.Errorf("HTTP %d %s, want -32603 internal error", a.Status, a.Body)
	}
	if !strings.Contains(h.Log.String(), "a secret of the inside") {
		t.Error("the log does not say what happened")
	}
	alive(t, h)
	tally.Counted(t, tally.Entry{Promise: "P7", What: "panics in handlers", Runs: 1})
}

// Cure: the user comes from the request and not from the context, which in a
// session is the one of whoever opened it; and the SDK is told the user, so
// that it refuses a stranger even where our own check does not stand before it.
func TestSessionIsItsUsers(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	alice := h.open(t, h.token(t, "alice"))
	principal := func(user string) identity.Principal {
		return identity.Principal{User: user, Scopes: []string{scopeRead, scopeWrite}, Expires: time.Now().Add(time.Hour)}
	}
	past := func(user string) *httptest.ResponseRecorder { // our own check
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(ask(9, "tools/call", createParams)))
		for name, value := range with(alice, "Content-Type", "application/json", "Accept", "application/json, text/event-stream") {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		h.Server.serveSDK(w, r, h.Server.stateful, principal(user))
		return w
	}
	before := h.hash(t)
	if w := past("bob"); w.Code != http.StatusForbidden || h.hash(t) != before {
		t.Errorf("bob in alice's session: HTTP %d %s, want 403", w.Code, w.Body)
	}
	if w := past("alice"); !strings.Contains(w.Body.String(), "made in a session") {
		t.Errorf("alice in her own: HTTP %d %s", w.Code, w.Body)
	}
	for user, want := range map[string]int{"alice": 1, "bob": 0} {
		var page listResult
		if err := json.Unmarshal(h.call(t, h.token(t, user), "list_tasks", nil).Structured, &page); err != nil || len(page.Tasks) != want {
			t.Errorf("%s has %d tasks, want %d", user, len(page.Tasks), want)
		}
	}
}

// Cure: the context of a call goes down to the statement. Here a session
// cancels its own call; TestConnectionDropsInMidCall shows the closed
// connection, for which the cure is PropagateRequestCancellation, off by default.
func TestCancelStopsTheStatement(t *testing.T) {
	h := startHTTP(t, storetest.Postgres, nil)
	session := h.open(t, h.token(t, "alice"))
	before := h.hash(t)
	behind := storetest.Behind(t, h.Database)
	release := lockTasks(t, h.Database)
	ctx, hangUp := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := exchange(ctx, http.MethodPost, h.URL, ask(7, "tools/call", createParams), session)
		ended <- err
	}()
	waitFor(t, "the call to hang", func() bool { return blocked(t, behind) == 1 })
	h.send(t, http.MethodPost, h.URL, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`, session)
	waitFor(t, "the statement to be gone", func() bool { return blocked(t, behind) == 0 })
	release()
	hangUp()
	<-ended
	if strings.Contains(h.Log.String(), "tool failed") {
		t.Errorf("the statement ended for another reason: %s", h.Log)
	}
	if h.hash(t) != before {
		t.Error("a row has changed")
	}
	alive(t, h)
}

// Cure: failed words every error itself. The SDK sends a handler's error as
// it is, and a resource's or a prompt's too.
func TestErrorsShowNothing(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	if _, err := storetest.Behind(t, h.Database).ExecContext(t.Context(), "ALTER TABLE tasks RENAME TO gone"); err != nil {
		t.Fatal(err)
	}
	for _, tool := range allTools() {
		args := map[string]any{}
		for _, p := range tool.parameters {
			if p.required || tool == updateTask && p.name == "title" {
				args[p.name] = "x"
			}
		}
		a := h.rpc(t, token, "tools/call", map[string]any{"name": tool.name, "arguments": args})
		sound(t, tool.name, a)
		if out := outcomeOf(t, a.Message); !out.IsError || out.text() != "internal error" {
			t.Errorf("%s: %s, want internal error", tool.name, a.Body)
		}
	}
	for method, params := range map[string]map[string]any{
		"resources/read":      {"uri": "task://x"},
		"prompts/get":         {"name": "plan_my_day"},
		"completion/complete": {"ref": map[string]any{"type": "ref/resource", "uri": taskTemplate}, "argument": map[string]any{"name": "task_id", "value": "t"}},
	} {
		a := h.rpc(t, token, method, params)
		sound(t, method, a)
		if e := a.Message.Error; e == nil || e.Code != jsonrpc.CodeInternalError || e.Message != "internal error" {
			t.Errorf("%s: %s, want -32603 internal error", method, a.Body)
		}
	}
	if n := strings.Count(h.Log.String(), "no such table"); n < len(allTools())+3 {
		t.Errorf("the log names the cause %d times, want once for each failure", n)
	}
}

// Cure: arguments are decoded by us, and ids are strings. The SDK's typed
// tools read numbers as float64, so that 2^53 + 1 is 2^53.
func TestIntegersKeepTheirDigits(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	for text, fine := range map[string]bool{
		"100": true, "1e2": true, "100.0": true, "101": false, "9007199254740993": false, "9223372036854775808": false,
		"100.0000000000000001": true, "1.5": false, "-0": false, `"10"`: false,
	} {
		out := h.call(t, token, "list_tasks", json.RawMessage(`{"limit":`+text+`}`))
		if out.IsError == fine {
			t.Errorf("limit %s: error %v %s", text, out.IsError, out.text())
		}
	}
	session := h.open(t, token)
	for _, id := range []string{"9007199254740991", "-9007199254740991", `"9007199254740993"`, "0", `""`, `"\u0041é"`} {
		a := h.send(t, http.MethodPost, h.URL, `{"jsonrpc":"2.0","id":`+id+`,"method":"ping"}`, session)
		var sent, got any
		if json.Unmarshal([]byte(id), &sent) != nil || json.Unmarshal(a.Message.ID, &got) != nil || sent != got ||
			!strings.HasPrefix(id, `"`) && string(a.Message.ID) != id {
			t.Errorf("id %s came back as %s: %s", id, a.Message.ID, a.Body)
		}
	}
}

// Cure: null counts as absent, and the schemas have plain types. Models in
// strict mode send null for what they leave out; hosts that translate schemas
// choke on lists of types.
func TestNullAndPlainTypes(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	id := h.create(t, token, "x")
	required := map[string]string{"title": "x", "task_id": id}
	for _, tool := range allTools() {
		args := map[string]any{}
		for _, p := range tool.parameters {
			args[p.name] = nil
			if p.required {
				args[p.name] = required[p.name]
			}
		}
		if tool == updateTask {
			args["priority"] = "high"
		}
		if tool == deleteTask {
			args["task_id"] = h.create(t, token, "y")
		}
		if out := h.call(t, token, tool.name, args); out.IsError {
			t.Errorf("%s with nulls: %s", tool.name, out.text())
		}
	}
	var list struct{ Tools []map[string]any }
	if err := json.Unmarshal(h.rpc(t, token, "tools/list", nil).Message.Result, &list); err != nil || len(list.Tools) != len(allTools()) {
		t.Fatal("no list of tools")
	}
	for _, listed := range list.Tools {
		name := listed["name"].(string)
		plain(t, name+".inputSchema", listed["inputSchema"])
		plain(t, name+".outputSchema", listed["outputSchema"])
		properties, _ := listed["inputSchema"].(map[string]any)["properties"].(map[string]any)
		own := allTools()[slices.IndexFunc(allTools(), func(own *tool) bool { return own.name == name })]
		for _, p := range own.parameters {
			published, _ := properties[p.name].(map[string]any)
			if enum, _ := published["enum"].([]any); len(enum) != len(p.enum) || published["type"] != string(p.kind) {
				t.Errorf("%s.%s is published as %v", name, p.name, published)
			}
		}
	}
}

// plain walks a schema: a type is one word, never null, and there are no
// alternatives.
func plain(t *testing.T, path string, schema any) {
	t.Helper()
	switch s := schema.(type) {
	case map[string]any:
		for _, word := range []string{"anyOf", "oneOf", "allOf", "$ref", "nullable", "const"} {
			if _, there := s[word]; there {
				t.Errorf("%s has %s", path, word)
			}
		}
		if kind, there := s["type"]; there && path[max(0, len(path)-11):] != ".properties" {
			if word, ok := kind.(string); !ok || word == "null" {
				t.Errorf("%s has the type %v", path, kind)
			}
		}
		for key, value := range s {
			plain(t, path+"."+key, value)
		}
	case []any:
		for _, value := range s {
			plain(t, path, value)
		}
	case nil:
		t.Errorf("%s holds null", path)
	}
}

// Cure: setCacheable. The protocol's default scope is public, by which a proxy
// may give one user's task to another. And: the capabilities are explicit, for
// nil ones advertise logging and lists that change; prompts are among them.
func TestCachesAndCapabilities(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	id := h.create(t, token, "x")
	type cached struct {
		Scope        string          `json:"cacheScope"`
		TTL          *int            `json:"ttlMs"`
		Capabilities json.RawMessage `json:"capabilities"`
	}
	ask := func(method string, params map[string]any) (c cached) {
		a := h.rpc(t, token, method, params)
		if err := json.Unmarshal(a.Message.Result, &c); err != nil {
			t.Fatalf("%s: %s", method, a.Body)
		}
		return c
	}
	if c := ask("resources/read", map[string]any{"uri": "task://" + id}); c.Scope != "private" || c.TTL == nil || *c.TTL != 0 {
		t.Errorf("resources/read: %+v, want private and 0", c)
	}
	for _, method := range []string{"tools/list", "prompts/list", "resources/list", "resources/templates/list", "server/discover"} {
		if c := ask(method, nil); c.Scope != "public" || c.TTL == nil || *c.TTL <= 0 {
			t.Errorf("%s: %+v, want public and a time", method, c)
		}
	}
	const want = `{"completions":{},"prompts":{},"resources":{},"tools":{}}`
	if got := string(ask("server/discover", nil).Capabilities); got != want {
		t.Errorf("discover: capabilities %s, want %s", got, want)
	}
	a := h.send(t, http.MethodPost, h.URL, initializeMessage, as(token))
	var older cached
	if err := json.Unmarshal(a.Message.Result, &older); err != nil || string(older.Capabilities) != want {
		t.Errorf("initialize: capabilities %s, want %s", older.Capabilities, want)
	}
}

// Cure: a result says as much as a host will keep, and where the rest is.
func TestResultsAreSmallByDefault(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	for range 25 {
		if _, err := h.Store.Tasks().Create(t.Context(), "alice", store.NewTask{
			Title: strings.Repeat("t", 255), Description: strings.Repeat("d", 1000), Priority: store.Low, Category: store.Work,
		}, store.Call{Tool: "create_task"}); err != nil {
			t.Fatal(err)
		}
	}
	var page listResult
	out := h.call(t, h.token(t, "alice"), "list_tasks", nil)
	if err := json.Unmarshal(out.Structured, &page); err != nil || len(page.Tasks) != listDefault || page.NextCursor == "" {
		t.Errorf("%d tasks, cursor %q, want %d and a cursor", len(page.Tasks), page.NextCursor, listDefault)
	}
	if n := len(out.text()); n > 50_000 {
		t.Errorf("the longest page has %d bytes", n)
	}
}

// Cure: tuneGC, with the operator's own settings left alone.
func TestTuneGC(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(math.MaxInt64)
	t.Cleanup(func() { debug.SetGCPercent(percent); debug.SetMemoryLimit(limit) })
	tuneGC(t.Context(), func(string) string { return "set" })
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("GOGC is set, and became %d", got)
	}
	tuneGC(t.Context(), func(string) string { return "" })
	if got, memory := debug.SetGCPercent(100), debug.SetMemoryLimit(-1); got <= 100 || memory == math.MaxInt64 {
		t.Errorf("percent %d, limit %d", got, memory)
	}
}
