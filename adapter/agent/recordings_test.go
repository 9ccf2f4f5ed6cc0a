package agent

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"taskwire/adapter/agent/agenttest"
)

// A recording says what should become of a reply as a provider sent it.
type recording struct {
	About       string `json:"about"`
	ContentType string `json:"content_type"`
	Expect      struct {
		Text       *string
		TextLength int `json:"text_length"`
		Contains   string
		Calls      []struct {
			Name      string
			Arguments map[string]any
		}
		Error    any  // true, false or "either"
		NoEffect bool `json:"no_effect"`
		Any      bool
	}
}

func TestRecordedReplies(t *testing.T) {
	files, err := filepath.Glob("testdata/llm/*.sse")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d recordings (%v)", len(files), err)
	}
	for _, file := range files {
		var want recording
		text, err := os.ReadFile(strings.TrimSuffix(file, ".sse") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replay(t, want, string(body))
		})
	}
}

func replay(t *testing.T, want recording, body string) {
	h := newHarness(t, nil)
	h.provider.Queue(agenttest.Body(http.StatusOK, want.ContentType, body))
	h.provider.Otherwise(agenttest.Text("all done"))
	o := h.run("go")

	var failed *Error
	if o.err != nil && (!errors.As(o.err, &failed) || want.Expect.Error == false && !want.Expect.Any) {
		t.Fatalf("error %v", o.err)
	}
	if o.err == nil && want.Expect.Error == true {
		t.Errorf("no error; text %q", o.Text)
	}
	h.checkRecordedText(want, o)
	h.checkRecordedCalls(want)

	if next := h.run("and now"); next.err != nil || !strings.HasSuffix(next.Text, "all done") {
		t.Errorf("the next turn: %q, %v", next.Text, next.err)
	}
}

func (h *harness) checkRecordedText(want recording, o outcome) {
	h.Helper()
	got := strings.TrimSuffix(strings.TrimSuffix(o.Text, "all done"), "\n\n")
	switch {
	case o.err != nil:
	case want.Expect.Text != nil && got != *want.Expect.Text:
		h.Errorf("text = %q, want %q", got, *want.Expect.Text)
	case !strings.Contains(got, want.Expect.Contains):
		h.Errorf("text = %q, want %q in it", got, want.Expect.Contains)
	case want.Expect.TextLength > 0 && utf8.RuneCountInString(got) != want.Expect.TextLength:
		h.Errorf("text has %d characters, want %d", utf8.RuneCountInString(got), want.Expect.TextLength)
	}
	if strings.Contains(o.Text, "secret plan") || strings.Contains(o.Text, "SECOND") {
		h.Errorf("text = %q shows what it should not", o.Text)
	}
}

func (h *harness) checkRecordedCalls(want recording) {
	h.Helper()
	var expected []string
	for _, c := range want.Expect.Calls {
		text, _ := json.Marshal(c.Arguments)
		expected = append(expected, c.Name+" "+string(text))
	}
	var got []string
	for _, c := range h.tools.calls {
		var arguments map[string]any
		if err := json.Unmarshal(c.Arguments, &arguments); err != nil {
			h.Errorf("arguments %s: %v", c.Arguments, err)
		}
		text, _ := json.Marshal(arguments)
		got = append(got, c.Name+" "+string(text))
	}
	if want.Expect.NoEffect && len(got) > 0 {
		h.Errorf("calls = %v, want none", got)
	}
	if diff := cmp.Diff(expected, got); diff != "" && !want.Expect.Any {
		h.Errorf("calls (-want +got):\n%s", diff)
	}
	if len(got) > 0 {
		h.checkSecondRequest(len(got))
	}
}

// checkSecondRequest: it carries the assistant's calls and one result for each.
func (h *harness) checkSecondRequest(calls int) {
	h.Helper()
	requests := h.provider.Requests()
	if len(requests) < 2 {
		h.Fatalf("%d requests", len(requests))
	}
	messages := requests[1].Messages
	if len(messages) < calls+1 {
		h.Fatalf("the second request has %d messages", len(messages))
	}
	assistant, results := messages[len(messages)-calls-1], messages[len(messages)-calls:]
	if assistant.Role != "assistant" || len(assistant.ToolCalls) != calls {
		h.Fatalf("the second request has %+v, want an assistant with %d calls", assistant, calls)
	}
	for i, result := range results {
		if result.Role != "tool" || result.ToolCallID != assistant.ToolCalls[i].ID || result.ToolCallID == "" {
			h.Errorf("result %d is %+v, want one of the call %q", i, result, assistant.ToolCalls[i].ID)
		}
	}
}
