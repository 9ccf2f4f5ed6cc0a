package main

import (
	"fmt"
	"math"
	"slices"
)

// spread is what the rounds say about one figure: the median, and the lowest
// and highest round. No round is left out.
type spread struct{ median, low, high float64 }

func spreadOf(rounds []float64) spread {
	if len(rounds) == 0 {
		return spread{math.NaN(), math.NaN(), math.NaN()}
	}
	sorted := slices.Sorted(slices.Values(rounds))
	n := len(sorted)
	return spread{median: (sorted[(n-1)/2] + sorted[n/2]) / 2, low: sorted[0], high: sorted[n-1]}
}

// ratios divides round by round: both sides of a ratio saw the same machine.
func ratios(ours, theirs []float64) []float64 {
	var out []float64
	for i := range min(len(ours), len(theirs)) {
		out = append(out, ours[i]/theirs[i])
	}
	return out
}

func (s spread) String() string {
	if math.IsNaN(s.median) {
		return "-"
	}
	return fmt.Sprintf("%.2f (%.2f to %.2f)", s.median, s.low, s.high)
}

// limit is something promised about a figure: at most, or at least, a bound.
type limit struct {
	what    string
	got     spread
	bound   float64
	atLeast bool
	unit    string
}

// met holds only if every round is on the good side: a spread that crosses
// the limit has not met it.
func (l limit) met() bool {
	if l.atLeast {
		return l.got.low >= l.bound
	}
	return l.got.high <= l.bound
}

func (l limit) String() string {
	verdict, sign := "met", "<="
	if !l.met() {
		verdict = "NOT MET"
	}
	if l.atLeast {
		sign = ">="
	}
	return fmt.Sprintf("%-8s %s: %s, limit %s %.4g%s", verdict, l.what, l.got, sign, l.bound, l.unit)
}
