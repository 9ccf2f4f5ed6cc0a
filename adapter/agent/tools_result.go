package agent

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
)

// toolOutcome is the result of tools/call.
type toolOutcome struct {
	Type       string          `json:"resultType"`
	Content    []contentBlock  `json:"content"`
	Structured json.RawMessage `json:"structuredContent"`
	IsError    bool            `json:"isError"`
	Meta       struct {
		Error string `json:"taskwire/error"`
	} `json:"_meta"`
}

type contentBlock struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

const (
	internalSentence = "the tool failed; nothing more is known"
	maxRefusal       = 2000 // bytes of a refusal; sentences are shorter
)

func toolRefusal(code, text string) ToolResult {
	return ToolResult{IsError: true, Code: code, Text: text}
}

// result makes a ToolResult of what a server answered to a call.
func (m *MCPTools) result(ctx context.Context, tool string, r rpcReply) (ToolResult, error) {
	switch {
	case r.comeBackIn != "":
		return toolRefusal(CodeRateLimited, "too many tool calls; nothing was done, try again in "+r.comeBackIn+" s"), nil
	case r.refused != nil:
		return m.refused(ctx, tool, *r.refused)
	}
	var out toolOutcome
	if err := json.Unmarshal(r.result, &out); err != nil {
		return ToolResult{}, &fault{what: "a result that is none", err: err}
	}
	if out.Type != "" && out.Type != "complete" {
		return toolRefusal(CodeInternal, "the tool asked something back, which is not possible here"), nil
	}
	text := plainText(out.Content)
	if out.IsError {
		return m.toolError(ctx, tool, out.Meta.Error, text), nil
	}
	result := ToolResult{Text: text}
	if len(out.Structured) > 0 && out.Structured[0] == '{' {
		result.Structured = out.Structured
	}
	return result, nil
}

// refused makes a result of a JSON-RPC error. Only what the caller did wrong
// is for the model to mend; the rest is ours or the server's.
func (m *MCPTools) refused(ctx context.Context, tool string, e rpcError) (ToolResult, error) {
	const invalidParams, internalError = -32602, -32603
	switch e.Code {
	case invalidParams:
		m.changed.Store(true) // perhaps a tool that is no longer there
		return m.toolError(ctx, tool, CodeInvalid, e.Message), nil
	case internalError:
		return m.toolError(ctx, tool, CodeInternal, e.Message), nil
	}
	return ToolResult{}, &fault{what: clip("JSON-RPC error "+e.Message, 200)}
}

// toolError passes a refusal on, in the tool's words unless they are about its
// insides: those are for the log. A code that we do not know is none.
func (m *MCPTools) toolError(ctx context.Context, tool, code, text string) ToolResult {
	switch code {
	case CodeInvalid, CodeNotFound, CodeStale, CodeKeyReused, CodeRateLimited, CodeUnavailable, CodeInternal:
	default:
		code = ""
	}
	if code == CodeInternal || text == "" || insides.MatchString(text) {
		m.cfg.Logger.WarnContext(ctx, "tool failed", "tool", tool, "said", clip(text, 4096))
		return toolRefusal(CodeInternal, internalSentence)
	}
	return toolRefusal(code, clip(text, maxRefusal))
}

// insides recognises what runtimes and databases say when they break: stack
// traces, positions in source files, panics, SQL states.
var insides = regexp.MustCompile(`(?m)goroutine \d+ \[|^\s+at \S+.*[(:]\d+|Traceback \(most recent call last\)|^\s*File ".+", line \d+` +
	`|\.(go|py|js|ts|mjs|java|rb|rs|cs|php|c|cpp):\d+|\bpanic:|\bSQLSTATE\b|\bException in thread\b|0x[0-9a-f]{8,}`)

// plainText joins the texts of a result. What is no text leaves a mark: nobody
// looks at images here, and a link from a tool is followed by nobody.
func plainText(content []contentBlock) string {
	var parts []string
	for _, block := range content {
		if block.Type == "text" {
			parts = append(parts, block.Text)
			continue
		}
		kind := "content of an unknown type"
		switch block.Type {
		case "image", "audio":
			kind = block.Type
		case "resource_link":
			kind = "link"
		case "resource":
			kind = "file"
		}
		parts = append(parts, "["+kind+" left out]")
	}
	return strings.Join(parts, "\n")
}
