package edge

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// What TidyInCalm takes for calm: less than calmAllocs bytes were allocated
// within calmCheck. And there must be something to give back, for a collection
// takes some 20 ms where a thousand answers are open.
const (
	calmCheck  = 500 * time.Millisecond
	calmAllocs = 256 << 10
	worthwhile = 8 << 20
)

// TidyInCalm collects what a burst of work has left when there is calm, and
// gives the memory back, until ctx is done. The program is small while nothing
// happens, and the next burst begins with room: a collection in its middle would
// slow it down, the more the more is alive.
func TidyInCalm(ctx context.Context) {
	tick := time.NewTicker(calmCheck)
	defer tick.Stop()
	for before := uint64(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		allocated, idle := heapUse()
		if allocated-before < calmAllocs && idle > worthwhile {
			runtime.GC() // what lies in pools goes with the second
			debug.FreeOSMemory()
		}
		before = allocated
	}
}

// heapUse gives the bytes allocated since the start, and those that a collection
// could give back.
func heapUse() (allocated, idle uint64) {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	value := func(i int) uint64 { return samples[i].Value.Uint64() }
	objects, live, free := value(1), value(2), value(3)
	return value(0), objects - min(objects, live) + free
}
