package chatkit

// props are props of a component by name.
type props map[string]any

// component makes a tree of the props that are set: those that are not nil, not
// empty and not false. Zero is a value.
func component(kind string, n Named, p props) Widget {
	w := Widget{"type": kind}
	for prop, v := range p {
		w.set(prop, v)
	}
	w.set("id", n.ID)
	w.set("key", n.Key)
	return w
}

func (w Widget) set(prop string, v any) {
	switch v {
	case nil, "", false:
		return
	}
	w[prop] = v
}

// with sets a prop whatever its value.
func (w Widget) with(prop string, v any) Widget {
	w[prop] = v
	return w
}

// children makes trees of components. An empty list stays one.
func children[C Component](components []C) []any {
	list := make([]any, len(components))
	for i, c := range components {
		list[i] = c.Widget()
	}
	return list
}

func actionProp(a *ActionConfig) any {
	if a == nil {
		return nil
	}
	return a.prop()
}

func (s *WidgetStatus) prop() any {
	if s == nil {
		return nil
	}
	p := map[string]any{"text": s.Text}
	Widget(p).set("icon", s.Icon)
	Widget(p).set("favicon", s.Favicon)
	return p
}

func (b *CardButton) prop() any {
	if b == nil {
		return nil
	}
	return map[string]any{"label": b.Label, "action": b.Action.prop()}
}

func orNil(n int) any {
	if n == 0 {
		return nil
	}
	return n
}
