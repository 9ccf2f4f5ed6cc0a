package main

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store/storetest"
)

// inBase64 is a header's value as MCP 2026-07-28 writes what is not plain.
func inBase64(text string) string {
	return "=?base64?" + base64.StdEncoding.EncodeToString([]byte(text)) + "?="
}

// The headers that repeat the body say what it says, in both eras. A name may
// stand there in Base64.
func TestHeadersRepeatTheBody(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	uri := "task://" + h.create(t, token, "x")
	session := h.open(t, token)
	read := map[string]any{"uri": uri}
	stats := map[string]any{"name": "get_stats"}
	plan := map[string]any{"name": "plan_my_day"}
	for _, c := range []struct {
		name   string
		method string
		params map[string]any
		header []string
		agree  bool
	}{
		{"the resource", "resources/read", read, []string{"Mcp-Name", uri}, true},
		{"the resource in Base64", "resources/read", read, []string{"Mcp-Name", inBase64(uri)}, true},
		{"another resource", "resources/read", read, []string{"Mcp-Name", "task://another"}, false},
		{"another resource in Base64", "resources/read", read, []string{"Mcp-Name", inBase64("task://another")}, false},
		{"a part of the resource", "resources/read", read, []string{"Mcp-Name", uri[:len(uri)-1]}, false},
		{"a name where the resource belongs", "resources/read", map[string]any{"uri": uri, "name": "get_stats"}, []string{"Mcp-Name", "get_stats"}, false},
		{"the tool in Base64", "tools/call", stats, []string{"Mcp-Name", inBase64("get_stats")}, true},
		{"another tool in Base64", "tools/call", stats, []string{"Mcp-Name", inBase64("list_tasks")}, false},
		{"Base64 that is none", "tools/call", stats, []string{"Mcp-Name", "=?base64?!?="}, false},
		{"Base64 without an end", "tools/call", stats, []string{"Mcp-Name", strings.TrimSuffix(inBase64("get_stats"), "?=")}, false},
		{"the prompt in Base64", "prompts/get", plan, []string{"Mcp-Name", inBase64("plan_my_day")}, true},
		{"another prompt", "prompts/get", plan, []string{"Mcp-Name", "weekly_review"}, false},
		{"the method", "tools/call", stats, []string{"Mcp-Method", "tools/call"}, true},
		{"another method", "tools/call", stats, []string{"Mcp-Method", "tools/list"}, false},
	} {
		body, newer := modern(token, c.method, c.params)
		for era, a := range map[string]answer{
			"newer": h.send(t, http.MethodPost, h.URL, body, with(newer, c.header...)),
			"older": h.send(t, http.MethodPost, h.URL, older(c.method, c.params), with(session, c.header...)),
		} {
			checkAgreement(t, c.name+", "+era+" era", a, c.agree)
		}
	}
	// The version in the header and the one in _meta.
	inMeta := func(version string) map[string]any {
		return map[string]any{"name": "get_stats", "_meta": map[string]any{mcp.MetaKeyProtocolVersion: version}}
	}
	body, newer := modern(token, "tools/call", inMeta("2025-11-25"))
	checkAgreement(t, "an older version in _meta", h.send(t, http.MethodPost, h.URL, body, newer), false)
	body, newer = modern(token, "tools/call", stats)
	checkAgreement(t, "an older version in the header", h.send(t, http.MethodPost, h.URL, body, with(newer, headerVersion, "2025-11-25")), false)
	checkAgreement(t, "a newer version in a session", h.send(t, http.MethodPost, h.URL, older("tools/call", inMeta(statelessEra)), session), false)
	alive(t, h)
}

func checkAgreement(t testing.TB, name string, a answer, agree bool) {
	t.Helper()
	e := a.Message.Error
	switch {
	case agree && (a.Status != http.StatusOK || a.Message.Result == nil):
		t.Errorf("%s: HTTP %d %s, want a result", name, a.Status, a.Body)
	case !agree && (a.Status != http.StatusBadRequest || e == nil || e.Code != mcp.CodeHeaderMismatch || string(a.Message.ID) != "1"):
		t.Errorf("%s: HTTP %d %s, want 400 with %d", name, a.Status, a.Body, mcp.CodeHeaderMismatch)
	}
}

// A method that nobody knows is -32601, inside JSON-RPC in both eras; such a
// notification is accepted and means nothing.
func TestUnknownMethods(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	session := h.open(t, token)
	before := h.hash(t)
	for _, method := range []string{"no/such", "tools/Call", "notifications/nothing", strings.Repeat("x", 5000)} {
		body, newer := modern(token, method, nil)
		for era, c := range map[string]struct {
			answer
			status int
		}{
			"newer": {h.send(t, http.MethodPost, h.URL, body, newer), http.StatusNotFound},
			"older": {h.send(t, http.MethodPost, h.URL, older(method, map[string]any{}), session), http.StatusOK},
		} {
			e := c.Message.Error
			if c.Status != c.status || c.Header.Get("Content-Type") != "application/json" || string(c.Message.ID) != "1" ||
				e == nil || e.Code != jsonrpc.CodeMethodNotFound || len(c.Body) > 1000 {
				t.Errorf("%.30s, %s era: HTTP %d %.300s, want %d with -32601", method, era, c.Status, c.Body, c.status)
			}
		}
	}
	note := `{"jsonrpc":"2.0","method":"notifications/nothing","params":{}}`
	for era, header := range map[string]map[string]string{
		"newer": as(token, headerVersion, statelessEra, "Mcp-Method", "notifications/nothing"), "older": session,
	} {
		if a := h.send(t, http.MethodPost, h.URL, note, header); a.Status != http.StatusAccepted || a.Body != "" {
			t.Errorf("a notification that nobody knows, %s era: HTTP %d %q, want 202", era, a.Status, a.Body)
		}
	}
	if h.hash(t) != before {
		t.Error("a row has changed")
	}
	alive(t, h)
}
