package agent

import (
	"strings"
	"unicode"
)

// thinkTags open the thoughts that some models write into their answer.
var thinkTags = []string{"<think>", "<thinking>"}

// A thinkFilter takes out of a text that comes in pieces what stands before the
// first word of the answer and is none of it: thoughts in thinkTags, and blanks,
// if no word follows. Many models write blanks before a tool call, and nobody
// wants to see an answer of those. Later tags are part of what the model says.
type thinkFilter struct {
	answering bool   // the answer's first word has been seen
	closing   string // the tag that ends the block that is open
	thought   bool   // there has been a block
	pending   string // not yet known to be shown or hidden
}

// add gives what of the text so far may be shown and has not been.
func (f *thinkFilter) add(text string) string {
	if f.answering {
		return text
	}
	f.pending += text
	for {
		if f.closing != "" {
			_, rest, closed := strings.Cut(f.pending, f.closing)
			if !closed {
				f.pending = f.pending[max(0, len(f.pending)-len(f.closing)+1):]
				return ""
			}
			f.pending, f.closing, f.thought = rest, "", true
		}
		begun := strings.TrimLeftFunc(f.pending, unseen)
		tag, undecided := thinkTag(begun)
		switch {
		case begun == "" && len(f.pending) > maxBlanks:
			f.pending = ""
			return ""
		case undecided:
			return ""
		case tag == "":
			f.answering = true
			return f.end()
		}
		f.pending, f.closing = begun[len(tag):], "</"+tag[1:]
	}
}

// thinkTag gives the tag that a text begins with; undecided says that it may
// still become one.
func thinkTag(text string) (tag string, undecided bool) {
	for _, t := range thinkTags {
		if strings.HasPrefix(text, t) {
			return t, false
		}
		undecided = undecided || strings.HasPrefix(t, text)
	}
	return "", undecided
}

// end gives what is still held back and may be shown, when no more comes.
func (f *thinkFilter) end() string {
	rest := f.pending
	f.pending = ""
	switch begun := strings.TrimLeftFunc(rest, unseen); {
	case f.closing != "" || begun == "":
		return ""
	case f.thought:
		return begun
	default:
		return rest
	}
}

// maxBlanks is how much is held back that nobody sees, in bytes.
const maxBlanks = 1 << 10

// unseen reports whether a character shows nothing by itself.
func unseen(r rune) bool {
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector)
}
