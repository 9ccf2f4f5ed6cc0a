package agent

import (
	"context"
	"encoding/json"
)

// Tools is where the runner finds the tools and runs them. *MCPTools is the
// one that reaches them over MCP.
type Tools interface {
	// List gives the tools that the user may use, in a steady order. The
	// runner asks once a run, so that a list that changes leaves the running
	// answer alone; it changes nothing of the list, nor may who gave it.
	List(ctx context.Context, user string) ([]Tool, error)
	// Call runs one tool as the user. A tool that refuses is a ToolResult with
	// IsError; an error means that the tool may or may not have run. An *Error
	// ends the answer, any other error is told to the model in general words.
	// It may be called from several goroutines at once.
	Call(ctx context.Context, user string, call ToolCall) (ToolResult, error)
}

// A Tool is what a model is told of a tool, and what the runner needs to know.
type Tool struct {
	Name        string
	Title       string // for people: "Create task"
	Description string
	Schema      json.RawMessage // JSON schema of the arguments: valid JSON, an object
	ReadOnly    bool            // such calls may run at the same time
}

// A ToolCall is one call of a tool on behalf of a user.
type ToolCall struct {
	Name      string
	Arguments json.RawMessage // a JSON object
	// CallID is the key under which the tool server journals the call
	// (`_meta` taskwire/call-id): with the same id it takes effect once.
	CallID string
	// Timezone is the user's (IANA), for `_meta` taskwire/timezone.
	Timezone string
	// IfUpdatedAt, for `_meta` taskwire/if-updated-at, makes a change depend on
	// the task's updated_at. Models do not use it.
	IfUpdatedAt string
}

// A ToolResult is what a tool answered.
type ToolResult struct {
	Structured json.RawMessage // the structured result, a JSON object, if there is one
	Text       string          // the text of the result, for people and models
	IsError    bool            // the tool refused; Text says why
	Code       string          // `_meta` taskwire/error: the kind of refusal, for programs
}
