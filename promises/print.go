package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"taskwire/promises/tally"
)

// verdict holds what was counted against what is needed.
func (n need) verdict(id string, entries []tally.Entry) (runs int, figure string, ok bool) {
	var value float64
	var seen, broken, failed, unmeasured int
	var notes []string
	for _, e := range entries {
		if e.Promise != id || e.What != n.What || e.Control != n.Control || !e.Long {
			continue
		}
		if seen == 0 || (n.AtLeast == 0 && e.Value > value) || (n.AtLeast > 0 && e.Value < value) {
			value = e.Value
		}
		seen++
		runs += e.Runs
		broken += e.Broken
		if e.Failed {
			failed++
		}
		if e.Unit != n.Unit && n.Unit != "" || e.Value <= 0 && n.AtMost > 0 {
			unmeasured++
		}
		if e.Note != "" {
			notes = append(notes, e.Note)
		}
	}
	var said []string
	if n.Unit != "" && seen > 0 {
		said = append(said, fmt.Sprintf("%.3g %s%s", value, n.Unit, n.limit()))
	}
	figure = strings.Join(append(said, notes...), "; ")
	ok = seen > 0 && broken == 0 && failed == 0 && unmeasured == 0 && runs >= max(n.Runs, 1) &&
		(n.AtMost == 0 || value <= n.AtMost) && value >= n.AtLeast
	switch {
	case seen == 0:
		figure = "not shown"
	case broken > 0:
		figure = strings.TrimSpace(fmt.Sprintf("broken %d times; %s", broken, figure))
	case failed > 0:
		figure = strings.TrimSpace("a test failed; " + figure)
	case unmeasured > 0:
		figure = strings.TrimSpace("without a figure; " + figure)
	case runs < n.Runs:
		figure = strings.TrimSpace(fmt.Sprintf("%d runs are promised; %s", n.Runs, figure))
	}
	return runs, figure, ok
}

func (n need) limit() string {
	switch {
	case n.AtMost > 0:
		return fmt.Sprintf(" (at most %g)", n.AtMost)
	case n.AtLeast > 0:
		return fmt.Sprintf(" (at least %g)", n.AtLeast)
	}
	return ""
}

// printLong prints every promise, and reports whether all were shown.
func printLong(out io.Writer, entries []tally.Entry) (held bool) {
	held = true
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\npromise\twhat\truns\tfigure\tverdict")
	for _, p := range promises {
		fmt.Fprintf(w, "%s\t%s\t\t\t\n", p.ID, p.Text)
		for _, n := range p.Needs {
			runs, figure, ok := n.verdict(p.ID, entries)
			what, verdict := n.What, "held"
			if n.Control {
				what, verdict = "control: "+n.What, "caught"
			}
			if !ok {
				held, verdict = false, "NOT SHOWN"
			}
			fmt.Fprintf(w, "\t%s\t%d\t%s\t%s\n", what, runs, figure, verdict)
		}
	}
	w.Flush()
	return held
}

// printShort prints what the tests have counted, without asking how often.
func printShort(out io.Writer, entries []tally.Entry) (held bool) {
	held = true
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "promise\tcounted in short runs\truns\tfigure")
	for _, p := range promises {
		for _, e := range entries {
			if e.Promise != p.ID {
				continue
			}
			what, figure := e.What, e.Note
			if e.Control {
				what = "control: " + what
			}
			if e.Unit != "" {
				figure = strings.TrimSuffix(fmt.Sprintf("%.3g %s; %s", e.Value, e.Unit, figure), "; ")
			}
			if e.Broken > 0 || e.Failed {
				held, figure = false, fmt.Sprintf("BROKEN %d times; %s", e.Broken, figure)
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", p.ID, what, e.Runs, figure)
		}
	}
	w.Flush()
	return held
}
