package chatkit

// An Update tells how an item grows: *ContentAdded, *TextDelta,
// *AnnotationAdded and *ContentDone for assistant messages, *WidgetTextDelta,
// *WidgetRoot and *WidgetComponent for widgets, *TaskAdded and *TaskUpdated
// for workflows, *ImageUpdated for generated images.
type Update interface {
	// UpdateType is the update's type on the wire, for example
	// "workflow.task.added".
	UpdateType() string

	fields(*codec)
}

// ContentAdded begins a part of an assistant message.
type ContentAdded struct {
	Index   int // of the part, from 0
	Content AssistantContent
}

// TextDelta appends to the text of a part.
type TextDelta struct {
	Index int // of the part, from 0
	Delta string
}

// AnnotationAdded adds an annotation to a part.
type AnnotationAdded struct {
	Index           int // of the part, from 0
	AnnotationIndex int
	Annotation      Annotation
}

// ContentDone ends a part and replaces what it was so far.
type ContentDone struct {
	Index   int // of the part, from 0
	Content AssistantContent
}

// WidgetTextDelta appends to the value of a Text or Markdown component.
type WidgetTextDelta struct {
	ComponentID string
	Delta       string
	Done        bool
}

// WidgetRoot replaces a whole widget.
type WidgetRoot struct{ Widget Widget }

// WidgetComponent replaces one component of a widget.
type WidgetComponent struct {
	ComponentID string
	Component   Widget
}

// TaskAdded adds a task to a workflow.
type TaskAdded struct {
	Index int
	Task  Task
}

// TaskUpdated replaces a task of a workflow.
type TaskUpdated struct {
	Index int
	Task  Task
}

// ImageUpdated brings an image that is not finished.
type ImageUpdated struct {
	Image    ImageRef
	Progress *float64 // 0 to 1
}

// UpdateType returns "assistant_message.content_part.added".
func (*ContentAdded) UpdateType() string { return "assistant_message.content_part.added" }

// UpdateType returns "assistant_message.content_part.text_delta".
func (*TextDelta) UpdateType() string { return "assistant_message.content_part.text_delta" }

// UpdateType returns "assistant_message.content_part.annotation_added".
func (*AnnotationAdded) UpdateType() string {
	return "assistant_message.content_part.annotation_added"
}

// UpdateType returns "assistant_message.content_part.done".
func (*ContentDone) UpdateType() string { return "assistant_message.content_part.done" }

// UpdateType returns "widget.streaming_text.value_delta".
func (*WidgetTextDelta) UpdateType() string { return "widget.streaming_text.value_delta" }

// UpdateType returns "widget.root.updated".
func (*WidgetRoot) UpdateType() string { return "widget.root.updated" }

// UpdateType returns "widget.component.updated".
func (*WidgetComponent) UpdateType() string { return "widget.component.updated" }

// UpdateType returns "workflow.task.added".
func (*TaskAdded) UpdateType() string { return "workflow.task.added" }

// UpdateType returns "workflow.task.updated".
func (*TaskUpdated) UpdateType() string { return "workflow.task.updated" }

// UpdateType returns "generated_image.updated".
func (*ImageUpdated) UpdateType() string { return "generated_image.updated" }

// newUpdate returns an empty update, nil for an unknown type.
func newUpdate(kind string) Update {
	for _, u := range []Update{
		new(ContentAdded), new(TextDelta), new(AnnotationAdded), new(ContentDone), new(WidgetTextDelta),
		new(WidgetRoot), new(WidgetComponent), new(TaskAdded), new(TaskUpdated), new(ImageUpdated),
	} {
		if u.UpdateType() == kind {
			return u
		}
	}
	return nil
}

// update is a member that holds an update.
func (c *codec) update(name string, u *Update) {
	if !c.reading {
		if *u == nil {
			c.fail("is nil")
			return
		}
		c.key(name)
		c.out = append(c.out, `{"type":"`...)
		c.out = append(c.out, (*u).UpdateType()...)
		c.out = append(c.out, '"')
		(*u).fields(c)
		c.out = append(c.out, '}')
		return
	}
	s, ok := c.need(name)
	if !ok {
		return
	}
	c.enter(name, -1)
	c.readObject(s, func() {
		var kind string
		c.text("type", &kind)
		if *u = newUpdate(kind); *u == nil {
			c.fail("has the unknown update type %q", kind)
			return
		}
		(*u).fields(c)
	})
	c.leave()
}

func (u *ContentAdded) fields(c *codec) {
	c.integer("content_index", &u.Index)
	c.record("content", &u.Content)
}

func (u *TextDelta) fields(c *codec) {
	c.integer("content_index", &u.Index)
	c.text("delta", &u.Delta)
}

func (u *AnnotationAdded) fields(c *codec) {
	c.integer("content_index", &u.Index)
	c.integer("annotation_index", &u.AnnotationIndex)
	c.record("annotation", &u.Annotation)
}

func (u *ContentDone) fields(c *codec) {
	c.integer("content_index", &u.Index)
	c.record("content", &u.Content)
}

func (u *WidgetTextDelta) fields(c *codec) {
	c.text("component_id", &u.ComponentID)
	c.text("delta", &u.Delta)
	c.flag("done", &u.Done)
}

func (u *WidgetRoot) fields(c *codec) { c.widget("widget", &u.Widget) }

func (u *WidgetComponent) fields(c *codec) {
	c.text("component_id", &u.ComponentID)
	c.widget("component", &u.Component)
}

func (u *TaskAdded) fields(c *codec) {
	c.integer("task_index", &u.Index)
	c.record("task", &u.Task)
}

func (u *TaskUpdated) fields(c *codec) {
	c.integer("task_index", &u.Index)
	c.record("task", &u.Task)
}

func (u *ImageUpdated) fields(c *codec) {
	c.record("image", &u.Image)
	c.optNumber("progress", &u.Progress)
}
