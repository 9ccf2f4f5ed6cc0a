package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

func TestReadEnvelope(t *testing.T) {
	deep := strings.Repeat("[", 61) + strings.Repeat("]", 61)
	for text, want := range map[string]envelope{
		`{"jsonrpc":"2.0","id":1,"method":"ping"}`:                                                               {id: json.RawMessage("1"), method: "ping"},
		" \t\r\n" + `{"jsonrpc":"2.0","id":"a","method":"ping"}` + "\n":                                          {id: json.RawMessage(`"a"`), method: "ping"},
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`:                                                 {method: "notifications/initialized"},
		`{"jsonrpc":"2.0","id":1,"result":{}}`:                                                                   {id: json.RawMessage("1")},
		`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}`:                                              {id: json.RawMessage("1")},
		`{"jsonrpc":"2.0","id":-9007199254740991,"method":"p\u0069ng","params":null}`:                            {id: json.RawMessage("-9007199254740991"), method: "ping"},
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_task","Name":"x","n\u0061me2":1}}`:  {id: json.RawMessage("1"), method: "tools/call", name: "get_task"},
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":` + deep + `}}}`:    {id: json.RawMessage("1"), method: "tools/call", name: "x"},
		`{"jsonrpc":"2.0","id":1,"method":"ping","extension":true,"params":{"_meta":{"progressToken":1},"x":1}}`: {id: json.RawMessage("1"), method: "ping"},
	} {
		got, bad := readEnvelope([]byte(text))
		if bad != nil {
			t.Errorf("%s: %v", text, bad)
			continue
		}
		if string(got.id) != string(want.id) || got.method != want.method || got.name != want.name {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	for text, code := range map[string]int64{
		"": jsonrpc.CodeParseError, "{": jsonrpc.CodeParseError, "nul": jsonrpc.CodeParseError, "\x00": jsonrpc.CodeParseError,
		`{"jsonrpc":"2.0","id":1,"method":"ping"}}`:                             jsonrpc.CodeParseError,
		`{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}`:                       jsonrpc.CodeParseError,
		`{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":1,"\u0061":1}}`:     jsonrpc.CodeParseError,
		`{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":[[` + deep + `]]}}`: jsonrpc.CodeParseError,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}":                    jsonrpc.CodeParseError,
		"null":                          jsonrpc.CodeInvalidRequest,
		"[]":                            jsonrpc.CodeInvalidRequest,
		"7":                             jsonrpc.CodeInvalidRequest,
		"{}":                            jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":1}`:      jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","result":{}}`: jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":1,"result":{},"error":{}}`:                      jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":1,"method":null}`:                               jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":1,"method":""}`:                                 jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":1,"method":["ping"]}`:                           jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":1e0,"method":"ping"}`:                           jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":true,"method":"ping"}`:                          jsonrpc.CodeInvalidRequest,
		`{"JSONRPC":"2.0","id":1,"method":"ping"}`:                             jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"x"}`:          jsonrpc.CodeInvalidParams,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":[]}}`:  jsonrpc.CodeInvalidParams,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":1}}`: jsonrpc.CodeInvalidParams,
	} {
		if _, bad := readEnvelope([]byte(text)); bad == nil || bad.code != code {
			t.Errorf("%q: %v, want error %d", text, bad, code)
		}
	}
}

// FuzzEnvelope: nothing panics, what is taken encoding/json takes too and
// reads alike, no object in it has a key twice, and what is refused gets an
// answer that is a message itself.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		initializeMessage, ask(1, "ping", ""), ask("a", "tools/call", createParams), `[]`, `null`, `{"jsonrpc":"2.0","id":1.5}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, `{"jsonrpc":"2.0","id":1,"result":{}}`,
		`{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}`, `{"jsonrpc":"2.0","id":1,"Method":"ping"}`,
		ask(1, "completion/complete", `{"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"a","value":""}}`),
		ask(1, "tools/call", `{"name":"x","requestState":"s","inputResponses":{"a":{"action":"accept"}}}`),
		ask(1, "prompts/get", `{"name":"x","arguments":{"language":"ur"}}`), "\xef\xbb\xbf{}", "{\"jsonrpc\":\"2.0\",\"id\":\"\\ud800\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, bad := readEnvelope(data)
		if bad != nil {
			var message rpcMessage
			if err := json.Unmarshal(bad.wire(), &message); err != nil || message.Error == nil || message.Error.Code == 0 || message.ID == nil {
				t.Fatalf("%q is answered with %s", data, bad.wire())
			}
			return
		}
		var wire struct {
			Version string          `json:"jsonrpc"`
			ID      json.RawMessage `json:"id"`
			Method  string          `json:"method"`
		}
		if err := json.Unmarshal(data, &wire); err != nil {
			t.Fatalf("%q is taken, but encoding/json says %v", data, err)
		}
		if wire.Version != "2.0" || string(wire.ID) != string(e.id) || wire.Method != e.method {
			t.Fatalf("%q: %+v, but encoding/json reads %+v", data, e, wire)
		}
		if twice(data) {
			t.Fatalf("%q is taken with a key twice", data)
		}
		_, _ = e.isCall(), (e.version != "")
	})
}

// twice reports whether an object in data has the same key twice.
func twice(data []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(data))
	var objects []map[string]bool // nil for an array
	isKey := false
	for {
		token, err := dec.Token()
		if err != nil {
			return false // the end
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				objects, isKey = append(objects, map[string]bool{}), true
				continue
			case '[':
				objects, isKey = append(objects, nil), false
				continue
			default:
				objects = objects[:len(objects)-1]
			}
		case string:
			if isKey {
				top := objects[len(objects)-1]
				if top[token] {
					return true
				}
				top[token], isKey = true, false
				continue
			}
		}
		isKey = len(objects) > 0 && objects[len(objects)-1] != nil
	}
}
