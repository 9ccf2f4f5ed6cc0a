package store

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// clock gives each time once per process and never goes back, in the
// microseconds that both databases keep. Between processes the random tail of
// an id decides, and updates step past what they find (see Tasks.Update).
type clock struct{ last atomic.Int64 }

func newClock() *clock { return &clock{} }

func (c *clock) now() time.Time {
	for {
		last := c.last.Load()
		next := max(time.Now().UnixMicro(), last+1)
		if c.last.CompareAndSwap(last, next) {
			return time.UnixMicro(next).UTC()
		}
	}
}

// sortable is base32hex in lower case: its text sorts as its bytes do.
var sortable = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// taskID mints an id whose order is that of creation: 55 bits of microseconds
// (good until the year 3111) and 80 random ones.
func taskID(at time.Time) string {
	var raw [18]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(at.UnixMicro())<<9)
	stamp := sortable.EncodeToString(raw[:7])[:11]
	rand.Read(raw[8:]) // never fails: crypto/rand ends the program instead
	return "task_" + stamp + sortable.EncodeToString(raw[8:])
}

// Ids of tasks lie between these two.
const (
	beforeAllIDs = ""
	afterAllIDs  = "~"
)
