package agent

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lang is the language of a message, as far as it decides who answers.
type Lang string

// The languages that the agents tell apart. Urdu in Roman letters and Hindi in
// Roman letters are one to this rule, as they are to most who write them.
const (
	Unclear   Lang = ""        // too little to tell: "ok", "2", a name
	Other     Lang = "other"   // English, and every language but Urdu
	Urdu      Lang = "ur"      // in Urdu letters
	RomanUrdu Lang = "ur-Latn" // in Roman letters
)

// IsUrdu reports whether the message is for the Urdu Specialist.
func (l Lang) IsUrdu() bool { return l == Urdu || l == RomanUrdu }

// Or returns l, or what the thread spoke before if l is Unclear.
func (l Lang) Or(earlier Lang) Lang {
	if l == Unclear {
		return earlier
	}
	return l
}

// Language tells in what language a message is, in about a microsecond. It
// goes by letters that only Urdu has and by the small words that hold a
// sentence together (his, to, do), never by nouns: "add task: doodh lana" is an
// English sentence about an Urdu task. What stands in quotation marks is what
// the sentence is about, and is left out. It looks at the first 4 KiB.
//
// Language detectors of the general kind are right about a quarter to three
// quarters of short chat messages, and know no Roman Urdu at all.
func Language(text string) Lang {
	text = clip(text, languageSample)
	if bare := withoutQuotes(text); len(bare) < len(text) {
		if lang := judge(bare); lang != Unclear {
			return lang
		}
	}
	return judge(text)
}

const languageSample = 4 << 10

// clip cuts a text to at most n bytes, between two characters.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// closing gives the mark that ends a quotation. A plain apostrophe opens one
// only after a blank: it also stands in "don't" and "Ali's".
func closing(open rune) string {
	switch open {
	case '"', '`':
		return string(open)
	case '“', '”', '„':
		return "”"
	case '‘':
		return "’"
	case '«':
		return "»"
	}
	return ""
}

// withoutQuotes takes quotations out of a text, the marks with them. A mark
// that is never closed quotes nothing.
func withoutQuotes(text string) string {
	if !strings.ContainsAny(text, "\"`“”„‘«'") {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		end := closing(r)
		if r == '\'' && (i == 0 || text[i-1] <= ' ') {
			end = "'"
		}
		if end != "" {
			if n := strings.Index(text[i+size:], end); n > 0 {
				out.WriteByte(' ')
				i += size + n + len(end)
				continue
			}
		}
		out.WriteString(text[i : i+size])
		i += size
	}
	return out.String()
}

// judge weighs the words of a text. A colon parts a command from what it is
// about: "Add task: …" is English whatever follows.
func judge(text string) Lang {
	if head, _, ok := strings.Cut(text, ":"); ok {
		t := weigh(head)
		if t.latin > 1 && t.other > 0 && t.roman == 0 && t.arabic == 0 {
			return Other
		}
		if t.verdict() == Urdu {
			return Urdu
		}
	}
	t := weigh(text)
	return t.verdict()
}

// A tally is all that speaks for a language in a text.
type tally struct {
	latin  int // words in Latin letters
	arabic int // words in Arabic letters
	alien  int // words in any other letters

	roman   int // points for Urdu in Roman letters
	other   int // points for another language in Latin letters
	script  int // points for Urdu by small words in Urdu letters
	letters int // letters that Urdu alone has, less those of its neighbours
	against int // points for another language in Arabic letters
}

func (t *tally) verdict() Lang {
	written := t.arabic > 0 && t.isUrduScript()
	switch {
	case written && (t.latin == 0 || t.mixed()):
		return Urdu
	case t.roman >= 2 && t.roman > t.other:
		return RomanUrdu
	case t.other > 0 || t.alien > 0 || t.arabic > 0 || t.latin >= 3 && t.roman == 0:
		return Other
	}
	return Unclear
}

// isUrduScript judges what is in Arabic letters. Hardly an Urdu sentence does
// without the letters that only Urdu has, so only a few words are given the
// benefit of the doubt.
func (t *tally) isUrduScript() bool {
	if t.letters != 0 {
		return t.letters > 0
	}
	return t.script > t.against || t.against == 0 && t.arabic <= 2
}

// mixed reports whether a sentence in both letters is an Urdu one: the language
// of its small words made the sentence and borrowed the rest.
func (t *tally) mixed() bool {
	if latin := max(t.roman, t.other); t.script != latin {
		return t.script > latin
	}
	return t.arabic >= t.latin
}

// A word being read, in the form in which the lists have it.
type word struct {
	buf     [24]byte
	n       int
	letters int
	foreign bool // has a letter that neither English nor Roman Urdu writes
	arabic  bool
	last    rune
}

// add takes the next letter. A letter that is doubled counts once, for Roman
// Urdu has no spelling: aaj and aj, dikhao and dikhaao, acha and achha.
func (w *word) add(r rune) {
	w.letters++
	if r == w.last && !w.arabic {
		return
	}
	w.last = r
	if w.n+utf8.UTFMax <= len(w.buf) {
		w.n += utf8.EncodeRune(w.buf[w.n:], r)
	} else {
		w.n = len(w.buf) // too long for any list
	}
}

func weigh(text string) (t tally) {
	var w word
	for _, r := range text {
		switch {
		case 'a' <= r && r <= 'z':
			w.add(r)
		case 'A' <= r && r <= 'Z':
			w.add(r + 'a' - 'A')
		case r == '\'' || r == '’':
			// "don't" is one word
		case r < utf8.RuneSelf:
			t.end(&w)
		default:
			t.rare(&w, r)
		}
	}
	t.end(&w)
	return t
}

// rare takes a character that is not ASCII.
func (t *tally) rare(w *word, r rune) {
	switch {
	case isArabic(r):
		w.arabic = true
		t.letter(r)
		w.add(plainArabic(r))
	case '\u064b' <= r && r <= '\u065f' || r == '\u0670': // vowel signs
	case r == '\u200c' && w.arabic: // joins Persian words, seldom Urdu ones
		t.against++
	case r == '۔': // the full stop of Urdu
		t.end(w)
		t.letters++
	case !unicode.IsLetter(r):
		t.end(w)
	case unicode.Is(unicode.Latin, r):
		w.foreign = true
		w.add(r)
	default:
		t.alien++
		t.end(w)
	}
}

// isArabic reports whether r is a letter of the block that Arabic, Urdu and
// their kin share.
func isArabic(r rune) bool {
	return '\u0620' <= r && r <= '\u064a' || '\u066e' <= r && r <= '\u06d3' && r != '\u0670' || '\u06fa' <= r && r <= '\u06ff' || r == '\u06d5'
}

// letter counts a letter that tells the languages with Arabic letters apart.
func (t *tally) letter(r rune) {
	switch r {
	case 'ٹ', 'ڈ', 'ڑ', 'ں', 'ے', 'ہ', 'ھ', 'ۓ', 'ۂ', 'ۃ':
		t.letters++
	case 'ي', 'ك', 'ة', 'ى', 'أ', 'إ', 'ٱ': // Arabic
		t.against += 2
	case 'ه': // Arabic and Persian; Urdu has its own
		t.against++
	case 'ټ', 'ډ', 'ړ', 'ږ', 'ښ', 'ځ', 'څ', 'ۍ', 'ې', 'ګ', 'ڼ', // Pashto
		'ڄ', 'ڃ', 'ڇ', 'ڪ', 'ڻ', 'ٺ', 'ڀ', 'ٿ', 'ڌ', 'ڏ', 'ڊ', 'ڳ', 'ڱ', 'ڦ', // Sindhi
		'ە', 'ۇ', 'ۆ', 'ۈ', 'ۋ', 'ڭ', 'ڕ', 'ڵ', 'ێ': // Uyghur, Kurdish
		t.letters -= 3
	}
}

// plainArabic undoes what a keyboard for Arabic makes of Urdu letters.
func plainArabic(r rune) rune {
	switch r {
	case 'ي', 'ى':
		return 'ی'
	case 'ك':
		return 'ک'
	case 'ه':
		return 'ہ'
	case 'أ', 'إ':
		return 'ا'
	}
	return r
}

// end counts the word that has been read, if there is one, and begins anew.
func (t *tally) end(w *word) {
	if w.letters == 0 {
		return
	}
	points := smallWords[string(w.buf[:w.n])]
	switch {
	case w.arabic:
		t.arabic++
		t.script += max(points, 0)
		t.against += max(-points, 0)
	default:
		t.latin++
		t.roman += max(points, 0)
		t.other += max(-points, 0)
		if points < 0 && t.latin == 1 {
			t.other++ // a sentence that begins in another language mostly is in it
		}
		if w.foreign {
			t.other++
		}
	}
	*w = word{}
}
