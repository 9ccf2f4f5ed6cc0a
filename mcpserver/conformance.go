//go:build conformance

//lint:file-ignore SA1019 the suite asks for logging, sampling and roots, which newer revisions deprecate

package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// The official conformance suite calls tools, prompts and resources by fixed
// names and reads fixed answers from them. They stand beside the product's own
// in one server, so that the suite exercises the product's HTTP stack.

const fixtureDescription = "Fixture of the conformance suite"

// fixtureStreams has the SDK hold the streams of sessions: the suite subscribes
// to fixtures and hears of them there.
const fixtureStreams = true

// fixtures keeps its helpers off the product's package scope.
type fixtures struct {
	*mcp.Server
	key string // seals request states
}

// addFixtures registers everything the suite asks for.
func addFixtures(s *mcp.Server) {
	f := &fixtures{Server: s, key: rand.Text()}
	f.addContentTools()
	f.addNotifyingTools()
	f.addSchemaTools()
	f.addAskingTools()
	f.addRoundTripTools()
	f.addPrompts()
	f.addResources()
}

// fixtureOptions opens what the fixtures need beyond the product's own
// options: log messages, subscriptions, and completion of fixture arguments.
func fixtureOptions(o *mcp.ServerOptions) {
	// The product's capabilities say that nothing changes. Without them the
	// SDK advertises what it finds, and logging.
	o.Capabilities = nil
	// The SDK keeps the subscriptions; the handlers only have to agree.
	o.SubscribeHandler = func(context.Context, *mcp.SubscribeRequest) error { return nil }
	o.UnsubscribeHandler = func(context.Context, *mcp.UnsubscribeRequest) error { return nil }
	product := o.CompletionHandler
	o.CompletionHandler = func(ctx context.Context, req *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
		if product == nil || strings.HasPrefix(req.Params.Ref.Name, "test_") {
			return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: []string{}}}, nil
		}
		return product(ctx, req)
	}
}

// tool registers a tool without arguments.
func (f *fixtures) tool(name string, h mcp.ToolHandler) {
	addFixture(f.Server, &mcp.Tool{Name: name}, func(ctx context.Context, req *mcp.CallToolRequest, _ any) (*mcp.CallToolResult, error) {
		return h(ctx, req)
	})
}

func addFixture[In any](s *mcp.Server, tool *mcp.Tool, h func(context.Context, *mcp.CallToolRequest, In) (*mcp.CallToolResult, error)) {
	tool.Description = fixtureDescription
	mcp.AddTool(s, tool, func(ctx context.Context, req *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
		result, err := h(ctx, req, in)
		return result, nil, err
	})
}

// answer registers a tool that always gives the same content.
func (f *fixtures) answer(name string, content ...mcp.Content) {
	f.tool(name, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{Content: content}, nil
	})
}

func (f *fixtures) sayf(format string, args ...any) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{f.textf(format, args...)}}
}

func (f *fixtures) textf(format string, args ...any) *mcp.TextContent {
	return &mcp.TextContent{Text: fmt.Sprintf(format, args...)}
}

// A red pixel and a silent sample, the smallest the suite takes.
var (
	fixturePNG = decodeFixture("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==")
	fixtureWAV = decodeFixture("UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=")
)

func decodeFixture(s string) []byte {
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return data
}

func (f *fixtures) addContentTools() {
	image := &mcp.ImageContent{Data: fixturePNG, MIMEType: "image/png"}
	embedded := func(uri string) *mcp.EmbeddedResource {
		return &mcp.EmbeddedResource{Resource: &mcp.ResourceContents{
			URI: uri, MIMEType: "text/plain", Text: "This is an embedded resource",
		}}
	}
	f.answer("test_simple_text", f.textf("This is a simple text response for testing."))
	f.answer("test_image_content", image)
	f.answer("test_audio_content", &mcp.AudioContent{Data: fixtureWAV, MIMEType: "audio/wav"})
	f.answer("test_embedded_resource", embedded("test://embedded-resource"))
	f.answer("test_multiple_content_types", f.textf("This is text content"), image, embedded("test://embedded-in-multiple"))
	f.tool("test_error_handling", func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return nil, errors.New("this tool intentionally returns an error for testing")
	})
}

// addNotifyingTools registers tools that send notifications before they answer.
func (f *fixtures) addNotifyingTools() {
	// The suite wants to see the notifications arrive one by one.
	const pause = 50 * time.Millisecond
	log := func(ctx context.Context, req *mcp.CallToolRequest, data string) error {
		return req.Session.Log(ctx, &mcp.LoggingMessageParams{Level: "info", Data: data})
	}
	f.tool("test_tool_with_logging", func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for _, data := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
			if err := log(ctx, req, data); err != nil {
				return nil, err
			}
			time.Sleep(pause)
		}
		return f.sayf("logged three messages"), nil
	})
	// Since 2026-07-28 a client that named no log level must get no message.
	f.tool("test_logging_tool", func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return f.sayf("logged if asked to"), log(ctx, req, "test_logging_tool executed")
	})
	f.tool("test_tool_with_progress", func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		token := req.Params.GetProgressToken()
		for _, percent := range []float64{0, 50, 100} {
			err := req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
				ProgressToken: token, Progress: percent, Total: 100, Message: fmt.Sprintf("Completed step %.0f of 100", percent),
			})
			if err != nil {
				return nil, err
			}
			time.Sleep(pause)
		}
		return f.sayf("%v", token), nil
	})
	// Closing the stream in mid-call makes the client come back for the answer.
	f.tool("test_reconnection", func(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if req.Extra != nil && req.Extra.CloseSSEStream != nil {
			req.Extra.CloseSSEStream(mcp.CloseSSEStreamArgs{RetryAfter: 10 * time.Millisecond})
		}
		time.Sleep(2 * pause)
		return f.sayf("answered after the reconnection"), nil
	})
	f.answer("test_streaming_elicitation", f.textf("a stream bears notifications and the result, no requests"))
	// Registering anew, even the same thing, announces a changed list.
	f.tool("test_trigger_tool_change", func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		f.answer("test_transient", f.textf("here today"))
		return f.sayf("tools changed"), nil
	})
	f.tool("test_trigger_prompt_change", func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		f.prompt("test_transient", nil, f.textf("here today"))
		return f.sayf("prompts changed"), nil
	})
}

// addSchemaTools registers tools whose input schemas must reach the client
// with every keyword.
func (f *fixtures) addSchemaTools() {
	any2020 := json.RawMessage(`{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type": "object",
		"$defs": {"address": {
			"$anchor": "addressDef",
			"type": "object",
			"properties": {"street": {"type": "string"}, "city": {"type": "string"}}
		}},
		"properties": {
			"name": {"type": "string"},
			"address": {"$ref": "#/$defs/address"},
			"contactMethod": {"type": "string", "enum": ["phone", "email"]},
			"phone": {"type": "string"},
			"email": {"type": "string"}
		},
		"allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
		"if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
		"then": {"required": ["phone"]},
		"else": {"required": ["email"]},
		"additionalProperties": false
	}`)
	addFixture(f.Server, &mcp.Tool{Name: "json_schema_2020_12_tool", InputSchema: any2020},
		func(_ context.Context, _ *mcp.CallToolRequest, in json.RawMessage) (*mcp.CallToolResult, error) {
			return f.sayf("called with %s", in), nil
		})
	mirrored := json.RawMessage(`{
		"type": "object",
		"properties": {
			"region": {"type": "string", "x-mcp-header": "Region"},
			"level": {"type": "integer"}
		}
	}`)
	addFixture(f.Server, &mcp.Tool{Name: "test_x_mcp_header", InputSchema: mirrored},
		func(_ context.Context, _ *mcp.CallToolRequest, in struct{ Region string }) (*mcp.CallToolResult, error) {
			return f.sayf("region=%s", in.Region), nil
		})
	f.tool("test_missing_capability", func(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if caps := req.ClientCapabilities(); caps != nil && caps.Sampling != nil {
			return f.sayf("the client can sample"), nil
		}
		data, err := json.Marshal(mcp.MissingRequiredClientCapabilityData{
			RequiredCapabilities: &mcp.ClientCapabilities{Sampling: &mcp.SamplingCapabilities{}},
		})
		if err != nil {
			return nil, err
		}
		return nil, &jsonrpc.Error{
			Code: mcp.CodeMissingRequiredClientCapabilities, Message: "the client did not declare sampling", Data: data,
		}
	})
}
