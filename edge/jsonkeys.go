package edge

import (
	"bytes"
	"hash/maphash"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// fewKeys is up to how many keys an object is searched one by one; a larger
// one gets a hash table.
const fewKeys = 16

// A checker is the state of one CheckKeys. It is pooled: a body of usual size
// then costs no allocation.
type checker struct {
	data    []byte
	known   []string
	frames  []frame  // the arrays and objects that are open
	keys    []keyRef // the keys of all open objects, innermost last
	scratch [2][]byte
}

type frame struct {
	array bool
	first int      // where its keys begin in checker.keys
	table []uint32 // open addressing: 1 + index from first; nil while few
}

// keyRef is a key as it stands in the text, without its quotes.
type keyRef struct {
	start, end int
	hash       uint64
	escaped    bool
}

var (
	checkers = sync.Pool{New: func() any { return new(checker) }}
	// hashSeed is drawn at start, so nobody can choose keys that collide.
	hashSeed = maphash.MakeSeed()
)

// release gives the checker back, unless one large body has made it large.
func (c *checker) release() {
	const keep = 4096
	c.reset()
	if cap(c.keys) <= keep && cap(c.scratch[0]) <= keep && cap(c.scratch[1]) <= keep {
		checkers.Put(c)
	}
}

func (c *checker) reset() {
	clear(c.frames[:cap(c.frames)]) // the tables
	c.data, c.known = nil, nil
	c.frames, c.keys = c.frames[:0], c.keys[:0]
}

func (c *checker) push(array bool) {
	c.frames = append(c.frames, frame{array: array, first: len(c.keys)})
}

func (c *checker) pop() {
	last := len(c.frames) - 1
	c.keys = c.keys[:c.frames[last].first]
	c.frames = c.frames[:last]
}

// add notes a key of the innermost object, false if the object has it already.
func (c *checker) add(k keyRef) bool {
	k.hash = maphash.Bytes(hashSeed, c.unescaped(k))
	f := &c.frames[len(c.frames)-1]
	mine := c.keys[f.first:]
	if f.table == nil && len(mine) < fewKeys {
		for i := range mine {
			if mine[i].hash == k.hash && c.same(mine[i], k) {
				return false
			}
		}
		c.keys = append(c.keys, k)
		return true
	}
	if len(f.table) < 2*(len(mine)+1) {
		f.table = tableOf(mine)
	}
	slot, found := c.find(f.table, mine, k)
	if found {
		return false
	}
	f.table[slot] = uint32(len(mine)) + 1
	c.keys = append(c.keys, k)
	return true
}

// tableOf makes a table with room for four times the keys, a power of two.
func tableOf(keys []keyRef) []uint32 {
	size := 8 * fewKeys
	for size < 4*len(keys) {
		size *= 2
	}
	table := make([]uint32, size)
	mask := uint64(size - 1)
	for i := range keys {
		slot := keys[i].hash & mask
		for table[slot] != 0 {
			slot = (slot + 1) & mask
		}
		table[slot] = uint32(i) + 1
	}
	return table
}

// find gives the slot of a key, or the free one where it belongs.
func (c *checker) find(table []uint32, keys []keyRef, k keyRef) (slot uint64, found bool) {
	mask := uint64(len(table) - 1)
	for slot = k.hash & mask; table[slot] != 0; slot = (slot + 1) & mask {
		other := keys[table[slot]-1]
		if other.hash == k.hash && c.same(other, k) {
			return slot, true
		}
	}
	return slot, false
}

func (c *checker) same(a, b keyRef) bool {
	c.scratch[1] = append(c.scratch[1][:0], c.unescaped(a)...)
	return bytes.Equal(c.scratch[1], c.unescaped(b))
}

// unescaped gives a key as it is meant; the bytes are good until the next call.
// The key has been read by text, so every escape is whole.
func (c *checker) unescaped(k keyRef) []byte {
	raw := c.data[k.start:k.end]
	if !k.escaped {
		return raw
	}
	out := c.scratch[0][:0]
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			i++
			continue
		}
		r, size := unescapeOne(raw[i:])
		out = utf8.AppendRune(out, r)
		i += size
	}
	c.scratch[0] = out
	return out
}

func unescapeOne(raw []byte) (r rune, size int) {
	switch raw[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		unit, _ := hex4(raw, 2)
		if !utf16.IsSurrogate(unit) {
			return unit, 6
		}
		low, _ := lowHalf(raw, 6)
		return utf16.DecodeRune(unit, low), 12
	default:
		return rune(raw[1]), 2
	}
}
