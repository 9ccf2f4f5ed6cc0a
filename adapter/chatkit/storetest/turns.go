package storetest

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"taskwire/adapter/chatkit"
)

// RunTurns tests what a TurnStore does beyond a Store; Run tests the rest. open
// gives an empty store to each test.
func RunTurns(t *testing.T, open func(t *testing.T) chatkit.TurnStore) {
	for _, c := range []struct {
		name string
		test func(*turnSuite)
	}{
		{"a new thread with its first message", testFirstTurn},
		{"a message on a thread", testNextTurn},
		{"what was said before", testHistory},
		{"no such thread", testTurnWithoutThread},
		{"a busy thread", testBusy},
		{"many begin at once", testBeginRace},
		{"attachments are linked", testLinked},
		{"an attachment that is not there", testNotLinked},
		{"items are added in order", testAddItems},
		{"changes", testChanges},
		{"changes behind an item that is not there", testChangesBehindNothing},
		{"a thread changes, and a rename stays", testSaveThread},
		{"a deleted thread stays deleted", testDeletedInTurn},
		{"checkpoints", testCheckpoint},
		{"the end", testEnd},
		{"a turn that never was", testAbandon},
		{"a key and its replay", testKey},
		{"a replay holds what was added, not what was changed", testKeyOfChanges},
		{"a key in flight, of another body, of another user", testKeyRefused},
		{"the key of a deleted thread", testKeyOfDeleted},
		{"a failed beginning leaves the key free", testKeyOfFailedBegin},
		{"many with one key", testKeyRace},
		{"a rename", testRename},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := open(t)
			c.test(&turnSuite{&suite{t, store}, store})
		})
	}
}

type turnSuite struct {
	*suite
	turns chatkit.TurnStore
}

func (s *turnSuite) userMessage(text string, attachments ...chatkit.Attachment) *chatkit.UserMessage {
	return &chatkit.UserMessage{
		Base:        chatkit.Base{CreatedAt: madeAt},
		Content:     []chatkit.UserContent{{Type: chatkit.InputText, Text: text}},
		Attachments: attachments,
	}
}

func (s *turnSuite) newThread() *chatkit.Thread {
	return &chatkit.Thread{
		ID: s.store.GenerateThreadID(s.Context(), ann), CreatedAt: madeAt, Status: chatkit.Status{Type: chatkit.StatusActive},
	}
}

// first begins a thread.
func (s *turnSuite) first(key *chatkit.IdempotencyKey) (chatkit.StoredTurn, *chatkit.UserMessage) {
	s.Helper()
	m := s.userMessage("hello")
	turn, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{NewThread: s.newThread(), Message: m, Key: key})
	s.ok("BeginTurn", err)
	return turn, m
}

// next begins a turn without a message.
func (s *turnSuite) next(threadID string) (chatkit.StoredTurn, error) {
	return s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{ThreadID: threadID})
}

func (s *turnSuite) end(turn chatkit.StoredTurn) {
	s.Helper()
	s.ok("End", turn.End(s.Context(), chatkit.Done, chatkit.Changes{}))
}

// answer makes an item of a turn.
func (s *turnSuite) answer(turn chatkit.StoredTurn, text string) *chatkit.AssistantMessage {
	return &chatkit.AssistantMessage{
		Base:    chatkit.Base{ID: turn.NewItemID(chatkit.KindAssistantMessage), ThreadID: turn.Thread().ID, CreatedAt: madeAt},
		Content: []chatkit.AssistantContent{{Text: text}},
	}
}

// say adds an item to a turn.
func (s *turnSuite) say(turn chatkit.StoredTurn, text string) string {
	s.Helper()
	item := s.answer(turn, text)
	s.ok("AddItem", turn.AddItem(s.Context(), item))
	return item.ID
}

func (s *turnSuite) has(threadID string, want ...string) {
	s.Helper()
	if got := s.ids(ann, threadID); !slices.Equal(got, want) {
		s.Errorf("items = %v, want %v", got, want)
	}
}

func testFirstTurn(s *turnSuite) {
	thread, m := s.newThread(), s.userMessage("hello")
	thread.Title = "title"
	turn, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{NewThread: thread, Message: m})
	s.ok("BeginTurn", err)
	if m.ID == "" || m.ThreadID != thread.ID || turn.ID() == "" {
		s.Errorf("message %q of thread %q in turn %q, want ids, thread %q", m.ID, m.ThreadID, turn.ID(), thread.ID)
	}
	s.sameThread(turn.Thread(), thread)
	got, err := s.store.LoadThread(s.Context(), ann, thread.ID)
	s.ok("LoadThread", err)
	s.sameThread(got, thread)
	item, err := s.store.LoadItem(s.Context(), ann, thread.ID, m.ID)
	s.ok("LoadItem", err)
	s.sameItem(item, m)
	_, err = s.store.LoadThread(s.Context(), bob, thread.ID)
	s.is("LoadThread of bob", err, chatkit.ErrNotFound)
	s.end(turn)
}

func testNextTurn(s *turnSuite) {
	thread := s.thread(ann, "x")
	old := s.add(ann, thread.ID, s.message(ann, thread.ID, "old"))
	m := s.userMessage("again")
	turn, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{ThreadID: thread.ID, Message: m})
	s.ok("BeginTurn", err)
	s.sameThread(turn.Thread(), thread)
	s.has(thread.ID, old, m.ID)
	s.end(turn)
	second, err := s.next(thread.ID)
	s.ok("BeginTurn", err)
	if second.ID() == turn.ID() {
		s.Errorf("two turns are called %s", turn.ID())
	}
	s.end(second)
}

// testHistory is for a store whose turns can tell what was said before.
func testHistory(s *turnSuite) {
	thread := s.thread(ann, "x")
	start := chatkit.TurnStart{ThreadID: thread.ID, Message: s.userMessage("hello"), History: 3}
	turn, err := s.turns.BeginTurn(s.Context(), ann, start)
	s.ok("BeginTurn", err)
	reader, ok := turn.(chatkit.HistoryTurn)
	if !ok {
		s.end(turn)
		return
	}
	if page := reader.TakeHistory(); len(page.Data) != 0 || page.HasMore {
		s.Errorf("history of an empty thread: %+v", page)
	}
	first := start.Message.ID
	second := s.say(turn, "one")
	note := &chatkit.HiddenContext{
		Base:    chatkit.Base{ID: turn.NewItemID(chatkit.KindHiddenContext), ThreadID: thread.ID, CreatedAt: madeAt},
		Content: []byte(`"two"`),
	}
	s.ok("AddItem", turn.AddItem(s.Context(), note))
	s.end(turn)

	for _, row := range []struct {
		n    int
		want []string
		more bool
	}{{0, nil, false}, {1, []string{note.ID}, true}, {2, []string{note.ID, second}, true}, {3, []string{note.ID, second, first}, false}} {
		turn, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{ThreadID: thread.ID, History: row.n})
		s.ok("BeginTurn", err)
		s.say(turn, "three")
		page := turn.(chatkit.HistoryTurn).TakeHistory()
		var got []string
		for _, item := range page.Data {
			got = append(got, item.ItemID())
		}
		if !slices.Equal(got, row.want) || page.HasMore != row.more || row.more && page.After != row.want[len(row.want)-1] {
			s.Errorf("history of %d: %v, more %v after %q; want %v, more %v", row.n, got, page.HasMore, page.After, row.want, row.more)
		}
		s.ok("Apply", turn.Apply(s.Context(), chatkit.Changes{DeleteAfter: note.ID}))
		s.end(turn)
	}
}

func testTurnWithoutThread(s *turnSuite) {
	_, err := s.next(s.store.GenerateThreadID(s.Context(), ann))
	s.is("BeginTurn on an unknown thread", err, chatkit.ErrNotFound)
	theirs := s.thread(bob, "theirs")
	_, err = s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{ThreadID: theirs.ID, Message: s.userMessage("x")})
	s.is("BeginTurn on another's thread", err, chatkit.ErrNotFound)
	if ids := s.ids(bob, theirs.ID); len(ids) != 0 {
		s.Errorf("bob's thread has %v, want nothing", ids)
	}
}

func testBusy(s *turnSuite) {
	turn, m := s.first(nil)
	thread := turn.Thread().ID
	_, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{ThreadID: thread, Message: s.userMessage("x")})
	s.is("BeginTurn on a busy thread", err, chatkit.ErrBusy)
	_, err = s.turns.BeginTurn(s.Context(), bob, chatkit.TurnStart{ThreadID: thread})
	s.is("BeginTurn of bob on ann's busy thread", err, chatkit.ErrNotFound)
	s.has(thread, m.ID)
	other, _ := s.first(nil) // another thread is free
	s.end(other)
	s.end(turn)
	again, err := s.next(thread)
	s.ok("BeginTurn after the end", err)
	s.end(again)
}

func testBeginRace(s *turnSuite) {
	thread := s.thread(ann, "x")
	var begun atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			_, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{ThreadID: thread.ID, Message: s.userMessage("x")})
			if err == nil {
				begun.Add(1)
			} else if !errors.Is(err, chatkit.ErrBusy) {
				s.Errorf("BeginTurn = %v, want %v", err, chatkit.ErrBusy)
			}
		})
	}
	wg.Wait()
	if n := begun.Load(); n != 1 || len(s.ids(ann, thread.ID)) != 1 {
		s.Errorf("%d turns run with %d messages, want 1 and 1", n, len(s.ids(ann, thread.ID)))
	}
}

// uploaded makes an attachment that awaits no upload.
func (s *suite) uploaded(user string) *chatkit.Attachment {
	a := s.attachment(user)
	a.Upload = nil
	return a
}

func testLinked(s *turnSuite) {
	a := s.uploaded(ann)
	s.ok("SaveAttachment", s.store.SaveAttachment(s.Context(), ann, a))
	thread, m := s.newThread(), s.userMessage("see", *a)
	turn, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{NewThread: thread, Message: m})
	s.ok("BeginTurn", err)
	got, err := s.store.LoadAttachment(s.Context(), ann, a.ID)
	s.ok("LoadAttachment", err)
	if got.ThreadID != thread.ID || m.Attachments[0].ThreadID != thread.ID {
		s.Errorf("attachment of thread %q, in the message %q, want %q", got.ThreadID, m.Attachments[0].ThreadID, thread.ID)
	}
	item, err := s.store.LoadItem(s.Context(), ann, thread.ID, m.ID)
	s.ok("LoadItem", err)
	s.sameItem(item, m)
	s.end(turn)
}

func testNotLinked(s *turnSuite) {
	good, theirs := s.uploaded(ann), s.uploaded(bob)
	s.ok("SaveAttachment", s.store.SaveAttachment(s.Context(), ann, good))
	s.ok("SaveAttachment", s.store.SaveAttachment(s.Context(), bob, theirs))
	never := s.uploaded(ann)
	for name, bad := range map[string]*chatkit.Attachment{"another's": theirs, "an unknown": never} {
		thread := s.newThread()
		_, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{NewThread: thread, Message: s.userMessage("see", *good, *bad)})
		s.is("BeginTurn with "+name+" attachment", err, chatkit.ErrNotFound)
		_, err = s.store.LoadThread(s.Context(), ann, thread.ID)
		s.is("LoadThread", err, chatkit.ErrNotFound)
		got, err := s.store.LoadAttachment(s.Context(), ann, good.ID)
		s.ok("LoadAttachment", err)
		s.sameAttachment(got, good)
	}
	thread := s.thread(ann, "x")
	_, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{ThreadID: thread.ID, Message: s.userMessage("see", *theirs)})
	s.is("BeginTurn", err, chatkit.ErrNotFound)
	s.has(thread.ID)
	turn, err := s.next(thread.ID)
	s.ok("BeginTurn after one that failed", err)
	s.end(turn)
}

func testAddItems(s *turnSuite) {
	turn, m := s.first(nil)
	want := []string{m.ID}
	for _, text := range []string{"a", "b", "c"} {
		want = append(want, s.say(turn, text))
	}
	note := s.hidden(ann, turn.Thread().ID, "secret")
	note.ID = turn.NewItemID(chatkit.KindSDKHiddenContext)
	s.ok("AddItem", turn.AddItem(s.Context(), note))
	s.has(turn.Thread().ID, append(want, note.ID)...)
	s.is("AddItem with a taken id", turn.AddItem(s.Context(), note), chatkit.ErrExists)
	s.say(turn, "after an error")
	s.end(turn)
}

func testChanges(s *turnSuite) {
	turn, m := s.first(nil)
	thread := turn.Thread().ID
	a, b := s.say(turn, "a"), s.say(turn, "b")
	s.say(turn, "c")
	changed, added := s.answer(turn, "changed"), s.answer(turn, "added")
	changed.ID = a
	s.ok("Apply", turn.Apply(s.Context(), chatkit.Changes{DeleteAfter: b, Delete: []string{b, "msg_nope"}, Save: []chatkit.Item{changed, added}}))
	s.has(thread, m.ID, a, added.ID)
	got, err := s.store.LoadItem(s.Context(), ann, thread, a)
	s.ok("LoadItem", err)
	s.sameItem(got, changed)
	s.ok("Apply", turn.Apply(s.Context(), chatkit.Changes{DeleteAfter: m.ID}))
	s.has(thread, m.ID)
	s.end(turn)
}

func testChangesBehindNothing(s *turnSuite) {
	turn, m := s.first(nil)
	a := s.say(turn, "a")
	never := turn.NewItemID(chatkit.KindAssistantMessage)
	if err := turn.Apply(s.Context(), chatkit.Changes{DeleteAfter: never, Delete: []string{a}}); err == nil {
		s.Error("Apply behind an unknown item = nil, want an error")
	}
	s.has(turn.Thread().ID, m.ID, a)
	s.end(turn)
}

func testSaveThread(s *turnSuite) {
	turn, _ := s.first(nil)
	id := turn.Thread().ID
	title, meta := "by the model", map[string]any{"k": "v"}
	got, err := turn.SaveThread(s.Context(), chatkit.ThreadPatch{Title: &title})
	s.ok("SaveThread", err)
	if got.Title != title {
		s.Errorf("title = %q, want %q", got.Title, title)
	}
	_, err = s.turns.RenameThread(s.Context(), ann, id, "by the user")
	s.ok("RenameThread", err)
	status, domains := chatkit.Status{Type: chatkit.StatusLocked, Reason: "r"}, []string{"example.org"}
	got, err = turn.SaveThread(s.Context(), chatkit.ThreadPatch{Title: &title, Metadata: &meta, Status: &status, AllowedImageDomains: &domains})
	s.ok("SaveThread", err)
	if got.Title != "by the user" || got.Metadata["k"] != "v" || got.Status != status || !slices.Equal(got.AllowedImageDomains, domains) {
		s.Errorf("thread = %+v, want the user's title and the rest of the patch", got)
	}
	stored, err := s.store.LoadThread(s.Context(), ann, id)
	s.ok("LoadThread", err)
	s.sameThread(stored, got)
	s.end(turn)
}

func testDeletedInTurn(s *turnSuite) {
	turn, _ := s.first(nil)
	id := turn.Thread().ID
	s.ok("DeleteThread", s.store.DeleteThread(s.Context(), ann, id))
	title := "x"
	_, err := turn.SaveThread(s.Context(), chatkit.ThreadPatch{Title: &title})
	s.is("SaveThread", err, chatkit.ErrNotFound)
	s.is("AddItem", turn.AddItem(s.Context(), s.answer(turn, "late")), chatkit.ErrNotFound)
	s.is("Apply", turn.Apply(s.Context(), chatkit.Changes{Save: []chatkit.Item{s.answer(turn, "late")}}), chatkit.ErrNotFound)
	s.is("Checkpoint", turn.Checkpoint(s.Context(), []chatkit.Item{s.answer(turn, "late")}), chatkit.ErrNotFound)
	s.is("End", turn.End(s.Context(), chatkit.Cancelled, chatkit.Changes{Save: []chatkit.Item{s.answer(turn, "late")}}), chatkit.ErrNotFound)
	_, err = s.store.LoadThread(s.Context(), ann, id)
	s.is("LoadThread", err, chatkit.ErrNotFound)
	s.has(id)
	silent, _ := s.first(nil)
	s.ok("DeleteThread", s.store.DeleteThread(s.Context(), ann, silent.Thread().ID))
	s.is("End without changes", silent.End(s.Context(), chatkit.Done, chatkit.Changes{}), chatkit.ErrNotFound)
}

func testCheckpoint(s *turnSuite) {
	turn, m := s.first(nil)
	for _, text := range []string{"so", "so far"} {
		s.ok("Checkpoint", turn.Checkpoint(s.Context(), []chatkit.Item{s.answer(turn, text)}))
	}
	s.has(turn.Thread().ID, m.ID) // it is no item
	s.end(turn)
	s.has(turn.Thread().ID, m.ID)
	s.is("Checkpoint after the end", turn.Checkpoint(s.Context(), nil), chatkit.ErrTurnOver)
}

func testEnd(s *turnSuite) {
	for _, outcome := range []chatkit.Outcome{chatkit.Done, chatkit.Failed, chatkit.Cancelled} {
		turn, m := s.first(nil)
		partial := s.answer(turn, "so far")
		s.ok("End", turn.End(s.Context(), outcome, chatkit.Changes{Save: []chatkit.Item{partial}}))
		s.has(turn.Thread().ID, m.ID, partial.ID)
		late := s.answer(turn, "late")
		s.is("AddItem after the end", turn.AddItem(s.Context(), late), chatkit.ErrTurnOver)
		s.is("Apply after the end", turn.Apply(s.Context(), chatkit.Changes{Save: []chatkit.Item{late}}), chatkit.ErrTurnOver)
		title := "late"
		_, err := turn.SaveThread(s.Context(), chatkit.ThreadPatch{Title: &title})
		s.is("SaveThread after the end", err, chatkit.ErrTurnOver)
		s.is("End after the end", turn.End(s.Context(), outcome, chatkit.Changes{Save: []chatkit.Item{late}}), chatkit.ErrTurnOver)
		s.has(turn.Thread().ID, m.ID, partial.ID)
	}
}

func testAbandon(s *turnSuite) {
	thread := s.thread(ann, "x")
	start := chatkit.TurnStart{ThreadID: thread.ID, Key: keyOf("k", "body")}
	turn, err := s.turns.BeginTurn(s.Context(), ann, start)
	s.ok("BeginTurn", err)
	s.ok("Abandon", turn.Abandon(s.Context()))
	s.is("AddItem", turn.AddItem(s.Context(), s.answer(turn, "late")), chatkit.ErrTurnOver)
	again, err := s.turns.BeginTurn(s.Context(), ann, start)
	s.ok("BeginTurn with the key of a turn that never was", err)
	s.end(again)
}

func keyOf(key, body string) *chatkit.IdempotencyKey {
	return &chatkit.IdempotencyKey{Endpoint: "/api/chatkit", Key: key, Hash: []byte(body)}
}

func testKeyOfChanges(s *turnSuite) {
	thread := s.thread(ann, "x")
	old := s.message(ann, thread.ID, "old")
	s.add(ann, thread.ID, old)
	key := keyOf("k", "body")
	turn, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{ThreadID: thread.ID, Key: key})
	s.ok("BeginTurn", err)
	old.Content[0].Text = "changed"
	s.ok("Apply", turn.Apply(s.Context(), chatkit.Changes{Save: []chatkit.Item{old}}))
	added := s.say(turn, "added")
	s.end(turn)
	first, err := s.turns.Replay(s.Context(), ann, *key)
	s.ok("Replay", err)
	if len(first.Items) != 1 || first.Items[0].ItemID() != added || first.New {
		s.Errorf("Replay = %d items of new (%v) thread, want the added one alone", len(first.Items), first.New)
	}
}

func testKey(s *turnSuite) {
	key := keyOf("k", "body")
	turn, m := s.first(key)
	a, b := s.say(turn, "a"), s.say(turn, "b")
	s.ok("Apply", turn.Apply(s.Context(), chatkit.Changes{Delete: []string{a}}))
	last := s.answer(turn, "last")
	s.ok("End", turn.End(s.Context(), chatkit.Cancelled, chatkit.Changes{Save: []chatkit.Item{last}}))
	next, err := s.next(turn.Thread().ID) // what comes after belongs to another turn
	s.ok("BeginTurn", err)
	s.say(next, "next")
	_, err = s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{NewThread: s.newThread(), Message: s.userMessage("x"), Key: key})
	s.is("BeginTurn with a used key", err, chatkit.ErrKeyTaken)
	first, err := s.turns.Replay(s.Context(), ann, *key)
	s.ok("Replay", err)
	var got []string
	for _, item := range first.Items {
		got = append(got, item.ItemID())
	}
	if want := []string{m.ID, b, last.ID}; !slices.Equal(got, want) || !first.New || first.Thread.ID != turn.Thread().ID {
		s.Errorf("Replay = %v of new (%v) thread %s, want %v of new thread %s", got, first.New, first.Thread.ID, want, turn.Thread().ID)
	}
	s.end(next)
}

func testKeyRefused(s *turnSuite) {
	key := keyOf("k", "body")
	turn, _ := s.first(key)
	_, err := s.turns.Replay(s.Context(), ann, *key)
	s.is("Replay while the turn runs", err, chatkit.ErrKeyRunning)
	s.end(turn)
	_, err = s.turns.Replay(s.Context(), ann, *keyOf("k", "other body"))
	s.is("Replay with another body", err, chatkit.ErrKeyReused)
	_, err = s.turns.Replay(s.Context(), bob, *key)
	s.is("Replay of another user", err, chatkit.ErrNotFound)
	elsewhere := *key
	elsewhere.Endpoint = "/api/chat"
	for _, unused := range []chatkit.IdempotencyKey{*keyOf("K", "body"), elsewhere} {
		_, err = s.turns.Replay(s.Context(), ann, unused)
		s.is("Replay of an unused key", err, chatkit.ErrNotFound)
	}
}

func testKeyOfDeleted(s *turnSuite) {
	key := keyOf("k", "body")
	turn, _ := s.first(key)
	s.end(turn)
	s.ok("DeleteThread", s.store.DeleteThread(s.Context(), ann, turn.Thread().ID))
	_, err := s.turns.Replay(s.Context(), ann, *key)
	s.is("Replay", err, chatkit.ErrNotFound)
}

func testKeyOfFailedBegin(s *turnSuite) {
	key := keyOf("k", "body")
	_, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{ThreadID: s.store.GenerateThreadID(s.Context(), ann), Key: key})
	s.is("BeginTurn on an unknown thread", err, chatkit.ErrNotFound)
	turn, _ := s.first(key)
	s.end(turn)
}

func testKeyRace(s *turnSuite) {
	key := keyOf("k", "body")
	var begun atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			_, err := s.turns.BeginTurn(s.Context(), ann, chatkit.TurnStart{NewThread: s.newThread(), Message: s.userMessage("x"), Key: key})
			if err == nil {
				begun.Add(1)
			} else if !errors.Is(err, chatkit.ErrKeyTaken) {
				s.Errorf("BeginTurn = %v, want %v", err, chatkit.ErrKeyTaken)
			}
		})
	}
	wg.Wait()
	page, err := s.store.LoadThreads(s.Context(), ann, chatkit.PageParams{Limit: 100})
	s.ok("LoadThreads", err)
	if n := begun.Load(); n != 1 || len(page.Data) != 1 {
		s.Errorf("%d turns began on %d threads, want 1 on 1", n, len(page.Data))
	}
}

func testRename(s *turnSuite) {
	thread := s.thread(ann, "old")
	thread.Metadata = map[string]any{"k": "v"}
	s.ok("SaveThread", s.store.SaveThread(s.Context(), ann, thread))
	for _, title := range []string{"نیا نام", ""} {
		thread.Title = title
		got, err := s.turns.RenameThread(s.Context(), ann, thread.ID, title)
		s.ok("RenameThread", err)
		s.sameThread(got, thread)
		got, err = s.store.LoadThread(s.Context(), ann, thread.ID)
		s.ok("LoadThread", err)
		s.sameThread(got, thread)
	}
	_, err := s.turns.RenameThread(s.Context(), bob, thread.ID, "theirs")
	s.is("RenameThread of another's", err, chatkit.ErrNotFound)
	_, err = s.turns.RenameThread(s.Context(), ann, s.store.GenerateThreadID(s.Context(), ann), "x")
	s.is("RenameThread of an unknown thread", err, chatkit.ErrNotFound)
}
