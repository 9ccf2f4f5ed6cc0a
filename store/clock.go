package store

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
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

const sortableDigits = "0123456789abcdefghijklmnopqrstuv"

// sortable is base32hex in lower case: its text sorts as its bytes do.
var sortable = base32.NewEncoding(sortableDigits).WithPadding(base32.NoPadding)

// taskID mints an id whose order is that of creation.
func taskID(at time.Time) string { return mint("task_", at) }

const stampLength = 11

// mint gives an id of 55 bits of microseconds (good until the year 3111) and 80
// random ones.
func mint(prefix string, at time.Time) string {
	var raw [18]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(at.UnixMicro())<<9)
	stamp := sortable.EncodeToString(raw[:7])[:stampLength]
	rand.Read(raw[8:]) // never fails: crypto/rand ends the program instead
	return prefix + stamp + sortable.EncodeToString(raw[8:])
}

// mintedAt is the time in an id of ours, 0 for any other.
func mintedAt(id string) (micros int64) {
	_, stamp, ok := strings.Cut(id, "_")
	if !ok || len(stamp) != stampLength+16 {
		return 0
	}
	for _, char := range []byte(stamp[:stampLength]) {
		digit := strings.IndexByte(sortableDigits, char)
		if digit < 0 {
			return 0
		}
		micros = micros<<5 | int64(digit)
	}
	return micros
}

// Ids of tasks lie between these two.
const (
	beforeAllIDs = ""
	afterAllIDs  = "~"
)
