package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// ModelName is what the model calls itself, in /v1/models and in its answers.
const ModelName = "taskwire-demo"

// maxRequest bounds the body of a request: a full history with tool results is
// far smaller.
const maxRequest = 8 << 20

// Handler returns the model as an HTTP handler with POST /v1/chat/completions,
// streaming or not, and GET /v1/models. Any key or none will do. It is safe for
// concurrent use. Errors have OpenAI's shape: {"error": {"message", "type",
// "param", "code"}}.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", serveCompletion)
	mux.HandleFunc("GET /v1/models", listModels)
	mux.HandleFunc("/v1/chat/completions", notAllowed(http.MethodPost))
	mux.HandleFunc("/v1/models", notAllowed(http.MethodGet))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, fmt.Sprintf("there is no %s here; the demo model has /v1/chat/completions and /v1/models", r.URL.Path))
	})
	return mux
}

func notAllowed(method string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", method)
		writeError(w, http.StatusMethodNotAllowed, "this address takes "+method)
	}
}

// serveCompletion answers one request.
func serveCompletion(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		writeError(w, http.StatusRequestEntityTooLarge, "the request is larger than 8 MiB")
		return
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, "the request could not be read to its end")
		return
	}
	req, err := decodeRequest(body)
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	answer := newCompletion(req, len(body), answerTo(req))
	if req.Stream {
		answer.stream(w, req.StreamOptions.IncludeUsage)
		return
	}
	writeJSON(w, http.StatusOK, answer.whole())
}

func listModels(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"object": "list",
		"data": []any{map[string]any{
			"id": ModelName, "object": "model", "owned_by": "taskwire",
			"created": time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC).Unix(),
		}},
	})
}

// writeError answers in the shape that clients of OpenAI read.
func writeError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]any{"error": map[string]any{
		"message": message, "type": "invalid_request_error", "param": nil, "code": nil,
	}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The only error left is a client that has gone.
	_ = json.NewEncoder(w).Encode(v)
}
