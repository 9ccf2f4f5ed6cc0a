package once

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// A pair is two replicas of each program.
type pair struct {
	*fleet.Fleet
	whole           testing.TB // the test that the processes last as long as
	adapters, tools [2]*fleet.Process
	model           *turnstile
}

// startPair starts them, both programs with these settings too.
func startPair(t testing.TB, settings ...map[string]string) *pair {
	t.Helper()
	p := &pair{Fleet: fleet.New(t, storetest.Config(t, storetest.Postgres)), whole: t, model: &turnstile{closed: map[string]chan struct{}{}}}
	p.Model.Otherwise(p.model.answer)
	for i := range p.adapters {
		p.adapters[i] = p.Adapter(t, settings...)
	}
	p.tools[0] = p.ToolServer(t, p.adapters[0], settings...)
	p.tools[1] = p.ToolServerAt(t, fleet.FreeAddress(t), p.adapters[0], settings...)
	for i := range p.adapters {
		p.adapters[i].Ready(t)
		p.tools[i].Ready(t)
	}
	return p
}

// A turnstile holds a model's answer to a text back until it is opened, so that
// duplicates come while the first is being answered.
type turnstile struct {
	mu     sync.Mutex
	closed map[string]chan struct{}
}

func (s *turnstile) close(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed[text] = make(chan struct{})
}

func (s *turnstile) open(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if gate, ok := s.closed[text]; ok {
		close(gate)
		delete(s.closed, text)
	}
}

func (s *turnstile) answer(w *agenttest.Writer, r agenttest.Request) {
	s.mu.Lock()
	gate, ok := s.closed[r.Last().Text()]
	s.mu.Unlock()
	if ok {
		<-gate
	}
	agenttest.Text("Fine.")(w, r)
}

// A key that many use at once, and what came of it.
type shared struct {
	way      way
	attempt  attempt
	outcomes []outcome
	faults   []string
}

func (s *shared) fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

// The same submit comes many times at once to two replicas, in every way in
// which one can come: it takes effect once, all who are told of an effect are
// told of that one, and the others that it is under way. Afterwards the key
// gives the same again, and nothing to another body.
func TestSubmits(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	t.Run("with a key", p.testWithKey)
	t.Run("without a key", p.testWithoutKey)
}

func (p *pair) testWithKey(t *testing.T) {
	const parallel = 50
	keys := tally.Rounds(2, 25) // of each way: 200 of all eight
	var all []*shared
	for _, w := range ways {
		for i := range keys {
			s := p.share(t, w, fmt.Sprintf("%s %d", slug(w.name), i), true)
			p.atOnce(t, s, parallel)
			p.afterwards(t, s)
			all = append(all, s)
		}
	}
	p.countEffects(t, all)
	var broken, told, busy int
	for _, s := range all {
		for _, o := range s.outcomes {
			if o.done() {
				told++
			} else {
				busy++
			}
		}
		if len(s.faults) > 0 {
			broken++
			t.Errorf("%s: %s", s.attempt.key, strings.Join(s.faults, "; "))
		}
	}
	tally.Counted(t, tally.Entry{
		Promise: "P3", What: "parallel duplicates", Runs: parallel * len(all), Broken: broken,
		Note: fmt.Sprintf("%d keys, %d submits were told of the one effect, %d that it is under way", len(all), told, busy),
	})
}

// Without a key each submit has an effect of its own, and the count shows it.
func (p *pair) testWithoutKey(t *testing.T) {
	var all []*shared
	for _, w := range ways {
		s := p.share(t, w, slug(w.name), false)
		for i := range 2 { // one after the other: a thread takes one message at a time
			s.attempt.replica = i
			s.outcomes = append(s.outcomes, p.submit(t, s, s.attempt))
		}
		s.compare()
		if len(s.faults) == 0 {
			t.Errorf("%s: two submits without a key give the same answer", w.name)
		}
		s.faults = nil
		all = append(all, s)
	}
	p.countEffects(t, all)
	for _, s := range all {
		if len(s.faults) == 0 {
			t.Errorf("%s: two effects were not noticed", s.way.name)
		}
	}
	if !t.Failed() {
		tally.Caught(t, "P3", "submits without a key are doubled")
	}
}

func slug(name string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '/' {
			return '-'
		}
		return r
	}, name)
}

// share makes a key, with a user to whom nothing else belongs.
func (p *pair) share(t testing.TB, w way, name string, keyed bool) *shared {
	t.Helper()
	user := "user-of-" + strings.ReplaceAll(name, " ", "-")
	s := &shared{way: w, attempt: attempt{user: user, token: p.Token(t, user), mcp: p.ToolToken(t, user), text: name}}
	if keyed {
		s.attempt.key = name
	}
	if w.onto {
		s.attempt.thread = p.newThread(t, s.attempt.token)
	}
	return s
}

func (p *pair) submit(t testing.TB, s *shared, a attempt) outcome {
	o, err := s.way.send(t.Context(), p, a)
	if err != nil {
		t.Errorf("%s: %v", a.key, err)
	}
	return o
}

// atOnce sends the submit n times, to both replicas by turns. The model answers
// once somebody was told that the submit is under way.
func (p *pair) atOnce(t testing.TB, s *shared, n int) {
	t.Helper()
	p.model.close(s.attempt.text)
	s.outcomes = make([]outcome, n)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			a := s.attempt
			a.replica = i % 2
			<-begin
			s.outcomes[i] = p.submit(t, s, a)
			p.model.open(a.text) // whoever ends first is not who waits for the model
		})
	}
	close(begin)
	all.Wait()
	s.compare()
}

// compare holds every outcome against the one that there may be.
func (s *shared) compare() {
	ids := ""
	for _, o := range s.outcomes {
		switch {
		case o.done() && ids == "":
			ids = o.ids
		case o.done() && o.ids != ids:
			s.fault("one was told of %s, another of %s", ids, o.ids)
		case !o.done() && (s.way.waits || !o.busy()):
			s.fault("a duplicate got %d %s %.300s", o.status, o.code, o.ids)
		}
	}
	if ids == "" {
		s.fault("nobody was told of an effect")
	}
}

// afterwards comes with the key again, to each replica, and with another body.
func (p *pair) afterwards(t testing.TB, s *shared) {
	t.Helper()
	for replica := range 2 {
		a := s.attempt
		a.replica = replica
		again := p.submit(t, s, a)
		if !again.done() {
			s.fault("again: %d %s", again.status, again.code)
		}
		s.outcomes = append(s.outcomes, again)
		a.text += " or not"
		if other := p.submit(t, s, a); !other.reused() {
			s.fault("another body: %d %s, want %d", other.status, other.code, http.StatusUnprocessableEntity)
		}
	}
	s.compare()
}

// countEffects holds what every user has against what one submit leaves.
func (p *pair) countEffects(t testing.TB, all []*shared) {
	t.Helper()
	conn := storetest.Behind(t, p.Database)
	for _, table := range []string{"tasks", "chat_sessions", "chat_turns", "chat_messages", "chat_attachments"} {
		rows, err := conn.QueryContext(t.Context(), "SELECT user_id, COUNT(*) FROM "+table+" GROUP BY user_id")
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for rows.Next() {
			var user string
			var n int
			if err := rows.Scan(&user, &n); err != nil {
				t.Fatal(err)
			}
			got[user] = n
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			if n := got[s.attempt.user]; n != s.way.makes[table] {
				s.fault("%d rows in %s, want %d", n, table, s.way.makes[table])
			}
		}
	}
}
