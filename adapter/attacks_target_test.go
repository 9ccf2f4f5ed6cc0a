package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
)

// canary is a word in what people say: it must be in no log.
const canary = "zanzibar"

// A target is the stack with a model that counts what it is asked.
type target struct {
	*harness
	Model *agenttest.Provider
}

// startTarget starts the stack. The model says "Fine." unless told otherwise.
func startTarget(t testing.TB, s setup) *target {
	t.Helper()
	model, err := agenttest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(model.Close)
	model.Otherwise(agenttest.Text("Fine."))
	env := map[string]string{"LLM_BASE_URL": model.URL(), "LLM_MODEL": "m", "LLM_API_KEY": "k"}
	maps.Copy(env, s.env)
	s.env = env
	return &target{harness: start(t, s), Model: model}
}

// unharmed runs attacks and checks what they must leave as it was: every row,
// the model unasked, nothing private in the log, and service for others.
func (x *target) unharmed(t *testing.T, attack func()) {
	t.Helper()
	rows, asked := x.hash(t), len(x.Model.Requests())
	attack()
	if x.hash(t) != rows {
		t.Error("a row has changed")
	}
	if n := len(x.Model.Requests()) - asked; n != 0 {
		t.Errorf("the model was asked %d times", n)
	}
	x.goesOn(t)
}

// goesOn checks that the program serves others, and that its log is sound: one
// JSON object a line, without what people said.
func (h *harness) goesOn(t *testing.T) {
	t.Helper()
	h.send(t, "GET", "/healthz", "", nil).ok(t, 200)
	h.send(t, "POST", "/api/chatkit", `{"type":"threads.list","params":{}}`, h.as(t, "bystander")).ok(t, 200)
	log := h.Log.String()
	for line := range strings.Lines(log) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is no JSON: %.300q", line)
		}
	}
	for _, private := range []string{canary, `"level":"ERROR","msg":"panic"`} {
		if strings.Contains(log, private) {
			t.Errorf("the log holds %q", private)
		}
	}
}

// internals are what no answer may show.
var internals = []string{
	"goroutine ", ".go:", "runtime error", "panic", "SELECT ", "INSERT ", "SQLITE", "SQLSTATE", "pgx", "taskwire.db",
	"json: ", "*chatkit.", "store:", "127.0.0.1", "eyJ",
}

// refusedAs is refused with a code that is not looked at when empty, a word
// that the sentence must hold, and a look for what is nobody's business.
func (a answer) refusedAs(t testing.TB, name string, status int, code, word string) {
	t.Helper()
	p := a.problem()
	if a.Status != status || p.Status != status || code != "" && p.Code != code || !strings.Contains(p.Detail, word) {
		t.Errorf("%s: HTTP %d %.300s, want a problem %d %s that says %q", name, a.Status, a.Body, status, code, word)
	}
	if p.Code == "" || p.Detail == "" || p.Type != "about:blank" || p.Title != http.StatusText(status) || p.RequestID == "" || p.RequestID != a.Header.Get("X-Request-Id") {
		t.Errorf("%s: not a whole problem: %s", name, a.Body)
	}
	for _, word := range internals {
		if strings.Contains(a.Body, word) {
			t.Errorf("%s: the body shows %q: %s", name, word, a.Body)
		}
	}
}

func (x *target) chatkit(t testing.TB, body string, hd header) answer {
	t.Helper()
	return x.send(t, http.MethodPost, "/api/chatkit", body, hd)
}

// things are what a user has in the chat, of each kind one.
type things struct {
	Thread, Message, Answer, Widget, Task string
	AskThread, Ask                        string // a structured input that waits
	CallThread, Call                      string // a client tool call that waits
	File, Deleted                         string
}

// furnish gives a user one of each, as far as possible through the front door:
// none of our tools waits for the client.
func (x *target) furnish(t testing.TB, user string) (own things) {
	t.Helper()
	hd := x.as(t, user)
	x.Model.Queue(agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"` + canary + ` of ` + user + `"}`}), agenttest.Text("Made."))
	made := x.stream(t, say(canary+" by "+user), hd)
	var tasks []restTask
	x.send(t, "GET", x.tasks(user), "", hd).ok(t, 200).decode(t, &tasks)
	own.Thread, own.Task = made.thread(t), tasks[0].ID
	own.Message, own.Answer = done[*chatkit.UserMessage](made)[0].ID, done[*chatkit.AssistantMessage](made)[0].ID
	own.Widget = done[*chatkit.WidgetItem](made)[0].ID
	own.AskThread = x.stream(t, say("hello"), hd).thread(t)
	own.CallThread = x.stream(t, say("hello"), hd).thread(t)
	own.Deleted = x.stream(t, say("hello"), hd).thread(t)
	x.chatkit(t, `{"type":"threads.delete","params":{"thread_id":"`+own.Deleted+`"}}`, hd).ok(t, 200)
	threads := x.Server.threads
	head := func(thread string) (id string, base chatkit.Base) {
		id = threads.GenerateItemID(t.Context(), user, chatkit.KindClientToolCall, thread)
		return id, chatkit.Base{ID: id, ThreadID: thread, CreatedAt: time.Now().UTC()}
	}
	ask, call := &chatkit.StructuredInput{Status: chatkit.InputPending, Inputs: []chatkit.Question{{Type: chatkit.Freeform, ID: "q", Text: "Why?"}}},
		&chatkit.ClientToolCall{Status: chatkit.ToolPending, CallID: "c", Name: "pick", Arguments: json.RawMessage("{}")}
	own.Ask, ask.Base = head(own.AskThread)
	own.Call, call.Base = head(own.CallThread)
	for thread, item := range map[string]chatkit.Item{own.AskThread: ask, own.CallThread: call} {
		if err := threads.AddThreadItem(t.Context(), user, thread, item); err != nil {
			t.Fatal(err)
		}
	}
	var file wireAttachment
	x.upload(t, user, "a.txt", "text/plain", canary+" in a file of "+user).ok(t, 200).decode(t, &file)
	own.File = file.ID
	return own
}
