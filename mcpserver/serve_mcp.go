package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
	"taskwire/identity"
)

const (
	headerVersion = "Mcp-Protocol-Version"
	headerSession = "Mcp-Session-Id"
	// statelessEra is the first revision without sessions.
	statelessEra = "2026-07-28"
)

// lastWords is how long a call that is cut off has to say so. It is less than
// what edge.Serve allows.
const lastWords = time.Second

var protocolVersions = mcp.SupportedProtocolVersions()

// serveMCP is the front of /mcp: it says who calls, then lets through only
// what the protocol knows. What it hands on has been read strictly.
func (h *httpServer) serveMCP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost && (h.cfg.stateless || r.Method != http.MethodGet && r.Method != http.MethodDelete) {
		allowed := "GET, POST, DELETE"
		if h.cfg.stateless {
			allowed = http.MethodPost
		}
		methodNotAllowed(w, r, allowed)
		return
	}
	principal, ok := h.authenticate(w, r)
	if !ok {
		return
	}
	// Before any work, whatever the message is: reading one costs too.
	if wait, ok := h.requests.Take(r.Context(), principal.User, 1); !ok {
		tooManyRequests(w, r, wait)
		return
	}
	// The SDK and the tools see our request id, whatever the client sent.
	r.Header.Set("X-Request-Id", edge.RequestID(r.Context()))
	switch {
	case r.Method == http.MethodPost:
		h.servePost(w, r, principal)
	case !knownVersion(w, r, nil):
	case r.Method == http.MethodGet:
		h.serveStream(w, r, principal)
	default:
		h.endSession(w, r, principal)
	}
}

func (h *httpServer) servePost(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	if !edge.CheckContentType(r, "application/json") {
		edge.WriteProblem(w, r, http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type must be application/json, in UTF-8.")
		return
	}
	body, err := edge.ReadBody(w, r, maxMessage)
	if err != nil {
		edge.WriteError(w, r, err)
		return
	}
	// The body is here; from now on the connection may be silent for long.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	message, bad := readEnvelope(body)
	if bad != nil {
		refuseMessage(w, r, http.StatusBadRequest, bad)
		return
	}
	edge.AddLogAttrs(r.Context(), slog.String("rpc", clip(message.method)))
	if message.method == "tools/call" {
		edge.AddLogAttrs(r.Context(), slog.String("tool", clip(message.name)))
	}
	if !knownVersion(w, r, message.id) || !headersAgree(w, r, message) {
		return
	}
	if need := scopeFor(message); !hasScope(p.Scopes, need) {
		h.forbidden(w, r, p.Scopes, need)
		return
	}
	if !knownMethod(w, r, message) {
		return
	}
	if message.isCall() && message.method != "tools/call" && message.method != "ping" {
		if wait, ok := h.reads.Take(r.Context(), p.User, 1); !ok {
			tooManyRequests(w, r, wait)
			return
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	h.route(w, r, message, p)
}

func tooManyRequests(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	edge.SetRetryAfter(w.Header(), wait)
	edge.WriteProblem(w, r, http.StatusTooManyRequests, "rate_limited", "Too many requests; try again after the time in Retry-After.")
}

// route sends a message to the era it belongs to: without a session and from
// the first stateless revision on, or to a session.
func (h *httpServer) route(w http.ResponseWriter, r *http.Request, message *envelope, p identity.Principal) {
	session := r.Header.Get(headerSession)
	modern := r.Header.Get(headerVersion) >= statelessEra
	switch {
	case h.cfg.stateless || session == "" && modern:
		if message.method == "subscriptions/listen" {
			h.hold(w, r, h.stateless, p)
			return
		}
		era := h.stateless
		if message.method == "tools/call" && slices.ContainsFunc(allTools(), func(t *tool) bool { return t.name == message.name }) {
			if inOrder(r, message, p) {
				h.serveTool(w, r, message, p)
				return
			}
			era = h.plain // our tools report no progress, so there is nothing to stream
		}
		h.serveCall(w, r, era, p)
	case session != "":
		if h.owns(w, r, session, p) {
			h.serveCall(w, r, h.stateful, p)
		}
	case message.method == "initialize":
		h.openSession(w, r, message, p)
	case message.version != "":
		h.serveSDK(w, r, h.stateful, p) // the SDK says what is missing for the newer era
	default:
		refuseMessage(w, r, http.StatusBadRequest, invalidRequest(message.id,
			"there is no session: initialize first and send its Mcp-Session-Id, or speak MCP "+statelessEra))
	}
}

// openSession lets a session begin, if the user may have one more.
func (h *httpServer) openSession(w http.ResponseWriter, r *http.Request, message *envelope, p identity.Principal) {
	slot, ok := h.sessions.reserve(p.User)
	if !ok {
		edge.SetRetryAfter(w.Header(), time.Minute)
		edge.WriteProblem(w, r, http.StatusTooManyRequests, "too_many_sessions", "This user has as many sessions as are allowed; end one (DELETE), or wait until an idle one ends.")
		return
	}
	defer slot.release() // unless initialize took it
	h.serveSDK(w, r.WithContext(slot.inContext(r.Context())), h.stateful, p)
	if r.Context().Err() != nil {
		slot.abandon()
	}
}

// hold serves a long answer of the SDK: counted, and ended when the server drains.
func (h *httpServer) hold(w http.ResponseWriter, r *http.Request, era http.Handler, p identity.Principal) {
	release, ok := h.acquireStream(w, r, p)
	if !ok {
		return
	}
	defer release()
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	ctx, cancel := context.WithDeadline(r.Context(), p.Expires) // no longer than the token
	defer cancel()
	edge.EndOnDrain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.serveSDK(w, r, era, p)
	})).ServeHTTP(w, r.WithContext(ctx))
}

func (h *httpServer) acquireStream(w http.ResponseWriter, r *http.Request, p identity.Principal) (release func(), ok bool) {
	release, ok = h.streams.Acquire(p.User)
	if !ok {
		edge.SetRetryAfter(w.Header(), time.Minute)
		edge.WriteProblem(w, r, http.StatusTooManyRequests, "too_many_streams", "This user has as many open streams as are allowed; close one first.")
	}
	return release, ok
}

// endSession ends a session, for which the host DELETEs. Not the SDK does it:
// what it refuses would stay open, and no longer be counted.
func (h *httpServer) endSession(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	session := r.Header.Get(headerSession)
	if session == "" {
		edge.WriteProblem(w, r, http.StatusBadRequest, "bad_request", "DELETE needs the Mcp-Session-Id of the session to end.")
		return
	}
	if h.owns(w, r, session, p) {
		h.sessions.close(session) // before the answer: the host may open the next one at once
		w.WriteHeader(http.StatusNoContent)
	}
}

// owns reports whether the session is the caller's. Another's is answered as
// one that never was.
func (h *httpServer) owns(w http.ResponseWriter, r *http.Request, session string, p identity.Principal) bool {
	if h.sessions.owner(session) == p.User {
		return true
	}
	edge.WriteProblem(w, r, http.StatusNotFound, "session_not_found", "There is no such session; initialize a new one.")
	return false
}

// serveSDK lets the SDK answer, as the principal, and words its refusals.
func (h *httpServer) serveSDK(w http.ResponseWriter, r *http.Request, era http.Handler, p identity.Principal) {
	problems := &problemWriter{ResponseWriter: w, request: r}
	defer problems.finish()
	withPrincipal(p, era).ServeHTTP(problems, r)
}

// serveCall is serveSDK for a message that may be cut off.
func (h *httpServer) serveCall(w http.ResponseWriter, r *http.Request, era http.Handler, p identity.Principal) {
	ctx, cancel := h.cutOff(r.Context())
	defer cancel()
	h.serveSDK(w, r.WithContext(ctx), era, p)
}

// cutOff gives the context of a call, which the end of the grace cuts off. The
// tools are then told to stop at once, and the connection waits a moment for
// what they say: a stream that just ends would pass for an answer.
func (h *httpServer) cutOff(outer context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(outer))
	unwatch := context.AfterFunc(outer, func() {
		if errors.Is(context.Cause(outer), edge.ErrStopping) {
			h.stop()
			time.AfterFunc(lastWords, func() { cancel(edge.ErrStopping) })
			return
		}
		cancel(context.Cause(outer))
	})
	return ctx, func() {
		unwatch()
		cancel(nil)
	}
}

// knownMethod answers a call of a method that nobody knows with -32601; the SDK
// would refuse it outside JSON-RPC in the older era. Notifications that nobody
// knows are accepted and mean nothing.
func knownMethod(w http.ResponseWriter, r *http.Request, message *envelope) bool {
	switch {
	case message.method == "" || slices.Contains(methods, message.method):
		return true
	case !message.isCall():
		w.WriteHeader(http.StatusAccepted)
		return false
	}
	status := http.StatusOK // a good JSON-RPC answer, in the older era
	if r.Header.Get(headerVersion) >= statelessEra {
		status = http.StatusNotFound
	}
	refuseMessage(w, r, status, &envelopeError{code: jsonrpc.CodeMethodNotFound, text: "method not found: " + clip(message.method), id: message.id})
	return false
}

// methods are those that the SDK has a reader for, or refuses in its own words.
var methods = []string{
	"initialize", "ping", "server/discover", "logging/setLevel", "completion/complete",
	"tools/list", "tools/call", "prompts/list", "prompts/get",
	"resources/list", "resources/templates/list", "resources/read", "resources/subscribe", "resources/unsubscribe",
	"subscriptions/listen",
	"notifications/initialized", "notifications/cancelled", "notifications/progress", "notifications/roots/list_changed",
}

// knownVersion refuses a protocol version that nobody speaks, naming those
// that we do (MCP 2026-07-28, error -32022).
func knownVersion(w http.ResponseWriter, r *http.Request, id json.RawMessage) bool {
	given := r.Header.Values(headerVersion)
	if len(given) == 0 || len(given) == 1 && slices.Contains(protocolVersions, given[0]) {
		return true
	}
	refuseMessage(w, r, http.StatusBadRequest, &envelopeError{
		code: mcp.CodeUnsupportedProtocolVersion,
		text: "Unsupported protocol version (supported versions: " + strings.Join(protocolVersions, ", ") + ")",
		id:   id,
		data: map[string]any{"supported": protocolVersions, "requested": clip(given[0])},
	})
	return false
}

// headersAgree refuses a message that its own headers contradict, for a proxy
// may have let it pass by what they say. The SDK asks it of the newer era only.
func headersAgree(w http.ResponseWriter, r *http.Request, message *envelope) bool {
	agree := func(name, body string) bool {
		given := r.Header.Values(name)
		return len(given) == 0 || len(given) == 1 && headerText(given[0]) == body
	}
	name := ""
	switch message.method {
	case "": // a response
		return true
	case "tools/call", "prompts/get":
		name = message.name
	case "resources/read":
		name = message.uri
	}
	if agree("Mcp-Method", message.method) && (name == "" || agree("Mcp-Name", name)) &&
		(message.version == "" || agree(headerVersion, message.version)) {
		if name != "" && r.Header.Get("Mcp-Name") != "" {
			r.Header.Set("Mcp-Name", name) // the SDK compares it without undoing the Base64
		}
		return true
	}
	refuseMessage(w, r, http.StatusBadRequest, &envelopeError{
		code: mcp.CodeHeaderMismatch,
		text: "Mcp-Method, Mcp-Name and MCP-Protocol-Version must each stand there once and say what the body says",
		id:   message.id,
	})
	return false
}

// headerText undoes the Base64 in which MCP 2026-07-28 writes a name that is
// not plain ASCII.
func headerText(value string) string {
	encoded, ok := strings.CutPrefix(value, "=?base64?")
	if !ok {
		return value
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(encoded, "?="))
	if err != nil || !strings.HasSuffix(encoded, "?=") {
		return value
	}
	return string(text)
}

// refuseMessage answers a message that the SDK is not shown, in JSON-RPC.
func refuseMessage(w http.ResponseWriter, r *http.Request, status int, e *envelopeError) {
	edge.AddLogAttrs(r.Context(), slog.String("reason", clip(e.text)))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(e.wire())
}
