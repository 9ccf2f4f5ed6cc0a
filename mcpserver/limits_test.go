package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/store/storetest"
)

// Every method and every tool, with each set of scopes a token may have. What
// is missing is 403 with a challenge that names it; the lists need nothing.
func TestScopes(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	id := h.create(t, h.token(t, "alice"), "x")
	type request struct {
		name, method string
		params       map[string]any
		need         string
	}
	requests := []request{
		{"server/discover", "server/discover", nil, ""}, {"tools/list", "tools/list", nil, ""}, {"prompts/list", "prompts/list", nil, ""},
		{"resources/list", "resources/list", nil, ""}, {"resources/templates/list", "resources/templates/list", nil, ""},
		{"resources/read", "resources/read", map[string]any{"uri": "task://" + id}, scopeRead},
		{"prompts/get", "prompts/get", map[string]any{"name": "plan_my_day"}, scopeRead},
		{"completion", "completion/complete", map[string]any{
			"ref": map[string]any{"type": "ref/prompt", "name": "plan_my_day"}, "argument": map[string]any{"name": "language", "value": ""}}, scopeRead},
		{"a method that is none", "no/such", nil, scopeRead},
		{"a tool that is none", "tools/call", map[string]any{"name": "drop_tables"}, scopeRead},
	}
	for _, tool := range allTools() {
		need := scopeWrite
		if tool.readOnly() {
			need = scopeRead
		}
		requests = append(requests, request{tool.name, "tools/call", map[string]any{"name": tool.name, "arguments": map[string]any{}}, need})
	}
	for name, c := range map[string]struct {
		scopes []string
		grants []string
	}{
		"none":          {[]string{}, []string{""}},
		"read":          {[]string{scopeRead}, []string{"", scopeRead}},
		"write":         {[]string{scopeWrite}, []string{"", scopeRead, scopeWrite}},
		"both":          {[]string{scopeRead, scopeWrite}, []string{"", scopeRead, scopeWrite}},
		"others":        {[]string{"openid", "tasks:admin", "TASKS:READ"}, []string{""}},
		"read, another": {[]string{"openid", scopeRead}, []string{"", scopeRead}},
	} {
		token := h.Provider.Token(t, "alice", h.URL, c.scopes...)
		session := h.open(t, token) // needs no scope
		for _, r := range requests {
			granted := slices.Contains(c.grants, r.need)
			params := ""
			if r.params != nil {
				params = string(mustMarshal(r.params))
			}
			for era, a := range map[string]answer{
				"newer": h.rpc(t, token, r.method, r.params), "older": h.send(t, http.MethodPost, h.URL, ask(1, r.method, params), session),
			} {
				sound(t, r.name, a)
				challenge := a.Header.Get("WWW-Authenticate")
				if granted {
					if a.Status == http.StatusForbidden || a.Status == http.StatusUnauthorized || challenge != "" {
						t.Errorf("%s with scope %s, %s era: HTTP %d %s", r.name, name, era, a.Status, a.Body)
					}
					continue
				}
				_, scope, _ := strings.Cut(challenge, ` scope="`)
				scope, _, _ = strings.Cut(scope, `"`)
				asked := strings.Fields(scope)
				if a.Status != http.StatusForbidden || a.Message.Code != "insufficient_scope" || !strings.Contains(challenge, `error="insufficient_scope"`) ||
					!strings.Contains(challenge, "resource_metadata=") || !slices.Contains(asked, r.need) || strings.Contains(challenge, "invalid_token") {
					t.Errorf("%s with scope %s, %s era: HTTP %d %s %s, want 403", r.name, name, era, a.Status, challenge, a.Body)
				}
				for _, held := range c.scopes {
					if !slices.Contains(asked, held) {
						t.Errorf("%s with scope %s: the challenge forgets %s: %s", r.name, name, held, challenge)
					}
				}
			}
		}
	}
	alive(t, h)
}

// A user who calls tools too fast gets a tool error that says when to come
// back, in both eras, and nobody else notices.
func TestToolCallRate(t *testing.T) {
	onFakeTime(t, map[string]string{"RATE_TOOL_CALLS_PER_MINUTE": "6"}, func(t *testing.T, f *fakeTime) {
		token := f.token(t, "alice")
		session := as(token)
		session[headerSession] = f.post(t, initializeMessage, session).Header.Get(headerSession)
		call := func(token string) toolOutcome {
			body, header := modern(token, "tools/call", map[string]any{"name": "create_task", "arguments": map[string]any{"title": "x"}})
			return outcomeOf(t, f.post(t, body, header).Message)
		}
		for i := range 6 {
			if out := call(token); out.IsError {
				t.Fatalf("call %d: %s", i+1, out.text())
			}
		}
		before := f.hash(t)
		for era, out := range map[string]toolOutcome{
			"newer": call(token), "older": outcomeOf(t, f.post(t, ask(1, "tools/call", createParams), session).Message),
		} {
			if !out.IsError || !strings.Contains(out.text(), "try again in 10 s") || out.Meta["taskwire/error"] != codeLimited {
				t.Errorf("%s era, one too many: %v %q %v", era, out.IsError, out.text(), out.Meta)
			}
		}
		if f.hash(t) != before {
			t.Error("a row has changed")
		}
		if out := call(f.token(t, "bob")); out.IsError {
			t.Errorf("another user: %s", out.text())
		}
		time.Sleep(10 * time.Second)
		if out := call(token); out.IsError {
			t.Errorf("after the time it named: %s", out.text())
		}
	})
}

// Reading too fast is 429 with Retry-After.
func TestReadRate(t *testing.T) {
	onFakeTime(t, map[string]string{"RATE_READS_PER_MINUTE": "6"}, func(t *testing.T, f *fakeTime) {
		read := func(user string) answer {
			body, header := modern(f.token(t, user), "tools/list", nil)
			return f.post(t, body, header)
		}
		for i := range 6 {
			if a := read("alice"); a.Status != http.StatusOK {
				t.Fatalf("read %d: HTTP %d", i+1, a.Status)
			}
		}
		a := read("alice")
		sound(t, "one too many", a)
		if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "10" || a.Message.Code != "rate_limited" {
			t.Errorf("one too many: HTTP %d %v %s", a.Status, a.Header, a.Body)
		}
		if a := read("bob"); a.Status != http.StatusOK {
			t.Errorf("another user: HTTP %d", a.Status)
		}
		body, header := modern(f.token(t, "alice"), "tools/call", map[string]any{"name": "get_stats"})
		if out := outcomeOf(t, f.post(t, body, header).Message); out.IsError {
			t.Errorf("a tool call, which has a limit of its own: %s", out.text())
		}
		time.Sleep(10 * time.Second)
		if a := read("alice"); a.Status != http.StatusOK {
			t.Errorf("after the time it named: HTTP %d", a.Status)
		}
	})
}

// Long streams are capped for each user; one that closes makes room.
func TestStreamCap(t *testing.T) {
	onFakeTime(t, map[string]string{"MAX_STREAMS_PER_USER": "2"}, func(t *testing.T, f *fakeTime) {
		open := func(user string) (*rawConn, int, http.Header) {
			session := as(f.token(t, user), headerVersion, "2025-11-25")
			session[headerSession] = f.post(t, initializeMessage, session).Header.Get(headerSession)
			c := f.dial(t)
			c.send(t, "GET", "/mcp", "", session)
			res := c.begin(t)
			return c, res.StatusCode, res.Header
		}
		first, status, _ := open("alice")
		if _, second, _ := open("alice"); status != 200 || second != 200 {
			t.Fatalf("HTTP %d and %d, want two streams", status, second)
		}
		if _, status, header := open("alice"); status != http.StatusTooManyRequests || header.Get("Retry-After") == "" {
			t.Errorf("one too many: HTTP %d %v", status, header)
		}
		listen, header := modern(f.token(t, "alice"), "subscriptions/listen", map[string]any{"notifications": map[string]any{}})
		if a := f.post(t, listen, header); a.Status != http.StatusTooManyRequests {
			t.Errorf("one too many, of the newer era: HTTP %d", a.Status)
		}
		if _, status, _ := open("bob"); status != http.StatusOK {
			t.Errorf("another user: HTTP %d", status)
		}
		first.Close()
		synctest.Wait()
		if _, status, _ := open("alice"); status != http.StatusOK {
			t.Errorf("after one has closed: HTTP %d", status)
		}
	})
}

// Dev mode asks this machine for no token and answers nobody else. A token
// that is given must be good.
func TestDevMode(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, map[string]string{"AUTH_MODE": "dev"})
	session := h.open(t, "")
	a := h.send(t, http.MethodPost, h.URL, ask(1, "tools/call", createParams), session)
	task := taskOf(t, outcomeOf(t, a.Message))
	var page listResult
	if err := json.Unmarshal(h.call(t, h.token(t, "dev-user"), "list_tasks", nil).Structured, &page); err != nil || len(page.Tasks) != 1 || page.Tasks[0].ID != task.ID {
		t.Errorf("the task is not TASKWIRE_USER's: %+v", page)
	}
	if err := json.Unmarshal(h.call(t, h.token(t, "bob"), "list_tasks", nil).Structured, &page); err != nil || len(page.Tasks) != 0 {
		t.Errorf("a token is given, and its user is not taken: %+v", page)
	}
	if a := h.rpc(t, h.token(t, "bob", scopeRead), "tools/call", map[string]any{"name": "create_task"}); a.Status != http.StatusForbidden {
		t.Errorf("a token that may only read: HTTP %d", a.Status)
	}
	for name, token := range map[string]string{"no token at all": "x", "another audience": h.Provider.Token(t, "alice", h.Base, scopeRead)} {
		a := h.rpc(t, token, "tools/list", nil)
		sound(t, name, a)
		challenge := a.Header.Get("WWW-Authenticate")
		if a.Status != http.StatusUnauthorized || !strings.Contains(challenge, `error="invalid_token"`) || strings.Contains(challenge, "resource_metadata") {
			t.Errorf("%s: HTTP %d %s", name, a.Status, challenge)
		}
	}
	for _, path := range []string{"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"} {
		if a := h.send(t, http.MethodGet, h.Base+path, "", nil); a.Status != http.StatusNotFound {
			t.Errorf("%s: HTTP %d, want 404", path, a.Status)
		}
	}
	for host, want := range map[string]int{"localhost": 200, "127.0.0.1:9": 200, "[::1]": 200, "tasks.example.com": 403, "0.0.0.0": 403, "127.0.0.1.nip.io": 403} {
		for _, path := range []string{"/mcp", "/healthz"} {
			c := dialRaw(t, h)
			method, body := "GET", ""
			if path == "/mcp" {
				method, body = "POST", initializeMessage
			}
			c.send(t, method, path, body, map[string]string{"Host": host})
			if got := c.begin(t).StatusCode; got != want {
				t.Errorf("%s with Host %s: HTTP %d, want %d", path, host, got, want)
			}
		}
	}
	// A page on another port of this machine is not ours.
	if a := h.send(t, http.MethodPost, h.URL, initializeMessage, map[string]string{"Origin": "http://localhost:3000"}); a.Status != http.StatusForbidden {
		t.Errorf("another port's page: HTTP %d", a.Status)
	}
	handler := h.Server.routes()
	for peer, want := range map[string]int{"127.0.0.1:4000": 200, "[::1]:4000": 200, "192.168.1.7:4000": 403, "[2001:db8::1]:4000": 403} {
		r, w := httptest.NewRequest(http.MethodGet, "http://localhost/healthz", nil), httptest.NewRecorder()
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-For", "127.0.0.1")
		if handler.ServeHTTP(w, r); w.Code != want {
			t.Errorf("peer %s: HTTP %d, want %d", peer, w.Code, want)
		}
	}
}

// With -stateless hosts of the older era are served without sessions.
func TestStatelessFlag(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil, "-stateless")
	header := as(h.token(t, "alice"))
	a := h.send(t, http.MethodPost, h.URL, initializeMessage, header)
	if a.Status != http.StatusOK || a.Header.Get(headerSession) != "" {
		t.Errorf("initialize: HTTP %d, session %q", a.Status, a.Header.Get(headerSession))
	}
	header[headerVersion] = "2025-11-25"
	for i := range 3 {
		taskOf(t, outcomeOf(t, h.send(t, http.MethodPost, h.URL, ask(i, "tools/call", createParams), header).Message))
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if a := h.send(t, method, h.URL, "", header); a.Status != http.StatusMethodNotAllowed || a.Header.Get("Allow") != "POST" {
			t.Errorf("%s: HTTP %d, Allow %q, want 405 and POST", method, a.Status, a.Header.Get("Allow"))
		}
	}
	if n := storetest.Count(t, h.Database, "tasks"); n != 3 {
		t.Errorf("%d tasks, want 3", n)
	}
	alive(t, h)
}

// Every POST counts, whatever it holds: over the limit, which is that of both
// kinds of calls together, it is 429 before it is read.
func TestRequestRate(t *testing.T) {
	body, header := modern("", "tools/call", map[string]any{"name": "get_stats"})
	newer := map[string]string{headerVersion: statelessEra}
	messages := map[string]struct {
		body   string
		header map[string]string
	}{
		"ping":              {ask(1, "ping", ""), nil}, // in a session
		"no message":        {"{", nil},
		"another type":      {body, with(header, "Content-Type", "text/plain")},
		"another version":   {body, with(header, headerVersion, "1999-01-01")},
		"another header":    {body, with(header, "Mcp-Method", "tools/list")},
		"an unknown method": {ask(1, "no/such", ""), nil},
		"a notification":    {`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`, newer},
		"an unknown notice": {`{"jsonrpc":"2.0","method":"notifications/nothing"}`, nil},
		"a response":        {`{"jsonrpc":"2.0","id":1,"result":{}}`, newer},
		"params too large":  {ask(1, "ping", `{"x":"`+strings.Repeat("x", 64<<10)+`"}`), nil},
		"no scope":          {body, header},
	}
	limits := map[string]string{"RATE_READS_PER_MINUTE": "2", "RATE_TOOL_CALLS_PER_MINUTE": "3"}
	onFakeTime(t, limits, func(t *testing.T, f *fakeTime) {
		for name, m := range messages {
			scopes := []string{scopeRead}
			if name == "no scope" {
				scopes = nil
			}
			own := as(f.Provider.Token(t, name, f.URL, scopes...))
			maps.Copy(own, m.header)
			left := 2 + 3
			if name == "ping" {
				own[headerSession] = f.post(t, initializeMessage, own).Header.Get(headerSession)
				left--
			}
			for i := range left {
				if a := f.post(t, m.body, own); a.Status == http.StatusTooManyRequests || a.Status == http.StatusUnauthorized {
					t.Errorf("%s, message %d: HTTP %d %s", name, i+1, a.Status, a.Body)
				}
			}
			a := f.post(t, m.body, own)
			sound(t, name+", one too many", a)
			if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "12" || a.Message.Code != "rate_limited" {
				t.Errorf("%s, one too many: HTTP %d, Retry-After %q, %s; want 429 and 12", name, a.Status, a.Header.Get("Retry-After"), a.Body)
			}
			time.Sleep(12 * time.Second)
			if a := f.post(t, m.body, own); a.Status == http.StatusTooManyRequests {
				t.Errorf("%s, after the time it named: HTTP 429", name)
			}
		}
	})
	for _, limits := range []map[string]string{
		{"RATE_READS_PER_MINUTE": "0", "RATE_TOOL_CALLS_PER_MINUTE": "3"}, {"RATE_READS_PER_MINUTE": "2", "RATE_TOOL_CALLS_PER_MINUTE": "0"},
	} {
		onFakeTime(t, limits, func(t *testing.T, f *fakeTime) {
			header := as(f.token(t, "alice"))
			for i := range 50 {
				if a := f.post(t, ask(1, "no/such", ""), header); a.Status != http.StatusOK {
					t.Fatalf("%v: message %d: HTTP %d %s", limits, i+1, a.Status, a.Body)
				}
			}
		})
	}
}
