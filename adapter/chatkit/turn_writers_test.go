package chatkit_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"taskwire/adapter/chatkit"
)

func TestMessageStream(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		m, err := t.StartMessage()
		if err != nil {
			return err
		}
		for _, word := range []string{"میری ", "فہرست\u2028", "</script>"} {
			if err := m.Write(word); err != nil {
				return err
			}
		}
		for _, title := range []string{"a", "b"} {
			if err := m.Annotate(chatkit.Annotation{Source: chatkit.Source{Type: chatkit.SourceFile, Title: title, Filename: "f"}}); err != nil {
				return err
			}
		}
		return m.Done()
	}))
	thread, events := r.create("hello")
	r.holds(thread, "hello", "میری فہرست\u2028</script>")
	stored := r.items(thread)[1].(*chatkit.AssistantMessage)
	if len(stored.Content) != 1 || len(stored.Content[0].Annotations) != 2 || stored.Content[0].Annotations[1].Source.Title != "b" {
		t.Errorf("stored %+v", stored.Content)
	}
	if n := len(events); n != 3+2+3+2+2 {
		t.Errorf("%d events: %q", n, kinds(events))
	}
}

// Tools report at once from several goroutines, and change what they handed in.
func TestWorkflowStream(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		queries := []string{"as it was"}
		w, err := t.StartWorkflow(chatkit.Workflow{Tasks: []chatkit.Task{{Type: chatkit.TaskWebSearch, Queries: queries}}})
		if err != nil {
			return err
		}
		queries[0] = "changed later"
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				task := chatkit.Task{Type: chatkit.TaskCustom, Title: fmt.Sprint(i), Status: chatkit.TaskLoading}
				index, err := w.Add(task)
				if err != nil {
					panic(err)
				}
				task.Status = chatkit.TaskComplete
				if err := w.Update(index, task); err != nil {
					panic(err)
				}
			})
		}
		wg.Wait()
		return w.End(nil)
	}))
	thread, events := r.create("hello")
	stored := r.items(thread)[1].(*chatkit.WorkflowItem).Workflow
	var titles []string
	for _, task := range stored.Tasks[1:] {
		titles = append(titles, task.Title)
		if task.Status != chatkit.TaskComplete {
			t.Errorf("task %+v is not complete", task)
		}
	}
	slices.Sort(titles)
	if strings.Join(titles, "") != "01234567" || stored.Tasks[0].Queries[0] != "as it was" || stored.Summary == nil {
		t.Errorf("stored %+v", stored)
	}
	if n := len(events); n != 3+1+16+1 {
		t.Errorf("%d events: %q", n, kinds(events))
	}
}

func TestWidgetStream(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, turn *chatkit.Turn) error {
		text := chatkit.Widget{"type": "Text", "id": "t", "value": "one", "streaming": true}
		card := chatkit.Widget{"type": "Card", "children": []any{text}}
		w, err := turn.StartWidget(card, "copy")
		if err != nil {
			return err
		}
		for _, change := range []func(){
			func() {},
			func() { text["value"] = "one two" }, // in place: the announced state must not change with it
			func() { text["streaming"] = false },
		} {
			change()
			if err := w.Update(card); err != nil {
				return err
			}
		}
		return w.Done()
	}))
	thread, events := r.create("hello")
	want := []string{
		"thread.item.added widget", "thread.item.updated widget.streaming_text.value_delta",
		"thread.item.updated widget.root.updated", "thread.item.done widget",
	}
	if got := kinds(events[3:]); !slices.Equal(got, want) {
		t.Errorf("events = %q, want %q", got, want)
	}
	if delta := events[4]["update"].(object)["delta"]; delta != " two" {
		t.Errorf("delta = %q", delta)
	}
	if stored := r.items(thread)[1].(*chatkit.WidgetItem); stored.CopyText != "copy" || !strings.Contains(fmt.Sprint(stored.Widget), "one two") {
		t.Errorf("stored %+v", stored)
	}
}

func TestWhatIsNotStored(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		for _, err := range []error{
			t.Progress("Looking", "search"),
			t.Notify(chatkit.NoticeWarning, "Careful."),
			t.Effect("confetti", map[string]any{"n": 1}),
			t.Effect("nothing", nil),
			t.Send(&chatkit.ErrorEvent{Message: "said in passing"}),
		} {
			if err != nil {
				return err
			}
		}
		return t.Say("ok")
	}))
	thread, events := r.create("hello")
	want := []string{"progress_update", "notice", "client_effect", "client_effect", "error custom"}
	if got := kinds(events[3:8]); !slices.Equal(got, want) {
		t.Errorf("events = %q, want %q", got, want)
	}
	r.holds(thread, "hello", "ok")
}

func TestHandlersErrorsInWriters(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, turn *chatkit.Turn) error {
		if err := turn.Remember(func() {}); err == nil {
			t.Error("Remember of a function = nil")
		}
		if err := turn.Effect("x", make(chan int)); err == nil {
			t.Error("Effect with a channel = nil")
		}
		w, err := turn.StartWorkflow(chatkit.Workflow{})
		if err != nil {
			return err
		}
		if err := w.Update(3, chatkit.Task{Type: chatkit.TaskCustom}); err == nil {
			t.Error("Update of a task that is not there = nil")
		}
		return nil
	}))
	if _, events := r.create("hello"); kind(events[len(events)-1]) != "thread.item.added workflow" {
		t.Errorf("events = %q", kinds(events))
	}
}
