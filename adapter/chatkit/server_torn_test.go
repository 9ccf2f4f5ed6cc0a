package chatkit_test

import (
	"context"
	"sync/atomic"
	"testing"

	"taskwire/adapter/chatkit"
)

// A meddledStore does something to a thread after the first read of it.
type meddledStore struct {
	chatkit.TurnStore
	meddle atomic.Pointer[func()]
}

func (s *meddledStore) LoadThread(ctx context.Context, user, id string) (*chatkit.Thread, error) {
	defer s.wasRead()
	return s.TurnStore.LoadThread(ctx, user, id)
}

func (s *meddledStore) LoadThreadItems(ctx context.Context, user, id string, p chatkit.PageParams) (chatkit.Page[chatkit.Item], error) {
	defer s.wasRead()
	return s.TurnStore.LoadThreadItems(ctx, user, id, p)
}

func (s *meddledStore) wasRead() {
	if meddle := s.meddle.Swap(nil); meddle != nil {
		(*meddle)()
	}
}

// What is read in two pieces must not be of two times: a thread that is deleted
// in between is gone, not empty, and a new title comes with the items that were
// there before it.
func TestNoTornAnswers(t *testing.T) {
	t.Parallel()
	store := &meddledStore{TurnStore: chatkit.KeepTurns(new(chatkit.Memory))}
	r := newRigOn(t, store, chatkit.Handlers{})
	meddled := func(body string, meddle func()) (status int, answer object) {
		t.Helper()
		store.meddle.Store(&meddle)
		return r.get(body)
	}
	items := func(answer object) int { return len(answer["data"].([]any)) }

	for _, kind := range []string{"threads.get_by_id", "items.list"} {
		thread, _ := r.create("hello")
		status, answer := meddled(about(kind, "thread_id", thread), func() {
			if err := store.DeleteThread(t.Context(), ann, thread); err != nil {
				t.Error(err)
			}
		})
		if status != 404 && (kind != "items.list" || items(answer) != 2) {
			t.Errorf("%s of a thread that goes = %d %v, want it whole or 404", kind, status, answer)
		}
	}

	thread, _ := r.create("hello")
	status, answer := meddled(about("threads.get_by_id", "thread_id", thread), func() {
		if _, err := store.RenameThread(t.Context(), ann, thread, "one more"); err != nil {
			t.Error(err)
		}
		more := &chatkit.AssistantMessage{Content: []chatkit.AssistantContent{{Text: "more"}}}
		more.Base = chatkit.Base{ID: chatkit.NewID(chatkit.KindAssistantMessage), ThreadID: thread}
		if err := store.AddThreadItem(t.Context(), ann, thread, more); err != nil {
			t.Error(err)
		}
	})
	if status != 200 || answer["title"] != "one more" || items(answer["items"].(object)) != 3 {
		t.Errorf("a thread that was renamed, and then went on = %d %v", status, answer)
	}
}
