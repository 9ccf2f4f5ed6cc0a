package edge

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest: [] is one deep.
const MaxDepth = 64

// A JSONError says where a text stops being JSON that we take. Neither field
// quotes the text, so that the error may be shown and logged.
type JSONError struct {
	Offset int // in bytes from the start, at most len(data)
	Reason string
}

func (e *JSONError) Error() string {
	return fmt.Sprintf("invalid JSON at byte %d: %s", e.Offset, e.Reason)
}

// CheckJSON reports whether data is one JSON value (RFC 8259) that every
// parser reads alike, nil or a *JSONError. It refuses what encoding/json lets
// pass and others read differently: bad UTF-8, a byte order mark, \u escapes
// that are half a surrogate pair, an object with the same key twice (compared
// exactly, after unescaping), nesting beyond MaxDepth. It takes one pass over
// data, keeps nothing of it, and allocates only for objects of very many keys.
func CheckJSON(data []byte) error {
	return CheckKeys(data)
}

// CheckKeys does what CheckJSON does and also refuses a top-level key that is
// a known one but for letter case: encoding/json would take "Method" for
// "method". Top-level keys are those of the outermost object, or, in a JSON-RPC
// batch, of each object in the outermost array.
func CheckKeys(data []byte, known ...string) error {
	c := checkers.Get().(*checker)
	c.data, c.known = data, known
	pos, reason := c.check()
	c.release()
	if reason != "" {
		return &JSONError{Offset: pos, Reason: reason}
	}
	return nil
}

const (
	reasonValue   = "a value is missing or malformed"
	reasonEnd     = "the text ends too early"
	reasonNumber  = "malformed number"
	reasonString  = "unescaped control character in a string"
	reasonEscape  = "unknown escape in a string"
	reasonHalf    = "half of a surrogate pair in a string"
	reasonUTF8    = "not valid UTF-8"
	reasonDeep    = "nested more than 64 deep"
	reasonTwice   = "the same key appears twice in one object"
	reasonCase    = "a known key in another letter case"
	reasonBOM     = "begins with a byte order mark"
	reasonAfter   = "something follows the value"
	reasonKey     = "a key in double quotes is missing"
	reasonColon   = "a colon is missing after a key"
	reasonInArray = "a comma or the end of the array is missing"
	reasonInObj   = "a comma or the end of the object is missing"
)

// check walks the text. It keeps its own stack instead of calling itself, so
// that hostile nesting costs a bound amount of memory.
func (c *checker) check() (pos int, reason string) {
	if bytes.HasPrefix(c.data, []byte("\xef\xbb\xbf")) {
		return 0, reasonBOM
	}
	pos = c.space(0)
	for {
		open := false
		if pos, open, reason = c.value(pos); reason != "" {
			return pos, reason
		}
		if !open {
			if pos, reason = c.closing(pos); reason != "" {
				return pos, reason
			}
			if len(c.frames) == 0 {
				break
			}
		}
	}
	if pos < len(c.data) {
		return pos, c.misplaced(pos, reasonAfter)
	}
	return pos, ""
}

// value reads a scalar, an empty array or object, or (open) the beginning of
// one that is not empty, up to where its first value begins.
func (c *checker) value(pos int) (next int, open bool, reason string) {
	if pos >= len(c.data) {
		return len(c.data), false, reasonEnd
	}
	switch b := c.data[pos]; {
	case b == '"':
		next, _, reason = c.text(pos)
	case b == '{' || b == '[':
		return c.open(pos, b == '[')
	case b == '-' || '0' <= b && b <= '9':
		next, reason = c.number(pos)
	case b == 't':
		next, reason = c.word(pos, "true")
	case b == 'f':
		next, reason = c.word(pos, "false")
	case b == 'n':
		next, reason = c.word(pos, "null")
	default:
		next, reason = pos, c.misplaced(pos, reasonValue)
	}
	if reason == "" {
		next = c.space(next)
	}
	return next, false, reason
}

func (c *checker) open(pos int, array bool) (next int, open bool, reason string) {
	if len(c.frames) == MaxDepth {
		return pos, false, reasonDeep
	}
	next = c.space(pos + 1)
	if next < len(c.data) && c.data[next] == closer(array) {
		return c.space(next + 1), false, ""
	}
	c.push(array)
	if !array {
		next, reason = c.key(next)
	}
	return next, true, reason
}

// closing reads what follows a value: the ends of what it ends, then a comma
// and, in an object, the next key.
func (c *checker) closing(pos int) (next int, reason string) {
	for len(c.frames) > 0 {
		array := c.frames[len(c.frames)-1].array
		if pos >= len(c.data) {
			return len(c.data), reasonEnd
		}
		switch b := c.data[pos]; {
		case b == closer(array):
			c.pop()
			pos = c.space(pos + 1)
		case b == ',' && array:
			return c.space(pos + 1), ""
		case b == ',':
			return c.key(c.space(pos + 1))
		case array:
			return pos, c.misplaced(pos, reasonInArray)
		default:
			return pos, c.misplaced(pos, reasonInObj)
		}
	}
	return pos, ""
}

func (c *checker) key(pos int) (next int, reason string) {
	if pos >= len(c.data) {
		return len(c.data), reasonEnd
	}
	if c.data[pos] != '"' {
		return pos, c.misplaced(pos, reasonKey)
	}
	next, escaped, reason := c.text(pos)
	if reason != "" {
		return next, reason
	}
	name := keyRef{start: pos + 1, end: next - 1, escaped: escaped}
	if !c.add(name) {
		return pos, reasonTwice
	}
	if len(c.known) > 0 && c.topLevel() && c.folded(name) {
		return pos, reasonCase
	}
	next = c.space(next)
	if next >= len(c.data) {
		return len(c.data), reasonEnd
	}
	if c.data[next] != ':' {
		return next, c.misplaced(next, reasonColon)
	}
	return c.space(next + 1), ""
}

func (c *checker) topLevel() bool {
	return len(c.frames) == 1 || len(c.frames) == 2 && c.frames[0].array
}

// folded reports whether the key is known only when letter case is set aside,
// by the folding of encoding/json (Unicode's simple one: ſ is s, K is k).
func (c *checker) folded(k keyRef) bool {
	name := c.unescaped(k)
	near := false
	for _, known := range c.known {
		if string(name) == known {
			return false
		}
		near = near || strings.EqualFold(string(name), known)
	}
	return near
}

// misplaced prefers to say that a text is no UTF-8 over what else is wrong.
func (c *checker) misplaced(pos int, reason string) string {
	if r, size := utf8.DecodeRune(c.data[pos:]); r == utf8.RuneError && size == 1 {
		return reasonUTF8
	}
	return reason
}

func closer(array bool) byte {
	if array {
		return ']'
	}
	return '}'
}
