package chatkit

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// readObject opens the object at s for the time of read.
func (c *codec) readObject(s span, read func()) {
	pos := c.space(s.from)
	if c.in[pos] != '{' {
		c.fail("must be an object")
		return
	}
	outer, kept := c.first, len(c.members)
	c.first = kept
	for pos = c.space(pos + 1); c.in[pos] != '}'; {
		end := c.valueEnd(pos)
		key := c.keyOf(span{pos, end})
		from := c.space(c.space(end) + 1) // past the colon
		to := c.valueEnd(from)
		c.members = append(c.members, member{key, span{from, to}})
		if pos = c.space(to); c.in[pos] == ',' {
			pos = c.space(pos + 1)
		}
	}
	if c.err == nil {
		read()
	}
	c.members, c.first = c.members[:kept], outer
}

// elements reads the elements of the list that a member is.
func (c *codec) elements(name string, read func(span)) {
	at, ok := c.find(name)
	if !ok {
		return
	}
	if c.in[at.from] != '[' {
		c.failAt(name, "must be a list")
		return
	}
	c.enter(name, -1)
	pos := c.space(at.from + 1)
	for i := 0; c.in[pos] != ']' && c.err == nil; i++ {
		end := c.valueEnd(pos)
		c.enter("", i)
		read(span{pos, end})
		c.leave()
		if pos = c.space(end); c.in[pos] == ',' {
			pos = c.space(pos + 1)
		}
	}
	c.leave()
}

// find gives the value of a member of the innermost object. Null is not there.
func (c *codec) find(name string) (span, bool) {
	if c.err != nil {
		return span{}, false
	}
	for i := c.first; i < len(c.members); i++ {
		if m := &c.members[i]; string(m.key) == name {
			return m.value, c.in[m.value.from] != 'n'
		}
	}
	return span{}, false
}

// need is find for a member that must be there.
func (c *codec) need(name string) (span, bool) {
	at, ok := c.find(name)
	if !ok && c.err == nil {
		c.failAt(name, "is missing")
	}
	return at, ok
}

func (c *codec) readText(name string, at span, s *string) {
	c.enter(name, -1)
	c.readString(at, s)
	c.leave()
}

func (c *codec) readString(at span, s *string) bool {
	raw := c.in[at.from:at.to]
	if raw[0] != '"' {
		c.fail("must be a string")
		return false
	}
	*s = unquote(raw)
	if c.noNUL && strings.IndexByte(*s, 0) >= 0 {
		c.fail("must not contain U+0000")
		return false
	}
	return true
}

// unquote gives the text of a string; half of a surrogate pair becomes U+FFFD.
func unquote(raw []byte) string {
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		panic(err) // the text has been checked
	}
	return s
}

// keyOf gives a key unescaped.
func (c *codec) keyOf(at span) []byte {
	raw := c.in[at.from:at.to]
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	return []byte(unquote(raw))
}

func (c *codec) readInt(name string, at span, i *int) {
	n, ok := wholeNumber(c.in[at.from:at.to])
	if !ok {
		c.failAt(name, "must be a whole number")
		return
	}
	*i = n
}

// wholeNumber reads a number without a fraction, however it is written, whose
// size a float64 holds exactly.
func wholeNumber(raw []byte) (int, bool) {
	if n, err := strconv.Atoi(string(raw)); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int(f), true
}

// space skips white space.
func (c *codec) space(pos int) int {
	for pos < len(c.in) && isSpace(c.in[pos]) {
		pos++
	}
	return pos
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\r' || b == '\t' }

// valueEnd gives the place behind the value at pos.
func (c *codec) valueEnd(pos int) int {
	switch c.in[pos] {
	case '"':
		return c.stringEnd(pos)
	case '{', '[':
		return c.nestEnd(pos)
	}
	for pos < len(c.in) {
		switch b := c.in[pos]; {
		case b == ',', b == ']', b == '}', isSpace(b):
			return pos
		}
		pos++
	}
	return pos
}

func (c *codec) stringEnd(pos int) int {
	for pos++; ; pos++ {
		pos += bytes.IndexByte(c.in[pos:], '"')
		escapes := 0
		for c.in[pos-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return pos + 1
		}
	}
}

func (c *codec) nestEnd(pos int) int {
	for depth := 0; ; {
		switch c.in[pos] {
		case '"':
			pos = c.stringEnd(pos)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return pos + 1
			}
		}
		pos++
	}
}
