package main

import (
	"net/http"
	"strings"
	"testing"
)

// Earlier conversations are listed, found by what was said in them, opened,
// renamed, and deleted once that was confirmed.
func TestPageHistory(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	for _, said := range []string{"add water the plants", "add buy milk", "add feed the cat"} {
		h.stream(t, say(said), nil)
	}
	tab := h.visit(t)
	toggle := tab.Button("History")
	toggle.WaitState("expanded", "false").Click()
	toggle.WaitState("expanded", "true")
	history := tab.Find("complementary", "History")
	history.Button("add feed the cat…").Wait()
	titles := strings.Join(history.Button("add …").Names(), "|")
	if cat, milk, plants := strings.Index(titles, "cat"), strings.Index(titles, "milk"), strings.Index(titles, "plants"); cat < 0 || milk < cat || plants < milk {
		t.Errorf("the list is %s, want the newest first", titles)
	}
	tab.Axe(t)

	history.Find("searchbox", "").Fill("WATER")
	history.Button("add feed the cat…").Gone()
	history.Button("add water the plants…").Click()
	tab.Log("Conversation").WaitText("add water the plants")
	history.Find("searchbox", "").Fill("nothing like it")
	history.WaitText("Nothing was found.")
	history.Find("searchbox", "").Fill("")

	history.Button("Rename add buy milk").Click()
	history.Textbox("Title").Fill("Groceries")
	tab.Press("Enter")
	history.Button("Groceries…").Wait()
	if got := tab.Focus(); got != "button Rename Groceries" {
		t.Errorf("after renaming, the focus is on %q", got)
	}
	history.Button("Rename add feed the cat").Click()
	history.Textbox("Title").Fill("not so")
	tab.Press("Escape")
	history.Button("add feed the cat…").Wait()
	history.Textbox("Title").Gone()

	history.Button("Delete Groceries").Click()
	dialog := tab.Dialog("Delete this conversation?")
	dialog.WaitText("Groceries")
	tab.Axe(t)
	dialog.Button("Cancel").Click()
	dialog.Gone()
	history.Button("Groceries…").Wait()

	history.Button("Delete add water the plants").Click()
	dialog.Button("Delete").Click()
	dialog.Gone()
	history.Button("add water the plants…").Gone()
	tab.WaitText("How can I help you") // it was the open one
	tab.Reload()
	tab.Button("History").Click()
	history.Button("Groceries…").Wait()
	var page struct{ Data []struct{ Title string } }
	h.dev(t, http.MethodGet, "/api/chatkit/threads", "").ok(t, http.StatusOK).decode(t, &page)
	if len(page.Data) != 2 || page.Data[1].Title != "Groceries" {
		t.Errorf("the server has %+v", page.Data)
	}
}

// More conversations than fit on a page of the list are all reached, and stay
// when the list comes anew.
func TestPageLongHistory(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	for range 25 {
		h.stream(t, say("help"), nil)
	}
	tab := h.visit(t)
	tab.Button("History").Click()
	history := tab.Find("complementary", "History")
	history.Button("Show more").Click()
	history.Button("Show more").Gone()
	if got := history.Button("Rename …").Count(); got != 25 {
		t.Errorf("%d conversations are listed, want 25", got)
	}
	ask(t, tab, "add buy milk")
	history.Button("add buy milk…").Wait()
	tab.Rest()
	if got := history.Button("Rename …").Count(); got < 25 {
		t.Errorf("%d conversations are listed after an answer, want those that were", got)
	}
}

// A thread that is not there, or another's, gives way to a new one (F02), and
// its id is not kept.
func TestPageForgetsAThreadThatIsGone(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	h.stream(t, say("help"), nil)
	gone := h.newestThread(t)
	tab := h.visit(t)
	ask(t, tab, "help")
	h.dev(t, http.MethodPost, "/api/chatkit", `{"type":"threads.delete","params":{"thread_id":"`+gone+`"}}`).ok(t, http.StatusOK)
	tab.Eval(`{ const key = Object.keys(localStorage).find(k => k.includes("chatkit-thread-id")); localStorage.setItem(key, localStorage.getItem(key).replace(/thr_\w+/, "`+gone+`")); }`, nil)
	tab.Expect("HTTP 404")
	tab.Reload()
	tab.WaitText("How can I help you")
	tab.WaitEval(`!JSON.stringify({...localStorage}).includes("` + gone + `")`)
	ask(t, tab, "add buy milk")
	h.oneTask(t, "buy milk")
}
