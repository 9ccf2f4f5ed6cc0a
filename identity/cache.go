package identity

import (
	"crypto/sha256"
	"sync"
	"time"
	"unsafe"
)

const (
	// cacheFor is how long a verified token is believed without looking again.
	cacheFor = time.Minute
	// cacheSize bounds each of the two generations.
	cacheSize = 8192
)

// cached is a token that was good, and what has to be unchanged for it to be
// still good.
type cached struct {
	principal Principal
	until     time.Time // at most cacheFor ahead, never past exp
	trusted   *trusted
	ring      *keyring // nil for a shared secret
}

// cache remembers verified tokens by their SHA-256, so that the tokens
// themselves are not kept. It holds two generations and drops the older one
// when the newer is full or a minute old: bounded, and nothing to sweep.
type cache struct {
	mu         sync.RWMutex
	newer      map[[32]byte]cached
	older      map[[32]byte]cached
	generation time.Time
}

// get returns the principal of a token that was verified less than a minute
// ago, has not expired since, and whose key its issuer has not withdrawn.
func (c *cache) get(sum [32]byte, now time.Time) (Principal, bool) {
	c.mu.RLock()
	entry, ok := c.newer[sum]
	if !ok {
		entry, ok = c.older[sum]
	}
	c.mu.RUnlock()
	if !ok || !now.Before(entry.until) {
		return Principal{}, false
	}
	if entry.ring != nil && entry.trusted.keys.usable() != entry.ring {
		return Principal{}, false
	}
	return entry.principal, true
}

// put remembers a token until exp or for a minute, whichever is sooner. What
// lives on its leeway alone is verified anew each time.
func (c *cache) put(sum [32]byte, entry cached, now time.Time) {
	entry.until = now.Add(cacheFor)
	if exp := entry.principal.Expires.Add(-Leeway); exp.Before(entry.until) {
		entry.until = exp
	}
	if !now.Before(entry.until) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.newer) >= cacheSize || now.Sub(c.generation) >= cacheFor || c.newer == nil {
		c.older, c.newer = c.newer, make(map[[32]byte]cached)
		c.generation = now
	}
	c.newer[sum] = entry
}

// digest reads the token where it lies: the conversion to []byte would copy it
// to the heap on every request. Sum256 neither keeps nor changes its input.
func digest(token string) [32]byte {
	return sha256.Sum256(unsafe.Slice(unsafe.StringData(token), len(token)))
}
