package demo

import (
	"strings"
	"unicode"
)

// foldRune gives the letter that r is compared as: lower case, digits of any
// kind as 0 to 9, and one form for the letters that keyboards for Arabic,
// Persian and Urdu write differently. It gives -1 for what is left out: vowel
// signs, the stretching line, joiners, direction marks.
func foldRune(r rune) rune {
	switch r {
	case 'ي', 'ى', 'ئ', 'ې':
		return 'ی'
	case 'ك':
		return 'ک'
	case 'ه', 'ھ', 'ة', 'ۀ', 'ۂ', 'ۃ', 'ە':
		return 'ہ'
	case 'أ', 'إ', 'ٱ', 'آ':
		return 'ا'
	case 'ؤ':
		return 'و'
	case 'ۓ':
		return 'ے'
	case 'ـ':
		return -1
	case '’', '‘', 'ʼ', '`':
		return '\''
	}
	switch {
	case r >= '٠' && r <= '٩':
		return '0' + r - '٠'
	case r >= '۰' && r <= '۹':
		return '0' + r - '۰'
	case unicode.In(r, unicode.Mn, unicode.Cf):
		return -1
	}
	return unicode.ToLower(r)
}

// fold makes texts comparable that people would call the same.
func fold(s string) string { return strings.Map(foldRune, s) }

// sounds are the spellings of Roman Urdu that stand for one sound, longest
// first. There is no authority for Roman Urdu: kaam and kam, mein and main,
// karein and karen are all seen.
var sounds = strings.NewReplacer(
	"iyay", "ie", "iye", "ie", "iay", "ie", "yein", "en", "aein", "aen",
	"aa", "a", "ee", "i", "oo", "u", "ii", "i", "uu", "u",
	"ai", "e", "ei", "e", "ay", "e", "ey", "e",
	"w", "v", "ph", "f", "q", "k",
)

// rough gives the form in which spellings of one Roman Urdu word meet. Doubled
// consonants become one, and a silent h at the end goes.
func rough(folded string) string {
	s := sounds.Replace(folded)
	var b strings.Builder
	last := rune(-1)
	for _, r := range s {
		if r != last || strings.ContainsRune("aeiou", r) {
			b.WriteRune(r)
		}
		last = r
	}
	s = b.String()
	if n := len(s); n > 2 && s[n-1] == 'h' && strings.IndexByte("aei", s[n-2]) >= 0 {
		s = s[:n-1]
	}
	return s
}
