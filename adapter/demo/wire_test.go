package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

const nowLine = "Now: 2026-11-25T10:00:00+05:00 (Asia/Karachi)"

// doors are the two ways to the model: over a connection, and in the process.
func doors(t *testing.T) map[string]openai.Client {
	t.Helper()
	srv := httptest.NewServer(Handler())
	t.Cleanup(srv.Close)
	return map[string]openai.Client{
		"over HTTP":      openai.NewClient(option.WithBaseURL(srv.URL+"/v1"), option.WithAPIKey("any")),
		"in the process": openai.NewClient(option.WithBaseURL("http://demo.invalid/v1"), option.WithAPIKey("any"), option.WithHTTPClient(&http.Client{Transport: Transport()})),
	}
}

func ask(said string, tools ...string) openai.ChatCompletionNewParams {
	p := openai.ChatCompletionNewParams{
		Model:    ModelName,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage(nowLine), openai.UserMessage(said)},
	}
	for _, name := range tools {
		p.Tools = append(p.Tools, openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{Name: name}))
	}
	return p
}

// TestProvidersClientReads has the client that agents use read the answers.
func TestProvidersClientReads(t *testing.T) {
	t.Parallel()
	for name, client := range doors(t) {
		t.Run(name, func(t *testing.T) {
			whole, err := client.Chat.Completions.New(t.Context(), ask("hello"))
			if err != nil {
				t.Fatal(err)
			}
			text, deltas := streamed(t, client, ask("hello"))
			if got := whole.Choices[0]; got.Message.Content != text || text != voices[english].hello || got.FinishReason != "stop" {
				t.Errorf("whole answer %q (%s), streamed %q", got.Message.Content, got.FinishReason, text)
			}
			if deltas < 20 {
				t.Errorf("a text came in %d deltas, want one a word", deltas)
			}
			if whole.Usage.PromptTokens == 0 || whole.Usage.TotalTokens != whole.Usage.PromptTokens+whole.Usage.CompletionTokens {
				t.Errorf("usage = %+v", whole.Usage)
			}
		})
	}
}

func streamed(t *testing.T, client openai.Client, params openai.ChatCompletionNewParams) (text string, deltas int) {
	t.Helper()
	params.StreamOptions = openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)}
	stream := client.Chat.Completions.NewStreaming(t.Context(), params)
	defer stream.Close()
	var finish string
	var usage int64
	for stream.Next() {
		chunk := stream.Current()
		usage += chunk.Usage.TotalTokens
		for _, c := range chunk.Choices {
			text += c.Delta.Content
			finish += c.FinishReason
			deltas++
		}
	}
	if err := stream.Err(); err != nil || finish != "stop" || usage == 0 {
		t.Errorf("stream ended with %v, finish %q, usage %d", err, finish, usage)
	}
	return text, deltas
}

func TestProvidersClientReadsCalls(t *testing.T) {
	t.Parallel()
	for name, client := range doors(t) {
		t.Run(name, func(t *testing.T) {
			stream := client.Chat.Completions.NewStreaming(t.Context(), ask("add buy milk tomorrow", toolCreate))
			defer stream.Close()
			var all openai.ChatCompletionAccumulator
			for stream.Next() {
				if !all.AddChunk(stream.Current()) {
					t.Fatalf("the client refused %s", stream.Current().RawJSON())
				}
			}
			if err := stream.Err(); err != nil || len(all.Choices) != 1 || len(all.Choices[0].Message.ToolCalls) != 1 {
				t.Fatalf("got %+v, %v", all.Choices, err)
			}
			call := all.Choices[0].Message.ToolCalls[0]
			const want = `{"due_date":"2026-11-26","title":"buy milk"}`
			if call.Function.Name != toolCreate || call.Function.Arguments != want || call.ID == "" || all.Choices[0].FinishReason != "tool_calls" {
				t.Errorf("call = %+v, finish %q", call, all.Choices[0].FinishReason)
			}
		})
	}
}

// TestEvents reads the stream byte by byte, as clients do that are not
// OpenAI's.
func TestEvents(t *testing.T) {
	t.Parallel()
	for _, withUsage := range []bool{false, true} {
		body := asJSON(map[string]any{"model": "some-model", "stream": true, "stream_options": map[string]any{"include_usage": withUsage},
			"messages": []any{map[string]any{"role": "user", "content": "thanks"}}})
		rec := httptest.NewRecorder()
		Handler().ServeHTTP(rec, httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(body)))
		if got := rec.Header().Get("Content-Type"); got != "text/event-stream" {
			t.Errorf("Content-Type = %q", got)
		}
		var events []string
		for lines := bufio.NewScanner(rec.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				events = append(events, data)
			} else if lines.Text() != "" {
				t.Errorf("line %q", lines.Text())
			}
		}
		if last := events[len(events)-1]; last != "[DONE]" {
			t.Errorf("last event = %q", last)
		}
		checkChunks(t, events[:len(events)-1], withUsage)
	}
}

func checkChunks(t *testing.T, events []string, withUsage bool) {
	t.Helper()
	usages := 0
	for i, e := range events {
		var chunk struct {
			ID, Object, Model string
			Choices           []struct {
				Delta        struct{ Role, Content string }
				FinishReason *string `json:"finish_reason"`
			}
			Usage json.RawMessage
		}
		if err := json.Unmarshal([]byte(e), &chunk); err != nil || chunk.Object != "chat.completion.chunk" || chunk.Model != "some-model" || chunk.ID == "" {
			t.Fatalf("event %d: %s: %v", i, e, err)
		}
		if i == 0 && chunk.Choices[0].Delta.Role != "assistant" {
			t.Errorf("first event has no role: %s", e)
		}
		if (chunk.Usage != nil) != withUsage {
			t.Errorf("usage in event %d: %s", i, e)
		}
		if len(chunk.Usage) > 0 && string(chunk.Usage) != "null" {
			usages++
			if len(chunk.Choices) != 0 || i != len(events)-1 {
				t.Errorf("usage is not alone in the last event: %s", e)
			}
		}
	}
	if want := map[bool]int{true: 1}[withUsage]; usages != want {
		t.Errorf("%d events with usage, want %d", usages, want)
	}
}

func TestModels(t *testing.T) {
	t.Parallel()
	for name, client := range doors(t) {
		page, err := client.Models.List(t.Context())
		if err != nil || len(page.Data) != 1 || page.Data[0].ID != ModelName {
			t.Errorf("%s: models = %+v, %v", name, page, err)
		}
	}
}

func TestErrorsOfTheWire(t *testing.T) {
	t.Parallel()
	const post = "/v1/chat/completions"
	for _, c := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"broken JSON", "POST", post, `{"messages": [`, 400},
		{"nothing", "POST", post, ``, 400},
		{"an array", "POST", post, `[]`, 400},
		{"no messages", "POST", post, `{"model": "x"}`, 400},
		{"empty messages", "POST", post, `{"messages": []}`, 400},
		{"a message that is a string", "POST", post, `{"messages": ["hi"]}`, 400},
		{"content that is a number", "POST", post, `{"messages": [{"role": "user", "content": 5}]}`, 400},
		{"tool_choice that is a number", "POST", post, `{"messages": [{"role": "user"}], "tool_choice": 5}`, 400},
		{"larger than any conversation", "POST", post, strings.Repeat(" ", maxRequest) + `{}`, 413},
		{"GET of completions", "GET", post, ``, 405},
		{"POST to models", "POST", "/v1/models", `{}`, 405},
		{"another address", "POST", "/v1/embeddings", `{}`, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			Handler().ServeHTTP(rec, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
			var out struct {
				Error struct{ Message, Type string }
			}
			err := json.NewDecoder(rec.Body).Decode(&out)
			if rec.Code != c.status || err != nil || out.Error.Message == "" || out.Error.Type != "invalid_request_error" {
				t.Errorf("status %d, error %+v, %v; want status %d", rec.Code, out.Error, err, c.status)
			}
		})
	}
}

// TestRequestEnds cancels a request in the middle of its answer.
func TestRequestEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	body := asJSON(map[string]any{"stream": true, "messages": []any{map[string]any{"role": "user", "content": "help"}}})
	req := httptest.NewRequestWithContext(ctx, "POST", "http://demo.invalid/v1/chat/completions", strings.NewReader(body))
	resp, err := Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	cancel()
	if _, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("reading on gave %v", err)
	}
	if _, err := Transport().RoundTrip(req.Clone(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("a request that is over gave %v", err)
	}
}

// TestReaderLeaves ends streams early: the model must not wait for a reader
// that has gone. goleak sees whether it does.
func TestReaderLeaves(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: Transport()}
	body := asJSON(map[string]any{"stream": true, "messages": []any{map[string]any{"role": "user", "content": "help"}}})
	resp, err := client.Post("http://demo.invalid/v1/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 100)); err != nil {
		t.Error(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
}
