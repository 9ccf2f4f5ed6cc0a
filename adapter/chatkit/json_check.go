package chatkit

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

const (
	// maxRequestDepth is how deep a request may nest: [] is one deep.
	maxRequestDepth = 64
	// maxFreeDepth is how deep free-form JSON may nest in what we write.
	maxFreeDepth = 100
	// maxDepth is how deep what we read may nest: it has room for free-form JSON
	// inside an item, a page and an event.
	maxDepth = 128
)

// CheckJSON reports whether data is one JSON value (RFC 8259) that every
// parser reads alike: UTF-8, no byte order mark, no half of a surrogate pair,
// no key twice in one object, no number beyond float64, at most 64 deep, nothing
// behind it. The error names the place and does not quote the text.
func CheckJSON(data []byte) error {
	return (&checker{data: data, deepest: maxRequestDepth, strict: true}).check()
}

// checkForm reports whether data is one JSON value in UTF-8, not too deep.
func checkForm(data []byte, deepest int) error {
	return (&checker{data: data, deepest: deepest}).check()
}

// A checker walks a JSON text. It calls itself for what is nested, which is
// bounded by deepest.
type checker struct {
	data    []byte
	pos     int
	depth   int
	deepest int
	strict  bool // refuse also what parsers read differently
}

const (
	reasonValue     = "a value is missing or malformed"
	reasonEnd       = "the text ends too early"
	reasonString    = "a control character in a string"
	reasonEscape    = "an unknown escape in a string"
	reasonSurrogate = "half of a surrogate pair in a string"
	reasonUTF8      = "not valid UTF-8"
	reasonTwice     = "the same key appears twice in one object"
	reasonHuge      = "a number is too large"
	reasonKey       = "a key in double quotes is missing"
	reasonColon     = "a colon is missing"
	reasonComma     = "a comma or a closing bracket is missing"
	reasonAfter     = "something follows the value"
)

func (k *checker) check() error {
	reason := ""
	if bytes.HasPrefix(k.data, []byte("\ufeff")) {
		reason = "begins with a byte order mark"
	} else if reason = k.value(); reason == "" && k.pos < len(k.data) {
		reason = reasonAfter
	}
	if reason == "" {
		return nil
	}
	if !utf8.Valid(k.data) { // the better reason, whatever it led to
		reason = reasonUTF8
	}
	return fmt.Errorf("invalid JSON at byte %d: %s", min(k.pos, len(k.data)), reason)
}

// value reads a value and the white space around it. It returns what is wrong,
// and pos is where.
func (k *checker) value() (reason string) {
	k.space()
	switch b := k.at(k.pos); {
	case k.pos >= len(k.data):
		return reasonEnd
	case b == '"':
		_, reason = k.text()
	case b == '{':
		reason = k.nested(k.object)
	case b == '[':
		reason = k.nested(k.list)
	case b == '-' || isDigit(b):
		start := k.pos
		reason = k.number()
		if k.strict && reason == "" && isHuge(k.data[start:k.pos]) {
			k.pos, reason = start, reasonHuge
		}
	case b == 't':
		reason = k.word("true")
	case b == 'f':
		reason = k.word("false")
	case b == 'n':
		reason = k.word("null")
	default:
		return reasonValue
	}
	k.space()
	return reason
}

func (k *checker) nested(read func() string) string {
	if k.depth++; k.depth > k.deepest {
		return fmt.Sprintf("nested more than %d deep", k.deepest)
	}
	k.pos++
	k.space()
	reason := read()
	k.depth--
	return reason
}

func (k *checker) object() string {
	if k.at(k.pos) == '}' {
		k.pos++
		return ""
	}
	var seen map[string]struct{}
	for {
		if reason := k.key(&seen); reason != "" {
			return reason
		}
		if reason := k.value(); reason != "" {
			return reason
		}
		if done, reason := k.next('}'); done || reason != "" {
			return reason
		}
		k.space()
	}
}

func (k *checker) key(seen *map[string]struct{}) string {
	if k.at(k.pos) != '"' {
		return k.missing(reasonKey)
	}
	start := k.pos
	raw, reason := k.text()
	if reason != "" {
		return reason
	}
	if k.strict {
		if *seen == nil {
			*seen = make(map[string]struct{})
		}
		count := len(*seen)
		(*seen)[unquote(raw)] = struct{}{}
		if len(*seen) == count {
			k.pos = start
			return reasonTwice
		}
	}
	k.space()
	if k.at(k.pos) != ':' {
		return k.missing(reasonColon)
	}
	k.pos++
	return ""
}

func (k *checker) list() string {
	if k.at(k.pos) == ']' {
		k.pos++
		return ""
	}
	for {
		if reason := k.value(); reason != "" {
			return reason
		}
		if done, reason := k.next(']'); done || reason != "" {
			return reason
		}
	}
}

// next reads a comma, or the bracket that ends the list or object.
func (k *checker) next(closing byte) (done bool, reason string) {
	switch k.at(k.pos) {
	case ',':
		k.pos++
		return false, ""
	case closing:
		k.pos++
		return true, ""
	}
	return false, k.missing(reasonComma)
}

// text reads a string and gives it with its quotes.
func (k *checker) text() (raw []byte, reason string) {
	start := k.pos
	for k.pos++; ; {
		for k.pos < len(k.data) && isPlain[k.data[k.pos]] {
			k.pos++
		}
		switch b := k.at(k.pos); {
		case k.pos >= len(k.data):
			return nil, reasonEnd
		case b == '"':
			k.pos++
			return k.data[start:k.pos], ""
		case b == '\\':
			if reason := k.escape(); reason != "" {
				return nil, reason
			}
		case b < ' ':
			return nil, reasonString
		default:
			r, size := utf8.DecodeRune(k.data[k.pos:])
			if r == utf8.RuneError && size == 1 {
				return nil, reasonUTF8
			}
			k.pos += size
		}
	}
}

func (k *checker) escape() string {
	switch k.at(k.pos + 1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		k.pos += 2
		return ""
	case 'u':
	default:
		return k.missing(reasonEscape)
	}
	unit, ok := k.hex(k.pos + 2)
	switch {
	case !ok:
		return reasonEscape
	case !k.strict || unit < 0xd800 || unit > 0xdfff:
		k.pos += 6
		return ""
	}
	low, ok := k.hex(k.pos + 8)
	if unit >= 0xdc00 || k.at(k.pos+6) != '\\' || k.at(k.pos+7) != 'u' || !ok || low < 0xdc00 || low > 0xdfff {
		return reasonSurrogate
	}
	k.pos += 12
	return ""
}

func (k *checker) hex(pos int) (unit int, ok bool) {
	for i := range 4 {
		b := k.at(pos + i)
		switch {
		case isDigit(b):
			b -= '0'
		case 'a' <= b|0x20 && b|0x20 <= 'f':
			b = b | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		unit = unit<<4 | int(b)
	}
	return unit, true
}

// number reads [-] int [frac] [exp], RFC 8259 section 6.
func (k *checker) number() string {
	if k.at(k.pos) == '-' {
		k.pos++
	}
	if k.at(k.pos) == '0' {
		k.pos++
	} else if !k.digits() {
		return k.missing(reasonValue)
	}
	if k.at(k.pos) == '.' {
		if k.pos++; !k.digits() {
			return k.missing(reasonValue)
		}
	}
	if k.at(k.pos)|0x20 != 'e' {
		return ""
	}
	k.pos++
	if b := k.at(k.pos); b == '+' || b == '-' {
		k.pos++
	}
	if !k.digits() {
		return k.missing(reasonValue)
	}
	return ""
}

// isHuge reports whether float64 has no such number.
func isHuge(number []byte) bool {
	_, err := strconv.ParseFloat(string(number), 64)
	return err != nil
}

// digits reads one or more, false when there is none.
func (k *checker) digits() bool {
	start := k.pos
	for isDigit(k.at(k.pos)) {
		k.pos++
	}
	return k.pos > start
}

func (k *checker) word(word string) string {
	if !bytes.HasPrefix(k.data[k.pos:], []byte(word)) {
		return reasonValue
	}
	k.pos += len(word)
	return ""
}

func (k *checker) space() {
	for k.pos < len(k.data) && isSpace(k.data[k.pos]) {
		k.pos++
	}
}

// missing prefers to say that the text is over.
func (k *checker) missing(reason string) string {
	if k.pos >= len(k.data) {
		return reasonEnd
	}
	return reason
}

// at gives the byte at pos, 0 (which no token holds) past the end.
func (k *checker) at(pos int) byte {
	if pos < len(k.data) {
		return k.data[pos]
	}
	return 0
}

// isPlain marks the bytes of a string that need no second look.
var isPlain = func() (plain [256]bool) {
	for b := ' '; b < utf8.RuneSelf; b++ {
		plain[b] = b != '"' && b != '\\'
	}
	return plain
}()

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
