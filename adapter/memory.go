package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// How the adapter trades memory for CPU. A collection costs as much for a little
// garbage as for much, so a small heap may grow to heapFloor before the next.
// With a crowd of open answers most of the memory is theirs, and they may wait
// long for their model: garbage between them would keep their pages half empty for
// as long, so little of it may gather while they become more. And what a burst of
// work leaves is given back as soon as there is calm.
const (
	heapFloor  = 48 << 20
	crowdFloor = 16 << 20
	crowd      = 64 // open answers
	// calmCheck is how often it is looked whether there is calm: less than
	// calmAllocs bytes were allocated since the last look.
	calmCheck  = 500 * time.Millisecond
	calmAllocs = 256 << 10
	// worthwhile is how much there must be to give back: collecting takes some
	// 20 ms where a thousand answers are open.
	worthwhile = 16 << 20
)

// A tender looks after the memory of the process.
type tender struct {
	answers atomic.Int64 // open

	mu      sync.Mutex
	tending bool
	percent int    // the GOGC in force
	live    uint64 // at the last collection
}

// tend goes on until ctx is done.
func (t *tender) tend(ctx context.Context) {
	t.set(true)
	defer t.set(false)
	tick := time.NewTicker(calmCheck)
	defer tick.Stop()
	for allocated := uint64(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		h := readHeap()
		if h.allocated-allocated < calmAllocs && h.idle() > worthwhile {
			runtime.GC() // what lies in pools goes with the second
			debug.FreeOSMemory()
		}
		allocated = h.allocated
	}
}

func (t *tender) set(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tending = on
	if on {
		t.pace(readHeap())
		t.collected()
	} else {
		debug.SetGCPercent(100)
	}
}

// opened counts an open answer until closed.
func (t *tender) opened() (closed func()) {
	if t.answers.Add(1) == crowd {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.tending {
			t.pace(readHeap())
		}
	}
	return func() { t.answers.Add(-1) }
}

// garbage is such from the start: its cleanup tells of a collection.
type garbage struct{ _ *byte }

// collected has the pace set anew after each collection.
func (t *tender) collected() {
	runtime.AddCleanup(new(garbage), func(t *tender) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.tending {
			h := readHeap()
			t.pace(h)
			t.live = h.live
			t.collected()
		}
	}, t)
}

// pace sets how far the heap may grow. For that the program stands still for a
// moment.
func (t *tender) pace(h heap) {
	if next := h.percent(t.live, t.answers.Load() >= crowd); next != t.percent {
		debug.SetGCPercent(next)
		t.percent = next
	}
}

// heap is what the heap holds, in bytes.
type heap struct {
	allocated uint64 // since the start
	objects   uint64 // alive, or dead since the last collection
	live      uint64 // alive at the last collection
	stacks    uint64 // of goroutines, then
	free      uint64 // kept for what comes
}

func readHeap() heap {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	value := func(i int) uint64 { return samples[i].Value.Uint64() }
	return heap{value(0), value(1), value(2), value(3), value(4)}
}

// idle is what a collection could give back.
func (h heap) idle() uint64 { return h.objects - min(h.objects, h.live) + h.free }

// percent is the GOGC with which the heap grows to its floor, in steps; but at
// least Go's own, or in a crowd a quarter of it while more is alive than before.
// Whatever is alive, Go lets the heap grow to 4 MiB times that.
func (h heap) percent(before uint64, crowded bool) int {
	const step, small = 25, 4 << 20
	floor, least := uint64(heapFloor), 100
	if crowded {
		floor = crowdFloor
		if h.live > before+before/20 {
			least = step
		}
	}
	live := max(h.live, small)
	grow := floor - min(live, floor)
	return max(least, int(grow*100/(live+h.stacks))/step*step)
}
