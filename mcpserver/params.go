package main

import (
	"encoding/json"
	"errors"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// paramsOf gives a place for the params of each method that has some. Where
// they do not fit, the SDK would answer with code 0 and the names of its own
// types, so they are tried here first.
var paramsOf = map[string]func() any{
	"initialize":      func() any { return new(mcp.InitializeParams) },
	"ping":            func() any { return new(mcp.PingParams) },
	"server/discover": func() any { return new(mcp.DiscoverParams) },
	//lint:ignore SA1019 hosts of the older era still send it
	"logging/setLevel":         func() any { return new(mcp.SetLoggingLevelParams) },
	"completion/complete":      func() any { return new(mcp.CompleteParams) },
	"tools/list":               func() any { return new(mcp.ListToolsParams) },
	"prompts/list":             func() any { return new(mcp.ListPromptsParams) },
	"prompts/get":              func() any { return new(mcp.GetPromptParams) },
	"resources/list":           func() any { return new(mcp.ListResourcesParams) },
	"resources/templates/list": func() any { return new(mcp.ListResourceTemplatesParams) },
	"resources/read":           func() any { return new(mcp.ReadResourceParams) },
	"resources/subscribe":      func() any { return new(mcp.SubscribeParams) },
	"resources/unsubscribe":    func() any { return new(mcp.UnsubscribeParams) },
	"subscriptions/listen":     func() any { return new(mcp.SubscriptionsListenParams) },
}

// checkParams tries the params of a call. Those of tools/call, which is called
// all the time, mostly need no second reading: the arguments are the tool's to
// check.
func (e *envelope) checkParams(raw json.RawMessage, params map[string]json.RawMessage) *envelopeError {
	if !e.isCall() {
		return nil // nobody waits for an answer
	}
	target := paramsOf[e.method]
	if e.method == "tools/call" {
		if e.plain = plainCall(params); !e.plain {
			target = func() any { return new(mcp.CallToolParamsRaw) }
		}
	}
	if target == nil {
		return nil
	}
	if err := json.Unmarshal(raw, target()); err != nil {
		return e.badParams(err)
	}
	return nil
}

// plainCall reports whether nothing in the params of tools/call can have the
// wrong type.
func plainCall(params map[string]json.RawMessage) bool {
	for key, value := range params {
		switch key {
		case "arguments":
		case "name":
			if value[0] != '"' {
				return false
			}
		case "_meta":
			if value[0] != '{' {
				return false
			}
		case "inputResponses", "requestState":
			return false
		}
	}
	return true
}

// badParams names the field that has the wrong type, and nothing of ours.
func (e *envelope) badParams(err error) *envelopeError {
	text := "params: not what " + clip(e.method) + " takes"
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		text = "params: " + clip(wrong.Field) + " has the wrong type"
	}
	return &envelopeError{code: jsonrpc.CodeInvalidParams, text: text, id: e.id}
}
