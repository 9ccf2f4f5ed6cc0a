package demo

import (
	"unicode"
	"unicode/utf8"
)

// A word is a run of letters and digits of a sentence, or one sign.
type word struct {
	start, end int    // where it stands in the text, in bytes
	key        string // folded
	rough      string // the spelling of Roman Urdu evened out; empty unless Latin letters
	sign       bool   // punctuation
	quoted     bool   // inside quotation marks: part of a title, never a request
}

// cut splits a text into words and signs. A hyphen, an apostrophe or a dot
// between two letters or digits belongs to the word.
func cut(text string) []word {
	var out []word
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unicode.IsSpace(r) || foldRune(r) < 0:
			i += size
		case inWord(r):
			end := i + wordLength(text[i:])
			out = append(out, newWord(text, i, end))
			i = end
		default:
			out = append(out, word{start: i, end: i + size, key: text[i : i+size], sign: true})
			i += size
		}
	}
	markQuoted(out)
	return out
}

func newWord(text string, start, end int) word {
	w := word{start: start, end: end, key: fold(text[start:end])}
	if w.key != "" && w.key[0] < utf8.RuneSelf {
		w.rough = rough(w.key)
	}
	return w
}

// inWord reports whether r makes a word. Vowel signs and joiners do within one.
func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.In(r, unicode.Mn, unicode.Cf)
}

// wordLength is how many bytes of text its first word takes. A word of Urdu
// script ends where Latin letters or digits begin, and the other way round:
// people write "5بجے".
func wordLength(text string) int {
	end, script := 0, rune(0)
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		next, _ := utf8.DecodeRuneInString(text[end+size:])
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if script != 0 && urduLetter(r) != urduLetter(script) {
				return end
			}
			script = r
		case inWord(r):
		case end > 0 && joins(r, script, next):
		default:
			return end
		}
		end += size
	}
	return end
}

// urduLetter reports whether r is a letter of Arabic script; digits of that
// script count as digits.
func urduLetter(r rune) bool { return unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r) }

// joins reports whether a sign between two characters makes one word of them:
// well-known, don't, 2026-12-05, 5/12, 17:30, but not "task:buy".
func joins(sign, before, after rune) bool {
	switch sign {
	case '/', ':', '.':
		return unicode.IsDigit(before) && unicode.IsDigit(after)
	case '-', '\'', '’':
		return unicode.IsLetter(after) || unicode.IsDigit(after)
	}
	return false
}

// closing gives the mark that ends a quotation begun by the key.
var closing = map[string]string{"\"": "\"", "“": "”", "„": "“", "«": "»", "'": "'", "‘": "’", "‹": "›", "`": "`", "”": "“"}

// markQuoted marks the words between quotation marks; one without its partner
// is only a sign.
func markQuoted(words []word) {
	for i := 0; i < len(words); i++ {
		end := closing[words[i].key]
		if !words[i].sign || end == "" {
			continue
		}
		for j := i + 1; j < len(words); j++ {
			if words[j].sign && (words[j].key == end || words[i].key == "“" && words[j].key == "“") {
				for k := i + 1; k < j; k++ {
					words[k].quoted = true
				}
				i = j
				break
			}
		}
	}
}
