package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"taskwire/adapter/agent"
)

// plainTools reaches a real mcpserver with plain HTTP, as a host of the newer
// era does. It shows that the REST face needs nothing of its client but this.
type plainTools struct {
	url   string
	token func(context.Context, string) (string, error)
}

const newerEra = "2026-07-28"

func (p *plainTools) Call(ctx context.Context, user string, call agent.ToolCall) (agent.ToolResult, error) {
	meta := map[string]any{
		"io.modelcontextprotocol/protocolVersion": newerEra, "io.modelcontextprotocol/clientCapabilities": map[string]any{},
	}
	for key, value := range map[string]string{
		"taskwire/call-id": call.CallID, "taskwire/timezone": call.Timezone, "taskwire/if-updated-at": call.IfUpdatedAt,
	} {
		if value != "" {
			meta[key] = value
		}
	}
	token, err := p.token(ctx, user)
	if err != nil {
		return agent.ToolResult{}, err
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{
		"name": call.Name, "arguments": call.Arguments, "_meta": meta,
	}})
	if err != nil {
		return agent.ToolResult{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return agent.ToolResult{}, err
	}
	for key, value := range map[string]string{
		"Authorization": "Bearer " + token, "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"MCP-Protocol-Version": newerEra, "Mcp-Method": "tools/call", "Mcp-Name": call.Name,
	} {
		req.Header.Set(key, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return agent.ToolResult{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return agent.ToolResult{}, err
	}
	return toolResultOf(resp.StatusCode, data)
}

func toolResultOf(status int, data []byte) (agent.ToolResult, error) {
	var message struct {
		Result *struct {
			IsError           bool            `json:"isError"`
			StructuredContent json.RawMessage `json:"structuredContent"`
			Content           []struct{ Text string }
			Meta              map[string]any `json:"_meta"`
		}
	}
	if err := json.Unmarshal(data, &message); err != nil || message.Result == nil || len(message.Result.Content) == 0 {
		return agent.ToolResult{}, fmt.Errorf("HTTP %d, %s", status, data)
	}
	code, _ := message.Result.Meta["taskwire/error"].(string)
	return agent.ToolResult{
		Structured: message.Result.StructuredContent, Text: message.Result.Content[0].Text, IsError: message.Result.IsError, Code: code,
	}, nil
}

func (p *plainTools) Ping(ctx context.Context) error {
	_, err := p.Call(ctx, "ping", agent.ToolCall{Name: "get_stats", Arguments: json.RawMessage("{}")})
	return err
}
