package main

import (
	"math"
	"slices"
	"testing"
)

func TestSpreadOf(t *testing.T) {
	for _, c := range []struct {
		name   string
		rounds []float64
		want   spread
	}{
		{"one round", []float64{3}, spread{3, 3, 3}},
		{"five, unsorted", []float64{5, 1, 4, 2, 3}, spread{3, 2, 4}},
		{"four, between ranks", []float64{4, 1, 2, 3}, spread{2.5, 1.75, 3.25}},
		{"one spoiled round of nine", []float64{1, 1, 1, 1, 1, 1, 1, 1, 9}, spread{1, 1, 1}},
		{"a third of the rounds spoiled", []float64{1, 1, 1, 1, 1, 1, 9, 9, 9}, spread{1, 1, 9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := slices.Clone(c.rounds)
			if got := spreadOf(in); got != c.want {
				t.Errorf("spreadOf(%v) = %v, want %v", c.rounds, got, c.want)
			}
			if !slices.Equal(in, c.rounds) {
				t.Errorf("spreadOf reordered its argument: %v", in)
			}
		})
	}
}

func TestRatiosPairRounds(t *testing.T) {
	// Both sides doubled in the second round: a busy machine, no difference.
	if got := spreadOf(ratios([]float64{2, 4}, []float64{4, 8})); got != (spread{0.5, 0.5, 0.5}) {
		t.Errorf("ratio of paired rounds = %v, want 0.5 throughout", got)
	}
}

func TestLimitMet(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit limit
		want  bool
	}{
		{"below", limit{got: spread{0.8, 0.7, 0.9}, bound: 1}, true},
		{"on it", limit{got: spread{0.9, 0.8, 1}, bound: 1}, true},
		{"median below, spread crosses", limit{got: spread{0.9, 0.8, 1.01}, bound: 1}, false},
		{"above", limit{got: spread{1.2, 1.1, 1.3}, bound: 1}, false},
		{"at least, above", limit{got: spread{0.8, 0.76, 0.9}, bound: 0.75, atLeast: true}, true},
		{"at least, spread crosses", limit{got: spread{0.8, 0.74, 0.9}, bound: 0.75, atLeast: true}, false},
		{"never measured", limit{got: spreadOf(nil), bound: 1}, false},
		{"never measured, at least", limit{got: spreadOf(nil), bound: 1, atLeast: true}, false},
		{"broken figure", limit{got: spread{math.NaN(), 0, math.NaN()}, bound: 1}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.limit.met(); got != c.want {
				t.Errorf("%v met = %v, want %v", c.limit, got, c.want)
			}
		})
	}
}
