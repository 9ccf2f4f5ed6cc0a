package chatkit

import "encoding/json"

// A WidgetItem shows a widget.
type WidgetItem struct {
	Base
	Widget   Widget
	CopyText string // what the copy button copies
}

// A GeneratedImage shows an image that the assistant made.
type GeneratedImage struct {
	Base
	Image *ImageRef // nil until there is one
}

// An ImageRef says where an image is.
type ImageRef struct {
	ID  string
	URL string // https: or data:
}

// An EndOfTurn tells the client that the assistant waits for the user.
type EndOfTurn struct{ Base }

// A HiddenContext is kept in the thread for the model and never sent to a
// client.
type HiddenContext struct {
	Base
	Content json.RawMessage // any JSON; nil is written as null
}

// An SDKHiddenContext is a HiddenContext that this package itself made, for
// example to note that the user stopped an answer.
type SDKHiddenContext struct {
	Base
	Content string
}

// Kind returns KindWidget.
func (*WidgetItem) Kind() ItemKind { return KindWidget }

// Kind returns KindGeneratedImage.
func (*GeneratedImage) Kind() ItemKind { return KindGeneratedImage }

// Kind returns KindEndOfTurn.
func (*EndOfTurn) Kind() ItemKind { return KindEndOfTurn }

// Kind returns KindHiddenContext.
func (*HiddenContext) Kind() ItemKind { return KindHiddenContext }

// Kind returns KindSDKHiddenContext.
func (*SDKHiddenContext) Kind() ItemKind { return KindSDKHiddenContext }

// Hidden reports true.
func (*HiddenContext) Hidden() bool { return true }

// Hidden reports true.
func (*SDKHiddenContext) Hidden() bool { return true }

func (w *WidgetItem) fields(c *codec) {
	c.widget("widget", &w.Widget)
	c.optText("copy_text", &w.CopyText)
}

func (g *GeneratedImage) fields(c *codec) { optional(c, "image", &g.Image) }

func (i *ImageRef) fields(c *codec) {
	c.text("id", &i.ID)
	c.text("url", &i.URL)
}

func (*EndOfTurn) fields(*codec) {}

func (h *HiddenContext) fields(c *codec) { c.raw("content", &h.Content) }

func (h *SDKHiddenContext) fields(c *codec) { c.text("content", &h.Content) }
