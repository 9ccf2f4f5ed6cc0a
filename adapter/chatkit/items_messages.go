package chatkit

import "encoding/json"

// A UserMessage is what the user sent.
type UserMessage struct {
	Base
	Content          []UserContent
	Attachments      []Attachment
	QuotedText       string // what the message replies to
	InferenceOptions InferenceOptions
}

// InferenceOptions are what the user chose in the composer. Empty fields mean
// that nothing was chosen.
type InferenceOptions struct {
	ToolChoice string // id of a composer tool
	Model      string // id of a composer model
}

// ContentType is the kind of a part of a user's message.
type ContentType string

// The kinds of parts of a user's message.
const (
	InputText ContentType = "input_text"
	InputTag  ContentType = "input_tag" // an entity that the user mentioned with @
)

// UserContent is a part of a user's message. Only Type and Text belong to a
// text, all fields to a tag; others are not written.
type UserContent struct {
	Type        ContentType
	Text        string
	ID          string
	Data        json.RawMessage // an object; nil is written as {}
	Group       string
	Interactive bool
}

// An AssistantMessage is what the assistant answered.
type AssistantMessage struct {
	Base
	Content []AssistantContent
}

// AssistantContent is a part of an answer: Markdown with its annotations.
type AssistantContent struct {
	Text        string
	Annotations []Annotation
}

// An Annotation ties a place of a text to a source.
type Annotation struct {
	Source Source
	Index  *int // in characters; nil: the text as a whole
}

// SourceType is the kind of a source.
type SourceType string

// The kinds of sources.
const (
	SourceURL    SourceType = "url"
	SourceFile   SourceType = "file"
	SourceEntity SourceType = "entity"
)

// A Source is what an annotation or a task refers to. The first five fields
// belong to every kind, the others to the kind that they are grouped by;
// those of other kinds are not written.
type Source struct {
	Type        SourceType
	Title       string
	Description string
	Timestamp   string
	Group       string

	URL         string // SourceURL
	Attribution string

	Filename string // SourceFile

	ID          string // SourceEntity
	Icon        string
	Label       string
	InlineLabel string
	Interactive bool
	Data        json.RawMessage // an object; nil is written as {}
}

// Kind returns KindUserMessage.
func (*UserMessage) Kind() ItemKind { return KindUserMessage }

// Kind returns KindAssistantMessage.
func (*AssistantMessage) Kind() ItemKind { return KindAssistantMessage }

func (m *UserMessage) fields(c *codec) {
	list(c, "content", &m.Content)
	list(c, "attachments", &m.Attachments)
	c.optText("quoted_text", &m.QuotedText)
	c.optRecord("inference_options", true, &m.InferenceOptions)
}

func (o *InferenceOptions) fields(c *codec) {
	c.optRecord("tool_choice", o.ToolChoice != "", (*toolChoice)(&o.ToolChoice))
	c.optText("model", &o.Model)
}

type toolChoice string

func (t *toolChoice) fields(c *codec) { c.text("id", (*string)(t)) }

func (u *UserContent) fields(c *codec) {
	word(c, "type", &u.Type, InputText, InputTag)
	if u.Type != InputTag {
		c.text("text", &u.Text)
		return
	}
	c.text("id", &u.ID)
	c.text("text", &u.Text)
	c.object("data", &u.Data)
	c.optText("group", &u.Group)
	c.flag("interactive", &u.Interactive)
}

func (m *AssistantMessage) fields(c *codec) { list(c, "content", &m.Content) }

func (a *AssistantContent) fields(c *codec) {
	c.constant("type", "output_text")
	c.text("text", &a.Text)
	list(c, "annotations", &a.Annotations)
}

func (a *Annotation) fields(c *codec) {
	c.constant("type", "annotation")
	c.record("source", &a.Source)
	c.optInt("index", &a.Index)
}

func (s *Source) fields(c *codec) {
	word(c, "type", &s.Type, SourceURL, SourceFile, SourceEntity)
	c.text("title", &s.Title)
	c.optText("description", &s.Description)
	c.optText("timestamp", &s.Timestamp)
	c.optText("group", &s.Group)
	switch s.Type {
	case SourceURL:
		c.text("url", &s.URL)
		c.optText("attribution", &s.Attribution)
	case SourceFile:
		c.text("filename", &s.Filename)
	case SourceEntity:
		c.text("id", &s.ID)
		c.optText("icon", &s.Icon)
		c.optText("label", &s.Label)
		c.optText("inline_label", &s.InlineLabel)
		c.flag("interactive", &s.Interactive)
		c.object("data", &s.Data)
	}
}
