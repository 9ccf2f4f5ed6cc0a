package browsertest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
)

// A scope is where elements are looked for: the page, or a part of it.
type scope struct {
	tab    *Tab
	within *Element // nil is the page
}

// Find names the elements with a role and a name. Nothing is looked up before
// the element is used, and then until it is there. A name that ends with "…" is
// how the name begins; an empty one is any.
func (s scope) Find(role, name string) *Element {
	e := &Element{role: role, name: name, parent: s.within}
	e.scope = scope{tab: s.tab, within: e}
	return e
}

func (s scope) Button(name string) *Element   { return s.Find("button", name) }
func (s scope) Textbox(name string) *Element  { return s.Find("textbox", name) }
func (s scope) Checkbox(name string) *Element { return s.Find("checkbox", name) }
func (s scope) Link(name string) *Element     { return s.Find("link", name) }
func (s scope) Alert() *Element               { return s.Find("alert", "") }
func (s scope) Dialog(name string) *Element   { return s.Find("dialog", name) }
func (s scope) Log(name string) *Element      { return s.Find("log", name) }

// An Element is what has a role and a name, found anew whenever it is used.
// Where several fit, one must be chosen with First, Last or Nth.
type Element struct {
	scope
	role, name string
	parent     *Element
	chosen     *int // its index among those that fit, from the end if negative
}

// First chooses the first in the order of the page.
func (e *Element) First() *Element { return e.Nth(0) }

// Last chooses the last in the order of the page.
func (e *Element) Last() *Element { return e.Nth(-1) }

// Nth chooses by index; -1 is the last.
func (e *Element) Nth(index int) *Element {
	one := *e
	one.chosen = &index
	one.scope = scope{tab: e.tab, within: &one}
	return &one
}

func (e *Element) String() string {
	text := e.role
	if e.name != "" {
		text += fmt.Sprintf(" %q", e.name)
	}
	if e.chosen != nil {
		text += fmt.Sprintf(" [%d]", *e.chosen)
	}
	if e.parent != nil {
		text += " in " + e.parent.String()
	}
	return text
}

// A node is an element that was found.
type node struct {
	*accessibility.Node
}

// all gives the elements that fit now.
func (e *Element) all() ([]node, error) {
	query := accessibility.QueryAXTreeParams{Role: e.role}
	if e.parent == nil {
		document, err := try(e.tab, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
		if err != nil {
			return nil, err
		}
		query.ObjectID = document.Result.ObjectID
	} else {
		root, err := e.parent.one()
		if err != nil {
			return nil, err
		}
		query.BackendNodeID = root.BackendDOMNodeID
	}
	found, err := try(e.tab, accessibility.QueryAXTree, query)
	if err != nil {
		return nil, err
	}
	var fit []node
	for _, n := range found.Nodes {
		if n := (node{n}); !n.Ignored && nameFits(n.name(), e.name) && (e.parent == nil || n.BackendDOMNodeID != query.BackendNodeID) {
			fit = append(fit, n)
		}
	}
	return fit, nil
}

func nameFits(name, wanted string) bool {
	if beginning, ok := strings.CutSuffix(wanted, "…"); ok {
		return strings.HasPrefix(name, beginning)
	}
	return wanted == "" || name == wanted
}

// one gives the element, or why there is not exactly one.
func (e *Element) one() (node, error) {
	all, err := e.all()
	if err != nil {
		return node{}, err
	}
	at := 0
	if e.chosen != nil {
		if at = *e.chosen; at < 0 {
			at += len(all)
		}
	} else if len(all) > 1 {
		return node{}, fmt.Errorf("there are %d: %s", len(all), names(all))
	}
	if at < 0 || at >= len(all) {
		return node{}, fmt.Errorf("there is none (%d fit)", len(all))
	}
	return all[at], nil
}

func names(all []node) string {
	var out []string
	for _, n := range all {
		out = append(out, n.name())
	}
	return brief(strings.Join(out, " | "))
}

func (n node) name() string {
	if n.Name == nil {
		return ""
	}
	var text string
	_ = json.Unmarshal(n.Name.Value, &text)
	return strings.Join(strings.Fields(text), " ")
}

// property gives a state such as "checked", "pressed", "expanded", "disabled"
// or "focused" as text; empty if the element has no such state.
func (n node) property(name string) string {
	for _, p := range n.Properties {
		if string(p.Name) == name && p.Value != nil {
			return strings.Trim(string(p.Value.Value), `"`)
		}
	}
	return ""
}

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

// State is the value of a state; empty without it.
func (e *Element) State(state string) (value string) {
	e.tab.t.Helper()
	e.until(state, func(n node) (bool, string) { value = n.property(state); return true, "" })
	return value
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
	yes := true
	result, err := try(tab, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function, ObjectID: object, ReturnByValue: &yes, AwaitPromise: &yes, UserGesture: &yes,
	})
	if err != nil {
		return err
	}
	if result.ExceptionDetails != nil {
		return fmt.Errorf("%s", exceptionText(result.ExceptionDetails))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(result.Result.Value, out)
}

func (tab *Tab) object(id cdp.BackendNodeID) (runtime.RemoteObjectID, error) {
	resolved, err := try(tab, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: id})
	if err != nil {
		return "", err
	}
	return resolved.Object.ObjectID, nil
}
