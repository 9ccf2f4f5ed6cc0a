package demo

// describeUrdu reads "دودھ کی تفصیل میں دو لیٹر لکھ دو".
func (p *parser) describeUrdu(before *sentence) (command, bool) {
	_, sp, ok := find(before, descriptionNoun)
	if !ok || sp.from == 0 {
		return command{}, false
	}
	text := before.part(sp.until, len(before.words)).trim(urduInto).unquoted().string()
	if text == "" {
		return command{}, false
	}
	c := p.onTask(update, before.part(0, sp.from))
	c.description = text
	return c, true
}

// noteUrdu reads "gym mein note likho: pani lana".
func (p *parser) noteUrdu(before, after *sentence) (command, bool) {
	n := before.phraseBefore(noteNoun, len(before.words))
	m := before.phraseBefore(ontoUrdu, len(before.words)-n)
	text := after.trim(nothing).unquoted().string()
	if n == 0 || m == 0 || text == "" {
		return command{}, false
	}
	c := p.onTask(update, before.part(0, len(before.words)-n-m))
	c.description = text
	return c, c.target.text != "" || c.target.it
}

var (
	noteNoun = newSet("note", "نوٹ, تفصیل, وضاحت", "note, tafseel")
	ontoUrdu = newSet("", "میں, پر, کا, کی, کے لیے, کے ساتھ", "mein, me, par, pe, ka, ki, ke liye, ke sath")
)

var urduInto = newSet("", "میں, یہ, کو, کہ", "mein, me, main, yeh, ko, keh")

// removeUrdu reads what is to be deleted: a task, or only its date.
func (p *parser) removeUrdu(s *sentence) command {
	s = s.trimRight(nothing)
	for _, field := range []struct {
		noun *table[bool]
		c    command
	}{{dueNoun, command{clearDue: true}}, {descriptionNoun, command{clearText: true}}} {
		n := s.phraseBefore(field.noun, len(s.words))
		if n == 0 || len(s.part(0, len(s.words)-n).trim(targetEdge).words) == 0 {
			continue
		}
		c := p.onTask(update, s.part(0, len(s.words)-n))
		c.clearDue, c.clearText = field.c.clearDue, field.c.clearText
		return c
	}
	return p.onTask(remove, s)
}

// clearingUrdu reads "buy milk se high priority hata do", "دودھ کی ترجیح ہٹا
// دو": the value goes back to what a new task has, and the task stays.
func (p *parser) clearingUrdu() (command, bool) {
	v, _ := lastVerb(p.full)
	s := p.full.part(0, v.span.from)
	at := -1
	for i := range s.words {
		if lengthAt(s, i, fromUrdu) > 0 {
			at = i
		}
	}
	if at < 1 || holds(s.part(at+1, len(s.words)), taskNoun) {
		return command{}, false
	}
	tail := &parser{now: p.now, full: s.part(at+1, len(s.words))}
	tail.readValues()
	if len(tail.rest.trim(fieldWords).words) > 0 {
		return command{}, false
	}
	c := command{do: update, target: targetOf(s.part(0, at))}
	switch {
	case tail.priority != "" || holds(tail.full, priorityNoun):
		c.priority = "medium"
	case holds(tail.full, categoryNoun):
		c.category = "other"
	default:
		return command{}, false
	}
	return c, c.target.text != "" || c.target.it
}

var (
	fromUrdu   = newSet("", "سے, کی, کا, کے", "se, ki, ka, ke")
	fieldWords = newSet("", "ترجیح, اہمیت, زمرہ, کیٹیگری, والی, والا, کو", "priority, tarjeeh, ahmiyat, category, zumra, wali, wala, ko")
)

// updateUrdu reads new values, or "X کو Y میں بدلو", a new title.
func (p *parser) updateUrdu(before, after *sentence) command {
	before = p.looseUrdu(before.trimRight(nothing))
	if !p.hasValues() {
		return p.renameUrdu()
	}
	words := before
	if len(before.trim(targetEdge).words) == 0 && !holds(before, itWords) {
		words = after
	}
	c := p.onTask(update, words.without(spansOf(words, fieldNouns)...))
	c.due, c.priority, c.category, c.description = p.due(), p.priority, p.category, p.description
	return c
}

var fieldNouns = newSet("", `کی ترجیح, کی اہمیت, کی تاریخ, کی آخری تاریخ, کی ڈیڈ لائن, کا زمرہ, کی کیٹیگری, کا وقت, کی پرائیورٹی`, `ki tarjeeh,
			ki ahmiyat, ki tareekh, ki deadline, ki due date, ka category, ki category, ki priority, ka zumra, ka waqt, due date, deadline,
			ki aakhri tareekh, ki date`)

// looseUrdu reads the bare value before the verb: "… کو ضروری کر دو".
func (p *parser) looseUrdu(s *sentence) *sentence {
	s = s.part(0, len(s.words)-s.phraseBefore(valueAfter, len(s.words)))
	if p.priority == "" && !p.hasWhen {
		if value, n := valueAtEnd(s, priorityWords); n > 0 {
			p.priority = value
			return s.part(0, len(s.words)-n)
		}
	}
	if p.category == "" && p.priority == "" && !p.hasWhen {
		if value, n := valueAtEnd(s, categoryWords); n > 0 {
			p.category = value
			return s.part(0, len(s.words)-n)
		}
	}
	return s
}

// renameUrdu parts the whole sentence at "کا نام" and the like.
func (p *parser) renameUrdu() command {
	s := p.full.without(spansOf(p.full, urduManner)...).trimRight(nothing)
	if q := s.quotations(); len(q) == 2 {
		return command{do: rename, target: target{text: s.part(q[0].from, q[0].until).string()}, title: s.part(q[1].from, q[1].until).string()}
	}
	_, sp, ok := find(s, renameMarks)
	if !ok {
		_, sp, ok = find(s.part(1, len(s.words)), newObject)
		sp.from, sp.until = sp.from+1, sp.until+1
	}
	if !ok {
		return command{}
	}
	c := p.onTask(rename, s.part(0, sp.from))
	c.title = s.part(sp.until, len(s.words)).trimLeft(renameHeadUrdu).trimRight(renameEnd).unquoted().string()
	return c
}

var renameHeadUrdu = newSet("", "اب, نیا, نام", "ab, naya, to, as")
