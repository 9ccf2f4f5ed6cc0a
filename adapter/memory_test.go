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
		{8 << 20, 10 << 20, 4 << 20, true, 25}, // (16-10)/(10+4), in steps
		{64 << 20, 67 << 20, 64 << 20, true, 100},
		{64 << 20, 68 << 20, 64 << 20, true, 25},
		{68 << 20, 64 << 20, 64 << 20, true, 100},
	} {
		if got := (heap{live: row.live, stacks: row.stacks}).percent(row.before, row.crowded); got != row.want {
			t.Errorf("%d MiB alive behind %d, crowded %v: %d, want %d", row.live>>20, row.before>>20, row.crowded, got, row.want)
		}
	}
}

// What a burst leaves is given back once there is calm. Not parallel: other tests
// are no calm.
func TestMemoryIsGivenBack(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	tended := new(tender)
	go func() {
		defer close(ended)
		tended.tend(ctx)
	}()
	burst := make([][]byte, 64)
	for i := range burst {
		burst[i] = make([]byte, 1<<20)
	}
	clear(burst)
	for deadline := time.Now().Add(20 * time.Second); readHeap().idle() > worthwhile; time.Sleep(calmCheck / 5) {
		if time.Now().After(deadline) {
			t.Fatalf("%d MiB are idle", readHeap().idle()>>20)
		}
	}
	cancel()
	<-ended
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("afterwards GOGC is %d", got)
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
