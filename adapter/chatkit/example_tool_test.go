package chatkit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"taskwire/adapter/chatkit"
)

// where asks the page for the place of its user, and answers once it knows.
func where(_ context.Context, t *chatkit.Turn, in *chatkit.UserMessage) error {
	if in != nil {
		call := &chatkit.ClientToolCall{Name: "get_place", Arguments: chatkit.MustJSON(map[string]string{"of": in.Content[0].Text})}
		return t.Send(&chatkit.ItemDone{Item: call}) // onClientTool runs in the page
	}
	var place struct{ City string }
	if err := json.Unmarshal(t.Answered.(*chatkit.ClientToolCall).Output, &place); err != nil {
		return &chatkit.Error{Message: "The page did not say where you are.", AllowRetry: true, Err: err}
	}
	return t.Say("You are in " + place.City + ".")
}

// A tool that runs in the page: its call ends one turn, its output begins the
// next.
func ExampleTurn_answered() {
	server := chatkit.NewServer(new(chatkit.Memory), chatkit.Handlers{Respond: where}, chatkit.Options{
		User: func(*http.Request) (string, error) { return "alice", nil },
	})
	send := func(body string) (last chatkit.Item) {
		request := httptest.NewRequest("POST", "/", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, request)
		for block := range strings.SplitSeq(answer.Body.String(), "\n\n") {
			e, err := chatkit.UnmarshalEvent([]byte(strings.TrimPrefix(block, "data: ")))
			if done, ok := e.(*chatkit.ItemDone); ok && err == nil {
				last = done.Item
			}
		}
		return last
	}
	call := send(`{"type":"threads.create","params":{"input":{"content":[{"type":"input_text","text":"me"}]}}}`).(*chatkit.ClientToolCall)
	fmt.Printf("%s %s\n", call.Name, call.Arguments)
	answer := send(`{"type":"threads.add_client_tool_output","params":{"thread_id":"` + call.ThreadID + `","result":{"city":"Lahore"}}}`)
	fmt.Println(answer.(*chatkit.AssistantMessage).Content[0].Text)
	// Output:
	// get_place {"of":"me"}
	// You are in Lahore.
}
