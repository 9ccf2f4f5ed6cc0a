package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"taskwire/adapter/agent/agenttest"
)

// Files are attached, seen, taken back, sent, and there after a reload.
func TestPageAttachments(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: plays(t, agenttest.Text("Seen."), agenttest.Text("Seen as well."))})
	files := t.TempDir()
	write := func(name, data string) string {
		t.Helper()
		path := filepath.Join(files, name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tab := h.visit(t)
	tab.Upload(tab.Button("Attach"), write("photo.png", picture(t)), write("notes <b>.txt", "milk"), write("unwanted.txt", "x"))
	pending := tab.Find("list", "Files")
	pending.WaitText("notes <b>.txt")
	tab.WaitEval(`document.querySelector("form img")?.naturalWidth > 0`)
	tab.Allow("HTTP 404: PUT .*/api/chatkit/upload/") // it is taken back in the middle of its upload
	pending.Button("Remove unwanted.txt").Click()
	tab.WaitNoText("unwanted.txt")
	tab.Axe(t)
	ask(t, tab, "what is this?")
	log := tab.Log("Conversation")
	log.WaitText("Seen.")
	tab.Reload()
	for _, what := range []string{"notes <b>.txt", "what is this?", "Seen."} {
		log.WaitText(what)
	}
	tab.WaitEval(`document.querySelector("[role=log] img")?.naturalWidth > 0`)
	if log.Find("image", "photo.png").Count() != 1 {
		t.Error("the picture has no name")
	}

	// Files can be dropped and pasted too, and are a message without a word.
	tab.Eval(`for (const [kind, name] of [["drop", "dropped.csv"], ["paste", "pasted.csv"]]) {
		const data = new DataTransfer();
		data.items.add(new File(["a,b\n1,2\n"], name, {type: "text/csv"}));
		const event = new Event(kind, {bubbles: true, cancelable: true});
		event.dataTransfer = event.clipboardData = data;
		document.querySelector("textarea").dispatchEvent(event);
	}`, nil)
	tab.Button("Send").WaitState("disabled", "false").Click()
	for _, what := range []string{"Seen as well.", "dropped.csv", "pasted.csv"} {
		log.WaitText(what)
	}
}

// picture is a small PNG.
func picture(t testing.TB) string {
	t.Helper()
	var data bytes.Buffer
	if err := png.Encode(&data, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return data.String()
}

// A file that the server does not take is told with its name, and the message
// can be sent without it.
func TestPageRefusedAttachments(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	path := filepath.Join(t.TempDir(), "disguised.png")
	if err := os.WriteFile(path, []byte("PK\x03\x04\x14\x00\x00\x00\x08\x00 no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	tab := h.visit(t)
	tab.Expect("HTTP 4(00|15): P.* .*/api/chatkit")
	tab.Upload(tab.Button("Attach"), path)
	tab.Alert().WaitText("disguised.png")
	if text := tab.Alert().Text(); strings.Contains(text, "undefined") {
		t.Errorf("the refusal is told as %q", text)
	}
	ask(t, tab, "add buy milk")
	h.oneTask(t, "buy milk")
}
