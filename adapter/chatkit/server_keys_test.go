package chatkit_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"taskwire/adapter/chatkit"
)

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	var answers atomic.Int32
	r := newRig(t, chatkit.Handlers{Respond: func(_ context.Context, t *chatkit.Turn, in *chatkit.UserMessage) error {
		answers.Add(1)
		if err := t.Remember("secret"); err != nil {
			return err
		}
		if err := t.Say("thinking"); err != nil {
			return err
		}
		if in.Content[0].Text == "fail" {
			return &chatkit.Error{Message: "No."}
		}
		return t.ShowWidget(chatkit.Card{}, "")
	}})
	first := r.stream(createBody("hello"), "Idempotency-Key", "k")
	r.idle()
	again := r.stream(createBody("hello"), "Idempotency-Key", "k")
	want := []string{
		"thread.created", "thread.item.done user_message", "stream_options",
		"thread.item.done assistant_message", "thread.item.done widget",
	}
	if got := kinds(again); !slices.Equal(got, want) {
		t.Errorf("replay = %q, want %q", got, want)
	}
	if a, b := doneIDs(first), doneIDs(again); !slices.Equal(a, b) || fmt.Sprint(again[0]) != fmt.Sprint(first[0]) {
		t.Errorf("replay has ids %v, the first answer %v", b, a)
	}
	thread := first[0]["thread"].(object)["id"].(string)

	r.refused(422, "key_reused", createBody("other"), "Idempotency-Key", "k")
	r.refused(422, "key_reused", addBody(thread, "hello"), "Idempotency-Key", "k")
	if got := r.stream(createBody("hello"), "Idempotency-Key", "k", "X-User", bob); got[0]["type"] != "thread.created" || answers.Load() != 2 {
		t.Errorf("bob's own key = %q", kinds(got))
	}
	for range 2 { // an answer that failed is not tried again
		got := kinds(r.stream(addBody(thread, "fail"), "Idempotency-Key", "f"))
		if got[0] != "thread.item.done user_message" || !slices.Contains(got, "thread.item.done assistant_message") {
			t.Errorf("failed answer = %q", got)
		}
		r.idle()
	}
	if n := answers.Load(); n != 3 {
		t.Errorf("the handler ran %d times, want 3", n)
	}
	r.get(about("threads.delete", "thread_id", thread))
	r.refused(404, "not_found", createBody("hello"), "Idempotency-Key", "k")
}

func doneIDs(events []object) (ids []string) {
	for _, e := range events {
		if e["type"] == "thread.item.done" {
			ids = append(ids, e["item"].(object)["id"].(string))
		}
	}
	return ids
}

func TestInvalidIdempotencyKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{})
	for _, key := range []string{"", strings.Repeat("k", 256), "schlüssel", "a\tb"} {
		r.refused(400, "invalid_idempotency_key", createBody("hello"), "Idempotency-Key", key)
	}
	if got := r.stream(createBody("hello"), "Idempotency-Key", strings.Repeat("~", 255)); len(got) < 4 {
		t.Errorf("a key of 255 characters = %q", kinds(got))
	}
}

func TestKeyInFlight(t *testing.T) {
	t.Parallel()
	s := newStopper()
	r := newRig(t, s.handlers())
	l, thread := s.begin(r, "Idempotency-Key", "k")
	r.refused(409, "in_flight", createBody("hello"), "Idempotency-Key", "k")
	r.refused(409, "busy", addBody(thread, "x"), "Idempotency-Key", "other")
	l.close() // a cut connection: what was stored is the answer
	r.idle()
	again := r.stream(createBody("hello"), "Idempotency-Key", "k")
	if got := kinds(again); got[len(got)-1] != "thread.item.done assistant_message" || strings.Contains(fmt.Sprint(again), "stopped") {
		t.Errorf("replay = %v", again)
	}
	r.stream(addBody(thread, "next"), "Idempotency-Key", "other") // which is still free
}

func TestManyWithOneKey(t *testing.T) {
	t.Parallel()
	var answers atomic.Int32
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		answers.Add(1)
		return t.Say("ok")
	}))
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			resp := r.send(createBody("hello"), "Idempotency-Key", "k")
			defer resp.Body.Close()
			if resp.StatusCode != 200 && resp.StatusCode != 409 {
				t.Errorf("status = %d", resp.StatusCode)
			}
			blocks := newBlocks(resp.Body)
			for resp.StatusCode == 200 {
				if _, err := blocks.next(); err != nil {
					break
				}
			}
		})
	}
	wg.Wait()
	if _, page := r.get(request("threads.list", "{}")); len(idsOf(page)) != 1 || answers.Load() != 1 {
		t.Errorf("%d threads and %d answers, want 1 and 1", len(idsOf(page)), answers.Load())
	}
}

// A request that could not begin leaves its key free.
func TestKeyOfARefusal(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		return t.Send(&chatkit.ItemDone{Item: &chatkit.ClientToolCall{CallID: "c", Name: "n"}})
	}))
	output := func(thread string) string { return about("threads.add_client_tool_output", "thread_id", thread) }
	thread, _ := r.create("hello")
	retry := about("threads.retry_after_item", "thread_id", thread, "item_id", r.items(thread)[1].ItemID())
	r.refused(400, "not_a_user_message", retry, "Idempotency-Key", "k")
	for range 2 {
		if got := kinds(r.stream(output(thread), "Idempotency-Key", "k")); !slices.Equal(got, []string{"stream_options", "thread.item.done client_tool_call"}) {
			t.Errorf("answer to the output = %q", got)
		}
		r.idle()
	}
	r.holds(thread, "hello", "client_tool_call", "client_tool_call")
}
