package demo

import "strings"

// A force is what a sentence does with the deed that it names. Its words alone
// do not tell: "delete gym", "don't delete gym", "did I delete gym?" and "I will
// delete gym tomorrow" have them in common. Only a sentence that orders a deed,
// or tells that one is done, may change a task; to have changed one that was
// only spoken of is worse than not to have understood.
type force int

const (
	orders   force = iota // "delete gym", "can you delete gym?", "I finished gym"
	forbids               // "don't delete gym", "gym delete na karna"
	asks                  // "is gym done?", "can I delete gym?"
	supposes              // speaks of what will or may be: "I want to finish gym tomorrow"
)

// changes reports whether the command would change a task or make one.
func (c command) changes() bool {
	switch c.do {
	case create, complete, reopen, rename, update, remove:
		return true
	}
	return false
}

// weigh lets a command pass that the sentence has the force for, and puts in
// the place of others what may be done instead: nothing, or to look and tell.
func (p *parser) weigh(c command) command {
	if c.changes() && p.ordersTwice() {
		return command{do: separate}
	}
	f := p.forceUrdu
	if p.full.tongue == english {
		f = p.forceEnglish
	}
	switch f(c) {
	case forbids:
		if c.changes() || c.do == unknown && p.namesDeed() {
			return command{do: refrain}
		}
	case asks:
		if c.changes() || c.do == unknown {
			return p.question(c)
		}
	case supposes:
		if c.changes() {
			return command{do: suppose}
		}
	}
	return c
}

// namesDeed reports whether the sentence speaks of what the tools can do.
func (p *parser) namesDeed() bool {
	if p.full.tongue == english {
		return holds(p.full, deeds)
	}
	_, found := lastVerb(p.full)
	return found
}

// question makes of a sentence that asks what can be answered: how a task
// stands, or whether the deed it names is to be done.
func (p *parser) question(c command) command {
	state, ok := p.stateUrdu()
	if p.full.tongue == english {
		state, ok = p.stateEnglishAsked()
	}
	switch {
	case ok:
		return state
	case c.changes():
		return command{do: confirm, then: &c}
	}
	return c
}

// ordersTwice reports whether the sentence orders a second thing after the
// first: "add eggs and delete gym". To do one of them would be half of it.
func (p *parser) ordersTwice() bool {
	s := p.full
	for i := 1; i < len(s.words)-1; i++ {
		n := lengthAt(s, i, andThen)
		if n == 0 && !s.newLineBefore(i) {
			continue
		}
		rest := s.part(i+n, len(s.words))
		if s.tongue == english {
			if k := lengthAt(rest, 0, secondOrders); k > 0 && k < len(rest.words) && lengthAt(rest, k, itWords) == 0 {
				return true
			}
			continue
		}
		first, one := lastVerb(s.part(0, i))
		second, two := lastVerb(rest)
		if one && two && first.mood != bare && second.mood != bare {
			return true
		}
	}
	return false
}

// newLineBefore reports whether word i begins a line.
func (s *sentence) newLineBefore(i int) bool {
	return strings.Contains(s.text[s.words[i-1].end:s.words[i].start], "\n")
}

var (
	andThen      = newSet("and, then, and then, and also, and please, ., ;, also", "اور, پھر, اور پھر, ۔", "aur, phir, aur phir, or, .")
	secondOrders = newSet(`add, create, delete, remove, mark, rename, reopen, complete, show, list, remind me, set, move the, change the`, "", "")
)

// endsAsking reports whether a question mark stands in the sentence.
func (s *sentence) endsAsking() bool {
	for _, w := range s.words {
		if w.sign && !w.quoted && (w.key == "?" || w.key == "؟") {
			return true
		}
	}
	return false
}

// outside finds a phrase of the table that no span covers.
func outside(s *sentence, t *table[bool], covered []span) bool {
	for i := range s.words {
		n := lengthAt(s, i, t)
		if n == 0 {
			continue
		}
		free := true
		for _, sp := range covered {
			free = free && (i < sp.from || i >= sp.until)
		}
		if free {
			return true
		}
	}
	return false
}

// scheduled reports whether the sentence says that something is to be done on a
// later day. A task that is called by its day ("Friday's report", "the one due
// tomorrow") is not meant.
func (p *parser) scheduled() bool {
	if !p.hasWhen || !p.when.dated || !p.when.first.After(civil(p.now)) || holds(p.rest, taskNoun) {
		return false
	}
	sp := p.when.spans[0]
	words := p.full.part(sp.from, sp.until)
	if holds(words, ofTheDay) {
		return false
	}
	return p.full.tongue != english || len(p.full.part(sp.until, len(p.full.words)).trim(englishTail).words) == 0
}

// ofTheDay makes of a day what a task is called by.
var ofTheDay = newSet(`due, tomorrow's, for, of, from, monday's, tuesday's, wednesday's, thursday's, friday's, saturday's, sunday's, dated`,
	`کا, کی, کے, والا, والی, والے`, `ka, ki, ke, wala, wali, wale`)
