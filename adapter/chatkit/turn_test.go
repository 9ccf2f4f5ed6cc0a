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

// respond makes handlers of a function that needs no message.
func respond(f func(ctx context.Context, t *chatkit.Turn) error) chatkit.Handlers {
	return chatkit.Handlers{Respond: func(ctx context.Context, t *chatkit.Turn, _ *chatkit.UserMessage) error { return f(ctx, t) }}
}

func TestOrderOfATurn(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		t.Thread.Title = "Title"
		if err := t.SaveThread(); err != nil {
			return err
		}
		return t.Say("answer")
	}))
	thread, events := r.create("hello")
	want := []string{
		"thread.created", "thread.item.done user_message", "stream_options", "thread.updated",
		"thread.item.added assistant_message",
		"thread.item.updated assistant_message.content_part.added",
		"thread.item.updated assistant_message.content_part.text_delta",
		"thread.item.updated assistant_message.content_part.done",
		"thread.item.done assistant_message",
	}
	if got := kinds(events); !slices.Equal(got, want) {
		t.Errorf("events = %q, want %q", got, want)
	}
	r.holds(thread, "hello", "answer")
	if got := kinds(r.stream(addBody(thread, "again"))); !slices.Equal(got, slices.Concat(want[1:3], want[4:])) {
		t.Errorf("events of a second message = %q", got)
	}
}

// What is announced as done can be loaded by whoever reads the announcement.
func TestStoredBeforeAnnounced(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		for i := range 50 {
			if err := t.Say(fmt.Sprint(i)); err != nil {
				return err
			}
		}
		return nil
	}))
	l := r.open(createBody("hello"))
	thread := l.read("thread.created")["thread"].(object)["id"].(string)
	for {
		event, ok := l.next()
		if !ok {
			break
		}
		if event["type"] == "thread.item.done" {
			if _, err := r.store.LoadItem(t.Context(), ann, thread, event["item"].(object)["id"].(string)); err != nil {
				t.Fatalf("announced, but %v", err)
			}
		}
	}
}

func TestErrorsOfHandlers(t *testing.T) {
	t.Parallel()
	type told struct {
		code, message string
		retry         bool
	}
	for _, c := range []struct {
		name   string
		err    error
		want   told
		logged string
	}{
		{"any other", errors.New("dial tcp 10.0.0.7: secret"), told{"stream.error", "", true}, "10.0.0.7"},
		{"for people", &chatkit.Error{Message: "No.", AllowRetry: false}, told{"custom", "No.", false}, ""},
		{"for people, wrapped, with a cause", fmt.Errorf("run: %w", &chatkit.Error{Message: "Later.", AllowRetry: true, Err: errors.New("cause")}), told{"custom", "Later.", true}, "cause"},
		{"a refusal", &chatkit.RequestError{Status: 404, Detail: "No such task."}, told{"custom", "No such task.", false}, "No such task."},
		{"in the client's words", &chatkit.Error{Code: chatkit.ErrorStream}, told{"stream.error", "", false}, ""},
		{"a panic", nil, told{"stream.error", "", true}, "boom"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
				s, err := t.StartMessage()
				if err != nil {
					return err
				}
				if err := s.Write("half an answer"); err != nil {
					return err
				}
				t.Thread.Title = "changed"
				if c.err == nil {
					panic("boom")
				}
				return c.err
			}))
			thread, events := r.create("hello")
			n := len(events)
			if got := kinds(events[n-2:]); got[0] != "error "+c.want.code || got[1] != "thread.updated" {
				t.Fatalf("the stream ends with %q, want an error and the changed thread", got)
			}
			message, _ := events[n-2]["message"].(string)
			if got := (told{events[n-2]["code"].(string), message, events[n-2]["allow_retry"].(bool)}); got != c.want {
				t.Errorf("told %+v, want %+v", got, c.want)
			}
			r.holds(thread, "hello") // and not the half
			if log := r.log.String(); !strings.Contains(log, c.logged) || (c.logged == "") != (log == "") {
				t.Errorf("log = %q, want %q in it", log, c.logged)
			}
			r.stream(addBody(thread, "and it is not busy"))
		})
	}
}

func TestHiddenItemsStayInside(t *testing.T) {
	t.Parallel()
	secret := func() chatkit.Item { return &chatkit.HiddenContext{Content: json.RawMessage(`"secret"`)} }
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		added, replaced := secret(), secret()
		for _, e := range []chatkit.Event{
			&chatkit.ItemAdded{Item: added},
			&chatkit.ItemDone{Item: replaced},
			&chatkit.ItemDone{Item: &chatkit.SDKHiddenContext{Content: "secret"}},
			&chatkit.ItemReplaced{Item: replaced},
		} {
			if err := t.Send(e); err != nil {
				return err
			}
		}
		for _, e := range []chatkit.Event{
			&chatkit.ItemUpdated{ItemID: added.ItemID(), Update: &chatkit.TextDelta{Delta: "secret"}},
			&chatkit.ItemRemoved{ItemID: added.ItemID()},
		} {
			if err := t.Send(e); err != nil {
				return err
			}
		}
		return nil
	}))
	thread, events := r.create("hello")
	if got := kinds(events); len(got) != 3 {
		t.Errorf("events = %q, want those of the server alone", got)
	}
	r.holds(thread, "hello", "hidden_context_item", "sdk_hidden_context")
}

// A handler that uses ids wrongly is told, and the stream goes on.
func TestIDsOfItems(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, turn *chatkit.Turn) error {
		answer := func(id string) *chatkit.AssistantMessage {
			return &chatkit.AssistantMessage{Base: chatkit.Base{ID: id, ThreadID: "thr_other"}, Content: []chatkit.AssistantContent{{Text: "x"}}}
		}
		good := turn.NewID(chatkit.KindAssistantMessage)
		for i, c := range []struct {
			e  chatkit.Event
			ok bool
		}{
			{&chatkit.ItemAdded{Item: answer("__fake_id__")}, false},
			{&chatkit.ItemDone{Item: answer("__fake_id__")}, false},
			{&chatkit.ItemUpdated{ItemID: good, Update: &chatkit.TextDelta{}}, false},
			{&chatkit.ItemAdded{Item: answer(good)}, true},
			{&chatkit.ItemAdded{Item: answer(good)}, false},
			{&chatkit.ItemUpdated{ItemID: good, Update: &chatkit.TextDelta{Index: -1}}, false},
			{&chatkit.ItemUpdated{ItemID: good, Update: &chatkit.TextDelta{Index: 1 << 40}}, false},
			{&chatkit.ItemDone{Item: answer(good)}, true},
			{&chatkit.ItemDone{Item: answer(good)}, false},
			{&chatkit.ItemUpdated{ItemID: good, Update: &chatkit.TextDelta{}}, false},
			{&chatkit.ItemReplaced{Item: answer(good)}, true},
			{&chatkit.ItemReplaced{Item: answer("msg_nope")}, false},
			{&chatkit.ItemRemoved{ItemID: good}, true},
			{&chatkit.ItemDone{Item: answer(good)}, false},
			{&chatkit.ThreadCreated{Thread: turn.Thread}, false},
			{&chatkit.ThreadUpdated{Thread: turn.Thread}, false},
			{&chatkit.ClientEffect{Name: "x", Data: json.RawMessage(`{broken`)}, false},
			{&chatkit.ItemDone{Item: &chatkit.HiddenContext{Content: json.RawMessage(`{broken`)}}, false},
			{&chatkit.ItemDone{Item: answer("")}, true},
		} {
			if err := turn.Send(c.e); (err == nil) != c.ok {
				t.Errorf("event %d, %s: %v", i, c.e.EventType(), err)
			}
		}
		return nil
	}))
	thread, events := r.create("hello")
	want := []string{
		"thread.item.added assistant_message", "thread.item.done assistant_message", "thread.item.replaced assistant_message",
		"thread.item.removed", "thread.item.done assistant_message",
	}
	if got := kinds(events[3:]); !slices.Equal(got, want) {
		t.Errorf("events = %q, want %q", got, want)
	}
	r.holds(thread, "hello", "x")
	for _, item := range r.items(thread) {
		if item.Head().ThreadID != thread || item.Head().CreatedAt.IsZero() {
			t.Errorf("base = %+v", item.Head())
		}
	}
}

func TestReplaceAnEarlierItem(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(ctx context.Context, t *chatkit.Turn) error {
		page, err := t.Items(ctx, chatkit.PageParams{Limit: 10})
		if err != nil {
			return err
		}
		if len(page.Data) == 1 {
			return t.Say("first")
		}
		earlier := page.Data[1].(*chatkit.AssistantMessage)
		earlier.Content[0].Text = "replaced"
		return t.Send(&chatkit.ItemReplaced{Item: earlier})
	}))
	thread, _ := r.create("hello")
	events := r.stream(addBody(thread, "again"))
	if got := kinds(events); got[len(got)-1] != "thread.item.replaced assistant_message" {
		t.Errorf("events = %q", got)
	}
	r.holds(thread, "hello", "replaced", "again")
}

func TestChangesOfTheThread(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, turn *chatkit.Turn) error {
		turn.Thread.Metadata = map[string]any{"deep": map[string]any{"list": []any{1, "a"}}, "typed": []string{"x"}}
		for _, change := range []func(){
			func() {},
			func() {},
			func() { turn.Thread.Metadata["deep"].(map[string]any)["list"].([]any)[0] = 2 },
			func() { turn.Thread.AllowedImageDomains = []string{} },
			func() { turn.Thread.Status = chatkit.Status{Type: chatkit.StatusLocked, Reason: "busy"} },
		} {
			change()
			if err := turn.Progress("x", ""); err != nil {
				return err
			}
		}
		turn.Thread.Title = "at the end"
		return nil
	}))
	thread, events := r.create("hello")
	want := []string{
		"progress_update", "thread.updated", "progress_update", "progress_update", "thread.updated",
		"progress_update", "thread.updated", "progress_update", "thread.updated", "thread.updated",
	}
	if got := kinds(events[3:]); !slices.Equal(got, want) {
		t.Errorf("events = %q, want %q", got, want)
	}
	if last := fmt.Sprint(events[len(events)-1]); !strings.Contains(last, "at the end") || !strings.Contains(last, "locked") || strings.Contains(last, "deep") {
		t.Errorf("last thread = %s", last)
	}
	stored, err := r.store.LoadThread(t.Context(), ann, thread)
	if err != nil || stored.Title != "at the end" || fmt.Sprint(stored.Metadata) != "map[deep:map[list:[2 a]] typed:[x]]" {
		t.Errorf("stored %+v, %v", stored, err)
	}
}

func TestRenameDuringATurn(t *testing.T) {
	t.Parallel()
	begun, renamed := make(chan struct{}), make(chan struct{})
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		close(begun)
		<-renamed
		t.Thread.Title, t.Thread.Metadata = "by the model", map[string]any{"k": "v"}
		return t.Say("ok")
	}))
	l := r.open(createBody("hello"))
	thread := l.read("thread.created")["thread"].(object)["id"].(string)
	<-begun
	r.get(about("threads.update", "thread_id", thread, "title", "by the user"))
	close(renamed)
	if title := l.read("thread.updated")["thread"].(object)["title"]; title != "by the user" {
		t.Errorf("announced title = %v", title)
	}
	l.rest()
	stored, err := r.store.LoadThread(t.Context(), ann, thread)
	if err != nil || stored.Title != "by the user" || stored.Metadata["k"] != "v" {
		t.Errorf("stored %+v, %v", stored, err)
	}
}

func TestOneTurnAtATime(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	r := newRig(t, chatkit.Handlers{
		Respond: func(_ context.Context, t *chatkit.Turn, in *chatkit.UserMessage) error {
			if in.Content[0].Text == "slow" {
				<-release
			}
			return t.Say("ok")
		},
		Action: func(context.Context, *chatkit.Turn, chatkit.Action, *chatkit.WidgetItem) error { return nil },
		SyncAction: func(context.Context, string, *chatkit.Thread, chatkit.Action, *chatkit.WidgetItem) (chatkit.Item, error) {
			return nil, nil
		},
	})
	l := r.open(createBody("slow"))
	thread := l.read("thread.created")["thread"].(object)["id"].(string)
	user := l.read("thread.item.done user_message")["item"].(object)["id"].(string)
	action := `{"thread_id":` + quote(thread) + `,"action":{"type":"x"}}`
	for body, code := range map[string]string{
		addBody(thread, "hello"): "busy",
		about("threads.retry_after_item", "thread_id", thread, "item_id", user): "busy",
		about("threads.add_client_tool_output", "thread_id", thread):            "not_pending", // nor will it be before the answer ends
		request("threads.custom_action", action):                                "busy",
	} {
		r.refused(409, code, body)
	}
	if status, _ := r.get(request("threads.sync_custom_action", action)); status != 200 {
		t.Errorf("sync action while an answer streams = %d", status)
	}
	r.stream(createBody("another thread"))
	r.refused(404, "not_found", addBody(thread, "hello"), "X-User", bob)
	close(release)
	l.rest()
	r.stream(addBody(thread, "hello"))
	r.holds(thread, "slow", "ok", "hello", "ok")
}

func TestHeadersAndMetadata(t *testing.T) {
	t.Parallel()
	var seen []string
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		seen = append(seen, t.User, t.Header("x-timezone"), t.Header("authorization"), t.Header("Cookie"), string(t.Metadata))
		return nil
	}))
	body := strings.Replace(createBody("hello"), "{", `{"metadata":{"page":1.0},`, 1)
	r.stream(body, "X-Timezone", "Asia/Karachi", "Authorization", "Bearer secret", "Cookie", "a=b")
	r.idle()
	if want := []string{ann, "Asia/Karachi", "", "", `{"page":1.0}`}; !slices.Equal(seen, want) {
		t.Errorf("the handler sees %q, want %q", seen, want)
	}
}

// What was said before comes without the message that is answered, from a store
// that reads it with the begin and from one that does not.
func TestHistory(t *testing.T) {
	t.Parallel()
	var said []string
	r := newRig(t, respond(func(ctx context.Context, turn *chatkit.Turn) error {
		page, err := turn.History(ctx)
		if err != nil {
			return err
		}
		said = texts(page.Data)
		return turn.Say("yes")
	}))
	thread, _ := r.create("hello")
	if len(said) != 0 {
		t.Errorf("a new thread has the history %q", said)
	}
	r.stream(addBody(thread, "again"))
	if want := []string{"yes", "hello"}; !slices.Equal(said, want) {
		t.Errorf("history = %q, want %q", said, want)
	}
}
