package main

import (
	"testing"

	"taskwire/adapter/web/browsertest"
)

// On a small telephone everything can be reached and nothing is cut off, in the
// dark as well.
func TestPageOnAPhone(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t, browsertest.Phone, browsertest.As(browsertest.Person{Dark: true, ReducedMotion: true}))
	width := 360
	fits := func(state string) {
		t.Helper()
		var wide struct {
			Page int
			Over []string
		}
		tab.Eval(`({page: document.documentElement.scrollWidth, over: [...document.querySelectorAll("button, input, textarea, select, article")]
			.filter(el => el.checkVisibility() && !el.closest(".unseen")).map(el => [el, el.getBoundingClientRect()])
			.filter(([el, box]) => box.width && (box.left < -1 || box.right > innerWidth + 1)).map(([el]) => el.outerHTML.slice(0, 100))})`, &wide)
		if wide.Page > width || len(wide.Over) > 0 {
			t.Errorf("%s: the page is %d px wide, and beyond its edge are %q", state, wide.Page, wide.Over)
		}
		tab.Axe(t)
	}
	tab.WaitText("How can I help you")
	fits("the start")
	ask(t, tab, "add buy milk tomorrow, high priority, at the shop on the corner of the very long street with a very long name")
	ask(t, tab, "show my tasks")
	tab.Log("Conversation").Checkbox("").First().Wait()
	fits("a conversation")
	tab.Button("History").Click()
	tab.Find("complementary", "History").Button("Rename …").Wait()
	fits("the history")
	tab.Button("Delete add …").Click()
	tab.Dialog("Delete this conversation?").Wait()
	fits("a question")
	tab.Dialog("Delete this conversation?").Button("Cancel").Click()
	tab.Button("Delete add …").Wait()
	tab.Button("History").Click()
	width = 320 // what WCAG asks for, and a desktop at 400 %
	tab.Viewport(320, 640, true)
	fits("a conversation on the narrowest screen")

	if !dark(tab) {
		t.Error("in the dark the page is light")
	}
	var moving []string
	tab.Eval(`[...document.querySelectorAll("*")].filter(el => el.checkVisibility()).filter(el => { const s = getComputedStyle(el);
		return Math.max(...s.animationDuration.split(",").map(parseFloat)) > 0.01 && s.animationName !== "none" || Math.max(...s.transitionDuration.split(",").map(parseFloat)) > 0.01; })
		.map(el => el.outerHTML.slice(0, 100))`, &moving)
	if len(moving) > 0 {
		t.Errorf("with reduced motion these move: %q", moving)
	}
}

// dark reports whether the page's background is dark.
func dark(tab *browsertest.Tab) (is bool) {
	tab.Eval(`[document.body, document.documentElement].map(el => getComputedStyle(el).backgroundColor.match(/[\d.]+/g).map(Number))
		.find(([,,, alpha = 1]) => alpha > 0).slice(0, 3).reduce((a, b) => a + b) < 200`, &is)
	return is
}

// The theme is the person's choice, before the system's, and kept.
func TestPageTheme(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t)
	tab.WaitText("How can I help you")
	if dark(tab) {
		t.Error("a system that is light gets a dark page")
	}
	tab.Emulate(browsertest.Person{Dark: true})
	tab.Button("Dark mode").WaitState("pressed", "true")
	tab.Emulate(browsertest.Person{})
	tab.Button("Dark mode").WaitState("pressed", "false").Click()
	tab.Button("Dark mode").WaitState("pressed", "true")
	tab.Reload()
	tab.Button("Dark mode").WaitState("pressed", "true")
	if !dark(tab) {
		t.Error("the choice is forgotten")
	}
	ask(t, tab, "show my tasks")
	tab.Axe(t)
}
