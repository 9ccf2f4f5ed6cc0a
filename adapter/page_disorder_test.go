package main

import (
	"os"
	"path/filepath"
	"testing"
)

// What was picked and attached for one conversation does not go into another.
func TestPageTakesNothingElsewhere(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte("milk"), 0o600); err != nil {
		t.Fatal(err)
	}
	tab := h.visit(t)
	ask(t, tab, "help")
	tool := tab.Button("Create")
	tool.Click()
	tool.WaitState("pressed", "true")
	tab.Upload(tab.Button("Attach"), path)
	tab.Find("list", "Files").WaitText("notes.txt")
	tab.Button("New chat").Click()
	tool.WaitState("pressed", "false")
	tab.Find("list", "Files").Gone()
	tab.Textbox("Message").Type("hello")
	tab.Button("Send").WaitState("disabled", "false")
}

// Where a picture of a text is pasted beside the text, as office programs put it,
// the text is what is meant.
func TestPagePastesText(t *testing.T) {
	t.Parallel()
	tab := start(t, setup{env: ownFace(nil)}).visit(t)
	tab.Textbox("Message").Wait()
	var taken bool
	tab.Eval(`(() => {
		const data = new DataTransfer();
		data.setData("text/plain", "buy milk");
		data.items.add(new File(["x"], "cells.png", {type: "image/png"}));
		const event = new ClipboardEvent("paste", {bubbles: true, cancelable: true, clipboardData: data});
		return !document.querySelector("textarea").dispatchEvent(event);
	})()`, &taken)
	if taken || tab.Find("list", "Files").Count() > 0 {
		t.Error("the picture takes the place of the text")
	}
}

// The list of conversations is drawn anew after each answer. Whoever is busy with
// it meanwhile is not disturbed, and nothing that was put off is forgotten.
func TestPageHistoryIsRedrawn(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	for _, said := range []string{"add water the plants", "add feed the cat", "help"} {
		h.stream(t, say(said), nil)
	}
	tab := h.visit(t)
	tab.Button("History").Click()
	history := tab.Find("complementary", "History")

	history.Button("Delete add feed the cat").Click()
	dialog := tab.Dialog("Delete this conversation?")
	dialog.Wait()
	tab.Eval(`{ // an answer ends meanwhile
		const row = document.querySelector("[data-thread]");
		row.parentElement.replaceChildren(...[...row.parentElement.children].map((old) => old.cloneNode(true)));
	}`, nil)
	dialog.Button("Delete").Click()
	history.Button("add feed the cat…").Gone()

	tab.Reload()
	tab.Button("History").Click()
	history.Button("Rename add water the plants").Click()
	history.Textbox("Title").Wait()
	history.Find("searchbox", "").Fill("no such thing")
	tab.WaitEval(`performance.getEntriesByType("resource").some((entry) => entry.name.includes("q=no"))`)
	tab.Rest()
	history.Textbox("Title").Type("!")
	tab.Press("Escape")
	history.WaitText("Nothing was found.")
	history.Button("add water the plants…").Gone()
}
