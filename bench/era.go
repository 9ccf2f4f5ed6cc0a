package main

import (
	"encoding/json"
	"fmt"
)

// era is one of the two protocols on the wire.
type era struct {
	name     string // its revision
	path     string // where the peers serve it
	sessions bool
}

var eras = []era{
	{name: "2025-11-25", path: "/2025", sessions: true},
	{name: "2026-07-28", path: "/2026"},
}

// idDigits is the fixed width of request ids, so that a prepared request can
// be given its next id in place.
const (
	idDigits = 10
	firstID  = 1_000_000_000
)

// callBody is the JSON-RPC request for one tool call, the same for all servers.
func (e era) callBody(tool string, args map[string]any) []byte {
	params := map[string]any{"name": tool, "arguments": args}
	if !e.sessions {
		params["_meta"] = map[string]any{
			"io.modelcontextprotocol/protocolVersion":    e.name,
			"io.modelcontextprotocol/clientInfo":         clientInfo,
			"io.modelcontextprotocol/clientCapabilities": struct{}{},
		}
	}
	return rpc("tools/call", params)
}

var clientInfo = map[string]string{"name": "bench", "version": "1.0.0"}

// rpc makes a request whose id is the first number of idDigits digits in it.
func rpc(method string, params any) []byte {
	data, err := json.Marshal(params)
	if err != nil {
		panic(err) // only literals of this program come here
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, firstID, method, data)
}

// headers are those of a tool call beyond what every POST bears.
func (e era) headers(tool, session, token string) map[string]string {
	h := map[string]string{
		"Accept":               "application/json, text/event-stream",
		"Content-Type":         "application/json",
		"MCP-Protocol-Version": e.name,
		"Authorization":        "Bearer " + token,
	}
	if e.sessions {
		h["Mcp-Session-Id"] = session
	} else {
		h["Mcp-Method"], h["Mcp-Name"] = "tools/call", tool
	}
	return h
}
