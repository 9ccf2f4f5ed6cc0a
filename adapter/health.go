package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"taskwire/edge"
)

// healthz says that the process runs.
func (s *server) healthz(c *gin.Context) {
	writeJSON(c, http.StatusOK, map[string]string{"status": "ok"})
}

// readyPatience is how long /readyz waits for what it asks.
const readyPatience = 4 * time.Second

// readyz says whether people would be served: the database and the tools
// answer, and the provider's keys are at hand.
func (s *server) readyz(c *gin.Context) {
	ctx := c.Request.Context()
	down := s.reach.ask(ctx)
	if len(down) == 0 {
		writeJSON(c, http.StatusOK, map[string]string{"status": "ready"})
		return
	}
	var errs []error
	for _, d := range down {
		errs = append(errs, d.err)
	}
	s.logger.WarnContext(ctx, "not ready", "request_id", edge.RequestID(ctx), "err", errors.Join(errs...))
	edge.SetRetryAfter(c.Writer.Header(), time.Second)
	edge.WriteProblem(c.Writer, c.Request, http.StatusServiceUnavailable, "not_ready", down[0].detail)
}

// An outage is something that we need and cannot reach.
type outage struct {
	what   string // "database", "tools", "keys"
	detail string // for a person
	err    error
}

// outOfReach asks everything at once.
func (s *server) outOfReach(ctx context.Context) (down []outage) {
	checks := []struct {
		outage
		ask func(context.Context) error
	}{
		{outage{what: "database", detail: "The database is out of reach."}, s.store.Ping},
		{outage{what: "tools", detail: "The tools are out of reach."}, s.tools.Ping},
		{outage{what: "keys", detail: "The keys of the identity provider are out of reach."}, s.users.Ready},
	}
	answers := make([]chan error, len(checks))
	for i, check := range checks {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- edge.Safely(func() error { return check.ask(ctx) }) }()
	}
	for i, check := range checks {
		if err := <-answers[i]; err != nil {
			check.outage.err = err
			down = append(down, check.outage)
		}
	}
	return down
}

// keySet publishes the key of our tokens (RFC 7517): mcpserver verifies with it
// what we call it with.
func (s *server) keySet(c *gin.Context) {
	c.Writer.Header().Set("Cache-Control", "public, max-age=300")
	writeBody(c, http.StatusOK, "application/jwk-set+json", s.signer.KeySet())
}
