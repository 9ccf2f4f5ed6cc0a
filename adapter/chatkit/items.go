package chatkit

import (
	"errors"
	"fmt"
	"time"
)

// An Item is one entry of a thread. The concrete types are *UserMessage,
// *AssistantMessage, *ClientToolCall, *WidgetItem, *GeneratedImage,
// *StructuredInput, *WorkflowItem, *TaskItem, *EndOfTurn, *HiddenContext and
// *SDKHiddenContext; all embed Base.
type Item interface {
	ItemID() string
	Kind() ItemKind
	// Hidden reports whether the item is never sent to a client.
	Hidden() bool
	// Head gives what all items have. It may be changed through the pointer.
	Head() *Base

	fields(*codec)
}

// An ItemKind is the type of an item as it stands on the wire.
type ItemKind string

// The kinds of items.
const (
	KindUserMessage      ItemKind = "user_message"
	KindAssistantMessage ItemKind = "assistant_message"
	KindClientToolCall   ItemKind = "client_tool_call"
	KindWidget           ItemKind = "widget"
	KindGeneratedImage   ItemKind = "generated_image"
	KindStructuredInput  ItemKind = "structured_input"
	KindWorkflow         ItemKind = "workflow"
	KindTask             ItemKind = "task"
	KindEndOfTurn        ItemKind = "end_of_turn"
	KindHiddenContext    ItemKind = "hidden_context_item"
	KindSDKHiddenContext ItemKind = "sdk_hidden_context"
)

// Base is what every item has.
type Base struct {
	ID        string // unique in its thread
	ThreadID  string
	CreatedAt time.Time // stored in UTC to the nanosecond, sent to the microsecond
}

// ItemID returns the item's id.
func (b *Base) ItemID() string { return b.ID }

// Hidden reports false: most items are for the client to see.
func (b *Base) Hidden() bool { return false }

// Head returns b.
func (b *Base) Head() *Base { return b }

// ErrHidden reports that a hidden item was about to be sent to a client.
var ErrHidden = errors.New("hidden item is not for the wire")

// MarshalItem returns the stored form of an item, hidden or not, as one line
// of JSON. It fails when free-form JSON in the item is malformed.
func MarshalItem(it Item) ([]byte, error) {
	return encode(nil, false, func(c *codec) { c.itemValue(&it) })
}

// AppendItem appends the wire form of an item to dst. A hidden item gives
// ErrHidden. When it fails, dst comes back as it was.
func AppendItem(dst []byte, it Item) ([]byte, error) {
	return encode(dst, true, func(c *codec) { c.itemValue(&it) })
}

// UnmarshalItem reads an item in either form. Members that it does not know
// are left out; a type that it does not know, a missing id and members of the
// wrong kind are errors that name the place. What was nil or empty comes back
// as nil, except where a field says otherwise.
func UnmarshalItem(data []byte) (Item, error) {
	var it Item
	if err := decode(data, func(c *codec) { c.readItem(whole(data), &it) }); err != nil {
		return nil, fmt.Errorf("read item: %w", err)
	}
	return it, nil
}

// newItem returns an empty item, nil for an unknown kind.
func newItem(kind ItemKind) Item {
	switch kind {
	case KindUserMessage:
		return new(UserMessage)
	case KindAssistantMessage:
		return new(AssistantMessage)
	case KindClientToolCall:
		return new(ClientToolCall)
	case KindWidget:
		return new(WidgetItem)
	case KindGeneratedImage:
		return new(GeneratedImage)
	case KindStructuredInput:
		return new(StructuredInput)
	case KindWorkflow:
		return new(WorkflowItem)
	case KindTask:
		return new(TaskItem)
	case KindEndOfTurn:
		return new(EndOfTurn)
	case KindHiddenContext:
		return new(HiddenContext)
	case KindSDKHiddenContext:
		return new(SDKHiddenContext)
	}
	return nil
}

func (b *Base) baseFields(c *codec) {
	c.text("id", &b.ID)
	c.optText("thread_id", &b.ThreadID)
	c.time("created_at", &b.CreatedAt)
}

// item is a member that holds an item.
func (c *codec) item(name string, it *Item) {
	if !c.reading {
		c.key(name)
		c.itemValue(it)
		return
	}
	if s, ok := c.need(name); ok {
		c.enter(name, -1)
		c.readItem(s, it)
		c.leave()
	}
}

// itemValue writes an item as an object.
func (c *codec) itemValue(it *Item) {
	switch {
	case *it == nil:
		c.fail("is nil")
		return
	case c.wire && (*it).Hidden():
		c.stop(fmt.Errorf("%s %s: %w", (*it).Kind(), (*it).ItemID(), ErrHidden))
		return
	}
	c.out = append(c.out, '{')
	(*it).Head().baseFields(c)
	kind := string((*it).Kind())
	c.text("type", &kind)
	(*it).fields(c)
	c.out = append(c.out, '}')
}

func (c *codec) readItem(s span, it *Item) {
	c.readObject(s, func() {
		var kind string
		c.text("type", &kind)
		read := newItem(ItemKind(kind))
		if read == nil {
			c.fail("has the unknown item type %q", kind)
			return
		}
		read.Head().baseFields(c)
		if read.ItemID() == "" {
			c.fail("has an empty id")
		}
		read.fields(c)
		*it = read
	})
}
