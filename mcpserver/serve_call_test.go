package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"taskwire/identity"
	"taskwire/store/storetest"
)

// Whether a call goes round the SDK's HTTP handler or through it, its answer is
// the same, byte for byte. Through it goes whoever sends Accept: */*.
func TestToolCallsAnswerAsTheSDK(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil, "-tools", "create_task,list_tasks,get_task,update_task,delete_task,toggle_complete")
	token := h.token(t, "alice")
	id := h.create(t, token, `<b>Tom & "Jerry"</b> `+"\u2028 \u00e9 \U0001f600")
	for i := range 30 {
		h.create(t, token, fmt.Sprint("task ", i))
	}
	caps := `"io.modelcontextprotocol/clientCapabilities":{}`
	call := func(id, tool, args, meta string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":%q,"arguments":%s,"_meta":{"io.modelcontextprotocol/protocolVersion":%q%s}}}`,
			id, tool, args, statelessEra, meta)
	}
	get := fmt.Sprintf(`{"task_id":%q}`, id)
	for name, c := range map[string]struct {
		tool, id, args, meta string
		status               int
	}{
		"a task":                         {"get_task", "1", get, "," + caps, 200},
		"a page longer than one write":   {"list_tasks", "1", `{"limit":100}`, "," + caps, 200},
		"a change":                       {"update_task", "1", fmt.Sprintf(`{"task_id":%q,"title":"new","idempotency_key":"k"}`, id), "," + caps, 200},
		"a toggle":                       {"toggle_complete", "1", fmt.Sprintf(`{"task_id":%q,"completed":true,"idempotency_key":"t"}`, id), "," + caps, 200},
		"no such task":                   {"get_task", "1", `{"task_id":"none"}`, "," + caps, 200},
		"no such task to delete":         {"delete_task", "1", `{"task_id":"none"}`, "," + caps, 200},
		"wrong arguments":                {"create_task", "1", `{"title":"","user_id":7}`, "," + caps, 200},
		"arguments that are null":        {"list_tasks", "1", `null`, "," + caps, 200},
		"arguments that are a list":      {"get_task", "1", `[1]`, "," + caps, 200},
		"our own _meta":                  {"get_task", "1", get, "," + caps + `,"taskwire/timezone":"nowhere"`, 200},
		"a client that names itself":     {"get_task", "1", get, "," + caps + `,"io.modelcontextprotocol/clientInfo":{"name":"a","version":"1"}`, 200},
		"the largest id":                 {"get_task", "9007199254740991", get, "," + caps, 200},
		"a negative id":                  {"get_task", "-7", get, "," + caps, 200},
		"minus nought":                   {"get_task", "-0", get, "," + caps, 200},
		"an id of text":                  {"get_task", `"\u0041<&>\ud83d\ude00\u2028\"\\"`, get, "," + caps, 200},
		"an empty id":                    {"get_task", `""`, get, "," + caps, 200},
		"a tool that is not offered":     {"get_stats", "1", `{}`, "," + caps, 400},
		"no capabilities":                {"get_task", "1", get, "", 400},
		"capabilities of the wrong type": {"get_task", "1", get, `,"io.modelcontextprotocol/clientCapabilities":7`, 400},
		"a client of the wrong type":     {"get_task", "1", get, "," + caps + `,"io.modelcontextprotocol/clientInfo":"me"`, 400},
		"a log level of the wrong type":  {"get_task", "1", get, "," + caps + `,"io.modelcontextprotocol/logLevel":{}`, 200},
		"a progress token":               {"get_task", "1", get, "," + caps + `,"progressToken":"p"`, 200},
		"a number beyond all readers":    {"get_task", "1", get, "," + caps + `,"x":1e999`, 400},
	} {
		body := call(c.id, c.tool, c.args, c.meta)
		header := as(token, headerVersion, statelessEra, "Mcp-Method", "tools/call", "Mcp-Name", c.tool)
		ours := h.send(t, http.MethodPost, h.URL, body, header)
		theirs := h.send(t, http.MethodPost, h.URL, body, with(header, "Accept", "*/*"))
		if ours.Status != c.status || theirs.Status != c.status || ours.Body != theirs.Body {
			t.Errorf("%s: HTTP %d %s\nthe SDK: HTTP %d %s\nwant both %d and the same", name, ours.Status, ours.Body, theirs.Status, theirs.Body, c.status)
		}
		for _, a := range []answer{ours, theirs} {
			a.Header.Del("Date")
			a.Header.Del("X-Request-Id")
		}
		if got, want := fmt.Sprint(ours.Header), fmt.Sprint(theirs.Header); got != want {
			t.Errorf("%s: header %s, the SDK: %s", name, got, want)
		}
	}
}

// The SDK's handler refuses a number beyond float64 in the arguments as a header
// that does not agree. Round it the tool says what is wrong, as in the older era.
func TestNumberBeyondFloatIsTheToolsToRefuse(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	out := h.call(t, h.token(t, "alice"), "list_tasks", json.RawMessage(`{"limit":1e999}`))
	if !out.IsError || out.text() != "limit: must be an integer from 1 to 100" {
		t.Errorf("%v %s", out.IsError, out.text())
	}
}

// Only what the SDK's handler has nothing to say about goes round it.
func TestInOrder(t *testing.T) {
	soon := time.Now().Add(time.Minute)
	good := map[string]string{headerVersion: statelessEra, "Mcp-Method": "tools/call", "Mcp-Name": "get_task", "Accept": "application/json, text/event-stream"}
	body, _ := modern("", "tools/call", map[string]any{"name": "get_task", "arguments": map[string]any{"task_id": "x"}})
	older, _ := modern("", "tools/call", map[string]any{"name": "get_task", "_meta": map[string]any{"io.modelcontextprotocol/protocolVersion": "2025-11-25"}})
	retried, _ := modern("", "tools/call", map[string]any{"name": "get_task", "requestState": "x"})
	for name, c := range map[string]struct {
		body    string
		header  map[string]string // over the good one; empty is none
		expires time.Time
		want    bool
	}{
		"all in order":               {body, nil, soon, true},
		"Accept with parameters":     {body, map[string]string{"Accept": "text/event-stream;q=0.5 ,application/json"}, soon, true},
		"Accept of anything":         {body, map[string]string{"Accept": "*/*"}, soon, false},
		"Accept of JSON alone":       {body, map[string]string{"Accept": "application/json"}, soon, false},
		"no Accept":                  {body, map[string]string{"Accept": ""}, soon, false},
		"no version in the header":   {body, map[string]string{headerVersion: ""}, soon, false},
		"an older version":           {older, map[string]string{headerVersion: "2025-11-25"}, soon, false},
		"no method in the header":    {body, map[string]string{"Mcp-Method": ""}, soon, false},
		"no name in the header":      {body, map[string]string{"Mcp-Name": ""}, soon, false},
		"another name in the header": {body, map[string]string{"Mcp-Name": "get_stats"}, soon, false},
		"a stream to be resumed":     {body, map[string]string{"Last-Event-ID": "1"}, soon, false},
		"no _meta":                   {ask(1, "tools/call", `{"name":"get_task"}`), nil, soon, false},
		"a second round":             {retried, nil, soon, false},
		"a notification":             {strings.Replace(body, `"id":1,`, "", 1), nil, soon, false},
		"a token that has expired":   {body, nil, time.Now(), false},
	} {
		message, bad := readEnvelope([]byte(c.body))
		if bad != nil {
			t.Fatalf("%s: %v", name, bad)
		}
		r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
		header := maps.Clone(good)
		maps.Copy(header, c.header)
		for key, value := range header {
			if value != "" {
				r.Header.Set(key, value)
			}
		}
		if got := inOrder(r, message, identity.Principal{User: "alice", Expires: c.expires}); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// The SDK compares arguments with headers where a schema asks for it; none of
// ours does, so a call that goes round its handler misses nothing.
func TestNoToolMirrorsArgumentsInHeaders(t *testing.T) {
	for _, tool := range allTools() {
		if schema, err := json.Marshal(inputSchema(tool.parameters)); err != nil || strings.Contains(string(schema), "x-mcp-header") {
			t.Errorf("%s: %s, %v", tool.name, schema, err)
		}
	}
}

func TestCallConnTakesItsAnswerAlone(t *testing.T) {
	conn := newCallConn(&jsonrpc.Request{Method: "tools/call"})
	if message, err := conn.Read(t.Context()); err != nil || message.(*jsonrpc.Request).Method != "tools/call" {
		t.Fatalf("%v, %v; want the request", message, err)
	}
	if err := conn.Write(t.Context(), &jsonrpc.Request{Method: "notifications/progress"}); err == nil {
		t.Error("a notification was taken, and would be lost")
	}
	if err := conn.Write(t.Context(), &jsonrpc.Response{}); err != nil || <-conn.answer == nil {
		t.Errorf("the answer: %v", err)
	}
	conn.Close()
	conn.Close() // the SDK may, more than once
	if message, err := conn.Read(t.Context()); err == nil {
		t.Errorf("%v after the end", message)
	}
}
