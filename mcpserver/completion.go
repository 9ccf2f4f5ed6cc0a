package main

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// completionMax is the protocol's limit on the values of one answer (MCP
// 2025-11-25, server utilities, completion).
const completionMax = 100

// complete offers values for the arguments of prompts and of the task
// resource as the user types them.
func (ts *toolset) complete(ctx context.Context, req *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
	user, err := ts.caller(req)
	if err != nil {
		return nil, err
	}
	ref, arg := req.Params.Ref, req.Params.Argument
	switch {
	case ref.Type == "ref/prompt" && arg.Name == "language" && isPrompt(ref.Name):
		return completion(slices.DeleteFunc(slices.Clone(languages), func(l string) bool {
			return !strings.HasPrefix(l, arg.Value)
		})), nil
	case ref.Type == "ref/resource" && arg.Name == "task_id" && ref.URI == taskTemplate:
		return ts.completeTaskID(ctx, user, arg.Value)
	}
	return nil, invalidParams("ref, argument: no such prompt, resource template or argument; there are language of the prompts and task_id of " + taskTemplate)
}

func (ts *toolset) completeTaskID(ctx context.Context, user, prefix string) (*mcp.CompleteResult, error) {
	if utf8.RuneCountInString(prefix) > titleMax || strings.ContainsRune(prefix, 0) {
		return completion(nil), nil // no id and no title begins so
	}
	tasks, err := ts.tasks(ctx)
	if err != nil {
		return nil, ts.protocolError(ctx, "completion", err)
	}
	ids, err := tasks.IDsWithPrefix(ctx, user, prefix, completionMax+1)
	if err != nil {
		return nil, ts.protocolError(ctx, "completion", err)
	}
	return completion(ids), nil
}

// completion answers with the values, at most completionMax of them.
func completion(values []string) *mcp.CompleteResult {
	more := len(values) > completionMax
	values = values[:min(len(values), completionMax)]
	if values == nil {
		values = []string{} // the field is an array, never null
	}
	return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: values, HasMore: more}}
}

func isPrompt(name string) bool {
	return slices.ContainsFunc(allPrompts, func(p prompt) bool { return p.name == name })
}
