package demo

import (
	"crypto/rand"
	"encoding/json"
	"iter"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// An answer is what the model has to say: a text, or tools to call.
type answer struct {
	text  string
	calls []call
}

// A call is a tool to be called, with its arguments.
type call struct {
	tool string
	args map[string]any
}

// say makes an answer of a text.
func say(text string) answer { return answer{text: text} }

// A completion is an answer on its way to the client.
type completion struct {
	id      string
	created int64
	model   string
	text    string
	calls   []toolCall
	usage   usage
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

func newCompletion(req *request, requestSize int, a answer) *completion {
	c := &completion{
		id: "chatcmpl-" + rand.Text(), created: time.Now().Unix(), model: req.Model, text: a.text,
	}
	if c.model == "" {
		c.model = ModelName
	}
	size := len(a.text)
	for _, call := range a.calls {
		args, err := json.Marshal(call.args)
		if err != nil { // only strings, numbers and booleans go in
			panic(err)
		}
		c.calls = append(c.calls, toolCall{
			ID: "call_" + rand.Text(), Type: "function",
			Function: functionCall{Name: call.tool, Arguments: string(args)},
		})
		size += len(args)
	}
	// There is no tokenizer here: a token is four bytes, as in rough estimates.
	c.usage = usage{PromptTokens: (requestSize + 3) / 4, CompletionTokens: (size + 3) / 4}
	c.usage.TotalTokens = c.usage.PromptTokens + c.usage.CompletionTokens
	return c
}

func (c *completion) finishReason() string {
	if len(c.calls) > 0 {
		return "tool_calls"
	}
	return "stop"
}

// whole is the answer to a request that does not stream.
func (c *completion) whole() any {
	msg := map[string]any{"role": "assistant", "content": c.text, "refusal": nil}
	if len(c.calls) > 0 {
		msg["content"], msg["tool_calls"] = nil, c.calls
	}
	return map[string]any{
		"id": c.id, "object": "chat.completion", "created": c.created, "model": c.model,
		"choices": []any{map[string]any{
			"index": 0, "message": msg, "logprobs": nil, "finish_reason": c.finishReason(),
		}},
		"usage": c.usage,
	}
}

// stream sends the answer as server-sent events, a text word by word.
func (c *completion) stream(w http.ResponseWriter, withUsage bool) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache, no-transform")
	w.WriteHeader(http.StatusOK)
	s := &chunks{c: c, w: w, control: http.NewResponseController(w), withUsage: withUsage}
	s.delta(map[string]any{"role": "assistant", "content": ""})
	for word := range pieces(c.text) {
		s.delta(map[string]any{"content": word})
	}
	for i, call := range c.calls {
		s.delta(map[string]any{"tool_calls": []any{map[string]any{
			"index": i, "id": call.ID, "type": call.Type, "function": call.Function,
		}}})
	}
	s.send([]any{choice(map[string]any{}, c.finishReason())}, nil)
	if withUsage {
		s.send([]any{}, c.usage)
	}
	s.line([]byte("[DONE]"))
}

// chunks writes the events of one stream, and nothing more after a failure:
// the client has gone.
type chunks struct {
	c         *completion
	w         http.ResponseWriter
	control   *http.ResponseController
	withUsage bool
	failed    bool
}

func choice(delta map[string]any, finish any) map[string]any {
	return map[string]any{"index": 0, "delta": delta, "logprobs": nil, "finish_reason": finish}
}

func (s *chunks) delta(delta map[string]any) { s.send([]any{choice(delta, nil)}, nil) }

// send writes one chunk. With include_usage every chunk has the field, null in
// all but the last.
func (s *chunks) send(choices []any, usage any) {
	chunk := map[string]any{
		"id": s.c.id, "object": "chat.completion.chunk", "created": s.c.created,
		"model": s.c.model, "choices": choices,
	}
	if s.withUsage {
		chunk["usage"] = usage
	}
	data, err := json.Marshal(chunk)
	if err != nil { // only strings, numbers and booleans go in
		panic(err)
	}
	s.line(data)
}

func (s *chunks) line(data []byte) {
	if s.failed {
		return
	}
	if _, err := s.w.Write(append(append([]byte("data: "), data...), "\n\n"...)); err != nil {
		s.failed = true
		return
	}
	// A writer that cannot flush only makes the words come later.
	_ = s.control.Flush()
}

// pieces cuts a text after each run of white space. Joined, they are the text
// again.
func pieces(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for text != "" {
			n := wordEnd(text)
			if !yield(text[:n]) {
				return
			}
			text = text[n:]
		}
	}
}

func wordEnd(text string) int {
	space := strings.IndexFunc(text, unicode.IsSpace)
	if space < 0 {
		return len(text)
	}
	rest := strings.IndexFunc(text[space:], func(r rune) bool { return !unicode.IsSpace(r) })
	if rest < 0 {
		return len(text)
	}
	return space + rest
}
