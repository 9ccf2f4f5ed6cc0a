package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"taskwire/adapter/chatkit"
	"taskwire/identity"
	"taskwire/store"
	"taskwire/store/storetest"
)

// newChatStore is the store of chats over a fresh database.
func newChatStore(t testing.TB, engine storetest.Engine) *chatStore {
	t.Helper()
	return chatStoreOn(t, storetest.Open(t, engine))
}

func chatStoreOn(t testing.TB, st *store.Store) *chatStore {
	t.Helper()
	key, err := identity.LoadKey(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	vault, err := openVault(t.Context(), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { vault.close() })
	chats := st.Chats(store.Replica{Mend: mend})
	return &chatStore{
		chats: chats, logger: quiet,
		uploads: &uploads{chats: chats, vault: vault, links: newLinks(identity.NewSigner("https://chat.example.com", key)), public: "https://chat.example.com", logger: quiet},
	}
}

func said(text string) *chatkit.UserMessage {
	return &chatkit.UserMessage{
		Base:    chatkit.Base{CreatedAt: time.Now().UTC().Truncate(time.Microsecond)},
		Content: []chatkit.UserContent{{Type: chatkit.InputText, Text: text}},
	}
}

func answered(turn chatkit.StoredTurn, text string) *chatkit.AssistantMessage {
	return &chatkit.AssistantMessage{
		Base:    chatkit.Base{ID: turn.NewItemID(chatkit.KindAssistantMessage), ThreadID: turn.Thread().ID, CreatedAt: time.Now().UTC().Truncate(time.Microsecond)},
		Content: []chatkit.AssistantContent{{Text: text}},
	}
}

// begin begins a turn on a new thread.
func (s *chatStore) begin(t testing.TB, user, text string, key *chatkit.IdempotencyKey) chatkit.StoredTurn {
	t.Helper()
	turn, err := s.BeginTurn(t.Context(), user, chatkit.TurnStart{
		NewThread: &chatkit.Thread{ID: s.GenerateThreadID(t.Context(), user), CreatedAt: time.Now().UTC()}, Message: said(text), Key: key,
	})
	if err != nil {
		t.Fatal(err)
	}
	return turn
}

func (s *chatStore) items(t testing.TB, user, thread string, hidden bool) []chatkit.Item {
	t.Helper()
	page, err := s.LoadThreadItems(t.Context(), user, thread, chatkit.PageParams{Limit: 100, Ascending: true, Hidden: hidden})
	if err != nil {
		t.Fatal(err)
	}
	return page.Data
}

func TestStoredTurn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		s := newChatStore(t, engine)
		ctx := t.Context()
		key := &chatkit.IdempotencyKey{Endpoint: "e", Key: "k", Hash: []byte("h")}
		turn := s.begin(t, "alice", "hello", key)
		thread := turn.Thread().ID
		s.voices.speaks("alice", thread, "orchestrator")
		answer := answered(turn, "hi there")
		hidden := &chatkit.HiddenContext{Base: chatkit.Base{ID: turn.NewItemID(chatkit.KindHiddenContext), ThreadID: thread, CreatedAt: answer.CreatedAt}, Content: json.RawMessage(`{"n":1e400,"nul":"\u0000"}`)}
		for _, item := range []chatkit.Item{answer, hidden} {
			if err := turn.AddItem(ctx, item); err != nil {
				t.Fatal(err)
			}
		}
		if err := turn.AddItem(ctx, answer); !errors.Is(err, chatkit.ErrExists) {
			t.Errorf("added twice: %v", err)
		}
		if _, err := s.BeginTurn(ctx, "alice", chatkit.TurnStart{ThreadID: thread, Message: said("x")}); !errors.Is(err, chatkit.ErrBusy) {
			t.Errorf("a second turn: %v, want ErrBusy", err)
		}
		if _, err := s.Replay(ctx, "alice", *key); !errors.Is(err, chatkit.ErrKeyRunning) {
			t.Errorf("replay while it runs: %v", err)
		}
		// A rename in the meantime is the user's word.
		if _, err := s.RenameThread(ctx, "alice", thread, "Mine"); err != nil {
			t.Fatal(err)
		}
		title, metadata := "The model's", map[string]any{"n": json.Number("12345678901234567890")}
		saved, err := turn.SaveThread(ctx, chatkit.ThreadPatch{Title: &title, Metadata: &metadata})
		if err != nil || saved.Title != "Mine" || !cmp.Equal(saved.Metadata, metadata) {
			t.Errorf("saved %+v, %v", saved, err)
		}
		if err := turn.End(ctx, chatkit.Done, chatkit.Changes{}); err != nil {
			t.Fatal(err)
		}
		if err := turn.AddItem(ctx, answered(turn, "late")); !errors.Is(err, chatkit.ErrTurnOver) {
			t.Errorf("after the end: %v", err)
		}
		items := s.items(t, "alice", thread, true)
		if len(items) != 3 || !cmp.Equal(items[1], chatkit.Item(answer)) || !cmp.Equal(items[2], chatkit.Item(hidden)) {
			t.Errorf("kept %+v", items)
		}
		if visible := s.items(t, "alice", thread, false); len(visible) != 2 {
			t.Errorf("visible are %+v", visible)
		}
		replay, err := s.Replay(ctx, "alice", *key)
		if err != nil || !replay.New || replay.Thread.ID != thread || !cmp.Equal(replay.Items, items) {
			t.Errorf("replay %+v, %v", replay, err)
		}
		if row, err := s.chats.Message(ctx, "alice", thread, answer.ID); err != nil || row.SenderName != "orchestrator" || row.SenderType != store.FromAssistant {
			t.Errorf("the row is %+v, %v", row, err)
		}
		if name := s.voices.of("alice", thread); name != "" {
			t.Errorf("%s still speaks", name)
		}
		for what, page := range map[string]func() (chatkit.Page[*chatkit.Thread], error){
			"by a word": func() (chatkit.Page[*chatkit.Thread], error) {
				return s.search(ctx, "alice", "THERE", chatkit.PageParams{Limit: 5})
			},
			"by title": func() (chatkit.Page[*chatkit.Thread], error) {
				return s.search(ctx, "alice", "mine", chatkit.PageParams{Limit: 5})
			},
			"in the list": func() (chatkit.Page[*chatkit.Thread], error) {
				return s.LoadThreads(ctx, "alice", chatkit.PageParams{Limit: 5})
			},
		} {
			if found, err := page(); err != nil || len(found.Data) != 1 || found.Data[0].ID != thread {
				t.Errorf("%s: %+v, %v", what, found, err)
			}
		}
		for _, err := range []error{
			second(s.LoadThread(ctx, "bob", thread)), second(s.LoadItem(ctx, "bob", thread, answer.ID)),
			second(s.RenameThread(ctx, "bob", thread, "x")), s.AddThreadItem(ctx, "bob", thread, answer),
			second(s.BeginTurn(ctx, "bob", chatkit.TurnStart{ThreadID: thread, Message: said("x")})), second(s.Replay(ctx, "bob", *key)),
		} {
			if !errors.Is(err, chatkit.ErrNotFound) {
				t.Errorf("for bob: %v, want ErrNotFound", err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// A row that somebody damaged does not take the thread with it.
func TestDamagedItem(t *testing.T) {
	t.Parallel()
	s := newChatStore(t, storetest.SQLite)
	turn := s.begin(t, "alice", "hello", nil)
	thread := turn.Thread().ID
	for _, item := range []string{`{"type":"hologram","id":"x"}`, `[]`, `null`} {
		m := store.Message{ID: turn.NewItemID(""), SenderType: store.FromAssistant, Item: json.RawMessage(item)}
		if err := s.chats.AddMessage(t.Context(), "alice", thread, m); err != nil {
			t.Fatal(err)
		}
	}
	if err := turn.AddItem(t.Context(), answered(turn, "hi")); err != nil {
		t.Fatal(err)
	}
	if items := s.items(t, "alice", thread, true); len(items) != 2 {
		t.Errorf("left are %+v", items)
	}
	page, err := s.LoadThreadItems(t.Context(), "alice", thread, chatkit.PageParams{Limit: 2, Ascending: true})
	if err != nil || len(page.Data) != 1 || !page.HasMore || page.After == "" {
		t.Errorf("a page %+v, %v", page, err)
	}
}

// A message keeps its attachments; their previews get links of today.
func TestAttachmentsOfMessages(t *testing.T) {
	t.Parallel()
	s := newChatStore(t, storetest.Postgres)
	ctx := t.Context()
	w, err := s.uploads.add(ctx, "alice", &file{name: "a.png", Reader: strings.NewReader(pngFile), end: func() error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := s.LoadAttachment(ctx, "alice", w.ID)
	if err != nil || loaded.MimeType != "image/png" || loaded.PreviewURL == "" || loaded.PreviewURL == w.Preview {
		t.Fatalf("loaded %+v, %v", loaded, err)
	}
	if _, err := s.LoadAttachment(ctx, "bob", w.ID); !errors.Is(err, chatkit.ErrNotFound) {
		t.Errorf("for bob: %v", err)
	}
	message := said("look")
	message.Attachments = []chatkit.Attachment{*loaded}
	turn, err := s.BeginTurn(ctx, "alice", chatkit.TurnStart{NewThread: &chatkit.Thread{ID: "thr_1", CreatedAt: time.Now()}, Message: message})
	if err != nil {
		t.Fatal(err)
	}
	item, err := s.LoadItem(ctx, "alice", "thr_1", message.ID)
	if err != nil {
		t.Fatal(err)
	}
	got := item.(*chatkit.UserMessage).Attachments[0]
	if got.ThreadID != "thr_1" || got.PreviewURL == loaded.PreviewURL || !strings.HasPrefix(got.PreviewURL, "https://chat.example.com"+previewPath+w.ID) {
		t.Errorf("the message has %+v", got)
	}
	if err := turn.End(ctx, chatkit.Done, chatkit.Changes{}); err != nil {
		t.Fatal(err)
	}
	// What is only announced, and what is another's, is no attachment.
	announced, err := s.uploads.announce(ctx, "alice", "b.png", "image/png", 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{announced.ID, "atc_never"} {
		message := said("look")
		message.Attachments = []chatkit.Attachment{{ID: id, Name: "b", MimeType: "image/png"}}
		_, err := s.BeginTurn(ctx, "alice", chatkit.TurnStart{ThreadID: "thr_1", Message: message})
		if !errors.Is(err, chatkit.ErrNotFound) {
			t.Errorf("with %s: %v, want ErrNotFound", id, err)
		}
	}
}

// What a dead process has written of an answer is kept, marked, and explained
// to the model.
func TestMend(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t, storetest.SQLite)
	s := chatStoreOn(t, st)
	turn := s.begin(t, "alice", "hello", nil)
	thread := turn.Thread().ID
	workflow := &chatkit.WorkflowItem{
		Base:     chatkit.Base{ID: turn.NewItemID(chatkit.KindWorkflow), ThreadID: thread, CreatedAt: time.Now().UTC()},
		Workflow: chatkit.Workflow{Type: chatkit.WorkflowCustom, Tasks: []chatkit.Task{{Type: chatkit.TaskCustom, Title: "Create task", Status: chatkit.TaskLoading}}},
	}
	if err := turn.Checkpoint(t.Context(), []chatkit.Item{workflow, answered(turn, "so far"), answered(turn, "  ")}); err != nil {
		t.Fatal(err)
	}
	// The end does not reach the database; the rescuer comes instead.
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := turn.End(gone, chatkit.Done, chatkit.Changes{}); err == nil {
		t.Fatal("the end was taken")
	}
	if ended, err := s.chats.Rescue(t.Context()); err != nil || ended != 1 {
		t.Fatalf("rescued %d, %v", ended, err)
	}
	items := s.items(t, "alice", thread, true)
	if len(items) != 4 {
		t.Fatalf("kept %+v", items)
	}
	steps, answer := items[1].(*chatkit.WorkflowItem).Workflow.Tasks, items[2].(*chatkit.AssistantMessage)
	if steps[0].Status == chatkit.TaskLoading || answer.Content[0].Text != "so far …" || !items[3].Hidden() {
		t.Errorf("kept %+v, %+v", steps, answer)
	}
}
