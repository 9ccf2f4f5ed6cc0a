package demo

import "strings"

// changeEnglish reads a sentence that changes a task: what it is marked as or
// set to decides what is done.
func (p *parser) changeEnglish(kind lead, s *sentence) command {
	body := s.trimRight(englishTail)
	switch kind {
	case leadReopen:
		return p.onTask(reopen, body.trimRight(asOpen))
	case leadDone:
		return p.doneEnglish(body)
	case leadPast:
		return p.pastEnglish(body)
	}
	if sp, ok := longest(body, asOpen); ok && !p.hasValues() {
		return p.onTask(reopen, body.without(sp))
	}
	if sp, ok := longest(body, asDone); ok && !p.hasValues() {
		return p.onTask(complete, body.without(sp))
	}
	if kind == leadMark && !p.hasValues() && lengthAt(body, len(body.words)-1, offWord) > 0 { // "mark gym off", but not "put gym off"
		if lengthAt(p.rest.trimLeft(englishPolite), 0, markWord) > 0 {
			return p.onTask(complete, body.part(0, len(body.words)-1))
		}
		return command{}
	}
	if task, ok := passive(body); ok && kind == leadMark && !p.hasValues() {
		return p.onTask(complete, task)
	}
	if noun := body.trimLeft(articles); lengthAt(noun, 0, createNoun) > 0 && len(noun.words) < len(body.words) && len(noun.words) > 1 && !p.isThe(body) {
		return p.createEnglish(body)
	}
	if holds(body, listNoun) && kind == leadMark {
		return p.createEnglish(body)
	}
	if c, ok := p.clearing(body); ok {
		return c
	}
	return p.updateEnglish(body)
}

var (
	offWord  = newSet("off", "", "")
	markWord = newSet("mark", "", "")
)

// isThe reports whether the sentence speaks of a task that is there: "make the
// task …", not "make a task …".
func (p *parser) isThe(s *sentence) bool {
	return len(s.words) > 0 && strings.Contains(" the this my ", " "+s.words[0].key+" ")
}

// longest finds the longest phrase of the table, the last of equals.
func longest(s *sentence, t *table[bool]) (span, bool) {
	var found span
	for i := range s.words {
		if n := lengthAt(s, i, t); n > 0 && n >= found.until-found.from {
			found = span{i, i + n}
		}
	}
	return found, !found.empty()
}

// doneEnglish reads what follows "complete" or "I finished".
func (p *parser) doneEnglish(body *sentence) command {
	if sp, ok := longest(body, asOpen); ok && sp.until == len(body.words) && sp.until-sp.from > 1 {
		return p.onTask(reopen, body.without(sp))
	}
	return p.onTask(complete, body.trimRight(asDone))
}

// irregular are verbs in the past that do not end in -ed, as people tell of
// tasks they did.
var irregular = newSet(`bought, paid, sent, wrote, made, did, got, took, went, had, met, read, gave, spoke, found, cut, put, fed, ran,
			swept, drank, ate, rang, brought, built, chose, drove, fixed, kept, left, sold, told, taught, withdrew, done, written, taken, spoken,
			given, gone, picked up, dropped off, swam, rode, hung, lent, held, set up, took care of, dealt with, seen, paid off, handed in,
			turned in, filled out, shut, hit`, "", "")

// pastEnglish reads "I bought the milk" as the completion of a task about milk.
func (p *parser) pastEnglish(body *sentence) command {
	body = body.trimLeft(englishPolite)
	n := lengthAt(body, 0, irregular)
	if lengthAt(body, 0, undone) >= max(n, 1) || p.priority+p.category != "" || lengthAt(body, n, toDo) > 0 {
		return command{} // "I skipped gym", "I made gym high priority", "I had to …"
	}
	if n == 0 && len(body.words) > 1 && regularPast(body.words[0]) {
		n = 1
	}
	if n == 0 || n >= len(body.words) {
		return command{}
	}
	return p.onTask(complete, body.part(n, len(body.words)))
}

// undone are verbs in the past that tell of anything but a task that was done.
var undone = newSet(`closed, opened, located, crowded, broken, deleted, removed, added, created, renamed, changed, updated, moved, marked, listed, showed, cancelled, canceled,
			postponed, rescheduled, delayed, deferred, wanted, tried, started, liked, loved, hated, planned, decided, missed, skipped, failed,
			needed, asked, stopped, ignored, dropped, wished, hoped, expected, promised, intended, considered, refused, reopened, dreaded, enjoyed,
			wondered, mentioned, talked, discussed, noted, noticed, viewed, scheduled, paused, neglected, scared, tired, bored, interested,
			confused, worried, assigned, prioritized, edited, looked, attempted, thought, forgot, began, said, told, knew, felt, lost, quit,
			recommended, required, allowed, supposed, blocked, delegated, rejected, based, named, called off, put off, gave up, got rid of, left, hung,
			kept, held, chose, found, met with, saved, used`, "", "")

// regularPast reports whether a word looks like a verb in the past.
func regularPast(w word) bool {
	return !w.quoted && len(w.key) > 4 && strings.HasSuffix(w.key, "ed") && !strings.HasSuffix(w.key, "eed")
}

var toDo = newSet("to", "", "")

var (
	dueNoun = newSet(`due date, due dates, deadline, due-date, duedate, date, due time, due, due day`, `تاریخ, ڈیڈ لائن, آخری تاریخ,
			مقررہ تاریخ, میعاد`, `due date, deadline, tareekh, tarikh, aakhri tareekh, date`)
	descriptionNoun = newSet(`description, details, notes, note, detail, comment, comments`, `تفصیل, وضاحت`, `tafseel, tafsil, description`)
	of              = newSet(`of, from, for, on, off, the, my, in`, "", "")
)

// clearing reads "remove the due date from …": a field goes, the task stays.
func (p *parser) clearing(body *sentence) (command, bool) {
	s := body.trimLeft(of)
	for _, field := range []struct {
		noun *table[bool]
		c    command
	}{{dueNoun, command{clearDue: true}}, {descriptionNoun, command{clearText: true}}} {
		n := lengthAt(s, 0, field.noun)
		if n == 0 || lengthAt(s, n, of) == 0 || p.hasWhen || p.description != "" || holds(s, toWord) {
			continue
		}
		c := p.onTask(update, s.part(n, len(s.words)).trimLeft(of))
		c.clearDue, c.clearText = field.c.clearDue, field.c.clearText
		return c, true
	}
	return command{}, false
}

// clearingValue reads "remove the high priority from buy milk": the value goes
// back to what a new task has, and the task stays.
func (p *parser) clearingValue() (command, bool) {
	at, ok := firstOf(p.full, fromWord)
	if !ok {
		return command{}, false
	}
	head := &parser{now: p.now, full: p.full.part(0, at)}
	head.readValues()
	c := command{do: update, target: targetOf(p.full.part(at+1, len(p.full.words)).trimRight(englishTail))}
	if c.target.text == "" && !c.target.it || holds(p.full.part(at, len(p.full.words)), listNoun) {
		return command{}, false
	}
	if _, after := p.lead(head.rest.trimLeft(nothing)); len(after.trim(clearedNouns).words) > 0 {
		return command{}, false // "remove the high priority milk task from …"
	}
	named := holds(head.full, taskNoun)
	switch {
	case head.hasWhen && !named:
		c.clearDue = true
	case (head.priority != "" || holds(head.full, priorityNoun)) && !named:
		c.priority = "medium"
	case (head.category != "" || holds(head.full, categoryNoun)) && !named:
		c.category = "other"
	default:
		return command{}, false
	}
	return c, true
}

// firstOf is where the first word of the table stands.
func firstOf(s *sentence, t *table[bool]) (int, bool) {
	_, sp, ok := find(s, t)
	return sp.from, ok
}

var (
	fromWord     = newSet("from, of, off, on", "", "")
	clearedNouns = newSet(`the, a, its, my, priority, category, label, tag, flag, mark, status, setting, deadline, due date, urgent, high, low,
			importance, date, due, from, of, work, home, personal`, "", "")
)

var toWord = newSet(`to, into, as, say, be, :, =, with, by`, "", "")

// removeEnglish reads what is to be deleted.
func (p *parser) removeEnglish(s *sentence) command {
	if c, ok := p.clearing(s); ok {
		return c
	}
	if c, ok := p.clearingValue(); ok {
		return c
	}
	return p.onTask(remove, s.trimRight(englishTail))
}

// updateEnglish reads new values of a task, or a new title: "change milk to
// bread" has no value that we know, so bread is the title.
func (p *parser) updateEnglish(body *sentence) command {
	body = p.looseValues(body)
	to, ok := lastTo(body)
	if ok && to < len(body.words)-1 {
		if c, ok := p.describeEnglish(body, to); ok {
			return c
		}
		if !p.hasValues() && lengthAt(p.full.trimLeft(englishPolite), 0, moving) > 0 {
			return command{} // "move gym to never": no date, and no title
		}
		if !p.hasValues() || body.words[to+1].sign {
			return p.renameEnglish()
		}
	}
	if !p.hasValues() {
		return command{}
	}
	c := p.onTask(update, body)
	c.due, c.priority, c.category, c.description = p.due(), p.priority, p.category, p.description
	return c
}

var moving = newSet("move, reschedule, postpone, push, push back, shift, delay, put off, defer, extend, bring forward, file, give, assign", "", "")

// lastTo finds the last "to" that is not in quotation marks.
func lastTo(s *sentence) (int, bool) {
	for i := len(s.words) - 1; i >= 0; i-- {
		if !s.words[i].quoted && (s.words[i].key == "to" || s.words[i].key == "into") {
			return i, true
		}
	}
	return 0, false
}

// describeEnglish reads "set the description of milk to two litres".
func (p *parser) describeEnglish(body *sentence, to int) (command, bool) {
	if _, sp, ok := find(body, descriptionNoun); ok && sp.until <= to {
		c := p.onTask(update, body.part(0, to).without(sp))
		c.description = body.part(to+1, len(body.words)).trim(nothing).unquoted().string()
		return c, c.description != ""
	}
	return command{}, false
}

// addDescription reads "add the description … to milk".
func (p *parser) addDescription(s *sentence) (command, bool) {
	n := lengthAt(s, 0, descriptionNoun)
	to, ok := lastTo(s)
	if n == 0 || !ok || to < n || lengthAt(s, 0, createNoun) > 0 {
		return command{}, false
	}
	c := p.onTask(update, s.part(to+1, len(s.words)))
	c.description = s.part(n, to).trim(nothing).unquoted().string()
	return c, c.description != ""
}

// annotate reads "(add) a note to gym: bring water": what follows the colon is
// the description of a task that is there.
func (p *parser) annotate(s *sentence) (command, bool) {
	n := lengthAt(s, 0, descriptionNoun)
	m := lengthAt(s, n, toTask)
	if n == 0 && lengthAt(p.full.trimLeft(englishPolite), 0, descriptionNoun) == 0 || m == 0 {
		return command{}, false
	}
	for i := n + m + 1; i < len(s.words)-1; i++ {
		quote := s.words[i+1].quoted && !s.words[i].quoted
		if s.words[i].key != ":" && lengthAt(s, i, saying) == 0 && !quote || s.words[i].quoted {
			continue
		}
		c := p.onTask(update, s.part(n+m, i))
		from := sourceOf(p.full, s.words[i].end)
		if quote {
			from--
		}
		c.description = p.full.part(from, len(p.full.words)).trim(nothing).unquoted().string()
		return c, c.description != "" && (c.target.text != "" || c.target.it)
	}
	return command{}, false
}

// sourceOf is the first word of the sentence that begins at a place of the
// text, or behind it.
func sourceOf(s *sentence, place int) int {
	for i, w := range s.words {
		if w.start >= place {
			return i
		}
	}
	return len(s.words)
}

var (
	toTask = newSet("to, for, on, in, about", "", "")
	saying = newSet("saying, that says, which says, that", "", "")
)

var (
	levelBefore    = newSet(`to, as, at, more, a, is, be, should be, is now, very, to be, of, to a, be a, is a`, "", "")
	categoryBefore = newSet(`to, into, under, in, as, to my, under my, for, to the, into my, is, into the, in the, in my, under the`, "", "")
	raising        = newSet(`raise, increase, bump, bump up, prioritize, prioritise, escalate, upgrade`, "", "")
	lowering       = newSet(`lower, decrease, reduce, deprioritize, downgrade`, "", "")
)

// looseValues reads values that only make sense in a change: the bare "high"
// and "work" at the end of "set … to high", and "raise the priority".
func (p *parser) looseValues(s *sentence) *sentence {
	s = s.trimRight(nothing)
	if p.priority == "" && !p.hasWhen {
		if value, n := valueAtEnd(s, priorityWords); n > 0 {
			p.priority = value
			s = s.part(0, len(s.words)-n)
			s = s.part(0, len(s.words)-s.phraseBefore(levelBefore, len(s.words)))
		}
	}
	if p.category == "" && p.priority == "" && !p.hasWhen {
		if value, n := valueAtEnd(s, categoryWords); n > 0 {
			m := s.phraseBefore(categoryBefore, len(s.words)-n)
			if _, to := lastTo(s); m > 0 || !to && n < len(s.words) {
				p.category = value
				s = s.part(0, len(s.words)-n-m)
			}
		}
	}
	if !p.hasValues() {
		switch {
		case holds(p.full, raising):
			p.priority = "high"
		case holds(p.full, lowering):
			p.priority = "low"
		}
	}
	return s
}

// valueAtEnd is the value with which the sentence ends.
func valueAtEnd(s *sentence, t *table[string]) (value string, length int) {
	for n := min(longestPhrase, len(s.words)); n > 0; n-- {
		if v, length := t.at(s, len(s.words)-n); length == n {
			return v, n
		}
	}
	return "", 0
}

var (
	renameHead = newSet(`rename, retitle, reword, rephrase, re-name, change, update, edit, set, modify, replace, make, please, can you,
			could you, would you, i want to, i'd like to, the title of, the name of, title of, name of, the, my, task, todo, from, the text of,
			text of, called, named, item, a, its, it's, the title, the name, move, turn, alter, switch`, "", "")
	renameTail = newSet(`task, todo, title, name, instead, please, item, title is, to, reminder, to be`, "", "")
	titleLead  = newSet(`say, read, be, be called, be named, now, the title, the name, called, :`, "", "")
)

// renameEnglish reads "rename … to …" from the whole sentence: a new title may
// hold dates and priorities.
func (p *parser) renameEnglish() command {
	s := p.full.trimRight(quietTail)
	if q := s.quotations(); len(q) == 2 {
		return command{do: rename, target: target{text: s.part(q[0].from, q[0].until).string()}, title: s.part(q[1].from, q[1].until).string()}
	}
	at, ok := renameMark(s)
	if q := s.quotations(); !ok && len(q) == 1 && len(s.part(0, q[0].from).trim(renameHead).words) > 0 { // rename milk "Buy bread"
		c := p.onTask(rename, s.part(0, q[0].from).trimLeft(renameHead).trimRight(renameTail))
		c.title = s.part(q[0].from, q[0].until).string()
		return c
	}
	if !ok {
		return p.onTask(rename, s.trimLeft(renameHead))
	}
	c := p.onTask(rename, s.part(0, at.from).trimLeft(renameHead).trimRight(renameTail))
	c.title = s.part(at.until, len(s.words)).trimLeft(titleLead).trim(nothing).unquoted().string()
	return c
}

var quietTail = newSet(`please, pls, plz, thanks, thank you, thx`, "", "")

var renamedTo = newSet(`should be renamed to, should be renamed, should be called, is now called, renamed to, needs to be called, is called now,
			must be called, should be titled, should say, should read`, "", "")

// renameMark finds the word between the old title and the new one: an arrow, or
// the "to" with a quotation at a side, or else the last "to". Old titles begin
// with "to" less often than new ones hold it, so with several the first counts
// that has something before it.
func renameMark(s *sentence) (span, bool) {
	if _, sp, ok := find(s, renamedTo); ok && sp.from > 0 {
		return sp, true
	}
	for i := 1; i < len(s.words)-1; i++ {
		if s.has(i, []string{"-", ">"}, keyOf) || s.has(i, []string{"=", ">"}, keyOf) {
			return span{i, i + 2}, true
		}
	}
	for _, want := range []string{"→", "to", "into", "as", "with"} {
		for i := 1; i < len(s.words)-1; i++ {
			if !s.words[i].quoted && s.words[i].key == want && len(s.part(0, i).trimLeft(renameHead).words) > 0 {
				return span{i, i + 1}, true
			}
		}
	}
	return span{}, false
}
