package once

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"taskwire/promises/fleet"
)

// Rates hold for each process, so that two replicas let through twice as much
// and no more. The tokens of a day are counted in the database, and hold for
// all replicas together (R04).
func TestLimitsOfReplicas(t *testing.T) {
	t.Parallel()
	const reads = 20
	p := startPair(t, map[string]string{
		"RATE_READS_PER_MINUTE": "20", "RATE_TOOL_CALLS_PER_MINUTE": "20", "USER_TOKENS_PER_DAY": "60",
	})
	t.Run("reads", func(t *testing.T) {
		for i, adapter := range p.adapters {
			bounded(t, i, reads, func() (refused bool) {
				a, err := fleet.Do(t.Context(), http.MethodPost, adapter.Base+"/api/chatkit", p.Token(t, "alice"), `{"type":"threads.list","params":{}}`, nil)
				return refusedAs(t, a, err, "rate_limited")
			})
		}
	})
	t.Run("tool calls", func(t *testing.T) {
		for i, tools := range p.tools {
			bounded(t, i, reads, func() (refused bool) {
				r, err := fleet.Call(t.Context(), tools.Base, p.ToolToken(t, "alice"), "get_stats", "", map[string]any{})
				if err != nil {
					t.Fatal(err)
				}
				return r.IsError && r.Code == "rate_limited"
			})
		}
	})
	t.Run("tokens of a day", func(t *testing.T) {
		for user, order := range map[string][2]int{"bob": {0, 1}, "carol": {1, 0}} {
			turns := 0
			say := func(replica int) (refused bool) {
				err := fleet.Stream(t.Context(), p.adapters[replica].Base, p.Token(t, user), fleet.NewThread("Hello"), nil, func(fleet.Event) {})
				refusal, ok := errors.AsType[*fleet.RefusedError](err)
				if !ok {
					turns++
					return refusedAs(t, fleet.Answer{Status: http.StatusOK}, err, "budget")
				}
				return refusedAs(t, refusal.Answer, nil, "budget")
			}
			for !say(order[0]) {
				if turns > 10 {
					t.Fatalf("%s had %d turns, and is not refused", user, turns)
				}
			}
			if turns == 0 || !say(order[1]) {
				t.Errorf("%s had %d turns at one replica, used the tokens of the day up, and goes on at the other", user, turns)
			}
		}
	})
}

// bounded asks at one replica until it is refused: after as many as are allowed
// at once, and those that the time adds.
func bounded(t *testing.T, replica, allowed int, ask func() (refused bool)) {
	t.Helper()
	begun := time.Now()
	served := 0
	for !ask() {
		served++
		if most := allowed + 1 + int(time.Since(begun)*time.Duration(allowed)/time.Minute); served > most {
			t.Fatalf("replica %d: %d were served, and %d are allowed", replica, served, most)
		}
	}
	if served < allowed {
		t.Errorf("replica %d: %d were served, want %d whatever the other has served", replica, served, allowed)
	}
}

// refusedAs reports whether the answer is 429 with this code, and fails the
// test if it is anything but that or a good one.
func refusedAs(t *testing.T, a fleet.Answer, err error, code string) bool {
	t.Helper()
	var problem struct{ Code string }
	switch {
	case err == nil && a.Status == http.StatusOK:
		return false
	case err != nil || a.Status != http.StatusTooManyRequests || json.Unmarshal(a.Body, &problem) != nil || problem.Code != code || a.Header.Get("Retry-After") == "":
		t.Fatalf("HTTP %d %s %s, %v; want 429 %s with Retry-After", a.Status, a.Header, a.Body, err, code)
	}
	return true
}
