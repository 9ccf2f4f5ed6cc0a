package main

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
	"taskwire/store/storetest"
)

// dieInMidAnswer kills a replica while it answers, and gives whom.
func dieInMidAnswer(t *testing.T, f *fleet) (died map[string]*chatter) {
	victim := f.join(t, nil)
	died = map[string]*chatter{}
	var cut sync.WaitGroup
	for _, name := range []string{"left alone", "gone on with"} {
		c := victim.chat(t, f.scriptedModel, agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"tea"}`}), untilKept)
		died[name] = c
		o := c.opens(victim, "Tea", "so good", nil)
		c.thread = o.soFar().thread(t)
		cut.Go(func() { _, _ = o.unread.WriteTo(&o.read) }) // how a dead process ends it is not ours to say
	}
	for _, c := range died {
		waitFor(t, "the text to be kept aside", func() bool {
			return slices.ContainsFunc(c.rows("chat_turns"), func(row string) bool { return strings.Contains(row, "so good") })
		})
	}
	victim.process.kill(t)
	cut.Wait()
	return died
}

// testKilled: another replica ends what a dead one left, by itself, and for who
// wants to go on before that.
func testKilled(t *testing.T, died map[string]*chatter, b *replica) {
	for _, c := range died {
		c.TB = t
	}
	const limit = 30 * time.Second
	impatient := died["gone on with"]
	var next streamed
	within(t, limit, "the thread to be free", func() bool {
		next = b.stream(t, impatient.body("Go on"), impatient.header)
		if next.Status != http.StatusOK {
			next.refused(t, 409, "busy")
		}
		return next.Status == http.StatusOK
	})
	left := died["left alone"]
	within(t, limit, "the turn to be ended", func() bool { return left.turns() == "failed" })
	left.h = b.harness
	left.shown = doneIDs(streamed{Events: threadOf(left)})
	left.says("Go on")
	for name, c := range died {
		c.h = b.harness
		if states := c.turns(); states != "failed done" {
			t.Errorf("%s: the turns are %s", name, states)
		}
		if answers := c.answers(); len(answers) != 2 || answers[0] != "So far so good …" || answers[1] != "All done." {
			t.Errorf("%s: the thread has %q", name, answers)
		}
		r := c.lastAsked()
		if !toldModel(r, "So far so good …") || !toldModel(r, noteDied) {
			t.Errorf("%s: the model is not told what became of the answer: %+v", name, r.Messages)
		}
		if tasks := c.tasks(); !slices.Equal(tasks, []string{"tea"}) {
			t.Errorf("%s: the tasks are %q", name, tasks)
		}
	}
}

// untilKept is a reply that takes long enough to be kept aside, and never ends.
func untilKept(w *agenttest.Writer, _ agenttest.Request) {
	w.Begin()
	w.Delta("So far")
	time.Sleep(2100 * time.Millisecond) // the pace of the model: text is kept aside every 2 s
	w.Delta(" so good")
	w.Hold()
}

// answers are the texts of the thread's answers.
func (c *chatter) answers() (texts []string) {
	c.Helper()
	for _, item := range c.items() {
		if m, ok := item.(*chatkit.AssistantMessage); ok {
			texts = append(texts, textOfAssistant(m))
		}
	}
	return texts
}

// threadOf gives the items of a thread as a client that loads it has them.
func threadOf(c *chatter) (events []chatkit.Event) {
	for _, item := range c.items() {
		events = append(events, &chatkit.ItemDone{Item: item})
	}
	return events
}

// A leaver is a replica that is about to be told to end.
type leaver struct {
	*replica
	f     *fleet
	after *replica // looks at what is left
}

// begins begins an answer there.
func (l leaver) begins(t *testing.T, reply agenttest.Reply, more header) (*chatter, *ongoing) {
	c := l.chat(t, l.f.scriptedModel, reply)
	o := c.opens(l.replica, "Count", "One, ", more)
	c.thread = o.soFar().thread(t)
	c.h = l.after.harness
	return c, o
}

// ends sends SIGTERM and waits until that is noticed. The channel closes at the
// end of the process; the test fails unless its status is 0.
func (l leaver) ends(t *testing.T) (ended <-chan struct{}) {
	done := make(chan struct{})
	go func() { defer close(done); l.process.stop(t) }()
	waitFor(t, "the replica to be ending", func() bool { return strings.Contains(l.Log.String(), `"msg":"draining"`) })
	return done
}

// testDrained: SIGTERM lets answers end for a while and cuts off those that do
// not. Nothing new is taken.
func testDrained(t *testing.T, f *fleet, a, b *replica) {
	leaving := leaver{f.join(t, map[string]string{"SHUTDOWN_GRACE": "6s"}), f, b}
	goOn := make(chan struct{})
	ending, endingOpen := leaving.begins(t, pausing(goOn, "One, ", "two."), nil)
	stuck, stuckOpen := leaving.begins(t, agenttest.Stall("One, "), nil)
	old := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer old.CloseIdleConnections()
	if status := statusOf(t, old, leaving.Base+"/healthz"); status != 200 {
		t.Errorf("before the end: HTTP %d", status)
	}

	ended := leaving.ends(t)
	if status := statusOf(t, old, leaving.Base+"/api/chat/health"); status != 503 {
		t.Errorf("a new request on an old connection: HTTP %d, want 503", status)
	}
	if _, err := exchange(t.Context(), "GET", leaving.Base+"/healthz", "", nil); err == nil {
		t.Error("a new connection is taken")
	}
	close(goOn)
	if s := endingOpen.rest(); s.text() != "One, two." || s.failure() != nil {
		t.Errorf("an answer that can end in time is %s", s.Body)
	}
	s := stuckOpen.rest()
	if e := s.failure(); e == nil || !e.AllowRetry || s.text() != "One, …" {
		t.Errorf("an answer that cannot end is %s, want an error with retry", s.Body)
	}
	<-ended
	ending.leftWhole()
	stuck.leftCutOff(a, b)
}

// testDrainedAlone: answers that nobody listens to any more are waited for too.
func testDrainedAlone(t *testing.T, f *fleet, a, b *replica) {
	leaving := leaver{f.join(t, map[string]string{"SHUTDOWN_GRACE": "5s"}), f, b}
	goOn, detach := make(chan struct{}), header{"X-Stream-Detach": "1"}
	ending, endingOpen := leaving.begins(t, pausing(goOn, "One, ", "two."), detach)
	stuck, stuckOpen := leaving.begins(t, agenttest.Stall("One, "), detach)
	endingOpen.leave(leaving.replica)
	stuckOpen.leave(leaving.replica)
	ended := leaving.ends(t)
	close(goOn)
	<-ended
	ending.leftWhole()
	stuck.leftCutOff(a, b)
}

// leftWhole: an answer that could end is there as if nothing had been.
func (c *chatter) leftWhole() {
	c.Helper()
	if answers := c.answers(); c.turns() != "done" || !slices.Equal(answers, []string{"One, two."}) {
		c.Errorf("of what could end there is %q, %s", answers, c.turns())
	}
}

// leftCutOff: what there was of an answer is kept, and the next one knows.
func (c *chatter) leftCutOff(a, b *replica) {
	c.Helper()
	if answers := c.answers(); c.turns() != "failed" || !slices.Equal(answers, []string{"One, …"}) {
		c.Errorf("of what was cut off there is %q, %s", answers, c.turns())
	}
	c.seenAlike(a, b)
	b.stream(c, c.body("Go on"), c.header).ok(c, 200)
	if !toldModel(c.lastAsked(), "broke off") {
		c.Errorf("the model is not told that the answer was cut off: %+v", c.lastAsked().Messages)
	}
}

func statusOf(t testing.TB, client *http.Client, url string) int {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var rest [4096]byte
	for err == nil {
		_, err = resp.Body.Read(rest[:])
	}
	return resp.StatusCode
}

// The tools die while they work. The call's id sees to it that there is one
// effect.
func TestToolsDieInMidCall(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]struct {
		before bool // the effect
		back   bool // they come
	}{
		"before the effect": {before: true, back: true},
		"behind the effect": {back: true},
		"and stay away":     {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, storetest.Postgres)
			between := meddle(t, "http://"+f.toolsAt)
			r := f.join(t, map[string]string{"MCP_URL": between.URL + "/mcp"})
			f.work(t, r)
			conn := storetest.Behind(t, f.database)
			lock, err := conn.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer lock.Rollback()
			if when.before {
				if _, err := lock.ExecContext(t.Context(), "LOCK TABLE tasks IN SHARE MODE"); err != nil {
					t.Fatal(err)
				}
			}
			c := r.chat(t, f.scriptedModel, agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"tea"}`}), agenttest.Text("So be it."))
			o := c.opens(r, "Tea", "thread.created", nil)
			if when.before {
				waitFor(t, "the call to wait for the lock", func() bool {
					var waiting int
					err := conn.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = CAST($1 AS regclass)", f.database.Schema+".tasks").Scan(&waiting)
					return err == nil && waiting > 0
				})
			} else {
				<-between.answered
			}
			f.tools.kill(t)
			if err := lock.Rollback(); err != nil {
				t.Fatal(err)
			}
			if when.back {
				f.resume(t)
			}
			close(between.goOn)
			c.ends(o.rest())
			if answers := c.answers(); c.turns() != "done" || !slices.Equal(answers, []string{"So be it."}) {
				t.Errorf("the turn is %s with %q", c.turns(), answers)
			}
			if tasks := c.rows("tasks"); len(tasks) != 1 {
				t.Errorf("the tasks are %q, want one", tasks)
			}
			want := "could not be reached"
			if when.back {
				want = `"tea"`
			}
			if result := c.lastAsked().Last(); result.Role != "tool" || !strings.Contains(result.Text(), want) {
				t.Errorf("the model is told %s, want %s", result.Text(), want)
			}
		})
	}
}
