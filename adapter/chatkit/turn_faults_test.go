package chatkit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"taskwire/adapter/chatkit"
)

var errDisk = errors.New("disk at /var/lib/secret")

// A faultyStore fails one of its calls, before or after it took effect. It is
// the 14 methods alone: turns are kept by KeepTurns.
type faultyStore struct {
	chatkit.Store
	mu    sync.Mutex
	calls int
	fails map[int]bool
	after bool // the fault comes when the effect is there
}

// fault counts a call and tells whether to fail.
func (f *faultyStore) call(do func() error) error {
	f.mu.Lock()
	f.calls++
	fails := f.fails[f.calls]
	f.mu.Unlock()
	if fails && !f.after {
		return errDisk
	}
	if err := do(); err != nil || !fails {
		return err
	}
	return errDisk
}

func (f *faultyStore) arm(after bool, calls ...int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.after, f.fails = 0, after, map[int]bool{}
	for _, n := range calls {
		f.fails[n] = true
	}
}

func (f *faultyStore) disarm() (calls int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = nil
	return f.calls
}

func (f *faultyStore) LoadThread(ctx context.Context, user, id string) (t *chatkit.Thread, err error) {
	err = f.call(func() error { t, err = f.Store.LoadThread(ctx, user, id); return err })
	return t, err
}

func (f *faultyStore) SaveThread(ctx context.Context, user string, t *chatkit.Thread) error {
	return f.call(func() error { return f.Store.SaveThread(ctx, user, t) })
}

func (f *faultyStore) AddThreadItem(ctx context.Context, user, thread string, item chatkit.Item) error {
	return f.call(func() error { return f.Store.AddThreadItem(ctx, user, thread, item) })
}

func (f *faultyStore) SaveItem(ctx context.Context, user, thread string, item chatkit.Item) error {
	return f.call(func() error { return f.Store.SaveItem(ctx, user, thread, item) })
}

func (f *faultyStore) LoadItem(ctx context.Context, user, thread, id string) (item chatkit.Item, err error) {
	err = f.call(func() error { item, err = f.Store.LoadItem(ctx, user, thread, id); return err })
	return item, err
}

func (f *faultyStore) LoadThreadItems(ctx context.Context, user, thread string, p chatkit.PageParams) (page chatkit.Page[chatkit.Item], err error) {
	err = f.call(func() error { page, err = f.Store.LoadThreadItems(ctx, user, thread, p); return err })
	return page, err
}

func (f *faultyStore) DeleteThreadItem(ctx context.Context, user, thread, id string) error {
	return f.call(func() error { return f.Store.DeleteThreadItem(ctx, user, thread, id) })
}

func (f *faultyStore) LoadAttachment(ctx context.Context, user, id string) (a *chatkit.Attachment, err error) {
	err = f.call(func() error { a, err = f.Store.LoadAttachment(ctx, user, id); return err })
	return a, err
}

func (f *faultyStore) SaveAttachment(ctx context.Context, user string, a *chatkit.Attachment) error {
	return f.call(func() error { return f.Store.SaveAttachment(ctx, user, a) })
}

// everyFault gives a store whose first call fails, then one whose second does,
// and so on until try, which arms it and says how many calls there were, runs
// without a fault.
func everyFault(t *testing.T, try func(t *testing.T, f *faultyStore, arm func()) (calls int)) {
	for _, after := range []bool{false, true} {
		for n, reached := 1, true; reached; n++ {
			t.Run(fmt.Sprintf("call %d, after its effect %v", n, after), func(t *testing.T) {
				f := &faultyStore{Store: new(chatkit.Memory)}
				reached = try(t, f, func() { f.arm(after, n) }) >= n
			})
		}
	}
}

func TestFaultsOfTheFirstMessage(t *testing.T) {
	t.Parallel()
	everyFault(t, func(t *testing.T, f *faultyStore, arm func()) int {
		r := newRigOn(t, chatkit.KeepTurns(f), chatkit.Handlers{})
		attachment := &chatkit.Attachment{ID: "atc_1", Name: "a.txt", MimeType: "text/plain"}
		if err := f.SaveAttachment(t.Context(), ann, attachment); err != nil {
			t.Fatal(err)
		}
		body := message(`{"content":[` + quotedText("hello") + `],"attachments":["atc_1"]}`)
		arm()
		resp := r.send(body)
		if resp.StatusCode == 500 {
			resp.Body.Close()
			calls := f.disarm()
			if _, page := r.get(request("threads.list", "{}")); len(idsOf(page)) != 0 {
				t.Errorf("threads %v are left", idsOf(page))
			}
			if a, err := f.LoadAttachment(t.Context(), ann, "atc_1"); err != nil || a.ThreadID != "" {
				t.Errorf("attachment = %+v, %v, want it free", a, err)
			}
			r.stream(body)
			return calls
		}
		if resp.StatusCode != 200 {
			t.Errorf("status = %d", resp.StatusCode)
		}
		blocks := newBlocks(resp.Body)
		for event, err := blocks.next(); err == nil; event, err = blocks.next() {
			if strings.Contains(fmt.Sprint(event), "secret") {
				t.Errorf("event %v", event)
			}
		}
		resp.Body.Close()
		r.idle()
		return f.disarm()
	})
}

// Whatever fails while a second message is answered, what was announced is
// stored, nothing is stored twice, and the thread is free afterwards.
func TestFaultsOfATurn(t *testing.T) {
	t.Parallel()
	handlers := chatkit.Handlers{Respond: func(_ context.Context, t *chatkit.Turn, in *chatkit.UserMessage) error {
		t.Thread.Metadata = map[string]any{"asked": in.Content[0].Text}
		return t.Say("answer to " + in.Content[0].Text)
	}}
	everyFault(t, func(t *testing.T, f *faultyStore, arm func()) int {
		r := newRigOn(t, chatkit.KeepTurns(f), handlers)
		thread, _ := r.create("first")
		arm()
		resp := r.send(addBody(thread, "second"))
		announced := map[string]bool{}
		if resp.StatusCode == 200 {
			blocks := newBlocks(resp.Body)
			for event, err := blocks.next(); err == nil; event, err = blocks.next() {
				if event["type"] == "thread.item.done" {
					announced[event["item"].(object)["id"].(string)] = true
				}
			}
		}
		resp.Body.Close()
		r.idle()
		calls := f.disarm()
		for _, item := range r.items(thread) {
			delete(announced, item.ItemID())
		}
		if len(announced) > 0 {
			t.Errorf("announced, but not stored: %v", announced)
		}
		if n := len(r.items(thread)); resp.StatusCode != 200 && n != 2 {
			t.Errorf("%d items after a refusal, want 2", n)
		}
		if got := kinds(r.stream(addBody(thread, "third"))); got[len(got)-1] == "error stream.error" {
			t.Errorf("the next answer = %q", got)
		}
		return calls
	})
}

func TestFaultsOfARetry(t *testing.T) {
	t.Parallel()
	everyFault(t, func(t *testing.T, f *faultyStore, arm func()) int {
		r := newRigOn(t, chatkit.KeepTurns(f), chatkit.Handlers{Respond: sayAll})
		thread, _ := r.create("a b c")
		retry := about("threads.retry_after_item", "thread_id", thread, "item_id", r.items(thread)[0].ItemID())
		arm()
		resp := r.send(retry)
		for blocks := newBlocks(resp.Body); ; {
			if _, err := blocks.next(); err != nil {
				break
			}
		}
		resp.Body.Close()
		r.idle()
		calls := f.disarm()
		r.stream(retry) // whatever was left, the next one mends it
		r.holds(thread, "a b c", "said a", "said b", "said c")
		return calls
	})
}

// The end of a stopped turn is tried again until it is stored.
func TestEndIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newStopper()
	f := &faultyStore{Store: new(chatkit.Memory)}
	r := newRigOn(t, chatkit.KeepTurns(f), s.handlers())
	l, thread := s.begin(r)
	f.arm(false, 1, 2, 4)
	l.close()
	s.isStopped(r, thread)
	if strings.Contains(r.log.String(), "not recorded") {
		t.Errorf("log: %s", r.log)
	}
}

// A store that fails is told to the log and not to the client.
func TestFaultsOfRequests(t *testing.T) {
	t.Parallel()
	f := &faultyStore{Store: new(chatkit.Memory)}
	r := newRigOn(t, chatkit.KeepTurns(f), chatkit.Handlers{
		CreateAttachment: func(context.Context, string, *chatkit.CreateAttachment) (*chatkit.Attachment, error) {
			return &chatkit.Attachment{ID: "atc_1"}, nil
		},
	})
	thread, _ := r.create("hello")
	item := r.items(thread)[0].ItemID()
	for _, body := range []string{
		about("threads.get_by_id", "thread_id", thread),
		about("items.list", "thread_id", thread),
		about("threads.update", "thread_id", thread, "title", "x"),
		about("attachments.delete", "attachment_id", "atc_1"),
		about("threads.retry_after_item", "thread_id", thread, "item_id", item),
		request("items.feedback", `{"thread_id":`+quote(thread)+`,"item_ids":[`+quote(item)+`],"kind":"positive"}`),
		request("threads.sync_custom_action", `{"thread_id":`+quote(thread)+`,"action":{"type":"x"}}`),
		request("attachments.create", `{"name":"a.txt","size":1,"mime_type":"text/plain"}`),
		addBody(thread, "again"),
	} {
		f.arm(false, 1)
		if answer := r.whole(body, ann); !strings.HasPrefix(answer, "500") || strings.Contains(answer, "secret") {
			t.Errorf("answer to %s = %s", body, answer)
		}
		f.disarm()
	}
	if n := strings.Count(r.log.String(), errDisk.Error()); n != 9 {
		t.Errorf("the log tells of %d faults, want 9:\n%s", n, r.log)
	}
	r.holds(thread, "hello", "ok")
}
