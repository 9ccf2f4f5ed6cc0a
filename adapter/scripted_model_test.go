package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
)

// A scriptedModel is a provider with a script for each conversation. The user's
// words say which: they bear its number.
type scriptedModel struct {
	*agenttest.Provider
	mu      sync.Mutex
	scripts []*lines
}

// lines are what the model answers in one conversation, and what it was asked.
type lines struct {
	replies []agenttest.Reply // to come; behind the last: "All done."
	title   agenttest.Reply
	asked   []agenttest.Request
	titles  []agenttest.Request // that ask for a title
}

// Secrets of the provider's. Neither may reach a user.
const (
	canaryKey   = "sk-canary-0123456789"
	canaryWords = "org-canary quota of eve@example.com"
)

func startModel(t testing.TB) *scriptedModel {
	t.Helper()
	provider, err := agenttest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(provider.Close)
	m := &scriptedModel{Provider: provider}
	m.Otherwise(agenttest.By(m.reply))
	return m
}

// env is how the adapter finds the model.
func (m *scriptedModel) env(more map[string]string) map[string]string {
	env := map[string]string{"LLM_BASE_URL": m.URL(), "LLM_MODEL": "test-model", "LLM_API_KEY": canaryKey}
	maps.Copy(env, more)
	return env
}

var scriptNumber = regexp.MustCompile(`\(no\. (\d+)\)`)

func (m *scriptedModel) reply(req agenttest.Request) agenttest.Reply {
	var number int
	if found := scriptNumber.FindSubmatch(req.Body); found != nil {
		fmt.Sscan(string(found[1]), &number)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if number >= len(m.scripts) {
		return agenttest.Refuse(http.StatusTeapot, 0)
	}
	s := m.scripts[number]
	if strings.Contains(string(req.Body), "Write a title") {
		s.titles = append(s.titles, req)
		return s.title
	}
	s.asked = append(s.asked, req)
	if len(s.replies) == 0 && strings.HasSuffix(req.Path, "/responses") {
		return responses(`{"type":"message","role":"assistant","content":[{"type":"output_text","text":"All done."}]}`)
	}
	if len(s.replies) == 0 {
		return agenttest.Text("All ", "done.")
	}
	reply := s.replies[0]
	s.replies = s.replies[1:]
	return reply
}

// A chatter is a user in a conversation with a scripted model.
type chatter struct {
	testing.TB
	h       *harness
	model   *scriptedModel
	script  *lines
	number  int
	user    string
	header  header
	thread  string   // "" until the first answer
	shown   []string // ids of the items that the client has, in order
	stopped bool     // the next answer is stopped by the user
}

// chat begins a conversation of a user nobody else is.
func (h *harness) chat(t testing.TB, m *scriptedModel, replies ...agenttest.Reply) *chatter {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &lines{replies: replies, title: agenttest.Text("A better title")}
	m.scripts = append(m.scripts, s)
	number := len(m.scripts) - 1
	user := fmt.Sprintf("user-%d", number)
	return &chatter{TB: t, h: h, model: m, script: s, number: number, user: user, header: h.as(t, user)}
}

// plays sets what the model answers next.
func (c *chatter) plays(replies ...agenttest.Reply) {
	c.model.mu.Lock()
	defer c.model.mu.Unlock()
	c.script.replies = replies
}

// asked gives the requests to the model so far, but for those for a title.
func (c *chatter) asked() []agenttest.Request {
	c.model.mu.Lock()
	defer c.model.mu.Unlock()
	return c.script.asked
}

func (c *chatter) titles() []agenttest.Request {
	c.model.mu.Lock()
	defer c.model.mu.Unlock()
	return c.script.titles
}

// body is the request for a message.
func (c *chatter) body(text string) string {
	text = fmt.Sprintf("%s (no. %d)", text, c.number)
	if c.thread == "" {
		return say(text)
	}
	return sayOn(c.thread, text)
}

// says sends a message and reads the answer, which must be in order and be kept
// as it was shown.
func (c *chatter) says(text string) streamed {
	c.Helper()
	s := c.h.stream(c, c.body(text), c.header)
	c.ends(s)
	return s
}

// ends checks an answer that was read to its end.
func (c *chatter) ends(s streamed) {
	c.Helper()
	if s.Status != http.StatusOK || s.Header.Get("Content-Type") != "text/event-stream" {
		c.Fatalf("HTTP %d %s", s.Status, s.Body)
	}
	if c.thread == "" {
		c.thread = s.thread(c)
	}
	inOrder(c, s, c.stopped)
	for _, secret := range []string{canaryKey, canaryWords, "hidden_context"} {
		if strings.Contains(s.Body, secret) {
			c.Errorf("the stream holds %q: %s", secret, s.Body)
		}
	}
	for _, e := range s.Events {
		if d, ok := e.(*chatkit.ItemDone); ok {
			c.shown = append(c.shown, d.Item.ItemID())
		}
	}
	c.keptAsShown()
	for _, req := range append(c.asked(), c.titles()...) {
		if problem := malformed(req, c.user); problem != "" {
			c.Errorf("the model was asked with %s: %s", problem, req.Body)
		}
	}
}

// keptAsShown: the thread has what the client has, in the same order.
func (c *chatter) keptAsShown() {
	c.Helper()
	var kept []string
	for _, item := range c.items() {
		kept = append(kept, item.ItemID())
		if m, ok := item.(*chatkit.AssistantMessage); ok && strings.TrimSpace(textOfAssistant(m)) == "" {
			c.Errorf("an empty answer is kept")
		}
	}
	if strings.Join(kept, " ") != strings.Join(c.shown, " ") {
		c.Errorf("kept %q, shown %q", kept, c.shown)
	}
}

// items gives what the thread holds for its user, oldest first.
func (c *chatter) items() (items []chatkit.Item) {
	c.Helper()
	a := c.h.send(c, "POST", "/api/chatkit", fmt.Sprintf(`{"type":"items.list","params":{"thread_id":%q,"limit":100,"order":"asc"}}`, c.thread), c.header).ok(c, 200)
	var page struct{ Data []json.RawMessage }
	a.decode(c, &page)
	for _, data := range page.Data {
		item, err := chatkit.UnmarshalItem(data)
		if err != nil {
			c.Fatal(err)
		}
		items = append(items, item)
	}
	return items
}

// tasks gives the titles of the user's tasks, oldest first.
func (c *chatter) tasks() (titles []string) {
	c.Helper()
	var tasks []restTask
	c.h.send(c, "GET", c.h.tasks(c.user)+"?sortOrder=asc&limit=100", "", c.header).ok(c, 200).decode(c, &tasks)
	for _, t := range tasks {
		titles = append(titles, t.Title)
	}
	return titles
}

// inOrder checks the order of events as a client needs it: what is announced
// ends, text comes only into an open part, and nothing follows an error.
func inOrder(t testing.TB, s streamed, stopped bool) {
	t.Helper()
	if !strings.HasSuffix(s.Body, "\n\n") {
		t.Errorf("the body ends in the middle of a block: %s", s.Body)
	}
	var w watcher
	for i, e := range s.Events {
		if problem := w.see(e); problem != "" {
			t.Errorf("event %d: %s\n%s", i, problem, s.Body)
			return
		}
	}
	if len(w.open) > 0 {
		t.Errorf("announced and never done: %v\n%s", w.open, s.Body)
	}
	if len(s.Events) == 0 {
		t.Fatal("no event")
	}
	switch last := s.Events[len(s.Events)-1].(type) {
	case *chatkit.ProgressUpdate, *chatkit.ItemRemoved:
		if !stopped { // when there was nothing yet to keep
			t.Errorf("the last event is %s\n%s", last.EventType(), s.Body)
		}
	case *chatkit.ItemDone, *chatkit.ErrorEvent, *chatkit.Notice, *chatkit.ThreadUpdated, *chatkit.ItemReplaced:
	default:
		t.Errorf("the last event is %s\n%s", last.EventType(), s.Body)
	}
}

// responses is a stream of the Responses API with these output items.
func responses(items ...string) agenttest.Reply {
	return func(w *agenttest.Writer, _ agenttest.Request) {
		w.Begin()
		for _, item := range items {
			w.Data(`{"type":"response.output_item.done","item":` + item + `}`)
		}
		w.Data(`{"type":"response.completed","response":{"status":"completed","usage":{"input_tokens":10,"output_tokens":5}}}`)
	}
}

var functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// malformed says what a strict provider would refuse in a request, or what must
// not be in it; empty: nothing.
func malformed(r agenttest.Request, user string) (problem string) {
	switch {
	case strings.Contains(string(r.Body), canaryKey):
		return "its key in the body"
	case strings.Contains(string(r.Body), `"`+user+`"`):
		return "the user"
	case strings.Contains(string(r.Body), "ListView") || strings.Contains(string(r.Body), `"workflow"`):
		return "what is shown only"
	case r.Header.Get("Authorization") != "Bearer "+canaryKey:
		return "another key"
	case strings.HasSuffix(r.Path, "/responses"):
		return malformedInput(r.Body)
	case len(r.Messages) < 2 || r.System() == "" || r.Last().Role == "assistant":
		return "neither question nor result"
	}
	for _, tool := range r.Tools {
		if !functionName.MatchString(tool.Function.Name) || tool.Function.Description == "" || !strings.HasPrefix(string(tool.Function.Parameters), "{") {
			return "the tool " + tool.Function.Name
		}
	}
	return malformedMessages(r.Messages[1:])
}

// malformedMessages: users and the assistant by turns, and behind an assistant's
// calls a result for each, in their order.
func malformedMessages(messages []agenttest.Message) (problem string) {
	var open []string
	before := ""
	for _, m := range messages {
		switch {
		case m.Role == "tool" && (len(open) == 0 || open[0] != m.ToolCallID || m.Text() == ""):
			return "the result of " + m.ToolCallID + " out of place"
		case m.Role == "tool":
			open = open[1:]
		case len(open) > 0:
			return "calls that have no result"
		case m.Role == "user" && (before == "user" || m.Text() == ""):
			return "two messages of the user, or an empty one"
		case m.Role == "assistant" && len(m.ToolCalls) == 0 && strings.TrimSpace(m.Text()) == "":
			return "an empty answer"
		case m.Role != "user" && m.Role != "assistant":
			return "the role " + m.Role
		}
		for _, c := range m.ToolCalls {
			if !functionName.MatchString(c.Function.Name) || !json.Valid([]byte(c.Function.Arguments)) {
				return "a call of " + c.Function.Name + "(" + c.Function.Arguments + ")"
			}
			open = append(open, c.ID)
		}
		before = m.Role
	}
	if len(open) > 0 {
		return "calls that have no result"
	}
	return ""
}

// inputs are a request to the Responses API.
type inputs struct {
	Instructions string
	Input        []struct {
		Type, Role string
		CallID     string `json:"call_id"`
		Name       string
		Arguments  string
		Output     string
		Content    json.RawMessage
	}
	Tools []struct {
		Type, Name string
		Strict     *bool
	}
	Store, Stream *bool
}

// malformedInput does the same for the Responses API.
func malformedInput(body []byte) (problem string) {
	var r inputs
	if err := json.Unmarshal(body, &r); err != nil {
		return err.Error()
	}
	if r.Instructions == "" || len(r.Input) == 0 || r.Store == nil || *r.Store || r.Stream == nil || !*r.Stream {
		return "no instructions, no input, or something to be stored"
	}
	for _, tool := range r.Tools {
		if tool.Type != "function" || !functionName.MatchString(tool.Name) || tool.Strict == nil {
			return "the tool " + tool.Name
		}
	}
	open := map[string]bool{}
	for _, item := range r.Input {
		switch item.Type {
		case "function_call":
			if !functionName.MatchString(item.Name) || !json.Valid([]byte(item.Arguments)) {
				return "a call of " + item.Name
			}
			open[item.CallID] = true
		case "function_call_output":
			if !open[item.CallID] || item.Output == "" {
				return "a result out of place"
			}
			delete(open, item.CallID)
		case "", "message", "reasoning":
		default:
			return "an item of type " + item.Type
		}
	}
	if len(open) > 0 {
		return "calls that have no result"
	}
	return ""
}

// A watcher follows one stream.
type watcher struct {
	open   map[string]map[int]string // announced items: the text of their open parts
	done   map[string]bool
	failed bool
}

func (w *watcher) see(e chatkit.Event) (problem string) {
	if w.open == nil {
		w.open, w.done = map[string]map[int]string{}, map[string]bool{}
	}
	if w.failed {
		return "follows an error"
	}
	switch e := e.(type) {
	case *chatkit.ItemAdded:
		id := e.Item.ItemID()
		if w.open[id] != nil || w.done[id] {
			return "announces " + id + " again"
		}
		w.open[id] = map[int]string{}
	case *chatkit.ItemUpdated:
		parts := w.open[e.ItemID]
		if parts == nil {
			return "updates " + e.ItemID + ", which is not open"
		}
		return grow(parts, e.Update)
	case *chatkit.ItemDone:
		id := e.Item.ItemID()
		if w.done[id] {
			return "ends " + id + " again"
		}
		if m, ok := e.Item.(*chatkit.AssistantMessage); ok && strings.TrimSpace(textOfAssistant(m)) == "" {
			return "is an empty answer"
		}
		delete(w.open, id)
		w.done[id] = true
	case *chatkit.ItemRemoved:
		delete(w.open, e.ItemID)
	case *chatkit.ErrorEvent:
		w.failed = true
	}
	return ""
}

// grow follows the text of one message.
func grow(parts map[int]string, u chatkit.Update) (problem string) {
	switch u := u.(type) {
	case *chatkit.ContentAdded:
		if _, twice := parts[u.Index]; twice {
			return "opens a part again"
		}
		parts[u.Index] = u.Content.Text
	case *chatkit.TextDelta:
		if _, open := parts[u.Index]; !open {
			return "brings text to a part that is not open"
		}
		parts[u.Index] += u.Delta
	case *chatkit.ContentDone:
		text, open := parts[u.Index]
		if !open || text != u.Content.Text {
			return fmt.Sprintf("ends a part with %q after %q", u.Content.Text, text)
		}
		delete(parts, u.Index)
	}
	return ""
}

// failure gives the error that the answer ended with, nil if with none.
func (s streamed) failure() *chatkit.ErrorEvent {
	if len(s.Events) == 0 {
		return nil
	}
	e, _ := s.Events[len(s.Events)-1].(*chatkit.ErrorEvent)
	return e
}

// eventsOf gives the events of a type.
func eventsOf[E chatkit.Event](s streamed) (all []E) {
	for _, e := range s.Events {
		if e, ok := e.(E); ok {
			all = append(all, e)
		}
	}
	return all
}
