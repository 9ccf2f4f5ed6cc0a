package main

import (
	"net/http"

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
