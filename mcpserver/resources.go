package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store"
)

const taskTemplate = "task://{task_id}"

func (ts *toolset) addResources(server *mcp.Server) {
	server.AddResourceTemplate(&mcp.ResourceTemplate{
		Name:        "task",
		Title:       "Task",
		Description: "One task of the user, as JSON",
		MIMEType:    "application/json",
		URITemplate: taskTemplate,
	}, ts.readTask)
}

func (ts *toolset) readTask(ctx context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	user, err := ts.caller(req)
	if err != nil {
		return nil, err
	}
	uri := req.Params.URI
	id, err := url.PathUnescape(strings.TrimPrefix(uri, "task://"))
	if err != nil || id == "" {
		return nil, resourceNotFound(uri)
	}
	tasks, err := ts.tasks(ctx)
	if err != nil {
		return nil, ts.protocolError(ctx, "resource", err)
	}
	task, err := tasks.Get(ctx, user, id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) { // no id is like that
		return nil, resourceNotFound(uri)
	} else if err != nil {
		return nil, ts.protocolError(ctx, "resource", err)
	}
	data, err := marshalPlain(toWire(task))
	if err != nil {
		return nil, ts.protocolError(ctx, "resource", err)
	}
	return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{
		URI: uri, MIMEType: "application/json", Text: string(data),
	}}}, nil
}

// resourceNotFound answers as MCP 2026-07-28 asks (-32602, the URI as data).
// The SDK's own builds that data with %q, which is no JSON for every URI.
func resourceNotFound(uri string) error {
	return &jsonrpc.Error{
		Code:    jsonrpc.CodeInvalidParams,
		Message: "Resource not found",
		Data:    json.RawMessage(mustMarshal(map[string]string{"uri": uri})),
	}
}
