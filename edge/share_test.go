package edge

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
)

// Each user has so many places. Who waits for one gets the next that is free,
// or gives up the wait, and nothing is kept of users who are gone.
func TestShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewShare(CallsAtOnce)
		type entered struct {
			leave func()
			err   error
		}
		enter := func(ctx context.Context, user string) <-chan entered {
			out := make(chan entered, 1)
			go func() {
				leave, err := s.Enter(ctx, user)
				out <- entered{leave, err}
			}()
			synctest.Wait()
			return out
		}
		in := func(what string, call <-chan entered) func() {
			t.Helper()
			select {
			case e := <-call:
				if e.err != nil {
					t.Fatalf("%s: %v, want a place", what, e.err)
				}
				return e.leave
			default:
				t.Fatalf("%s waits, want a place", what)
				return nil
			}
		}
		waits := func(what string, call <-chan entered) {
			t.Helper()
			select {
			case e := <-call:
				t.Fatalf("%s: %+v, want it to wait", what, e)
			default:
			}
		}
		var leave []func()
		for i := range CallsAtOnce {
			leave = append(leave, in(fmt.Sprint("place ", i+1), enter(t.Context(), "alice")))
		}
		short, giveUp := context.WithCancel(t.Context())
		given, next := enter(short, "alice"), enter(t.Context(), "alice")
		waits("one too many", given)
		waits("two too many", next)
		in("another user", enter(t.Context(), "bob"))()

		giveUp()
		synctest.Wait()
		if e := <-given; !errors.Is(e.err, context.Canceled) {
			t.Errorf("a wait that was given up ended with %v", e.err)
		}
		if using := s.users["alice"].using; using != CallsAtOnce+1 {
			t.Errorf("%d hold or wait for a place, want %d", using, CallsAtOnce+1)
		}
		waits("two too many", next)
		leave[0]()
		synctest.Wait()
		leave[0] = in("after one has left", next)
		for _, end := range leave {
			end()
		}
		synctest.Wait()
		if len(s.users) != 0 {
			t.Errorf("%d users are kept of whom nobody calls", len(s.users))
		}
	})
}
