package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How the adapter trades memory for CPU. A collection costs as much for a little
// garbage as for much, so a small heap may grow to heapFloor before the next; a
// larger one works as Go does by itself. What a burst of work leaves is given back
// as soon as there is calm: most of the memory is then that of answers whose model
// is silent, and they may wait for long.
const (
	heapFloor = 32 << 20
	// calmCheck is how often it is looked whether there is calm: less than
	// calmAllocs bytes were allocated since the last look.
	calmCheck  = 500 * time.Millisecond
	calmAllocs = 256 << 10
	// worthwhile is how much there must be to give back: collecting takes some
	// 20 ms where a thousand answers are open.
	worthwhile = 4 << 20
)

// tendMemory does both until ctx is done. GOGC and GOMEMLIMIT, where set, are the
// operator's word.
func tendMemory(ctx context.Context, getenv func(string) string) {
	if getenv("GOGC") != "" || getenv("GOMEMLIMIT") != "" {
		return
	}
	defer debug.SetGCPercent(100)
	paceGC(ctx, 0)
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

// paceGC sets how far the heap may grow, now and after each collection.
func paceGC(ctx context.Context, percent int) {
	if ctx.Err() != nil {
		return
	}
	if next := readHeap().percent(); next != percent {
		percent = next // for that the program stands still for a moment
		debug.SetGCPercent(percent)
	}
	runtime.AddCleanup(new(collected), func(percent int) { paceGC(ctx, percent) }, percent)
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

// percent is the GOGC with which the heap grows to heapFloor, but at least Go's
// own, in steps. Whatever is alive, Go lets the heap grow to 4 MiB times that.
func (h heap) percent() int {
	const step, least = 50, 4 << 20
	live := max(h.live, least)
	grow := heapFloor - min(live, heapFloor)
	return max(100, int(grow*100/(live+h.stacks))/step*step)
}
