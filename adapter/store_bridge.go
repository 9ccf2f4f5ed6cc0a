package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"

	"taskwire/adapter/chatkit"
	"taskwire/store"
)

// chatStore is the store as ChatKit sees it: threads are sessions, items are
// messages, kept whole as JSON.
type chatStore struct {
	chats   *store.Chats
	uploads *uploads // gives previews new links
	logger  *slog.Logger
	voices  voices
}

var _ chatkit.TurnStore = (*chatStore)(nil)

// storeErrors says what an error of the store is to ChatKit.
var storeErrors = []struct{ ours, theirs error }{
	{store.ErrNotFound, chatkit.ErrNotFound},
	{store.ErrExists, chatkit.ErrExists},
	{store.ErrBusy, chatkit.ErrBusy},
	{store.ErrTurnOver, chatkit.ErrTurnOver},
	{store.ErrKeyTaken, chatkit.ErrKeyTaken},
	{store.ErrKeyRunning, chatkit.ErrKeyRunning},
	{store.ErrKeyReused, chatkit.ErrKeyReused},
	{store.ErrUnavailable, &chatkit.RequestError{Status: errUnavailable.Status, Code: errUnavailable.Code, Detail: errUnavailable.Detail}},
}

// translate keeps the store's own error: fail and the log know that one.
func translate(err error) error {
	for _, e := range storeErrors {
		if errors.Is(err, e.ours) {
			return fmt.Errorf("%w: %w", e.theirs, err)
		}
	}
	return err
}

func (s *chatStore) GenerateThreadID(context.Context, string) string { return s.chats.NewSessionID() }

func (s *chatStore) GenerateItemID(_ context.Context, _ string, kind chatkit.ItemKind, _ string) string {
	switch kind {
	case chatkit.KindAttachment:
		return s.chats.NewAttachmentID()
	case chatkit.KindThread:
		return s.chats.NewSessionID()
	}
	return s.chats.NewMessageID()
}

func (s *chatStore) LoadThread(ctx context.Context, user, id string) (*chatkit.Thread, error) {
	session, err := s.chats.Session(ctx, user, id)
	if err != nil {
		return nil, translate(err)
	}
	return toThread(session)
}

func (s *chatStore) SaveThread(ctx context.Context, user string, t *chatkit.Thread) error {
	session, err := fromThread(t)
	if err != nil {
		return err
	}
	return translate(s.chats.SaveSession(ctx, user, session))
}

// RenameThread gives a thread the title that the user wants. It stays, whatever
// a turn thinks of later.
func (s *chatStore) RenameThread(ctx context.Context, user, id, title string) (*chatkit.Thread, error) {
	session, err := s.chats.PatchSession(ctx, user, id, store.SessionPatch{Title: &title, TitleByUser: true})
	if err != nil {
		return nil, translate(err)
	}
	return toThread(session)
}

func (s *chatStore) LoadThreads(ctx context.Context, user string, p chatkit.PageParams) (chatkit.Page[*chatkit.Thread], error) {
	page, err := s.chats.Sessions(ctx, user, store.PageParams(p))
	if err != nil {
		return chatkit.Page[*chatkit.Thread]{}, translate(err)
	}
	return s.toThreads(ctx, page), nil
}

// search finds threads by words in their titles and messages, newest first.
func (s *chatStore) search(ctx context.Context, user, text string, p chatkit.PageParams) (chatkit.Page[*chatkit.Thread], error) {
	page, err := s.chats.Search(ctx, user, text, store.PageParams(p))
	if err != nil {
		return chatkit.Page[*chatkit.Thread]{}, translate(err)
	}
	return s.toThreads(ctx, page), nil
}

func (s *chatStore) DeleteThread(ctx context.Context, user, id string) error {
	return translate(s.chats.DeleteSession(ctx, user, id))
}

func (s *chatStore) LoadThreadItems(ctx context.Context, user, threadID string, p chatkit.PageParams) (chatkit.Page[chatkit.Item], error) {
	page, err := s.chats.Messages(ctx, user, threadID, store.PageParams(p))
	if err != nil {
		return chatkit.Page[chatkit.Item]{}, translate(err)
	}
	return s.toItemPage(ctx, user, page), nil
}

func (s *chatStore) AddThreadItem(ctx context.Context, user, threadID string, item chatkit.Item) error {
	m, err := fromItem(item, "")
	if err != nil {
		return err
	}
	return translate(s.chats.AddMessage(ctx, user, threadID, m))
}

func (s *chatStore) SaveItem(ctx context.Context, user, threadID string, item chatkit.Item) error {
	m, err := fromItem(item, "")
	if err != nil {
		return err
	}
	return translate(s.chats.SaveMessage(ctx, user, threadID, m))
}

func (s *chatStore) LoadItem(ctx context.Context, user, threadID, itemID string) (chatkit.Item, error) {
	m, err := s.chats.Message(ctx, user, threadID, itemID)
	if err != nil {
		return nil, translate(err)
	}
	item, err := chatkit.UnmarshalItem(m.Item)
	if err != nil {
		return nil, fmt.Errorf("item %s: %w", itemID, err)
	}
	s.freshen(user, item)
	return item, nil
}

func (s *chatStore) DeleteThreadItem(ctx context.Context, user, threadID, itemID string) error {
	return translate(s.chats.DeleteMessage(ctx, user, threadID, itemID))
}

// SaveAttachment keeps what ChatKit says of an attachment; a new one without a
// descriptor awaits no upload. What an upload brought is not ChatKit's to change.
func (s *chatStore) SaveAttachment(ctx context.Context, user string, a *chatkit.Attachment) error {
	item, err := chatkit.MarshalAttachment(a)
	if err != nil {
		return err
	}
	state := store.UploadPending
	if a.Upload == nil {
		state = store.UploadFinished
	}
	return translate(s.chats.SaveAttachment(ctx, user, store.Attachment{
		ID: a.ID, SessionID: a.ThreadID, Name: a.Name, MimeType: a.MimeType, State: state, BlobKey: a.ID, Item: item,
	}))
}

func (s *chatStore) LoadAttachment(ctx context.Context, user, id string) (*chatkit.Attachment, error) {
	row, err := s.chats.Attachment(ctx, user, id)
	if err != nil {
		return nil, translate(err)
	}
	a, err := chatkit.UnmarshalAttachment(row.Item)
	if err != nil {
		return nil, fmt.Errorf("attachment %s: %w", id, err)
	}
	a.ThreadID = row.SessionID
	s.freshenPreview(user, a)
	return a, nil
}

// DeleteAttachment removes the record; the sweep removes the bytes, where
// uploads.remove has not done so.
func (s *chatStore) DeleteAttachment(ctx context.Context, user, id string) error {
	return translate(s.chats.DeleteAttachment(ctx, user, id))
}

// freshen gives the previews of a message links that last: what is stored has
// those of its own time.
func (s *chatStore) freshen(user string, item chatkit.Item) {
	message, ok := item.(*chatkit.UserMessage)
	if !ok {
		return
	}
	for i := range message.Attachments {
		s.freshenPreview(user, &message.Attachments[i])
	}
}

// freshenPreview leaves links alone that are none of ours. Ours may still name
// an address that we had before.
func (s *chatStore) freshenPreview(user string, a *chatkit.Attachment) {
	if u, err := url.Parse(a.PreviewURL); err == nil && u.Path == previewPath+a.ID {
		a.PreviewURL = s.uploads.previewURL(user, a.ID)
	}
}

// voices knows who speaks on a thread while a turn runs: ChatKit has no place
// for it, the table of messages has.
type voices struct{ names sync.Map }

type voiceKey struct{ user, thread string }

// speaks says by which agent the next answers on a thread are.
func (v *voices) speaks(user, thread, agent string) { v.names.Store(voiceKey{user, thread}, agent) }

func (v *voices) of(user, thread string) string {
	name, _ := v.names.Load(voiceKey{user, thread})
	text, _ := name.(string)
	return text
}

func (v *voices) falls(user, thread string) { v.names.Delete(voiceKey{user, thread}) }
