package chatkit_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"taskwire/adapter/chatkit"
)

// greet answers every message with a few words.
func greet(_ context.Context, t *chatkit.Turn, in *chatkit.UserMessage) error {
	if t.Thread.Title == "" {
		t.Thread.Title = "Greetings"
	}
	return t.Say("Hello! You said: " + in.Content[0].Text)
}

// A whole server: ChatKit.js talks to it with api.url set to its address.
// Respond sends as it goes, Options.User reads the token of a real deployment.
func Example() {
	server := chatkit.NewServer(new(chatkit.Memory), chatkit.Handlers{Respond: greet}, chatkit.Options{
		User: func(*http.Request) (string, error) { return "alice", nil },
	})
	// In a program: http.ListenAndServe("127.0.0.1:8000", server)

	request := httptest.NewRequest("POST", "/", strings.NewReader(
		`{"type":"threads.create","params":{"input":{"content":[{"type":"input_text","text":"hi"}]}}}`))
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	server.ServeHTTP(answer, request)
	for event := range bytes.SplitSeq(bytes.TrimSpace(answer.Body.Bytes()), []byte("\n\n")) {
		e, err := chatkit.UnmarshalEvent(bytes.TrimPrefix(event, []byte("data: ")))
		fmt.Println(e.EventType(), err)
	}
	// Output:
	// thread.created <nil>
	// thread.item.done <nil>
	// stream_options <nil>
	// thread.item.added <nil>
	// thread.updated <nil>
	// thread.item.updated <nil>
	// thread.item.updated <nil>
	// thread.item.updated <nil>
	// thread.item.done <nil>
}
