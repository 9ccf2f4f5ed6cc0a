package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"taskwire/edge"
)

// Limits count in this process: two replicas allow twice as much.

// readsLimited bounds what one user asks of us that is no turn: how often, and
// how much of it at once. It refuses before any work is done. The body is read
// first: one that comes slowly must not keep the user's other devices out.
func (s *server) readsLimited(h handler) handler {
	return s.counted(func(c *gin.Context, user string) error {
		body, err := edge.ReadBody(c.Writer, c.Request, maxTaskBody) // no other may be larger
		if err != nil {
			return err
		}
		c.Request.Body = io.NopCloser(bytes.NewReader(body))
		leave, err := s.place(c.Request.Context(), user)
		if err != nil {
			return err
		}
		defer leave()
		return h(c, user)
	})
}

// place waits for one of those that the user has at work, until leave.
func (s *server) place(ctx context.Context, user string) (leave func(), err error) {
	leave, err = s.share.Enter(ctx, user)
	if err != nil {
		err = later(retryAfter, refuse(http.StatusTooManyRequests, "rate_limited", "Too many requests at once; nothing was done. Try again in a moment."))
	}
	return leave, err
}

// counted bounds how often one user asks, not how much at once: files may take
// as long as the user's line does.
func (s *server) counted(h handler) handler {
	return func(c *gin.Context, user string) error {
		if err := allow(c.Request.Context(), s.reads, user, weight(c.Request)); err != nil {
			return err
		}
		return h(c, user)
	}
}

// weight is how many calls a request counts for: a file is one more for each
// MiB, for taking it is work. One that does not say how large it is may be as
// large as they come.
func weight(r *http.Request) int {
	size := r.ContentLength
	if size < 0 && !edge.CheckContentType(r, "application/json") {
		size = maxUpload
	}
	return 1 + int(min(max(size, 0), maxUpload)>>20)
}

func allow(ctx context.Context, l *edge.Limiter, user string, n int) error {
	if wait, ok := l.Take(ctx, user, n); !ok {
		return later(wait, refuse(http.StatusTooManyRequests, "rate_limited", "Too many requests; nothing was done. Try again in a moment."))
	}
	return nil
}

// allowTurn bounds what asks the model.
func (s *server) allowTurn(ctx context.Context, user string) error {
	if err := allow(ctx, s.turns, user, 1); err != nil {
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
