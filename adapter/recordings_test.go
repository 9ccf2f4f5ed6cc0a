package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"taskwire/adapter/agent/agenttest"
)

// A recording is a reply as a provider sent it, and what should become of it.
type recording struct {
	body        string
	ContentType string `json:"content_type"`
	Expect      struct {
		Text       *string
		TextLength int `json:"text_length"`
		Contains   string
		Calls      []recordedCall
		Error      any  // true, false or "either"
		NoEffect   bool `json:"no_effect"`
		Any        bool // more than one result is right
	}
}

type recordedCall struct {
	Name      string
	Arguments map[string]any
}

func readRecording(t *testing.T, file string) (r recording) {
	t.Helper()
	facts, err := os.ReadFile(strings.TrimSuffix(file, ".sse") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(facts, &r); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r.body = string(body)
	return r
}

// Each recording as the answer to a user: what the client shows, what the tools
// keep, and what the model is told of its calls.
func TestRecordedProviders(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("agent/testdata/llm/*.sse")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	m := startModel(t)
	h := start(t, setup{env: m.env(nil), change: impatient})
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			r := readRecording(t, file)
			c := h.chat(t, m, agenttest.Body(200, r.ContentType, r.body))
			s := c.says("hello")
			r.checkEnd(c, s)
			r.checkText(c, s)
			r.checkCalls(c)
			c.plays()
			if s := c.says("and now?"); s.text() != "All done." {
				t.Errorf("the next turn: %s", s.Body)
			}
		})
	}
}

func (r recording) checkEnd(c *chatter, s streamed) {
	c.Helper()
	failed := s.failure() != nil
	if r.Expect.Error == true && !failed || r.Expect.Error == false && failed && !r.Expect.Any {
		c.Errorf("ends with %+v, want an error: %v", s.failure(), r.Expect.Error)
	}
	if !failed && s.text() == "" {
		c.Errorf("silence: %s", s.Body)
	}
}

func (r recording) checkText(c *chatter, s streamed) {
	c.Helper()
	got := s.text()
	for _, private := range []string{"secret plan", "SECOND"} {
		if strings.Contains(s.Body, private) {
			c.Errorf("the user sees %q: %s", private, got)
		}
	}
	switch want := r.Expect; {
	case s.failure() != nil || want.Any:
	case want.Text != nil && got != *want.Text:
		c.Errorf("the text is %q, want %q", got, *want.Text)
	case !strings.Contains(got, want.Contains):
		c.Errorf("the text is %q, want %q in it", got, want.Contains)
	case want.TextLength > 0 && utf8.RuneCountInString(got) != want.TextLength:
		c.Errorf("the text has %d characters, want %d", utf8.RuneCountInString(got), want.TextLength)
	}
}

// checkCalls looks at what the tools keep, and at the request that brings the
// model the results.
func (r recording) checkCalls(c *chatter) {
	c.Helper()
	made := c.tasks()
	if r.Expect.NoEffect && len(made) > 0 {
		c.Errorf("there are the tasks %q, want none", made)
	}
	if r.Expect.Any {
		return
	}
	var want []string
	for _, call := range r.Expect.Calls {
		if call.Name == "create_task" {
			want = append(want, call.Arguments["title"].(string))
		}
	}
	if !slices.Equal(made, want) {
		c.Errorf("there are the tasks %q, want %q", made, want)
	}
	if len(r.Expect.Calls) > 0 {
		r.checkResults(c)
	}
}

// checkResults: the calls as they came, and right behind them a result for each,
// which is no error.
func (r recording) checkResults(c *chatter) {
	c.Helper()
	requests, n := c.asked(), len(r.Expect.Calls)
	if len(requests) != 2 || len(requests[1].Messages) < n+1 {
		c.Fatalf("%d requests to the model", len(requests))
	}
	messages := requests[1].Messages[len(requests[1].Messages)-n-1:]
	var calls []recordedCall
	for i, call := range messages[0].ToolCalls {
		var arguments map[string]any
		if err := json.Unmarshal([]byte(call.Function.Arguments), &arguments); err != nil {
			c.Fatalf("arguments %q: %v", call.Function.Arguments, err)
		}
		calls = append(calls, recordedCall{call.Function.Name, arguments})
		result := messages[1+i]
		if call.ID == "" || result.ToolCallID != call.ID || result.Role != "tool" || strings.HasPrefix(result.Text(), `{"error"`) {
			c.Errorf("the result of call %q is %+v", call.ID, result)
		}
	}
	if diff := cmp.Diff(r.Expect.Calls, calls); diff != "" {
		c.Errorf("calls (-want +got):\n%s", diff)
	}
}
