package chatkit_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
)

func TestEventsOnTheWire(t *testing.T) {
	t.Parallel()
	zero, third := 0.0, 1.0/3
	for _, c := range []struct {
		event chatkit.Event
		want  string
	}{
		{&chatkit.ThreadCreated{Thread: &chatkit.Thread{ID: "t", CreatedAt: noon}},
			`{"type":"thread.created","thread":{"id":"t","created_at":"2026-11-23T07:00:00.123456Z","status":{"type":"active"},"metadata":{},"items":{"data":[],"has_more":false}}}`},
		{&chatkit.ItemDone{Item: &chatkit.EndOfTurn{Base: base("a")}}, `{"type":"thread.item.done","item":` + head("a", "end_of_turn") + `}}`},
		{&chatkit.ItemRemoved{ItemID: "a"}, `{"type":"thread.item.removed","item_id":"a"}`},
		{&chatkit.StreamOptions{}, `{"type":"stream_options","stream_options":{"allow_cancel":false}}`},
		{&chatkit.ProgressUpdate{Text: "x"}, `{"type":"progress_update","text":"x"}`},
		{&chatkit.ClientEffect{Name: "x"}, `{"type":"client_effect","name":"x","data":{}}`},
		{&chatkit.ClientEffect{Name: "x", Data: chatkit.MustJSON(map[string]any{"n": nil})}, `{"type":"client_effect","name":"x","data":{"n":null}}`},
		{&chatkit.Notice{Message: "m"}, `{"type":"notice","level":"info","message":"m"}`},
		{&chatkit.ErrorEvent{}, `{"type":"error","code":"custom","allow_retry":false}`},
		{&chatkit.ErrorEvent{Code: chatkit.ErrorStream, AllowRetry: true}, `{"type":"error","code":"stream.error","allow_retry":true}`},
		{update(&chatkit.ContentAdded{}), updated("assistant_message.content_part.added") + `,"content_index":0,"content":{"type":"output_text","text":"","annotations":[]}}}`},
		{update(&chatkit.TextDelta{Delta: "<\u2028>\n"}), updated("assistant_message.content_part.text_delta") + `,"content_index":0,"delta":"<` + "\u2028" + `>\n"}}`},
		{update(&chatkit.WidgetTextDelta{ComponentID: "c", Delta: "d"}), updated("widget.streaming_text.value_delta") + `,"component_id":"c","delta":"d","done":false}}`},
		{update(&chatkit.WidgetComponent{ComponentID: "c", Component: chatkit.Spacer{}.Widget()}), updated("widget.component.updated") + `,"component_id":"c","component":{"type":"Spacer"}}}`},
		{update(&chatkit.TaskAdded{Index: 2, Task: chatkit.Task{Type: chatkit.TaskImage}}), updated("workflow.task.added") + `,"task_index":2,"task":{"status_indicator":"none","type":"image"}}}`},
		{update(&chatkit.ImageUpdated{Image: chatkit.ImageRef{ID: "i", URL: "u"}, Progress: &zero}), updated("generated_image.updated") + `,"image":{"id":"i","url":"u"},"progress":0}}`},
		{update(&chatkit.ImageUpdated{Progress: &third}), updated("generated_image.updated") + `,"image":{"id":"","url":""},"progress":0.3333333333333333}}`},
	} {
		if got, err := chatkit.AppendEvent([]byte("data: "), c.event); err != nil || string(got) != "data: "+c.want {
			t.Errorf("sent %s (%v)\nwant data: %s", got, err, c.want)
		}
	}
}

func update(u chatkit.Update) chatkit.Event { return &chatkit.ItemUpdated{ItemID: "a", Update: u} }

func updated(kind string) string {
	return `{"type":"thread.item.updated","item_id":"a","update":{"type":"` + kind + `"`
}

func TestEventsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, e := range map[string]chatkit.Event{
		"no progress":    update(&chatkit.ImageUpdated{Progress: &nan}),
		"none":           nil,
		"without update": &chatkit.ItemUpdated{ItemID: "a"},
		"without item":   &chatkit.ItemAdded{},
		"without thread": &chatkit.ThreadCreated{},
		"unknown level":  &chatkit.Notice{Level: "fatal"},
		"broken data":    &chatkit.ClientEffect{Data: json.RawMessage("{")},
		"root of none":   update(&chatkit.WidgetRoot{}),
	} {
		if got, err := chatkit.AppendEvent([]byte("x"), e); err == nil || string(got) != "x" {
			t.Errorf("%s: sent %s", name, got)
		}
	}
	for _, bad := range []string{``, `{}`, `{"type":"thread.exploded"}`, `{"type":"thread.item.updated","item_id":"a","update":{"type":"x"}}`, `{"type":"thread.created"}`,
		`{"type":"thread.item.updated","item_id":"a","update":{"type":"generated_image.updated","image":{"id":"","url":""},"progress":"half"}}`} {
		if e, err := chatkit.UnmarshalEvent([]byte(bad)); err == nil {
			t.Errorf("%s was read as %#v", bad, e)
		}
	}
}

// A delta is what a stream consists of: it must cost no allocation.
func TestDeltaAllocatesNothing(t *testing.T) {
	e := update(&chatkit.TextDelta{Delta: "کام مکمل ہو گیا "})
	buf := make([]byte, 0, 512)
	allocs := testing.AllocsPerRun(1000, func() {
		var err error
		if buf, err = chatkit.AppendEvent(buf[:0], e); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
}

func BenchmarkTextDelta(b *testing.B) {
	e := update(&chatkit.TextDelta{Delta: "Here are your tasks for "})
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = chatkit.AppendEvent(buf[:0], e)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkItemDone(b *testing.B) {
	e := &chatkit.ItemDone{Item: answer()}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = chatkit.AppendEvent(buf[:0], e)
	}
	b.SetBytes(int64(len(buf)))
}

func answer() chatkit.Item {
	return &chatkit.AssistantMessage{Base: base("msg_01"), Content: []chatkit.AssistantContent{{Text: strings.Repeat("Here are your tasks. ", 20)}}}
}

func BenchmarkUnmarshalItem(b *testing.B) {
	stored, err := chatkit.MarshalItem(answer())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(stored)))
	for b.Loop() {
		if _, err := chatkit.UnmarshalItem(stored); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeRequest(b *testing.B) {
	body := []byte(`{"type":"threads.add_user_message","params":{"thread_id":"thr_0123456789abcdef","input":{"content":[{"type":"input_text","text":"show my tasks for today"}],"attachments":[],"inference_options":{}}}}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := chatkit.DecodeRequest(body); err != nil {
			b.Fatal(err)
		}
	}
}
