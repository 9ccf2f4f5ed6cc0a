package edge

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// A Problem is the body of an answer that refuses or fails, media type
// application/problem+json (RFC 9457).
type Problem struct {
	Type      string `json:"type"`  // always about:blank: Code tells problems apart
	Title     string `json:"title"` // the status in words
	Status    int    `json:"status"`
	Detail    string `json:"detail"`     // a sentence for a person, no internals
	Code      string `json:"code"`       // a word for programs, snake_case, stable
	RequestID string `json:"request_id"` // as in X-Request-Id
}

// WriteProblem answers with a problem. Headers that belong to it (Retry-After,
// WWW-Authenticate, Allow) are the caller's to set before. The code is noted
// for the request's log line.
func WriteProblem(w http.ResponseWriter, r *http.Request, status int, code, detail string) {
	id := RequestID(r.Context())
	if id == "" {
		if id = w.Header().Get(requestIDHeader); id == "" {
			id = newRequestID()
		}
	}
	AddLogAttrs(r.Context(), slog.String("code", code))
	body, err := json.Marshal(Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: detail, Code: code, RequestID: id,
	})
	if err != nil {
		panic(err) // a struct of strings and a number always encodes
	}
	h := w.Header()
	for _, of := range []string{"Content-Encoding", "Etag", "Last-Modified"} {
		h.Del(of) // they were meant for the answer that this one replaces
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set(requestIDHeader, id)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

// A Refusal is an error that the caller may see: WriteError makes it a problem.
type Refusal struct {
	Status int
	Code   string
	Detail string
	Err    error // the cause, for the log; nil when there is none
}

func (e *Refusal) Error() string {
	if e.Err != nil {
		return e.Detail + ": " + e.Err.Error()
	}
	return e.Detail
}

func (e *Refusal) Unwrap() error { return e.Err }

// WriteError answers with the *Refusal or *JSONError in err; any other error
// is a 500 that says nothing, and the caller's to log.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		WriteProblem(w, r, refusal.Status, refusal.Code, refusal.Detail)
		return
	}
	if bad, ok := errors.AsType[*JSONError](err); ok {
		WriteProblem(w, r, http.StatusBadRequest, "invalid_json", bad.Error())
		return
	}
	WriteProblem(w, r, http.StatusInternalServerError, "internal", "internal error")
}

// SetRetryAfter sets Retry-After to d in whole seconds, rounded up, at least 1
// (RFC 9110 section 10.2.3).
func SetRetryAfter(h http.Header, d time.Duration) {
	h.Set("Retry-After", strconv.FormatInt(retrySeconds(d), 10))
}

func retrySeconds(d time.Duration) int64 {
	return max(1, int64((d+time.Second-1)/time.Second))
}
