package chatkit

import (
	"fmt"
	"time"
)

// A Thread is a conversation, without its items.
type Thread struct {
	ID                  string
	Title               string // empty: none, and left out
	CreatedAt           time.Time
	Status              Status
	AllowedImageDomains []string       // nil: images from anywhere; empty: from nowhere
	Metadata            map[string]any // the integration's own, never sent; numbers read from JSON are json.Number
}

// StatusType says whether a thread takes messages.
type StatusType string

// The states of a thread. They are for the client to show: a server that must
// refuse messages to a closed thread does so itself.
const (
	StatusActive StatusType = "active"
	StatusLocked StatusType = "locked" // the composer is there, but disabled
	StatusClosed StatusType = "closed" // a banner stands in its place
)

// Status is the state of a thread.
type Status struct {
	Type   StatusType // empty is written as active
	Reason string     // shown to the user; not with StatusActive
}

// A Page is one page of a list.
type Page[T any] struct {
	Data    []T
	HasMore bool
	After   string // the cursor of the next page: the id of the last element; only with HasMore
}

// MarshalThread returns the stored form of a thread, metadata included.
func MarshalThread(t *Thread) ([]byte, error) {
	return encode(nil, false, func(c *codec) { c.recordValue(t) })
}

// UnmarshalThread reads what MarshalThread wrote.
func UnmarshalThread(data []byte) (*Thread, error) {
	t := new(Thread)
	if err := decode(data, func(c *codec) { c.readObject(whole(data), func() { t.fields(c) }) }); err != nil {
		return nil, fmt.Errorf("read thread: %w", err)
	}
	return t, nil
}

// AppendJSON appends the wire form of a thread with an empty page of items.
// When it fails, dst comes back as it was.
func (t *Thread) AppendJSON(dst []byte) ([]byte, error) { return AppendThread(dst, t, Page[Item]{}) }

// AppendThread appends the wire form of a thread with a page of its items.
// When it fails, dst comes back as it was.
func AppendThread(dst []byte, t *Thread, items Page[Item]) ([]byte, error) {
	return encode(dst, true, func(c *codec) { c.threadValue(t, items) })
}

// AppendThreads appends the wire form of a page of threads, each with an empty
// page of items. When it fails, dst comes back as it was.
func AppendThreads(dst []byte, p Page[*Thread]) ([]byte, error) {
	return encode(dst, true, func(c *codec) {
		page(c, p, func(t *Thread) { c.threadValue(t, Page[Item]{}) })
	})
}

// AppendItems appends the wire form of a page of items. A hidden item gives
// ErrHidden. When it fails, dst comes back as it was.
func AppendItems(dst []byte, p Page[Item]) ([]byte, error) {
	return encode(dst, true, func(c *codec) {
		page(c, p, func(it Item) { c.itemValue(&it) })
	})
}

func (c *codec) threadValue(t *Thread, items Page[Item]) {
	if t == nil {
		c.fail("is nil")
		return
	}
	c.out = append(c.out, '{')
	t.fields(c)
	c.key("items")
	page(c, items, func(it Item) { c.itemValue(&it) })
	c.out = append(c.out, '}')
}

// page writes a page as an object.
func page[T any](c *codec, p Page[T], one func(T)) {
	c.out = append(c.out, `{"data":[`...)
	for i, v := range p.Data {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		one(v)
	}
	c.out = append(c.out, ']')
	c.flag("has_more", &p.HasMore)
	if p.HasMore {
		c.optText("after", &p.After)
	}
	c.out = append(c.out, '}')
}

func (t *Thread) fields(c *codec) {
	c.text("id", &t.ID)
	c.optText("title", &t.Title)
	c.time("created_at", &t.CreatedAt)
	c.optRecord("status", true, &t.Status)
	if c.reading && t.Status.Type == "" {
		t.Status.Type = StatusActive
	}
	c.optTexts("allowed_image_domains", &t.AllowedImageDomains)
	if c.wire {
		c.key("metadata")
		c.out = append(c.out, "{}"...)
		return
	}
	c.tree("metadata", &t.Metadata)
}

func (s *Status) fields(c *codec) {
	wordOr(c, "type", &s.Type, StatusActive, StatusLocked, StatusClosed)
	if s.Type == StatusLocked || s.Type == StatusClosed {
		c.optText("reason", &s.Reason)
	}
}
