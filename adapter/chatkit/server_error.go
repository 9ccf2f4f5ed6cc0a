package chatkit

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
)

// refusals are the answers to errors that stores give.
var refusals = []struct {
	err    error
	answer RequestError
}{
	{ErrNotFound, RequestError{http.StatusNotFound, "not_found", "There is no such thing, or it is not yours."}},
	{ErrBusy, RequestError{http.StatusConflict, "busy", "Another answer runs in this conversation. Wait for it or stop it."}},
	{ErrKeyRunning, RequestError{http.StatusConflict, "in_flight", "The first request with this Idempotency-Key still runs."}},
	{ErrKeyTaken, RequestError{http.StatusConflict, "in_flight", "This Idempotency-Key was used before."}},
	{ErrKeyReused, RequestError{http.StatusUnprocessableEntity, "key_reused", "This Idempotency-Key was used with another body."}},
	{ErrTurnOver, RequestError{http.StatusConflict, "turn_over", "This answer was ended elsewhere."}},
}

// refuse answers a request whose stream has not begun. What is neither a
// refusal nor an error that stores are known for is logged and not told.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, user string, err error) {
	if told, ok := errors.AsType[*RequestError](err); ok {
		s.opts.Fail(w, r, told)
		return
	}
	for _, known := range refusals {
		if errors.Is(err, known.err) {
			s.opts.Fail(w, r, &known.answer)
			return
		}
	}
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil { // by the client, who may have closed but one direction
		s.opts.Fail(w, r, &RequestError{http.StatusBadRequest, "closed", "The connection was closed before the request was done."})
		return
	}
	s.opts.Logger.ErrorContext(r.Context(), "request failed", "user", user, "err", err)
	s.opts.Fail(w, r, &RequestError{http.StatusInternalServerError, "internal", "internal error"})
}

// writeProblem is the default of Options.Fail.
func writeProblem(w http.ResponseWriter, r *http.Request, e *RequestError) {
	body, err := json.Marshal(struct {
		Type      string `json:"type"`
		Title     string `json:"title"`
		Status    int    `json:"status"`
		Detail    string `json:"detail"`
		Code      string `json:"code"`
		RequestID string `json:"request_id,omitempty"`
	}{"about:blank", http.StatusText(e.Status), e.Status, e.Detail, e.Code, w.Header().Get("X-Request-Id")})
	if err != nil {
		panic(err) // strings and a number always encode
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(e.Status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}
