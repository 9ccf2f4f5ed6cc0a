package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/edge"
	"taskwire/promises/tally"
)

// A bug in what runs beside the requests costs a round, and what asks whether we
// are ready is told that we are not.
func TestPanicInGoroutines(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	h.Server.tools = nil // asked on a goroutine of its own
	h.send(t, "GET", "/readyz", "", nil).refused(t, 503, "not_ready")
	h.send(t, "GET", "/healthz", "", nil).ok(t, 200)
	if log := h.Log.String(); !strings.Contains(log, "nil pointer") || !strings.Contains(log, "health.go") {
		t.Errorf("the log does not say where the panic was: %s", log)
	}
	synctest.Test(t, func(t *testing.T) {
		logged := &syncBuffer{}
		s := &server{logger: edge.NewLogger(logged, edge.Settings{}, false)}
		s.life, s.stop = context.WithCancel(t.Context())
		rounds := 0
		go s.every(time.Second, "round", func(context.Context) error {
			rounds++
			switch rounds {
			case 1:
				panic("a bug")
			case 2:
				return errors.New("a failure")
			}
			return nil
		})
		time.Sleep(3500 * time.Millisecond)
		s.stop()
		synctest.Wait()
		if log := logged.String(); rounds != 4 || strings.Count(log, `"round failed"`) != 2 || !strings.Contains(log, "a bug") {
			t.Errorf("%d rounds, want 4; log: %s", rounds, log)
		}
	})
	tally.Counted(t, tally.Entry{Promise: "P7", What: "panics in goroutines", Runs: 2})
}
