package chatkit_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
)

// A stopper streams two words of a note and then waits until it is stopped.
type stopper struct {
	waiting chan struct{} // closed when it waits
	release chan struct{} // lets it go on with a third word
	seen    []string      // what the next turn sees of hidden items
}

func newStopper() *stopper {
	return &stopper{waiting: make(chan struct{}), release: make(chan struct{})}
}

func (s *stopper) handlers() chatkit.Handlers {
	return chatkit.Handlers{Respond: func(ctx context.Context, t *chatkit.Turn, in *chatkit.UserMessage) error {
		if in.Content[0].Text == "next" {
			return s.look(ctx, t)
		}
		if _, err := t.StartWorkflow(chatkit.Workflow{Tasks: []chatkit.Task{{Type: chatkit.TaskCustom, Title: "x"}}}); err != nil {
			return err
		}
		if _, err := t.StartMessage(); err != nil { // which stays blank
			return err
		}
		m, err := t.StartMessage()
		if err != nil {
			return err
		}
		for _, word := range []string{"one ", "two "} {
			if err := m.Write(word); err != nil {
				return err
			}
		}
		index := 3
		if err := m.Annotate(chatkit.Annotation{Source: chatkit.Source{Type: chatkit.SourceURL, Title: "t", URL: "u"}, Index: &index}); err != nil {
			return err
		}
		close(s.waiting)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.release:
		}
		if err := m.Write("three"); err != nil {
			return err
		}
		return m.Done()
	}}
}

func (s *stopper) look(ctx context.Context, t *chatkit.Turn) error {
	page, err := t.Items(ctx, chatkit.PageParams{Limit: 10, Hidden: true})
	if err != nil {
		return err
	}
	for _, item := range page.Data {
		if note, ok := item.(*chatkit.SDKHiddenContext); ok {
			s.seen = append(s.seen, note.Content)
		}
	}
	return nil
}

// begin opens a stream and reads as far as the handler waits.
func (s *stopper) begin(r *rig, headers ...string) (l *live, thread string) {
	r.Helper()
	l = r.open(createBody("hello"), headers...)
	thread = l.read("thread.created")["thread"].(object)["id"].(string)
	l.read("thread.item.updated assistant_message.content_part.annotation_added")
	<-s.waiting
	return l, thread
}

// isStopped checks what is stored of the stopped answer, and what the next turn
// sees of it.
func (s *stopper) isStopped(r *rig, thread string) {
	r.Helper()
	r.idle()
	r.holds(thread, "hello", "one two ", "sdk_hidden_context")
	partial := r.items(thread)[1].(*chatkit.AssistantMessage)
	if len(partial.Content[0].Annotations) != 1 {
		r.Errorf("stored %+v, want its annotation", partial.Content)
	}
	r.stream(addBody(thread, "next"))
	if len(s.seen) != 1 || !strings.Contains(s.seen[0], "stopped") {
		r.Errorf("the next turn sees %q", s.seen)
	}
}

func TestClientLeaves(t *testing.T) {
	t.Parallel()
	s := newStopper()
	r := newRig(t, s.handlers())
	l, thread := s.begin(r)
	l.close()
	s.isStopped(r, thread)
}

func TestDetached(t *testing.T) {
	t.Parallel()
	s := newStopper()
	r := newRig(t, s.handlers())
	l, thread := s.begin(r, "X-Stream-Detach", "1")
	l.close()
	r.refused(409, "busy", addBody(thread, "x")) // it goes on
	close(s.release)
	r.idle()
	r.holds(thread, "hello", "one two three")
}

func TestDetachedIsStopped(t *testing.T) {
	t.Parallel()
	s := newStopper()
	r := newRig(t, s.handlers())
	l, thread := s.begin(r, "X-Stream-Detach", "1")
	l.close()
	if !r.server.Cancel(ann, thread) {
		t.Error("Cancel = false, want true")
	}
	s.isStopped(r, thread)
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := newStopper()
	r := newRig(t, s.handlers())
	l, thread := s.begin(r)
	if r.server.Cancel(bob, thread) || r.server.Cancel(ann, "thr_nope") {
		t.Error("Cancel of what does not run = true")
	}
	if !r.server.Cancel(ann, thread) {
		t.Error("Cancel = false, want true")
	}
	want := "thread.item.removed, thread.item.removed, thread.item.done assistant_message"
	if got := strings.Join(kinds(l.rest()), ", "); got != want {
		t.Errorf("the stream ends with %q, want what is not kept as removed and the text so far as done", got)
	}
	r.idle()
	if r.server.Cancel(ann, thread) {
		t.Error("Cancel after the end = true")
	}
	s.isStopped(r, thread)
}

func TestThreadDeletedInMidTurn(t *testing.T) {
	t.Parallel()
	s := newStopper()
	r := newRig(t, s.handlers())
	l, thread := s.begin(r)
	r.get(about("threads.delete", "thread_id", thread), "X-User", bob) // which deletes nothing
	r.get(about("threads.delete", "thread_id", thread))
	rest := l.rest()
	if len(rest) != 1 || kind(rest[0]) != "error custom" || rest[0]["allow_retry"] != false {
		t.Errorf("the stream ends with %v, want an error without retry", rest)
	}
	r.idle()
	r.refused(404, "not_found", about("threads.get_by_id", "thread_id", thread))
	if len(r.items(thread)) != 0 {
		t.Error("the deleted thread has items")
	}
}

// A word from another process may come when the turn that it means is over: it
// must not stop the next one.
func TestCancelTurn(t *testing.T) {
	t.Parallel()
	turns := make(chan string, 1)
	r := newRig(t, respond(func(ctx context.Context, t *chatkit.Turn) error {
		turns <- t.ID()
		<-ctx.Done()
		return ctx.Err()
	}))
	var over, thread string
	for _, begin := range []func() *live{
		func() *live { return r.open(createBody("hello")) }, func() *live { return r.open(addBody(thread, "again")) },
	} {
		l := begin()
		if thread == "" {
			thread = l.read("thread.created")["thread"].(object)["id"].(string)
		}
		turn := <-turns
		if over != "" && r.server.CancelTurn(ann, thread, over) {
			t.Error("CancelTurn of a turn that is over = true")
		}
		if r.server.CancelTurn(bob, thread, turn) {
			t.Error("CancelTurn of another user's turn = true")
		}
		if !r.server.CancelTurn(ann, thread, turn) {
			t.Error("CancelTurn = false, want true")
		}
		l.rest()
		r.idle()
		over = turn
	}
}

// Another replica deletes: this one learns it from the store, at the next write
// or at the end.
func TestThreadDeletedElsewhere(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]func(*rig, *chatkit.Turn) error{
		"the turn says something":  func(_ *rig, t *chatkit.Turn) error { return t.Say("late") },
		"the turn ends":            func(*rig, *chatkit.Turn) error { return nil },
		"the turn changes a title": func(_ *rig, t *chatkit.Turn) error { t.Thread.Title = "late"; return nil },
		"the turn fails":           func(*rig, *chatkit.Turn) error { return errors.New("for another reason") },
		"and has the turn stopped": func(r *rig, t *chatkit.Turn) error {
			r.server.CancelTurn(t.User, t.Thread.ID, t.ID())
			return t.Say("late")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := new(chatkit.Memory)
			var r *rig
			r = newRigOn(t, chatkit.KeepTurns(store), respond(func(ctx context.Context, t *chatkit.Turn) error {
				if err := store.DeleteThread(ctx, t.User, t.Thread.ID); err != nil {
					return err
				}
				return after(r, t)
			}))
			l := r.open(createBody("hello"))
			thread := l.read("thread.created")["thread"].(object)["id"].(string)
			rest := l.rest()
			want, retry := "error custom", false
			if name == "the turn fails" { // which is told before the store is asked
				want, retry = "error stream.error", true
			}
			if last := rest[len(rest)-1]; kind(last) != want || last["allow_retry"] != retry {
				t.Errorf("the stream ends with %v, want %s, retry %v", last, want, retry)
			}
			r.refused(404, "not_found", about("threads.get_by_id", "thread_id", thread))
		})
	}
}

func TestDrainWaits(t *testing.T) {
	t.Parallel()
	s := newStopper()
	r := newRig(t, s.handlers())
	l, thread := s.begin(r)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		r.server.Drain(context.Background())
	}()
	r.until("new requests are refused", func() bool {
		resp := r.send(request("threads.list", "{}"))
		defer resp.Body.Close()
		return resp.StatusCode == 503 && resp.Header.Get("Retry-After") != ""
	})
	r.refused(503, "draining", createBody("x"))
	close(s.release)
	l.rest()
	<-drained
	r.holds(thread, "hello", "one two three")
	r.server.Drain(context.Background()) // again: at once
}

func TestDrainCutsOff(t *testing.T) {
	t.Parallel()
	s := newStopper()
	r := newRig(t, s.handlers())
	l, thread := s.begin(r)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	r.server.Drain(over)
	rest := l.rest()
	want := "thread.item.updated assistant_message.content_part.text_delta, thread.item.removed, thread.item.removed, thread.item.done assistant_message, error custom"
	if got := strings.Join(kinds(rest), ", "); got != want || rest[len(rest)-1]["allow_retry"] != true {
		t.Errorf("the stream ends with %q %v, want the text so far, marked, and an error with retry", got, rest)
	}
	r.holds(thread, "hello", "one two …", "sdk_hidden_context")
}

// What was announced and is not kept leaves the page when the answer is stopped,
// whatever it is and whatever the handler says of it; what is hidden was never there.
func TestStoppedWithNothingToKeep(t *testing.T) {
	t.Parallel()
	for name, announce := range map[string]func(*chatkit.Turn) (id string, err error){
		"a message": func(t *chatkit.Turn) (string, error) {
			m, err := t.StartMessage()
			return m.ID(), err
		},
		"a message of blanks": func(t *chatkit.Turn) (string, error) {
			m, err := t.StartMessage()
			return m.ID(), errors.Join(err, m.Write(" \n"))
		},
		"a widget": func(t *chatkit.Turn) (string, error) {
			w, err := t.StartWidget(chatkit.Card{}, "")
			return w.ID(), err
		},
		"a workflow": func(t *chatkit.Turn) (string, error) {
			w, err := t.StartWorkflow(chatkit.Workflow{})
			return w.ID(), err
		},
		"an image": func(t *chatkit.Turn) (string, error) {
			image := &chatkit.GeneratedImage{}
			err := t.Send(&chatkit.ItemAdded{Item: image})
			return image.ID, err
		},
		"a hidden item": func(t *chatkit.Turn) (string, error) {
			return "", t.Send(&chatkit.ItemAdded{Item: &chatkit.HiddenContext{}})
		},
	} {
		for says, handlerErr := range map[string]error{"says so": context.Canceled, "says nothing": nil} {
			t.Run(name+" of a handler that "+says, func(t *testing.T) {
				t.Parallel()
				announced := make(chan string, 1)
				r := newRig(t, respond(func(ctx context.Context, t *chatkit.Turn) error {
					id, err := announce(t)
					announced <- id
					<-ctx.Done()
					return errors.Join(err, handlerErr)
				}))
				l := r.open(createBody("hello"))
				thread := l.read("thread.created")["thread"].(object)["id"].(string)
				id := <-announced
				r.server.Cancel(ann, thread)
				removed := ""
				for _, e := range l.rest() {
					if kind(e) == "thread.item.removed" {
						removed += e["item_id"].(string)
					}
				}
				if removed != id {
					t.Errorf("removed %q, want %q", removed, id)
				}
				r.idle()
				r.holds(thread, "hello", "sdk_hidden_context")
			})
		}
	}
}

// A turn that was stopped when it had said everything is done.
func TestStoppedTooLate(t *testing.T) {
	t.Parallel()
	said, stopped := make(chan struct{}), make(chan struct{})
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		if err := t.Say("all"); err != nil {
			return err
		}
		close(said)
		<-stopped
		return nil
	}))
	l := r.open(createBody("hello"))
	thread := l.read("thread.created")["thread"].(object)["id"].(string)
	<-said
	r.server.Cancel(ann, thread)
	close(stopped)
	l.rest()
	r.idle()
	r.holds(thread, "hello", "all")
}

// Sending after the end has no effect.
func TestSendAfterTheEnd(t *testing.T) {
	t.Parallel()
	var kept atomic.Pointer[chatkit.Turn]
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		kept.Store(t)
		return nil
	}))
	thread, _ := r.create("hello")
	if err := kept.Load().Say("late"); !errors.Is(err, chatkit.ErrTurnOver) {
		t.Errorf("Say after the end = %v, want %v", err, chatkit.ErrTurnOver)
	}
	kept.Load().Thread.Title = "late"
	if err := kept.Load().SaveThread(); !errors.Is(err, chatkit.ErrTurnOver) {
		t.Errorf("SaveThread after the end = %v, want %v", err, chatkit.ErrTurnOver)
	}
	r.holds(thread, "hello")
}

func TestPings(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		<-release
		return t.Say("ok")
	}), func(o *chatkit.Options) { o.PingInterval = 5 * time.Millisecond })
	l := r.open(createBody("hello"))
	for name, want := range map[string]string{"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no", "Content-Type": "text/event-stream"} {
		if got := l.resp.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	l.read("stream_options")
	for range 3 {
		if block, err := l.block(); block != ": ping\n\n" {
			t.Fatalf("block %q %v, want a ping", block, err)
		}
	}
	close(release)
	l.read("thread.item.done assistant_message")
	l.rest()
}
