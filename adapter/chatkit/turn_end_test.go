package chatkit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
)

// atEnd answers in a message that ends with the turn, and remembers something
// beside it.
func atEnd(t *chatkit.Turn) error {
	m, err := t.StartMessage()
	if err != nil {
		return err
	}
	if err := errors.Join(m.Write("answer"), m.DoneAtEnd()); err != nil {
		return err
	}
	return t.AtEnd(&chatkit.HiddenContext{Content: json.RawMessage(`"note"`)})
}

func answersAtEnd() chatkit.Handlers {
	return respond(func(_ context.Context, t *chatkit.Turn) error { return atEnd(t) })
}

// On the wire nobody can tell, and in the store everything is there.
func TestItemsOfTheEnd(t *testing.T) {
	t.Parallel()
	said := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error { return t.Say("answer") }))
	_, want := said.create("hello")
	r := newRig(t, answersAtEnd())
	thread, events := r.create("hello")
	if got := kinds(events); !slices.Equal(got, kinds(want)) {
		t.Errorf("events = %q, want %q", got, kinds(want))
	}
	r.holds(thread, "hello", "answer", "hidden_context_item")
}

// A handler that fails, or panics, after it has finished its items: they are
// kept, and the error comes last.
func TestFailureAfterItemsOfTheEnd(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("late") },
		"panic": func() error { panic("late") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
				return errors.Join(atEnd(t), fail())
			}))
			thread, events := r.create("hello")
			if got := kinds(events); got[len(got)-1] != "error stream.error" || events[len(events)-2]["type"] != "thread.item.done" {
				t.Errorf("the stream ends with %q, want the answer and an error", got[len(got)-2:])
			}
			r.holds(thread, "hello", "answer", "hidden_context_item")
		})
	}
}

// Where the end cannot be stored, the answer is not announced as done, and the
// client is not left with one that never ends.
func TestItemsOfTheEndNeedTheStore(t *testing.T) {
	t.Parallel()
	everyFault(t, func(t *testing.T, f *faultyStore, arm func()) int {
		r := newRigOn(t, chatkit.KeepTurns(f), answersAtEnd())
		thread, _ := r.create("first")
		arm()
		resp := r.send(addBody(thread, "second"))
		var events []object
		if resp.StatusCode == 200 {
			blocks := newBlocks(resp.Body)
			for event, err := blocks.next(); err == nil; event, err = blocks.next() {
				events = append(events, event)
			}
		}
		resp.Body.Close()
		r.idle()
		calls := f.disarm()
		if n := len(events); n > 0 {
			ended := events[n-1]["type"] == "error" || events[n-1]["type"] == "thread.item.done"
			if !ended {
				t.Errorf("the stream ends with %q", kinds(events))
			}
			stored := len(r.items(thread)) == 6
			if announced := events[n-1]["type"] == "thread.item.done"; announced && !stored {
				t.Errorf("announced, but %d items are stored", len(r.items(thread)))
			}
		}
		r.stream(addBody(thread, "third"))
		return calls
	})
}

// What a handler forgets to end is gone, and the log says so.
func TestItemsLeftOpen(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		m, err := t.StartMessage()
		return errors.Join(err, m.Write("half"))
	}))
	thread, _ := r.create("hello")
	r.holds(thread, "hello")
	if !strings.Contains(r.log.String(), "left an item open") {
		t.Errorf("log = %q", r.log)
	}
}

// An annotation that cannot be sent is an error of its call, and of no other.
func TestRefusedAnnotation(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		m, err := t.StartMessage()
		if err := errors.Join(err, m.Write("See")); err != nil {
			return err
		}
		if m.Annotate(chatkit.Annotation{}) == nil {
			return errors.New("an annotation without a source is taken")
		}
		good := chatkit.Annotation{Source: chatkit.Source{Type: chatkit.SourceURL, URL: "https://example.com", Title: "Example"}}
		return errors.Join(m.Annotate(good), m.Done())
	}))
	thread, events := r.create("hello")
	r.holds(thread, "hello", "See")
	message := r.items(thread)[1].(*chatkit.AssistantMessage)
	if n := len(message.Content[0].Annotations); n != 1 {
		t.Errorf("%d annotations are kept, want the good one", n)
	}
	for _, e := range events {
		if u, ok := e["update"].(object); ok && u["annotation_index"] != nil && u["annotation_index"] != 0.0 {
			t.Errorf("update = %v, want the first index", u)
		}
	}
}

// Events that lack what they are about do nothing.
func TestEventsWithoutTheirItem(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		var none *chatkit.AssistantMessage
		for _, e := range []chatkit.Event{
			&chatkit.ItemDone{}, &chatkit.ItemAdded{}, &chatkit.ItemReplaced{}, &chatkit.ItemDone{Item: none}, nil,
		} {
			if t.Send(e) == nil {
				return fmt.Errorf("%T is taken", e)
			}
		}
		if t.ShowWidget(nil, "") == nil || t.AtEnd(none) == nil {
			return errors.New("nothing is taken for something")
		}
		return t.Say("fine")
	}))
	thread, _ := r.create("hello")
	r.holds(thread, "hello", "fine")
}

func TestTurnDeletedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	var r *rig
	r = newRig(t, respond(func(ctx context.Context, t *chatkit.Turn) error {
		if err := atEnd(t); err != nil {
			return err
		}
		return r.store.DeleteThread(ctx, ann, t.Thread.ID)
	}))
	_, events := r.create("hello")
	last := events[len(events)-1]
	if kind(last) != "error custom" || last["allow_retry"] != false {
		t.Errorf("the stream ends with %v, want an error without retry", last)
	}
	if n := len(slices.DeleteFunc(kinds(events), func(k string) bool { return k != "error custom" })); n != 1 {
		t.Errorf("%d errors, want 1", n)
	}
}
