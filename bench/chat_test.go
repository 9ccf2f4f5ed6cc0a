package main

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func TestAnswered(t *testing.T) {
	const text, done = `data: {"update":{"type":"assistant_message.content_part.text_delta"}}`, `data: {"type":"thread.item.done"}`
	for _, c := range []struct {
		name, answer string
		want         bool
	}{
		{"said and stored", done + text + done, true},
		{"said, not stored", done + text, false},
		{"the user's message alone", done, false},
		{"an error after it", text + done + `data: {"type":"error"}`, false},
		{"nothing", "", false},
	} {
		if got := answered([]byte(c.answer)); got != c.want {
			t.Errorf("%s: answered = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestThreadIn(t *testing.T) {
	if got, err := threadIn([]byte(`data: {"type":"thread.created","thread":{"id":"thr_1","title":"x"}}`)); err != nil || got != "thr_1" {
		t.Errorf("threadIn = %q, %v, want thr_1", got, err)
	}
	if _, err := threadIn([]byte(`data: {"type":"error"}`)); err == nil {
		t.Error("threadIn of an answer without a thread: no error")
	}
}

func TestNumberIn(t *testing.T) {
	if got, err := numberIn([]byte("an earlier " + marked(7) + ", the last " + marked(41) + `"`)); err != nil || got != 41 {
		t.Errorf("numberIn = %d, %v, want 41", got, err)
	}
	for _, bad := range []string{"", mark, mark + "x0000"} {
		if _, err := numberIn([]byte(bad)); err == nil {
			t.Errorf("numberIn(%q): no error", bad)
		}
	}
}

// asking sends a request to a provider, as the adapter does.
func asking(t *testing.T, p *provider, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func TestProviderSpeaks(t *testing.T) {
	p, err := newProvider()
	if err != nil {
		t.Fatal(err)
	}
	defer p.end()
	for _, c := range []struct {
		name, body string
		deltas     int
	}{
		{"an answer", `{"messages":["` + marked(3) + `"],"tools":[]}`, deltas},
		{"a title", `{"messages":["` + marked(3) + `"]}`, 1},
	} {
		text, err := io.ReadAll(asking(t, p, c.body).Body)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := strings.Count(string(text), `{"content":`); got != c.deltas || !strings.HasSuffix(string(text), "data: [DONE]\n\n") {
			t.Errorf("%s: %d deltas, want %d and an end: %s", c.name, got, c.deltas, text)
		}
	}
	if p.began[3].Load() == 0 {
		t.Error("the provider did not note when it began")
	}
}

func TestProviderHolds(t *testing.T) {
	p, err := newProvider()
	if err != nil {
		t.Fatal(err)
	}
	defer p.end()
	p.manner.Store(int32(headOnly))
	resp := asking(t, p, `{"messages":["`+marked(3)+`"],"tools":[]}`)
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	if err := p.holds(t.Context(), 1); err != nil {
		t.Error(err)
	}
	p.hangUp()
	for deadline := time.Now().Add(60 * time.Second); p.held.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("an answer is held of which the connection is gone")
		}
	}
}

func TestMemoryOfThisProcess(t *testing.T) {
	before, err := memory(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 32<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	after, err := memory(os.Getpid())
	if grown := after - before; err != nil || grown < 24<<10 || grown > 128<<10 {
		t.Errorf("32 MiB more are %.0f KiB, %v", grown, err)
	}
	if block[4096] != 1 { // it must be there until here
		t.Error("the block was lost")
	}
}
