package browsertest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
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
// Where several fit, one must be chosen with First or Last.
type Element struct {
	scope
	role, name string
	parent     *Element
	chosen     *int // its index among those that fit, from the end if negative
}

// First chooses the first in the order of the page.
func (e *Element) First() *Element { return e.nth(0) }

// Last chooses the last in the order of the page.
func (e *Element) Last() *Element { return e.nth(-1) }

// nth chooses by index; -1 is the last.
func (e *Element) nth(index int) *Element {
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
	fit, _, err := e.look()
	return fit, err
}

// look gives the elements that fit now, and those that have only the role.
func (e *Element) look() (fit, others []node, err error) {
	query := accessibility.QueryAXTreeParams{Role: e.role}
	if e.parent == nil {
		document, err := try(e.tab, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
		if err != nil {
			return nil, nil, err
		}
		query.ObjectID = document.Result.ObjectID
	} else {
		root, err := e.parent.one()
		if err != nil {
			return nil, nil, err
		}
		query.BackendNodeID = root.BackendDOMNodeID
	}
	found, err := try(e.tab, accessibility.QueryAXTree, query)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range found.Nodes {
		n := node{n}
		switch {
		case n.Ignored || e.parent != nil && n.BackendDOMNodeID == query.BackendNodeID:
		case nameFits(n.name(), e.name):
			fit = append(fit, n)
		default:
			others = append(others, n)
		}
	}
	return fit, others, nil
}

func nameFits(name, wanted string) bool {
	if beginning, ok := strings.CutSuffix(wanted, "…"); ok {
		return strings.HasPrefix(name, beginning)
	}
	return wanted == "" || name == wanted
}

// one gives the element, or why there is not exactly one.
func (e *Element) one() (node, error) {
	all, others, err := e.look()
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
		return node{}, fmt.Errorf("there is none; %d fit, and %d others are called %q", len(all), len(others), names(others))
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

func (n node) name() string { return computed(n.Name) }
func (n node) role() string { return computed(n.Role) }

// computed is a text that the browser worked out; without it, none.
func computed(v *accessibility.Value) (text string) {
	if v != nil {
		_ = json.Unmarshal(v.Value, &text)
	}
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
