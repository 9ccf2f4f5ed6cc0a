package chatkit

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Limits of what a user sends at once.
const (
	MaxText        = 32_000 // characters of a message's parts together, of its quote, of the answers to a structured input
	MaxParts       = 64     // parts of a message, answers to a structured input, values of an answer
	MaxAttachments = 10     // of a message
)

// maxID is how long an id, a cursor or a name of an action may be.
const maxID = 200

// CreateThread begins a thread with a message.
type CreateThread struct{ Input UserInput }

// AddUserMessage adds a message to a thread.
type AddUserMessage struct {
	ThreadID string
	Input    UserInput
}

// A UserInput is a message as the client sends it. It has visible text or an
// attachment.
type UserInput struct {
	Content          []UserContent
	Attachments      []string // ids, no two the same
	QuotedText       string
	InferenceOptions InferenceOptions
}

// AddClientToolOutput answers the pending client tool call.
type AddClientToolOutput struct {
	ThreadID string
	Result   json.RawMessage // nil for null
}

// AddStructuredInput answers a pending structured input.
type AddStructuredInput struct {
	ThreadID string
	ItemID   string
	Status   InputStatus       // InputAnswered or InputSkipped
	Answers  map[string]Answer // by id of the question
}

// RetryAfterItem asks for another answer to a user's message.
type RetryAfterItem struct {
	ThreadID string
	ItemID   string
}

// CustomAction is an action of a widget or of the page, to be answered with a
// stream.
type CustomAction struct {
	ThreadID string
	ItemID   string // of the widget; empty when the action comes from none
	Action   Action
}

// SyncCustomAction is a CustomAction to be answered at once.
type SyncCustomAction CustomAction

// An Action is what a widget or the page asks for.
type Action struct {
	Type    string
	Payload json.RawMessage // any JSON; nil for null
}

func (p *CreateThread) fields(c *codec) { c.record("input", &p.Input) }

func (p *AddUserMessage) fields(c *codec) {
	c.id("thread_id", &p.ThreadID)
	c.record("input", &p.Input)
}

func (u *UserInput) fields(c *codec) {
	list(c, "content", &u.Content)
	c.texts("attachments", &u.Attachments)
	c.optText("quoted_text", &u.QuotedText)
	c.optRecord("inference_options", true, &u.InferenceOptions)
	if c.err == nil {
		u.check(c)
	}
}

func (u *UserInput) check(c *codec) {
	length, shown := 0, len(u.Attachments) > 0
	for i := range u.Content {
		length += utf8.RuneCountInString(u.Content[i].Text)
		shown = shown || visible(u.Content[i].Text)
	}
	switch {
	case len(u.Content) > MaxParts:
		c.failAt("content", "must have at most %d parts", MaxParts)
	case length > MaxText:
		c.failAt("content", "must have at most %d characters of text", MaxText)
	case len(u.Attachments) > MaxAttachments:
		c.failAt("attachments", "must name at most %d attachments", MaxAttachments)
	case !shown:
		c.failAt("content", "must have text to see, or there must be an attachment")
	}
	c.longest("quoted_text", u.QuotedText, MaxText)
	u.InferenceOptions.check(c)
	seen := map[string]bool{}
	for i, id := range u.Attachments {
		c.enter("attachments", -1)
		c.enter("", i)
		c.checkID(id)
		if seen[id] {
			c.fail("names an attachment twice")
		}
		seen[id] = true
		c.leave()
		c.leave()
	}
	for i := range u.Content {
		c.enter("content", -1)
		c.enter("", i)
		u.Content[i].check(c)
		c.leave()
		c.leave()
	}
}

func (o *InferenceOptions) check(c *codec) {
	c.enter("inference_options", -1)
	c.longest("tool_choice", o.ToolChoice, maxID)
	c.longest("model", o.Model, maxID)
	c.leave()
}

func (u *UserContent) check(c *codec) {
	if u.Type == InputTag {
		c.longest("id", u.ID, maxID)
		c.longest("group", u.Group, maxID)
	}
}

func (p *AddClientToolOutput) fields(c *codec) {
	c.id("thread_id", &p.ThreadID)
	c.optRaw("result", &p.Result)
}

func (p *AddStructuredInput) fields(c *codec) {
	c.id("thread_id", &p.ThreadID)
	c.id("item_id", &p.ItemID)
	c.record("input", (*structuredAnswers)(p))
}

type structuredAnswers AddStructuredInput

func (p *structuredAnswers) fields(c *codec) {
	wordOr(c, "status", &p.Status, InputAnswered, InputSkipped)
	at, ok := c.find("answers")
	if !ok {
		return
	}
	c.enter("answers", -1)
	c.readObject(at, func() { p.readAnswers(c) })
	c.leave()
}

func (p *structuredAnswers) readAnswers(c *codec) {
	given := c.members[c.first:]
	if len(given) > MaxParts {
		c.fail("must have at most %d answers", MaxParts)
		return
	}
	p.Answers = make(map[string]Answer, len(given))
	length := 0
	for _, m := range given {
		var a Answer
		question := string(m.key)
		c.checkID(question)
		if strings.IndexByte(question, 0) >= 0 {
			c.fail("must not contain U+0000")
		}
		c.optRecord(question, true, &a)
		for _, v := range a.Values {
			length += utf8.RuneCountInString(v)
		}
		if len(a.Values) > MaxParts {
			c.failAt(question, "must have at most %d values", MaxParts)
		}
		p.Answers[question] = a
	}
	if length > MaxText {
		c.fail("must have at most %d characters of text", MaxText)
	}
}

func (p *RetryAfterItem) fields(c *codec) {
	c.id("thread_id", &p.ThreadID)
	c.id("item_id", &p.ItemID)
}

func (p *CustomAction) fields(c *codec) {
	c.id("thread_id", &p.ThreadID)
	if _, ok := c.find("item_id"); ok {
		c.id("item_id", &p.ItemID)
	}
	c.record("action", &p.Action)
}

func (p *SyncCustomAction) fields(c *codec) { (*CustomAction)(p).fields(c) }

func (a *Action) fields(c *codec) {
	c.id("type", &a.Type)
	c.optRaw("payload", &a.Payload)
}
