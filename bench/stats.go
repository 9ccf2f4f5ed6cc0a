package main

import (
	"fmt"
	"math"
	"slices"
)

// spread is what the rounds say about one figure: the median, and between
// which bounds the middle half of the rounds lies. Other programs on the
// machine spoil single rounds; a limit must hold for more than the median.
type spread struct{ median, low, high float64 }

func spreadOf(rounds []float64) spread {
	sorted := slices.Sorted(slices.Values(rounds))
	return spread{median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75)}
}

// quantile interpolates between the closest ranks.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (at-float64(below))*(sorted[above]-sorted[below])
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

// met holds only if the whole spread is on the good side: one that crosses
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
