package edge

import (
	"context"
	"maps"
	"sync"
	"time"
)

// A Limiter allows each user so many calls a minute. It is a token bucket that
// holds a minute's worth: a user who was idle may use all of it at once, then
// goes on at the steady rate. What it knows is of this process alone, so two
// replicas allow twice as much. Memory: one entry for each user of the last
// minute or so.
type Limiter struct {
	every time.Duration // one token; 0 = no limit
	now   func() time.Time
	again *Limiter // refusals that are given at once

	mu    sync.Mutex
	full  map[string]time.Time // when the user's bucket will be full again
	sweep int                  // entries at which the full buckets are dropped
}

const minSweep = 1024

const (
	// quickRefusals is how many refusals a minute a user is given at once.
	quickRefusals = 60
	// slowRefusal is how long each further one takes: a few dozen connections then
	// cost a tenth of a processor, and a script that loops still ends.
	slowRefusal = 50 * time.Millisecond
)

// NewLimiter allows perMinute calls a minute to each user, 0 any number.
func NewLimiter(perMinute int) *Limiter {
	l := newBuckets(perMinute)
	l.again = newBuckets(quickRefusals)
	return l
}

func newBuckets(perMinute int) *Limiter {
	l := &Limiter{now: time.Now, full: make(map[string]time.Time), sweep: minSweep}
	if perMinute > 0 {
		l.every = time.Minute / time.Duration(perMinute)
	}
	return l
}

// Allow takes one call of user; where none is left it takes nothing and says
// after how long the next will be there.
//
// The bucket is kept as the instant when it is full: each call moves that
// instant on by one token, and it may not lie more than a minute ahead.
func (l *Limiter) Allow(user string) (retryAfter time.Duration, ok bool) {
	return l.allow(user, 1)
}

// Take is Allow for a call that weighs as much as n, and for users who go on
// regardless: who has often been refused waits for each further refusal, until
// ctx ends. Refusing costs too, and a connection that waits asks for nothing. No
// weight is more than a minute's worth.
func (l *Limiter) Take(ctx context.Context, user string, n int) (retryAfter time.Duration, ok bool) {
	if retryAfter, ok = l.allow(user, n); ok {
		return retryAfter, ok
	}
	if _, quick := l.again.Allow(user); !quick {
		select {
		case <-time.After(slowRefusal):
		case <-ctx.Done():
		}
	}
	return retryAfter, false
}

func (l *Limiter) allow(user string, n int) (retryAfter time.Duration, ok bool) {
	if l == nil || l.every == 0 {
		return 0, true
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	full, known := l.full[user]
	if !known || full.Before(now) {
		full = now
	}
	full = full.Add(min(time.Duration(n)*l.every, time.Minute/l.every*l.every))
	if wait := full.Sub(now) - time.Minute; wait > 0 {
		return wait, false
	}
	l.full[user] = full
	if len(l.full) >= l.sweep {
		l.drop(now)
	}
	return 0, true
}

// drop forgets full buckets. It runs when the entries have doubled, so that it
// costs each call the same in the mean; the copy lets the map shrink.
func (l *Limiter) drop(now time.Time) {
	maps.DeleteFunc(l.full, func(_ string, full time.Time) bool { return !full.After(now) })
	l.full = maps.Clone(l.full)
	l.sweep = max(minSweep, 2*len(l.full))
}

// A Cap bounds how many things (streams, sessions) each user has at once.
type Cap struct {
	max  int // 0 = no limit
	mu   sync.Mutex
	held map[string]int
}

// NewCap allows each user limit at once, 0 any number.
func NewCap(limit int) *Cap {
	return &Cap{max: limit, held: make(map[string]int)}
}

// Acquire takes one of the user's places; ok is false, and release nil, when
// all are taken. Release gives it back and may be called more than once.
func (c *Cap) Acquire(user string) (release func(), ok bool) {
	if c == nil || c.max <= 0 {
		return func() {}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[user] >= c.max {
		return nil, false
	}
	c.held[user]++
	return sync.OnceFunc(func() { c.release(user) }), true
}

func (c *Cap) release(user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[user]--; c.held[user] == 0 {
		delete(c.held, user)
	}
}
