package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"taskwire/adapter/chatkit"
)

// Run tests the 14 methods of a store. open gives an empty one to each test.
func Run(t *testing.T, open func(t *testing.T) chatkit.Store) {
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"ids are new", testIDs},
		{"a thread is kept whole", testThread},
		{"a thread of another user", testThreadOfAnother},
		{"threads by page", testThreadPages},
		{"a deleted thread", testDeletedThread},
		{"items of every kind", testItems},
		{"items of another user", testItemsOfAnother},
		{"items of another thread", testItemsOfAnotherThread},
		{"items by page", testItemPages},
		{"hidden items do not count", testHiddenItems},
		{"a cursor whose item is gone", testCursorGone},
		{"an item is saved in its place", testSaveItem},
		{"a taken id", testTakenID},
		{"a deleted item", testDeletedItem},
		{"attachments", testAttachments},
		{"attachments of another user", testAttachmentsOfAnother},
		{"what is handed out is the caller's", testCopies},
		{"many at once", testManyAtOnce},
		{"paging while items come and go", testPagingUnderWrites},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(&suite{t, open(t)}) })
	}
}

func testIDs(s *suite) {
	seen := map[string]bool{}
	for range 100 {
		thread := s.store.GenerateThreadID(s.Context(), ann)
		for _, id := range []string{thread, s.store.GenerateItemID(s.Context(), ann, chatkit.KindUserMessage, thread)} {
			if id == "" || seen[id] {
				s.Fatalf("id %q is empty or was given before", id)
			}
			seen[id] = true
		}
	}
}

func testThread(s *suite) {
	thread := s.thread(ann, "میری فہرست")
	thread.Status = chatkit.Status{Type: chatkit.StatusLocked, Reason: "later"}
	thread.AllowedImageDomains = []string{"example.org"}
	thread.Metadata = map[string]any{"n": json.Number("1"), "deep": map[string]any{"list": []any{"a", nil, true}}}
	for _, title := range []string{"x", ""} {
		thread.Title = title
		s.ok("SaveThread", s.store.SaveThread(s.Context(), ann, thread))
		got, err := s.store.LoadThread(s.Context(), ann, thread.ID)
		s.ok("LoadThread", err)
		s.sameThread(got, thread)
	}
	_, err := s.store.LoadThread(s.Context(), ann, s.store.GenerateThreadID(s.Context(), ann))
	s.is("LoadThread of an unknown id", err, chatkit.ErrNotFound)
}

func testThreadOfAnother(s *suite) {
	thread := s.thread(ann, "mine")
	_, err := s.store.LoadThread(s.Context(), bob, thread.ID)
	s.is("LoadThread of another's", err, chatkit.ErrNotFound)
	page, err := s.store.LoadThreads(s.Context(), bob, chatkit.PageParams{Limit: 10})
	s.ok("LoadThreads", err)
	if len(page.Data) != 0 {
		s.Errorf("LoadThreads of bob = %d threads, want none", len(page.Data))
	}
	s.ok("DeleteThread of another's", s.store.DeleteThread(s.Context(), bob, thread.ID))
	theirs := *thread
	theirs.Title = "theirs"
	s.ok("SaveThread with another's id", s.store.SaveThread(s.Context(), bob, &theirs))
	got, err := s.store.LoadThread(s.Context(), ann, thread.ID)
	s.ok("LoadThread", err)
	s.sameThread(got, thread)
}

func testThreadPages(s *suite) {
	var made []string
	for i := range 7 {
		made = append(made, s.thread(ann, fmt.Sprint(i)).ID)
		s.thread(bob, fmt.Sprint(i))
	}
	first, err := s.store.LoadThread(s.Context(), ann, made[0])
	s.ok("LoadThread", err)
	s.ok("SaveThread", s.store.SaveThread(s.Context(), ann, first)) // which changes no place
	load := func(p chatkit.PageParams) (chatkit.Page[*chatkit.Thread], error) {
		return s.store.LoadThreads(s.Context(), ann, p)
	}
	testPages(s, made, load, func(t *chatkit.Thread) string { return t.ID })
}

// testPages reads a list in pages of several sizes, from both ends.
func testPages[T any](s *suite, want []string, load func(chatkit.PageParams) (chatkit.Page[T], error), id func(T) string) {
	s.Helper()
	backward := slices.Clone(want)
	slices.Reverse(backward)
	for _, limit := range []int{1, 2, 3, len(want), len(want) + 1} {
		for _, ascending := range []bool{true, false} {
			wanted := want
			if !ascending {
				wanted = backward
			}
			got := readPages(s, limit, ascending, load, id)
			if !slices.Equal(got, wanted) {
				s.Errorf("pages of %d, ascending %v: %v, want %v", limit, ascending, got, wanted)
			}
		}
	}
	for _, cursor := range []string{"nope", "thr_0", "~"} {
		if _, err := load(chatkit.PageParams{Limit: 5, After: cursor}); err != nil {
			s.Errorf("page after %q: %v, want no error", cursor, err)
		}
	}
}

func readPages[T any](s *suite, limit int, ascending bool, load func(chatkit.PageParams) (chatkit.Page[T], error), id func(T) string) (ids []string) {
	s.Helper()
	p := chatkit.PageParams{Limit: limit, Ascending: ascending}
	for range 1000 {
		page, err := load(p)
		s.ok("load page", err)
		for _, v := range page.Data {
			ids = append(ids, id(v))
		}
		if !page.HasMore {
			if page.After != "" {
				s.Errorf("last page has the cursor %q", page.After)
			}
			return ids
		}
		if len(page.Data) != limit || page.After != ids[len(ids)-1] {
			s.Fatalf("page with more behind it has %d of %d entries and cursor %q, want that of the last entry", len(page.Data), limit, page.After)
		}
		p.After = page.After
	}
	s.Fatal("the pages have no end")
	return nil
}

func testDeletedThread(s *suite) {
	thread := s.thread(ann, "x")
	id := s.add(ann, thread.ID, s.message(ann, thread.ID, "hello"))
	for range 2 {
		s.ok("DeleteThread", s.store.DeleteThread(s.Context(), ann, thread.ID))
	}
	_, err := s.store.LoadThread(s.Context(), ann, thread.ID)
	s.is("LoadThread", err, chatkit.ErrNotFound)
	_, err = s.store.LoadItem(s.Context(), ann, thread.ID, id)
	s.is("LoadItem", err, chatkit.ErrNotFound)
	if ids := s.ids(ann, thread.ID); len(ids) != 0 {
		s.Errorf("items of the deleted thread: %v", ids)
	}
	late := s.message(ann, thread.ID, "late")
	s.is("AddThreadItem", s.store.AddThreadItem(s.Context(), ann, thread.ID, late), chatkit.ErrNotFound)
	s.is("SaveItem", s.store.SaveItem(s.Context(), ann, thread.ID, late), chatkit.ErrNotFound)
	s.ok("DeleteThreadItem", s.store.DeleteThreadItem(s.Context(), ann, thread.ID, id))
	page, err := s.store.LoadThreads(s.Context(), ann, chatkit.PageParams{Limit: 10})
	if err != nil || len(page.Data) != 0 {
		s.Errorf("LoadThreads = %d threads, %v, want none", len(page.Data), err)
	}
}

func testItems(s *suite) {
	thread := s.thread(ann, "x")
	index := 3
	items := []chatkit.Item{
		&chatkit.UserMessage{Content: []chatkit.UserContent{{Type: chatkit.InputText, Text: "سلام \u2028 <b>"}}, QuotedText: "q"},
		&chatkit.AssistantMessage{Content: []chatkit.AssistantContent{{Text: "a", Annotations: []chatkit.Annotation{
			{Source: chatkit.Source{Type: chatkit.SourceURL, Title: "t", URL: "https://example.org"}, Index: &index}}}}},
		&chatkit.ClientToolCall{CallID: "c", Name: "n", Arguments: json.RawMessage(`{"a":1e400}`)},
		&chatkit.WidgetItem{Widget: chatkit.Widget{"type": "Card", "children": []any{}}, CopyText: "c"},
		&chatkit.GeneratedImage{Image: &chatkit.ImageRef{ID: "i", URL: "data:,"}},
		&chatkit.StructuredInput{Inputs: []chatkit.Question{{Type: chatkit.Freeform, ID: "q", Text: "?"}}},
		&chatkit.WorkflowItem{Workflow: chatkit.Workflow{Type: chatkit.WorkflowCustom, Tasks: []chatkit.Task{{Type: chatkit.TaskCustom, Title: "t"}}}},
		&chatkit.TaskItem{Task: chatkit.Task{Type: chatkit.TaskThought, Content: "c"}},
		&chatkit.EndOfTurn{},
		&chatkit.HiddenContext{Content: json.RawMessage(`{"secret":[1,2]}`)},
		&chatkit.SDKHiddenContext{Content: "note"},
	}
	for _, item := range items {
		*item.Head() = chatkit.Base{
			ID: s.store.GenerateItemID(s.Context(), ann, item.Kind(), thread.ID), ThreadID: thread.ID, CreatedAt: madeAt,
		}
		s.add(ann, thread.ID, item)
		got, err := s.store.LoadItem(s.Context(), ann, thread.ID, item.ItemID())
		s.ok("LoadItem", err)
		s.sameItem(got, item)
	}
	page, err := s.store.LoadThreadItems(s.Context(), ann, thread.ID, chatkit.PageParams{Limit: 100, Ascending: true, Hidden: true})
	s.ok("LoadThreadItems", err)
	if len(page.Data) != len(items) {
		s.Fatalf("LoadThreadItems = %d items, want %d", len(page.Data), len(items))
	}
	for i := range items {
		s.sameItem(page.Data[i], items[i])
	}
}

func testItemsOfAnother(s *suite) {
	thread := s.thread(ann, "x")
	item := s.message(ann, thread.ID, "mine")
	s.add(ann, thread.ID, item)
	_, err := s.store.LoadItem(s.Context(), bob, thread.ID, item.ID)
	s.is("LoadItem of another's", err, chatkit.ErrNotFound)
	if ids := s.ids(bob, thread.ID); len(ids) != 0 {
		s.Errorf("items of another's thread: %v, want none", ids)
	}
	theirs := s.message(bob, thread.ID, "theirs")
	s.is("AddThreadItem to another's", s.store.AddThreadItem(s.Context(), bob, thread.ID, theirs), chatkit.ErrNotFound)
	theirs.ID = item.ID
	s.is("SaveItem over another's", s.store.SaveItem(s.Context(), bob, thread.ID, theirs), chatkit.ErrNotFound)
	s.ok("DeleteThreadItem of another's", s.store.DeleteThreadItem(s.Context(), bob, thread.ID, item.ID))
	got, err := s.store.LoadItem(s.Context(), ann, thread.ID, item.ID)
	s.ok("LoadItem", err)
	s.sameItem(got, item)
}

func testItemsOfAnotherThread(s *suite) {
	one, two := s.thread(ann, "1"), s.thread(ann, "2")
	id := s.add(ann, one.ID, s.message(ann, one.ID, "x"))
	_, err := s.store.LoadItem(s.Context(), ann, two.ID, id)
	s.is("LoadItem through another thread", err, chatkit.ErrNotFound)
	s.ok("DeleteThreadItem", s.store.DeleteThreadItem(s.Context(), ann, two.ID, id))
	if got := s.ids(ann, one.ID); !slices.Equal(got, []string{id}) {
		s.Errorf("items = %v, want %v", got, id)
	}
}

func testItemPages(s *suite) {
	thread, other := s.thread(ann, "x"), s.thread(ann, "y")
	var added []string
	for i := range 7 {
		added = append(added, s.add(ann, thread.ID, s.message(ann, thread.ID, fmt.Sprint(i))))
		s.add(ann, other.ID, s.message(ann, other.ID, fmt.Sprint(i)))
	}
	testPages(s, added, s.loadItems(thread.ID, false), chatkit.Item.ItemID)
}

func (s *suite) loadItems(threadID string, hidden bool) func(chatkit.PageParams) (chatkit.Page[chatkit.Item], error) {
	return func(p chatkit.PageParams) (chatkit.Page[chatkit.Item], error) {
		p.Hidden = hidden
		return s.store.LoadThreadItems(s.Context(), ann, threadID, p)
	}
}

func testHiddenItems(s *suite) {
	thread := s.thread(ann, "x")
	var all, shown []string
	for i := range 9 {
		if i%3 != 1 {
			all = append(all, s.add(ann, thread.ID, s.hidden(ann, thread.ID, "secret")))
			continue
		}
		id := s.add(ann, thread.ID, s.message(ann, thread.ID, "x"))
		all, shown = append(all, id), append(shown, id)
	}
	testPages(s, shown, s.loadItems(thread.ID, false), chatkit.Item.ItemID)
	testPages(s, all, s.loadItems(thread.ID, true), chatkit.Item.ItemID)
}

func testCursorGone(s *suite) {
	thread := s.thread(ann, "x")
	var added []string
	for range 5 {
		added = append(added, s.add(ann, thread.ID, s.message(ann, thread.ID, "x")))
	}
	s.ok("DeleteThreadItem", s.store.DeleteThreadItem(s.Context(), ann, thread.ID, added[2]))
	for ascending, want := range map[bool][]string{true: added[3:], false: {added[1], added[0]}} {
		page, err := s.store.LoadThreadItems(s.Context(), ann, thread.ID, chatkit.PageParams{After: added[2], Limit: 10, Ascending: ascending})
		s.ok("LoadThreadItems", err)
		var got []string
		for _, item := range page.Data {
			got = append(got, item.ItemID())
		}
		if !slices.Equal(got, want) {
			s.Errorf("behind the deleted item, ascending %v: %v, want %v", ascending, got, want)
		}
	}
}

func testSaveItem(s *suite) {
	thread := s.thread(ann, "x")
	first, second := s.message(ann, thread.ID, "1"), s.message(ann, thread.ID, "2")
	s.add(ann, thread.ID, first)
	s.add(ann, thread.ID, second)
	first.Content[0].Text = "changed"
	s.ok("SaveItem", s.store.SaveItem(s.Context(), ann, thread.ID, first))
	third := s.message(ann, thread.ID, "3")
	s.ok("SaveItem of a new item", s.store.SaveItem(s.Context(), ann, thread.ID, third))
	if got, want := s.ids(ann, thread.ID), []string{first.ID, second.ID, third.ID}; !slices.Equal(got, want) {
		s.Errorf("items = %v, want %v", got, want)
	}
	got, err := s.store.LoadItem(s.Context(), ann, thread.ID, first.ID)
	s.ok("LoadItem", err)
	s.sameItem(got, first)
}

func testTakenID(s *suite) {
	thread := s.thread(ann, "x")
	item := s.message(ann, thread.ID, "first")
	s.add(ann, thread.ID, item)
	again := *item
	again.Content = []chatkit.AssistantContent{{Text: "second"}}
	s.is("AddThreadItem with a taken id", s.store.AddThreadItem(s.Context(), ann, thread.ID, &again), chatkit.ErrExists)
	got, err := s.store.LoadItem(s.Context(), ann, thread.ID, item.ID)
	s.ok("LoadItem", err)
	s.sameItem(got, item)
	theirs := s.thread(bob, "y") // the same id is free elsewhere
	again.ThreadID = theirs.ID
	s.ok("AddThreadItem for bob", s.store.AddThreadItem(s.Context(), bob, theirs.ID, &again))
}

func testDeletedItem(s *suite) {
	thread := s.thread(ann, "x")
	id := s.add(ann, thread.ID, s.message(ann, thread.ID, "x"))
	for range 2 {
		s.ok("DeleteThreadItem", s.store.DeleteThreadItem(s.Context(), ann, thread.ID, id))
	}
	_, err := s.store.LoadItem(s.Context(), ann, thread.ID, id)
	s.is("LoadItem", err, chatkit.ErrNotFound)
}

// attachment makes an attachment with every field.
func (s *suite) attachment(user string) *chatkit.Attachment {
	return &chatkit.Attachment{
		ID:   s.store.GenerateItemID(s.Context(), user, chatkit.KindAttachment, ""),
		Name: "رپورٹ.png", MimeType: "image/png", PreviewURL: "https://example.org/p",
		Upload:   &chatkit.UploadDescriptor{URL: "https://example.org/u", Method: "PUT", Headers: map[string]string{"A": "b"}},
		Metadata: map[string]any{"k": "v"},
	}
}

func testAttachments(s *suite) {
	a := s.attachment(ann)
	s.ok("SaveAttachment", s.store.SaveAttachment(s.Context(), ann, a))
	got, err := s.store.LoadAttachment(s.Context(), ann, a.ID)
	s.ok("LoadAttachment", err)
	s.sameAttachment(got, a)
	a.Upload, a.ThreadID = nil, s.thread(ann, "x").ID
	s.ok("SaveAttachment again", s.store.SaveAttachment(s.Context(), ann, a))
	got, err = s.store.LoadAttachment(s.Context(), ann, a.ID)
	s.ok("LoadAttachment", err)
	s.sameAttachment(got, a)
	for range 2 {
		s.ok("DeleteAttachment", s.store.DeleteAttachment(s.Context(), ann, a.ID))
	}
	_, err = s.store.LoadAttachment(s.Context(), ann, a.ID)
	s.is("LoadAttachment", err, chatkit.ErrNotFound)
}

func testAttachmentsOfAnother(s *suite) {
	a := s.attachment(ann)
	s.ok("SaveAttachment", s.store.SaveAttachment(s.Context(), ann, a))
	_, err := s.store.LoadAttachment(s.Context(), bob, a.ID)
	s.is("LoadAttachment of another's", err, chatkit.ErrNotFound)
	s.ok("DeleteAttachment of another's", s.store.DeleteAttachment(s.Context(), bob, a.ID))
	theirs := *a
	theirs.Name = "theirs"
	s.ok("SaveAttachment with another's id", s.store.SaveAttachment(s.Context(), bob, &theirs))
	got, err := s.store.LoadAttachment(s.Context(), ann, a.ID)
	s.ok("LoadAttachment", err)
	s.sameAttachment(got, a)
}

func testCopies(s *suite) {
	thread := s.thread(ann, "x")
	thread.Metadata = map[string]any{"k": "kept"}
	s.ok("SaveThread", s.store.SaveThread(s.Context(), ann, thread))
	item := s.message(ann, thread.ID, "kept")
	s.add(ann, thread.ID, item)
	thread.Metadata["k"], item.Content[0].Text = "changed", "changed"
	for range 2 {
		gotThread, err := s.store.LoadThread(s.Context(), ann, thread.ID)
		s.ok("LoadThread", err)
		gotItem, err := s.store.LoadItem(s.Context(), ann, thread.ID, item.ID)
		s.ok("LoadItem", err)
		text := &gotItem.(*chatkit.AssistantMessage).Content[0].Text
		if gotThread.Metadata["k"] != "kept" || *text != "kept" {
			s.Fatalf("stored %v and %q, want what was saved", gotThread.Metadata["k"], *text)
		}
		gotThread.Metadata["k"], *text = "changed", "changed"
	}
}

func testManyAtOnce(s *suite) {
	thread := s.thread(ann, "x")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				s.noError(s.store.AddThreadItem(s.Context(), ann, thread.ID, s.message(ann, thread.ID, "x")))
			}
		})
	}
	wg.Wait()
	ids := s.ids(ann, thread.ID)
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 80 {
		s.Errorf("%d items, want 80", n)
	}
}

// noError is ok for other goroutines than the test's own.
func (s *suite) noError(err error) {
	if err != nil {
		s.Error(err)
	}
}

func testPagingUnderWrites(s *suite) {
	thread := s.thread(ann, "x")
	var stay []string
	for i := range 40 {
		id := s.add(ann, thread.ID, s.message(ann, thread.ID, "x"))
		if i%2 == 0 {
			stay = append(stay, id)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i, id := range s.ids(ann, thread.ID) {
			if i%2 == 1 {
				s.noError(s.store.DeleteThreadItem(s.Context(), ann, thread.ID, id))
			}
			s.noError(s.store.AddThreadItem(s.Context(), ann, thread.ID, s.message(ann, thread.ID, "new")))
		}
	})
	got := readPages(s, 3, true, s.loadItems(thread.ID, false), chatkit.Item.ItemID)
	wg.Wait()
	slices.Sort(got)
	if n := len(slices.Compact(slices.Clone(got))); n != len(got) {
		s.Errorf("%d of %d items were seen twice", len(got)-n, len(got))
	}
	for _, id := range stay {
		if _, seen := slices.BinarySearch(got, id); !seen {
			s.Errorf("item %s, there all the time, was not seen", id)
		}
	}
}
