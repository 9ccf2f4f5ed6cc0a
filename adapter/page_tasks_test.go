package main

import (
	"net/http"
	"strings"
	"testing"
)

// A person opens the page, says a sentence, and sees the task; ticks it off in
// the widget; and finds all of it so after a reload.
func TestPageTasks(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t)
	tab.WaitText("Hello dev-user! How can I help you with your tasks?", "Create a new task", "List my tasks", "Help me understand what I can do")
	tab.Axe(t)

	ask(t, tab, "Create a task: buy milk tomorrow, high priority")
	log := tab.Log("Conversation")
	log.WaitText("Create task")
	log.WaitText("Orchestrator")
	box := log.Checkbox("buy milk")
	box.WaitState("checked", "false")
	tab.Axe(t)
	box.Click()
	box.WaitState("checked", "true")
	waitFor(t, "the task to be ticked off", func() bool {
		return strings.Contains(h.dev(t, http.MethodGet, "/api/dev-user/tasks", "").Body, `"completed":true`)
	})

	tab.Textbox("Message").Type("not sent yet")
	tab.Reload()
	log.Checkbox("buy milk").WaitState("checked", "true")
	log.WaitText("Create task")
	if got := tab.Textbox("Message").Value(); got != "not sent yet" {
		t.Errorf("after a reload the draft is %q, want %q", got, "not sent yet")
	}

	tab.Textbox("Message").Fill("")
	ask(t, tab, "add call the bank")
	ask(t, tab, "show my tasks")
	log.Checkbox("call the bank").Last().Click()
	log.Checkbox("call the bank").Last().WaitState("checked", "true")

	// What the server answers late does not come into another conversation.
	tab.Eval(`{ const send = fetch; window.fetch = async (url, init) => {
		const answer = await send(url, init);
		if (String(init?.body).includes("sync_custom_action")) await new Promise(go => window.go = go);
		return answer;
	} }`, nil)
	log.Checkbox("call the bank").Last().Click()
	tab.WaitEval("window.go")
	tab.Button("New chat").Click()
	tab.WaitText("How can I help you")
	tab.Eval("go()", nil)
	tab.Rest()
	if got := log.Find("article", "").Count(); got != 0 {
		t.Errorf("a new chat shows %d items", got)
	}
	tab.Button("List my tasks").Click()
	log.Checkbox("buy milk").WaitState("checked", "true")
	log.Button("Delete …").First().Click()
	waitFor(t, "a task to be deleted", func() bool {
		return strings.Count(h.dev(t, http.MethodGet, "/api/dev-user/tasks", "").Body, `"id"`) == 1
	})
}

// What a person can do with an answer: copy it, and say what they think of it.
func TestPageAnswers(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t)
	tab.Eval(`navigator.clipboard.writeText = async text => { window.copied = text }`, nil)
	ask(t, tab, "help")
	answer := tab.Log("Conversation").Find("article", "Orchestrator")
	answer.Button("Copy").Click()
	tab.WaitEval(`window.copied?.length > 20`)
	good, bad := answer.Button("Good response"), answer.Button("Bad response")
	good.WaitState("pressed", "false").Click()
	good.WaitState("pressed", "true")
	bad.Click()
	bad.WaitState("pressed", "true")
	good.WaitState("pressed", "false")
	tab.Reload()
	bad.WaitState("pressed", "true")
	good.WaitState("pressed", "false")

	tab.Textbox("Message").Type("one line")
	tab.Press("Shift+Enter")
	tab.Type("and another")
	if got := tab.Textbox("Message").Value(); got != "one line\nand another" {
		t.Errorf("Shift+Enter gives %q", got)
	}
	tab.Button("Send").Click()
	tab.Button("Stop").Gone()
	tab.Log("Conversation").Find("article", "You").Last().WaitText("one line\nand another")
}
