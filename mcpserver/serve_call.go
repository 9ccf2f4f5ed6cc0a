package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
	"taskwire/identity"
)

// The SDK's HTTP handler reads a stateless message nine times over, each time
// through a buffer of 32 KiB of its own, before the SDK's server reads it: two
// fifths of what get_task costs. A call of one of our tools in good order needs
// none of that, for readEnvelope and headersAgree have read and compared all that
// the handler would. Such a call reaches the same server over a transport of
// ours. Any other one, and so any refusal that is the handler's to word, still
// goes to the handler.

// inOrder reports whether the SDK's HTTP handler would find nothing to refuse in
// a call of a tool that never streams.
func inOrder(r *http.Request, message *envelope, p identity.Principal) bool {
	one := func(name, want string) bool {
		given := r.Header[name]
		return len(given) == 1 && given[0] == want
	}
	return message.isCall() && message.plain && message.version == statelessEra &&
		one(headerVersion, statelessEra) && one("Mcp-Method", message.method) && one("Mcp-Name", message.name) &&
		acceptsBoth(r.Header["Accept"]) && len(r.Header["Last-Event-Id"]) == 0 &&
		time.Now().Before(p.Expires) // reading the body may have taken long
}

// acceptsBoth reports whether the two media types of the transport stand in
// Accept, as clients write them. The SDK takes more, such as */*.
func acceptsBoth(accept []string) bool {
	return accepts(accept, "application/json") && accepts(accept, "text/event-stream")
}

// accepts reports whether one of the media types stands in Accept.
func accepts(accept []string, kinds ...string) bool {
	for _, list := range accept {
		for kind := range strings.SplitSeq(list, ",") {
			kind, _, _ = strings.Cut(kind, ";")
			if slices.Contains(kinds, strings.ToLower(strings.TrimSpace(kind))) {
				return true
			}
		}
	}
	return false
}

// serveTool answers a call that is inOrder, as the SDK's handler would.
func (h *httpServer) serveTool(w http.ResponseWriter, r *http.Request, message *envelope, p identity.Principal) {
	ctx, cancel := h.cutOff(r.Context())
	defer cancel()
	conn := newCallConn(&jsonrpc.Request{
		ID: message.sdkID(), Method: message.method, Params: message.params,
		Extra: &mcp.RequestExtra{
			TokenInfo: &auth.TokenInfo{UserID: p.User, Scopes: p.Scopes, Expiration: p.Expires},
			Header:    http.Header{}, // not nil, as over stdio; the tools read none of it
		},
	})
	session, err := h.server.Connect(ctx, conn, nil)
	if err != nil { // only a connection can fail here, and ours does not
		h.logger.ErrorContext(ctx, "connect", "request_id", edge.RequestID(ctx), "err", err)
		edge.WriteError(w, r, err)
		return
	}
	defer session.Close() // waits for the tool
	select {
	case answer := <-conn.answer:
		h.writeAnswer(w, r, answer)
	case <-ctx.Done():
		conn.Close() // and so ends the tool's context
	}
}

// writeAnswer gives protocol errors the status that MCP 2026-07-28 asks for.
func (h *httpServer) writeAnswer(w http.ResponseWriter, r *http.Request, answer *jsonrpc.Response) {
	data, err := jsonrpc.EncodeMessage(answer)
	if err != nil {
		h.logger.ErrorContext(r.Context(), "answer", "request_id", edge.RequestID(r.Context()), "err", err)
		edge.WriteError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache, no-transform")
	var failed *jsonrpc.Error
	if errors.As(answer.Error, &failed) {
		switch failed.Code {
		case jsonrpc.CodeMethodNotFound:
			w.WriteHeader(http.StatusNotFound)
		case jsonrpc.CodeInvalidParams, mcp.CodeUnsupportedProtocolVersion, mcp.CodeMissingRequiredClientCapabilities:
			w.WriteHeader(http.StatusBadRequest)
		}
	}
	_, _ = w.Write(data) // a client that is gone needs no answer
}

// sdkID is the id as the SDK's reader has it.
func (e *envelope) sdkID() jsonrpc.ID {
	var value any
	_ = json.Unmarshal(e.id, &value) // checkID has read it
	id, _ := jsonrpc.MakeID(value)
	return id
}

// A callConn is the whole connection of one call: one request to read, one
// answer to write.
type callConn struct {
	request *jsonrpc.Request // nil once it is read
	answer  chan *jsonrpc.Response
	closed  chan struct{}
	close   func()
}

func newCallConn(request *jsonrpc.Request) *callConn {
	c := &callConn{request: request, answer: make(chan *jsonrpc.Response, 1), closed: make(chan struct{})}
	c.close = sync.OnceFunc(func() { close(c.closed) })
	return c
}

// Connect implements mcp.Transport.
func (c *callConn) Connect(context.Context) (mcp.Connection, error) { return c, nil }

// Read implements mcp.Connection. The end of what there is to read would cancel
// the call, so it comes only with Close.
func (c *callConn) Read(context.Context) (jsonrpc.Message, error) {
	if request := c.request; request != nil {
		c.request = nil
		return request, nil
	}
	<-c.closed
	return nil, io.EOF
}

var errAnswerOnly = errors.New("a call in the stateless era has room for its answer alone")

// Write implements mcp.Connection.
func (c *callConn) Write(_ context.Context, message jsonrpc.Message) error {
	answer, ok := message.(*jsonrpc.Response)
	if !ok {
		return errAnswerOnly
	}
	c.answer <- answer
	return nil
}

// Close implements mcp.Connection.
func (c *callConn) Close() error {
	c.close()
	return nil
}

// SessionID implements mcp.Connection. There is no session.
func (c *callConn) SessionID() string { return "" }
