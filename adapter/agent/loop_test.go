package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"taskwire/adapter/agent/agenttest"
)

func TestAnswer(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Queue(agenttest.Text("Hello", ", ", "you."))
	o := h.run("hi")
	o.wantText(t, "Hello, you.")
	want := []Event{
		AgentStarted{"orchestrator", "Orchestrator"},
		TextDelta{"Hello"}, TextDelta{", "}, TextDelta{"you."}, TextDone{"Hello, you."},
	}
	if diff := cmp.Diff(want, o.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Usage{10, 5}, o.Usage); diff != "" || o.FinishReason != "stop" || o.Agent != "orchestrator" {
		t.Errorf("result %+v", o.Result)
	}
	req := h.provider.Requests()[0]
	if got := req.System(); !strings.Contains(got, "Monday, 23 November 2026, 14:00") || !strings.Contains(got, "2026-11-23T14:00:00+05:00") || !strings.Contains(got, "Asia/Karachi") || !strings.Contains(got, dataRule) {
		t.Errorf("the system prompt lacks the user's time or the rule:\n%s", got)
	}
	if req.Last().Text() != "hi" || !req.Stream || req.Model != "test-model" || req.Path != "/v1/chat/completions" {
		t.Errorf("request %s", req.Body)
	}
}

func TestToolsRun(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Queue(
		agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"milk"}`}, agenttest.Call{Name: "get_stats", Arguments: "{}"}),
		agenttest.Text("Done."),
	)
	o := h.run("milk please")
	o.wantText(t, "Done.")
	want := []Event{
		AgentStarted{"orchestrator", "Orchestrator"},
		ToolStarted{"turn-1.0.0", "create_task", "Create task", json.RawMessage(`{"title":"milk"}`)},
		ToolFinished{CallID: "turn-1.0.0", Name: "create_task", Result: ToolResult{Structured: json.RawMessage(`{"of":"create_task"}`), Text: "{}"}},
		ToolStarted{"turn-1.0.1", "get_stats", "Count tasks", json.RawMessage(`{}`)},
		ToolFinished{CallID: "turn-1.0.1", Name: "get_stats", Result: ToolResult{Structured: json.RawMessage(`{"of":"get_stats"}`), Text: "{}"}},
		StepDone{o.Messages[:3]}, // the calls and both results
		TextDelta{"Done."}, TextDone{"Done."},
	}
	if diff := cmp.Diff(want, o.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	h.checkSecondRequest(2)
	if got, want := toolMessages(h.provider.Requests()[1]), []string{`{"of":"create_task"}`, `{"of":"get_stats"}`}; !slices.Equal(got, want) {
		t.Errorf("results for the model = %q, want %q", got, want)
	}
	if !h.tools.users[secretUser] || len(h.tools.users) != 1 {
		t.Errorf("users = %v", h.tools.users)
	}
	if c := h.tools.calls[0]; c.CallID != "turn-1.0.0" || c.Timezone != "Asia/Karachi" {
		t.Errorf("call = %+v", c)
	}
	if o.Usage.Total() != 30 {
		t.Errorf("usage = %+v, want that of both requests", o.Usage)
	}
}

// The messages of a run are what the next one begins with, through the form in
// which they are stored.
func TestMessagesAreTheNextHistory(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Queue(agenttest.Calls(agenttest.Call{ID: "x1", Name: "get_stats", Arguments: "{}"}), agenttest.Text("Three."), agenttest.Text("Yes."))
	o := h.run("how many?")
	stored, err := json.Marshal(append([]Message{{Role: RoleUser, Text: "how many?"}}, o.Messages...))
	if err != nil {
		t.Fatal(err)
	}
	var history []Message
	if err := json.Unmarshal(stored, &history); err != nil {
		t.Fatal(err)
	}
	h.request(t.Context(), Request{User: secretUser, TurnID: "t2", History: history, Input: []Message{{Role: RoleUser, Text: "sure?"}}}, nil).wantText(t, "Yes.")
	var roles []string
	for _, msg := range h.provider.Requests()[2].Messages {
		roles = append(roles, msg.Role)
	}
	if want := []string{"system", "user", "assistant", "tool", "assistant", "user"}; !slices.Equal(roles, want) {
		t.Errorf("roles = %v, want %v", roles, want)
	}
}

func TestReadingCallsRunTogetherAndChangesInOrder(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	var mu sync.Mutex
	reading := 0
	both := make(chan struct{})
	h.tools.answer = func(ctx context.Context, c ToolCall) (ToolResult, error) {
		if c.Name == "list_tasks" { // the first two meet
			mu.Lock()
			if reading++; reading == 2 {
				close(both)
			}
			mu.Unlock()
			select {
			case <-both:
			case <-ctx.Done():
				return ToolResult{}, ctx.Err()
			}
		}
		return ToolResult{Text: c.CallID}, nil
	}
	var calls []agenttest.Call
	for i, name := range []string{"list_tasks", "list_tasks", "create_task", "delete_task", "get_task", "get_task"} {
		calls = append(calls, agenttest.Call{ID: fmt.Sprint("c", i), Name: name, Arguments: fmt.Sprintf(`{"task_id":"%d"}`, i)})
	}
	h.provider.Queue(agenttest.Calls(calls...), agenttest.Text("ok"))
	o := h.run("all of it")
	o.wantText(t, "ok")
	var order []string
	for _, e := range o.events {
		switch e := e.(type) {
		case ToolStarted:
			order = append(order, "+"+e.CallID[len("turn-1.0."):])
		case ToolFinished:
			order = append(order, "-"+e.CallID[len("turn-1.0."):])
		}
	}
	if got, want := strings.Join(order, " "), "+0 +1 -0 -1 +2 -2 +3 -3 +4 +5 -4 -5"; got != want {
		t.Errorf("order = %s, want %s", got, want)
	}
	for i, text := range toolMessages(h.provider.Requests()[1]) {
		if want := fmt.Sprintf(`{"text":"turn-1.0.%d"}`, i); text != want {
			t.Errorf("result %d = %s, want %s", i, text, want)
		}
	}
}

func TestParallelCallsAreBounded(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(_ *ModelConfig, cfg *Config) { cfg.Limits.Parallel = 3 })
	var mu sync.Mutex
	now, most := 0, 0
	h.tools.answer = func(context.Context, ToolCall) (ToolResult, error) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		defer func() { mu.Lock(); now--; mu.Unlock() }()
		return ToolResult{Text: "x"}, nil
	}
	calls := slices.Repeat([]agenttest.Call{{Name: "get_stats", Arguments: "{}"}}, MaxCalls)
	h.provider.Queue(agenttest.Calls(calls...), agenttest.Text("ok"))
	h.run("count").wantText(t, "ok")
	if most > 3 || len(h.tools.calls) != MaxCalls {
		t.Errorf("%d at once of %d, want at most 3 of %d", most, len(h.tools.calls), MaxCalls)
	}
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Queue(agenttest.Calls(agenttest.Call{Name: "transfer_to_urdu_specialist", Arguments: "{}"}), agenttest.Text("جی"))
	o := h.run("please speak my language")
	o.wantText(t, "جی")
	started := eventsOf[AgentStarted](o)
	if len(started) != 2 || started[1].Name != UrduSpecialist || o.Agent != UrduSpecialist {
		t.Errorf("agents = %v, last %s", started, o.Agent)
	}
	if len(eventsOf[ToolStarted](o)) != 0 || len(h.tools.calls) != 0 {
		t.Error("the hand-over was called as a tool")
	}
	first, second := h.provider.Requests()[0], h.provider.Requests()[1]
	if !slices.Contains(first.ToolNames(), "transfer_to_urdu_specialist") || slices.Contains(first.ToolNames(), "transfer_to_orchestrator") {
		t.Errorf("the first is offered %v", first.ToolNames())
	}
	if slices.ContainsFunc(second.ToolNames(), func(n string) bool { return strings.HasPrefix(n, "transfer") }) {
		t.Errorf("the second may hand back: %v", second.ToolNames())
	}
	if first.System() == second.System() {
		t.Error("both have the same instructions")
	}
	h.checkSecondRequest(1)
}

// L22: two agents that only hand over to each other come to an end.
func TestHandOverPingPong(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Otherwise(agenttest.By(func(req agenttest.Request) agenttest.Reply {
		n := len(toolMessages(req))
		return agenttest.Calls(agenttest.Call{ID: fmt.Sprint("h", n), Name: []string{"transfer_to_urdu_specialist", "transfer_to_orchestrator"}[n%2], Arguments: "{}"})
	}))
	o := h.run("hi")
	if o.err != nil || len(eventsOf[AgentStarted](o)) > 1+3 || len(eventsOf[LimitReached](o)) != 1 {
		t.Errorf("error %v, events %v", o.err, o.events)
	}
}

// A hand-over counts even when others stand beside it, and only the first.
func TestHandOverAmongCalls(t *testing.T) {
	t.Parallel()
	third := Agent{Name: "third", Label: "Third", Instructions: "x", Transfer: "transfer_to_third", TransferWhen: "x"}
	h := newHarness(t, func(_ *ModelConfig, cfg *Config) {
		cfg.Agents = append(Agents(), third)
		cfg.Agents[0].HandsTo = append(cfg.Agents[0].HandsTo, "third")
	})
	h.provider.Queue(agenttest.Calls(
		agenttest.Call{Name: "transfer_to_third", Arguments: ""},
		agenttest.Call{Name: "create_task", Arguments: `{"title":"a"}`},
		agenttest.Call{Name: "transfer_to_urdu_specialist", Arguments: `{}`},
	), agenttest.Text("here"))
	o := h.run("go")
	o.wantText(t, "here")
	if o.Agent != "third" || len(h.tools.calls) != 1 {
		t.Errorf("agent %s, calls %v", o.Agent, h.tools.noted())
	}
	if results := toolMessages(h.provider.Requests()[1]); !strings.Contains(results[2], "error") {
		t.Errorf("the second hand-over = %s, want an error", results[2])
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	call := agenttest.Calls(agenttest.Call{Name: "get_stats", Arguments: "{}"})
	for _, c := range []struct {
		name   string
		limits Limits
		which  Limit
		steps  int // with tools
	}{
		{"steps", Limits{Steps: 3}, LimitSteps, 3},
		{"tokens", Limits{Tokens: 40}, LimitTokens, 3}, // 15 a request
		{"steps by default", Limits{}, LimitSteps, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, func(_ *ModelConfig, cfg *Config) { cfg.Limits = c.limits })
			h.provider.Otherwise(agenttest.By(func(req agenttest.Request) agenttest.Reply {
				if len(req.Tools) == 0 {
					return agenttest.Text("So far so good.")
				}
				return call
			}))
			o := h.run("count for ever")
			o.wantText(t, "So far so good.")
			reached := eventsOf[LimitReached](o)
			if len(reached) != 1 || reached[0].Which != c.which || reached[0].Message == "" || o.events[len(o.events)-1] != reached[0] {
				t.Errorf("limits = %v, want one of %s at the end", reached, c.which)
			}
			if got := len(h.provider.Requests()); got != c.steps+1 {
				t.Errorf("%d requests, want %d and the last", got, c.steps)
			}
			keys := map[string]bool{}
			for _, call := range h.tools.calls {
				keys[call.CallID] = true
			}
			if len(keys) != c.steps {
				t.Errorf("%d call ids of %d calls", len(keys), c.steps)
			}
		})
	}
}

// A summing-up that fails, or calls tools all the same, takes nothing from what
// was done.
func TestSummingUpNeedNotWork(t *testing.T) {
	t.Parallel()
	call := agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"x"}`})
	for name, last := range map[string]agenttest.Reply{
		"calls a tool": call, "is refused": agenttest.Refuse(400, 0), "is empty": agenttest.Text(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, func(_ *ModelConfig, cfg *Config) { cfg.Limits.Steps = 1 })
			h.provider.Queue(call)
			h.provider.Otherwise(last)
			o := h.run("go")
			if o.err != nil || len(eventsOf[LimitReached](o)) != 1 || len(h.tools.calls) != 1 {
				t.Errorf("error %v, events %v, calls %v", o.err, o.events, h.tools.noted())
			}
		})
	}
}

func TestTimeIsOver(t *testing.T) {
	t.Parallel()
	t.Run("while the model speaks", func(t *testing.T) {
		t.Parallel()
		h := newHarness(t, func(_ *ModelConfig, cfg *Config) { cfg.Limits.Time = 2 * time.Second })
		h.provider.Queue(agenttest.Stall("So far"))
		o := h.run("hi")
		o.wantError(t, KindTime, true)
		if o.Text != "So far"+mark {
			t.Errorf("text = %q", o.Text)
		}
	})
	t.Run("while the model sums up", func(t *testing.T) {
		t.Parallel()
		h := newHarness(t, func(_ *ModelConfig, cfg *Config) { cfg.Limits = Limits{Steps: 1, Time: 2 * time.Second} })
		h.provider.Queue(agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"x"}`}), agenttest.Stall())
		o := h.run("hi")
		o.wantError(t, KindTime, true)
		if len(o.Messages) != 2 || len(eventsOf[LimitReached](o)) != 0 {
			t.Errorf("messages %+v, events %v", o.Messages, o.events)
		}
	})
	t.Run("while the tools are listed", func(t *testing.T) {
		t.Parallel()
		h := newHarness(t, func(_ *ModelConfig, cfg *Config) {
			cfg.Limits.Time, cfg.Tools = 50*time.Millisecond, slowTools{cfg.Tools}
		})
		h.run("hi").wantError(t, KindTime, true)
		if n := len(h.provider.Requests()); n != 0 {
			t.Errorf("%d requests, want none", n)
		}
	})
	t.Run("while a tool runs", func(t *testing.T) {
		t.Parallel()
		h := newHarness(t, func(_ *ModelConfig, cfg *Config) { cfg.Limits.Time = 2 * time.Second })
		h.tools.answer = func(ctx context.Context, _ ToolCall) (ToolResult, error) {
			<-ctx.Done()
			return ToolResult{}, ctx.Err()
		}
		h.provider.Queue(agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"x"}`}, agenttest.Call{Name: "delete_task", Arguments: `{}`}))
		o := h.run("hi")
		o.wantError(t, KindTime, true)
		if len(h.tools.calls) != 1 || len(o.Messages) != 3 || !strings.Contains(o.Messages[1].Text, "not known") {
			t.Errorf("calls %v, messages %+v", h.tools.noted(), o.Messages)
		}
	})
}

// slowTools never list any.
type slowTools struct{ Tools }

func (slowTools) List(ctx context.Context, _ string) ([]Tool, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// When the context ends nothing more is told, and what there was comes back.
func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("while the model speaks", func(t *testing.T) {
		t.Parallel()
		h := newHarness(t, nil)
		h.provider.Queue(agenttest.Stall("So far"))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		o := h.request(ctx, Request{User: secretUser, TurnID: "t", Input: []Message{{Role: RoleUser, Text: "hi"}}}, func(e Event) {
			if _, ok := e.(TextDelta); ok {
				cancel()
			}
		})
		if !errors.Is(o.err, context.Canceled) || o.Text != "So far" || len(o.events) != 2 {
			t.Errorf("error %v, text %q, events %v", o.err, o.Text, o.events)
		}
		if len(o.Messages) != 2 || o.Messages[0].Text != "So far" || o.Messages[1].Role != RoleNote {
			t.Errorf("messages = %+v", o.Messages)
		}
	})
	t.Run("while a tool runs", func(t *testing.T) {
		t.Parallel()
		h := newHarness(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		h.tools.answer = func(ctx context.Context, _ ToolCall) (ToolResult, error) {
			cancel()
			<-ctx.Done()
			return ToolResult{}, ctx.Err()
		}
		h.provider.Queue(agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"x"}`}))
		o := h.runIn(ctx, "hi")
		if !errors.Is(o.err, context.Canceled) || len(eventsOf[ToolFinished](o)) != 0 || len(o.Messages) != 2 {
			t.Errorf("error %v, events %v, messages %+v", o.err, o.events, o.Messages)
		}
	})
}

func TestListenerIsGone(t *testing.T) {
	t.Parallel()
	for _, at := range []int{0, 1, 2, 3} {
		t.Run(fmt.Sprint("at event ", at), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			h.provider.Queue(agenttest.Calls(agenttest.Call{Name: "get_stats", Arguments: "{}"}), agenttest.Text("a", "b"))
			seen := 0
			_, err := h.runner.Run(t.Context(), Request{User: secretUser, TurnID: "t", Input: []Message{{Role: RoleUser, Text: "hi"}}}, func(Event) error {
				if seen++; seen > at {
					return errListener
				}
				return nil
			})
			if err != errListener || seen != at+1 {
				t.Errorf("error %v after %d events, want that of the listener after %d", err, seen, at+1)
			}
		})
	}
}

func TestToolFaults(t *testing.T) {
	t.Parallel()
	trace := "boom\n\tat server.go:17 sk-not-for-users"
	for _, c := range []struct {
		name      string
		answer    func(context.Context, ToolCall) (ToolResult, error)
		user      string // what people read
		model     string // what the model reads
		endsRun   bool
		forbidden string
	}{
		{"refuses", func(context.Context, ToolCall) (ToolResult, error) {
			return ToolResult{IsError: true, Code: "invalid", Text: "title: at most 255 characters"}, nil
		}, "title: at most 255 characters", `{"error":"title: at most 255 characters"}`, false, ""},
		{"shows a trace", func(context.Context, ToolCall) (ToolResult, error) {
			return ToolResult{IsError: true, Text: trace}, nil
		}, "The tool could not do this.", `{"error":"boom"}`, false, "server.go"},
		{"is out of reach", func(context.Context, ToolCall) (ToolResult, error) {
			return ToolResult{}, errors.New("dial 10.0.0.1: refused")
		}, "The tool could not be reached.", `not known whether the call took effect`, false, "10.0.0.1"},
		{"panics", func(context.Context, ToolCall) (ToolResult, error) { panic("10.0.0.1") },
			"The tool could not be reached.", `not known`, false, "10.0.0.1"},
		{"ends the run", func(context.Context, ToolCall) (ToolResult, error) {
			return ToolResult{}, failure(KindTools, nil)
		}, sentences[KindTools], "", true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			h.tools.answer = c.answer
			h.provider.Queue(agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"x"}`}), agenttest.Text("I see."))
			o := h.run("go")
			finished := eventsOf[ToolFinished](o)
			if len(finished) != 1 || finished[0].Err != c.user {
				t.Fatalf("finished = %+v, want %q", finished, c.user)
			}
			if c.endsRun {
				o.wantError(t, KindTools, true)
				return
			}
			o.wantText(t, "I see.")
			if got := toolMessages(h.provider.Requests()[1]); !strings.Contains(got[0], c.model) || c.forbidden != "" && strings.Contains(got[0], c.forbidden) {
				t.Errorf("the model reads %s, want %s", got, c.model)
			}
		})
	}
}

type brokenTools struct{ notingTools }

func (*brokenTools) List(context.Context, string) ([]Tool, error) {
	return nil, errors.New("dial 10.0.0.1: refused")
}

func TestToolsOutOfReach(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(_ *ModelConfig, cfg *Config) { cfg.Tools = &brokenTools{} })
	h.run("hi").wantError(t, KindTools, true)
	if len(h.provider.Requests()) != 0 {
		t.Error("the model was asked")
	}
}

func TestLargeToolResultIsCut(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.tools.answer = func(_ context.Context, c ToolCall) (ToolResult, error) {
		if c.Name == "list_tasks" {
			return ToolResult{Structured: json.RawMessage(`{"tasks":["` + strings.Repeat("دودھ", 40_000) + `"]}`)}, nil
		}
		if c.Name == "get_stats" {
			return ToolResult{Text: strings.Repeat("\"\n", 60_000)}, nil
		}
		return ToolResult{Text: strings.Repeat("y", 200_000)}, nil
	}
	h.provider.Queue(agenttest.Calls(
		agenttest.Call{Name: "list_tasks", Arguments: "{}"}, agenttest.Call{Name: "get_stats", Arguments: "{}"},
		agenttest.Call{Name: "create_task", Arguments: `{"title":"y"}`},
	), agenttest.Text("ok"))
	o := h.run("list")
	o.wantText(t, "ok")
	for i, text := range toolMessages(h.provider.Requests()[1]) {
		if len(text) > MaxToolResult || len(text) < MaxToolResult-100 || !strings.Contains(text, "[cut:") || strings.Contains(text, "\uFFFD") {
			t.Errorf("result %d has %d bytes, ends %q", i, len(text), text[len(text)-40:])
		}
	}
	if got := len(o.Messages[1].Text); got > MaxToolResult {
		t.Errorf("the stored result has %d bytes", got)
	}
	if got := len(eventsOf[ToolFinished](o)[0].Result.Structured); got < 300_000 {
		t.Errorf("the event's result has %d bytes, want all of them", got)
	}
}

// A run that is repeated calls with the same ids, so that nothing is doubled.
func TestRepeatedRunHasTheSameCallIDs(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	for range 2 {
		call := agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"x"}`}, agenttest.Call{Name: "create_task", Arguments: `{"title":"x"}`})
		h.provider.Queue(call, call, agenttest.Text("ok"))
		h.run("go").wantText(t, "ok")
	}
	var first, second []string
	for i, c := range h.tools.calls {
		if i < 4 {
			first = append(first, c.CallID)
		} else {
			second = append(second, c.CallID)
		}
	}
	if !slices.Equal(first, second) || len(slices.Compact(slices.Sorted(slices.Values(first)))) != 4 {
		t.Errorf("call ids %v, then %v", first, second)
	}
}

func TestToolChoiceAndModelOfTheRequest(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Queue(agenttest.Calls(agenttest.Call{Name: "get_stats", Arguments: "{}"}), agenttest.Text("ok"))
	h.request(t.Context(), Request{User: secretUser, TurnID: "t", Input: []Message{{Role: RoleUser, Text: "hi"}}, ToolChoice: "get_stats", Model: "other"}, nil).wantText(t, "ok")
	first, second := h.provider.Requests()[0], h.provider.Requests()[1]
	if !strings.Contains(string(first.ToolChoice), `"get_stats"`) || second.ToolChoice != nil || first.Model != "other" || second.Model != "other" {
		t.Errorf("tool_choice %s then %s, models %s %s", first.ToolChoice, second.ToolChoice, first.Model, second.Model)
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	for reply, want := range map[string]string{
		"Milk and bread":                     "Milk and bread",
		"\"Milk and bread.\"\nand more":      "Milk and bread",
		"**Title: دودھ کی فہرست۔**":          "دودھ کی فہرست",
		"<think>hm</think>A \u202etitle\x07": "A title",
		strings.Repeat("wort ", 30):          strings.TrimSpace(strings.Repeat("wort ", 12)) + "…",
	} {
		h.provider.Queue(agenttest.Text(reply))
		got, used, err := h.runner.Title(t.Context(), secretUser, "buy milk", "Done.")
		if err != nil || got != want || used.Total() != 15 {
			t.Errorf("title of %q = %q, %+v, %v; want %q", reply, got, used, err, want)
		}
	}
	for _, req := range h.provider.Requests() {
		if len(req.Tools) != 0 || !strings.Contains(req.System(), "title") || !strings.Contains(req.Last().Text(), "buy milk") {
			t.Errorf("request %s", req.Body)
		}
	}
	h.provider.Queue(agenttest.Text("  "))
	if got, used, err := h.runner.Title(t.Context(), secretUser, "x", "y"); err == nil || used.Total() != 15 {
		t.Errorf("title of nothing = %q, %+v", got, used)
	}
}
