package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"taskwire/adapter/agent"
	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// What becomes of an answer.
type outcome struct {
	text  string // that is shown and kept; with the mark when it broke off
	fails string // words of the error event; empty: there is none
	retry bool   // whether that offers to try again
	warns string // words of the notice
	asked int    // requests to the model; 0: not looked at
}

const broke = "So far …"

func call(name, arguments string) agenttest.Reply {
	return agenttest.Calls(agenttest.Call{Name: name, Arguments: arguments})
}

// events are a stream of these data, behind a piece of text.
func midway(data ...string) agenttest.Reply {
	return func(w *agenttest.Writer, _ agenttest.Request) {
		w.Begin()
		w.Delta("So far")
		for _, d := range data {
			w.Data(d)
		}
	}
}

func choice(delta string) string { return `{"choices":[{"index":0,"delta":` + delta + `}]}` }

var stopped = `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`

// providerFaults are replies that are no good, and what a user sees of them.
func providerFaults() map[string]struct {
	reply []agenttest.Reply
	want  outcome
} {
	type row = struct {
		reply []agenttest.Reply
		want  outcome
	}
	one := func(r agenttest.Reply, want outcome) row { return row{[]agenttest.Reply{r}, want} }
	refuse, body := agenttest.Refuse, agenttest.Body
	quoting := `{"error":{"message":"` + canaryWords + ` ` + canaryKey + `","code":"insufficient_quota"}}`
	half := func(w *agenttest.Writer, _ agenttest.Request) {
		w.Begin()
		w.Delta("So far")
		w.Send(`data: {"choices":[{"index":0,"delta":{"content":" and`)
	}
	fails := func(words string, asked int) outcome { return outcome{fails: words, retry: true, asked: asked} }
	breaks := func(words string) outcome { return outcome{text: broke, fails: words, retry: true, asked: 1} }
	return map[string]row{
		// Refusals. 400 and 422 may ask once more, without what the provider has
		// not yet taken: which row comes first is chance.
		"400":                         row{slices.Repeat([]agenttest.Reply{body(400, "application/json", quoting)}, 2), outcome{fails: "start a new one"}},
		"401":                         one(body(401, "application/json", quoting), outcome{fails: "does not let this service in", asked: 1}),
		"403 with HTML":               one(body(403, "text/html", "<html>"+canaryWords), outcome{fails: "does not let this service in", asked: 1}),
		"404":                         one(body(404, "application/json", quoting), outcome{fails: "does not exist", asked: 1}),
		"422":                         row{slices.Repeat([]agenttest.Reply{body(422, "application/json", quoting)}, 2), outcome{fails: "start a new one"}},
		"500 and then an answer":      row{[]agenttest.Reply{refuse(500, 0)}, outcome{text: "All done.", asked: 2}},
		"502, 503 and then an answer": row{[]agenttest.Reply{body(502, "text/html", "<html>"), refuse(503, 0)}, outcome{text: "All done.", asked: 3}},
		"529 and then an answer":      row{[]agenttest.Reply{refuse(529, 0)}, outcome{text: "All done.", asked: 2}},
		"429 and then an answer":      row{[]agenttest.Reply{refuse(429, 1)}, outcome{text: "All done.", asked: 2}},
		"408 and then an answer":      row{[]agenttest.Reply{refuse(408, 0)}, outcome{text: "All done.", asked: 2}},
		"500 for ever":                row{[]agenttest.Reply{refuse(500, 0), refuse(500, 0), refuse(500, 0)}, fails("has a problem", 3)},
		"408 for ever":                row{[]agenttest.Reply{refuse(408, 0), refuse(408, 0), refuse(408, 0)}, fails("has a problem", 3)},
		"429 that asks for an hour":   one(refuse(429, 3600), fails("busy", 1)),
		"a reset before the head":     row{[]agenttest.Reply{agenttest.Reset(), agenttest.Reset(), agenttest.Reset()}, fails("cannot be reached", 3)},
		"a reset and then an answer":  row{[]agenttest.Reply{agenttest.Reset()}, outcome{text: "All done.", asked: 2}},
		"a redirect without a place":  one(body(302, "text/html", ""), outcome{fails: "Please try again", retry: true}),
		"silence before the head":     one(agenttest.Stall(), fails("did not answer in time", 1)),
		"silence after the head":      one(func(w *agenttest.Writer, _ agenttest.Request) { w.Begin(); w.Hold() }, fails("did not answer in time", 1)),

		// Breaks in the middle.
		"silence in the middle":     one(agenttest.Stall("So far"), breaks("did not answer in time")),
		"a clean end in the middle": one(agenttest.Cut("So far"), breaks("cut off")),
		"half an event":             one(half, breaks("cut off")),
		"a reset in the middle":     one(agenttest.Reset("So far"), breaks("cut off")),
		"junk in the middle":        one(midway("{]"), breaks("cut off")),
		"an error object":           one(midway(quoting), breaks("reported a problem")),
		"an error object of 429":    one(midway(`{"error":{"code":429,"message":"`+canaryWords+`"}}`), breaks("busy")),
		"an error object of 400":    one(midway(`{"error":{"code":"400"}}`), outcome{text: broke, fails: "start a new one", asked: 1}),
		"an error text":             one(midway(`{"error":"`+canaryWords+`"}`), breaks("reported a problem")),
		"the finish_reason error":   one(midway(`{"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}`), breaks("reported a problem")),
		"an error at once":          one(agenttest.Events(quoting), fails("reported a problem", 1)),
		"far too much text":         one(agenttest.Text("So far", strings.Repeat("x", 200_001)), outcome{text: "So far" + strings.Repeat("x", 199_994) + " …", fails: "longer than it may be", retry: true}),

		// No answer.
		"HTML":                        one(body(200, "text/html", "<!doctype html>"+canaryWords), fails("not an answer", 1)),
		"an empty body":               one(body(200, "text/event-stream", ""), fails("not an answer", 1)),
		"blanks":                      one(body(200, "text/event-stream", " \r\n\n"), fails("not an answer", 1)),
		"204":                         one(body(204, "", ""), fails("not an answer", 1)),
		"half a JSON answer":          one(body(200, "application/json", `{"choices":[{"message":{"content":"hi`), fails("cut off", 1)),
		"a JSON error":                one(body(200, "application/json", quoting), fails("reported a problem", 1)),
		"an empty answer":             one(agenttest.Text(), fails("no answer", 1)),
		"an answer of blanks":         one(agenttest.Text(" ", "\n", "\t"), fails("no answer", 1)),
		"blanks before the answer":    one(agenttest.Text("\n", "\u200f", "yes"), outcome{text: "\n\u200fyes", asked: 1}),
		"an answer of nothing to see": one(agenttest.Text("\u200b", "\ufeff"), fails("no answer", 1)),
		"thoughts alone":              one(agenttest.Text("<think>hm, hm"), fails("no answer", 1)),
		"[DONE] alone":                one(agenttest.Events("[DONE]"), fails("no answer", 1)),
		"usage alone":                 one(agenttest.Events(`{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}`, "[DONE]"), fails("no answer", 1)),
		"cut before the first word":   one(agenttest.Ending("length"), fails("no answer", 1)),
		"withheld":                    one(agenttest.Ending("content_filter"), fails("no answer", 1)),
		"cut by length":               one(agenttest.Ending("length", "So far"), outcome{text: "So far", warns: "longest that the model gives", asked: 1}),
		"cut by the filter":           one(agenttest.Ending("content_filter", "So far"), outcome{text: "So far", warns: "withheld the rest", asked: 1}),

		"gzip that nobody asked for": one(func(w *agenttest.Writer, _ agenttest.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Begin()
			w.Send("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
		}, fails("Please try again", 1)),
		"calls that never come": one(agenttest.Ending("tool_calls"), fails("no answer", 1)),
		"a trailer of junk":     one(agenttest.Body(200, "text/event-stream", "data: "+choice(`{"content":"So far"}`)+"\n\n<html>Bad gateway</html>"), breaks("cut off")),

		// Odd answers, that are good.
		"long thoughts":                one(agenttest.Events(choice(`{"reasoning_content":"`+strings.Repeat("h", 2<<20)+`"}`), choice(`{"content":"yes"}`), stopped), outcome{text: "yes", asked: 1}),
		"odd counts of tokens":         one(agenttest.Events(choice(`{"content":"yes"}`), stopped, `{"choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":1e99}}`, "[DONE]"), outcome{text: "yes", asked: 1}),
		"a thousand pieces":            one(agenttest.Text(slices.Repeat([]string{"x"}, 1000)...), outcome{text: strings.Repeat("x", 1000), asked: 1}),
		"other fields of SSE":          one(agenttest.Body(200, "text/event-stream", "retry: 1\nid: 7\nevent: message\ndata:"+choice(`{"content":"yes"}`)+"\n\nevent: done\ndata:"+stopped+"\n\n"), outcome{text: "yes", asked: 1}),
		"no choices, two choices":      one(agenttest.Events(`{"choices":[]}`, `{"choices":[{"index":1,"delta":{"content":"no"}},{"index":0,"delta":{"content":"yes"}}],"x":{"y":[1]}}`, choice("null"), stopped, "[DONE]"), outcome{text: "yes", asked: 1}),
		"[DONE] without finish_reason": one(agenttest.Events(choice(`{"content":"yes"}`), "[DONE]"), outcome{text: "yes", asked: 1}),
		"no [DONE]":                    one(agenttest.Events(choice(`{"content":"yes"}`), stopped), outcome{text: "yes", asked: 1}),
		"open after the end":           one(func(w *agenttest.Writer, _ agenttest.Request) { w.Begin(); w.Delta("yes"); w.Data(stopped); w.Hold() }, outcome{text: "yes", asked: 1}),
		"a lone surrogate":             one(agenttest.Events(choice(`{"content":"a\ud800b"}`), stopped), outcome{text: "a\ufffdb", asked: 1}),
		"NUL":                          one(agenttest.Events(choice(`{"content":"a\u0000b"}`), stopped), outcome{text: "a\ufffdb", asked: 1}),
		"raw bytes": one(func(w *agenttest.Writer, _ agenttest.Request) {
			w.Begin()
			w.Send("data: " + choice("{\"content\":\"a\xff\xfeb\"}") + "\n\n")
			w.Data(stopped)
		}, outcome{text: "a\ufffd\ufffdb", asked: 1}),
		"controls and links":    one(agenttest.Text("\x1b[31m\u202e ![x](http://evil.example/?q=tasks) <script>"), outcome{text: "\x1b[31m\u202e ![x](http://evil.example/?q=tasks) <script>", asked: 1}),
		"line ends in the text": one(agenttest.Text("a\n\ndata: {}\n\n", "\r\nb\u2028c"), outcome{text: "a\n\ndata: {}\n\n\r\nb\u2028c", asked: 1}),
		"one byte at a time":    one(agenttest.Slowly(0, "data: "+choice(`{"content":"دودھ"}`)+"\n\ndata: "+stopped+"\n\n"), outcome{text: "دودھ", asked: 1}),
	}
}

// L02, L06, L08, L10, L12, L14, L24 and their kin, as the client of a whole program sees them.
func TestProviderFaults(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	s := setup{env: m.env(nil), change: impatient}
	if tally.Long {
		s.change = nil // as patient as it is for people
	}
	h := start(t, s)
	var mu sync.Mutex
	slowest, faults := time.Duration(0), providerFaults()
	t.Run("rows", func(t *testing.T) {
		for name, row := range faults {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c := h.chat(t, m, row.reply...)
				begun := time.Now()
				answer := c.says("hello")
				mu.Lock()
				slowest = max(slowest, time.Since(begun))
				mu.Unlock()
				row.want.check(c, answer)
				c.goesOn(row.want)
			})
		}
	})
	tally.Counted(t, tally.Entry{Promise: "P12", What: "provider faults", Runs: len(faults), Value: slowest.Seconds(), Unit: "s"})
	for _, secret := range []string{canaryKey, canaryWords} {
		if strings.Contains(h.Log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// An answer that broke off and is shown as if it were whole is noticed, however
// it broke off.
func TestProviderFaultsControl(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(nil)})
	cut := 0
	for name, row := range providerFaults() {
		if row.want.text != broke {
			continue
		}
		cut++
		c := h.chat(t, m, agenttest.Text("So far")) // as a middleman would mend it
		answer := c.says("hello")
		d := &deaf{TB: t}
		if c.TB = d; answer.text() != "So far" || answer.failure() != nil {
			t.Fatalf("%s: %s", name, answer.Body)
		}
		if row.want.check(c, answer); d.heard == 0 {
			t.Errorf("%s: nothing is noticed", name)
		}
	}
	if cut < 5 {
		t.Errorf("%d faults cut an answer", cut)
	}
	if !t.Failed() {
		tally.Caught(t, "P12", "a cut answer shown as whole")
	}
}

// A conversation goes to the provider that was set up, and wherever that one
// sends it, nowhere else.
func TestProviderThatSendsElsewhere(t *testing.T) {
	t.Parallel()
	var visits atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer elsewhere.Close()
	m := startModel(t)
	h := start(t, setup{env: m.env(nil)})
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := h.chat(t, m, func(w *agenttest.Writer, _ agenttest.Request) {
			w.Header().Set("Location", elsewhere.URL+"/v1/chat/completions")
			w.WriteHeader(status)
		})
		outcome{fails: "not an answer", retry: true, asked: 1}.check(c, c.says("hello"))
		c.goesOn(outcome{})
	}
	if visits.Load() != 0 {
		t.Errorf("%d requests went elsewhere", visits.Load())
	}
}

// The same faults where one message is answered as a whole: a status says what
// kind they are, and no text stands for an answer that is none.
func TestProviderFaultsOfOneMessage(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(nil), change: impatient})
	for name, row := range providerFaults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := h.chat(t, m, row.reply...)
			a := h.say(t, fmt.Sprintf("hello (no. %d)", c.number), "", c.header)
			switch away := strings.Contains(row.want.fails, "cannot be reached"); {
			case row.want.fails == "" && !row.want.retry:
				if got := a.chat(t).Response; got != row.want.text {
					t.Errorf("the answer is %.300q, want %.300q", got, row.want.text)
				}
			case away:
				a.refused(t, 503, "model_unavailable")
			default:
				a.refused(t, 502, "model_failed")
			}
			if strings.Contains(a.Body, canaryWords) || strings.Contains(a.Body, canaryKey) {
				t.Errorf("the answer is %s", a.Body)
			}
		})
	}
}

// impatient makes silence short, but longer than a busy machine takes for a
// word.
func impatient(cfg *config) { cfg.model.idle = 3 * time.Second }

// check compares an answer with what should have become of it.
func (o outcome) check(c *chatter, s streamed) {
	c.Helper()
	if got := s.text(); got != o.text {
		c.Errorf("the text is %.200q, want %.200q", got, o.text)
	}
	e := s.failure()
	switch {
	case e == nil && o.fails != "":
		c.Errorf("no error: %.500s", s.Body)
	case e != nil && (!strings.Contains(e.Message, o.fails) || e.Code != chatkit.ErrorCustom || e.AllowRetry != o.retry || o == outcome{text: o.text}):
		c.Errorf("the error is %+v, want %q, retry %v", e, o.fails, o.retry)
	}
	notices := eventsOf[*chatkit.Notice](s)
	if o.warns == "" && len(notices) > 0 || o.warns != "" && (len(notices) != 1 || notices[0].Level != chatkit.NoticeWarning || !strings.Contains(notices[0].Message, o.warns)) {
		c.Errorf("the notices are %+v, want %q", notices, o.warns)
	}
	if n := len(c.asked()); o.asked > 0 && n != o.asked {
		c.Errorf("the model was asked %d times, want %d", n, o.asked)
	}
	if len(s.Events) > 0 && e == nil && o.text == "" && o.warns == "" && o.fails == "" && !o.retry {
		c.Errorf("silence: %s", s.Body)
	}
}

// goesOn: the thread can be used as before, the message stands there once, and
// the model is told of an answer that broke off.
func (c *chatter) goesOn(o outcome) {
	c.Helper()
	c.plays()
	before := len(c.asked())
	if s := c.says("and now?"); s.text() != "All done." || s.failure() != nil {
		c.Errorf("the next turn: %s", s.Body)
	}
	requests := c.asked()
	if len(requests) != before+1 {
		c.Fatalf("the next turn asked %d times", len(requests)-before)
	}
	said := conversation(requests[before])
	if n := strings.Count(said, "hello (no. "); n != 1 {
		c.Errorf("the model reads the first message %d times: %s", n, said)
	}
	if told := strings.Contains(said, agent.NoteUnfinished); told != strings.HasSuffix(o.text, "…") {
		c.Errorf("told that the answer broke off: %v; %s", told, said)
	}
	if o.text != "" && len(o.text) < 1000 && !strings.Contains(said, "assistant: "+o.text) {
		c.Errorf("the model does not read %q: %s", o.text, said)
	}
	users := 0
	for _, item := range c.items() {
		if item.Kind() == chatkit.KindUserMessage {
			users++
		}
	}
	if users != 2 {
		c.Errorf("%d messages of the user are kept, want 2", users)
	}
}

// conversation is what a request says, one message a line.
func conversation(r agenttest.Request) string {
	var b strings.Builder
	for _, m := range r.Messages[1:] {
		fmt.Fprintf(&b, "%s: %s", m.Role, m.Text())
		for _, call := range m.ToolCalls {
			fmt.Fprintf(&b, " %s(%s)", call.Function.Name, call.Function.Arguments)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// L04: no connection is an error within five seconds, and leaves the message.
func TestModelOutOfReach(t *testing.T) {
	t.Parallel()
	closed, silent := freeAddress(t), listen(t)
	m := startModel(t)
	for name, url := range map[string]string{
		"refused":                     "http://" + closed,
		"no such host":                "http://no-such-host.invalid/v1",
		"no TLS":                      strings.Replace(m.URL(), "http://", "https://", 1),
		"a handshake that never ends": "https://" + silent.Addr().String(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, setup{env: m.env(map[string]string{"LLM_BASE_URL": url})})
			c := h.chat(t, m)
			outcome{fails: "cannot be reached", retry: true}.check(c, c.says("hello"))
			outcome{fails: "cannot be reached", retry: true}.check(c, c.says("hello?"))
		})
	}
}

// listen takes connections and says nothing.
func listen(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// A fault behind a tool call: what was done stays done, is shown, and the model
// knows of it in the next turn.
func TestProviderFaultsAfterATool(t *testing.T) {
	t.Parallel()
	for _, engine := range []storetest.Engine{storetest.SQLite, storetest.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			m := startModel(t)
			h := start(t, setup{engine: engine, env: m.env(nil), change: impatient})
			for name, row := range map[string]struct {
				reply agenttest.Reply
				want  outcome
			}{
				"401":                 {agenttest.Refuse(401, 0), outcome{fails: "does not let this service in"}},
				"silence":             {agenttest.Stall(), outcome{fails: "did not answer in time", retry: true}},
				"a cut":               {agenttest.Cut("So far"), outcome{text: broke, fails: "cut off", retry: true}},
				"a reset":             {agenttest.Reset("So far"), outcome{text: broke, fails: "cut off", retry: true}},
				"an error object":     {midway(`{"error":"x"}`), outcome{text: broke, fails: "reported a problem", retry: true}},
				"HTML":                {agenttest.Body(200, "text/html", "<p>"), outcome{fails: "not an answer", retry: true}},
				"nothing":             {agenttest.Text(), outcome{fails: "no answer", retry: true}},
				"a call that was cut": {agenttest.Events(choice(`{"tool_calls":[{"index":0,"id":"b","function":{"name":"create_task","arguments":"{\"title\":\"no"}}]}`)), outcome{fails: "cut off", retry: true}},
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					c := h.chat(t, m, call("create_task", `{"title":"milk"}`), row.reply)
					s := c.says("hello")
					row.want.check(c, s)
					if flows := done[*chatkit.WorkflowItem](s); len(flows) != 1 || flows[0].Workflow.Tasks[0].Status != chatkit.TaskComplete {
						c.Errorf("the steps are %+v", flows)
					}
					if len(done[*chatkit.WidgetItem](s)) != 1 {
						c.Error("the new task is not shown")
					}
					c.goesOn(row.want)
					if got := c.tasks(); !slices.Equal(got, []string{"milk"}) {
						c.Errorf("the tasks are %q", got)
					}
					said := conversation(last(c.asked()))
					if !strings.Contains(said, `create_task({"title":"milk"})`) || !strings.Contains(said, "tool: {\"task\":") {
						c.Errorf("the model does not know what it did: %s", said)
					}
				})
			}
		})
	}
}

func last[T any](all []T) T { return all[len(all)-1] }

// toolRows is all that the tools keep.
func (h *harness) toolRows(t testing.TB) string {
	t.Helper()
	conn := storetest.Behind(t, h.Database)
	var all []string
	for _, query := range []string{"SELECT user_id, task_id, title, completed FROM tasks", "SELECT user_id, tool, call_key, result FROM tool_calls"} {
		rows, err := conn.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			row := make([]string, 4)
			if err := rows.Scan(&row[0], &row[1], &row[2], &row[3]); err != nil {
				t.Fatal(err)
			}
			all = append(all, strings.Join(row, "|"))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// L16, L18: what is wrong with a call goes back to the model, nothing changes,
// and the turn goes on.
func TestBadToolCalls(t *testing.T) {
	t.Parallel()
	for _, engine := range []storetest.Engine{storetest.SQLite, storetest.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			m := startModel(t)
			h := start(t, setup{engine: engine, env: m.env(nil)})
			victim := h.makeTask(t, "bob", "of bob")
			before := h.toolRows(t)
			t.Run("calls", func(t *testing.T) {
				for name, bad := range badCalls(victim.ID) {
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						c := h.chat(t, m, bad.reply)
						outcome{text: "All done.", asked: 2}.check(c, c.says("hello"))
						results := resultsOf(c.asked()[1])
						if len(results) != 1 || !strings.Contains(results[0], bad.says) || !strings.HasPrefix(results[0], `{"error":`) {
							c.Errorf("the model reads %q, want %q", results, bad.says)
						}
						c.goesOn(outcome{})
					})
				}
			})
			if after := h.toolRows(t); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}

// resultsOf gives the tool results of a request.
func resultsOf(r agenttest.Request) (results []string) {
	for _, msg := range r.Messages {
		if msg.Role == "tool" {
			results = append(results, msg.Text())
		}
	}
	return results
}

type badCall struct {
	reply agenttest.Reply
	says  string
}

func badCalls(victim string) map[string]badCall {
	create := func(arguments, says string) badCall { return badCall{call("create_task", arguments), says} }
	none := func(name string) badCall {
		return badCall{call(name, `{"title":"x"}`), "There is no tool of this name"}
	}
	raw := func(function string, says string) badCall {
		return badCall{agenttest.Events(choice(`{"tool_calls":[{"index":0,"id":"a","function":`+function+`}]}`), stopped), says}
	}
	return map[string]badCall{
		"half an object":        create(`{`, "one JSON object"),
		"a string":              create(`"x"`, "one JSON object"),
		"null":                  create(`null`, "one JSON object"),
		"nothing":               create(``, "one JSON object"),
		"blanks":                create(" \n", "one JSON object"),
		"an array":              create(`[{"title":"x"}]`, "one JSON object"),
		"two objects":           create(`{"title":"x"}{"title":"y"}`, "one JSON object"),
		"trailing junk":         create(`{"title":"x"} ok`, "one JSON object"),
		"a fence":               create("```json\n{\"title\":\"x\"}\n```", "one JSON object"),
		"single quotes":         create(`{'title':'x'}`, "one JSON object"),
		"NaN":                   create(`{"title":NaN}`, "one JSON object"),
		"equal keys":            create(`{"title":"x","title":"y"}`, "one JSON object"),
		"1,000 deep":            create(strings.Repeat(`{"title":`, 1000)+"1"+strings.Repeat("}", 1000), "one JSON object"),
		"5 MiB":                 create(`{"title":"`+strings.Repeat("x", 5<<20)+`"}`, "longer than"),
		"an empty object":       create(`{}`, "title"),
		"a number as the title": create(`{"title":7}`, "title"),
		"a title of blanks":     create(`{"title":" \u200b "}`, "title"),
		"a title with NUL":      create(`{"title":"a\u0000b"}`, "title"),
		"half a character":      create(`{"title":"\ud800"}`, ""),
		"an unknown field":      create(`{"title":"x","priority":"asap"}`, "priority"),
		"another user":          create(`{"title":"x","user_id":"bob"}`, "user_id"),
		"as another user":       create(`{"title":"x","as_user":"bob"}`, "as_user"),
		"in another case":       create(`{"Title":"x"}`, "itle"),
		"a date that is none":   create(`{"title":"x","due_date":"tomorrow"}`, "due_date"),
		"arguments of a number": raw(`{"name":"create_task","arguments":7}`, "one JSON object"),
		"no arguments at all":   raw(`{"name":"create_task"}`, "one JSON object"),
		"an unknown name":       none("drop_tables"),
		"an empty name":         none(""),
		"a name with blanks":    none(" create_task "),
		"a look-alike":          none("crеate_task"),
		"another case":          none("Create_Task"),
		"a prefix":              none("functions.create_task"),
		"a long name":           none(strings.Repeat("create_task", 1000)),
		"a hand-over to nobody": none("transfer_to_bob"),
		"a task of bob":         {call("get_task", `{"task_id":"`+victim+`"}`), "no task with that id"},
		"deleting bob's task":   {call("delete_task", `{"task_id":"`+victim+`"}`), "no task with that id"},
		"renaming bob's task":   {call("update_task", `{"task_id":"`+victim+`","title":"mine"}`), "no task with that id"},
		"completing bob's task": {call("toggle_complete", `{"task_id":"`+victim+`"}`), "no task with that id"},
		"a task that never was": {call("delete_task", `{"task_id":"task_never"}`), "no task with that id"},
	}
}

// L20: of fifty calls in one reply sixteen run, and the model is told; equal
// calls are calls of their own.
func TestManyCalls(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(nil)})
	same := agenttest.Call{Name: "create_task", Arguments: `{"title":"tea"}`}
	for name, row := range map[string]struct {
		calls []agenttest.Call
		made  int
	}{
		"fifty":             {slices.Repeat([]agenttest.Call{same}, 50), agent.MaxCalls},
		"three, all alike":  {slices.Repeat([]agenttest.Call{same}, 3), 3},
		"three with one id": {slices.Repeat([]agenttest.Call{{ID: "a", Name: same.Name, Arguments: same.Arguments}}, 3), 3},
		"fifty of one id":   {slices.Repeat([]agenttest.Call{{ID: "a", Name: same.Name, Arguments: same.Arguments}}, 50), agent.MaxCalls},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := h.chat(t, m, agenttest.Calls(row.calls...))
			c.says("hello")
			if n := len(c.tasks()); n != row.made {
				t.Errorf("%d tasks, want %d", n, row.made)
			}
			results := resultsOf(c.asked()[1])
			if told := strings.Contains(strings.Join(results, ""), "34 more were not"); told != (len(row.calls) == 50) {
				t.Errorf("told of calls that were not run: %v; %q", told, last(results))
			}
			c.goesOn(outcome{})
		})
	}
}

// L22 and a model that never comes to an end: limits stop it, and the user is
// told which.
func TestModelWithoutAnEnd(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(map[string]string{"TURN_MAX_STEPS": "4"})})
	always := func(reply agenttest.Reply) []agenttest.Reply { return slices.Repeat([]agenttest.Reply{reply}, 10) }
	list := call("list_tasks", `{}`)
	for name, row := range map[string]struct {
		replies []agenttest.Reply
		want    outcome
	}{
		"handing over to and fro":       {always(agenttest.By(handOver)), outcome{text: "Nobody is left.", asked: 2}},
		"listing for ever":              {append(slices.Repeat([]agenttest.Reply{list}, 4), agenttest.Text("I listed.")), outcome{text: "I listed.", warns: "as many steps", asked: 5}},
		"listing even when it must not": {always(list), outcome{warns: "as many steps", asked: 5}},
		"no summary":                    {append(slices.Repeat([]agenttest.Reply{list}, 4), agenttest.Refuse(400, 0)), outcome{warns: "as many steps", asked: 5}},
		"a summary that breaks off":     {append(slices.Repeat([]agenttest.Reply{list}, 4), agenttest.Cut("So far")), outcome{text: broke, fails: "cut off", retry: true, asked: 5}},
		"tools that do not exist":       {always(call("nothing", `{}`)), outcome{warns: "as many steps", asked: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := h.chat(t, m, row.replies...)
			row.want.check(c, c.says("hello"))
			if n := len(c.asked()); n == 5 && len(c.asked()[4].Tools) > 0 {
				t.Error("the last request offers tools")
			}
			c.goesOn(row.want)
		})
	}
}

// handOver hands over to whoever is left.
func handOver(r agenttest.Request) agenttest.Reply {
	for _, tool := range r.ToolNames() {
		if strings.HasPrefix(tool, "transfer_to_") {
			return call(tool, `{}`)
		}
	}
	return agenttest.Text("Nobody is left.")
}
