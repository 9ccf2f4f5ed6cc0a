package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
)

// A task that was deleted elsewhere: the row of an older widget shows that, and
// is no error that stays for ever.
func TestActionOnATaskThatIsGone(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice")
	made := h.stream(t, say("add buy milk"), alice)
	listed := h.stream(t, sayOn(made.thread(t), "show my tasks"), alice)
	var tasks []restTask
	h.send(t, http.MethodGet, "/api/alice/tasks", "", alice).decode(t, &tasks)
	h.send(t, http.MethodDelete, "/api/alice/tasks/"+tasks[0].ID, "", alice).ok(t, http.StatusNoContent)
	act := func(kind string, widget *chatkit.WidgetItem) string {
		return fmt.Sprintf(`{"type":%q,"params":{"thread_id":%q,"item_id":%q,"action":{"type":"task.toggle","payload":{"task_id":%q}}}}`,
			kind, made.thread(t), widget.ID, tasks[0].ID)
	}
	struck := func(body string) bool {
		return strings.Contains(body, `"lineThrough":true`) && strings.Contains(body, `"value":"buy milk"`) && !strings.Contains(body, "onClickAction")
	}
	card, list := done[*chatkit.WidgetItem](made)[0], done[*chatkit.WidgetItem](listed)[0]
	for range 2 { // the second time, nothing is left to strike
		if a := h.send(t, http.MethodPost, "/api/chatkit", act("threads.sync_custom_action", card), alice).ok(t, http.StatusOK); !struck(a.Body) {
			t.Errorf("sync: %s, want the title struck through", a.Body)
		}
		if a := h.stream(t, act("threads.custom_action", list), alice); !struck(a.Body) || strings.Contains(a.Body, `"type":"error"`) {
			t.Errorf("streaming: %s, want the title struck through", a.Body)
		}
	}
}

// A title that turns the direction of text is kept as it is, and shown without
// that.
func TestTitlesOnWidgetsStayInTheirPlace(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice")
	h.send(t, http.MethodPost, "/api/alice/tasks", `{"title":"milk \u202egnihton\u2066"}`, alice).ok(t, http.StatusCreated)
	shown := h.stream(t, say("show my tasks"), alice)
	row := shownLabel(t, done[*chatkit.WidgetItem](shown)[0])
	if row != "milk gnihton" {
		t.Errorf("the checkbox is called %q", row)
	}
}

// shownLabel is the name of the first checkbox of a list.
func shownLabel(t *testing.T, w *chatkit.WidgetItem) string {
	t.Helper()
	row := w.Widget["children"].([]any)[0].(map[string]any)
	return row["children"].([]any)[0].(map[string]any)["label"].(string)
}
