package agent

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. What is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	return append(appendText(append(dst, '"'), s), '"')
}

// appendText is appendString without the quotes, for a string in several pieces.
func appendText(dst []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= 0x20 && b != '"' && b != '\\' && b < utf8.RuneSelf {
			i++
			continue
		}
		if b < utf8.RuneSelf {
			dst = append(append(dst, s[from:i]...), '\\')
			dst = appendEscape(dst, b)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(append(dst, s[from:i]...), "\uFFFD"...)
			from = i + 1
		}
		i += size
	}
	return append(dst, s[from:]...)
}

func appendEscape(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, b)
	case '\n':
		return append(dst, 'n')
	case '\t':
		return append(dst, 't')
	case '\r':
		return append(dst, 'r')
	default:
		return append(dst, 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
	}
}

// appendField appends a comma, unless dst has just been opened, and "name":
// and the text as a string.
func appendField(dst []byte, name, text string) []byte {
	return appendString(appendKey(dst, name), text)
}

// appendKey appends a comma, unless dst has just been opened, and "name":.
func appendKey(dst []byte, name string) []byte {
	return append(appendString(appendComma(dst), name), ':')
}

func appendComma(dst []byte) []byte {
	if n := len(dst); n > 0 && dst[n-1] != '{' && dst[n-1] != '[' {
		return append(dst, ',')
	}
	return dst
}
