package once

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"taskwire/promises/tally"
)

// What two replicas answer about a task or a thread could have come from one
// that does one thing after the other: in calm, and while connections are cut
// and a replica is killed and comes back.
func TestLinearizable(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	p.Model.Otherwise(echo)
	t.Run("histories", p.testHistories)
	t.Run("a stale read", p.testStaleRead)
}

func (p *pair) testHistories(t *testing.T) {
	kinds := []struct {
		name      string
		work      workload
		histories int // of a hundred
	}{
		{"tasks over MCP", &taskWork{counter: newToolCounter(p)}, 50},
		{"tasks over REST", &taskWork{counter: &restCounter{desk: newDesk(p)}}, 10},
		{"threads", &threadWork{desk: newDesk(p)}, 40},
	}
	operations := tally.Rounds(600, 10_000)
	var histories, asked, cut, broken int
	var notes []string
	for _, kind := range kinds {
		begun, before := time.Now(), asked
		for i := range tally.Rounds(1, kind.histories) {
			trouble := i%5 == 0
			h := record(t, kind.work, fmt.Sprintf("%s-%d", slug(kind.name), i), operations, trouble)
			histories++
			asked += int(h.asked.Load())
			cut += int(h.lost.Load())
			for _, id := range h.check(t, kind.work.model()) {
				broken++
				t.Errorf("history %d of %s: %s is not linearizable:\n%s", i, kind.name, id, h.tell(id))
			}
		}
		notes = append(notes, fmt.Sprintf("%s %.0f/s", kind.name, float64(asked-before)/time.Since(begun).Seconds()))
	}
	tally.Counted(t, tally.Entry{
		Promise: "P11", What: "histories of 10,000 operations", Runs: histories, Broken: broken,
		Note: fmt.Sprintf("%d operations, %d changes without an answer; %s", asked, cut, strings.Join(notes, ", ")),
	})
}
