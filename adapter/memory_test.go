package main

import (
	"context"
	"runtime/debug"
	"testing"
	"time"
)

func TestHeapPercent(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		before, live, stacks uint64
		want                 int
	}{
		{0, 0, 0, 300}, // at the start nothing is known
		{4 << 20, 4 << 20, 0, 300},
		{5 << 20, 5 << 20, 1 << 20, 175},
		{10 << 20, 10 << 20, 4 << 20, 100},
		{8 << 20, 10 << 20, 4 << 20, 25}, // (16-10)/(10+4), in steps
		{64 << 20, 64 << 20, 64 << 20, 100},
		{64 << 20, 67 << 20, 64 << 20, 100},
		{64 << 20, 68 << 20, 64 << 20, 25},
		{68 << 20, 64 << 20, 64 << 20, 100},
	} {
		if got := (heap{live: row.live, stacks: row.stacks}).percent(row.before); got != row.want {
			t.Errorf("%d MiB alive behind %d: %d, want %d", row.live>>20, row.before>>20, got, row.want)
		}
	}
}

// What a burst leaves is given back once there is calm. Not parallel: other tests
// are no calm.
func TestMemoryIsGivenBack(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tendMemory(ctx, func(string) string { return "" })
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

// An operator who sets the garbage collector up is not overruled.
func TestMemoryOfTheOperator(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		tendMemory(t.Context(), func(asked string) string { // which returns at once, or never
			if asked == name {
				return "200"
			}
			return ""
		})
	}
}
