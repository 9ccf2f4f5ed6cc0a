// Package storetest says in tests what a chatkit.Store and a chatkit.TurnStore
// must do. Whoever writes a store runs them:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) chatkit.Store { return open(t) })
//	}
package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
)

const (
	ann = "ann"
	bob = "bob"
)

// A suite is a fresh store with shorthands that fail the test.
type suite struct {
	*testing.T
	store chatkit.Store
}

// madeAt is a time that every database keeps as it is.
var madeAt = time.Date(2026, 11, 23, 4, 18, 4, 973_000_000, time.UTC)

// thread saves a new thread.
func (s *suite) thread(user, title string) *chatkit.Thread {
	s.Helper()
	thread := &chatkit.Thread{
		ID: s.store.GenerateThreadID(s.Context(), user), Title: title, CreatedAt: madeAt,
		Status: chatkit.Status{Type: chatkit.StatusActive},
	}
	if err := s.store.SaveThread(s.Context(), user, thread); err != nil {
		s.Fatalf("SaveThread = %v", err)
	}
	return thread
}

// message makes an item that is not yet stored.
func (s *suite) message(user, threadID, text string) *chatkit.AssistantMessage {
	return &chatkit.AssistantMessage{
		Base: chatkit.Base{
			ID:       s.store.GenerateItemID(s.Context(), user, chatkit.KindAssistantMessage, threadID),
			ThreadID: threadID, CreatedAt: madeAt,
		},
		Content: []chatkit.AssistantContent{{Text: text}},
	}
}

func (s *suite) hidden(user, threadID, text string) *chatkit.SDKHiddenContext {
	return &chatkit.SDKHiddenContext{
		Base: chatkit.Base{
			ID:       s.store.GenerateItemID(s.Context(), user, chatkit.KindSDKHiddenContext, threadID),
			ThreadID: threadID, CreatedAt: madeAt,
		},
		Content: text,
	}
}

// add stores an item and returns its id.
func (s *suite) add(user, threadID string, item chatkit.Item) string {
	s.Helper()
	if err := s.store.AddThreadItem(s.Context(), user, threadID, item); err != nil {
		s.Fatalf("AddThreadItem = %v", err)
	}
	return item.ItemID()
}

// ids lists the items of a thread, oldest first, hidden ones too.
func (s *suite) ids(user, threadID string) (ids []string) {
	s.Helper()
	page, err := s.store.LoadThreadItems(s.Context(), user, threadID, chatkit.PageParams{Limit: 100, Ascending: true, Hidden: true})
	if err != nil {
		s.Fatalf("LoadThreadItems = %v", err)
	}
	for _, item := range page.Data {
		ids = append(ids, item.ItemID())
	}
	return ids
}

func (s *suite) is(what string, err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Errorf("%s = %v, want %v", what, err, want)
	}
}

func (s *suite) ok(what string, err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("%s = %v", what, err)
	}
}

// sameItem compares all that is stored of two items.
func (s *suite) sameItem(got, want chatkit.Item) {
	s.Helper()
	a, err := chatkit.MarshalItem(got)
	s.ok("MarshalItem", err)
	b, err := chatkit.MarshalItem(want)
	s.ok("MarshalItem", err)
	if !bytes.Equal(a, b) {
		s.Errorf("item = %s\nwant   %s", a, b)
	}
}

func (s *suite) sameThread(got, want *chatkit.Thread) {
	s.Helper()
	a, err := chatkit.MarshalThread(got)
	s.ok("MarshalThread", err)
	b, err := chatkit.MarshalThread(want)
	s.ok("MarshalThread", err)
	if !bytes.Equal(a, b) {
		s.Errorf("thread = %s\nwant     %s", a, b)
	}
}

func (s *suite) sameAttachment(got, want *chatkit.Attachment) {
	s.Helper()
	a, err := chatkit.MarshalAttachment(got)
	s.ok("MarshalAttachment", err)
	b, err := chatkit.MarshalAttachment(want)
	s.ok("MarshalAttachment", err)
	if !bytes.Equal(a, b) {
		s.Errorf("attachment = %s\nwant         %s", a, b)
	}
}
