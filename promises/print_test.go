package main

import (
	"io"
	"strings"
	"testing"

	"taskwire/promises/tally"
)

// everything is entries that show each promise just as often as it says.
func everything() (entries []tally.Entry) {
	for _, p := range promises {
		for _, n := range p.Needs {
			entries = append(entries, tally.Entry{
				Promise: p.ID, What: n.What, Runs: max(n.Runs, 1), Value: max(n.AtMost, n.AtLeast), Unit: n.Unit, Control: n.Control, Long: true,
			})
		}
	}
	return entries
}

func TestEveryPromiseShown(t *testing.T) {
	if !printLong(io.Discard, everything()) {
		t.Error("all that is promised was counted, and yet it is not shown")
	}
	if printLong(io.Discard, nil) {
		t.Error("nothing was counted, and yet all is shown")
	}
}

// Whatever falls short of a promise in one place shows in the verdict.
func TestShortOfAPromise(t *testing.T) {
	for name, spoil := range map[string]func(*tally.Entry){
		"a run too few":       func(e *tally.Entry) { e.Runs-- },
		"broken once":         func(e *tally.Entry) { e.Broken = 1 },
		"a failed test":       func(e *tally.Entry) { e.Failed = true },
		"a short run":         func(e *tally.Entry) { e.Long = false },
		"another's":           func(e *tally.Entry) { e.Promise = "P0" },
		"a control or not":    func(e *tally.Entry) { e.Control = !e.Control },
		"by another name":     func(e *tally.Entry) { e.What += "!" },
		"beyond its limit":    func(e *tally.Entry) { e.Value *= 1.01 },
		"less than its limit": func(e *tally.Entry) { e.Value *= 0.99 },
	} {
		noticed := 0
		for i, e := range everything() {
			entries := everything()
			spoil(&entries[i])
			if entries[i] == e || printLong(io.Discard, entries) == limitAllows(name, e) {
				noticed++
				continue
			}
			t.Errorf("%s: %s shown with %+v", name, e, entries[i])
		}
		if noticed == 0 {
			t.Errorf("%s: looked at nothing", name)
		}
	}
}

// limitAllows says of which entries a change of the value is none of the
// verdict's business.
func limitAllows(name string, e tally.Entry) bool {
	for _, p := range promises {
		for _, n := range p.Needs {
			if p.ID != e.Promise || n.What != e.What {
				continue
			}
			return name == "beyond its limit" && n.AtMost == 0 || name == "less than its limit" && n.AtLeast == 0
		}
	}
	return false
}

// Several tests may count for one need: their runs add up, the worst value
// stands, and one that broke it is not made good by another.
func TestEntriesAddUp(t *testing.T) {
	n := need{What: "kills", Runs: 5, AtMost: 30, Unit: "s"}
	a := tally.Entry{Promise: "P1", What: "kills", Runs: 2, Value: 4, Unit: "s", Long: true}
	b := tally.Entry{Promise: "P1", What: "kills", Runs: 3, Value: 29, Unit: "s", Long: true}
	runs, figure, ok := n.verdict("P1", []tally.Entry{a, b})
	if runs != 5 || !ok || !strings.Contains(figure, "29 s") {
		t.Errorf("%d runs, %q, held %t; want 5, the worst value, held", runs, figure, ok)
	}
	b.Broken = 1
	if _, _, ok := n.verdict("P1", []tally.Entry{a, b}); ok {
		t.Error("one of two was broken, and yet it holds")
	}
}

// A short run is asked only whether a promise broke.
func TestShortRuns(t *testing.T) {
	e := tally.Entry{Promise: "P1", What: "adapter killed", Runs: 3}
	var out strings.Builder
	if !printShort(&out, []tally.Entry{e}) || !strings.Contains(out.String(), "adapter killed") {
		t.Errorf("printed %q", &out)
	}
	e.Broken = 1
	if printShort(&out, []tally.Entry{e}) {
		t.Error("a broken promise passes")
	}
}
