package agent

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
)

// A scripted run: a provider that answers by a script, tools that note who
// calls what, and what the runner told.
type harness struct {
	*testing.T
	provider *agenttest.Provider
	tools    *notingTools
	model    *Model
	runner   *Runner
}

// newHarness starts one. change may alter the configurations before they are
// used.
func newHarness(t *testing.T, change func(*ModelConfig, *Config)) *harness {
	t.Helper()
	provider, err := agenttest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(provider.Close)
	h := &harness{T: t, provider: provider, tools: newNotingTools()}
	mc := ModelConfig{BaseURL: provider.URL(), APIKey: secretKey, Model: "test-model"}
	cfg := Config{Tools: h.tools, Agents: Agents(), Choose: Choose, Trim: Trim}
	if change != nil {
		change(&mc, &cfg)
	}
	if mc.HTTPClient == nil {
		mc.HTTPClient = newHTTPClient()
	}
	t.Cleanup(mc.HTTPClient.CloseIdleConnections)
	if h.model, err = NewModel(mc); err != nil {
		t.Fatal(err)
	}
	cfg.Model = h.model
	h.runner = NewRunner(cfg)
	return h
}

// secretKey must be seen by the provider alone.
const secretKey = "sk-canary-0123456789"

// secretUser must be seen by the tools alone.
const secretUser = "canary-user@example.test"

// An outcome is all that a run told and gave.
type outcome struct {
	Result
	events []Event
	err    error
}

// run asks one question. Whatever a provider does, there must be an end to it
// long before the 30 s of its silence.
func (h *harness) run(text string) outcome {
	h.Helper()
	ctx, cancel := context.WithTimeoutCause(h.Context(), 25*time.Second, errors.New("the run has no end"))
	defer cancel()
	o := h.runIn(ctx, text)
	if ctx.Err() != nil {
		h.Error(context.Cause(ctx))
	}
	return o
}

func (h *harness) runIn(ctx context.Context, text string) outcome {
	return h.request(ctx, Request{
		User: secretUser, TurnID: "turn-1", Input: []Message{{Role: RoleUser, Text: text}},
		Timezone: "Asia/Karachi", Now: func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) },
	}, nil)
}

// request runs a request and checks what holds for every run.
func (h *harness) request(ctx context.Context, req Request, onEvent func(Event)) outcome {
	h.Helper()
	var o outcome
	o.Result, o.err = h.runner.Run(ctx, req, func(e Event) error {
		if _, pause := e.(TextPaused); !pause { // they come as the network has it
			o.events = append(o.events, e)
		}
		if onEvent != nil {
			onEvent(e)
		}
		return nil
	})
	h.checkTexts(o)
	h.checkResults(o)
	h.checkSecrets(o)
	return o
}

// checkTexts: every text is opened by deltas and closed once, with all of them.
func (h *harness) checkTexts(o outcome) {
	h.Helper()
	var open strings.Builder
	for _, e := range o.events {
		switch e := e.(type) {
		case TextDelta:
			open.WriteString(e.Text)
		case TextDone:
			if e.Text != open.String() || e.Text == "" {
				h.Errorf("TextDone has %d bytes, the deltas before it %d", len(e.Text), open.Len())
			}
			open.Reset()
		case TextUnfinished:
			if e.Text != open.String() || !strings.HasSuffix(e.Text, mark) || o.err == nil {
				h.Errorf("TextUnfinished %q after deltas %q, error %v", e.Text, open.String(), o.err)
			}
			open.Reset()
		default:
			if open.Len() > 0 {
				h.Errorf("%T within a text", e)
			}
		}
	}
	if open.Len() > 0 && !errors.Is(o.err, context.Canceled) && o.err != errListener {
		h.Errorf("the text %q was never closed", open.String())
	}
}

// errListener is what an emit of a test fails with.
var errListener = errors.New("nobody listens")

// checkResults: every call has one result, behind it.
func (h *harness) checkResults(o outcome) {
	h.Helper()
	var open []string
	for _, msg := range o.Messages {
		if msg.Role != RoleTool {
			if len(open) > 0 {
				h.Errorf("calls without result: %v", open)
			}
			open = nil
			for _, c := range msg.Calls {
				open = append(open, c.ID)
			}
			continue
		}
		if len(open) == 0 || open[0] != msg.CallID {
			h.Errorf("result of %q, want of %v", msg.CallID, open)
			return
		}
		open = open[1:]
	}
}

func (h *harness) checkSecrets(o outcome) {
	h.Helper()
	for _, e := range o.events {
		text, _ := json.Marshal(e)
		if strings.Contains(string(text), secretKey) {
			h.Errorf("%T holds the key", e)
		}
	}
	var known *Error
	if errors.As(o.err, &known) && strings.Contains(known.Message+known.Error(), secretKey) {
		h.Errorf("the error holds the key: %v", known)
	}
	for _, req := range h.provider.Requests() {
		if strings.Contains(string(req.Body), secretUser) || strings.Contains(string(req.Body), secretKey) {
			h.Errorf("a request body names the user or the key: %s", req.Body)
		}
		if got := req.Header.Get("Authorization"); got != "Bearer "+secretKey {
			h.Errorf("Authorization = %q", got)
		}
	}
}

// wantText checks an answer that is whole.
func (o outcome) wantText(t testing.TB, want string) {
	t.Helper()
	if o.err != nil {
		t.Fatalf("error %v (%v)", o.err, errors.Unwrap(o.err))
	}
	if o.Text != want {
		t.Errorf("text = %q, want %q", o.Text, want)
	}
}

// wantError checks the error that an answer ended with.
func (o outcome) wantError(t testing.TB, kind Kind, retryable bool) *Error {
	t.Helper()
	var known *Error
	if !errors.As(o.err, &known) {
		t.Fatalf("error = %v, want an *Error of kind %s", o.err, kind)
	}
	if known.Kind != kind || known.Retryable != retryable {
		t.Errorf("error = %s, retryable %t; want %s, %t", known.Kind, known.Retryable, kind, retryable)
	}
	if known.Message == "" || strings.ContainsAny(known.Message, "{}<>") {
		t.Errorf("message = %q, want a sentence", known.Message)
	}
	return known
}

// eventsOf gives the events of one type.
func eventsOf[E Event](o outcome) (all []E) {
	for _, e := range o.events {
		if e, ok := e.(E); ok {
			all = append(all, e)
		}
	}
	return all
}

// notingTools are tools that do nothing but note the calls.
type notingTools struct {
	list   []Tool
	answer func(context.Context, ToolCall) (ToolResult, error)
	mu     sync.Mutex
	calls  []ToolCall
	users  map[string]bool
}

func newNotingTools() *notingTools {
	object := json.RawMessage(`{"type":"object","properties":{"title":{"type":"string"},"task_id":{"type":"string"}},"additionalProperties":false}`)
	none := json.RawMessage(`{"type":"object","properties":{},"additionalProperties":false}`)
	return &notingTools{users: map[string]bool{}, list: []Tool{
		{Name: "create_task", Title: "Create task", Description: "Creates a task.", Schema: object},
		{Name: "list_tasks", Title: "List tasks", Description: "Lists tasks.", Schema: object, ReadOnly: true},
		{Name: "get_task", Title: "Get task", Description: "Gets a task.", Schema: object, ReadOnly: true},
		{Name: "delete_task", Title: "Delete task", Description: "Deletes a task.", Schema: object},
		{Name: "get_stats", Title: "Count tasks", Description: "Counts tasks.", Schema: none, ReadOnly: true},
	}}
}

func (n *notingTools) List(context.Context, string) ([]Tool, error) { return n.list, nil }

func (n *notingTools) Call(ctx context.Context, user string, call ToolCall) (ToolResult, error) {
	n.mu.Lock()
	n.calls = append(n.calls, call)
	n.users[user] = true
	n.mu.Unlock()
	if n.answer != nil {
		return n.answer(ctx, call)
	}
	return ToolResult{Structured: json.RawMessage(`{"of":"` + call.Name + `"}`), Text: "{}"}, nil
}

// noted gives the calls so far as "name arguments".
func (n *notingTools) noted() (all []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.calls {
		all = append(all, c.Name+" "+string(c.Arguments))
	}
	return all
}

// toolMessages gives the results that a request carries.
func toolMessages(req agenttest.Request) (all []string) {
	for _, msg := range req.Messages {
		if msg.Role == "tool" {
			all = append(all, msg.Text())
		}
	}
	return all
}

// throughLoopback carries requests for any host to the provider.
func throughLoopback(p *agenttest.Provider) *http.Client {
	return &http.Client{Transport: hostChanger{p}}
}

type hostChanger struct{ provider *agenttest.Provider }

func (h hostChanger) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme = "http"
	req.URL.Host = strings.TrimSuffix(strings.TrimPrefix(h.provider.URL(), "http://"), "/v1")
	return http.DefaultTransport.RoundTrip(req)
}
