package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"taskwire/adapter/agent/agenttest"
)

// What is put together of parts is what encoding/json makes of the whole.
func TestBodies(t *testing.T) {
	t.Parallel()
	const opening, now = "You are \"it\".\n\n", "It is \u0001 now."
	schema := json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}}}`)
	strict := json.RawMessage(`{"additionalProperties":false,"properties":{"a":{"type":["string","null"]}},"required":["a"],"type":"object"}`)
	tools := []Tool{{Name: "one", Description: "Does \"one\".", Schema: schema}, {Name: "two", Schema: json.RawMessage(`{"type":"array"}`)}}
	type object = map[string]any
	chatTool := func(fields object) object { return object{"type": "function", "function": fields} }
	responsesTool := func(fields object) object { fields["type"] = "function"; return fields }
	for _, c := range []struct {
		name, api, host string
		prompt          prompt
		features        features
		want            object
	}{
		{"chat", APIChat, "api.example.test", prompt{system: now}, featureUsage, object{
			"stream_options": object{"include_usage": true},
			"tools": []any{chatTool(object{"name": "one", "description": `Does "one".`, "parameters": schema}),
				chatTool(object{"name": "two", "description": "", "parameters": object{"type": "array"}})},
		}},
		{"chat, strict, with a tool chosen", APIChat, "api.openai.com", prompt{system: now, choice: "one"}, featureStrict, object{
			"tool_choice": chatTool(object{"name": "one"}),
			"tools": []any{chatTool(object{"name": "one", "description": `Does "one".`, "parameters": strict, "strict": true}),
				chatTool(object{"name": "two", "description": "", "parameters": object{"type": "array"}})},
		}},
		{"chat without tools", APIChat, "api.example.test", prompt{system: now, mute: true}, 0, object{}},
		{"chat without more of a system prompt", APIChat, "api.example.test", prompt{mute: true}, 0, object{}},
		{"responses", APIResponses, "api.example.test", prompt{system: now, choice: "one"}, featureReasoning, object{
			"include": []string{"reasoning.encrypted_content"}, "tool_choice": responsesTool(object{"name": "one"}),
			"tools": []any{responsesTool(object{"name": "one", "description": `Does "one".`, "parameters": schema, "strict": false}),
				responsesTool(object{"name": "two", "description": "", "parameters": object{"type": "array"}, "strict": false})},
		}},
		{"responses without tools", APIResponses, "api.openai.com", prompt{mute: true}, 0, object{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := NewModel(ModelConfig{BaseURL: "https://" + c.host + "/v1", APIKey: secretKey, Model: "m", API: c.api})
			if err != nil {
				t.Fatal(err)
			}
			c.prompt.user, c.prompt.brief = "u", m.newBrief(opening, tools)
			c.prompt.messages = []Message{{Role: RoleUser, Text: "hi\n"}, {Role: RoleAssistant, Text: "yes"}}
			messages := []any{object{"role": "user", "content": "hi\n"}, object{"role": "assistant", "content": "yes"}}
			write := m.chatBody
			if c.want["model"], c.want["stream"] = "m", true; c.api == APIChat {
				c.want["messages"] = append([]any{object{"role": "system", "content": opening + c.prompt.system}}, messages...)
			} else {
				write = m.responsesBody
				c.want["store"], c.want["instructions"], c.want["input"] = false, opening+c.prompt.system, messages
			}
			if m.openAI {
				c.want["store"] = false
				c.want["safety_identifier"], c.want["prompt_cache_key"] = m.safetyKey("u"), m.safetyKey("u")
			}
			for range 2 { // the second time with parts that are there
				b := write(&c.prompt, c.features)
				if diff := cmp.Diff(decoded(t, asJSON(t, c.want)), decoded(t, bytes.Join(b, nil))); diff != "" {
					t.Errorf("body (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func asJSON(t *testing.T, v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decoded(t *testing.T, data []byte) (v any) {
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return v
}

// A body can be read again and again, by pieces of any size, until it is let go;
// whoever has begun then reads the rest.
func TestSentBody(t *testing.T) {
	t.Parallel()
	_, dog := watch(context.Background(), time.Now().Add(time.Minute), time.Minute, time.Minute)
	defer dog.stop()
	for _, parts := range []body{nil, {}, {nil, {}}, {[]byte("ab")}, {[]byte("a"), nil, []byte("bcdefgh"), []byte("i")}} {
		whole := bytes.Join(parts, nil)
		if parts.size() != int64(len(whole)) {
			t.Errorf("size of %q = %d", parts, parts.size())
		}
		sent := &sentBody{parts: parts, dog: dog}
		for range 2 {
			if err := iotest.TestReader(sent.reader(), whole); err != nil {
				t.Errorf("%q: %v", parts, err)
			}
		}
	}
	sent := &sentBody{parts: body{[]byte("a"), []byte("b")}, dog: dog}
	r := sent.reader()
	var one [1]byte
	if n, err := r.Read(one[:]); n != 1 || err != nil || !dog.connected.Load() {
		t.Errorf("read %d bytes, error %v, connected %t", n, err, dog.connected.Load())
	}
	sent.drop()
	if rest, err := io.ReadAll(r); string(rest) != "b" || err != nil {
		t.Errorf("after it was let go: %q, error %v, want the rest", rest, err)
	}
	for _, after := range []io.ReadCloser{sent.reader(), sent.reader(), r} {
		after.Close()
		if n, err := after.Read(one[:]); n != 0 || err != io.EOF {
			t.Errorf("after it was let go: %d bytes, error %v", n, err)
		}
	}
}

// A provider, or a gateway before it, may begin its answer before it has read a
// long request.
func TestAnswerBeforeTheBodyIsRead(t *testing.T) {
	t.Parallel()
	heard := make(chan struct{}) // how the answer begins
	read := make(chan [2]int64, 1)
	provider := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, `data: {"choices":[{"index":0,"delta":{"content":"I "}}]}`+"\n\n")
		http.NewResponseController(w).Flush()
		select {
		case <-heard:
		case <-r.Context().Done():
		}
		n, _ := io.Copy(io.Discard, r.Body)
		read <- [2]int64{n, r.ContentLength}
		io.WriteString(w, `data: {"choices":[{"index":0,"delta":{"content":"see"},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")
	}))
	provider.EnableHTTP2 = true // over HTTP/1.1 Go's server reads before it answers
	provider.StartTLS()
	defer provider.Close()
	h := newHarness(t, func(mc *ModelConfig, _ *Config) { mc.BaseURL, mc.HTTPClient = provider.URL, provider.Client() })
	var once sync.Once
	result, err := h.runner.Run(t.Context(), Request{Input: []Message{{Role: RoleUser, Text: strings.Repeat("long ", 1<<19)}}}, func(e Event) error {
		if _, ok := e.(TextDelta); ok {
			once.Do(func() { close(heard) })
		}
		return nil
	})
	if result.Text != "I see" || err != nil {
		t.Errorf("the answer is %q, error %v", result.Text, err)
	}
	if got := <-read; got[0] != got[1] {
		t.Errorf("the provider could read %d bytes of %d", got[0], got[1])
	}
}

// Every attempt sends all of the body and says how long it is, with the headers
// that a provider needs and no others.
func TestEveryAttemptIsWhole(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Queue(agenttest.Refuse(500, 0), agenttest.Reset(), agenttest.Text("ok"))
	h.run("hi").wantText(t, "ok")
	requests := h.provider.Requests()
	for i, req := range requests {
		if !bytes.Equal(req.Body, requests[0].Body) || !json.Valid(req.Body) {
			t.Errorf("attempt %d sent %s", i, req.Body)
		}
		want := http.Header{
			"Accept": {"text/event-stream"}, "Authorization": {"Bearer " + secretKey}, "Content-Type": {"application/json"},
			"Content-Length": {strconv.Itoa(len(req.Body))}, "User-Agent": {"taskwire-adapter"},
		}
		if diff := cmp.Diff(want, req.Header); diff != "" {
			t.Errorf("headers of attempt %d (-want +got):\n%s", i, diff)
		}
	}
	if len(requests) != 3 {
		t.Errorf("%d requests, want 3", len(requests))
	}
}

// net/http sends a body again by itself, when the connection that it took from its
// idle ones turns out to be closed.
func TestBodyForAnotherConnection(t *testing.T) {
	t.Parallel()
	sent := rereading{make(chan [2][]byte, 1)}
	h := newHarness(t, func(mc *ModelConfig, _ *Config) { mc.HTTPClient = &http.Client{Transport: sent} })
	h.run("hi").wantText(t, "ok")
	if both := <-sent.bodies; !json.Valid(both[0]) || !bytes.Equal(both[0], both[1]) {
		t.Errorf("sent %q, then %q", both[0], both[1])
	}
}

// rereading takes two bodies of one request, the first of them in part.
type rereading struct{ bodies chan [2][]byte }

func (r rereading) RoundTrip(req *http.Request) (*http.Response, error) {
	begun, _ := io.ReadAll(io.LimitReader(req.Body, req.ContentLength/2))
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	again, _ := io.ReadAll(body)
	rest, _ := io.ReadAll(req.Body)
	r.bodies <- [2][]byte{append(begun, rest...), again}
	return canned{`{"choices":[{"index":0,"message":{"content":"ok"},"finish_reason":"stop"}]}`}.RoundTrip(req)
}

// A redirect is no answer, and is not followed.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	elsewhere := newHarness(t, nil)
	h.provider.Queue(func(w *agenttest.Writer, _ agenttest.Request) {
		w.Header().Set("Location", elsewhere.provider.URL()+"/chat/completions")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	h.run("hi").wantError(t, KindReply, true)
	if n := len(elsewhere.provider.Requests()); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

// Runs share a brief until the tools are others.
func TestBriefIsShared(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	ask := func() []string {
		h.run("hi").wantText(t, "ok")
		requests := h.provider.Requests()
		return requests[len(requests)-1].ToolNames()
	}
	h.provider.Otherwise(agenttest.Text("ok"))
	before := ask()
	first := (*h.runner.briefs.Load())[0]
	h.tools.list = slices.Clone(h.tools.list) // another list of the same tools
	if again := ask(); !slices.Equal(again, before) || len(*h.runner.briefs.Load()) != 1 {
		t.Errorf("tools %q, then %q; %d briefs, want 1", before, again, len(*h.runner.briefs.Load()))
	}
	for i := range 2 * maxBriefs {
		h.tools.list = slices.Clone(h.tools.list)
		h.tools.list[0].Name = "new_" + strconv.Itoa(i)
		if names := ask(); names[0] != h.tools.list[0].Name || len(names) != len(before) {
			t.Fatalf("tools %q after the list changed", names)
		}
	}
	if kept := *h.runner.briefs.Load(); len(kept) != maxBriefs || slices.Contains(kept, first) {
		t.Errorf("%d briefs are kept, want the last %d", len(kept), maxBriefs)
	}
}

// A connection that says nothing is told from one that does not come about.
func TestReadingABodyMeansConnected(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		connected     bool
		connect, idle time.Duration
		want          error
	}{
		{"read", true, time.Minute, time.Millisecond, errSilence},
		{"not read", false, time.Millisecond, time.Minute, errNoConnection},
	} {
		ctx, dog := watch(t.Context(), time.Now().Add(time.Hour), c.connect, c.idle)
		if c.connected {
			(&sentBody{dog: dog}).reader().Read(nil)
		}
		<-ctx.Done()
		if got := context.Cause(ctx); !errors.Is(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		dog.stop()
	}
}
