package demo

import (
	"strings"
	"time"
	"unicode/utf8"
)

// An act is what a sentence asks for.
type act int

const (
	unknown act = iota
	help
	hello
	thanks
	create
	list
	complete
	reopen
	rename
	update
	remove
	count
	more     // the next page of the list
	tell     // how a task stands
	okay     // nothing but a friendly word
	bye      // the same
	refrain  // nothing: it was forbidden
	suppose  // nothing: it was only spoken of
	confirm  // nothing yet: it was asked whether to
	separate // nothing: two things were ordered at once
)

// A command is a sentence that was understood.
type command struct {
	do     act
	tongue tongue

	title  string // of the new task, or the new title
	target target // the task meant
	chosen []task // those picked from a question of ours; they are the target
	search string // what a list looks for

	description string
	priority    string
	category    string
	due         string // a date or an instant; of update, with clearDue
	clearDue    bool
	clearText   bool // the description is to go

	then *command // of confirm: what to do after a yes

	status  string
	overdue bool
	sortBy  string // of a list, with sortOrder
	order   string
	from    string // days that a list shows, calendar dates
	until   string
}

// A target is how a sentence speaks of a task.
type target struct {
	text string // words of its title
	// it: the sentence says "it" or "that one" and means the one spoken of last.
	it bool
	// all: the sentence means more than one.
	all bool
	// each are the tasks that are meant where there is more than one: "gym and
	// buy milk". text holds all the words, for a title may have an "and" too.
	each []target
	// nth counts from 1 in the list shown, from its end when negative; 0: no
	// number was said.
	nth int
}

// maxSentence bounds, in characters, what is looked at as a sentence. A longer
// text is no sentence that rules like these could understand.
const maxSentence = 2000

// understand reads a sentence. now is the user's, in the user's zone.
func understand(text string, now time.Time) command {
	if utf8.RuneCountInString(text) > maxSentence {
		head := text[:runeOffset(text, maxSentence)]
		return command{tongue: newSentence(head).tongue}
	}
	s := newSentence(strings.TrimSpace(text))
	c := command{do: phraseAct(s)}
	if c.do == unknown {
		p := parser{now: now, full: s}
		c = p.command()
	}
	c.tongue = s.tongue
	return c
}

// phraseAct is what a sentence that is one fixed phrase wants: "thanks a lot!".
func phraseAct(s *sentence) act {
	s = s.trim(nothing)
	for {
		do, n := wholePhrases.at(s, 0)
		switch {
		case n == 0:
			return unknown
		case n == len(s.words):
			return do
		}
		s = s.part(n, len(s.words)).trimLeft(nothing) // "ok, thanks"
	}
}

// command reads what the words of the sentence ask for, and then whether it has
// the force for it.
func (p *parser) command() command {
	var c command
	if p.full.tongue == english {
		c = p.english()
	} else {
		c = p.urdu()
	}
	switch c.do {
	case list:
		c.sortBy, c.order = sorting(p.full)
	case count:
		c.priority, c.category = p.priority, p.category
	}
	return p.weigh(c)
}

// runeOffset is where character n of the text begins.
func runeOffset(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}

// A parser takes a sentence apart.
type parser struct {
	now  time.Time
	full *sentence
	rest *sentence // full without what was read into the fields below

	when        when
	hasWhen     bool
	priority    string
	category    string
	description string
}

// readValues takes description, date, priority and category out of the
// sentence, in this order: a description may hold anything.
func (p *parser) readValues() {
	s := p.full
	s, p.description = splitDescription(s)
	if w, ok := findWhen(s, p.now); ok {
		p.when, p.hasWhen = w, true
		s = s.without(w.spans...)
	}
	if found, ok := findPriority(s); ok {
		p.priority = found.value
		s = s.without(found.span)
	}
	if found, ok := findCategory(s); ok {
		p.category = found.value
		s = s.without(found.span)
	}
	p.rest = s
}

func (p *parser) due() string {
	if !p.hasWhen {
		return ""
	}
	return p.when.due(p.now)
}

// hasValues reports whether the sentence gives a task anything but a title.
func (p *parser) hasValues() bool {
	return p.hasWhen || p.priority != "" || p.category != "" || p.description != ""
}

// values makes a command that sets what was read.
func (p *parser) values(do act) command {
	return command{do: do, due: p.due(), priority: p.priority, category: p.category, description: p.description}
}

var descriptionMark = newSet(`with description, with the description, with a description, description:, description, with details,
			details:, with the note, with a note, with note, note:, notes:`,
	`تفصیل:, تفصیل, وضاحت:, وضاحت`, `tafseel:, tafseel, tafsil:, tafsil, wazahat, description:, description, details:`)

// splitDescription cuts off what follows "description:". In the middle of a
// sentence the bare word needs a sign after it or a "with" before it.
func splitDescription(s *sentence) (*sentence, string) {
	for i := 1; i < len(s.words); i++ {
		_, n := descriptionMark.at(s, i)
		if n == 0 || i+n >= len(s.words) {
			continue
		}
		marked := s.words[i+n-1].sign || s.words[i+n].sign || s.words[i].key == "with"
		end := len(s.words)
		for _, q := range s.quotations() { // what follows a quotation is not part of it
			if q.from <= i+n+2 && q.from > i {
				end = min(q.until+1, end)
				break
			}
		}
		if text := s.part(i+n, end).trim(nothing).unquoted().string(); marked && text != "" {
			return s.without(span{i, end}).trimRight(nothing), text
		}
	}
	return s, ""
}

var nothing = newSet("", "", "")
