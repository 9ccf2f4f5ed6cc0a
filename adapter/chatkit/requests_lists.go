package chatkit

import (
	"math"
	"strconv"
)

const (
	defaultLimit = 20
	// maxLimit is how many entries a page has at most.
	maxLimit = 100
	// MaxTitle is how many characters a title that a user gives has at most.
	MaxTitle = 255
	// maxFeedback is how many items one feedback may be about.
	maxFeedback = 100
)

// GetThread asks for a thread and the first page of its items.
type GetThread struct{ ThreadID string }

// ListThreads asks for a page of threads.
type ListThreads struct{ Paging }

// ListItems asks for a page of the items of a thread.
type ListItems struct {
	ThreadID string
	Paging
}

// Paging says which page is wanted. A limit of 0 or null is 20, above 100 it is
// 100.
type Paging struct {
	Limit     int    // 1 to 100
	Ascending bool   // oldest first
	After     string // cursor, at most 200 characters; empty: from the beginning
}

// UpdateThread renames a thread.
type UpdateThread struct {
	ThreadID string
	Title    string // may be empty
}

// DeleteThread deletes a thread.
type DeleteThread struct{ ThreadID string }

// FeedbackKind is a thumb up or down.
type FeedbackKind string

// The kinds of feedback.
const (
	FeedbackPositive FeedbackKind = "positive"
	FeedbackNegative FeedbackKind = "negative"
)

// Feedback says what the user thinks of some items.
type Feedback struct {
	ThreadID string
	ItemIDs  []string // 1 to 100
	Kind     FeedbackKind
}

func (p *GetThread) fields(c *codec) { c.id("thread_id", &p.ThreadID) }

func (p *ListThreads) fields(c *codec) { p.Paging.fields(c) }

func (p *ListItems) fields(c *codec) {
	c.id("thread_id", &p.ThreadID)
	p.Paging.fields(c)
}

func (p *Paging) fields(c *codec) {
	p.Limit = c.limit()
	var order order
	wordOr(c, "order", &order, newestFirst, oldestFirst)
	p.Ascending = order == oldestFirst
	c.optText("after", &p.After)
	c.longest("after", p.After, maxID)
}

type order string

const (
	newestFirst order = "desc"
	oldestFirst order = "asc"
)

func (c *codec) limit() int {
	at, ok := c.find("limit")
	if !ok {
		return defaultLimit
	}
	f, err := strconv.ParseFloat(string(c.in[at.from:at.to]), 64)
	if err != nil || f != math.Trunc(f) || f < 0 {
		c.failAt("limit", "must be a whole number and not negative")
		return 0
	}
	if f == 0 {
		return defaultLimit
	}
	return int(min(f, maxLimit))
}

func (p *UpdateThread) fields(c *codec) {
	c.id("thread_id", &p.ThreadID)
	c.text("title", &p.Title)
	c.longest("title", p.Title, MaxTitle)
}

func (p *DeleteThread) fields(c *codec) { c.id("thread_id", &p.ThreadID) }

func (p *Feedback) fields(c *codec) {
	c.id("thread_id", &p.ThreadID)
	c.texts("item_ids", &p.ItemIDs)
	word(c, "kind", &p.Kind, FeedbackPositive, FeedbackNegative)
	c.enter("item_ids", -1)
	if n := len(p.ItemIDs); n == 0 || n > maxFeedback {
		c.fail("must name 1 to %d items", maxFeedback)
	}
	for i, id := range p.ItemIDs {
		c.enter("", i)
		c.checkID(id)
		c.leave()
	}
	c.leave()
}
