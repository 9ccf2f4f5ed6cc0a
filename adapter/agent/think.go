package agent

import "strings"

// thinkTags open the thoughts that some models write into their answer.
var thinkTags = []string{"<think>", "<thinking>"}

// A thinkFilter takes thoughts out of a text that comes in pieces: blocks in
// thinkTags before the first word of the answer. Later such tags are part of
// what the model says.
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
		begun := strings.TrimLeft(f.pending, " \t\r\n")
		tag, undecided := thinkTag(begun)
		switch {
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
	switch {
	case f.closing != "":
		return ""
	case f.thought:
		return strings.TrimLeft(rest, " \t\r\n")
	default:
		return rest
	}
}
