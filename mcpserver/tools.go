package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store"
)

// A tool is one of the seven: what hosts read about it and what runs when it
// is called. The parameters are both the published schema and the check of
// what comes in, so that the two cannot drift apart.
type tool struct {
	name        string
	title       string
	description string
	parameters  []parameter
	output      any // JSON schema of the structured result
	hints       mcp.ToolAnnotations
	run         func(*toolset, context.Context, call) (any, error)
}

// readOnly reports whether the tool changes nothing.
func (t *tool) readOnly() bool { return t.hints.ReadOnlyHint }

// A call is one checked tool call: who, with what, and what the host said
// beside the arguments.
type call struct {
	user    string
	args    arguments
	meta    callMeta
	journal store.Call
}

// A toolset runs the tools for whoever calls. It is shared by all sessions:
// the user comes with each request and is kept nowhere.
type toolset struct {
	// tasks gives the task store; over stdio it waits until the file, which is
	// opened while the host already says hello, is there.
	tasks func(context.Context) (*store.Tasks, error)
	// user is who calls over stdio. Over HTTP it is empty and every request
	// brings its own.
	user   string
	zone   *time.Location // of a caller who names none
	now    func() time.Time
	logger *slog.Logger
}

// allTools lists the tools in the order in which the documentation has them.
func allTools() []*tool {
	return []*tool{createTask, listTasks, getTask, updateTask, deleteTask, toggleComplete, getStats}
}

// selectTools returns the tools that -read-only and -tools leave.
func selectTools(readOnly bool, names []string) []*tool {
	return slices.DeleteFunc(allTools(), func(t *tool) bool {
		return readOnly && !t.readOnly() || len(names) > 0 && !slices.Contains(names, t.name)
	})
}

// register adds the tool to the server. The low-level AddTool is used because
// the typed one decodes numbers as float64, refuses null for what is optional
// and words the errors itself.
func (ts *toolset) register(server *mcp.Server, t *tool) {
	hints := t.hints
	hints.Title = t.title
	server.AddTool(&mcp.Tool{
		Name:        t.name,
		Title:       t.title,
		Description: t.description,
		// As text: the SDK's HTTP handler marshals the input schema again on every
		// call of the stateless era, to look for parameters repeated in headers.
		InputSchema:  json.RawMessage(mustMarshal(inputSchema(t.parameters))),
		OutputSchema: t.output,
		Annotations:  &hints,
	}, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return ts.serve(ctx, t, req)
	})
}

// serve checks a call, runs it and words its outcome.
func (ts *toolset) serve(ctx context.Context, t *tool, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	user, err := ts.caller(req)
	if err != nil {
		return nil, err
	}
	args, err := decodeArguments(t.parameters, req.Params.Arguments)
	if err != nil {
		return toolError(codeInvalid, err.Error()), nil
	}
	meta, err := ts.readMeta(req.Params.Meta)
	if err != nil {
		return toolError(codeInvalid, err.Error()), nil
	}
	c := call{user: user, args: args, meta: meta}
	if !t.readOnly() {
		c.journal = store.Call{Tool: t.name, ID: meta.callID, Key: args.text("idempotency_key"), Args: args.canonical()}
	}
	out, err := t.run(ts, ctx, c)
	if err != nil {
		return ts.failed(ctx, t, c.journal, err), nil
	}
	return toolResult(out)
}

// caller returns the user of a request: over HTTP the one of the verified
// token, over stdio the one the process was started for. A request with
// neither is a bug in this program and is refused.
func (ts *toolset) caller(req mcp.Request) (string, error) {
	extra := req.GetExtra()
	if extra == nil || extra.Header == nil {
		if ts.user != "" {
			return ts.user, nil
		}
	} else if extra.TokenInfo != nil && extra.TokenInfo.UserID != "" {
		return extra.TokenInfo.UserID, nil
	}
	ts.logger.Error("request without a user")
	return "", errInternal
}

// What a failed call says of its kind, in _meta "taskwire/error": programs
// (the adapter's REST face) map it to a status without reading the sentence.
const (
	codeInvalid     = "invalid"
	codeNotFound    = "not_found"
	codeStale       = "stale"
	codeReused      = "key_reused"
	codeUnavailable = "unavailable"
	codeLimited     = "rate_limited"
	codeInternal    = "internal"
)

var errInternal = &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "internal error"}

// A useError is a mistake of the caller, in words for the caller.
type useError string

func (e useError) Error() string { return string(e) }

// failed words an error for the caller. The SDK sends a handler's error text
// as it is, so nothing but these sentences may leave.
func (ts *toolset) failed(ctx context.Context, t *tool, journal store.Call, err error) *mcp.CallToolResult {
	var use useError
	switch {
	case errors.As(err, &use):
		return toolError(codeInvalid, use.Error())
	case errors.Is(err, store.ErrNotFound):
		return toolError(codeNotFound, "task_id: no task with that id")
	case errors.Is(err, store.ErrStale):
		return toolError(codeStale, "the task has changed since it was read; read it again, then decide")
	case errors.Is(err, store.ErrCallReused):
		return toolError(codeReused, reusedName(journal)+" was used before with other arguments; take a new one")
	case errors.Is(err, store.ErrBadCursor):
		return toolError(codeInvalid, "cursor: not one that list_tasks gave for this sort_by and sort_order; leave it out to start anew")
	case errors.Is(err, store.ErrUnavailable):
		ts.logger.WarnContext(ctx, "tool failed", "tool", t.name, "err", err)
		return toolError(codeUnavailable, "temporarily unavailable; nothing was changed by this call as far as is known, try again in a moment")
	case ctx.Err() != nil:
		return toolError(codeUnavailable, "the call was cancelled")
	}
	ts.logger.ErrorContext(ctx, "tool failed", "tool", t.name, "err", err)
	return toolError(codeInternal, "internal error")
}

// reusedName names what a call can have used again.
func reusedName(journal store.Call) string {
	switch {
	case journal.Key == "":
		return "_meta " + metaCallID + ": this call id"
	case journal.ID == "":
		return "idempotency_key: this key"
	}
	return "idempotency_key or _meta " + metaCallID + ": this key or call id"
}

// toolError is a business error: the model reads it and can do better.
func toolError(code, text string) *mcp.CallToolResult {
	return &mcp.CallToolResult{
		Meta:    mcp.Meta{"taskwire/error": code},
		Content: []mcp.Content{&mcp.TextContent{Text: text}},
		IsError: true,
	}
}

// toolResult gives the result twice, as the specification asks: structured,
// and as the same JSON in a text block for hosts that read only text.
func toolResult(out any) (*mcp.CallToolResult, error) {
	data, err := marshalPlain(out)
	if err != nil {
		return nil, errInternal
	}
	return &mcp.CallToolResult{
		Content:           []mcp.Content{&mcp.TextContent{Text: string(data)}},
		StructuredContent: json.RawMessage(data),
	}, nil
}
