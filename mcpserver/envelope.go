package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
)

// An envelope is the outside of one JSON-RPC message, strictly read. The
// SDK's reader takes the last of duplicate keys, ignores what follows the
// value, turns broken UTF-8 into U+FFFD and reads id 1.5 as 1; a proxy or a
// policy in front of us may see another message than it does.
type envelope struct {
	id     json.RawMessage // as it came; nil for a notification
	method string          // empty for a response
	params json.RawMessage // as they came
	name   string          // params.name: of the tool or prompt
	uri    string          // params.uri: of the resource
	// version is the protocol version that params._meta names, as it does in the
	// stateless era; empty when there is none.
	version string
	plain   bool // params of tools/call in which nothing has the wrong type
}

// isCall reports whether the message wants an answer.
func (e *envelope) isCall() bool { return e.method != "" && e.id != nil }

// An envelopeError is a message that is none, as JSON-RPC 2.0 section 5.1
// numbers it.
type envelopeError struct {
	code int64
	text string
	id   json.RawMessage // of the message, where it could be told
	data any             // further facts for programs, or nil
}

func (e *envelopeError) Error() string { return e.text }

// maxSafeInteger is the largest id that every JSON reader gives back as it
// was (RFC 8259 section 6).
const maxSafeInteger = 1<<53 - 1

// readEnvelope checks one message.
func readEnvelope(data []byte) (*envelope, *envelopeError) {
	if err := edge.CheckKeys(data, "jsonrpc", "id", "method", "params", "result", "error"); err != nil {
		if edge.CheckJSON(data) == nil { // good JSON, but with a key such as "Method"
			return nil, invalidRequest(nil, err.Error())
		}
		return nil, &envelopeError{code: jsonrpc.CodeParseError, text: "parse error: " + err.Error()}
	}
	data = bytes.TrimLeft(data, " \t\r\n")
	switch {
	case data[0] == '[':
		return nil, invalidRequest(nil, "batches left MCP with revision 2025-06-18; send one message at a time")
	case data[0] != '{':
		return nil, invalidRequest(nil, "a message is a JSON object")
	}
	var wire struct {
		Version json.RawMessage `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Method  json.RawMessage `json:"method"`
		Params  json.RawMessage `json:"params"`
		Result  json.RawMessage `json:"result"`
		Error   json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return nil, invalidRequest(nil, "a message is a JSON object")
	}
	id, err := checkID(wire.ID)
	if err != nil {
		return nil, invalidRequest(nil, err.Error())
	}
	if string(wire.Version) != `"2.0"` {
		return nil, invalidRequest(id, `jsonrpc: must be "2.0"`)
	}
	e := &envelope{id: id}
	if wire.Method == nil {
		if id == nil || (wire.Result == nil) == (wire.Error == nil) {
			return nil, invalidRequest(id, "a request has a method, a response an id and either result or error")
		}
		return e, nil
	}
	if wire.Result != nil || wire.Error != nil {
		return nil, invalidRequest(id, "a message is either a request or a response")
	}
	if json.Unmarshal(wire.Method, &e.method) != nil || wire.Method[0] != '"' || e.method == "" {
		return nil, invalidRequest(id, "method: must be a string that is not empty")
	}
	return e, e.readParams(wire.Params)
}

// readParams picks out what routing, scopes and limits go by. It reads into a
// map because encoding/json fills a struct without regard to letter case, and
// the SDK does not: {"name": "delete_task", "Name": "get_task"} would be judged
// as one and run as the other.
func (e *envelope) readParams(raw json.RawMessage) *envelopeError {
	if raw == nil || string(raw) == "null" {
		return nil
	}
	var params map[string]json.RawMessage
	if err := json.Unmarshal(raw, &params); err != nil {
		return &envelopeError{code: jsonrpc.CodeInvalidParams, text: "params: must be an object", id: e.id}
	}
	if limit := paramsLimit(e.method); len(raw) > limit || len(params["_meta"]) > maxMeta {
		return &envelopeError{code: jsonrpc.CodeInvalidParams, id: e.id,
			text: fmt.Sprintf("params: may have up to %d KiB for this method, and _meta up to %d KiB", limit>>10, maxMeta>>10)}
	}
	e.params, e.version = raw, versionIn(params["_meta"])
	_ = json.Unmarshal(params["name"], &e.name)
	_ = json.Unmarshal(params["uri"], &e.uri)
	return e.checkParams(raw, params)
}

// versionIn returns the protocol version that a _meta names, empty also where
// the SDK could not read all of it.
func versionIn(raw json.RawMessage) string {
	var meta map[string]any
	if json.Unmarshal(raw, &meta) != nil {
		return ""
	}
	version, _ := meta[mcp.MetaKeyProtocolVersion].(string)
	return version
}

// maxMeta is how much a host may say beside the arguments.
const maxMeta = 16 << 10

// paramsLimit is how large the params of a method may be. A tool's arguments
// may fill the message, for the tool then says which one is too long. The SDK
// keeps the params of initialize for the life of the session.
func paramsLimit(method string) int {
	switch method {
	case "tools/call":
		return maxMessage
	case "initialize":
		return 16 << 10
	}
	return 64 << 10
}

// checkID returns the id, nil when there is none. MCP forbids null; a number
// must be an integer that every reader gives back as it was.
func checkID(raw json.RawMessage) (json.RawMessage, error) {
	bad := errors.New("id: must be a string or an integer between -9007199254740991 and 9007199254740991")
	switch {
	case raw == nil:
		return nil, nil
	case raw[0] == '"':
		return raw, nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || math.Abs(float64(n)) > maxSafeInteger {
		return nil, bad
	}
	return raw, nil
}

func invalidRequest(id json.RawMessage, text string) *envelopeError {
	return &envelopeError{code: jsonrpc.CodeInvalidRequest, text: "invalid request: " + text, id: id}
}

// wire is the answer to a message that is none. The id is null where it could
// not be told (JSON-RPC 2.0, section 5).
func (e *envelopeError) wire() []byte {
	id := e.id
	if id == nil {
		id = json.RawMessage("null")
	}
	problem := map[string]any{"code": e.code, "message": e.text}
	if e.data != nil {
		problem["data"] = e.data
	}
	return mustMarshal(map[string]any{"jsonrpc": "2.0", "id": id, "error": problem})
}
