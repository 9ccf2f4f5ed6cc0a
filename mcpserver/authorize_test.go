package main

import (
	"net/http"
	"testing"

	"taskwire/store/storetest"
)

// The scope is judged by the same reading of the message by which it runs: a
// second key that differs in letter case must not pass for the first.
func TestScopeIsJudgedByTheToolThatRuns(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	id := h.create(t, h.token(t, "alice"), "stays")
	reader := h.token(t, "alice", scopeRead)
	before := h.hash(t)
	for _, names := range []string{
		`"name":"delete_task","Name":"get_task"`,
		`"Name":"get_task","name":"delete_task"`,
		`"name":"delete_task","NAME":"get_task"`,
		`"name":"delete_task","n\u0061me ":"get_task"`,
	} {
		_, header := modern(reader, "tools/call", map[string]any{"name": "delete_task"})
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + names + `,"arguments":{"task_id":"` + id + `"},` +
			`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
		if a := h.send(t, http.MethodPost, h.URL, body, header); a.Status != http.StatusForbidden {
			t.Errorf("%s: HTTP %d, want 403: %s", names, a.Status, a.Body)
		}
	}
	if h.hash(t) != before {
		t.Error("a token that may only read has changed something")
	}
}
