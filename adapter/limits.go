package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"taskwire/edge"
)

// Limits count in this process: two replicas allow twice as much.

// readsLimited bounds what one user asks of us that is no turn. It refuses
// before any work is done.
func (s *server) readsLimited(h handler) handler {
	return func(c *gin.Context, user string) error {
		if err := allow(s.reads, user); err != nil {
			return err
		}
		return h(c, user)
	}
}

func allow(l *edge.Limiter, user string) error {
	if wait, ok := l.Allow(user); !ok {
		return later(wait, refuse(http.StatusTooManyRequests, "rate_limited", "Too many requests; nothing was done. Try again in a moment."))
	}
	return nil
}

// allowTurn bounds what asks the model.
func (s *server) allowTurn(ctx context.Context, user string) error {
	if err := allow(s.turns, user); err != nil {
		return err
	}
	return s.withinBudget(ctx, user)
}

// withinBudget refuses who has had their tokens of the day (of UTC).
func (s *server) withinBudget(ctx context.Context, user string) error {
	if s.cfg.perDay == 0 {
		return nil
	}
	now := time.Now().UTC()
	used, err := s.chats.Usage(ctx, user, now)
	if err != nil {
		return err
	}
	if used.Input+used.Output < int64(s.cfg.perDay) {
		return nil
	}
	tomorrow := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, time.UTC)
	return later(tomorrow.Sub(now), refuse(http.StatusTooManyRequests, "budget", "Today's share of the model is used up. It begins anew at midnight UTC."))
}

// openAnswer takes one of the places that a user has for open answers, until
// release.
func (s *server) openAnswer(user string) (release func(), err error) {
	leave, ok := s.streams.Acquire(user)
	if !ok {
		return nil, later(retryAfter, refuse(http.StatusTooManyRequests, "too_many_streams", "Too many answers at once. Wait for one of them to end."))
	}
	closed := s.memory.opened()
	return sync.OnceFunc(func() {
		leave()
		closed()
	}), nil
}
