package chatkit

// A Widget is a component of a widget, and so is each of its children: a free
// JSON tree, so that components and props that this package does not know pass
// through. Values are those of encoding/json (numbers read from JSON are
// json.Number), other widgets and what encoding/json can write. Props that are
// nil are not sent.
//
// [Card], [ListView] and the other components build the usual ones.
type Widget map[string]any

// A Component can become a part of a widget.
type Component interface{ Widget() Widget }

// Widget returns w itself.
func (w Widget) Widget() Widget { return w }

// Type returns the name of the component, for example "Card".
func (w Widget) Type() string { return w.text("type") }

// ID returns the component's id, empty when it has none. Text needs one to
// grow while it streams.
func (w Widget) ID() string { return w.text("id") }

func (w Widget) text(prop string) string {
	s, _ := w[prop].(string)
	return s
}
