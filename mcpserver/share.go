package main

import (
	"context"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	// callsAtOnce is how many calls of one user may be in the store at once. It
	// is less than the store has connections, so that one user's slow searches
	// leave some to everybody else.
	callsAtOnce = 3
	// shareWait is how long further calls wait for their turn.
	shareWait = 4 * time.Second
)

// A share gives each user so many places. Who finds none waits in a queue of
// the user's own.
type share struct {
	each int

	mu    sync.Mutex
	users map[string]*places
}

type places struct {
	taken chan struct{}
	using int // who holds or waits for a place; guarded by share.mu
}

func newShare(each int) *share { return &share{each: each, users: map[string]*places{}} }

// enter waits for a place of the user's until ctx ends.
func (s *share) enter(ctx context.Context, user string) (leave func(), err error) {
	s.mu.Lock()
	p := s.users[user]
	if p == nil {
		p = &places{taken: make(chan struct{}, s.each)}
		s.users[user] = p
	}
	p.using++
	s.mu.Unlock()
	select {
	case p.taken <- struct{}{}:
		return func() { <-p.taken; s.forget(user, p) }, nil
	case <-ctx.Done():
		s.forget(user, p)
		return nil, ctx.Err()
	}
}

func (s *share) forget(user string, p *places) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.using--; p.using == 0 {
		delete(s.users, user)
	}
}

// fair lets what reads or changes tasks wait for its user's turn.
func (ts *toolset) fair(s *share) mcp.Middleware {
	return func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			switch method {
			case "tools/call", "resources/read", "prompts/get", "completion/complete":
			default:
				return next(ctx, method, req)
			}
			user, err := ts.caller(req)
			if err != nil {
				return nil, err
			}
			waiting, cancel := context.WithTimeout(ctx, shareWait)
			leave, err := s.enter(waiting, user)
			cancel()
			if err != nil {
				const text = "too many calls at once; nothing was done, try again in a moment"
				if method == "tools/call" {
					return toolError(codeLimited, text), nil
				}
				return nil, unavailable(text)
			}
			defer leave()
			return next(ctx, method, req)
		}
	}
}
