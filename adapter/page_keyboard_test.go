package main

import (
	"slices"
	"strings"
	"testing"

	"taskwire/adapter/web/browsertest"
)

// A whole conversation without a mouse: the focus is always to be seen, goes
// through the page in the order of reading, and comes back from where it went.
func TestPageKeyboard(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t)
	tab.WaitText("How can I help you")
	if got := tab.Focus(); got != "textbox Message" {
		t.Errorf("at the start the focus is on %q, want one to be able to write at once", got)
	}
	if got := walk(t, tab, 14); !inSequence(got, "History", "New chat", "Language", "Dark mode", "Create a new task", "Message", "Attach") {
		t.Errorf("Tab goes to %q", got)
	}

	tabTo(t, tab, "textbox Message")
	tab.Type("add buy milk")
	tab.Press("Enter")
	tab.Button("Stop").Gone()
	if got := tab.Focus(); got != "textbox Message" {
		t.Errorf("after an answer the focus is on %q", got)
	}
	tabTo(t, tab, "checkbox buy milk")
	tab.Press("Space")
	tab.Checkbox("buy milk").WaitState("checked", "true")
	if got := tab.Focus(); got != "checkbox buy milk" {
		t.Errorf("after ticking it off the focus is on %q", got)
	}
	tabTo(t, tab, "button Good response")
	tab.Press("Enter")
	tab.Button("Good response").WaitState("pressed", "true")
	if got := tab.Focus(); got != "button Good response" {
		t.Errorf("after an opinion the focus is on %q", got)
	}

	tabTo(t, tab, "button History")
	tab.Press("Enter")
	tabTo(t, tab, "button Rename …")
	tab.Press("Enter")
	tab.Textbox("Title").WaitState("focused", "true")
	tab.Press("Control+a")
	tab.Type("Shopping")
	tab.Press("Enter")
	tab.Button("Rename Shopping").WaitState("focused", "true")

	tabTo(t, tab, "button Delete Shopping")
	tab.Press("Enter")
	dialog := tab.Dialog("Delete this conversation?").Wait()
	for range 4 {
		tab.Press("Tab")
		var inside bool
		if tab.Eval(`document.activeElement.closest("dialog") !== null || document.activeElement === document.body`, &inside); !inside {
			t.Errorf("the focus leaves the dialog for %q", tab.Focus())
		}
	}
	tab.Press("Escape")
	dialog.Gone()
	if got := tab.Focus(); got != "button Delete Shopping" {
		t.Errorf("the dialog gives the focus back to %q", got)
	}
	tab.Press("Enter")
	tabTo(t, tab, "button Delete")
	tab.Press("Enter")
	dialog.Gone()
	tab.Button("Rename Shopping").Gone()
	if got := tab.Focus(); got == "RootWebArea" || strings.HasPrefix(got, "none") || got == "generic" {
		t.Errorf("after deleting, the focus is lost: %q", got)
	}
}

// walk presses Tab and tells the names of what is reached. Each must show that
// it has the focus.
func walk(t *testing.T, tab *browsertest.Tab, steps int) (names []string) {
	t.Helper()
	for range steps {
		tab.Press("Tab")
		at := tab.Focus()
		names = append(names, at)
		checkFocusIsSeen(t, tab, at)
	}
	return names
}

func checkFocusIsSeen(t *testing.T, tab *browsertest.Tab, at string) {
	t.Helper()
	var seen bool
	tab.Eval(`(el => {
		if (el === document.body) return true; // the browser's own turn
		for (; el; el = el.parentElement) {
			const s = getComputedStyle(el);
			if (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none") return true;
		}
		return false;
	})(document.activeElement)`, &seen)
	if !seen {
		t.Errorf("one does not see that the focus is on %q", at)
	}
}

// tabTo presses Tab until the focus is on an element; a name that ends with
// "…" is how it begins.
func tabTo(t *testing.T, tab *browsertest.Tab, element string) {
	t.Helper()
	var been []string
	for range 60 {
		at := tab.Focus()
		if beginning, open := strings.CutSuffix(element, "…"); at == element || open && strings.HasPrefix(at, beginning) {
			checkFocusIsSeen(t, tab, at)
			return
		}
		been = append(been, at)
		tab.Press("Tab")
	}
	t.Fatalf("%q is not reached with Tab: %q", element, been)
}

// inSequence reports whether elements whose names end with these come in this
// order, once around the page.
func inSequence(focused []string, names ...string) bool {
	all := slices.Concat(focused, focused)
	for start := range focused {
		at := start
		for _, name := range names {
			i := slices.IndexFunc(all[at:], func(f string) bool { return strings.HasSuffix(f, " "+name) })
			if i < 0 || at+i >= start+len(focused) {
				at = -1
				break
			}
			at += i + 1
		}
		if at >= 0 {
			return true
		}
	}
	return false
}
