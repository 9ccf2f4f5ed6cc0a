package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"taskwire/store/storetest"
)

// Params of a wrong type are named and refused. The SDK alone answers them
// with code 0, its own type names, and all that was sent.
func TestParamsOfTheWrongType(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	session := h.open(t, token)
	for field, message := range map[string]string{
		"name":             `"tools/call","params":{"name":5}`,
		"_meta":            `"tools/call","params":{"name":"get_stats","_meta":5}`,
		"requestState":     `"tools/call","params":{"name":"get_stats","requestState":5}`,
		"inputResponses":   `"tools/call","params":{"name":"get_stats","inputResponses":5}`,
		"tools/call":       `"tools/call","params":{"name":"get_stats","inputResponses":{"a":{"b":5}}}`,
		"cursor":           `"tools/list","params":{"cursor":5}`,
		"_meta ":           `"ping","params":{"_meta":7}`,
		"arguments":        `"prompts/get","params":{"name":"plan_my_day","arguments":{"language":5}}`,
		"ref":              `"completion/complete","params":{"ref":5}`,
		"uri":              `"resources/read","params":{"uri":[]}`,
		"level":            `"logging/setLevel","params":{"level":5}`,
		"clientInfo.name":  `"initialize","params":{"clientInfo":{"name":6}}`,
		"protocolVersion":  `"initialize","params":{"protocolVersion":5}`,
		"capabilities":     `"initialize","params":{"capabilities":[]}`,
		"must be an objec": `"tools/list","params":[]`,
		"must be an obje":  `"tools/call","params":"get_stats"`,
	} {
		header := session
		if strings.Contains(message, "initialize") {
			header = map[string]string{"Authorization": "Bearer " + token}
		}
		a := h.send(t, http.MethodPost, h.URL, `{"jsonrpc":"2.0","id":5,"method":`+message+`}`, header)
		e := a.Message.Error
		if a.Status != http.StatusBadRequest || e == nil || e.Code != jsonrpc.CodeInvalidParams ||
			!strings.Contains(e.Message, strings.TrimSpace(field)) || strings.Contains(a.Body, "mcp.") {
			t.Errorf("%s: HTTP %d, %s, want 400 with -32602 that names %s", message, a.Status, a.Body, field)
		}
	}
	for _, fine := range []string{
		`"tools/call","params":{"name":"get_stats","arguments":null,"_meta":null}`,
		`"tools/list","params":null`, `"tools/list"`, `"ping"`, `"tools/list","params":{"unknown":[1]}`,
	} {
		a := h.send(t, http.MethodPost, h.URL, `{"jsonrpc":"2.0","id":5,"method":`+fine+`}`, session)
		if a.Status != http.StatusOK || a.Message.Result == nil {
			t.Errorf("%s: HTTP %d, %s", fine, a.Status, a.Body)
		}
	}
	again := h.send(t, http.MethodPost, h.URL, initializeMessage, session)
	if e := again.Message.Error; e == nil || e.Code != jsonrpc.CodeInvalidRequest {
		t.Errorf("initialize twice: %s, want -32600", again.Body)
	}
}
