package main

import (
	"context"
	"errors"

	"taskwire/adapter/chatkit"
	"taskwire/store"
)

func (s *chatStore) BeginTurn(ctx context.Context, user string, start chatkit.TurnStart) (chatkit.StoredTurn, error) {
	begin := store.TurnStart{SessionID: start.ThreadID, History: start.History}
	thread := start.ThreadID
	if start.NewThread != nil {
		session, err := fromThread(start.NewThread)
		if err != nil {
			return nil, err
		}
		begin.New, thread = &session, session.ID
	}
	if start.Key != nil {
		begin.Key = &store.Key{Endpoint: start.Key.Endpoint, Key: start.Key.Key, Hash: start.Key.Hash}
	}
	if message := start.Message; message != nil {
		for i := range message.Attachments {
			message.Attachments[i].ThreadID = thread
			begin.Attachments = append(begin.Attachments, message.Attachments[i].ID)
		}
		begin.Message = func(newID func() string) (store.Message, error) {
			message.ID, message.ThreadID = newID(), thread
			return fromItem(message, "")
		}
	}
	return apart(func() (chatkit.StoredTurn, error) { return s.beginTurn(ctx, user, begin) })
}

func (s *chatStore) beginTurn(ctx context.Context, user string, begin store.TurnStart) (chatkit.StoredTurn, error) {
	turn, err := s.chats.BeginTurn(ctx, user, begin)
	if err != nil {
		return nil, translate(err)
	}
	thread, err := toThread(turn.Session())
	if err != nil { // a damaged row, which must not be busy for good
		return nil, errors.Join(err, turn.End(context.WithoutCancel(ctx), store.Failed, store.MessageChanges{}))
	}
	return &storedTurn{Turn: turn, store: s, user: user, thread: thread, before: s.toItemPage(ctx, user, turn.TakeHistory())}, nil
}

func (s *chatStore) Replay(ctx context.Context, user string, key chatkit.IdempotencyKey) (*chatkit.Replay, error) {
	kept, err := s.chats.Replay(ctx, user, store.Key{Endpoint: key.Endpoint, Key: key.Key, Hash: key.Hash})
	if err != nil {
		return nil, translate(err)
	}
	thread, err := toThread(kept.Session)
	if err != nil {
		return nil, err
	}
	return &chatkit.Replay{Thread: thread, New: kept.New, Items: s.toItems(ctx, user, kept.Messages)}, nil
}

// storedTurn is a turn of the store's as ChatKit sees it.
type storedTurn struct {
	*store.Turn
	store  *chatStore
	user   string
	thread *chatkit.Thread
	before chatkit.Page[chatkit.Item] // until TakeHistory
}

var _ chatkit.HistoryTurn = (*storedTurn)(nil)

func (t *storedTurn) TakeHistory() chatkit.Page[chatkit.Item] {
	taken := t.before
	t.before = chatkit.Page[chatkit.Item]{}
	return taken
}

func (t *storedTurn) Thread() *chatkit.Thread { return t.thread }

func (t *storedTurn) NewItemID(chatkit.ItemKind) string { return t.NewID() }

func (t *storedTurn) AddItem(ctx context.Context, item chatkit.Item) error {
	m, err := t.message(item)
	if err != nil {
		return err
	}
	return translate(t.AddMessage(ctx, m))
}

func (t *storedTurn) Apply(ctx context.Context, c chatkit.Changes) error {
	changes, err := t.changes(c)
	if err != nil {
		return err
	}
	return translate(t.Turn.Apply(ctx, changes))
}

func (t *storedTurn) SaveThread(ctx context.Context, p chatkit.ThreadPatch) (*chatkit.Thread, error) {
	patch, err := fromPatch(p)
	if err != nil {
		return nil, err
	}
	session, err := apart(func() (store.Session, error) { return t.SaveSession(ctx, patch) })
	if err != nil {
		return nil, translate(err)
	}
	return toThread(session)
}

func (t *storedTurn) Checkpoint(ctx context.Context, unfinished []chatkit.Item) error {
	messages, err := t.messages(unfinished)
	if err != nil {
		return err
	}
	return translate(t.Turn.Checkpoint(ctx, messages))
}

func (t *storedTurn) End(ctx context.Context, o chatkit.Outcome, last chatkit.Changes) error {
	changes, err := t.changes(last)
	if err != nil {
		return err
	}
	err = t.Turn.End(ctx, store.Outcome(o), changes)
	if err == nil {
		t.store.voices.falls(t.user, t.thread.ID)
	}
	return translate(err)
}

func (t *storedTurn) Abandon(ctx context.Context) error { return translate(t.Turn.Abandon(ctx)) }

func (t *storedTurn) changes(c chatkit.Changes) (store.MessageChanges, error) {
	save, err := t.messages(c.Save)
	return store.MessageChanges{DeleteAfter: c.DeleteAfter, Delete: c.Delete, Save: save}, err
}

func (t *storedTurn) messages(items []chatkit.Item) (messages []store.Message, err error) {
	for _, item := range items {
		m, err := t.message(item)
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return messages, nil
}

func (t *storedTurn) message(item chatkit.Item) (store.Message, error) {
	return fromItem(item, t.store.voices.of(t.user, t.thread.ID))
}
