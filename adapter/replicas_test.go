package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
	"taskwire/store/storetest"
)

// Two replicas of the adapter on one database are one adapter.
func TestReplicas(t *testing.T) {
	t.Parallel()
	fleets(t, func(t *testing.T, f *fleet) {
		a, b := f.join(t, nil), f.join(t, nil)
		f.work(t, a)
		died := dieInMidAnswer(t, f) // others have to wait before they are sure of that
		t.Run("together", func(t *testing.T) { together(t, f, a, b) })
		t.Run("killed", func(t *testing.T) { testKilled(t, died, b) })
	})
}

func together(t *testing.T, f *fleet, a, b *replica) {
	for name, test := range map[string]func(t *testing.T, f *fleet, a, b *replica){
		"begun here, continued there":   testContinued,
		"busy and stopped from there":   testBusyAndStopped,
		"one key":                       testKeyOnReplicas,
		"deleted from there":            testDeletedElsewhere,
		"renamed from there":            testRenamedElsewhere,
		"signed here, taken there":      testSignedElsewhere,
		"deleted while items come":      testDeletedWhileItemsCome,
		"a late word stops no newcomer": testLateStop,
		"detached":                      testDetachedOnReplicas,
		"asked to end":                  testDrained,
		"asked to end, alone":           testDrainedAlone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, f, a, b)
		})
	}
}

// seenAlike: both replicas list and load the conversation byte for byte alike.
func (c *chatter) seenAlike(a, b *replica) {
	c.Helper()
	for kind, more := range map[string]string{
		"threads.get_by_id": "", "items.list": `,"order":"asc","limit":100`,
	} {
		here, there := c.lookup(a, kind, more).ok(c, 200), c.lookup(b, kind, more).ok(c, 200)
		if here.Body != there.Body || !strings.Contains(here.Body, c.thread) {
			c.Errorf("%s: one has %s, the other %s", kind, here.Body, there.Body)
		}
	}
	list := `{"type":"threads.list","params":{}}`
	here, there := a.send(c, "POST", "/api/chatkit", list, c.header).ok(c, 200), b.send(c, "POST", "/api/chatkit", list, c.header).ok(c, 200)
	if here.Body != there.Body || !strings.Contains(here.Body, c.thread) {
		c.Errorf("threads.list: one has %s, the other %s", here.Body, there.Body)
	}
}

func testContinued(t *testing.T, f *fleet, a, b *replica) {
	c := a.chat(t, f.scriptedModel,
		agenttest.Calls(agenttest.Call{ID: "c1", Name: "create_task", Arguments: `{"title":"buy milk"}`}),
		agenttest.Text("I noted ", "the milk."), agenttest.Text("There is one."))
	c.says("Note the milk")
	c.seenAlike(a, b)
	c.h = b.harness
	if text := c.says("How many are there?").text(); text != "There is one." {
		t.Errorf("the other replica says %q", text)
	}
	c.seenAlike(a, b)
	var said []string
	for _, m := range c.lastAsked().Messages[1:] { // behind the instructions
		line := m.Role + ": " + m.Text()
		for _, call := range m.ToolCalls {
			line += call.ID + " " + call.Function.Name + call.Function.Arguments
		}
		said = append(said, line)
	}
	want := []string{"user: Note the milk", `assistant: c1 create_task{"title":"buy milk"}`, "tool: ", "assistant: I noted the milk.", "user: How many are there?"}
	if len(said) != len(want) || !slices.EqualFunc(said, want, strings.HasPrefix) || !strings.Contains(said[2], "buy milk") {
		t.Errorf("the model reads %q, want %q", said, want)
	}
	if tasks := c.tasks(); !slices.Equal(tasks, []string{"buy milk"}) {
		t.Errorf("the tasks are %q", tasks)
	}
}

func testBusyAndStopped(t *testing.T, f *fleet, a, b *replica) {
	c := a.chat(t, f.scriptedModel, agenttest.Stall("One, ", "two, "), agenttest.Text("Stopped, I see."))
	o := c.opens(a, "Count", "two, ", nil)
	c.thread = o.soFar().thread(t)
	before := c.rows(threadTables...)
	for _, r := range []*replica{a, b} {
		r.send(t, "POST", "/api/chatkit", c.body("Hurry"), c.header).refused(t, 409, "busy")
		if !c.state(r.harness, "").Answering {
			t.Error("a replica does not know that an answer runs")
		}
	}
	if after := c.rows(threadTables...); !slices.Equal(before, after) || len(c.asked()) != 1 {
		t.Errorf("a message that was refused has changed something: %q, then %q", before, after)
	}
	if answer := c.cancels(b).ok(t, 200); answer.Body != `{"cancelled":true}` {
		t.Errorf("cancel: %s", answer.Body)
	}
	s := o.rest()
	c.thread = "" // ends takes it from the stream
	c.ends(s)
	last, done := s.Events[len(s.Events)-1].(*chatkit.ItemDone)
	if !done || s.text() != "One, two, " || last.Item.Kind() != chatkit.KindAssistantMessage {
		t.Errorf("the stopped stream ends with %s", s.Body)
	}
	if states := c.turns(); states != "cancelled" {
		t.Errorf("the turns are %s", states)
	}
	if answer := c.cancels(a).ok(t, 200); answer.Body != `{"cancelled":false}` {
		t.Errorf("cancel when nothing runs: %s", answer.Body)
	}
	c.h = b.harness
	if text := c.says("Why did you end?").text(); text != "Stopped, I see." {
		t.Errorf("the next answer is %q", text)
	}
	if r := c.lastAsked(); !toldModel(r, "One, two, ") || !toldModel(r, "The user stopped the last answer") {
		t.Errorf("the model is not told what was stopped: %+v", r.Messages)
	}
}

// A cancel that reaches the other replica late must not stop the turn after the
// one that it was meant for.
func testLateStop(t *testing.T, f *fleet, a, b *replica) {
	goOn := make(chan struct{})
	c := a.chat(t, f.scriptedModel, agenttest.Text("First."), pausing(goOn, "Second", " and last."))
	c.says("One")
	o := c.opens(a, "Two", "Second", nil)
	conn := storetest.Behind(t, f.database)
	var owner string
	if err := conn.QueryRowContext(t.Context(), `INSERT INTO chat_stops (user_id, session_id, turn_id, owner, asked_at)
		SELECT user_id, session_id, turn_id, owner, now() FROM chat_turns WHERE user_id = $1 AND state = 'done' RETURNING owner`, c.user).Scan(&owner); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "SELECT pg_notify('taskwire_stops', $1)", owner); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the word to be heard", func() bool { return len(c.rows("chat_stops")) == 0 })
	close(goOn)
	if text := o.rest().text(); text != "Second and last." {
		t.Errorf("a word for the turn before has stopped this one: %q", text)
	}
}

func testKeyOnReplicas(t *testing.T, f *fleet, a, b *replica) {
	goOn := make(chan struct{})
	c := a.chat(t, f.scriptedModel, pausing(goOn, "Once", " only."))
	key := header{"Idempotency-Key": "key " + c.user}
	hd := c.header.with("Idempotency-Key", key["Idempotency-Key"])
	body, other := c.body("Do it"), c.body("Do something else")
	o := c.opens(a, "Do it", "Once", key)
	for _, r := range []*replica{a, b} {
		r.send(t, "POST", "/api/chatkit", body, hd).refused(t, 409, "in_flight")
		r.send(t, "POST", "/api/chatkit", other, hd).refused(t, 422, "key_reused")
	}
	close(goOn)
	first := o.rest()
	c.ends(first)
	before := c.rows(threadTables...)
	for _, r := range []*replica{a, b} {
		again := r.stream(t, body, hd)
		if again.text() != "Once only." || !slices.Equal(doneIDs(again), doneIDs(first)) {
			t.Errorf("the replay is %s, the first was %s", again.Body, first.Body)
		}
		if _, created := again.Events[0].(*chatkit.ThreadCreated); !created {
			t.Errorf("the replay begins with %s", again.Body)
		}
		r.send(t, "POST", "/api/chatkit", other, hd).refused(t, 422, "key_reused")
	}
	if after := c.rows(threadTables...); !slices.Equal(before, after) || len(c.asked()) != 1 {
		t.Errorf("a replay has changed something: %q, then %q", before, after)
	}
}

// doneIDs are those of all finished items.
func doneIDs(s streamed) (ids []string) {
	for _, item := range done[chatkit.Item](s) {
		ids = append(ids, item.ItemID())
	}
	return ids
}

func testDeletedElsewhere(t *testing.T, f *fleet, a, b *replica) {
	for name, reply := range map[string]agenttest.Reply{
		"silent": agenttest.Stall("One, "), "before any text": agenttest.Stall(),
	} {
		t.Run(name, func(t *testing.T) {
			c := a.chat(t, f.scriptedModel, reply)
			key := header{"Idempotency-Key": "key " + c.user}
			body := c.body("Count")
			o := c.opens(a, "Count", "stream_options", key)
			if name == "silent" {
				o.until("One, ")
			}
			c.thread = o.soFar().thread(t)
			waitFor(t, "the model to be asked", func() bool { return len(c.asked()) == 1 })
			if answer := c.lookup(b, "threads.delete", "").ok(t, 200); answer.Body != "{}" {
				t.Errorf("delete: %s", answer.Body)
			}
			s := o.rest()
			if e := s.failure(); e == nil || e.AllowRetry || !strings.Contains(e.Message, "deleted") {
				t.Errorf("the open stream ends with %s, want an error without retry", s.Body)
			}
			c.gone(a, b)
			a.send(t, "POST", "/api/chatkit", body, c.header.with("Idempotency-Key", key["Idempotency-Key"])).refused(t, 404, "not_found")
		})
	}
}

// gone: nothing is left of the conversation, on no replica and in no table.
func (c *chatter) gone(replicas ...*replica) {
	c.Helper()
	for _, r := range replicas {
		c.lookup(r, "threads.get_by_id", "").refused(c, 404, "not_found")
		c.lookup(r, "items.list", "").refused(c, 404, "not_found")
		r.send(c, "POST", "/api/chatkit", c.body("Hello?"), c.header).refused(c, 404, "not_found")
	}
	if rows := c.rows("chat_sessions", "chat_messages", "chat_turns"); len(rows) != 0 {
		c.Errorf("of a deleted thread there is %q", rows)
	}
}

func testRenamedElsewhere(t *testing.T, f *fleet, a, b *replica) {
	goOn := make(chan struct{})
	c := a.chat(t, f.scriptedModel, pausing(goOn, "One, ", "two."))
	o := c.opens(a, "Count", "One, ", nil)
	c.thread = o.soFar().thread(t)
	c.lookup(b, "threads.update", `,"title":"Numbers"`).ok(t, 200)
	close(goOn)
	s := o.rest()
	if s.text() != "One, two." || s.failure() != nil {
		t.Errorf("the answer is %s", s.Body)
	}
	if len(c.titles()) == 0 {
		t.Error("the model was not asked for a title: this shows nothing")
	}
	for _, r := range []*replica{a, b} {
		var thread struct{ Title string }
		c.lookup(r, "threads.get_by_id", "").ok(t, 200).decode(t, &thread)
		if thread.Title != "Numbers" {
			t.Errorf("the user's title became %q", thread.Title)
		}
	}
	for _, e := range eventsOf[*chatkit.ThreadUpdated](s) {
		if e.Thread.Title == "A better title" {
			t.Errorf("the client is told another title than the user's: %s", s.Body)
		}
	}
}

// What one replica signs, the other takes: client secrets and links of files.
func testSignedElsewhere(t *testing.T, f *fleet, a, b *replica) {
	c := a.chat(t, f.scriptedModel, agenttest.Text("I read it."))
	var session clientSession
	a.send(t, "POST", "/api/chatkit/session", "", c.header).ok(t, 200).decode(t, &session)
	b.send(t, "POST", "/api/chatkit/refresh", fmt.Sprintf(`{"session_id":%q}`, session.ID), c.header).ok(t, 200)
	secret := header{"Authorization": "Bearer " + session.Secret}
	var file struct {
		ID     string
		Upload struct{ URL string } `json:"upload_descriptor"`
	}
	a.send(t, "POST", "/api/chatkit", `{"type":"attachments.create","params":{"name":"a.txt","size":5,"mime_type":"text/plain"}}`, secret).ok(t, 200).decode(t, &file)
	link, ours := strings.CutPrefix(file.Upload.URL, fleetAddress)
	if !ours {
		t.Fatalf("the file is to go to %q, want an address of the fleet's", file.Upload.URL)
	}
	b.send(t, "PUT", link, "Hello", header{"Content-Type": "text/plain"}).ok(t, 200)
	said := strings.Replace(c.body("Read it"), `"attachments":[]`, fmt.Sprintf(`"attachments":[%q]`, file.ID), 1)
	if text := a.stream(t, said, secret).text(); text != "I read it." || !toldModel(c.lastAsked(), "Hello") {
		t.Errorf("the answer is %q, the model read %+v", text, c.lastAsked().Messages)
	}
}

// R12: a thread is deleted on one replica while the other adds items to it, at
// another moment each time.
func testDeletedWhileItemsCome(t *testing.T, f *fleet, a, b *replica) {
	const rounds, atOnce = 24, 4
	room := make(chan struct{}, atOnce)
	for i := range rounds {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			room <- struct{}{}
			defer func() { <-room }()
			runs, deletes := a, b
			if i%2 == 1 {
				runs, deletes = b, a
			}
			c := a.chat(t, f.scriptedModel,
				agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"tea"}`}), agenttest.Text(strings.Split("one two three four five six", "")...))
			o := c.opens(runs, "Go", "thread.created", nil)
			for range i {
				line, _ := o.unread.ReadString('\n') // it may have ended by then
				o.read.WriteString(line)
			}
			c.thread = o.soFar().Events[0].(*chatkit.ThreadCreated).Thread.ID
			c.lookup(deletes, "threads.delete", "").ok(t, 200)
			s := o.rest()
			if e := s.failure(); e != nil && (e.AllowRetry || !strings.Contains(e.Message, "deleted")) {
				t.Errorf("the stream ends with %s", s.Body)
			}
			c.gone(a, b)
		})
	}
}
