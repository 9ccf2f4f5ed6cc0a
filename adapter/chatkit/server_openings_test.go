package chatkit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
)

// say sends what each word of a message names.
func sayAll(ctx context.Context, t *chatkit.Turn, in *chatkit.UserMessage) error {
	if in == nil {
		return t.Say("went on")
	}
	for word := range strings.FieldsSeq(in.Content[0].Text) {
		var err error
		switch word {
		case "call":
			err = t.Send(&chatkit.ItemDone{Item: &chatkit.ClientToolCall{CallID: "c", Name: "n", Arguments: json.RawMessage(`{}`)}})
		case "hide":
			err = t.Remember("secret")
		case "ask":
			err = t.Send(&chatkit.ItemDone{Item: &chatkit.StructuredInput{Inputs: []chatkit.Question{
				{Type: chatkit.MultipleChoice, ID: "one", Text: "?", Options: []chatkit.Option{{Value: "a"}, {Value: "b"}}},
				{Type: chatkit.MultipleChoice, ID: "many", Text: "?", Options: []chatkit.Option{{Value: "a"}, {Value: "b"}}, Multiple: true},
				{Type: chatkit.Freeform, ID: "free", Text: "?"},
			}}})
		default:
			err = t.Say("said " + word)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func TestClientToolOutput(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{Respond: sayAll})
	output := func(thread, result string) string {
		return request("threads.add_client_tool_output", `{"thread_id":`+quote(thread)+`,"result":`+result+`}`)
	}
	t.Run("the last call is answered, others go", func(t *testing.T) {
		thread, _ := r.create("call call x call hide")
		events := r.stream(output(thread, `{"n":1.50,"متن":[null]}`))
		if got := kinds(events); got[0] != "stream_options" || got[len(got)-1] != "thread.item.done assistant_message" {
			t.Errorf("events = %q", got)
		}
		r.holds(thread, "call call x call hide", "said x", "client_tool_call", "hidden_context_item", "went on")
		call := r.items(thread)[2].(*chatkit.ClientToolCall)
		if call.Status != chatkit.ToolCompleted || string(call.Output) != `{"n":1.50,"متن":[null]}` {
			t.Errorf("call = %+v", call)
		}
		r.refused(409, "not_pending", output(thread, "1"))
	})
	t.Run("a large result", func(t *testing.T) {
		thread, _ := r.create("call")
		r.stream(output(thread, quote(strings.Repeat("x", 250<<10))))
		r.holds(thread, "call", "client_tool_call", "went on")
	})
	t.Run("nothing is pending", func(t *testing.T) {
		for _, said := range []string{"x", "call x", "ask"} {
			thread, _ := r.create(said)
			before := len(r.items(thread))
			r.refused(409, "not_pending", output(thread, "1"))
			if n := len(r.items(thread)); n != before {
				t.Errorf("%s: %d items, were %d", said, n, before)
			}
			r.stream(addBody(thread, "the thread is not busy"))
		}
	})
}

func TestStructuredInput(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{Respond: sayAll})
	for _, c := range []struct {
		name, input, status, answers string
	}{
		{"answered", `{"answers":{"one":{"values":["b","a"]},"many":{"values":["a","own words"]},"free":{"values":["x"]},"other":{"values":["y"]}}}`,
			"answered", "[b] false,[a own words] false,[x] false"},
		{"in part", `{"status":"answered","answers":{"one":{"skipped":true,"values":["a"]},"many":{"values":[]}}}`,
			"answered", "[] true,[] true,[] true"},
		{"skipped", `{"status":"skipped","answers":{"one":{"values":["a"]}}}`, "skipped", "[] true,[] true,[] true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			thread, _ := r.create("ask")
			item := r.items(thread)[1].ItemID()
			body := request("threads.add_structured_input", `{"thread_id":`+quote(thread)+`,"item_id":`+quote(item)+`,"input":`+c.input+`}`)
			events := r.stream(body)
			if got := kinds(events)[:2]; !slices.Equal(got, []string{"stream_options", "thread.item.replaced structured_input"}) {
				t.Errorf("events begin with %q", got)
			}
			stored := r.items(thread)[1].(*chatkit.StructuredInput)
			var answers []string
			for _, q := range stored.Inputs {
				answers = append(answers, fmt.Sprint(q.Answer.Values, " ", q.Answer.Skipped))
			}
			if got := strings.Join(answers, ","); got != c.answers || string(stored.Status) != c.status {
				t.Errorf("stored %s %s, want %s %s", stored.Status, got, c.status, c.answers)
			}
			r.refused(409, "not_pending", body)
			r.holds(thread, "ask", "structured_input", "went on")
		})
	}
	thread, _ := r.create("x")
	for item, want := range map[string]struct {
		status int
		code   string
	}{"msg_nope": {404, "not_found"}, r.items(thread)[1].ItemID(): {409, "not_pending"}} {
		r.refused(want.status, want.code, request("threads.add_structured_input", `{"thread_id":`+quote(thread)+`,"item_id":`+quote(item)+`,"input":{}}`))
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{Respond: sayAll})
	thread, _ := r.create("a hide")
	r.stream(addBody(thread, "b ask"))
	r.stream(addBody(thread, "c"))
	items := r.items(thread)
	retry := func(item string) string {
		return about("threads.retry_after_item", "thread_id", thread, "item_id", item)
	}
	r.refused(404, "not_found", retry("msg_nope"))
	r.refused(400, "not_a_user_message", retry(items[1].ItemID()))
	r.refused(404, "not_found", retry(items[2].ItemID())) // hidden
	if n := len(r.items(thread)); n != len(items) {
		t.Fatalf("%d items after bad retries, were %d", n, len(items))
	}
	events := r.stream(retry(items[3].ItemID()))
	if got := kinds(events); got[0] != "stream_options" || slices.Contains(got, "thread.item.removed") {
		t.Errorf("events = %q", got)
	}
	r.holds(thread, "a hide", "said a", "hidden_context_item", "b ask", "said b", "structured_input")
	r.stream(retry(items[0].ItemID()))
	r.holds(thread, "a hide", "said a", "hidden_context_item")
}

func TestCustomAction(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{
		Respond: func(_ context.Context, t *chatkit.Turn, _ *chatkit.UserMessage) error {
			return t.ShowWidget(chatkit.Card{Children: []chatkit.Component{chatkit.Text{Value: "before"}}}, "")
		},
		Action: func(_ context.Context, t *chatkit.Turn, a chatkit.Action, sender *chatkit.WidgetItem) error {
			if sender == nil {
				return t.Say("no sender, payload " + string(a.Payload))
			}
			if err := t.Remember("clicked " + a.Type); err != nil {
				return err
			}
			sender.Widget = chatkit.Card{Children: []chatkit.Component{chatkit.Text{Value: "after"}}}.Widget()
			return t.Send(&chatkit.ItemReplaced{Item: sender})
		},
		CheckAction: func(_ context.Context, user string, thread *chatkit.Thread, a chatkit.Action, _ *chatkit.WidgetItem) error {
			if a.Type == "unknown" {
				return &chatkit.RequestError{Status: 400, Code: "unknown_action", Detail: "No such action."}
			}
			return nil
		},
	})
	thread, _ := r.create("hello")
	items := r.items(thread)
	action := func(item, kind string) string {
		return request("threads.custom_action", `{"thread_id":`+quote(thread)+`,"item_id":`+item+`,"action":{"type":"`+kind+`"}}`)
	}
	widget := quote(items[1].ItemID())
	r.refused(400, "not_a_widget", action(quote(items[0].ItemID()), "click"))
	r.refused(404, "not_found", action(`"msg_nope"`, "click"))
	r.refused(400, "unknown_action", action(widget, "unknown"))
	if got := kinds(r.stream(action(widget, "click"))); !slices.Equal(got, []string{"stream_options", "thread.item.replaced widget"}) {
		t.Errorf("events = %q", got)
	}
	r.stream(action("null", "click"))
	r.holds(thread, "hello", "widget", "hidden_context_item", "no sender, payload ")
}

func TestCheckInput(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{
		CheckInput: func(_ context.Context, user, thread string, in *chatkit.UserInput) error {
			if in.InferenceOptions.Model == "dear" {
				return &chatkit.RequestError{Status: 400, Code: "unknown_model", Detail: user + thread}
			}
			return nil
		},
		AllowCancel: func(user string, _ *chatkit.Thread) bool { return user == bob },
	})
	thread, events := r.create("hello")
	if events[2]["stream_options"].(object)["allow_cancel"] != false {
		t.Errorf("stream options = %v", events[2])
	}
	dear := `{"content":[` + quotedText("x") + `],"inference_options":{"model":"dear"}}`
	if status, problem := r.get(message(dear)); status != 400 || problem["detail"] != ann {
		t.Errorf("answer = %d %v", status, problem)
	}
	if status, problem := r.get(request("threads.add_user_message", `{"thread_id":`+quote(thread)+`,"input":`+dear+`}`)); status != 400 || problem["detail"] != ann+thread {
		t.Errorf("answer = %d %v", status, problem)
	}
	r.holds(thread, "hello", "ok")
}
