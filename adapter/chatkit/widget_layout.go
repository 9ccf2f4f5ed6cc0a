package chatkit

// Named holds what every component may have.
type Named struct {
	ID  string // what updates and events refer to
	Key string // tells siblings apart when the widget changes
}

// Layout holds what boxes may have. Lengths are numbers (units of 4 pixels, for
// heights, widths and sizes pixels) or CSS; colours are tokens, primitives such
// as red-100, CSS, or map[string]any{"light": …, "dark": …}.
type Layout struct {
	Align       string // start, center, end, baseline or stretch
	Justify     string // start, center, end, between, around, evenly or stretch
	Wrap        string // nowrap, wrap or wrap-reverse
	Flex        any
	Gap         any
	Height      any
	Width       any
	Size        any
	MinHeight   any
	MinWidth    any
	MinSize     any
	MaxHeight   any
	MaxWidth    any
	MaxSize     any
	Padding     any
	Margin      any
	Border      any // pixels, {size, color, style}, or one of these for each side
	Radius      string
	Background  any
	AspectRatio any
}

// WidgetStatus is a line above a card or a list.
type WidgetStatus struct {
	Text    string
	Icon    string
	Favicon string
}

// A CardButton is one of the two buttons below a card.
type CardButton struct {
	Label  string
	Action ActionConfig
}

// Card is a root: a frame around its children.
type Card struct {
	Named
	Children   []Component
	AsForm     bool // confirm sends the values of the inputs within
	Background any
	Size       string // sm, md, lg or full
	Padding    any
	Status     *WidgetStatus
	Collapsed  bool
	Confirm    *CardButton
	Cancel     *CardButton
	Theme      string // light or dark
}

// ListView is a root: a list of rows.
type ListView struct {
	Named
	Children []ListViewItem
	Limit    int // rows shown before "show more"; 0: the client decides
	Status   *WidgetStatus
	Theme    string // light or dark
}

// ListViewItem is a row of a ListView.
type ListViewItem struct {
	Named
	Children []Component
	OnClick  *ActionConfig
	Gap      any
	Align    string
}

// Basic is a root without a frame.
type Basic struct {
	Named
	Children  []Component
	Theme     string // light or dark
	Direction string // row or col
	Gap       any
	Padding   any
	Align     string
	Justify   string
}

// Box is a container of either direction.
type Box struct {
	Named
	Layout
	Children  []Component
	Direction string // row or col
}

// Row lays its children side by side.
type Row struct {
	Named
	Layout
	Children []Component
}

// Col lays its children one below the other.
type Col struct {
	Named
	Layout
	Children []Component
}

// Form is a container whose inputs are sent together.
type Form struct {
	Named
	Layout
	Children  []Component
	Direction string // row or col
	OnSubmit  *ActionConfig
}

// Transition animates when another child takes the place of its child.
type Transition struct {
	Named
	Child Component // nil: none
}

// Divider is a line between components.
type Divider struct {
	Named
	Color   any
	Size    any
	Spacing any
	Flush   bool // to the edges of the card
}

// Spacer takes the room that is left.
type Spacer struct {
	Named
	MinSize any
}

// Widget returns the card as a tree.
func (w Card) Widget() Widget {
	return component("Card", w.Named, props{
		"asForm": w.AsForm, "background": w.Background, "size": w.Size, "padding": w.Padding,
		"status": w.Status.prop(), "collapsed": w.Collapsed, "confirm": w.Confirm.prop(),
		"cancel": w.Cancel.prop(), "theme": w.Theme,
	}).with("children", children(w.Children))
}

// Widget returns the list as a tree.
func (w ListView) Widget() Widget {
	return component("ListView", w.Named, props{
		"limit": orNil(w.Limit), "status": w.Status.prop(), "theme": w.Theme,
	}).with("children", children(w.Children))
}

// Widget returns the row as a tree.
func (w ListViewItem) Widget() Widget {
	return component("ListViewItem", w.Named, props{
		"onClickAction": actionProp(w.OnClick), "gap": w.Gap, "align": w.Align,
	}).with("children", children(w.Children))
}

// Widget returns the root as a tree.
func (w Basic) Widget() Widget {
	return component("Basic", w.Named, props{
		"theme": w.Theme, "direction": w.Direction, "gap": w.Gap, "padding": w.Padding,
		"align": w.Align, "justify": w.Justify,
	}).with("children", children(w.Children))
}

// Widget returns the box as a tree.
func (w Box) Widget() Widget {
	return component("Box", w.Named, w.Layout.props(props{"direction": w.Direction})).with("children", children(w.Children))
}

// Widget returns the row as a tree.
func (w Row) Widget() Widget {
	return component("Row", w.Named, w.Layout.props(props{})).with("children", children(w.Children))
}

// Widget returns the column as a tree.
func (w Col) Widget() Widget {
	return component("Col", w.Named, w.Layout.props(props{})).with("children", children(w.Children))
}

// Widget returns the form as a tree.
func (w Form) Widget() Widget {
	return component("Form", w.Named, w.Layout.props(props{
		"direction": w.Direction, "onSubmitAction": actionProp(w.OnSubmit),
	})).with("children", children(w.Children))
}

// Widget returns the transition as a tree.
func (w Transition) Widget() Widget {
	tree := component("Transition", w.Named, nil)
	if w.Child != nil {
		tree["children"] = w.Child.Widget()
	}
	return tree
}

// Widget returns the line as a tree.
func (w Divider) Widget() Widget {
	return component("Divider", w.Named, props{"color": w.Color, "size": w.Size, "spacing": w.Spacing, "flush": w.Flush})
}

// Widget returns the spacer as a tree.
func (w Spacer) Widget() Widget { return component("Spacer", w.Named, props{"minSize": w.MinSize}) }

func (l Layout) props(more props) props {
	for prop, v := range (props{
		"align": l.Align, "justify": l.Justify, "wrap": l.Wrap, "flex": l.Flex, "gap": l.Gap,
		"height": l.Height, "width": l.Width, "size": l.Size,
		"minHeight": l.MinHeight, "minWidth": l.MinWidth, "minSize": l.MinSize,
		"maxHeight": l.MaxHeight, "maxWidth": l.MaxWidth, "maxSize": l.MaxSize,
		"padding": l.Padding, "margin": l.Margin, "border": l.Border, "radius": l.Radius,
		"background": l.Background, "aspectRatio": l.AspectRatio,
	}) {
		more[prop] = v
	}
	return more
}
