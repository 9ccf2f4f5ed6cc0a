package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"taskwire/edge"
	"taskwire/store"
)

// refuse is an error that the caller may see.
func refuse(status int, code, detail string) *edge.Refusal {
	return &edge.Refusal{Status: status, Code: code, Detail: detail}
}

var (
	errNotFound    = refuse(http.StatusNotFound, "not_found", "There is no such thing here, or it is not yours.")
	errUnavailable = refuse(http.StatusServiceUnavailable, "unavailable", "The database is out of reach. Try again in a moment.")
)

// A laterError is a refusal with a time after which to come back.
type laterError struct {
	*edge.Refusal
	after time.Duration
}

func (e *laterError) Unwrap() error { return e.Refusal }

func later(after time.Duration, r *edge.Refusal) error { return &laterError{r, after} }

// retryAfter is for those who are not told anything better.
const retryAfter = 2 * time.Second

// fail answers with an error: what the caller may see as it is, everything else
// as an internal error that only the log knows.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	var wait *laterError
	if errors.As(err, &wait) {
		edge.SetRetryAfter(w.Header(), wait.after)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		err = errNotFound
	case errors.Is(err, store.ErrUnavailable):
		s.logger.WarnContext(ctx, "request failed", "request_id", edge.RequestID(ctx), "err", err)
		err = errUnavailable
	case errors.Is(err, context.Canceled) && ctx.Err() != nil: // by the client, who may have closed but one direction
		err = refuse(http.StatusBadRequest, "closed", "The connection was closed before the request was done.")
	}
	refusal, refused := errors.AsType[*edge.Refusal](err)
	_, badJSON := errors.AsType[*edge.JSONError](err)
	switch {
	case refused && refusal.Status >= 500 && refusal.Err != nil:
		s.logger.WarnContext(ctx, "request failed", "request_id", edge.RequestID(ctx), "err", refusal.Err)
	case !refused && !badJSON && ctx.Err() == nil:
		s.logger.ErrorContext(ctx, "request failed", "request_id", edge.RequestID(ctx), "err", err)
	}
	if h := w.Header(); refused && h.Get("Retry-After") == "" &&
		(refusal.Status == http.StatusServiceUnavailable || refusal.Status == http.StatusTooManyRequests) {
		edge.SetRetryAfter(h, retryAfter)
	}
	edge.WriteError(w, r, err)
}

// writeJSON answers with v. Nothing of it is for caches: it is a user's.
func writeJSON(c *gin.Context, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types always encode
	}
	writeBody(c, status, "application/json", data)
}

func writeBody(c *gin.Context, status int, contentType string, data []byte) {
	h := c.Writer.Header()
	h.Set("Content-Type", contentType)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	c.Writer.WriteHeader(status)
	_, _ = c.Writer.Write(data) // a client that is gone needs no answer
}

// readJSON reads a body of at most limit bytes into v, strictly: one JSON value
// in UTF-8, no key twice, none but for letter case. No body at all is {}.
func readJSON(c *gin.Context, limit int64, v any, known ...string) error {
	r := c.Request
	data, err := edge.ReadBody(c.Writer, r, limit)
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return nil
	}
	if !edge.CheckContentType(r, "application/json") {
		return refuse(http.StatusUnsupportedMediaType, "unsupported_media_type", "The body must be JSON: Content-Type: application/json.")
	}
	if err := edge.CheckKeys(data, known...); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return badBody(err)
	}
	return nil
}

// badBody names the field that has the wrong type, and nothing of ours.
func badBody(err error) error {
	detail := "The body must be a JSON object."
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		detail = wrong.Field + ": has the wrong type."
	}
	return refuse(http.StatusBadRequest, "invalid", detail)
}
