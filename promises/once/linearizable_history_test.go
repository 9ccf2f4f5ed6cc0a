package once

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// A history is what clients asked and were told, apart for each task or thread:
// these are what is promised to be linearizable, each by itself.
type history struct {
	begun time.Time
	asked atomic.Int64 // operations
	lost  atomic.Int64 // of them without an answer
	mu    sync.Mutex
	of    map[string][]porcupine.Operation
}

func newHistory() *history {
	return &history{begun: time.Now(), of: map[string][]porcupine.Operation{}}
}

func (h *history) now() int64 { return int64(time.Since(h.begun)) }

// A span is an operation that runs.
type span struct {
	h      *history
	client int
	called int64
}

func (h *history) begin(client int) span { return span{h, client, h.now()} }

// ends notes the operation as answered now. A list answers for several.
func (s span) ends(id string, in, out any) {
	s.h.add(id, porcupine.Operation{ClientId: s.client, Input: in, Call: s.called, Output: out, Return: s.h.now()})
}

// isLost notes a change whose answer never came: it has its effect at any time
// from its call on, or never.
func (s span) isLost(id string, in, out any) {
	s.h.lost.Add(1)
	s.h.add(id, porcupine.Operation{ClientId: s.client, Input: in, Call: s.called, Output: out, Return: math.MaxInt64})
}

func (h *history) add(id string, op porcupine.Operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of[id] = append(h.of[id], op)
}

// check asks of each task or thread whether one replica alone could have
// answered so. It gives the ids of those of which that is not so.
func (h *history) check(t testing.TB, model porcupine.Model) (broken []string) {
	t.Helper()
	for id, ops := range h.of {
		switch porcupine.CheckOperationsTimeout(model, ops, time.Minute) {
		case porcupine.Illegal:
			broken = append(broken, id)
		case porcupine.Unknown:
			t.Errorf("%d operations on %s could not be judged in a minute", len(ops), id)
		}
	}
	return broken
}

// tell gives a history of one task or thread in words.
func (h *history) tell(id string) string {
	ops := slices.Clone(h.of[id])
	slices.SortFunc(ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	var text strings.Builder
	for _, op := range ops {
		end := "never"
		if op.Return != math.MaxInt64 {
			end = fmt.Sprint(time.Duration(op.Return))
		}
		fmt.Fprintf(&text, "%v to %s, client %d: %+v: %+v\n", time.Duration(op.Call), end, op.ClientId, op.Input, op.Output)
	}
	return text.String()
}

// A verdict is how an operation ended.
type verdict string

const (
	lost    verdict = "lost" // nobody knows
	done    verdict = "done"
	missing verdict = "missing"
	stale   verdict = "stale" // it was to be done only on another version
)

// A client works on what the users of one history have, at either replica.
type client struct {
	testing.TB
	*history
	n       int
	rng     *rand.Rand
	replica int
	made    int // names
	cut     bool
}

// name is a title, or a text, that nobody else gives.
func (c *client) name() string {
	c.made++
	return fmt.Sprintf("%d.%d", c.n, c.made)
}

// Clients go over to the other replica after every few operations.
const stay = 3

// patience is the context of an operation. One in three hundred is cut off by
// its client.
func (c *client) patience() (context.Context, context.CancelFunc) {
	if c.cut && c.rng.IntN(300) == 0 {
		return context.WithTimeout(c.Context(), time.Duration(c.rng.IntN(4000))*time.Microsecond)
	}
	return context.WithTimeout(c.Context(), time.Minute)
}

// turnedAway reports whether nobody was there to take the operation.
func (c *client) turnedAway(err error) bool {
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return false
	}
	c.replica = 1 - c.replica
	return true
}

// A workload is a kind of thing to work on.
type workload interface {
	model() porcupine.Model
	step(c *client) // one operation, or the few that belong together
	restart()       // kills a replica and starts it anew
	furnish(t testing.TB, name string)
}

// Users of one history, and clients of each. A replica serves a user three
// calls at once.
const (
	users   = 4
	perUser = 4
	ofEach  = 5 // tasks or threads
)

// record lets clients work until they have done so many operations. With
// trouble a replica is killed at a third of them.
func record(t testing.TB, w workload, name string, operations int, trouble bool) *history {
	t.Helper()
	h := newHistory()
	w.furnish(t, name)
	third := make(chan struct{})
	var once sync.Once
	var all sync.WaitGroup
	for n := range users * perUser {
		all.Go(func() {
			c := &client{TB: t, history: h, n: n, rng: rand.New(rand.NewPCG(uint64(n), uint64(operations))), replica: n % 2, cut: trouble}
			for i := 1; h.asked.Load() < int64(operations) && !t.Failed(); i++ {
				if w.step(c); i%stay == 0 {
					c.replica = 1 - c.replica
				}
				if h.asked.Load() >= int64(operations)/3 {
					once.Do(func() { close(third) })
				}
			}
			once.Do(func() { close(third) })
		})
	}
	if <-third; trouble {
		w.restart()
	}
	all.Wait()
	return h
}

// A shelf holds the ids of what there is to work on, each in a place of its
// own, and the versions in which they were last seen.
type shelf struct {
	mu     sync.Mutex
	places []string
	stamps map[string]string
}

// newShelves gives each user of a history one.
func newShelves(history string) (names []string, shelves [users]*shelf) {
	for i := range shelves {
		names = append(names, fmt.Sprintf("%s-%d", history, i))
		shelves[i] = &shelf{places: make([]string, ofEach), stamps: map[string]string{}}
	}
	return names, shelves
}

func (s *shelf) pick(rng *rand.Rand) (place int, id, stamp string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	place = rng.IntN(len(s.places))
	id = s.places[place]
	return place, id, s.stamps[id]
}

func (s *shelf) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.places)
}

func (s *shelf) stamp(id, stamp string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stamps[id] = stamp
}

// replace puts something new in the place of what is gone, unless somebody has.
func (s *shelf) replace(place int, gone, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.places[place] != gone {
		return false
	}
	delete(s.stamps, gone)
	s.places[place] = id
	return true
}
