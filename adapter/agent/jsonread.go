package agent

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// What is below reads JSON that validJSON has accepted, and only such: it
// finds its way by quotes and brackets and checks nothing. A chunk of a reply is
// read for three or four of its fields, some hundred times an answer; this costs
// a tenth of decoding it whole, and leaves every field as it came.

// members gives the fields of an object: the key as it is written, without its
// quotes, and the value. Anything but an object has none.
func members(value []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if len(value) == 0 || value[0] != '{' {
			return
		}
		for at := skipTo(value, 1); value[at] != '}'; at = skipTo(value, at) {
			end := endOf(value, at)
			key := string(value[at+1 : end-1])
			at = skipTo(value, end)
			end = endOf(value, at)
			if !yield(key, value[at:end]) {
				return
			}
			at = end
		}
	}
}

// elements gives the elements of an array. Anything but an array has none.
func elements(value []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if len(value) == 0 || value[0] != '[' {
			return
		}
		for at := skipTo(value, 1); value[at] != ']'; at = skipTo(value, at) {
			end := endOf(value, at)
			if !yield(value[at:end]) {
				return
			}
			at = end
		}
	}
}

// member gives one field of an object, nil if it has none.
func member(value []byte, name string) []byte {
	for key, v := range members(value) {
		if key == name {
			return v
		}
	}
	return nil
}

// skipTo gives where the next value or closing bracket begins.
func skipTo(data []byte, at int) int {
	for {
		switch data[at] {
		case ' ', '\t', '\n', '\r', ',', ':':
			at++
		default:
			return at
		}
	}
}

// endOf gives what is behind the value that begins at.
func endOf(data []byte, at int) int {
	switch data[at] {
	case '"':
		return endOfString(data, at)
	case '{', '[':
		return endOfNested(data, at)
	}
	for ; at < len(data); at++ {
		switch data[at] {
		case ' ', '\t', '\n', '\r', ',', ':', ']', '}':
			return at
		}
	}
	return at
}

func endOfString(data []byte, at int) int {
	at++
	for {
		at += bytes.IndexByte(data[at:], '"')
		escapes := 0
		for data[at-1-escapes] == '\\' {
			escapes++
		}
		at++
		if escapes%2 == 0 {
			return at
		}
	}
}

func endOfNested(data []byte, at int) int {
	for depth := 0; ; {
		switch data[at] {
		case '"':
			at = endOfString(data, at)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		at++
		if depth == 0 {
			return at
		}
	}
}

// isNull reports whether a field is absent or null.
func isNull(value []byte) bool { return len(value) == 0 || value[0] == 'n' }

// stringOf gives the text of a JSON string, valid UTF-8, and "" for any other
// value.
func stringOf(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	if inner := value[1 : len(value)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

// intOf gives a whole number that is not negative, -1 for any other value.
func intOf(value []byte) int {
	if len(value) == 0 || len(value) > 9 {
		return -1
	}
	n := 0
	for _, b := range value {
		if b < '0' || b > '9' {
			return -1
		}
		n = 10*n + int(b-'0')
	}
	return n
}
