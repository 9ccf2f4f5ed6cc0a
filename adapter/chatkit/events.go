package chatkit

import (
	"encoding/json"
	"fmt"
)

// An Event is what a turn sends to the client: *ThreadCreated, *ThreadUpdated,
// *ItemAdded, *ItemUpdated, *ItemDone, *ItemRemoved, *ItemReplaced,
// *StreamOptions, *ProgressUpdate, *ClientEffect, *Notice or *ErrorEvent.
type Event interface {
	// EventType is the event's type on the wire, for example
	// "thread.item.done".
	EventType() string

	fields(*codec)
}

// ThreadCreated announces a new thread.
type ThreadCreated struct{ Thread *Thread }

// ThreadUpdated announces a changed title, status or list of image domains.
type ThreadUpdated struct{ Thread *Thread }

// ItemAdded announces an item that will grow. It is shown, not stored.
type ItemAdded struct{ Item Item }

// ItemUpdated tells how an announced item grows.
type ItemUpdated struct {
	ItemID string
	Update Update
}

// ItemDone brings an item in its final form; it is stored before it is sent.
// It needs no ItemAdded before it.
type ItemDone struct{ Item Item }

// ItemRemoved takes an item away, from the store too.
type ItemRemoved struct{ ItemID string }

// ItemReplaced brings a new form of an item that was done.
type ItemReplaced struct{ Item Item }

// StreamOptions tells the client what it may do while the answer streams.
type StreamOptions struct {
	AllowCancel bool // whether the stop button shows
}

// ProgressUpdate shows a line of text while nothing else happens. It is not
// stored.
type ProgressUpdate struct {
	Text string
	Icon string
}

// ClientEffect fires an effect in the page that holds the client. It is not
// stored.
type ClientEffect struct {
	Name string
	Data json.RawMessage // an object; nil is written as {}
}

// NoticeLevel is how serious a notice is.
type NoticeLevel string

// The levels of notices.
const (
	NoticeInfo    NoticeLevel = "info"
	NoticeWarning NoticeLevel = "warning"
	NoticeDanger  NoticeLevel = "danger"
)

// Notice shows a message that belongs to no item. It is not stored.
type Notice struct {
	Level   NoticeLevel // empty is written as info
	Message string      // Markdown
	Title   string
}

// ErrorCode tells the client where the words of an error come from.
type ErrorCode string

// The codes of errors.
const (
	ErrorCustom ErrorCode = "custom"       // Message is shown
	ErrorStream ErrorCode = "stream.error" // the client has words of its own
)

// ErrorEvent tells that the turn failed. As an event that a handler sends it
// ends nothing.
type ErrorEvent struct {
	Code       ErrorCode // empty is written as custom
	Message    string
	AllowRetry bool // whether the client offers to try again
}

// EventType returns "thread.created".
func (*ThreadCreated) EventType() string { return "thread.created" }

// EventType returns "thread.updated".
func (*ThreadUpdated) EventType() string { return "thread.updated" }

// EventType returns "thread.item.added".
func (*ItemAdded) EventType() string { return "thread.item.added" }

// EventType returns "thread.item.updated".
func (*ItemUpdated) EventType() string { return "thread.item.updated" }

// EventType returns "thread.item.done".
func (*ItemDone) EventType() string { return "thread.item.done" }

// EventType returns "thread.item.removed".
func (*ItemRemoved) EventType() string { return "thread.item.removed" }

// EventType returns "thread.item.replaced".
func (*ItemReplaced) EventType() string { return "thread.item.replaced" }

// EventType returns "stream_options".
func (*StreamOptions) EventType() string { return "stream_options" }

// EventType returns "progress_update".
func (*ProgressUpdate) EventType() string { return "progress_update" }

// EventType returns "client_effect".
func (*ClientEffect) EventType() string { return "client_effect" }

// EventType returns "notice".
func (*Notice) EventType() string { return "notice" }

// EventType returns "error".
func (*ErrorEvent) EventType() string { return "error" }

// AppendEvent appends the wire form of an event, one line of JSON. A hidden
// item in it gives ErrHidden. When it fails, dst comes back as it was.
func AppendEvent(dst []byte, e Event) ([]byte, error) {
	c := newCodec()
	c.out, c.wire = dst, true
	c.eventValue(e)
	return c.written(dst)
}

// UnmarshalEvent reads what AppendEvent wrote. The items page of a thread is
// left out.
func UnmarshalEvent(data []byte) (Event, error) {
	var e Event
	err := decode(data, func(c *codec) {
		c.readObject(whole(data), func() {
			var kind string
			c.text("type", &kind)
			if e = newEvent(kind); e == nil {
				c.fail("has the unknown event type %q", kind)
				return
			}
			e.fields(c)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	return e, nil
}

func (c *codec) eventValue(e Event) {
	if e == nil {
		c.fail("is nil")
		return
	}
	c.out = append(c.out, `{"type":"`...)
	c.out = append(c.out, e.EventType()...)
	c.out = append(c.out, '"')
	e.fields(c)
	c.out = append(c.out, '}')
}

// newEvent returns an empty event, nil for an unknown type.
func newEvent(kind string) Event {
	for _, e := range []Event{
		new(ThreadCreated), new(ThreadUpdated), new(ItemAdded), new(ItemUpdated), new(ItemDone), new(ItemRemoved),
		new(ItemReplaced), new(StreamOptions), new(ProgressUpdate), new(ClientEffect), new(Notice), new(ErrorEvent),
	} {
		if e.EventType() == kind {
			return e
		}
	}
	return nil
}

func (e *ThreadCreated) fields(c *codec) { c.thread("thread", &e.Thread) }

func (e *ThreadUpdated) fields(c *codec) { c.thread("thread", &e.Thread) }

func (e *ItemAdded) fields(c *codec) { c.item("item", &e.Item) }

func (e *ItemUpdated) fields(c *codec) {
	c.text("item_id", &e.ItemID)
	c.update("update", &e.Update)
}

func (e *ItemDone) fields(c *codec) { c.item("item", &e.Item) }

func (e *ItemRemoved) fields(c *codec) { c.text("item_id", &e.ItemID) }

func (e *ItemReplaced) fields(c *codec) { c.item("item", &e.Item) }

func (e *StreamOptions) fields(c *codec) { c.record("stream_options", (*streamOptions)(e)) }

type streamOptions StreamOptions

func (s *streamOptions) fields(c *codec) { c.flag("allow_cancel", &s.AllowCancel) }

func (e *ProgressUpdate) fields(c *codec) {
	c.text("text", &e.Text)
	c.optText("icon", &e.Icon)
}

func (e *ClientEffect) fields(c *codec) {
	c.text("name", &e.Name)
	c.object("data", &e.Data)
}

func (e *Notice) fields(c *codec) {
	wordOr(c, "level", &e.Level, NoticeInfo, NoticeWarning, NoticeDanger)
	c.text("message", &e.Message)
	c.optText("title", &e.Title)
}

func (e *ErrorEvent) fields(c *codec) {
	wordOr(c, "code", &e.Code, ErrorCustom, ErrorStream)
	c.optText("message", &e.Message)
	c.flag("allow_retry", &e.AllowRetry)
}

// thread is a member that holds a thread.
func (c *codec) thread(name string, t **Thread) {
	if c.reading {
		*t = new(Thread)
		c.record(name, *t)
		return
	}
	c.key(name)
	c.threadValue(*t, Page[Item]{})
}
