package agent

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
)

// twentyDeltas is an answer of twenty pieces as OpenAI sends it.
func twentyDeltas() string {
	var b strings.Builder
	for i := range 20 {
		fmt.Fprintf(&b, `data: {"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz","object":"chat.completion.chunk","created":1764000000,"model":"gpt-5-mini-2025-08-07","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"content":" word%d"},"finish_reason":null}],"usage":null,"obfuscation":"abcdefghij"}`+"\n\n", i)
	}
	b.WriteString(`data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}` + "\n\n" +
		`data: {"id":"c","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}}` + "\n\ndata: [DONE]\n\n")
	return b.String()
}

// canned answers every request with the same body, without a network.
type canned struct{ body string }

func (c canned) RoundTrip(req *http.Request) (*http.Response, error) {
	return c.response(req), nil
}

func (c canned) response(req *http.Request) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.body)), Request: req}
}

func benchmarkRun(b *testing.B, client *http.Client, baseURL string) {
	model, err := NewModel(ModelConfig{BaseURL: baseURL, APIKey: secretKey, Model: "m", HTTPClient: client})
	if err != nil {
		b.Fatal(err)
	}
	runner := NewRunner(Config{Model: model, Tools: newNotingTools(), Agents: Agents(), Choose: Choose, Trim: Trim})
	req := Request{User: "u", TurnID: "t", Input: []Message{{Role: RoleUser, Text: "Please tell me what is open today."}}, Timezone: "Asia/Karachi"}
	b.ReportAllocs()
	before := processorTime()
	for b.Loop() {
		n := 0
		_, err := runner.Run(context.Background(), req, func(e Event) error {
			if _, piece := e.(TextDelta); piece {
				n++
			}
			return nil
		})
		if err != nil || n != 20 {
			b.Fatalf("%d pieces, %v", n, err)
		}
	}
	b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkRun is an answer of twenty pieces, all but the network.
func BenchmarkRun(b *testing.B) {
	benchmarkRun(b, &http.Client{Transport: canned{twentyDeltas()}}, "http://model.test/v1")
}

// BenchmarkRunOverHTTP is the same over loopback. The figure holds the
// provider's part too.
func BenchmarkRunOverHTTP(b *testing.B) {
	provider, err := agenttest.Start()
	if err != nil {
		b.Fatal(err)
	}
	defer provider.Close()
	body := twentyDeltas()
	provider.Otherwise(func(w *agenttest.Writer, _ agenttest.Request) {
		provider.Forget()
		w.Header().Set("Content-Type", "text/event-stream")
		w.Send(body)
	})
	client := newHTTPClient()
	defer client.CloseIdleConnections()
	benchmarkRun(b, client, provider.URL())
}

// BenchmarkReadReply is the reading alone.
func BenchmarkReadReply(b *testing.B) {
	body := twentyDeltas()
	b.ReportAllocs()
	for b.Loop() {
		acc := &chatReply{speech: speech{room: MaxAnswer, hear: func(string) error { return nil }}}
		_, dog := watch(context.Background(), time.Now().Add(time.Minute), time.Minute, time.Minute)
		res := canned{body}.response(nil)
		if err := readReply(res, dog, acc); err != nil || acc.text.Len() == 0 {
			b.Fatal(err)
		}
		dog.stop()
	}
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// A provider that is silent costs little: what net/http takes and holds of a body,
// and a few KiB.
func TestMemoryOfSilentRequests(t *testing.T) {
	const count = 300
	for _, c := range []struct {
		name  string
		reply agenttest.Reply
	}{
		{"before the head", agenttest.Stall()},
		{"in mid-answer", agenttest.Stall("So far")},
	} {
		plain := heldMemory(t, count, c.reply, true)
		ours := heldMemory(t, count, c.reply, false)
		t.Logf("%s: %d bytes a request, of them %d net/http's on both sides", c.name, ours, plain)
		if ours-plain > 32<<10 {
			t.Errorf("%s: %d bytes more than net/http alone, want at most 32 KiB", c.name, ours-plain)
		}
	}
}

// heldMemory gives what each of many silent requests takes, on both sides:
// runs, or bare requests of net/http.
func heldMemory(t *testing.T, count int, reply agenttest.Reply, bare bool) int {
	t.Helper()
	h := newHarness(t, nil)
	h.run("hi")
	body := h.provider.Requests()[0].Body
	h.provider.Forget()
	h.provider.Otherwise(reply)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	before := memoryInUse()
	for range count {
		all.Go(func() {
			if bare {
				h.bareRequest(ctx, bytes.Clone(body))
			} else {
				h.runner.Run(ctx, Request{User: "u", TurnID: "t", Input: []Message{{Role: RoleUser, Text: "hi"}}}, func(Event) error { return nil })
			}
		})
	}
	waitFor(t, "all requests", func() bool { return len(h.provider.Requests()) == count })
	h.provider.Forget()
	after := memoryInUse()
	cancel()
	all.Wait()
	return int(after-before) / count
}

func (h *harness) bareRequest(ctx context.Context, body []byte) {
	req, err := http.NewRequestWithContext(ctx, "POST", h.provider.URL()+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		h.Error(err)
		return
	}
	res, err := h.model.cfg.HTTPClient.Do(req)
	if err != nil {
		return
	}
	defer res.Body.Close()
	var one [512]byte
	for err == nil {
		_, err = res.Body.Read(one[:])
	}
}

// memoryInUse counts heap and stacks.
func memoryInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
