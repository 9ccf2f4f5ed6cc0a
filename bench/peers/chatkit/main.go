// A peer in the benchmark: adapter/chatkit alone, with its memory store and a
// handler that says twenty words.
//
//	chatkit ours ADDR   the library
//	chatkit bare ADDR   the floor: net/http alone, which reads the request and
//	                    writes an answer that the library gave, at once
package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"taskwire/adapter/chatkit"
)

func main() {
	how, addr := os.Args[1], os.Args[2]
	var handler http.Handler = library()
	if how == "bare" {
		handler = bare()
	}
	log.Fatal(http.ListenAndServe(addr, handler))
}

func library() *chatkit.Server {
	return chatkit.NewServer(new(chatkit.Memory), chatkit.Handlers{Respond: answer}, chatkit.Options{
		User: func(*http.Request) (string, error) { return "alice", nil },
	})
}

// answer is the same in every peer: 19 pieces, and one that says that it is
// the last.
func answer(_ context.Context, t *chatkit.Turn, _ *chatkit.UserMessage) error {
	m, err := t.StartMessage()
	if err != nil {
		return err
	}
	for range 19 {
		if err := m.Write("a few words "); err != nil {
			return err
		}
	}
	if err := m.Write("and the end."); err != nil {
		return err
	}
	return m.Done()
}

func bare() http.Handler {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(
		`{"type":"threads.create","params":{"input":{"content":[{"type":"input_text","text":"Please tell me what I have to do today, in a few words."}]}}}`))
	request.Header.Set("Content-Type", "application/json")
	recorded := httptest.NewRecorder()
	library().ServeHTTP(recorded, request)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write(recorded.Body.Bytes())
		_ = http.NewResponseController(w).Flush()
	})
}
