package main

import (
	"strings"
	"unicode"
)

// trimTitle removes white space and zero-width characters around a title.
// Direction marks stay: they belong to the text of a right-to-left title.
func trimTitle(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		switch r {
		case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u180e':
			return true
		}
		return unicode.IsSpace(r)
	})
}

// visible reports whether a person would see anything of s.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		switch r {
		case '\u00ad', '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0', unicode.ReplacementChar:
			return r == unicode.ReplacementChar
		}
		return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector)
	})
}

// neutral makes a text that a user wrote safe to stand among our own words,
// in a prompt: without line breaks and control characters it stays on its
// line, without direction controls it cannot reorder what stands around it,
// without our quotes it cannot seem to end, and it hides nothing.
func neutral(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == '«':
			return '‹'
		case r == '»':
			return '›'
		case r == '\u200c' || r == '\u200d': // joiners are part of Urdu words and of emoji
			return r
		case unicode.In(r, unicode.Cc, unicode.Cf):
			return -1
		}
		return r
	}, s)
}
