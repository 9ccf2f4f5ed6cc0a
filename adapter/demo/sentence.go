package demo

import (
	"strings"
	"unicode"
)

// A sentence is what a person wrote, cut into words. The words that a rule has
// used up are taken out of it; the text stays whole, so that titles keep their
// spelling.
type sentence struct {
	text   string
	words  []word
	tongue tongue
}

func newSentence(text string) *sentence {
	words := cut(text)
	return &sentence{text: text, words: words, tongue: tongueOf(words)}
}

// A span is words from (included) to until (not included).
type span struct{ from, until int }

func (sp span) empty() bool { return sp.until <= sp.from }

// part is the sentence of some of the words.
func (s *sentence) part(from, until int) *sentence {
	from, until = max(from, 0), min(until, len(s.words))
	if from >= until {
		return &sentence{text: s.text, tongue: s.tongue}
	}
	return &sentence{text: s.text, words: s.words[from:until:until], tongue: s.tongue}
}

// without is the sentence less some spans.
func (s *sentence) without(spans ...span) *sentence {
	rest := &sentence{text: s.text, tongue: s.tongue}
	for i, w := range s.words {
		gone := false
		for _, sp := range spans {
			gone = gone || sp.from <= i && i < sp.until
		}
		if last := len(rest.words) - 1; last >= 0 && w.loose() && rest.words[last].loose() && !s.words[i-1].loose() {
			gone = true // of two commas, the words between them are gone
		}
		if !gone {
			rest.words = append(rest.words, w)
		}
	}
	return rest
}

// find returns where the first phrase of the table stands, and its value.
func find[V any](s *sentence, t *table[V]) (V, span, bool) {
	for i := range s.words {
		if v, n := t.at(s, i); n > 0 {
			return v, span{i, i + n}, true
		}
	}
	var none V
	return none, span{}, false
}

// holds reports whether a phrase of the table is anywhere in the sentence.
func holds[V any](s *sentence, t *table[V]) bool {
	_, _, ok := find(s, t)
	return ok
}

// string is the text of the words as the person wrote it; where words between
// were taken out there is one space.
func (s *sentence) string() string {
	var b strings.Builder
	for i, w := range s.words {
		if i > 0 {
			between := s.text[s.words[i-1].end:w.start]
			if strings.TrimFunc(between, invisible) != "" {
				between = " "
			}
			b.WriteString(between)
		}
		b.WriteString(s.text[w.start:w.end])
	}
	return b.String()
}

func invisible(r rune) bool { return unicode.IsSpace(r) || foldRune(r) < 0 }

// trim takes phrases of the table and punctuation from both ends.
func (s *sentence) trim(t *table[bool]) *sentence { return s.trimLeft(t).trimRight(t) }

func (s *sentence) trimLeft(t *table[bool]) *sentence {
	for i := 0; ; {
		if i < len(s.words) && s.words[i].loose() {
			i++
		} else if _, n := t.at(s, i); n > 0 {
			i += n
		} else {
			return s.part(i, len(s.words))
		}
	}
}

func (s *sentence) trimRight(t *table[bool]) *sentence {
	for end := len(s.words); ; {
		if end > 0 && s.words[end-1].loose() {
			end--
			continue
		}
		n := s.phraseBefore(t, end)
		if n == 0 {
			return s.part(0, end)
		}
		end -= n
	}
}

// phraseBefore is the length of a phrase that ends right before word end.
func (s *sentence) phraseBefore(t *table[bool], end int) int {
	for n := min(longestPhrase, end); n > 0; n-- {
		if _, length := t.at(s.part(0, end), end-n); length == n {
			return n
		}
	}
	return 0
}

// longestPhrase is how many words a phrase of a table may have.
const longestPhrase = 6

// loose reports whether the word is a sign that may go from the end of a title.
func (w word) loose() bool {
	return w.sign && !w.quoted && strings.Contains(".,:;!?-–—۔،؟؛…", w.key)
}

// unquoted takes the quotation marks off a sentence that is one quotation.
func (s *sentence) unquoted() *sentence {
	n := len(s.words)
	if n < 3 || s.words[0].quoted || closing[s.words[0].key] == "" || s.words[n-1].quoted {
		return s
	}
	for _, w := range s.words[1 : n-1] {
		if !w.quoted {
			return s
		}
	}
	return s.part(1, n-1)
}

// quotations are the quoted parts of the sentence, in order.
func (s *sentence) quotations() []span {
	var out []span
	for i, w := range s.words {
		switch {
		case !w.quoted:
		case len(out) > 0 && out[len(out)-1].until == i:
			out[len(out)-1].until = i + 1
		default:
			out = append(out, span{i, i + 1})
		}
	}
	return out
}
