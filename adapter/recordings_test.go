package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
	"taskwire/promises/tally"
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
	t.Run("files", func(t *testing.T) {
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
	})
	tally.Counted(t, tally.Entry{Promise: "P12", What: "recorded streams", Runs: len(files)})
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

// Recordings that were cut, shuffled and damaged: nobody knows what should become
// of each, but there is an end in order, what is shown is kept, and the thread
// goes on with requests that a strict provider takes.
func TestMangledRecordings(t *testing.T) {
	t.Parallel()
	const mangled = 60
	files, err := filepath.Glob("agent/testdata/llm/*.sse")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	m := startModel(t)
	h := start(t, setup{env: m.env(nil), change: impatient})
	for seed := range uint64(mangled) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			r := readRecording(t, files[random.IntN(len(files))])
			body := mangle(random, []byte(r.body))
			c := h.chat(t, m, agenttest.Body(200, r.ContentType, string(body)))
			s := c.says("hello")
			if s.failure() == nil && s.text() == "" && len(eventsOf[*chatkit.Notice](s)) == 0 {
				t.Errorf("silence after %q", body)
			}
			c.plays()
			if s := c.says("and now?"); s.text() != "All done." {
				t.Errorf("the next turn after %q: %s", body, s.Body)
			}
		})
	}
}

// mangle damages a stream in one to four places.
func mangle(random *rand.Rand, body []byte) []byte {
	for range 1 + random.IntN(4) {
		if len(body) == 0 {
			return body
		}
		from := random.IntN(len(body))
		to := min(len(body), from+random.IntN(40))
		switch random.IntN(6) {
		case 0: // a piece is lost
			body = slices.Concat(body[:from], body[to:])
		case 1: // and one comes twice
			body = slices.Concat(body[:to], body[from:])
		case 2:
			body = bytes.Clone(body)
			body[from] = byte(random.IntN(256))
		case 3: // an event comes twice
			events := bytes.SplitAfter(body, []byte("\n\n"))
			at := random.IntN(len(events))
			body = bytes.Join(slices.Insert(events, at, events[random.IntN(len(events))]), nil)
		case 4: // or in the wrong place
			events := bytes.SplitAfter(body, []byte("\n\n"))
			random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			body = bytes.Join(events, nil)
		case 5:
			words := []string{"null", "7", `"x"`, "[]", "{}", `{"error":{}}`, "\\u0000", "\xff", "\n", `"`, "-1e999"}
			body = slices.Concat(body[:from], []byte(words[random.IntN(len(words))]), body[to:])
		}
	}
	return body
}
