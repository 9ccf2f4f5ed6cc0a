package chatkit

import (
	"crypto/rand"
	"sync/atomic"
	"time"
)

// Kinds for ids of what is no item.
const (
	KindThread     ItemKind = "thread"
	KindAttachment ItemKind = "attachment"
)

// NewID returns a new id, for example msg_1c3w…: a prefix for the kind (thr_,
// msg_, tc_, wf_, tsk_, atc_ or shcx_), 11 characters of time and 20 of 100
// random bits, in Crockford's base 32, lower case.
//
// What follows the prefix sorts by time: of two ids made by one process, the
// later one is the greater, also within a microsecond and when the clock is
// set back. So a store may page by id where the ids of a thread have one
// prefix.
func NewID(kind ItemKind) string {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	prefix := idPrefix(kind)
	id := make([]byte, 0, 40)
	id = append(id, prefix...)
	stamp := nextStamp()
	for shift := 50; shift >= 0; shift -= 5 {
		id = append(id, alphabet[stamp>>shift&31])
	}
	var random [20]byte
	rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	for _, b := range random {
		id = append(id, alphabet[b&31])
	}
	return string(id)
}

var lastStamp atomic.Uint64

// nextStamp gives microseconds since 1970, or one more than the last time.
func nextStamp() uint64 {
	for {
		last := lastStamp.Load()
		next := max(uint64(time.Now().UnixMicro()), last+1)
		if lastStamp.CompareAndSwap(last, next) {
			return next
		}
	}
}

func idPrefix(kind ItemKind) string {
	switch kind {
	case KindThread:
		return "thr_"
	case KindAttachment:
		return "atc_"
	case KindClientToolCall:
		return "tc_"
	case KindWorkflow:
		return "wf_"
	case KindTask:
		return "tsk_"
	case KindSDKHiddenContext:
		return "shcx_"
	}
	return "msg_"
}
