package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
	"taskwire/store"
	"taskwire/store/storetest"
)

// title is what the thread is called.
func (c *chatter) title() string {
	c.Helper()
	var thread struct{ Title string }
	c.h.send(c, "POST", "/api/chatkit", fmt.Sprintf(`{"type":"threads.get_by_id","params":{"thread_id":%q}}`, c.thread), c.header).ok(c, 200).decode(c, &thread)
	return thread.Title
}

func (c *chatter) rename(title string) {
	c.Helper()
	c.h.send(c, "POST", "/api/chatkit", fmt.Sprintf(`{"type":"threads.update","params":{"thread_id":%q,"title":%q}}`, c.thread, title), c.header).ok(c, 200)
}

// The user's first words are the title at once; behind the first answer the
// model gives a better one, or does not.
func TestTitlesOfTheModel(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(nil), change: impatient})
	for name, row := range map[string]struct {
		reply agenttest.Reply
		want  string // "": the first words stay
	}{
		"a title":            {agenttest.Text("Milk for ", "Monday"), "Milk for Monday"},
		"quoted":             {agenttest.Text("\"Title: Milk.\"\n\nI chose it because"), "Milk"},
		"thought about":      {agenttest.Text("<think>hm</think>Milk"), "Milk"},
		"controls":           {agenttest.Text("\u202eM\x1b[31milk\x00"), "M[31milk\ufffd"},
		"long":               {agenttest.Text(strings.Repeat("ڈ", 500)), strings.Repeat("ڈ", 59) + "…"},
		"far too long":       {agenttest.Text(strings.Repeat("x", 300_000)), ""},
		"nothing":            {agenttest.Text(), ""},
		"blanks":             {agenttest.Text(" \n"), ""},
		"quotation marks":    {agenttest.Text(`""`), ""},
		"a call":             {call("delete_task", `{"task_id":"x"}`), ""},
		"400":                {agenttest.Refuse(400, 0), ""},
		"HTML":               {agenttest.Body(200, "text/html", "<p>"), ""},
		"a cut":              {agenttest.Cut("Mil"), ""},
		"silence":            {agenttest.Stall(), ""},
		"silence in between": {agenttest.Stall("Mil"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := h.chat(t, m)
			c.script.title = row.reply
			s := c.says("remember the milk")
			outcome{text: "All done.", asked: 1}.check(c, s)
			first := fmt.Sprintf("remember the milk (no. %d)", c.number)
			updates := eventsOf[*chatkit.ThreadUpdated](s)
			if len(updates) == 0 || updates[0].Thread.Title != first {
				t.Fatalf("the first title is %+v, want %q", updates, first)
			}
			if got := c.title(); got != or(row.want, first) {
				t.Errorf("the title is %q, want %q", got, or(row.want, first))
			}
			if asked := c.titles(); len(asked) == 0 || len(asked[0].Tools) > 0 || !strings.Contains(asked[0].System(), "title") {
				t.Errorf("asked for a title %d times: %+v", len(asked), asked)
			}
			asked := len(c.titles())
			c.says("and now?")
			if len(c.titles()) != asked {
				t.Error("asked for a title in the second turn")
			}
		})
	}
}

// A title that the user gave stays, whenever they gave it.
func TestTitlesOfTheUser(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		m := startModel(t)
		h := start(t, setup{engine: engine, env: m.env(nil)})
		c := h.chat(t, m)
		c.script.title = func(w *agenttest.Writer, r agenttest.Request) {
			page, err := h.Server.chats.Sessions(t.Context(), c.user, store.PageParams{})
			if err != nil || len(page.Rows) != 1 {
				t.Errorf("threads: %+v, %v", page, err)
				return
			}
			c.thread = page.Rows[0].ID
			c.rename("Mine")
			c.thread = ""
			agenttest.Text("The model's")(w, r)
		}
		s := c.says("hello")
		if got := c.title(); got != "Mine" || strings.Contains(s.Body, "The model's") {
			t.Errorf("renamed while the model thought of a title, it is %q; %s", got, s.Body)
		}
		c.rename("Mine again")
		c.says("and now?")
		if got := c.title(); got != "Mine again" || len(c.titles()) != 1 {
			t.Errorf("the title is %q, asked for %d times", got, len(c.titles()))
		}
	})
}

// progress gives what the lines of progress say.
func progress(s streamed) (lines []string) {
	for _, e := range eventsOf[*chatkit.ProgressUpdate](s) {
		lines = append(lines, e.Text)
	}
	return lines
}

// senders gives who is stored as the sender of each answer.
func (c *chatter) senders() (names []string) {
	c.Helper()
	rows, err := storetest.Behind(c, c.h.Database).QueryContext(c.Context(),
		"SELECT sender_name, content FROM chat_messages WHERE sender_type = 'assistant' AND content <> '' ORDER BY message_id")
	if err != nil {
		c.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, content string
		if err := rows.Scan(&name, &content); err != nil {
			c.Fatal(err)
		}
		names = append(names, name+": "+content)
	}
	return names
}

func TestHandingOver(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		m := startModel(t)
		h := start(t, setup{engine: engine, env: m.env(nil)})
		c := h.chat(t, m, textAndCalls("One moment.", agenttest.Call{Name: "transfer_to_urdu_specialist", Arguments: `{}`}), agenttest.Text("جی"))
		s := c.says("please answer in Urdu")
		if got := progress(s); !slices.Equal(got, []string{"Orchestrator", "Urdu Specialist"}) || s.text() != "One moment.\nجی" {
			t.Errorf("progress %q, text %q", got, s.text())
		}
		if len(done[*chatkit.WorkflowItem](s)) != 0 {
			t.Error("handing over shows as a step")
		}
		asked := c.asked()
		if !strings.Contains(asked[0].System(), "assistant of Taskwire") || !strings.Contains(asked[1].System(), "Urdu Specialist of Taskwire") ||
			slices.Contains(asked[1].ToolNames(), "transfer_to_orchestrator") {
			t.Errorf("the second request offers %q to %s", asked[1].ToolNames(), asked[1].System())
		}
		c.plays(agenttest.Text("یہ رہے"))
		if got := progress(c.says("میرے کام دکھائیں")); !slices.Equal(got, []string{"Urdu Specialist"}) {
			t.Errorf("asked in Urdu, progress is %q", got)
		}
		c.plays(call("transfer_to_orchestrator", `{}`), agenttest.Text("Yes"))
		if got := progress(c.says("mere kaam dikhao, aur phir English mein jawab do")); !slices.Equal(got, []string{"Urdu Specialist", "Orchestrator"}) {
			t.Errorf("asked in Roman Urdu, progress is %q", got)
		}
		if got, want := c.senders(), []string{"orchestrator: One moment.", "urdu: جی", "urdu: یہ رہے", "orchestrator: Yes"}; !slices.Equal(got, want) {
			t.Errorf("the senders are %q, want %q", got, want)
		}
	})
}

// Widgets are of what the last change or list says; neither they nor the steps
// go to the model, the calls and results do.
func TestWidgetsOfAnAnswer(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(nil)})
	c := h.chat(t, m)
	ids := map[string]string{}
	for _, title := range []string{"tea", "milk", "bread"} {
		ids[title] = h.makeTask(t, c.user, title).ID
	}
	about := func(tool, title, more string) agenttest.Call {
		return agenttest.Call{Name: tool, Arguments: fmt.Sprintf(`{"task_id":%q%s}`, ids[title], more)}
	}
	list := agenttest.Call{Name: "list_tasks", Arguments: `{"sort_by":"title","sort_order":"asc"}`}
	for _, row := range []struct {
		name  string
		calls []agenttest.Call
		want  []string // type and titles of each widget
		steps string   // the summary
	}{
		{"a list", []agenttest.Call{list}, []string{"ListView bread milk tea"}, "List tasks"},
		{"a change", []agenttest.Call{about("update_task", "tea", `,"title":"Tea"`)}, []string{"Card Tea"}, "Update task"},
		{"a task done", []agenttest.Call{about("toggle_complete", "milk", "")}, []string{"Card milk"}, ""},
		{"a change and a list", []agenttest.Call{about("toggle_complete", "milk", ""), list}, []string{"ListView bread milk Tea", "Card milk"}, "2 steps"},
		{"a list and then a change", []agenttest.Call{list, about("update_task", "tea", `,"title":"tea"`)}, []string{"Card tea"}, "2 steps"},
		{"two changes of one task", []agenttest.Call{about("toggle_complete", "milk", ""), about("toggle_complete", "milk", "")}, []string{"Card milk"}, "2 steps"},
		{"one that fails", []agenttest.Call{about("get_task", "nothing", ""), list}, []string{"ListView bread milk tea"}, "2 steps, 1 failed"},
		{"a look", []agenttest.Call{about("get_task", "tea", "")}, nil, ""},
		{"the end of a task", []agenttest.Call{about("delete_task", "tea", "")}, nil, "Delete task"},
		{"only failures", []agenttest.Call{about("delete_task", "tea", "")}, nil, "Delete task failed"},
	} {
		c.plays(agenttest.Calls(row.calls...))
		s := c.says("hello")
		var got []string
		for _, w := range done[*chatkit.WidgetItem](s) {
			got = append(got, summary(w))
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: the widgets are %q, want %q", row.name, got, row.want)
		}
		flows := done[*chatkit.WorkflowItem](s)
		if len(flows) != 1 || len(flows[0].Workflow.Tasks) != len(row.calls) || row.steps != "" && flows[0].Workflow.Summary.Title != row.steps {
			t.Errorf("%s: the steps are %+v, want %q", row.name, flows, row.steps)
		}
	}
	if said := conversation(last(c.asked())); strings.Count(said, "list_tasks(") != 4 || strings.Count(said, "tool: ") != 14 || strings.Contains(said, "Note from") || strings.Contains(said, " steps") {
		t.Errorf("the model reads %s", said)
	}
}

// summary names a widget and the tasks in it, which must have what acts on them.
func summary(w *chatkit.WidgetItem) string {
	parts := []string{fmt.Sprint(w.Widget["type"])}
	children, _ := w.Widget["children"].([]any)
	for _, child := range children {
		row := child.(map[string]any)
		inner := row["children"].([]any)
		box, button := inner[0].(map[string]any), inner[len(inner)-1].(map[string]any)
		if box["type"] != "Checkbox" || button["type"] != "Button" || button["label"] != "Delete" {
			parts = append(parts, "?")
		}
		parts = append(parts, fmt.Sprint(box["label"]))
	}
	return strings.Join(parts, " ")
}

// The user's zone reaches the model and the tools.
func TestTimezoneOfATurn(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h, g := gate(t, setup{env: m.env(map[string]string{"TZ": "Europe/Berlin"})})
	for zone, want := range map[string]string{"Asia/Karachi": "Asia/Karachi", "": "Europe/Berlin"} {
		c := h.chat(t, m, call("list_tasks", `{"due_before":"2026-12-01"}`))
		if zone != "" {
			c.header = c.header.with("X-Timezone", zone)
		}
		c.says("what is due tomorrow?")
		if system := c.asked()[0].System(); !strings.Contains(system, "in the time zone "+want) {
			t.Errorf("%q: the model is told %s", zone, system)
		}
		g.mu.Lock()
		if got := last(g.calls).Params.Meta["taskwire/timezone"]; got != want {
			t.Errorf("%q: the tool is told %v", zone, got)
		}
		g.mu.Unlock()
	}
	c := h.chat(t, m)
	for _, zone := range []string{"Mars/Base", "../etc/passwd", "Local", "x\ty"} {
		h.send(t, "POST", "/api/chatkit", c.body("hello"), c.header.with("X-Timezone", zone)).refused(t, 400, "invalid")
	}
	if len(c.asked()) != 0 {
		t.Error("the model was asked")
	}
}

// A tool that the user chose is asked for in the first request alone.
func TestToolChoice(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(nil)})
	c := h.chat(t, m, call("get_stats", `{}`))
	body := strings.Replace(c.body("hello"), `"inference_options":{}`, `"inference_options":{"model":"test-model","tool_choice":{"id":"get_stats"}}`, 1)
	s := h.stream(t, body, c.header)
	c.ends(s)
	asked := c.asked()
	if len(asked) != 2 || string(asked[0].ToolChoice) != `{"type":"function","function":{"name":"get_stats"}}` || asked[1].ToolChoice != nil || asked[0].Model != "test-model" {
		t.Errorf("asked %d times, with the choice %s", len(asked), asked[0].ToolChoice)
	}
	c.says("and now?")
	if last(c.asked()).ToolChoice != nil {
		t.Error("the choice stays in the next turn")
	}
}

// Limits of tokens and time end an answer with a word about it.
func TestLimitsOfAnAnswer(t *testing.T) {
	t.Parallel()
	list := call("list_tasks", `{}`)
	for name, row := range map[string]struct {
		env   map[string]string
		reply []agenttest.Reply
		want  outcome
	}{
		"tokens":                {map[string]string{"TURN_TOKEN_BUDGET": "20"}, []agenttest.Reply{list, list, agenttest.Text("I listed.")}, outcome{text: "I listed.", warns: "as many tokens", asked: 3}},
		"time with text":        {map[string]string{"TURN_TIMEOUT": "3s"}, []agenttest.Reply{agenttest.Stall("So far")}, outcome{text: broke, fails: "took longer than it may", retry: true, asked: 1}},
		"time without text":     {map[string]string{"TURN_TIMEOUT": "3s"}, []agenttest.Reply{agenttest.Stall()}, outcome{fails: "took longer than it may", retry: true, asked: 1}},
		"time in signs of life": {map[string]string{"TURN_TIMEOUT": "3s"}, []agenttest.Reply{signsOfLife}, outcome{fails: "took longer than it may", retry: true, asked: 1}},
		"time behind a tool":    {map[string]string{"TURN_TIMEOUT": "3s"}, []agenttest.Reply{list, agenttest.Stall()}, outcome{fails: "took longer than it may", retry: true, asked: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := startModel(t)
			h := start(t, setup{env: m.env(row.env)})
			c := h.chat(t, m, row.reply...)
			row.want.check(c, c.says("hello"))
			c.goesOn(row.want)
		})
	}
}

// Time that is over while a tool works: the step is shown as one that may or may
// not have been done, not as one that still goes on.
func TestTimeOverInATool(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h, g := gate(t, setup{env: m.env(map[string]string{"TURN_TIMEOUT": "3s"})})
	release := make(chan struct{})
	defer close(release)
	g.answers(onCall(func(http.ResponseWriter, rpcCall) { <-release }))
	c := h.chat(t, m, call("create_task", `{"title":"milk"}`))
	s := c.says("hello")
	outcome{fails: "took longer than it may", retry: true, asked: 1}.check(c, s)
	flows := done[*chatkit.WorkflowItem](s)
	if len(flows) != 1 || flows[0].Workflow.Tasks[0].Status != chatkit.TaskNone || !strings.Contains(flows[0].Workflow.Tasks[0].Content, "not known") {
		t.Errorf("the steps are %+v", flows)
	}
	g.answers(nil)
	c.goesOn(outcome{})
	if said := conversation(last(c.asked())); !strings.Contains(said, "not known whether") {
		t.Errorf("the model reads %s", said)
	}
}

// One limit holds for all ways to ask the model, and for nothing else.
func TestTurnsOfAMinute(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(map[string]string{"RATE_TURNS_PER_MINUTE": "2"})})
	c := h.chat(t, m)
	c.says("hello")
	c.says("and now?")
	asked := len(c.asked())
	for path, body := range map[string]string{
		"/api/chatkit": c.body("more"), "/api/chat": `{"message":"more"}`,
		"/api/chatkit?": fmt.Sprintf(`{"type":"threads.retry_after_item","params":{"thread_id":%q,"item_id":%q}}`, c.thread, c.shown[0]),
	} {
		h.send(t, "POST", path, body, c.header).refused(t, 429, "rate_limited")
	}
	c.keptAsShown() // a read
	if len(c.asked()) != asked {
		t.Error("the model was asked")
	}
}

// signsOfLife keeps the connection alive and says nothing.
func signsOfLife(w *agenttest.Writer, _ agenttest.Request) {
	w.Begin()
	for {
		if _, err := io.WriteString(w.ResponseWriter, ": still here\n\n"); err != nil {
			return
		}
		w.Send(": still here\n\n")
		time.Sleep(20 * time.Millisecond) // the pace of the provider, nothing waits for it
	}
}

// L28: the tokens of a day are counted over all of a user's turns, and are theirs.
func TestTokensOfADay(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(map[string]string{"USER_TOKENS_PER_DAY": "60"})})
	c := h.chat(t, m)
	c.says("hello")    // 15, and 15 for the title
	c.says("and now?") // 15
	c.says("and now?") // 15: that was it
	before := h.hash(t)
	asked := len(c.asked())
	for _, path := range []struct{ path, body string }{
		{"/api/chatkit", c.body("more")}, {"/api/chat", `{"message":"more"}`},
		{"/api/chatkit", fmt.Sprintf(`{"type":"threads.retry_after_item","params":{"thread_id":%q,"item_id":%q}}`, c.thread, c.shown[0])},
	} {
		a := h.send(t, "POST", path.path, path.body, c.header)
		a.refused(t, 429, "budget")
	}
	if len(c.asked()) != asked || h.hash(t) != before {
		t.Errorf("the model was asked %d times more, or something was stored", len(c.asked())-asked)
	}
	h.send(t, "POST", "/api/chatkit", `{"type":"threads.list","params":{}}`, c.header).ok(t, 200)
	if s := h.chat(t, m).says("hello"); s.text() != "All done." {
		t.Errorf("another user: %s", s.Body)
	}
}

// A stopped answer: the stream ends in order and without an error, the text so
// far is kept, and the next turn knows that it was stopped and what was done.
func TestStoppedAnswers(t *testing.T) {
	t.Parallel()
	create := call("create_task", `{"title":"milk"}`)
	for _, engine := range []storetest.Engine{storetest.SQLite, storetest.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			m := startModel(t)
			h, g := gate(t, setup{engine: engine, env: m.env(nil)})
			for name, row := range map[string]struct {
				replies []agenttest.Reply
				sight   string // of this in the stream, it is stopped
				text    string
				steps   string
				tasks   []string
			}{
				"before a word":             {[]agenttest.Reply{agenttest.Stall()}, `"progress_update"`, "", "", nil},
				"in the text":               {[]agenttest.Reply{agenttest.Stall("So ", "far")}, `"far"`, "So far", "", nil},
				"in blanks":                 {[]agenttest.Reply{agenttest.Stall(" ", "\n")}, `"progress_update"`, "", "", nil},
				"behind a tool":             {[]agenttest.Reply{create, agenttest.Stall()}, `"complete"`, "", "Create task, stopped", []string{"milk"}},
				"in the text behind a tool": {[]agenttest.Reply{create, agenttest.Stall("I have")}, `"I have"`, "I have", "Create task", []string{"milk"}},
				"in the title":              {[]agenttest.Reply{create}, `"text":"All done."`, "All done.", "Create task", []string{"milk"}},
				"in a tool":                 {[]agenttest.Reply{create}, `"loading"`, "", "Create task, stopped", nil},
			} {
				t.Run(name, func(t *testing.T) { // one by one: they share the gate
					c := h.chat(t, m, row.replies...)
					if name == "in a tool" {
						g.answers(onCall(func(w http.ResponseWriter, _ rpcCall) { panic(http.ErrAbortHandler) }))
					}
					titles := 0
					if name == "in the title" {
						titles, c.script.title = 1, agenttest.Stall("No")
					}
					s := c.stops("hello", row.sight, titles)
					g.answers(nil)
					if s.failure() != nil || s.text() != row.text {
						t.Errorf("the text is %q, the error %+v, want %q and none", s.text(), s.failure(), row.text)
					}
					steps := ""
					for _, flow := range done[*chatkit.WorkflowItem](s) {
						steps += flow.Workflow.Summary.Title
					}
					if steps != row.steps || strings.Contains(steps, "stopped") && strings.Contains(s.Body[strings.LastIndex(s.Body, "data: "):], "loading") {
						t.Errorf("the steps end as %q, want %q; %s", steps, row.steps, s.Body)
					}
					if got := c.tasks(); !slices.Equal(got, row.tasks) {
						t.Errorf("the tasks are %q, want %q", got, row.tasks)
					}
					c.plays()
					c.says("and now?")
					said := conversation(last(c.asked()))
					if strings.Contains(said, "stopped") != (name != "in the title") || strings.Contains(said, "create_task(") != (row.steps != "") || !strings.Contains(said, row.text) {
						t.Errorf("the model reads %s", said)
					}
				})
			}
		})
	}
}

// stops sends a message and stops the answer when this has come in sight, and
// so many titles have been asked for.
func (c *chatter) stops(text, sight string, titles int) streamed {
	c.Helper()
	rest := c.h.streamUntil(c, sight, c.body(text), c.header)
	waitFor(c, "the request for a title", func() bool { return len(c.titles()) == titles })
	page, err := c.h.Server.chats.Sessions(c.Context(), c.user, store.PageParams{})
	if err != nil || len(page.Rows) != 1 {
		c.Fatalf("threads: %+v, %v", page, err)
	}
	a := c.h.send(c, "POST", "/api/chatkit/cancel", fmt.Sprintf(`{"thread_id":%q}`, page.Rows[0].ID), c.header)
	if a.Body != `{"cancelled":true}` {
		c.Errorf("cancel: HTTP %d %s", a.Status, a.Body)
	}
	c.stopped = true
	s := rest()
	c.ends(s)
	c.stopped = false
	return s
}

// A closed connection stops the answer as well.
func TestStoppedByLeaving(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(nil)})
	left := make(chan struct{})
	c := h.chat(t, m, func(w *agenttest.Writer, _ agenttest.Request) {
		w.Begin()
		w.Delta("So far")
		w.Hold()
		close(left)
	})
	t.Run("leaves", func(t *testing.T) { h.streamUntil(t, `"So far"`, c.body("hello"), c.header) })
	<-left
	page, err := h.Server.chats.Sessions(t.Context(), c.user, store.PageParams{})
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("threads: %+v, %v", page, err)
	}
	c.thread = page.Rows[0].ID
	waitFor(t, "the text to be kept", func() bool { return len(c.items()) == 2 })
	for _, item := range c.items() {
		c.shown = append(c.shown, item.ItemID())
	}
	waitFor(t, "the turn to end", func() bool {
		s := h.send(t, "POST", "/api/chatkit", c.body("and now?"), c.header)
		return s.Status == 200
	})
	said := conversation(last(c.asked()))
	if !strings.Contains(said, "assistant: So far\n") || !strings.Contains(said, "stopped") {
		t.Errorf("the model reads %s", said)
	}
}

// Who tries again after a fault has the message once, and the broken answer no
// more.
func TestRetryAfterAFault(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		m := startModel(t)
		h := start(t, setup{engine: engine, env: m.env(nil)})
		c := h.chat(t, m, call("create_task", `{"title":"milk"}`), agenttest.Cut("So far"))
		outcome{text: broke, fails: "cut off", retry: true}.check(c, c.says("hello"))
		message := c.shown[0]
		c.shown = c.shown[:1]
		s := h.stream(t, fmt.Sprintf(`{"type":"threads.retry_after_item","params":{"thread_id":%q,"item_id":%q}}`, c.thread, message), c.header)
		c.ends(s)
		outcome{text: "All done."}.check(c, s)
		if said := conversation(last(c.asked())); strings.Contains(said, "So far") || strings.Contains(said, "create_task(") || strings.Count(said, "hello") != 1 {
			t.Errorf("the model reads %s", said)
		}
	})
}

// What only the model reads is on no page of what the user reads.
func TestHiddenItemsStayHidden(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		m := startModel(t)
		h := start(t, setup{engine: engine, env: m.env(nil)})
		c := h.chat(t, m)
		for range 3 {
			c.plays(call("create_task", `{"title":"milk"}`), call("list_tasks", `{}`), agenttest.Cut("So far"))
			c.says("hello")
		}
		var bodies []string
		for _, request := range []string{
			`{"type":"threads.get_by_id","params":{"thread_id":%q}}`, `{"type":"threads.list","params":{},"x":%q}`, `{"type":"items.list","params":{"thread_id":%q}}`,
		} {
			bodies = append(bodies, h.send(t, "POST", "/api/chatkit", fmt.Sprintf(request, c.thread), c.header).Body)
		}
		bodies = append(bodies, h.send(t, "GET", "/api/chatkit/threads?q=hello", "", c.header).Body)
		for order, want := range map[string][]string{"asc": c.shown, "desc": reversed(c.shown)} {
			var got []string
			for after, more := "", true; more; {
				a := h.send(t, "POST", "/api/chatkit", fmt.Sprintf(`{"type":"items.list","params":{"thread_id":%q,"limit":1,"order":%q,"after":%q}}`, c.thread, order, after), c.header)
				if after == "" {
					a = h.send(t, "POST", "/api/chatkit", fmt.Sprintf(`{"type":"items.list","params":{"thread_id":%q,"limit":1,"order":%q}}`, c.thread, order), c.header)
				}
				var page struct {
					Data    []struct{ ID string }
					HasMore bool `json:"has_more"`
					After   string
				}
				a.ok(t, 200).decode(t, &page)
				bodies = append(bodies, a.Body)
				if len(page.Data) != 1 || page.HasMore && page.After == "" {
					t.Fatalf("a page of %s", a.Body)
				}
				got, after, more = append(got, page.Data[0].ID), page.After, page.HasMore
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, page by page: %q, want %q", order, got, want)
			}
		}
		for _, body := range bodies {
			for _, hidden := range []string{"hidden", `"kind"`, "fault", "tool_calls", `"role"`} {
				if strings.Contains(body, hidden) {
					t.Errorf("%q in %s", hidden, body)
				}
			}
		}
	})
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

// The Responses API reads the same conversation as the other one.
func TestConversationOverResponses(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(map[string]string{"LLM_API": "responses"}), change: impatient})
	function := func(id, name, arguments string) string {
		quoted, _ := json.Marshal(arguments)
		return fmt.Sprintf(`{"type":"function_call","id":"fc_%s","call_id":%q,"name":%q,"arguments":%s}`, id, id, name, quoted)
	}
	c := h.chat(t, m, responses(function("a", "create_task", `{"title":"milk"}`), function("b", "list_tasks", `{`)))
	c.script.title = responses(`{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Milk"}]}`)
	outcome{text: "All done.", asked: 2}.check(c, c.says("hello"))
	c.plays(func(w *agenttest.Writer, _ agenttest.Request) {
		w.Begin()
		w.Data(`{"type":"response.output_text.delta","delta":"So far"}`)
	})
	outcome{text: broke, fails: "cut off", retry: true}.check(c, c.says("and now?"))
	c.plays()
	outcome{text: "All done."}.check(c, c.says("and now?"))
	if got := c.tasks(); !slices.Equal(got, []string{"milk"}) || c.title() != "Milk" {
		t.Errorf("the tasks are %q, the title %q", got, c.title())
	}
	var r inputs
	if err := json.Unmarshal(last(c.asked()).Body, &r); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range r.Input {
		got = append(got, strings.TrimSpace(item.Type+" "+item.Role+item.Name))
	}
	want := []string{"user", "function_call create_task", "function_call list_tasks", "function_call_output", "function_call_output", "message assistant", "user", "assistant", "user"}
	if !slices.Equal(got, want) {
		t.Errorf("the last request has %q, want %q", got, want)
	}
}

// Whoever deletes the thread while it is answered gets an error and no row more.
func TestThreadDeletedInMidTurn(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(nil)})
	c := h.chat(t, m, agenttest.Stall("So far"))
	rest := h.streamUntil(t, `"So far"`, c.body("hello"), c.header)
	page, err := h.Server.chats.Sessions(t.Context(), c.user, store.PageParams{})
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("threads: %+v, %v", page, err)
	}
	h.send(t, "POST", "/api/chatkit", fmt.Sprintf(`{"type":"threads.delete","params":{"thread_id":%q}}`, page.Rows[0].ID), c.header).ok(t, 200)
	s := rest()
	if e := s.failure(); e == nil || e.AllowRetry || !strings.Contains(e.Message, "deleted") {
		t.Errorf("ends with %+v", e)
	}
	waitFor(t, "the rows to be gone", func() bool {
		return storetest.Count(t, h.Database, "chat_messages")+storetest.Count(t, h.Database, "chat_sessions") == 0
	})
}

// textAndCalls says something and calls tools in one reply.
func textAndCalls(text string, calls ...agenttest.Call) agenttest.Reply {
	return func(w *agenttest.Writer, r agenttest.Request) {
		w.Begin()
		w.Delta(text)
		for i, c := range calls {
			quoted, _ := json.Marshal(c.Arguments)
			w.Data(choice(fmt.Sprintf(`{"tool_calls":[{"index":%d,"id":"id-%d","function":{"name":%q,"arguments":%s}}]}`, i, i, c.Name, quoted)))
		}
		w.Finish("tool_calls")
	}
}

// What a model says beside its calls is a message of its own, before the steps;
// the order on the wire is that of the thread and of what the model reads.
func TestTextBesideCalls(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(nil)})
	create := func(title string) agenttest.Call {
		return agenttest.Call{Name: "create_task", Arguments: fmt.Sprintf(`{"title":%q}`, title)}
	}
	c := h.chat(t, m, textAndCalls("First tea.", create("tea")), textAndCalls("\n\n", create("milk")), textAndCalls("Then bread.", create("bread")))
	s := c.says("hello")
	var got []string
	for _, item := range c.items() {
		switch item := item.(type) {
		case *chatkit.AssistantMessage:
			got = append(got, textOfAssistant(item))
		case *chatkit.WorkflowItem:
			got = append(got, item.Workflow.Summary.Title)
		case *chatkit.WidgetItem:
			got = append(got, summary(item))
		}
	}
	want := []string{"First tea.", "2 steps", "Card tea", "Card milk", "Then bread.", "Create task", "Card bread", "All done."}
	if !slices.Equal(got, want) {
		t.Errorf("the thread has %q, want %q; %s", got, want, s.Body)
	}
	c.says("and now?")
	said := conversation(last(c.asked()))
	at := -1
	for _, part := range []string{"First tea. create_task", "tool: ", "create_task({\"title\":\"milk\"})", "tool: ", "Then bread. create_task", "tool: ", "All done.", "and now?"} {
		next := strings.Index(said[at+1:], part)
		if next < 0 {
			t.Fatalf("the model does not read %q where it should: %s", part, said)
		}
		at += 1 + next
	}
}

// A conversation that grows past what a model can read loses its beginning, and
// nothing else: each request is one that a strict provider takes.
func TestLongConversation(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h, g := gate(t, setup{env: m.env(nil)})
	g.answers(resulting(`{"content":[],"structuredContent":{"x":"` + strings.Repeat("x", 60<<10) + `"}}`))
	c := h.chat(t, m)
	for turn := range 6 {
		c.plays(call("list_tasks", `{}`), call("get_stats", `{}`))
		c.says(fmt.Sprintf("question %d", turn))
	}
	first := c.asked()[15] // of the last turn
	said := conversation(first)
	if size := len(first.Body); size > 160<<10 {
		t.Errorf("a request has %d bytes", size)
	}
	if !strings.Contains(said, "Earlier parts of this conversation are left out") || strings.Contains(said, "question 0") || !strings.Contains(said, "question 5") || !strings.Contains(said, "xxx") {
		t.Errorf("the model reads %.3000s", said)
	}
}
