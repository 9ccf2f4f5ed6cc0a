package browsertest

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var keys = map[string]string{
	"Enter": kb.Enter, "Tab": kb.Tab, "Escape": kb.Escape, "Space": " ", "Backspace": kb.Backspace, "Delete": kb.Delete,
	"ArrowUp": kb.ArrowUp, "ArrowDown": kb.ArrowDown, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight,
	"Home": kb.Home, "End": kb.End, "PageUp": kb.PageUp, "PageDown": kb.PageDown,
}

var modifiers = map[string]chromedp.Modifier{
	"Shift": chromedp.ModifierShift, "Control": chromedp.ModifierCtrl, "Alt": chromedp.ModifierAlt, "Meta": chromedp.ModifierMeta,
}

// Press presses keys one after the other: "Tab", "Shift+Enter", "Control+a".
func (tab *Tab) Press(combinations ...string) {
	tab.t.Helper()
	for _, combination := range combinations {
		parts := strings.Split(combination, "+")
		name := parts[len(parts)-1]
		key, ok := keys[name]
		if !ok && utf8.RuneCountInString(name) != 1 {
			tab.fatal("no key is called %q", name)
		}
		if !ok {
			key = name
		}
		var held chromedp.Modifier
		for _, part := range parts[:len(parts)-1] {
			modifier, ok := modifiers[part]
			if !ok {
				tab.fatal("no modifier is called %q", part)
			}
			held |= modifier
		}
		for _, r := range key {
			tab.stroke(r, held)
		}
	}
}

// stroke presses one key. What it types goes with its going down, and not as an
// event of its own: a page that prevents the one prevents the other, as where
// Enter sends.
func (tab *Tab) stroke(r rune, held chromedp.Modifier) {
	tab.t.Helper()
	events := kb.Encode(r)
	text := ""
	for _, event := range events {
		if event.Type == kb.KeyChar && held&^chromedp.ModifierShift == 0 {
			text = event.Text
		}
	}
	for _, event := range events {
		switch event.Modifiers |= int64(held); event.Type {
		case kb.KeyChar:
			continue
		case kb.KeyUp:
		default:
			event.Text = text
			if event.Type = kb.KeyDown; text == "" {
				event.Type = kb.KeyRawDown
			}
		}
		call(tab, input.DispatchKeyEvent, *event)
	}
}

// Type puts text where the focus is, as an input method does.
func (tab *Tab) Type(text string) {
	tab.t.Helper()
	call(tab, input.InsertText, input.InsertTextParams{Text: text})
}

// Focus tells where the keyboard goes, as a screen reader would: role and name
// of the focused element.
func (tab *Tab) Focus() (where string) {
	tab.t.Helper()
	tab.wait("the focus", func() (bool, string) {
		focused, err := try(tab, runtime.Evaluate, runtime.EvaluateParams{Expression: "document.activeElement"})
		if err != nil {
			return false, err.Error()
		}
		none := false
		tree, err := try(tab, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{ObjectID: focused.Result.ObjectID, FetchRelatives: &none})
		if err != nil || len(tree.Nodes) == 0 {
			return false, fmt.Sprint(err)
		}
		still := false
		if err := tab.onObject(focused.Result.ObjectID, "function() { return this === document.activeElement }", &still); err != nil || !still {
			return false, "it moves" // with a list that came anew, say: what was asked about is gone
		}
		n := node{tree.Nodes[0]}
		where = strings.TrimSpace(n.role() + " " + n.name())
		return true, ""
	})
	return where
}
