package fleet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// An Answer is what came back over HTTP.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// httpClient has a connection for each of a few thousand callers, and no limit
// of time: a test gives its own by context.
var httpClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024, IdleConnTimeout: 30 * time.Second}}

// Do sends a request. header may be nil.
func Do(ctx context.Context, method, url, token, body string, header map[string]string) (Answer, error) {
	resp, err := send(ctx, method, url, token, body, header)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return Answer{resp.StatusCode, resp.Header, data}, err
}

func send(ctx context.Context, method, url, token, body string, header map[string]string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	return httpClient.Do(req)
}

// A Result is what a tool call came to.
type Result struct {
	IsError    bool
	Code       string // of an error: "not_found", "stale", …
	Text       string
	Structured json.RawMessage
}

// A RefusedError is an answer of another kind than was hoped for.
type RefusedError struct{ Answer }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("HTTP %d: %.500s", e.Status, e.Body)
}

const era = "2026-07-28"

// Call calls a tool over HTTP as a host of the newer era does. callID may be
// empty. The error says that it is not known whether the call took effect,
// unless it is a *RefusedError.
func Call(ctx context.Context, base, token, tool, callID string, arguments any) (Result, error) {
	meta := map[string]any{}
	if callID != "" {
		meta["taskwire/call-id"] = callID
	}
	return CallWith(ctx, base, token, tool, meta, arguments)
}

// CallWith is Call with whatever goes into _meta.
func CallWith(ctx context.Context, base, token, tool string, more map[string]any, arguments any) (Result, error) {
	meta := map[string]any{
		"io.modelcontextprotocol/protocolVersion": era, "io.modelcontextprotocol/clientCapabilities": map[string]any{},
	}
	maps.Copy(meta, more)
	body, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": tool, "arguments": arguments, "_meta": meta},
	})
	if err != nil {
		return Result{}, err
	}
	a, err := Do(ctx, http.MethodPost, base+"/mcp", token, string(body), map[string]string{
		"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": era, "Mcp-Method": "tools/call", "Mcp-Name": tool,
	})
	if err != nil {
		return Result{}, err
	}
	data := a.Body
	if strings.HasPrefix(a.Header.Get("Content-Type"), "text/event-stream") {
		_, data, _ = bytes.Cut(data, []byte("data: "))
	}
	var reply struct {
		Result *struct {
			IsError           bool
			Content           []struct{ Text string }
			StructuredContent json.RawMessage
			Meta              map[string]any `json:"_meta"`
		}
		Error *struct{ Message string }
	}
	if err := json.Unmarshal(data, &reply); err != nil || reply.Result == nil {
		return Result{}, &RefusedError{a}
	}
	r := Result{IsError: reply.Result.IsError, Structured: reply.Result.StructuredContent}
	r.Code, _ = reply.Result.Meta["taskwire/error"].(string)
	for _, c := range reply.Result.Content {
		r.Text += c.Text
	}
	return r, nil
}

// An Event is one of a ChatKit stream.
type Event struct {
	Type   string
	Item   Item
	Thread struct{ ID string }
	Code   string // of an error
	Raw    json.RawMessage
}

// An Item is a thread's, as far as tests look into it.
type Item struct {
	ID      string
	Type    string
	Content json.RawMessage
}

// NewThread is the body of a request that begins a thread.
func NewThread(text string) string {
	return fmt.Sprintf(`{"type":"threads.create","params":{"input":%s}}`, input(text))
}

// AddMessage is the body of a request that goes on with one.
func AddMessage(thread, text string) string {
	return fmt.Sprintf(`{"type":"threads.add_user_message","params":{"thread_id":%q,"input":%s}}`, thread, input(text))
}

func input(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always encodes
	}
	return fmt.Sprintf(`{"content":[{"type":"input_text","text":%s}],"attachments":[],"quoted_text":null,"inference_options":{}}`, quoted)
}

// Stream sends a ChatKit request and calls each with every event as it comes.
// An answer that is no stream is a *RefusedError. Whether the stream came to a
// clean end shows in the error.
func Stream(ctx context.Context, base, token, body string, header map[string]string, each func(Event)) error {
	resp, err := send(ctx, http.MethodPost, base+"/api/chatkit", token, body, header)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		return &RefusedError{Answer{resp.StatusCode, resp.Header, data}}
	}
	lines := bufio.NewReader(resp.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the stream breaks: %w", err)
		}
		data, ok := bytes.CutPrefix(line, []byte("data: "))
		if !ok {
			continue
		}
		var e Event
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("event %.300s: %w", data, err)
		}
		e.Raw = bytes.Clone(bytes.TrimSpace(data))
		each(e)
	}
}
