package demo

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// FuzzSentence says anything: the model must answer or call a tool with
// arguments that the tool takes.
func FuzzSentence(f *testing.F) {
	for _, s := range hostileSentences() {
		f.Add(s)
	}
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, said string) {
		said = strings.ToValidUTF8(said, "�") // as JSON brings it
		c := understand(said, now)
		if c.due != "" && !isDue(c.due) {
			t.Errorf("%q: due %q", said, c.due)
		}
		checkAnswer(t, said, answerTo(withAllTools(said)))
	})
}

func checkAnswer(t rapid.TB, said string, a answer) {
	t.Helper()
	if (a.text == "") == (len(a.calls) == 0) || !utf8.ValidString(a.text) {
		t.Errorf("%q: neither text nor calls, or both: %+v", said, a)
	}
	for _, call := range a.calls {
		data, err := json.Marshal(call.args)
		if err != nil {
			t.Fatal(err)
		}
		var args map[string]any
		if err := json.Unmarshal(data, &args); err != nil {
			t.Fatal(err)
		}
		if refusal := checkArguments(call.tool, args); refusal != "" {
			t.Errorf("%q: %s%v would be refused: %s", said, call.tool, call.args, refusal)
		}
	}
}

// TestMixedWords says the words of real sentences in every order: nearer to the
// rules than what a fuzzer finds.
func TestMixedWords(t *testing.T) {
	t.Parallel()
	var pool []string
	for _, c := range loadSentences(t).Cases {
		pool = append(pool, strings.Fields(c.Say)...)
	}
	pool = append(pool, ":", "\"", "“", "”", ",", "۔", "2026-12-01", "5pm", "it", "all", "#2", "اسے")
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		said := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pool), 0, 14).Draw(t, "words"), " ")
		if c := understand(said, now); c.due != "" && !isDue(c.due) {
			t.Fatalf("%q: due %q", said, c.due)
		}
		checkAnswer(t, said, answerTo(withAllTools(said)))
	})
}

// withAllTools is a request with one message and the seven tools.
func withAllTools(said string) *request {
	req := &request{Messages: []message{{Role: "user", Content: content{said}}}}
	for name := range toolArguments {
		var tool offeredTool
		tool.Function.Name = name
		req.Tools = append(req.Tools, tool)
	}
	return req
}

// FuzzRequest sends anything as a request.
func FuzzRequest(f *testing.F) {
	f.Add(`{"messages":[{"role":"user","content":"add milk"}],"tools":[{"function":{"name":"create_task"}}]}`)
	f.Add(`{"messages":[{"role":"user","content":[{"type":"text","text":"delete milk"}]},{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"list_tasks","arguments":"[]"}}]},{"role":"tool","tool_call_id":"a","content":"{\"tasks\":[{\"id\":\"1\",\"title\":\"milk\"}]}"}],"tools":[{"function":{"name":"delete_task"}}],"stream":true}`)
	f.Add(`{"messages":[{"role":"tool","content":"{\"tasks\":null}"},{"role":"user"}]}`)
	f.Add(`{"messages":[{}],"tool_choice":{"function":{"name":"list_tasks"}},"tools":[{"function":{"name":"list_tasks"}}]}`)
	f.Add(`{"messages":null}`)
	handler := Handler()
	f.Fuzz(func(t *testing.T, body string) {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(body)))
		if rec.Code != 200 && rec.Code != 400 {
			t.Errorf("%q: status %d", body, rec.Code)
		}
		out, _ := io.ReadAll(rec.Body)
		if !strings.HasPrefix(string(out), "data: ") && !json.Valid(out) {
			t.Errorf("%q: answered %q", body, out)
		}
	})
}

func hostileSentences() []string {
	return []string{
		"", " ", "\n\n", "add", "delete", "rename to", "rename a to", "to to to", "mark as", "شامل کرو", "کا نام", "add \"", "\"\"", "“", "'''", "#", ":", ": :", "add : : :",
		"add \u202emilk\u202c", "add \u200b", "add \x00milk", "add 👨\u200d👩\u200d👧\u200d👦 dinner", "add \u200c\u200d", "ADD İstanbul", "add ﷽", "add a\u0300\u0301\u0302", "دودھ\u064b\u064c شامل کرو",
		"add x in 9999 days", "add x in 9999 weeks", "add x on 31/12/9999", "add x on 0/0/0000", "add x at 99:99", "add x on 1/1/1", "۹۹۹۹ دن بعد دودھ لانا شامل کرو",
		"show tasks due next month", "what is overdue", "complete task 99", "delete #0", "mark -1 as done", "{\"task_id\": \"1\"}", "```json\n{}\n```",
		"add " + strings.Repeat("a", 1990), "add " + strings.Repeat("دودھ ", 390), strings.Repeat("to ", 600), strings.Repeat("\"", 1500), strings.Repeat("high priority ", 140),
		"rename " + strings.Repeat("a", 900) + " to " + strings.Repeat("b", 900), "find " + strings.Repeat("x", 500), "add x description: " + strings.Repeat("y", 1900),
	}
}

// TestHugeSentences answers texts of 100 KiB at once, in every script.
func TestHugeSentences(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{"Latin": "add milk ", "Urdu": "دودھ شامل کرو ", "emoji": "👩\u200d🚀", "quotes": "\"'“", "combining": "a\u0300\u0301", "digits": "12:30 ", "one word": "x"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := strings.Repeat(unit, 100<<10/len(unit))
			body := asJSON(map[string]any{"messages": []any{map[string]any{"role": "user", "content": said}},
				"tools": []any{map[string]any{"function": map[string]any{"name": toolCreate}}}})
			rec := httptest.NewRecorder()
			Handler().ServeHTTP(rec, httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(body)))
			if rec.Code != 200 || !strings.Contains(rec.Body.String(), "OPENAI_API_KEY") {
				t.Errorf("status %d, %.200q", rec.Code, rec.Body)
			}
		})
	}
}

// BenchmarkUnderstand is the cost of one sentence.
func BenchmarkUnderstand(b *testing.B) {
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	for b.Loop() {
		understand("add a high priority work task to finish the report by December 5", now)
	}
}
