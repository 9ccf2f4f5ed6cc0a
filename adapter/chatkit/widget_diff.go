package chatkit

import (
	"bytes"
	"strings"
)

// WidgetDiff returns the updates that turn one state of a widget into the next
// while it streams: nothing when they are equal; deltas when all that happened
// is that the values of Text and Markdown components grew at their end;
// otherwise the whole widget anew. The error tells of what is no JSON. A growing text without an id yields nothing:
// the client sees it when the item is done.
func WidgetDiff(before, after Widget) ([]Update, error) {
	var d widgetDiff
	same, err := d.same(map[string]any(before), map[string]any(after))
	if err != nil {
		return nil, err
	}
	if !same {
		return []Update{&WidgetRoot{after}}, nil
	}
	return d.deltas, nil
}

// A widgetDiff collects how texts grew.
type widgetDiff struct {
	deltas []Update
	depth  int
}

// same reports whether nothing but growing texts sets two values apart.
func (d *widgetDiff) same(before, after any) (bool, error) {
	if d.depth++; d.depth > maxFreeDepth {
		return false, errDeep
	}
	defer func() { d.depth-- }()
	if a, ok := asMap(before); ok {
		if b, ok := asMap(after); ok {
			return d.sameMap(a, b)
		}
	}
	if a, ok := asList(before); ok {
		if b, ok := asList(after); ok {
			return d.sameList(a, b)
		}
	}
	return sameJSON(before, after)
}

func (d *widgetDiff) sameMap(before, after map[string]any) (bool, error) {
	grown, rest := growth(before, after)
	for _, prop := range propsOf(before, after) {
		if grown && prop == "value" {
			continue
		}
		if same, err := d.same(before[prop], after[prop]); !same || err != nil {
			return false, err
		}
	}
	if id := Widget(after).ID(); grown && rest != "" && id != "" {
		streaming, _ := after["streaming"].(bool)
		d.deltas = append(d.deltas, &WidgetTextDelta{ComponentID: id, Delta: rest, Done: !streaming})
	}
	return true, nil
}

func (d *widgetDiff) sameList(before, after []any) (bool, error) {
	if len(before) != len(after) {
		return false, nil
	}
	for i := range before {
		if same, err := d.same(before[i], after[i]); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

// growth returns what was added to the end of a text's value.
func growth(before, after map[string]any) (grown bool, rest string) {
	if kind := Widget(after).Type(); kind != "Text" && kind != "Markdown" {
		return false, ""
	}
	from, ok := before["value"].(string)
	to, ok2 := after["value"].(string)
	if !ok || !ok2 {
		return false, ""
	}
	rest, grown = strings.CutPrefix(to, from)
	return grown, rest
}

// propsOf names the props of both, in an order that is always the same.
func propsOf(before, after map[string]any) []string {
	props := map[string]bool{}
	for prop := range before {
		props[prop] = true
	}
	for prop := range after {
		props[prop] = true
	}
	return sortedKeys(props)
}

func asMap(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, v != nil
	case Component:
		w := v.Widget()
		return w, w != nil
	}
	return nil, false
}

func asList(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, v != nil
	case []Widget:
		return anyList(v)
	case []Component:
		return anyList(v)
	}
	return nil, false
}

func anyList[T any](l []T) ([]any, bool) {
	list := make([]any, len(l))
	for i := range l {
		list[i] = l[i]
	}
	return list, l != nil
}

// sameJSON compares as the client would see the values: a prop that is nil is
// not there.
func sameJSON(a, b any) (bool, error) {
	if s, ok := a.(string); ok {
		if t, ok := b.(string); ok {
			return s == t, nil
		}
	}
	x, err := appendFree(nil, a, freeRules{dropNull: true})
	if err != nil {
		return false, err
	}
	y, err := appendFree(nil, b, freeRules{dropNull: true})
	return bytes.Equal(x, y), err
}
