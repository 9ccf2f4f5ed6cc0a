//go:build conformance

//lint:file-ignore SA1019 the suite asks for sampling and roots, which newer revisions deprecate

package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// addAskingTools registers tools that send a request of their own to the
// client, as revisions up to 2025-11-25 allow.
func (f *fixtures) addAskingTools() {
	type samplingArgs struct {
		Prompt string `json:"prompt"`
	}
	addFixture(f.Server, &mcp.Tool{Name: "test_sampling"},
		func(ctx context.Context, req *mcp.CallToolRequest, in samplingArgs) (*mcp.CallToolResult, error) {
			result, err := req.Session.CreateMessage(ctx, f.sample(in.Prompt))
			if err != nil {
				return nil, err
			}
			return f.sayf("LLM response: %s", f.firstText(result.Content)), nil
		})

	type elicitArgs struct {
		Message string `json:"message"`
	}
	addFixture(f.Server, &mcp.Tool{Name: "test_elicitation"},
		func(ctx context.Context, req *mcp.CallToolRequest, in elicitArgs) (*mcp.CallToolResult, error) {
			return f.elicit(ctx, req, f.ask(in.Message, "username", "string"))
		})
	f.tool("test_elicitation_sep1034_defaults", func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return f.elicit(ctx, req, f.form("Defaults of every primitive type", `{"type": "object", "properties": {
			"name": {"type": "string", "default": "John Doe"},
			"age": {"type": "integer", "default": 30},
			"score": {"type": "number", "default": 95.5},
			"status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
			"verified": {"type": "boolean", "default": true}
		}}`))
	})
	f.tool("test_elicitation_sep1330_enums", func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return f.elicit(ctx, req, f.form("Every form of a choice", `{"type": "object", "properties": {
			"untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
			"titledSingle": {"type": "string", "oneOf": [
				{"const": "value1", "title": "First Option"},
				{"const": "value2", "title": "Second Option"},
				{"const": "value3", "title": "Third Option"}]},
			"legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"],
				"enumNames": ["Option One", "Option Two", "Option Three"]},
			"untitledMulti": {"type": "array", "minItems": 1, "maxItems": 3,
				"items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
			"titledMulti": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"anyOf": [
				{"const": "value1", "title": "First Option"},
				{"const": "value2", "title": "Second Option"},
				{"const": "value3", "title": "Third Option"}]}}
		}}`))
	})
}

func (f *fixtures) elicit(ctx context.Context, req *mcp.CallToolRequest, params *mcp.ElicitParams) (*mcp.CallToolResult, error) {
	result, err := req.Session.Elicit(ctx, params)
	if err != nil {
		return nil, err
	}
	return f.sayf("Elicitation result: action=%s, content=%v", result.Action, result.Content), nil
}

// addRoundTripTools registers tools that ask by answering: since 2026-07-28 a
// result names what is missing, and the client calls again with it (SEP-2322).
func (f *fixtures) addRoundTripTools() {
	roundTrip := func(name string, h mcp.ToolHandler) { f.tool("test_input_required_result_"+name, h) }

	roundTrip("elicitation", func(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if name, ok := f.accepted(req.Params.InputResponses, "user_name")["name"].(string); ok && name != "" {
			return f.sayf("Hello, %s!", name), nil
		}
		return f.need("", mcp.InputRequestMap{"user_name": f.askName()}), nil
	})
	roundTrip("sampling", func(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if text, ok := f.sampled(req.Params.InputResponses, "capital_question"); ok {
			return f.sayf("Sampling response: %s", text), nil
		}
		return f.need("", mcp.InputRequestMap{"capital_question": f.sample("What is the capital of France?")}), nil
	})
	roundTrip("list_roots", func(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if roots, ok := req.Params.InputResponses["client_roots"].(*mcp.ListRootsResult); ok {
			return f.sayf("Client exposed %d root(s)", len(roots.Roots)), nil
		}
		return f.need("", mcp.InputRequestMap{"client_roots": &mcp.ListRootsParams{}}), nil
	})
	roundTrip("multiple_inputs", func(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		got := req.Params.InputResponses
		name, named := f.accepted(got, "user_name")["name"].(string)
		greeting, greeted := f.sampled(got, "greeting")
		roots, rooted := got["client_roots"].(*mcp.ListRootsResult)
		if named && greeted && rooted {
			return f.sayf("%s %s, %d root(s)", greeting, name, len(roots.Roots)), nil
		}
		return f.need("greet", mcp.InputRequestMap{
			"user_name": f.askName(), "greeting": f.sample("Generate a greeting"), "client_roots": &mcp.ListRootsParams{},
		}), nil
	})
	roundTrip("request_state", f.confirm)
	roundTrip("tampered_state", f.confirm)
	roundTrip("multi_round", f.twoRounds)
	roundTrip("capabilities", f.askWhatClientCan)
}

// confirm asks once, and takes the answer only with the state it sealed.
func (f *fixtures) confirm(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	answered := f.accepted(req.Params.InputResponses, "confirm") != nil
	if req.Params.RequestState == "" && !answered {
		return f.need("confirm", mcp.InputRequestMap{"confirm": f.ask("Please confirm", "ok", "boolean")}), nil
	}
	if state, ok := f.unseal(req.Params.RequestState); !ok || state != "confirm" || !answered {
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "invalid requestState"}
	}
	return f.sayf("state-ok"), nil
}

// twoRounds keeps the answer of the first round in the state of the second:
// the server remembers nothing.
func (f *fixtures) twoRounds(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	got := req.Params.InputResponses
	if req.Params.RequestState == "" {
		return f.need("first", mcp.InputRequestMap{"step1": f.ask("What is your name?", "name", "string")}), nil
	}
	state, ok := f.unseal(req.Params.RequestState)
	if !ok {
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "invalid requestState"}
	}
	if name, second := strings.CutPrefix(state, "second "); second {
		return f.sayf("%s likes %v", name, f.accepted(got, "step2")["color"]), nil
	}
	name, _ := f.accepted(got, "step1")["name"].(string)
	return f.need("second "+name, mcp.InputRequestMap{"step2": f.ask("What is your favorite color?", "color", "string")}), nil
}

// askWhatClientCan asks only for what the client said it can give.
func (f *fixtures) askWhatClientCan(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if len(req.Params.InputResponses) > 0 {
		return f.sayf("thank you"), nil
	}
	caps, want := req.ClientCapabilities(), mcp.InputRequestMap{}
	if caps != nil && caps.Elicitation != nil {
		want["user_name"] = f.askName()
	}
	if caps != nil && caps.Sampling != nil {
		want["greeting"] = f.sample("Generate a greeting")
	}
	if caps != nil && caps.RootsV2 != nil {
		want["client_roots"] = &mcp.ListRootsParams{}
	}
	if len(want) == 0 {
		return f.sayf("the client can give nothing"), nil
	}
	return f.need("", want), nil
}

func (f *fixtures) need(state string, want mcp.InputRequestMap) *mcp.CallToolResult {
	result := &mcp.CallToolResult{InputRequests: want}
	if state != "" {
		result.RequestState = f.seal(state)
	}
	return result
}

func (f *fixtures) askName() *mcp.ElicitParams { return f.ask("What is your name?", "name", "string") }

// ask makes a form of one required field.
func (f *fixtures) ask(message, field, kind string) *mcp.ElicitParams {
	return &mcp.ElicitParams{Message: message, RequestedSchema: map[string]any{
		"type":       "object",
		"properties": map[string]any{field: map[string]any{"type": kind}},
		"required":   []string{field},
	}}
}

func (f *fixtures) form(message, schema string) *mcp.ElicitParams {
	return &mcp.ElicitParams{Message: message, RequestedSchema: json.RawMessage(schema)}
}

func (f *fixtures) sample(prompt string) *mcp.CreateMessageParams {
	return &mcp.CreateMessageParams{
		Messages:  []*mcp.SamplingMessage{{Role: "user", Content: f.textf("%s", prompt)}},
		MaxTokens: 100,
	}
}

// accepted returns the form that the user filled in, nil if there is none.
func (f *fixtures) accepted(got mcp.InputResponseMap, key string) map[string]any {
	if result, ok := got[key].(*mcp.ElicitResult); ok && result.Action == "accept" {
		return result.Content
	}
	return nil
}

func (f *fixtures) sampled(got mcp.InputResponseMap, key string) (string, bool) {
	// The SDK reads every sampling answer as this wider type.
	result, ok := got[key].(*mcp.CreateMessageWithToolsResult)
	if !ok {
		return "", false
	}
	return f.firstText(result.Content...), true
}

func (f *fixtures) firstText(content ...mcp.Content) string {
	for _, c := range content {
		if text, ok := c.(*mcp.TextContent); ok {
			return text.Text
		}
	}
	return ""
}

// seal makes a state that a client can return but not alter.
func (f *fixtures) seal(state string) string { return state + "." + f.mac(state) }

func (f *fixtures) unseal(sealed string) (state string, ok bool) {
	dot := strings.LastIndexByte(sealed, '.')
	if dot < 0 {
		return "", false
	}
	state = sealed[:dot]
	return state, hmac.Equal([]byte(sealed[dot+1:]), []byte(f.mac(state)))
}

func (f *fixtures) mac(state string) string {
	h := hmac.New(sha256.New, []byte(f.key))
	h.Write([]byte(state))
	return hex.EncodeToString(h.Sum(nil))
}
