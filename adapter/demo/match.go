package demo

import (
	"strings"
	"unicode/utf8"
)

// Grades of how well a task's title fits the words for it.
const (
	noFit   = iota
	similar // all the words said are in the title, in some form
	within  // all the words said are in the title
	same    // title and words are the same but for small words
	equal
)

// matching gives the tasks that the words mean, those alone that fit best. A
// title must hold all the words said: one that is left over may say "not", or
// name a second task.
func matching(words string, tasks []task) []task {
	best, out := similar, []task(nil)
	said := titleWords(words)
	for _, t := range tasks {
		fit := fitOf(words, said, t.Title)
		if fit < best {
			continue
		}
		if fit > best {
			best, out = fit, nil
		}
		out = append(out, t)
	}
	return out
}

// near gives tasks that share a word with what was said: nothing to act on, but
// something to ask about.
func near(words string, tasks []task) []task {
	var out []task
	said := titleWords(words)
	for _, t := range tasks {
		if have := titleWords(t.Title); 2*countIn(said, have, similarWord) >= len(said) && countIn(said, have, similarWord) > 0 {
			out = append(out, t)
		}
	}
	return out
}

func fitOf(words string, said []word, title string) int {
	if strings.TrimSpace(fold(words)) == strings.TrimSpace(fold(title)) {
		return equal
	}
	have := titleWords(title)
	if len(said) == 0 || len(have) == 0 {
		return noFit
	}
	switch exact := countIn(said, have, sameWord); {
	case exact == len(said) && len(said) == len(have):
		return same
	case exact == len(said):
		return within
	case countIn(said, have, similarWord) == len(said):
		return similar
	}
	return noFit
}

// titleWords are the words that tell a title from others; small words only
// where there is nothing else.
func titleWords(text string) []word {
	s := &sentence{text: text, words: cut(text), tongue: romanUrdu}
	for i := range s.words {
		s.words[i].quoted = false // a quotation in a title is words like others
	}
	var all, out []word
	for i := 0; i < len(s.words); {
		n := lengthAt(s, i, targetEdge)
		for k := i; k < i+max(n, 1); k++ {
			if w := s.words[k]; !w.sign {
				all = append(all, w)
				if n == 0 {
					out = append(out, w)
				}
			}
		}
		i += max(n, 1)
	}
	if len(out) == 0 {
		return all
	}
	return out
}

// countIn counts the words of a that have their like in b.
func countIn(a, b []word, like func(a, b word) bool) int {
	n := 0
	for _, x := range a {
		for _, y := range b {
			if like(x, y) {
				n++
				break
			}
		}
	}
	return n
}

func sameWord(a, b word) bool { return a.key == b.key }

// similarWord forgives endings and the spelling of Roman Urdu.
func similarWord(a, b word) bool {
	return a.key == b.key || a.rough != "" && a.rough == b.rough || stem(a.key) == stem(b.key)
}

var endings = []string{"'s", "ies", "ing", "es", "ed", "s", "y", "e",
	"یاں", "یوں", "وں", "یں", "نا", "نی", "نے", "ا", "ی", "ے", "و"}

// stem cuts off the ending of a word, if enough of it remains.
func stem(key string) string {
	for _, ending := range endings {
		if s, ok := strings.CutSuffix(key, ending); ok && utf8.RuneCountInString(s) >= 3 {
			return s
		}
	}
	return key
}

// searchWord is what to search for to find a title by these words: the longest
// of them, as it was written, because the store takes a search literally.
func searchWord(words string) string {
	longest := ""
	for _, w := range titleWords(words) {
		if text := words[w.start:w.end]; utf8.RuneCountInString(text) > utf8.RuneCountInString(longest) {
			longest = text
		}
	}
	return longest
}
