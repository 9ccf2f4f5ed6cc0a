package chatkit

// Text is plain text. With an ID it can grow while it streams.
type Text struct {
	Named
	Value       string
	Streaming   bool
	Italic      bool
	LineThrough bool
	Color       any
	Weight      string // normal, medium, semibold or bold
	Width       any
	Size        string // xs, sm, md, lg or xl
	Align       string // start, center or end
	Truncate    bool
	MinLines    any
	MaxLines    any
}

// Title is a heading.
type Title struct {
	Named
	Value    string
	Color    any
	Weight   string // normal, medium, semibold or bold
	Size     string // sm, md, lg, xl, 2xl to 5xl
	Align    string // start, center or end
	Truncate bool
	MaxLines any
}

// Caption is small text.
type Caption struct {
	Named
	Value    string
	Color    any
	Weight   string // normal, medium, semibold or bold
	Size     string // sm, md or lg
	Align    string // start, center or end
	Truncate bool
	MaxLines any
}

// Markdown is formatted text. With an ID it can grow while it streams.
type Markdown struct {
	Named
	Value     string
	Streaming bool
}

// Label names an input.
type Label struct {
	Named
	Value     string
	FieldName string // the Name of the input
	Size      string // xs, sm, md, lg or xl
	Weight    string // normal, medium, semibold or bold
	Align     string // start, center or end
	Color     any
}

// Badge is a word in a coloured field.
type Badge struct {
	Named
	Label   string
	Color   string // secondary, success, danger, warning, info or discovery
	Variant string // solid, soft or outline
	Size    string // sm, md or lg
	Pill    bool
}

// Icon is one of ChatKit's icons, "lucide:<name>" or "vendor:<name>".
type Icon struct {
	Named
	Name  string
	Color any
	Size  string // xs, sm, md, lg, xl, 2xl or 3xl
}

// Image is a picture.
type Image struct {
	Named
	Src         string
	Alt         string
	Fit         string // cover, contain, fill, scale-down or none
	Position    string
	Radius      string
	Frame       bool
	Flush       bool
	Height      any
	Width       any
	Size        any
	MaxHeight   any
	MaxWidth    any
	Margin      any
	Background  any
	AspectRatio any
}

// Widget returns the text as a tree.
func (w Text) Widget() Widget {
	return component("Text", w.Named, props{
		"streaming": w.Streaming, "italic": w.Italic, "lineThrough": w.LineThrough, "color": w.Color,
		"weight": w.Weight, "width": w.Width, "size": w.Size, "textAlign": w.Align, "truncate": w.Truncate,
		"minLines": w.MinLines, "maxLines": w.MaxLines,
	}).with("value", w.Value)
}

// Widget returns the heading as a tree.
func (w Title) Widget() Widget {
	return component("Title", w.Named, props{
		"color": w.Color, "weight": w.Weight, "size": w.Size, "textAlign": w.Align, "truncate": w.Truncate, "maxLines": w.MaxLines,
	}).with("value", w.Value)
}

// Widget returns the small text as a tree.
func (w Caption) Widget() Widget {
	return component("Caption", w.Named, props{
		"color": w.Color, "weight": w.Weight, "size": w.Size, "textAlign": w.Align, "truncate": w.Truncate, "maxLines": w.MaxLines,
	}).with("value", w.Value)
}

// Widget returns the formatted text as a tree.
func (w Markdown) Widget() Widget {
	return component("Markdown", w.Named, props{"streaming": w.Streaming}).with("value", w.Value)
}

// Widget returns the label as a tree.
func (w Label) Widget() Widget {
	return component("Label", w.Named, props{
		"size": w.Size, "weight": w.Weight, "textAlign": w.Align, "color": w.Color,
	}).with("value", w.Value).with("fieldName", w.FieldName)
}

// Widget returns the badge as a tree.
func (w Badge) Widget() Widget {
	return component("Badge", w.Named, props{
		"color": w.Color, "variant": w.Variant, "size": w.Size, "pill": w.Pill,
	}).with("label", w.Label)
}

// Widget returns the icon as a tree.
func (w Icon) Widget() Widget {
	return component("Icon", w.Named, props{"color": w.Color, "size": w.Size}).with("name", w.Name)
}

// Widget returns the picture as a tree.
func (w Image) Widget() Widget {
	return component("Image", w.Named, props{
		"alt": w.Alt, "fit": w.Fit, "position": w.Position, "radius": w.Radius, "frame": w.Frame, "flush": w.Flush,
		"height": w.Height, "width": w.Width, "size": w.Size, "maxHeight": w.MaxHeight, "maxWidth": w.MaxWidth,
		"margin": w.Margin, "background": w.Background, "aspectRatio": w.AspectRatio,
	}).with("src", w.Src)
}
