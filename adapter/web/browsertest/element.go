package browsertest

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
)

// until waits until the element is there and ok says so.
func (e *Element) until(what string, ok func(node) (bool, string)) {
	e.tab.t.Helper()
	e.tab.wait(e.String()+" "+what, func() (bool, string) {
		n, err := e.one()
		if err != nil {
			return false, err.Error()
		}
		return ok(n)
	})
}

// Wait waits until the element is there.
func (e *Element) Wait() *Element {
	e.tab.t.Helper()
	e.until("", func(node) (bool, string) { return true, "" })
	return e
}

// WaitState waits until a state ("checked", "pressed", "expanded", "disabled",
// "focused") has a value ("true", "false").
func (e *Element) WaitState(state, value string) *Element {
	e.tab.t.Helper()
	e.until(state+"="+value, func(n node) (bool, string) {
		got := n.property(state)
		return got == value || got == "" && value == "false", "it is " + got
	})
	return e
}

// WaitText waits until the element shows a text.
func (e *Element) WaitText(text string) *Element {
	e.tab.t.Helper()
	var got string
	e.until("with the text "+brief(text), func(n node) (bool, string) {
		err := e.tab.on(n, "function() { return this.innerText }", &got)
		return err == nil && strings.Contains(got, text), fmt.Sprintf("it says %s (%v)", brief(got), err)
	})
	return e
}

// Gone waits until no such element is there.
func (e *Element) Gone() {
	e.tab.t.Helper()
	e.tab.wait("the end of "+e.String(), func() (bool, string) {
		all, err := e.all()
		if err != nil && e.parent == nil {
			return false, err.Error()
		}
		return len(all) == 0, fmt.Sprintf("there are %d", len(all))
	})
}

// Count is how many elements fit now.
func (e *Element) Count() int {
	e.tab.t.Helper()
	all, err := e.all()
	if err != nil {
		e.tab.fatal("%s: %v", e, err)
	}
	return len(all)
}

// Names are the names of those that fit now.
func (e *Element) Names() []string {
	e.tab.t.Helper()
	all, err := e.all()
	if err != nil {
		e.tab.fatal("%s: %v", e, err)
	}
	var out []string
	for _, n := range all {
		out = append(out, n.name())
	}
	return out
}

// Texts are the rendered texts of those that fit now.
func (e *Element) Texts() []string {
	e.tab.t.Helper()
	all, err := e.all()
	if err != nil {
		e.tab.fatal("%s: %v", e, err)
	}
	out := make([]string, len(all))
	for i, n := range all {
		if err := e.tab.on(n, "function() { return this.innerText }", &out[i]); err != nil {
			e.tab.fatal("%s: %v", e, err)
		}
	}
	return out
}

// Text is the rendered text of the element.
func (e *Element) Text() (text string) {
	e.tab.t.Helper()
	e.Eval("function() { return this.innerText }", &text)
	return text
}

// Value is what stands in a field.
func (e *Element) Value() (value string) {
	e.tab.t.Helper()
	e.Eval("function() { return this.value }", &value)
	return value
}

// Eval puts the value of a JavaScript function, called on the element, into
// out, unless that is nil.
func (e *Element) Eval(function string, out any) {
	e.tab.t.Helper()
	e.until(brief(function), func(n node) (bool, string) {
		if err := e.tab.on(n, function, out); err != nil {
			return false, err.Error()
		}
		return true, ""
	})
}

// Click clicks the middle of the element with the mouse, once it is enabled, in
// view, and not covered by another.
func (e *Element) Click() {
	e.tab.t.Helper()
	e.until("to click", func(n node) (bool, string) {
		if n.property("disabled") == "true" {
			return false, "it is disabled"
		}
		var at struct {
			X, Y  float64
			Cover string
		}
		if err := e.tab.on(n, middle, &at); err != nil {
			return false, err.Error()
		}
		if at.Cover != "" {
			return false, "covered by " + at.Cover
		}
		for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMouseMoved, input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
			params := input.DispatchMouseEventParams{Type: kind, X: at.X, Y: at.Y}
			if kind != input.DispatchMouseEventTypeMouseMoved {
				params.Button, params.ClickCount = input.MouseButtonLeft, 1
			}
			call(e.tab, input.DispatchMouseEvent, params)
		}
		return true, ""
	})
}

// middle gives the middle of an element, once that has come to rest, and what
// covers it: anything but the element, what is in it, and its label.
const middle = `async function() {
  this.scrollIntoView({block: "nearest", inline: "nearest", behavior: "instant"});
  const box = () => { const r = this.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2, r.width, r.height]; };
  const before = box();
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  const [x, y, width, height] = box();
  if (before.join() !== [x, y, width, height].join()) return {x, y, cover: "nothing, but it moves"};
  if (!width || !height) return {x, y, cover: "nothing, but it has no size"};
  const top = document.elementFromPoint(x, y);
  const ours = top && (this.contains(top) || top.contains(this) && top.matches("label") || [...(this.labels ?? [])].some(l => l.contains(top)));
  return {x, y, cover: ours ? "" : top ? top.outerHTML.slice(0, 120) : "the edge of the screen"};
}`

// Type clicks into the field and types at the end of what is there.
func (e *Element) Type(text string) *Element {
	e.tab.t.Helper()
	e.Click()
	e.tab.Type(text)
	return e
}

// Fill clicks into the field and replaces what is there.
func (e *Element) Fill(text string) *Element {
	e.tab.t.Helper()
	e.Click()
	e.Eval("function() { this.select() }", nil)
	e.tab.Type(text)
	return e
}

// Focused reports whether the keyboard goes to the element.
func (e *Element) Focused() bool {
	e.tab.t.Helper()
	var focused bool
	e.Eval("function() { return document.activeElement === this }", &focused)
	return focused
}

// on calls a function on a node.
func (tab *Tab) on(n node, function string, out any) error {
	object, err := tab.object(n.BackendDOMNodeID)
	if err != nil {
		return err
	}
	return tab.onObject(object, function, out)
}

func (tab *Tab) onObject(object runtime.RemoteObjectID, function string, out any) error {
	yes := true
	result, err := try(tab, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function, ObjectID: object, ReturnByValue: &yes, AwaitPromise: &yes, UserGesture: &yes,
	})
	if err != nil {
		return err
	}
	return read(result.Result, result.ExceptionDetails, out)
}

func (tab *Tab) object(id cdp.BackendNodeID) (runtime.RemoteObjectID, error) {
	resolved, err := try(tab, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: id})
	if err != nil {
		return "", err
	}
	return resolved.Object.ObjectID, nil
}
