package main

import (
	"net/http"
	"strings"

	"taskwire/edge"
)

// A problemWriter turns the SDK's plain-text refusals into problem answers.
// Everything else, JSON-RPC errors included, passes as it is.
type problemWriter struct {
	http.ResponseWriter
	request *http.Request
	status  int // of a refusal that is being collected, else 0
	text    strings.Builder
}

// maxRefusal bounds what is kept of a refusal: some repeat what was sent.
const maxRefusal = 500

func (w *problemWriter) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	if status >= 400 && strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		w.status = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *problemWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		return w.ResponseWriter.Write(p)
	}
	if room := maxRefusal - w.text.Len(); room > 0 {
		w.text.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// FlushError is what http.ResponseController calls.
func (w *problemWriter) FlushError() error {
	if w.status != 0 {
		return nil
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the deadlines.
func (w *problemWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish sends the refusal that was collected, if there was one. The SDK's
// words stay in it: clients look for some of them.
func (w *problemWriter) finish() {
	if w.status == 0 {
		return
	}
	detail := strings.ToValidUTF8(strings.TrimSpace(w.text.String()), "")
	if w.status >= 500 {
		detail = "internal error"
	}
	edge.WriteProblem(w.ResponseWriter, w.request, w.status, refusalCode(w.status), detail)
}

func refusalCode(status int) string {
	switch status {
	case http.StatusNotFound:
		return "session_not_found"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusConflict:
		return "conflict"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusUnsupportedMediaType:
		return "unsupported_media_type"
	}
	if status >= 500 {
		return "internal"
	}
	return "bad_request"
}
