package edge

import (
	"unicode/utf16"
	"unicode/utf8"
)

// plain marks the bytes of a string that need no second look: ASCII without
// controls, the quote and the backslash.
var plain = func() (t [256]bool) {
	for b := 0x20; b < utf8.RuneSelf; b++ {
		t[b] = b != '"' && b != '\\'
	}
	return t
}()

// space skips white space as RFC 8259 section 2 has it.
func (c *checker) space(pos int) int {
	for pos < len(c.data) {
		switch c.data[pos] {
		case ' ', '\n', '\r', '\t':
			pos++
		default:
			return pos
		}
	}
	return pos
}

// text reads a string whose opening quote is at pos; next is behind the
// closing one.
func (c *checker) text(pos int) (next int, escaped bool, reason string) {
	data := c.data
	pos++
	for {
		for pos < len(data) && plain[data[pos]] {
			pos++
		}
		if pos >= len(data) {
			return len(data), escaped, reasonEnd
		}
		switch b := data[pos]; {
		case b == '"':
			return pos + 1, escaped, ""
		case b == '\\':
			escaped = true
			if pos, reason = c.escape(pos); reason != "" {
				return pos, escaped, reason
			}
		case b < 0x20:
			return pos, escaped, reasonString
		default:
			r, size := utf8.DecodeRune(data[pos:])
			if r == utf8.RuneError && size == 1 {
				return pos, escaped, reasonUTF8
			}
			pos += size
		}
	}
}

func (c *checker) escape(pos int) (next int, reason string) {
	if pos+1 >= len(c.data) {
		return len(c.data), reasonEnd
	}
	switch c.data[pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return pos + 2, ""
	case 'u':
	default:
		return pos, c.misplaced(pos+1, reasonEscape)
	}
	unit, ok := hex4(c.data, pos+2)
	switch {
	case !ok:
		return pos, reasonEscape
	case !utf16.IsSurrogate(unit):
		return pos + 6, ""
	}
	if low, ok := lowHalf(c.data, pos+6); ok && utf16.DecodeRune(unit, low) != utf8.RuneError {
		return pos + 12, ""
	}
	return pos, reasonHalf
}

// lowHalf reads the second escape of a surrogate pair.
func lowHalf(data []byte, pos int) (unit rune, ok bool) {
	if pos+1 >= len(data) || data[pos] != '\\' || data[pos+1] != 'u' {
		return 0, false
	}
	return hex4(data, pos+2)
}

func hex4(data []byte, pos int) (unit rune, ok bool) {
	if pos+4 > len(data) {
		return 0, false
	}
	for _, b := range data[pos : pos+4] {
		switch {
		case '0' <= b && b <= '9':
			b -= '0'
		case 'a' <= b && b <= 'f':
			b -= 'a' - 10
		case 'A' <= b && b <= 'F':
			b -= 'A' - 10
		default:
			return 0, false
		}
		unit = unit<<4 | rune(b)
	}
	return unit, true
}

// number reads [-] int [frac] [exp], RFC 8259 section 6. Its size is not
// looked at: 1e400000 is a number, and for the reader to refuse.
func (c *checker) number(pos int) (next int, reason string) {
	if c.data[pos] == '-' {
		pos++
	}
	switch {
	case c.at(pos) == '0':
		pos++
	default:
		if pos, reason = c.digits(pos); reason != "" {
			return pos, reason
		}
	}
	if c.at(pos) == '.' {
		if pos, reason = c.digits(pos + 1); reason != "" {
			return pos, reason
		}
	}
	if b := c.at(pos); b != 'e' && b != 'E' {
		return pos, ""
	}
	pos++
	if b := c.at(pos); b == '+' || b == '-' {
		pos++
	}
	return c.digits(pos)
}

// digits reads one or more.
func (c *checker) digits(pos int) (next int, reason string) {
	start := pos
	for '0' <= c.at(pos) && c.at(pos) <= '9' {
		pos++
	}
	switch {
	case pos > start:
		return pos, ""
	case pos >= len(c.data):
		return len(c.data), reasonEnd
	default:
		return pos, reasonNumber
	}
}

func (c *checker) word(pos int, word string) (next int, reason string) {
	for i := range len(word) {
		switch {
		case pos+i >= len(c.data):
			return len(c.data), reasonEnd
		case c.data[pos+i] != word[i]:
			return pos + i, c.misplaced(pos+i, reasonValue)
		}
	}
	return pos + len(word), ""
}

// at gives the byte at pos, 0 (which no token holds) past the end.
func (c *checker) at(pos int) byte {
	if pos < len(c.data) {
		return c.data[pos]
	}
	return 0
}
