package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"taskwire/adapter/agent/agenttest"
)

// L16: what is not one JSON object never reaches a tool; the model is told.
func TestBadArguments(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string]string{
		"half an object":     `{`,
		"cut in a string":    `{"title":"mi`,
		"a string":           `"x"`,
		"null":               `null`,
		"an array":           `[{"title":"x"}]`,
		"nothing":            ``,
		"blanks":             " \n",
		"5 MiB":              `{"title":"` + strings.Repeat("x", 5<<20) + `"}`,
		"1,000 deep":         `{"title":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
		"a key twice":        `{"title":"x","title":"y"}`,
		"a key twice inside": `{"title":{"a":1,"\u0061":2}}`,
		"junk behind":        `{"title":"x"} and so on`,
		"two objects":        `{"title":"x"}{"title":"y"}`,
		"single quotes":      `{'title':'x'}`,
		"half a surrogate":   `{"title":"\ud800"}`,
		"NaN":                `{"title":NaN}`,
		"a comment":          `{"title":"x" /* y */}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			h.provider.Queue(agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: arguments}), agenttest.Text("I see."))
			o := h.run("go")
			o.wantText(t, "I see.")
			if len(h.tools.calls) != 0 || len(eventsOf[ToolStarted](o)) != 0 {
				t.Errorf("calls = %v", h.tools.noted())
			}
			h.checkSecondRequest(1)
			second := h.provider.Requests()[1]
			if got := toolMessages(second)[0]; !strings.Contains(got, `"error"`) || !strings.Contains(got, "arguments") {
				t.Errorf("the model reads %s", got)
			}
			if long := strings.Contains(toolMessages(second)[0], "longer than"); long != (len(arguments) > MaxArguments) {
				t.Errorf("%d bytes: the model reads %s", len(arguments), toolMessages(second)[0])
			}
			if assistant := second.Messages[len(second.Messages)-2]; assistant.ToolCalls[0].Function.Arguments != "{}" || len(second.Body) > 100_000 {
				t.Errorf("the bad arguments went back: %.200s", assistant.ToolCalls[0].Function.Arguments)
			}
		})
	}
}

// A tool without arguments needs none.
func TestNoArgumentsForNone(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Queue(agenttest.Calls(agenttest.Call{Name: "get_stats", Arguments: ""}), agenttest.Text("ok"))
	h.run("count").wantText(t, "ok")
	if got := h.tools.noted(); !slices.Equal(got, []string{"get_stats {}"}) {
		t.Errorf("calls = %q", got)
	}
}

// L18: only a tool's exact name calls it.
func TestInventedNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"drop_tables", "", " create_task", "create_task ", "Create_Task", "creаte_task", "functions.create_task",
		"create_task\u200b", "create-task", "transfer_to_orchestrator", "transfer_to_nobody", strings.Repeat("x", 10_000),
	} {
		t.Run(fmt.Sprintf("%.30q", name), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			h.provider.Queue(agenttest.Calls(agenttest.Call{Name: name, Arguments: `{"title":"x"}`}), agenttest.Text("I see."))
			o := h.run("go")
			o.wantText(t, "I see.")
			if len(h.tools.calls) != 0 || o.Agent != Orchestrator {
				t.Errorf("calls = %v, agent %s", h.tools.noted(), o.Agent)
			}
			second := h.provider.Requests()[1]
			if got := toolMessages(second)[0]; !strings.Contains(got, "no tool of this name") || !strings.Contains(got, "create_task") {
				t.Errorf("the model reads %s", got)
			}
			echoed := second.Messages[len(second.Messages)-2].ToolCalls[0].Function.Name
			if len(echoed) == 0 || len(echoed) > 64 || strings.Trim(echoed, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
				t.Errorf("the name %q went back: OpenAI refuses it", echoed)
			}
		})
	}
}

// L20: no more than sixteen calls of a reply are run, and equal ones are calls
// of their own.
func TestManyCalls(t *testing.T) {
	t.Parallel()
	for _, count := range []int{3, MaxCalls, MaxCalls + 1, 50} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			var calls []agenttest.Call
			for i := range count {
				calls = append(calls, agenttest.Call{ID: fmt.Sprint("c", i), Name: "create_task", Arguments: `{"title":"same"}`})
			}
			h.provider.Queue(agenttest.Calls(calls...), agenttest.Text("ok"))
			h.run("go").wantText(t, "ok")
			run := min(count, MaxCalls)
			keys := map[string]bool{}
			for _, c := range h.tools.calls {
				keys[c.CallID] = true
			}
			if len(h.tools.calls) != run || len(keys) != run {
				t.Errorf("%d calls with %d ids, want %d", len(h.tools.calls), len(keys), run)
			}
			h.checkSecondRequest(run)
			results := toolMessages(h.provider.Requests()[1])
			if told := strings.Contains(results[run-1], fmt.Sprintf("%d more were not", count-run)); told != (count > MaxCalls) {
				t.Errorf("the last result = %s", results[run-1])
			}
		})
	}
}

// Ids that are missing, or used twice, are made up: the provider matches calls
// and results by them.
func TestIdsAreMadeUp(t *testing.T) {
	t.Parallel()
	for name, events := range map[string][]string{
		"none": {`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"create_task","arguments":"{\"title\":\"a\"}"}},{"index":1,"function":{"name":"create_task","arguments":"{\"title\":\"b\"}"}}]}}]}`},
		"empty, without index": {`{"choices":[{"delta":{"tool_calls":[{"id":"","function":{"name":"create_task","arguments":"{\"title\":\"a\"}"}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"id":"","function":{"name":"create_task","arguments":"{\"title\":\"b\"}"}}]}}]}`},
		"the same twice":       {`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"create_task","arguments":"{\"title\":\"a\"}"}},{"index":1,"id":"x","function":{"name":"create_task","arguments":"{\"title\":\"b\"}"}}]}}]}`},
		"arguments as objects": {`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"create_task","arguments":{"title":"a"}}},{"index":1,"function":{"name":"create_task","arguments":{"title":"b"}}}]}}]}`},
		"pieces that take turns": {`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"p","function":{"name":"create_task","arguments":"{\"title\""}},{"index":1,"id":"q","function":{"name":"create_task","arguments":"{\"title\""}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":":\"a\"}"}},{"index":1,"function":{"arguments":":\"b\"}"}}]}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			h.provider.Queue(agenttest.Events(append(events, `{"choices":[{"delta":{},"finish_reason":"stop"}]}`)...), agenttest.Text("ok"))
			h.run("go").wantText(t, "ok")
			if got := h.tools.noted(); !slices.Equal(got, []string{`create_task {"title":"a"}`, `create_task {"title":"b"}`}) {
				t.Errorf("calls = %q", got)
			}
			h.checkSecondRequest(2)
			results := h.provider.Requests()[1].Messages
			if a, b := results[len(results)-2].ToolCallID, results[len(results)-1].ToolCallID; a == b {
				t.Errorf("both results bear the id %q", a)
			}
		})
	}
}

// What a provider wants to see again goes back to it, whole, and to no other.
func TestExtraFieldsGoBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Queue(agenttest.Events(
		`{"choices":[{"delta":{"role":"assistant","reasoning_content":"I think \"tasks\" ","reasoning_details":[{"a":1}],"audio":null}}]}`,
		`{"choices":[{"delta":{"reasoning_content":"of دودھ.","reasoning_details":[{"b":[2]}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","extra_content":{"google":{"thought_signature":"c2ln"}},"function":{"name":"get_stats","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`,
	), agenttest.Text("ok"), agenttest.Text("ok"))
	o := h.run("go")
	o.wantText(t, "ok")
	body := string(h.provider.Requests()[1].Body)
	for _, want := range []string{
		`"reasoning_content":"I think \"tasks\" of دودھ."`, `"reasoning_details":[{"a":1},{"b":[2]}]`,
		`"extra_content":{"google":{"thought_signature":"c2ln"}}`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the second request lacks %s:\n%s", want, body)
		}
	}
	h.request(t.Context(), Request{User: secretUser, TurnID: "t", History: o.Messages, Input: []Message{{Role: RoleUser, Text: "x"}}, Model: "another"}, nil)
	if body := string(h.provider.Requests()[2].Body); strings.Contains(body, "thought_signature") || strings.Contains(body, "reasoning") {
		t.Errorf("another model gets what is not its own: %s", body)
	}
}
