package chatkit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// id is a string that names something: 1 to 200 characters.
func (c *codec) id(name string, id *string) {
	c.text(name, id)
	c.enter(name, -1)
	c.checkID(*id)
	c.leave()
}

func (c *codec) checkID(id string) {
	if n := utf8.RuneCountInString(id); n == 0 || n > maxID {
		c.fail("must have 1 to %d characters", maxID)
	}
}

func (c *codec) longest(name, s string, limit int) {
	if len(s) > limit && utf8.RuneCountInString(s) > limit {
		c.failAt(name, "must have at most %d characters", limit)
	}
}

// visible reports whether a person would see anything of s.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		switch r {
		case '\u00ad', '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0':
			return false // letters, marks and a symbol that look like nothing
		}
		return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector)
	})
}
