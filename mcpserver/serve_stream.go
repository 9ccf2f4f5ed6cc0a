package main

import (
	"errors"
	"net/http"
	"time"

	"taskwire/edge"
	"taskwire/identity"
)

// serveStream serves the stream of a session, for which the host GETs. Nothing
// is ever said on it: lists never change, nobody can subscribe, and what
// belongs to a call goes with its answer. So not the SDK holds it, which
// costs many times as much.
func (h *httpServer) serveStream(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	session := r.Header.Get(headerSession)
	switch {
	case session == "":
		edge.WriteProblem(w, r, http.StatusBadRequest, "bad_request", "GET needs the Mcp-Session-Id of the session whose stream it opens.")
		return
	case !h.owns(w, r, session, p):
		return
	case fixtureStreams:
		h.hold(w, r, h.stateful, p)
		return
	case !accepts(r.Header["Accept"], "text/event-stream", "text/*", "*/*"):
		edge.WriteProblem(w, r, http.StatusBadRequest, "bad_request", "GET opens a stream: Accept must contain text/event-stream.")
		return
	case len(r.Header["Last-Event-Id"]) > 0:
		edge.WriteProblem(w, r, http.StatusBadRequest, "bad_request", "Streams cannot be resumed here: GET without Last-Event-ID opens a new one.")
		return
	}
	release, ok := h.acquireStream(w, r, p)
	if !ok {
		return
	}
	first, err := h.sessions.listen(session, func(over func()) (*edge.HeldStream, error) {
		return edge.HoldStream(w, r, p.Expires, func() { over(); release() }) // no longer than the token
	})
	if first && err == nil {
		return
	}
	release()
	switch {
	case !first:
		edge.WriteProblem(w, r, http.StatusConflict, "conflict", "This session has a stream already; end that one first.")
	case errors.Is(err, edge.ErrStopping):
		edge.SetRetryAfter(w.Header(), time.Second)
		edge.WriteProblem(w, r, http.StatusServiceUnavailable, "stopping", "The server is stopping. Try again in a moment.")
	default:
		edge.WriteError(w, r, err)
	}
}
