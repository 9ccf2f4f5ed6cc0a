package edge

import (
	"context"
	"sync"
	"time"
)

const (
	// CallsAtOnce is how many calls of one user may be at work at once. It is
	// less than the store has connections, so that one user's slow searches
	// leave some to everybody else.
	CallsAtOnce = 3
	// ShareWait is how long further calls wait for their turn.
	ShareWait = 4 * time.Second
)

// A Share gives each user so many places. Who finds none waits in a queue of
// the user's own.
type Share struct {
	each int

	mu    sync.Mutex
	users map[string]*places
}

type places struct {
	taken chan struct{}
	using int // who holds or waits for a place; guarded by Share.mu
}

// NewShare gives each user so many places.
func NewShare(each int) *Share { return &Share{each: each, users: map[string]*places{}} }

// Enter waits for a place of the user's until ctx ends, but no longer than
// ShareWait; the error is the context's.
func (s *Share) Enter(ctx context.Context, user string) (leave func(), err error) {
	s.mu.Lock()
	p := s.users[user]
	if p == nil {
		p = &places{taken: make(chan struct{}, s.each)}
		s.users[user] = p
	}
	p.using++
	s.mu.Unlock()
	leave = func() { <-p.taken; s.forget(user, p) }
	select {
	case p.taken <- struct{}{}:
		return leave, nil
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, ShareWait)
	defer cancel()
	select {
	case p.taken <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		s.forget(user, p)
		return nil, ctx.Err()
	}
}

func (s *Share) forget(user string, p *places) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.using--; p.using == 0 {
		delete(s.users, user)
	}
}
