package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"

	"taskwire/edge"
)

// How the adapter trades memory for CPU. A collection costs as much for a little
// garbage as for much, so a small heap may grow to heapFloor before the next.
// With a crowd of open answers most of the memory is theirs, and they may wait
// long for their model: garbage between them would keep their pages half empty for
// as long, so little of it may gather, crowdGarbage, and half of that while they
// become more. And what a burst of work leaves is given back as soon as there is calm.
const (
	heapFloor    = 48 << 20
	crowdFloor   = 16 << 20
	crowdGarbage = 64 << 20
	crowd        = 64 // open answers
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
	edge.TidyInCalm(ctx)
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
	live   uint64 // alive at the last collection
	stacks uint64 // of goroutines, then
}

func readHeap() heap {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}}
	metrics.Read(samples)
	return heap{samples[0].Value.Uint64(), samples[1].Value.Uint64()}
}

// percent is the GOGC with which the heap grows to its floor, in steps; but at
// least Go's own, or in a crowd what crowdGarbage allows. Whatever is alive, Go lets
// the heap grow to 4 MiB times that.
func (h heap) percent(before uint64, crowded bool) int {
	const step, small = 25, 4 << 20
	floor, least := uint64(heapFloor), 100
	live := max(h.live, small)
	if crowded {
		floor = crowdFloor
		least = min(least, h.share(crowdGarbage))
		if h.live > before+before/50 {
			least = min(step, h.share(crowdGarbage/2))
		}
	}
	grow := floor - min(live, floor)
	return max(least, int(grow*100/(live+h.stacks))/step*step)
}

// share is so much garbage as a GOGC, in steps: each change lets the program stand
// still.
func (h heap) share(garbage uint64) int {
	const step = 5
	return max(step, int(garbage*100/max(h.live+h.stacks, 1))/step*step)
}
