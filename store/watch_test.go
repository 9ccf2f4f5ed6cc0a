package store

import (
	"testing"
	"time"
)

// A cautious process calls nobody silent unless beats were stored for long
// enough, its own among them just now.
func TestJudges(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for what, c := range map[string]struct {
		beaten, heard time.Duration // ago
		want          bool
	}{
		"heard for less than others may be silent": {time.Second, SilentAfter - 1, false},
		"heard for long":                 {time.Second, SilentAfter, true},
		"a beat is late":                 {longestGap, time.Hour, true},
		"it may be that none is stored":  {longestGap + 1, time.Hour, false},
		"the machine slept for an hour":  {time.Hour, 2 * time.Hour, false},
		"a clock that goes a bit faster": {-time.Second, time.Hour, true},
	} {
		chats := &Chats{cautious: true}
		chats.noteBeat(now.Add(-c.beaten), now.Add(-c.heard))
		if got := chats.judges(now); got != c.want {
			t.Errorf("%s: judges = %v", what, got)
		}
	}
	if (&Chats{cautious: true}).judges(now) {
		t.Error("it judges before its first beat")
	}
	if !new(Chats).judges(now) {
		t.Error("one that is not cautious does not judge")
	}
}
