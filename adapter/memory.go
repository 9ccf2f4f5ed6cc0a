package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How the adapter trades memory for CPU. A collection costs as much for a little
// garbage as for much, so a small heap may grow to heapFloor before the next. When
// what is alive becomes more, answers are being opened, which may wait long for
// their model: garbage between them would keep their pages half empty for as long,
// so little of it may gather. And what a burst of work leaves is given back as soon
// as there is calm.
const (
	heapFloor = 16 << 20
	// calmCheck is how often it is looked whether there is calm: less than
	// calmAllocs bytes were allocated since the last look.
	calmCheck  = 500 * time.Millisecond
	calmAllocs = 256 << 10
	// worthwhile is how much there must be to give back: collecting takes some
	// 20 ms where a thousand answers are open.
	worthwhile = 12 << 20
)

// tendMemory does both until ctx is done. GOGC and GOMEMLIMIT, where set, are the
// operator's word.
func tendMemory(ctx context.Context, getenv func(string) string) {
	if getenv("GOGC") != "" || getenv("GOMEMLIMIT") != "" {
		return
	}
	defer debug.SetGCPercent(100)
	paceGC(ctx, 0, 0)
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

// collected is garbage from the start: its cleanup tells of a collection.
type collected struct{ _ *byte }

// paceGC sets how far the heap may grow, now and after each collection. live is
// what was alive before.
func paceGC(ctx context.Context, percent int, live uint64) {
	if ctx.Err() != nil {
		return
	}
	h := readHeap()
	if next := h.percent(live); next != percent {
		percent = next // for that the program stands still for a moment
		debug.SetGCPercent(percent)
	}
	runtime.AddCleanup(new(collected), func(percent int) { paceGC(ctx, percent, h.live) }, percent)
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

// percent is the GOGC with which the heap grows to heapFloor, in steps; but at
// least Go's own, or a quarter of it while more is alive than before. Whatever is
// alive, Go lets the heap grow to 4 MiB times that.
func (h heap) percent(before uint64) int {
	const step, small = 25, 4 << 20
	least := 100
	if h.live > before+before/20 {
		least = step
	}
	live := max(h.live, small)
	grow := heapFloor - min(live, heapFloor)
	return max(least, int(grow*100/(live+h.stacks))/step*step)
}
