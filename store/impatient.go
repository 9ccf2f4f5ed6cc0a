package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Impatient gives a context for a request whose caller waits for the answer. A
// request may need several calls, and clears up after one that failed: with
// this context, and those made from it, all of them together may take as long
// as one alone. Then they fail with ErrUnavailable at once. It ends when a turn
// begins: who reads an answer has something to wait for.
func Impatient(ctx context.Context) context.Context {
	return context.WithValue(ctx, patienceKey{}, &patienceLeft{left: callTimeout})
}

type patienceKey struct{}

// patienceLeft is what a request may still wait for the database.
type patienceLeft struct {
	mu       sync.Mutex
	left     time.Duration
	forgiven bool
}

var errNoPatience = errors.New("the request has waited long enough")

// within bounds one call. done is to be called behind it.
func (st *Store) within(ctx context.Context) (limited context.Context, done func(), err error) {
	p, _ := ctx.Value(patienceKey{}).(*patienceLeft)
	if p == nil {
		limited, done := st.deadlines.within(ctx)
		return limited, done, nil
	}
	left := p.rest()
	if left <= 0 {
		return nil, nil, unavailable(errNoPatience)
	}
	var cancel context.CancelFunc
	if left > callTimeout-st.deadlines.step {
		limited, cancel = st.deadlines.within(ctx)
	} else {
		limited, cancel = context.WithTimeout(ctx, left)
	}
	begun := time.Now()
	return limited, func() { cancel(); p.spend(time.Since(begun)) }, nil
}

func (p *patienceLeft) rest() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.forgiven {
		return callTimeout
	}
	return p.left
}

func (p *patienceLeft) spend(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left -= d
}

// forgive lets a request take its time from now on.
func forgive(ctx context.Context) {
	if p, ok := ctx.Value(patienceKey{}).(*patienceLeft); ok {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.forgiven = true
	}
}
