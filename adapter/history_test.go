package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
)

// shownTo gives the roles and the texts that a request shows to the model,
// behind its instructions.
func shownTo(r agenttest.Request) (roles, texts []string) {
	for _, m := range r.Messages[1:] {
		roles, texts = append(roles, m.Role), append(texts, m.Text())
	}
	return roles, texts
}

// An answer that is stopped behind a tool step: the model of the next turn
// knows the call, its result and the text that was shown.
func TestStoppedAnswerKeepsItsCalls(t *testing.T) {
	t.Parallel()
	model := startModel(t)
	h := start(t, setup{env: model.env(nil)})
	c := h.chat(t, model,
		agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"buy milk"}`}),
		func(w *agenttest.Writer, _ agenttest.Request) {
			w.Begin()
			w.Delta("I have made")
			w.Hold()
		},
	)
	rest := h.streamUntil(t, "I have made", c.body("add milk"), c.header)
	h.stopAnswer(t, c.header)
	stopped := rest()
	if stopped.text() != "I have made" {
		t.Errorf("the stopped answer is %q", stopped.text())
	}
	c.ends(stopped)
	c.says("and?")
	roles, texts := shownTo(c.asked()[2])
	if want := []string{"user", "assistant", "tool", "assistant", "user"}; !slices.Equal(roles, want) {
		t.Fatalf("the model sees %q %q, want %q", roles, texts, want)
	}
	if !strings.Contains(texts[2], "buy milk") || texts[3] != "I have made" || !strings.Contains(texts[4], "stopped") {
		t.Errorf("the model sees %q", texts)
	}
}

// stopAnswer stops the answer on the newest thread of a user.
func (h *harness) stopAnswer(t testing.TB, hd header) {
	t.Helper()
	var page struct{ Data []struct{ ID string } }
	h.send(t, http.MethodGet, "/api/chatkit/threads", "", hd).ok(t, http.StatusOK).decode(t, &page)
	if a := h.send(t, http.MethodPost, "/api/chatkit/cancel", `{"thread_id":"`+page.Data[0].ID+`"}`, hd); a.Body != `{"cancelled":true}` {
		t.Errorf("cancel: HTTP %d %s", a.Status, a.Body)
	}
}

// Several steps and texts in one answer come back in their order, each once.
func TestHistoryOfSeveralSteps(t *testing.T) {
	t.Parallel()
	model := startModel(t)
	h := start(t, setup{env: model.env(nil)})
	c := h.chat(t, model,
		agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"one"}`}),
		agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"two"}`}),
		agenttest.Text("Both."), agenttest.Text("Fine."), agenttest.Text("Bye."),
	)
	c.says("add one and two")
	c.says("thanks")
	c.says("bye")
	asked := c.asked()
	roles, texts := shownTo(asked[len(asked)-1])
	want := []string{"user", "assistant", "tool", "assistant", "tool", "assistant", "user", "assistant", "user"}
	if !slices.Equal(roles, want) || texts[5] != "Both." || texts[7] != "Fine." {
		t.Errorf("the model sees %q %q, want %q", roles, texts, want)
	}
}

// What one message and several steps gave, /api/chat lists as one.
func TestChatAPIListsEveryStep(t *testing.T) {
	t.Parallel()
	model := startModel(t)
	h := start(t, setup{env: model.env(nil)})
	c := h.chat(t, model,
		agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"one"}`}),
		agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":""}`}),
		agenttest.Text("One of them."),
	)
	got := h.say(t, "add one and nothing (no. 0)", "", c.header).chat(t)
	if len(got.ToolCalls) != 2 || !got.ToolCalls[0].OK || got.ToolCalls[1].OK || got.Response != "One of them." {
		t.Errorf("%+v, want both calls, of which the first worked", got)
	}
}

// An answer that has no record, because it was stopped, is told to the model
// although the message that it answers lies behind what is read.
func TestHistoryBeginsWithAnAnswer(t *testing.T) {
	t.Parallel()
	model := startModel(t)
	h := start(t, setup{env: model.env(nil)})
	c := h.chat(t, model)
	turn := h.Server.threads.begin(t, c.user, "too old to be read", nil)
	kept := []chatkit.Item{answered(turn, "The oldest answer")}
	for len(kept) < historyItems {
		kept = append(kept, &chatkit.HiddenContext{
			Base: chatkit.Base{ID: turn.NewItemID(chatkit.KindHiddenContext), CreatedAt: time.Now()}, Content: json.RawMessage(`{"kind":"another"}`),
		})
	}
	if err := turn.End(t.Context(), chatkit.Cancelled, chatkit.Changes{Save: kept}); err != nil {
		t.Fatal(err)
	}
	c.thread = turn.Thread().ID
	h.stream(t, c.body("What did you say?"), c.header).ok(t, http.StatusOK)
	roles, texts := shownTo(c.asked()[0])
	if !slices.Equal(roles, []string{"assistant", "user"}) || texts[0] != "The oldest answer" {
		t.Errorf("the model sees %q %q, want the answer and the question", roles, texts)
	}
}
