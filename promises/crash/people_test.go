package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"taskwire/promises/fleet"
)

// A crowd is people at work. Whoever does something holds the gate for reading.
type crowd struct {
	*ledger
	site   *site
	people []*person
	gate   sync.RWMutex
	calls  atomic.Int64 // of tools, on their way
	over   atomic.Bool
	busy   sync.WaitGroup
}

// A person chats and changes tasks, one thing after the other, and keeps what
// was acknowledged. Only its own goroutine, or who has closed the gate, may look
// into it.
type person struct {
	*crowd
	name           string
	token, toolKey string // for the adapters, for the tools
	rnd            *rand.Rand
	wishes         int
	at             *thread // the conversation that goes on
	threads        []*thread
	tasks          []*task          // that the person has made
	byModel        []*task          // and that the model has
	fresh          map[*thread]bool // what was touched since the last comparison
	freshTasks     map[*task]bool
	again          []*retry
	keys           int
}

// A retry is a request whose answer was lost and that is made again until there
// is one.
type retry struct {
	what string
	do   func() (settled bool)
	next time.Time
}

const retryEvery = 500 * time.Millisecond

// gather lets people begin as soon as the gate is opened.
func gather(t *testing.T, s *site, names []string, seed uint64) *crowd {
	t.Helper()
	c := &crowd{ledger: &ledger{made: map[string][]*task{}}, site: s}
	s.Model.Otherwise(c.model)
	c.gate.Lock()
	for i, name := range names {
		p := &person{
			crowd: c, name: name, rnd: rand.New(rand.NewPCG(seed, uint64(i))),
			fresh: map[*thread]bool{}, freshTasks: map[*task]bool{},
		}
		c.people = append(c.people, p)
	}
	c.sign(t)
	for _, p := range c.people {
		c.busy.Go(p.live)
	}
	return c
}

// sign gives everybody new tokens. The gate must be closed.
func (c *crowd) sign(t *testing.T) {
	t.Helper()
	for _, p := range c.people {
		p.token, p.toolKey = c.site.Token(t, p.name), c.site.ToolToken(t, p.name)
	}
}

func (p *person) live() {
	for !p.over.Load() {
		p.gate.RLock()
		if !p.over.Load() {
			p.does()
		}
		p.gate.RUnlock()
	}
}

// does one thing, as chance has it.
func (p *person) does() {
	if len(p.again) > 0 && p.retries() {
		return
	}
	switch n := p.rnd.IntN(100); {
	case n < 45:
		p.chats()
	case n < 50:
		p.renames()
	case n < 54:
		p.deletesThread()
	case n < 64:
		p.asksREST()
	case n < 76 || len(p.tasks) == 0:
		p.creates()
	default:
		recent := p.tasks[max(0, len(p.tasks)-30):]
		p.changes(recent[p.rnd.IntN(len(recent))])
	}
}

// retries tries one thing again, if it is time for that.
func (p *person) retries() bool {
	r := p.again[0]
	if time.Now().Before(r.next) {
		return false
	}
	p.again = p.again[1:]
	if !r.do() {
		r.next = time.Now().Add(retryEvery)
		p.again = append(p.again, r)
	}
	return true
}

func (p *person) later(what string, do func() bool) {
	p.again = append(p.again, &retry{what, do, time.Now().Add(retryEvery)})
}

// one is true once in n times.
func (p *person) one(n int) bool { return p.rnd.IntN(n) == 0 }

// newName is one that nobody else has.
func (p *person) newName() string {
	p.wishes++
	return fmt.Sprintf("%s-%d", p.name, p.wishes)
}

func (p *person) newKey() string {
	p.keys++
	return fmt.Sprintf("key-%s-%d", p.name, p.keys)
}

// patience is how long an answer is waited for.
const patience = 20 * time.Second

func waiting() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}

// lost reports whether what became of a request is unknown, because a part was
// not there. Any other refusal is a fault.
func (p *person) lost(what string, err error) bool {
	if err == nil {
		return false
	}
	defer time.Sleep(10 * time.Millisecond) // who finds nobody does not come back at once
	refused, ok := errors.AsType[*fleet.RefusedError](err)
	switch {
	case !ok:
		return true
	case refused.Status != http.StatusServiceUnavailable && refused.Status != http.StatusConflict:
		p.fault("%s %s: %v", p.name, what, err)
	}
	return true
}

// asks sends a request to an adapter.
func (p *person) asks(method, path, body string, header map[string]string) (fleet.Answer, error) {
	ctx, cancel := waiting()
	defer cancel()
	a, err := fleet.Do(ctx, method, p.site.anAdapter(p.rnd.IntN(2)).base+path, p.token, body, header)
	if err == nil && a.Status >= 400 {
		err = &fleet.RefusedError{Answer: a}
	}
	return a, err
}
