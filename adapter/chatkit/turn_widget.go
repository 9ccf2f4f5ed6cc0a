package chatkit

import "errors"

// A WidgetStream shows a widget that changes. Done must end it: a widget that a
// handler leaves open is not stored.
type WidgetStream struct {
	turn *Turn
	item *WidgetItem
}

// ShowWidget sends and stores a widget, whose root ChatKit wants to be a
// [Card], a [ListView] or a [Basic]. copyText is what the copy button copies;
// empty: there is none.
func (t *Turn) ShowWidget(c Component, copyText string) error {
	if c == nil {
		return errors.New("chatkit: no widget to show")
	}
	return t.Send(&ItemDone{&WidgetItem{Widget: c.Widget(), CopyText: copyText}})
}

// StartWidget announces the first state of a widget.
func (t *Turn) StartWidget(c Component, copyText string) (*WidgetStream, error) {
	s := &WidgetStream{t, &WidgetItem{Widget: cloneWidget(c), CopyText: copyText}}
	return s, t.Send(&ItemAdded{s.item})
}

// ID returns the item's id.
func (s *WidgetStream) ID() string { return s.item.ID }

// Update sends what sets the next state apart from the last one: how texts grew,
// or the whole widget. Equal states send nothing.
func (s *WidgetStream) Update(c Component) error {
	next := cloneWidget(c)
	updates, err := WidgetDiff(s.item.Widget, next)
	if err != nil {
		return err
	}
	for _, u := range updates {
		if err := s.turn.Send(&ItemUpdated{s.item.ID, u}); err != nil {
			return err
		}
	}
	s.item.Widget = next
	return nil
}

// Done stores the widget in its last state.
func (s *WidgetStream) Done() error { return s.turn.Send(&ItemDone{s.item}) }

// cloneWidget copies a tree, so that its owner may change it to make the next
// state.
func cloneWidget(c Component) Widget { return Widget(cloneTree(c).(map[string]any)) }

func cloneTree(v any) any {
	if m, ok := asMap(v); ok {
		c := make(map[string]any, len(m))
		for prop, value := range m {
			c[prop] = cloneTree(value)
		}
		return c
	}
	if l, ok := asList(v); ok {
		c := make([]any, len(l))
		for i := range l {
			c[i] = cloneTree(l[i])
		}
		return c
	}
	return v
}
