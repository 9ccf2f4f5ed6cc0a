package agent

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// The watchdog barks at the first of its waits that is over, and says which one
// that was.
func TestWatchdog(t *testing.T) {
	const connect, idle, all = 10 * time.Second, 30 * time.Second, 2 * time.Minute
	for _, c := range []struct {
		name  string
		hear  []time.Duration // when a byte comes; the first is the connection
		after time.Duration
		cause error
	}{
		{"no connection", nil, connect, errNoConnection},
		{"silence before the first byte", []time.Duration{5 * time.Second}, 35 * time.Second, errSilence},
		{"silence between bytes", []time.Duration{time.Second, 20 * time.Second, 45 * time.Second}, 75 * time.Second, errSilence},
		{"never silent, and too long", []time.Duration{
			time.Second, 25 * time.Second, 50 * time.Second, 75 * time.Second, 100 * time.Second,
		}, all, errTimeOver},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx, dog := watch(t.Context(), began.Add(all), connect, idle)
				defer dog.stop()
				for i, at := range c.hear {
					time.Sleep(at - time.Since(began))
					if i == 0 {
						dog.connect()
					} else {
						dog.heard()
					}
				}
				<-ctx.Done()
				if took := time.Since(began); took != c.after || context.Cause(ctx) != c.cause {
					t.Errorf("after %v: %v, want after %v: %v", took, context.Cause(ctx), c.after, c.cause)
				}
			})
		})
	}
}
