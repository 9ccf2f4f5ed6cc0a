package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

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
	// The SDK and the tools see our request id, whatever the client sent.
	r.Header.Set("X-Request-Id", edge.RequestID(r.Context()))
	switch r.Method {
	case http.MethodPost:
		h.servePost(w, r, principal)
	case http.MethodGet:
		h.serveStream(w, r, principal)
	default:
		h.serveSession(w, r, principal)
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
	if !knownVersion(w, r, message) || !headersAgree(w, r, message) {
		return
	}
	if need := scopeFor(message); !hasScope(p.Scopes, need) {
		h.forbidden(w, r, p.Scopes, need)
		return
	}
	if message.isCall() && message.method != "tools/call" && message.method != "ping" {
		if wait, ok := h.reads.Allow(p.User); !ok {
			edge.SetRetryAfter(w.Header(), wait)
			edge.WriteProblem(w, r, http.StatusTooManyRequests, "rate_limited", "Too many requests; try again after the time in Retry-After.")
			return
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	h.route(w, r, message, p)
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
		h.serveSDK(w, r, h.stateless, p)
	case session != "":
		if h.owns(w, r, session, p) {
			h.serveSDK(w, r, h.stateful, p)
		}
	case message.method == "initialize":
		h.openSession(w, r, message, p)
	case message.carriesVersion():
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
}

// serveStream serves the stream of a session, for which the host GETs.
func (h *httpServer) serveStream(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	if session := r.Header.Get(headerSession); session == "" || h.owns(w, r, session, p) {
		h.hold(w, r, h.stateful, p)
	}
}

// hold serves a long stream: counted, and ended when the server drains.
func (h *httpServer) hold(w http.ResponseWriter, r *http.Request, era http.Handler, p identity.Principal) {
	release, ok := h.streams.Acquire(p.User)
	if !ok {
		edge.SetRetryAfter(w.Header(), time.Minute)
		edge.WriteProblem(w, r, http.StatusTooManyRequests, "too_many_streams", "This user has as many open streams as are allowed; close one first.")
		return
	}
	defer release()
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	edge.EndOnDrain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.serveSDK(w, r, era, p)
	})).ServeHTTP(w, r)
}

// serveSession ends a session, for which the host DELETEs.
func (h *httpServer) serveSession(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	if session := r.Header.Get(headerSession); session == "" || h.owns(w, r, session, p) {
		h.serveSDK(w, r, h.stateful, p)
		h.sessions.end(session) // before the answer: the host may open the next one at once
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

// knownVersion refuses a protocol version that nobody speaks, naming those
// that we do (MCP 2026-07-28, error -32022).
func knownVersion(w http.ResponseWriter, r *http.Request, message *envelope) bool {
	given := r.Header.Values(headerVersion)
	if len(given) == 0 || len(given) == 1 && slices.Contains(protocolVersions, given[0]) {
		return true
	}
	refuseMessage(w, r, http.StatusBadRequest, &envelopeError{
		code: mcp.CodeUnsupportedProtocolVersion,
		text: "Unsupported protocol version (supported versions: " + strings.Join(protocolVersions, ", ") + ")",
		id:   message.id,
		data: map[string]any{"supported": protocolVersions, "requested": clip(given[0])},
	})
	return false
}

// headersAgree refuses a message that its own headers contradict, for a proxy
// may have let it pass by what they say. The SDK asks it of the newer era only.
func headersAgree(w http.ResponseWriter, r *http.Request, message *envelope) bool {
	agree := func(name, body string) bool {
		given := r.Header.Values(name)
		return len(given) == 0 || len(given) == 1 && given[0] == body
	}
	named := message.method == "tools/call" || message.method == "prompts/get"
	if message.method == "" || agree("Mcp-Method", message.method) && (!named || agree("Mcp-Name", message.name)) {
		return true
	}
	refuseMessage(w, r, http.StatusBadRequest, &envelopeError{
		code: mcp.CodeHeaderMismatch,
		text: "Mcp-Method and Mcp-Name must each stand there once and say what the body says",
		id:   message.id,
	})
	return false
}

// refuseMessage answers a message that the SDK is not shown, in JSON-RPC.
func refuseMessage(w http.ResponseWriter, r *http.Request, status int, e *envelopeError) {
	edge.AddLogAttrs(r.Context(), slog.String("reason", clip(e.text)))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(e.wire())
}
