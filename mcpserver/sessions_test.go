package main

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"taskwire/store/storetest"
)

// counted is how many sessions a user is charged for.
func (s *sessions) counted(user string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count[user]
}

// A DELETE that is refused ends nothing: the session lives and is counted, so
// that nobody gets round the cap. One that is answered with 204 frees the
// place, and what the session held.
func TestDeletedSessionsAreGone(t *testing.T) {
	const limit = 3
	h := startHTTP(t, storetest.SQLite, map[string]string{"MAX_SESSIONS_PER_USER": "3"})
	token := h.token(t, "alice")
	h.call(t, token, "get_stats", nil)
	before := serving()
	var open []map[string]string
	for range limit {
		session := h.open(t, token)
		for _, version := range []string{"1999-01-01", "2099-01-01", " "} {
			a := h.send(t, http.MethodDelete, h.URL, "", with(session, headerVersion, version))
			sound(t, "DELETE in version "+version, a)
			if a.Status != http.StatusBadRequest {
				t.Errorf("DELETE in version %q: HTTP %d %s, want 400", version, a.Status, a.Body)
			}
		}
		open = append(open, session)
	}
	if a := h.send(t, http.MethodPost, h.URL, initializeMessage, as(token)); a.Status != http.StatusTooManyRequests {
		t.Errorf("one too many: HTTP %d, want 429: the refused DELETEs ended nothing", a.Status)
	}
	for i, session := range open {
		if a := h.send(t, http.MethodPost, h.URL, ask(1, "ping", ""), session); a.Status != http.StatusOK {
			t.Errorf("session %d after DELETEs that were refused: HTTP %d %s", i+1, a.Status, a.Body)
		}
		if a := h.send(t, http.MethodDelete, h.URL, "", session); a.Status != http.StatusNoContent {
			t.Errorf("DELETE of session %d: HTTP %d %s", i+1, a.Status, a.Body)
		}
		if n := h.Server.sessions.counted("alice"); n != limit-i-1 {
			t.Errorf("%d sessions are counted when DELETE has been answered, want %d", n, limit-i-1)
		}
	}
	waitFor(t, "goroutines of ended sessions to end", func() bool { return serving() <= before })
}

// A host that is gone before its initialize is answered never learns the
// session's id: it is not left to be charged for it.
func TestSessionNobodyHeardOf(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *fakeTime) {
		header := as(f.token(t, "alice"))
		for range 5 {
			c := f.dial(t)
			c.send(t, "POST", "/mcp", initializeMessage, header)
			synctest.Wait() // the answer is being written, and nobody reads it
			c.Close()
		}
		synctest.Wait()
		if n := f.Server.sessions.counted("alice"); n != 0 {
			t.Errorf("%d sessions are counted whose ids nobody knows", n)
		}
		if n := len(f.Server.sessions.live); n != 0 {
			t.Errorf("%d sessions live whose ids nobody knows", n)
		}
	})
}

// The params of a message are small, but for the arguments of a tool, which
// says itself what is too long.
func TestParamsOfAnySize(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	session := h.open(t, token)
	fill := func(n int) string { return strings.Repeat("x", n) }
	initialize := func(n int) string {
		return strings.Replace(initializeMessage, `"name":"test"`, `"name":"`+fill(n)+`"`, 1)
	}
	stats := func(n int) string {
		return ask(1, "tools/call", `{"name":"get_stats","_meta":{"x":"`+fill(n)+`"}}`)
	}
	for _, c := range []struct {
		name   string
		body   string
		header map[string]string
		fits   bool
	}{
		{"initialize of 15 KiB", initialize(15 << 10), as(token), true},
		{"initialize of 16 KiB", initialize(16 << 10), as(token), false},
		{"initialize of 1000 KiB", initialize(1000 << 10), as(token), false},
		{"_meta of 15 KiB", stats(15 << 10), session, true},
		{"_meta of 16 KiB", stats(16 << 10), session, false},
		{"ping, _meta of 17 KiB", ask(1, "ping", `{"_meta":{"x":"`+fill(17<<10)+`"}}`), session, false},
		{"tools/list of 63 KiB", ask(1, "tools/list", `{"x":"`+fill(63<<10)+`"}`), session, true},
		{"tools/list of 64 KiB", ask(1, "tools/list", `{"x":"`+fill(64<<10)+`"}`), session, false},
		{"prompts/get of 64 KiB", ask(1, "prompts/get", `{"name":"plan_my_day","arguments":{"language":"`+fill(64<<10)+`"}}`), session, false},
		{"resources/read of 64 KiB", ask(1, "resources/read", `{"uri":"task://`+fill(64<<10)+`"}`), session, false},
		{"completion of 64 KiB", ask(1, "completion/complete", `{"ref":{"type":"ref/resource","uri":"task://{task_id}"},"argument":{"name":"task_id","value":"`+fill(64<<10)+`"}}`), session, false},
	} {
		a := h.send(t, http.MethodPost, h.URL, c.body, c.header)
		e := a.Message.Error
		switch {
		case c.fits && (a.Status != http.StatusOK || a.Message.Result == nil):
			t.Errorf("%s: HTTP %d %.200s, want a result", c.name, a.Status, a.Body)
		case !c.fits && (a.Status != http.StatusBadRequest || e == nil || e.Code != jsonrpc.CodeInvalidParams || !strings.Contains(e.Message, "KiB")):
			t.Errorf("%s: HTTP %d %.200s, want 400 with -32602 that says how much", c.name, a.Status, a.Body)
		}
	}
	full := func(meta string) string { // a message of 1 MiB
		head, tail := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_task","arguments":{"title":"`, `"}`+meta+`}}`
		return head + fill(maxMessage-len(head)-len(tail)) + tail
	}
	_, newer := createCall(token)
	for era, a := range map[string]answer{
		"older": h.send(t, http.MethodPost, h.URL, full(""), session),
		"newer": h.send(t, http.MethodPost, h.URL, full(`,"_meta":{"io.modelcontextprotocol/protocolVersion":"`+statelessEra+
			`","io.modelcontextprotocol/clientCapabilities":{}}`), newer),
	} {
		out := outcomeOf(t, a.Message)
		if !out.IsError || !strings.Contains(out.text(), "title: ") || len(out.text()) > 200 {
			t.Errorf("%s era, a title that fills the message: %.300s", era, out.text())
		}
	}
	p := startStdio(t)
	p.hello(t)
	for _, message := range []string{stats(16 << 10), ask(1, "tools/list", `{"x":"`+fill(64<<10)+`"}`)} {
		p.write(t, message+"\n")
		if msg := p.next(t); msg.Error == nil || msg.Error.Code != jsonrpc.CodeInvalidParams {
			t.Errorf("over stdio, %.60s: %+v, want -32602", message, msg)
		}
	}
	alive(t, h)
}
