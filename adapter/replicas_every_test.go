package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// What fails while the database is away is tried again before the next round
// would come: others wait for it.
func TestFailuresAreSoonTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{logger: slog.New(slog.DiscardHandler)}
		s.life, s.stop = context.WithCancel(t.Context())
		begun := time.Now()
		var at []time.Duration
		go s.every(5*time.Second, "round", func(context.Context) error {
			at = append(at, time.Since(begun))
			if n := len(at); n == 2 || n == 3 {
				return errors.New("the database is away")
			}
			return nil
		})
		time.Sleep(13 * time.Second)
		s.stop()
		synctest.Wait()
		if want := []time.Duration{0, 5e9, 6e9, 7e9, 12e9}; !slices.Equal(at, want) {
			t.Errorf("rounds at %v, want %v", at, want)
		}
	})
}
