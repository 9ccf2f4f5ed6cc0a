package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"taskwire/faultpoint"
)

const (
	mcpVersion = "2026-07-28"
	// maxNotifications is how many messages may come before an answer.
	maxNotifications = 1000
)

// requestMeta is the `_meta` of a request: what MCP 2026-07-28 requires, and
// what our tools read.
type requestMeta struct {
	Version      string     `json:"io.modelcontextprotocol/protocolVersion"`
	Capabilities struct{}   `json:"io.modelcontextprotocol/clientCapabilities"` // none: nobody can be asked back
	Client       clientInfo `json:"io.modelcontextprotocol/clientInfo"`

	CallID      string `json:"taskwire/call-id,omitempty"`
	Timezone    string `json:"taskwire/timezone,omitempty"`
	IfUpdatedAt string `json:"taskwire/if-updated-at,omitempty"`
}

type clientInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func newMeta() requestMeta {
	return requestMeta{Version: mcpVersion, Client: clientInfo{Name: "taskwire-adapter", Version: "1"}}
}

type pingParams struct {
	Meta requestMeta `json:"_meta"`
}

type listParams struct {
	Cursor string      `json:"cursor,omitempty"`
	Meta   requestMeta `json:"_meta"`
}

type callParams struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
	Meta      requestMeta     `json:"_meta"`
}

type rpcRequest struct {
	Version string `json:"jsonrpc"`
	ID      int64  `json:"id"`
	Method  string `json:"method"`
	Params  any    `json:"params"`
}

// rpcMessage is any message of a server: a response if it has no method.
type rpcMessage struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *rpcError       `json:"error"`
}

type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// An rpcReply is how a server answered: exactly one of the fields is set.
type rpcReply struct {
	result     json.RawMessage
	refused    *rpcError
	comeBackIn string // whole seconds, of HTTP 429
}

// A fault is a request that got no answer. Its text is for the log: it may hold
// addresses, never a token.
type fault struct {
	what    string
	passing bool  // it may well be over in a moment
	err     error // what is behind it, or nil
}

func (f *fault) Error() string {
	if f.err == nil {
		return ErrToolsUnavailable.Error() + ": " + f.what
	}
	return fmt.Sprintf("%v: %s: %v", ErrToolsUnavailable, f.what, f.err)
}

func (f *fault) Unwrap() []error { return []error{ErrToolsUnavailable, f.err} }

// ask sends one request with the token of one user and reads the answer. The
// token is in this request's header and nowhere else.
func (m *MCPTools) ask(ctx context.Context, user, method, name string, params any) (rpcReply, error) {
	if user == "" {
		return rpcReply{}, errors.New("tools: asked for nobody")
	}
	token, err := m.cfg.Token(ctx, user)
	if err == nil && token == "" {
		err = errors.New("it is empty") // a server in dev mode would take us for its own user
	}
	if err != nil {
		return rpcReply{}, fmt.Errorf("token for the tools: %w", err)
	}
	return m.send(ctx, "Bearer "+token, method, name, params)
}

// send is ask with an Authorization header; an empty one is left out.
func (m *MCPTools) send(ctx context.Context, authorization, method, name string, params any) (rpcReply, error) {
	id := m.lastID.Add(1)
	req, err := m.request(ctx, method, name, rpcRequest{Version: "2.0", ID: id, Method: method, Params: params})
	if err != nil {
		return rpcReply{}, err
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	wait := faultpoint.At(ctx, "tools.send")
	if err := wait.Before(); err != nil {
		return rpcReply{}, m.lost(ctx, "not sent", err)
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return rpcReply{}, m.lost(ctx, "no answer", err)
	}
	defer resp.Body.Close()
	if err := wait.After(nil); err != nil {
		return rpcReply{}, m.lost(ctx, "no answer", err)
	}
	return m.read(ctx, resp, id)
}

func (m *MCPTools) request(ctx context.Context, method, name string, message rpcRequest) (*http.Request, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", method, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("request %s: %w", method, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("User-Agent", "taskwire-adapter")
	req.Header.Set("Mcp-Protocol-Version", mcpVersion)
	req.Header.Set("Mcp-Method", method)
	if name != "" {
		req.Header.Set("Mcp-Name", name)
	}
	return req, nil
}

// lost words a connection that failed. When ctx has been cancelled from
// outside it is the context's error: nothing is wrong with the server.
func (m *MCPTools) lost(ctx context.Context, what string, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return &fault{what: what, passing: ctx.Err() == nil, err: err}
}

// read reads an answer of any status. What a 401 says of a better place to get
// a token is never followed: it may name any address there is.
func (m *MCPTools) read(ctx context.Context, resp *http.Response, id int64) (rpcReply, error) {
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return rpcReply{}, fmt.Errorf("%w (HTTP %d): does mcpserver trust the adapter (PUBLIC_URL, ADAPTER_ISSUER) for this MCP_PUBLIC_URL?", ErrToolsRefused, code)
	case code == http.StatusTooManyRequests:
		seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if err != nil || seconds < 1 || seconds > 3600 {
			seconds = 60
		}
		return rpcReply{comeBackIn: strconv.Itoa(seconds)}, nil
	case code >= 500:
		return rpcReply{}, &fault{what: resp.Status, passing: true}
	case code >= 300 && code < 400:
		return rpcReply{}, &fault{what: resp.Status + ": redirects are not followed"}
	}
	// One byte more than allowed tells that there is more.
	body := &io.LimitedReader{R: resp.Body, N: m.cfg.MaxAnswer + 1}
	wait := faultpoint.At(ctx, "tools.read")
	if err := wait.Before(); err != nil {
		return rpcReply{}, m.lost(ctx, "the answer was cut", err)
	}
	message, err := m.answer(resp.Header.Get("Content-Type"), body, id)
	err = wait.After(err)
	switch {
	case body.N == 0:
		return rpcReply{}, &fault{what: fmt.Sprintf("an answer of more than %d bytes", m.cfg.MaxAnswer)}
	case err != nil && resp.StatusCode >= 400:
		return rpcReply{}, &fault{what: resp.Status}
	case errors.Is(err, errNoAnswer):
		return rpcReply{}, &fault{what: err.Error()}
	case err != nil:
		return rpcReply{}, m.lost(ctx, "the answer was cut", err)
	case message.Error != nil:
		return rpcReply{refused: message.Error}, nil
	}
	return rpcReply{result: message.Result}, nil
}

// errNoAnswer is an answer that came whole and is none.
var errNoAnswer = errors.New("what came is no answer")

// answer finds the response to a request in a body of either form.
func (m *MCPTools) answer(contentType string, body io.Reader, id int64) (*rpcMessage, error) {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch kind {
	case "application/json":
		data, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		message, err := m.message(data, id)
		if message == nil && err == nil {
			err = errNoAnswer
		}
		return message, err
	case "text/event-stream":
		return m.stream(body, id)
	}
	return nil, fmt.Errorf("%w: Content-Type %.100q", errNoAnswer, contentType)
}

// message reads one message; nil for what is no response. Servers may ask us
// and tell us things while they work: there is nobody to be asked, and all that
// matters to be told is that the list of tools has changed.
func (m *MCPTools) message(data []byte, id int64) (*rpcMessage, error) {
	var message rpcMessage
	if err := json.Unmarshal(data, &message); err != nil {
		return nil, fmt.Errorf("%w: not JSON-RPC", errNoAnswer)
	}
	if message.Method != "" {
		if message.Method == "notifications/tools/list_changed" {
			m.changed.Store(true)
		}
		return nil, nil
	}
	if string(message.ID) != strconv.FormatInt(id, 10) || (message.Result == nil) == (message.Error == nil) {
		return nil, fmt.Errorf("%w: no response to this request", errNoAnswer)
	}
	return &message, nil
}

// stream reads server-sent events up to the response.
func (m *MCPTools) stream(body io.Reader, id int64) (*rpcMessage, error) {
	events := eventReader{src: body}
	for range maxNotifications + 1 {
		data, err := events.next()
		if err == nil && !validJSON(data) { // the last one may be cut
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		if message, err := m.message(data, id); message != nil || err != nil {
			return message, err
		}
	}
	return nil, fmt.Errorf("%w: %d notifications before it", errNoAnswer, maxNotifications)
}
