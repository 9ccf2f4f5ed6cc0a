package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestHeapPercent(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		before, live, stacks uint64
		crowded              bool
		want                 int
	}{
		{0, 0, 0, false, 1100}, // at the start nothing is known
		{5 << 20, 5 << 20, 1 << 20, false, 700},
		{20 << 20, 30 << 20, 4 << 20, false, 100},
		{5 << 20, 5 << 20, 1 << 20, true, 175},
		{10 << 20, 10 << 20, 4 << 20, true, 100},
		{8 << 20, 10 << 20, 4 << 20, true, 25},   // (16-10)/(10+4), in steps
		{64 << 20, 65 << 20, 64 << 20, true, 45}, // 64/(65+64), in steps
		{64 << 20, 68 << 20, 64 << 20, true, 20}, // half of it while there is more and more
		{68 << 20, 64 << 20, 64 << 20, true, 50},
		{320 << 20, 320 << 20, 220 << 20, true, 10},
		{300 << 20, 320 << 20, 220 << 20, true, 5},
	} {
		if got := (heap{live: row.live, stacks: row.stacks}).percent(row.before, row.crowded); got != row.want {
			t.Errorf("%d MiB alive behind %d, crowded %v: %d, want %d", row.live>>20, row.before>>20, row.crowded, got, row.want)
		}
	}
}

// While nobody tends the memory, Go's own pace is in force.
func TestTending(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tended := new(tender)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tended.tend(ctx)
	}()
	cancel()
	<-ended
	if got := debug.SetGCPercent(100); got != 100 || tended.percent <= 100 {
		t.Errorf("GOGC was %d, and afterwards is %d", tended.percent, got)
	}
}

// A crowd of open answers is noticed when it comes, and when it is gone.
func TestCrowd(t *testing.T) {
	tended := new(tender)
	tended.set(true)
	defer tended.set(false)
	percent := func() int {
		tended.mu.Lock()
		defer tended.mu.Unlock()
		return tended.percent
	}
	runtime.GC()
	alone := percent()
	var closed []func()
	for range crowd - 1 {
		closed = append(closed, tended.opened())
	}
	if got := percent(); got != alone {
		t.Errorf("before the crowd GOGC goes from %d to %d", alone, got)
	}
	closed = append(closed, tended.opened())
	if got := percent(); got >= alone {
		t.Errorf("with the crowd GOGC is %d, was %d", got, alone)
	}
	for _, c := range closed {
		c()
	}
	for deadline := time.Now().Add(20 * time.Second); percent() < alone; runtime.GC() {
		if time.Now().After(deadline) {
			t.Fatalf("after the crowd GOGC is %d, was %d", percent(), alone)
		}
	}
}
