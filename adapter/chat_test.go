package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
	"taskwire/store/storetest"
)

// A streamed answer, read to its end.
type streamed struct {
	answer
	Events []chatkit.Event
}

// stream sends a request of ChatKit's protocol and reads the events.
func (h *harness) stream(t testing.TB, body string, hd header) streamed {
	t.Helper()
	return readStream(t, h.send(t, http.MethodPost, "/api/chatkit", body, hd))
}

// streamUntil sends a request and reads its answer until a sign is in it. What
// it returns reads the rest and gives the whole.
func (h *harness) streamUntil(t testing.TB, sign, body string, hd header) (rest func() streamed) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.Base+"/api/chatkit", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range hd.with("Content-Type", "application/json") {
		req.Header.Set(name, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	lines, read := bufio.NewReader(resp.Body), ""
	for !strings.Contains(read, sign) {
		line, err := lines.ReadString('\n')
		read += line
		if err != nil {
			t.Fatalf("%q never came: HTTP %d %s", sign, resp.StatusCode, read)
		}
	}
	return func() streamed {
		more, err := io.ReadAll(lines)
		if err != nil {
			t.Errorf("the stream breaks: %v", err)
		}
		return readStream(t, answer{resp.StatusCode, resp.Header, read + string(more)})
	}
}

func readStream(t testing.TB, a answer) streamed {
	t.Helper()
	out := streamed{answer: a}
	for block := range strings.SplitSeq(out.Body, "\n\n") {
		data, ok := strings.CutPrefix(block, "data: ")
		if !ok {
			continue
		}
		e, err := chatkit.UnmarshalEvent([]byte(data))
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		out.Events = append(out.Events, e)
	}
	return out
}

// done gives the items of a kind that the answer finished.
func done[T chatkit.Item](s streamed) (items []T) {
	for _, e := range s.Events {
		if d, ok := e.(*chatkit.ItemDone); ok {
			if item, ok := d.Item.(T); ok {
				items = append(items, item)
			}
		}
	}
	return items
}

// text is the whole answer.
func (s streamed) text() string {
	var texts []string
	for _, m := range done[*chatkit.AssistantMessage](s) {
		texts = append(texts, textOfAssistant(m))
	}
	return strings.Join(texts, "\n")
}

// thread is the id of the thread that the answer is on.
func (s streamed) thread(t testing.TB) string {
	t.Helper()
	messages := done[*chatkit.UserMessage](s)
	if len(messages) == 0 {
		t.Fatalf("no user message in HTTP %d %s", s.Status, s.Body)
	}
	return messages[0].ThreadID
}

func say(text string) string {
	return fmt.Sprintf(`{"type":"threads.create","params":{"input":%s}}`, input(text))
}

func sayOn(thread, text string) string {
	return fmt.Sprintf(`{"type":"threads.add_user_message","params":{"thread_id":%q,"input":%s}}`, thread, input(text))
}

func input(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always encodes
	}
	return `{"content":[{"type":"input_text","text":` + string(quoted) + `}],"attachments":[],"inference_options":{}}`
}

func TestTheDemoModelManagesTasks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		h := start(t, setup{engine: engine})
		alice := h.as(t, "alice")
		made := h.stream(t, say("Create a task: buy milk tomorrow, high priority"), alice)
		if !strings.Contains(made.text(), "buy milk") {
			t.Errorf("the answer is %q, want it to name the task", made.text())
		}
		flows := done[*chatkit.WorkflowItem](made)
		if len(flows) != 1 || len(flows[0].Workflow.Tasks) != 1 || flows[0].Workflow.Tasks[0].Title != "Create task" ||
			flows[0].Workflow.Tasks[0].Status != chatkit.TaskComplete || flows[0].Workflow.Summary == nil {
			t.Errorf("the steps are %+v, want one, complete, called Create task", flows)
		}
		if len(done[*chatkit.WidgetItem](made)) != 1 {
			t.Error("the new task is not shown as a widget")
		}
		var tasks []restTask
		h.send(t, http.MethodGet, "/api/alice/tasks", "", alice).decode(t, &tasks)
		if len(tasks) != 1 || tasks[0].Title != "buy milk" || tasks[0].Priority != "high" || tasks[0].DueDate == "" {
			t.Errorf("the tools have %+v, want the task with priority and date", tasks)
		}

		thread := made.thread(t)
		if text := h.stream(t, sayOn(thread, "mark it as done"), alice).text(); !strings.Contains(text, "Done") {
			t.Errorf("mark it as done: %q; the model does not see what was said before", text)
		}
		if text := h.stream(t, say("میرے کام دکھائیں"), alice).text(); !strings.Contains(text, "کام") {
			t.Errorf("asked in Urdu, the answer is %q", text)
		}
		if other := h.send(t, http.MethodPost, "/api/chatkit", sayOn(thread, "hello"), h.as(t, "bob")); other.Status != http.StatusNotFound {
			t.Errorf("another user on the thread: HTTP %d %s, want 404", other.Status, other.Body)
		}
		senders := senderNames(t, h)
		for _, want := range []string{"orchestrator", "urdu"} {
			if !slices.Contains(senders, want) {
				t.Errorf("the senders are %q, want %s among them", senders, want)
			}
		}
	})
}

// senderNames are those of all messages.
func senderNames(t *testing.T, h *harness) (names []string) {
	t.Helper()
	rows, err := storetest.Behind(t, h.Database).QueryContext(t.Context(), "SELECT DISTINCT sender_name FROM chat_messages")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func TestWidgetsActWithoutTheModel(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice")
	made := h.stream(t, say("add buy milk"), alice)
	widget := done[*chatkit.WidgetItem](made)[0]
	var tasks []restTask
	h.send(t, http.MethodGet, "/api/alice/tasks", "", alice).decode(t, &tasks)
	action := func(kind, item, name, payload string) string {
		return fmt.Sprintf(`{"type":%q,"params":{"thread_id":%q,"item_id":%q,"action":{"type":%q,"payload":%s}}}`,
			kind, made.thread(t), item, name, payload)
	}
	task := fmt.Sprintf(`{"task_id":%q,"completed":true}`, tasks[0].ID)

	a := h.send(t, http.MethodPost, "/api/chatkit", action("threads.sync_custom_action", widget.ID, "task.toggle", task), alice)
	if a.Status != http.StatusOK || !strings.Contains(a.Body, `"defaultChecked":true`) {
		t.Errorf("toggle: HTTP %d %s, want the widget with the box checked", a.Status, a.Body)
	}
	h.send(t, http.MethodGet, "/api/alice/tasks", "", alice).decode(t, &tasks)
	if !tasks[0].Completed {
		t.Error("the task is not completed")
	}
	for name, body := range map[string]string{
		"an unknown action":   action("threads.sync_custom_action", widget.ID, "task.explode", task),
		"no such sender":      action("threads.sync_custom_action", done[*chatkit.AssistantMessage](made)[0].ID, "task.toggle", task),
		"another task":        action("threads.sync_custom_action", widget.ID, "task.toggle", `{"task_id":"task_other"}`),
		"a payload of a kind": action("threads.sync_custom_action", widget.ID, "task.toggle", `[1]`),
	} {
		if a := h.send(t, http.MethodPost, "/api/chatkit", body, alice); a.Status != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d %s, want 400", name, a.Status, a.Body)
		}
	}
	removed := h.stream(t, action("threads.custom_action", widget.ID, "task.delete", task), alice)
	if !slices.ContainsFunc(removed.Events, func(e chatkit.Event) bool { _, ok := e.(*chatkit.ItemReplaced); return ok }) {
		t.Errorf("delete: %s, want the widget replaced", removed.Body)
	}
	// The note that the button left must not hide what the user says next.
	if text := h.stream(t, sayOn(made.thread(t), "how many tasks do I have?"), alice).text(); !strings.Contains(text, "0 tasks") {
		t.Errorf("after the button: %q", text)
	}
}

func TestChatLimits(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: map[string]string{"RATE_TURNS_PER_MINUTE": "2"}})
	alice := h.as(t, "alice")
	for _, body := range []string{
		`{"type":"threads.create","params":{"input":{"content":[{"type":"input_text","text":"hi"}],"inference_options":{"model":"gpt-9"}}}}`,
		`{"type":"threads.create","params":{"input":{"content":[{"type":"input_text","text":"hi"}],"inference_options":{"tool_choice":{"id":"rm"}}}}}`,
	} {
		if a := h.send(t, http.MethodPost, "/api/chatkit", body, alice); a.Status != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d %s, want 400", body, a.Status, a.Body)
		}
	}
	a := h.send(t, http.MethodPost, "/api/chatkit", say("hello"), alice)
	if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" || a.problem().Code != "rate_limited" {
		t.Errorf("the third turn: HTTP %d %s, want 429 with Retry-After", a.Status, a.Body)
	}
	if a := h.send(t, http.MethodPost, "/api/chatkit", `{"type":"threads.list","params":{}}`, alice); a.Status != http.StatusOK {
		t.Errorf("a read: HTTP %d, want 200: reads have a limit of their own", a.Status)
	}
	if a := h.send(t, http.MethodPost, "/api/chatkit", say("hi"), nil); a.Status != http.StatusUnauthorized {
		t.Errorf("without a token: HTTP %d, want 401", a.Status)
	}
	if a := h.stream(t, say("hello"), header{"Authorization": "Bearer " + h.secret(t, "bob")}); a.text() == "" {
		t.Errorf("with a client secret: HTTP %d %s, want an answer", a.Status, a.Body)
	}
}
