package main

import (
	"flag"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/web/browsertest"
)

var updatePictures = flag.Bool("update", false, "take the pictures in docs anew")

// pictures are those of the page that the docs show: name and size.
var pictures = map[string][2]int{
	"page-start": {1280, 800}, "page-light": {1280, 800}, "page-dark": {1280, 800}, "page-urdu": {1280, 800},
	"page-history": {1280, 800}, "page-error": {1280, 800}, "page-signed-out": {1280, 800}, "page-phone": {360, 740},
}

const mostPicture = 150_000 // bytes

// The pictures are there, and light.
func TestPagePictures(t *testing.T) {
	if *updatePictures {
		takePictures(t)
	}
	for name, size := range pictures {
		file, err := os.Open(picturePath(name))
		if err != nil {
			t.Errorf("%v; go test ./adapter -run TestPagePictures -update takes it", err)
			continue
		}
		picture, err := png.DecodeConfig(file)
		if facts, statErr := file.Stat(); err != nil || statErr != nil || picture.Width != size[0] || picture.Height != size[1] || facts.Size() > mostPicture {
			t.Errorf("%s: %d x %d, %d bytes, %v", name, picture.Width, picture.Height, facts.Size(), err)
		}
		file.Close()
	}
}

func picturePath(name string) string { return filepath.Join("..", "docs", name+".png") }

// A photographer takes pictures of a tab.
type photographer struct {
	t   *testing.T
	tab *browsertest.Tab
}

// take takes a picture of the page at rest: no pointer over it, no caret.
func (p photographer) take(name string) {
	p.t.Helper()
	p.tab.Eval(`document.activeElement?.blur()`, nil)
	p.tab.Rest()
	p.tab.Screenshot(picturePath(name))
}

func takePictures(t *testing.T) {
	size := func(width, height int64, mobile bool) func(*browsertest.Tab) {
		return func(tab *browsertest.Tab) { tab.Viewport(width, height, mobile) }
	}
	ada := ownFace(map[string]string{"TASKWIRE_USER": "Ada"})
	t.Run("conversation", func(t *testing.T) {
		h := start(t, setup{env: ada})
		for _, said := range []string{"add water the plants", "add call the bank on friday, work"} {
			h.stream(t, say(said), nil)
		}
		tab := h.visit(t, size(1280, 800, false))
		p := photographer{t, tab}
		tab.WaitText("How can I help you")
		p.take("page-start")
		ask(t, tab, "Create a task: buy milk tomorrow, high priority")
		ask(t, tab, "show my tasks")
		tab.Checkbox("water the plants").Click()
		tab.Checkbox("water the plants").WaitState("checked", "true")
		p.take("page-light")
		tab.Emulate(browsertest.Person{Dark: true})
		p.take("page-dark")
		tab.Emulate(browsertest.Person{})
		tab.Button("History").Click()
		tab.Button("Rename …").First().Wait()
		p.take("page-history")
		tab.Button("History").Click()
		tab.Viewport(360, 740, true)
		p.take("page-phone")
	})
	t.Run("urdu", func(t *testing.T) {
		h := start(t, setup{env: ada})
		tab := h.visit(t, browsertest.As(browsertest.Person{Locale: "ur-PK"}), size(1280, 800, false))
		for _, said := range []string{"ایک کام بنائیں: کل دودھ لانا", "میرے کام دکھائیں"} {
			tab.Textbox("پیغام").Type(said)
			tab.Press("Enter")
			tab.Button("روکیں").Gone()
		}
		photographer{t, tab}.take("page-urdu")
	})
	t.Run("error", func(t *testing.T) {
		refuse := agenttest.Refuse(http.StatusBadGateway, 0)
		h := start(t, setup{env: plays(t, call("list_tasks", `{}`), agenttest.Text("You have no tasks yet. Shall I add one?"), refuse, refuse, refuse, refuse), change: impatient})
		tab := h.visit(t, size(1280, 800, false))
		ask(t, tab, "What is there to do?")
		ask(t, tab, "Add the groceries")
		tab.Alert().Wait()
		photographer{t, tab}.take("page-error")
	})
	t.Run("signed out", func(t *testing.T) {
		h, _ := signsIn(t, nil)
		tab := h.visit(t, size(1280, 800, false))
		tab.Expect("HTTP 401")
		tab.Link("Sign in").Wait()
		photographer{t, tab}.take("page-signed-out")
	})
}
