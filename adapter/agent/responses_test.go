package agent

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"taskwire/adapter/agent/agenttest"
)

const responsesUsage = `"usage":{"input_tokens":20,"output_tokens":7}`

func newResponsesHarness(t *testing.T) *harness {
	return newHarness(t, func(mc *ModelConfig, cfg *Config) {
		impatient(mc, cfg)
		mc.API = APIResponses
	})
}

func TestResponsesAnswer(t *testing.T) {
	t.Parallel()
	h := newResponsesHarness(t)
	h.provider.Queue(agenttest.Events(
		`{"type":"response.created","response":{"id":"r","status":"in_progress","output":[]}}`,
		`{"type":"response.output_item.added","item":{"type":"message"}}`,
		`{"type":"response.output_text.delta","delta":"Hel"}`,
		`{"type":"response.output_text.delta","delta":"lo"}`,
		`{"type":"response.output_text.done","text":"Hello"}`,
		`{"type":"response.output_item.done","item":{"type":"message","content":[{"type":"output_text","text":"Hello"}]}}`,
		`{"type":"response.completed","response":{"status":"completed","error":null,`+responsesUsage+`,"output":[{"type":"message","content":[{"type":"output_text","text":"Hello"}]}]}}`,
	))
	o := h.run("hi")
	o.wantText(t, "Hello")
	if o.Usage != (Usage{20, 7}) || o.FinishReason != "stop" {
		t.Errorf("result %+v", o.Result)
	}
	req := h.provider.Requests()[0]
	var body struct {
		Instructions string
		Input        []struct {
			Role    string
			Content any
		}
		Store, Stream *bool
		Include       []string
		Tools         []struct {
			Type, Name string
			Strict     *bool
			Parameters json.RawMessage
		}
	}
	if err := json.Unmarshal(req.Body, &body); err != nil {
		t.Fatal(err)
	}
	if req.Path != "/v1/responses" || body.Store == nil || *body.Store || body.Stream == nil || !*body.Stream || !strings.Contains(body.Instructions, dataRule) ||
		len(body.Input) != 1 || body.Input[0].Content != "hi" || len(body.Tools) != 6 || body.Tools[0].Name != "create_task" ||
		body.Tools[0].Strict == nil || *body.Tools[0].Strict || !slices.Contains(body.Include, "reasoning.encrypted_content") {
		t.Errorf("request to %s: %s", req.Path, req.Body)
	}
}

func TestResponsesCalls(t *testing.T) {
	t.Parallel()
	h := newResponsesHarness(t)
	reasoning := `{"type":"reasoning","id":"rs_1","encrypted_content":"opaque","summary":[]}`
	call := `{"type":"function_call","id":"fc_1","call_id":"call_1","name":"create_task","arguments":"{\"title\":\"milk\"}","status":"completed"}`
	h.provider.Queue(
		agenttest.Events(
			`{"type":"response.output_item.done","item":`+reasoning+`}`,
			`{"type":"response.function_call_arguments.delta","delta":"{\"title\""}`,
			`{"type":"response.output_item.done","item":`+call+`}`,
			`{"type":"response.completed","response":{"status":"completed",`+responsesUsage+`}}`,
		),
		agenttest.Events(`{"type":"response.output_text.delta","delta":"Done."}`, `{"type":"response.completed","response":{"status":"completed"}}`),
	)
	o := h.run("milk")
	o.wantText(t, "Done.")
	if got := h.tools.noted(); !slices.Equal(got, []string{`create_task {"title":"milk"}`}) {
		t.Errorf("calls = %q", got)
	}
	second := string(h.provider.Requests()[1].Body)
	for _, want := range []string{reasoning, call, `{"type":"function_call_output","call_id":"call_1","output":"{\"of\":\"create_task\"}"}`} {
		if !strings.Contains(second, want) {
			t.Errorf("the second request lacks %s:\n%s", want, second)
		}
	}
}

// A call whose arguments were refused goes back mended, and then without the
// items around it, which would say otherwise.
func TestResponsesBadCall(t *testing.T) {
	t.Parallel()
	h := newResponsesHarness(t)
	h.provider.Queue(
		agenttest.Events(
			`{"type":"response.output_item.done","item":{"type":"function_call","call_id":"c","name":"create_task","arguments":"{\"title\""}}`,
			`{"type":"response.completed","response":{"status":"completed"}}`,
		),
		agenttest.Events(`{"type":"response.output_text.delta","delta":"Oh."}`, `{"type":"response.completed","response":{"status":"completed"}}`),
	)
	h.run("milk").wantText(t, "Oh.")
	second := string(h.provider.Requests()[1].Body)
	if len(h.tools.calls) != 0 || !strings.Contains(second, `{"type":"function_call","call_id":"c","name":"create_task","arguments":"{}"}`) {
		t.Errorf("calls %v, second request %s", h.tools.noted(), second)
	}
}

func TestResponsesOtherShapes(t *testing.T) {
	t.Parallel()
	message := `{"type":"message","content":[{"type":"output_text","text":"whole"}]}`
	for _, c := range []struct {
		name  string
		reply agenttest.Reply
		text  string
		limit Limit
	}{
		{"nothing but the end", agenttest.Events(`{"type":"response.completed","response":{"status":"completed","output":[` + message + `]}}`), "whole", ""},
		{"items without deltas", agenttest.Events(`{"type":"response.output_item.done","item":`+message+`}`, `{"type":"response.completed","response":{"status":"completed"}}`), "whole", ""},
		{"no stream", agenttest.Body(200, "application/json", `{"status":"completed","error":null,"output":[`+message+`]}`), "whole", ""},
		{"a refusal", agenttest.Events(`{"type":"response.refusal.delta","delta":"No."}`, `{"type":"response.completed","response":{"status":"completed"}}`), "No.", ""},
		{"too long", agenttest.Events(`{"type":"response.output_text.delta","delta":"So"}`, `{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}`), "So", LimitLength},
		{"withheld", agenttest.Events(`{"type":"response.output_text.delta","delta":"So"}`, `{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}}`), "So", LimitFilter},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newResponsesHarness(t)
			h.provider.Queue(c.reply)
			o := h.run("hi")
			o.wantText(t, c.text)
			if reached := eventsOf[LimitReached](o); (len(reached) > 0) != (c.limit != "") || c.limit != "" && reached[0].Which != c.limit {
				t.Errorf("limits = %v, want %q", reached, c.limit)
			}
		})
	}
}

func TestResponsesFaults(t *testing.T) {
	t.Parallel()
	delta := `{"type":"response.output_text.delta","delta":"So far"}`
	for _, c := range []struct {
		name      string
		reply     agenttest.Reply
		kind      Kind
		retryable bool
		text      string
	}{
		{"failed", agenttest.Events(delta, `{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"`+secretKey+`"}}}`), KindProvider, true, "So far …"},
		{"an error event", agenttest.Events(delta, `{"type":"error","code":"rate_limit_exceeded","message":"`+secretKey+`"}`), KindProvider, true, "So far …"},
		{"a nested error event", agenttest.Events(`{"type":"error","error":{"code":"x","status":400}}`), KindProvider, false, ""},
		{"cut", agenttest.Events(delta), KindCut, true, "So far …"},
		{"silence", func(w *agenttest.Writer, _ agenttest.Request) { w.Begin(); w.Data(delta); w.Hold() }, KindTimeout, true, "So far …"},
		{"cancelled", agenttest.Events(`{"type":"response.completed","response":{"status":"cancelled"}}`), KindProvider, true, ""},
		{"empty", agenttest.Events(`{"type":"response.completed","response":{"status":"completed","output":[]}}`), KindEmpty, true, ""},
		{"JSON of something else", agenttest.Body(200, "application/json", `{"ok":true}`), KindReply, true, ""},
		{"JSON error", agenttest.Body(200, "application/json", `{"error":"x"}`), KindProvider, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newResponsesHarness(t)
			h.provider.Queue(c.reply)
			o := h.run("hi")
			o.wantError(t, c.kind, c.retryable)
			if o.Text != c.text {
				t.Errorf("text = %q, want %q", o.Text, c.text)
			}
		})
	}
}
