package demo

import (
	"strings"
	"sync"
)

// A meaning lists the phrases of one value: English, Urdu and Roman Urdu,
// phrases parted by commas.
type meaning[V any] struct {
	value   V
	en      string
	ur, rmn string
}

// A table finds phrases in sentences. It is built when it is first used: a
// program with a real model has no use for it.
type table[V any] struct {
	meanings []meaning[V]
	once     sync.Once
	exact    map[string][]phrase[V] // by the first word: English and Urdu script
	rough    map[string][]phrase[V] // by the first word's rough spelling: Roman Urdu
}

type phrase[V any] struct {
	words []string
	value V
}

func newTable[V any](meanings ...meaning[V]) *table[V] { return &table[V]{meanings: meanings} }

func (t *table[V]) build() {
	t.exact, t.rough = map[string][]phrase[V]{}, map[string][]phrase[V]{}
	for _, m := range t.meanings {
		t.add(t.exact, m.en, m.value, keyOf)
		t.add(t.exact, m.ur, m.value, keyOf)
		t.add(t.rough, m.rmn, m.value, roughOf)
	}
}

func keyOf(w word) string   { return w.key }
func roughOf(w word) string { return w.rough }

func (t *table[V]) add(to map[string][]phrase[V], list string, value V, key func(word) string) {
	for text := range strings.SplitSeq(list, ",") {
		p := phrase[V]{value: value}
		for _, w := range cut(text) {
			p.words = append(p.words, key(w))
		}
		if len(p.words) > 0 {
			to[p.words[0]] = append(to[p.words[0]], p)
		}
	}
}

// at returns the value of the longest phrase that begins at word i, and its
// length in words: 0 when none does. Roman Urdu is looked for only in a
// sentence that is not English: its spelling is too free to be told from
// English words.
func (t *table[V]) at(s *sentence, i int) (value V, length int) {
	if i < 0 || i >= len(s.words) || s.words[i].quoted {
		return value, 0
	}
	look := func(phrases []phrase[V], key func(word) string) {
		for _, p := range phrases {
			if len(p.words) > length && s.has(i, p.words, key) {
				value, length = p.value, len(p.words)
			}
		}
	}
	t.once.Do(t.build)
	look(t.exact[s.words[i].key], keyOf)
	if s.tongue != english && s.words[i].rough != "" {
		look(t.rough[s.words[i].rough], roughOf)
	}
	return value, length
}

// newSet makes a table without values.
func newSet(en, ur, rmn string) *table[bool] {
	return newTable(meaning[bool]{true, en, ur, rmn})
}

// has reports whether the words from i on, unquoted, are these.
func (s *sentence) has(i int, words []string, key func(word) string) bool {
	if i+len(words) > len(s.words) {
		return false
	}
	for k, want := range words {
		if w := s.words[i+k]; w.quoted || key(w) != want {
			return false
		}
	}
	return true
}
