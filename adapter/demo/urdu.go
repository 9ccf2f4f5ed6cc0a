package demo

import (
	"strings"
	"unicode/utf8"
)

// A verb is where a sentence says what is to be done.
type verb struct {
	do   act
	span span // with its light verbs
	mood mood
}

// urdu reads a sentence in Urdu, in either script.
func (p *parser) urdu() command {
	p.full = p.full.without(pleading(p.full)...)
	p.readValues()
	s := p.rest.without(spansOf(p.rest, urduManner)...).trimRight(nothing)
	v, found := lastVerb(s)
	asks := holds(s, urduAsking)
	switch {
	case p.full.onlyQuotation():
		return command{}
	case holds(p.full, urduHelp) && (!found || v.mood == bare || asks || v.do == list):
		return command{do: help}
	case v.do == complete && p.mustBeDone(s) && !asks:
		c := p.values(create)
		c.title = titleUrdu(s.trimRight(urduIs), s.part(0, 0))
		return c
	case renames(s) || v.do == rename:
		return p.renameUrdu()
	case holds(s, urduHowMany) && (!found || v.do == list || v.mood != order || v.do == complete || v.do == reopen):
		return command{do: count}
	case holds(s, urduFinding):
		return p.listUrdu(s)
	case asks && (!found || v.mood != order || v.do == list):
		return p.listUrdu(s)
	case !found:
		return p.otherUrdu(s)
	}
	return p.verbUrdu(v, s)
}

// urduManner is how a wish is put politely, and says nothing of what is wished.
// The English column is for spellings that must be exact: "gai" sounds like "ge".
var urduManner = newSet("ge, gay", "کیا آپ, کیا تم, سکتے ہیں, سکتے ہو, سکتے, سکتی ہیں, سکتی ہو, چاہتا ہوں, چاہتی ہوں, چاہتے ہیں, گے",
	"kya aap, kya ap, kya tum, kia aap, kia ap, kia tum, sakte hain, sakte ho, sakte, skte hain, skte ho, sakti hain, sakti ho, chahta hoon, chahta hun, chahti hoon, chahti hun, chahte hain")

var urduIs = newSet("", "ہے, ہیں, ہو گا, ہوگا", "hai, hain, hy, hoga")

// mustBeDone reports whether a sentence says that something is yet to be done:
// "رپورٹ مکمل کرنی ہے", "دودھ لانا ہے".
func (p *parser) mustBeDone(s *sentence) bool {
	body := s.trimRight(urduIs)
	return len(body.words) < len(s.words) && p.infinitive(body)
}

// renames reports whether "کا نام" parts two titles; in "جس کا نام" it leads
// to the title of a new task.
func renames(s *sentence) bool {
	_, sp, ok := find(s, renameMarks)
	return ok && sp.from > 0 && s.words[sp.from-1].key != "جس" && s.words[sp.from-1].rough != "jis"
}

// verbUrdu reads a sentence by its verb.
func (p *parser) verbUrdu(v verb, s *sentence) command {
	switch v.do {
	case create:
		if holds(s.part(v.span.from, v.span.until), urduMaking) && !p.speaksOfTask(v, s) {
			return command{}
		}
		return p.createUrdu(v, s)
	case list:
		return p.listUrdu(s.without(v.span))
	case remove, complete:
		if c, ok := p.clearingUrdu(); ok {
			return c
		}
	}
	switch v.do {
	case remove:
		return p.removeUrdu(s.without(v.span))
	case update:
		return p.updateUrdu(s.part(0, v.span.from), s.part(v.span.until, len(s.words)))
	}
	if v.mood == bare && v.span.until-v.span.from == 1 && onlyList(s) {
		return p.listUrdu(s) // "مکمل کام"
	}
	if v.do == reopen && v.mood == bare && p.asksForList(s) {
		return p.listUrdu(s)
	}
	return p.onTask(v.do, s.without(v.span))
}

// urduMaking can be said of poems and tea as well as of tasks.
var urduMaking = newSet("", `بناؤ, بنا, بنائیں, بنائیے, لکھ, لکھو, لکھیں, لکھیے`, `banao, bana, banaen, banaiye, likho, likh, likhen,
			likhein, create, note`)

// speaksOfTask reports whether what is to be made or written is a task.
func (p *parser) speaksOfTask(v verb, s *sentence) bool {
	return p.hasValues() || holds(p.full, taskNoun) || holds(p.full, listNoun) || len(s.quotations()) > 0 ||
		p.infinitive(s.part(0, v.span.from)) || v.span.until < len(s.words)
}

// onlyList reports whether a sentence holds nothing but what asks for a list.
func onlyList(s *sentence) bool { return len(s.contentWords()) == 0 && holds(s, taskNoun) }

// lastVerb finds the verb that governs the sentence: the last one that orders
// something, else that tells of something done, else any. What follows a colon
// is a title and not looked at if there is a verb before.
func lastVerb(s *sentence) (verb, bool) {
	for i, w := range s.words {
		if w.key == ":" && !w.quoted {
			if v, ok := lastVerb(s.part(0, i)); ok {
				return v, true
			}
		}
	}
	var best verb
	found := false
	for i := 0; i < len(s.words); {
		do, n := urduVerbs.at(s, i)
		if n == 0 {
			i++
			continue
		}
		v := verb{do, span{i, i + n}, bare}
		if impersonal := n > 1 || endsAsOrder(s.words[i].key); impersonal {
			v.mood = order
			if do == complete || do == reopen {
				v.mood = past
			}
		}
		v.span.until, v.mood = lightAfter(s, i+n, v.mood)
		if !found || rank(v.mood) >= rank(best.mood) {
			best, found = v, true
		}
		i = v.span.until
	}
	return best, found
}

// rank orders moods by how much they say of what the sentence wants.
func rank(m mood) int { return map[mood]int{bare: 0, past: 1, order: 2}[m] }

// endsAsOrder reports whether one word is an order by itself: "دکھاؤ", "hatao".
func endsAsOrder(key string) bool {
	for _, ending := range []string{"او", "ایں", "یں", "و", "ایے", "یے", "ao", "aen", "ain", "lo", "iye", "do", "ko", "en", "ein"} {
		if strings.HasSuffix(key, ending) && utf8.RuneCountInString(key) > utf8.RuneCountInString(ending)+1 {
			return true
		}
	}
	return false
}

// lightAfter reads the light verbs from word i on: where they end, and the mood.
func lightAfter(s *sentence, i int, m mood) (int, mood) {
	for {
		light, n := lightVerbs.at(s, i)
		if n == 0 {
			return i, m
		}
		if rank(light) > rank(m) || m == order && light == past && i > 0 {
			m = light
		}
		i += n
	}
}

// createUrdu takes the title from before the verb, or from after it where there
// is nothing before: "دودھ لانا شامل کرو", "کام شامل کرو: دودھ لانا".
func (p *parser) createUrdu(v verb, s *sentence) command {
	before, after := s.part(0, v.span.from), s.part(v.span.until, len(s.words))
	if c, ok := p.describeUrdu(before); ok {
		return c
	}
	if c, ok := p.noteUrdu(before, after); ok {
		return c
	}
	if len(before.trim(targetEdge).words) > 0 && p.putsUnder(before) {
		return p.updateUrdu(before, after)
	}
	c := p.values(create)
	c.title = titleUrdu(before, after)
	return c
}

// putsUnder reports whether "… کو … میں ڈالو" speaks of a task that is there:
// it gives a value, and marks the task with کو.
func (p *parser) putsUnder(before *sentence) bool {
	if p.category == "" && p.priority == "" || len(before.words) == 0 {
		return false
	}
	return lengthAt(before, len(before.words)-1, newObject) > 0
}

var newObject = newSet("", "کو", "ko")

func titleUrdu(before, after *sentence) string {
	for _, part := range []*sentence{before, after} {
		if q := part.quotations(); len(q) > 0 {
			return part.part(q[0].from, q[0].until).string()
		}
	}
	// A colon cuts: what is before it only leads to the title.
	for i, w := range before.words {
		if w.key == ":" && !w.quoted && len(before.part(0, i).trim(urduTitleHead).trim(urduTitleTail).words) == 0 {
			before = before.part(i+1, len(before.words))
			break
		}
	}
	lead := before.trimLeft(urduTitleHead)
	title := lead.trimRight(urduTitleTail)
	if len(title.words) == 0 {
		return after.trimLeft(afterHead).trimRight(afterTail).unquoted().string()
	}
	text := title.unquoted().string()
	if lengthAt(lead, len(title.words), urduOblique) > 0 {
		text = direct(title, text)
	}
	return text
}

var afterHead = newSet("", `کہ, جو, جس کا نام, جس کا عنوان, جس کا نام ہو, جس کا عنوان ہو, عنوان, نام, یہ, یہ ہے, مجھے, ہمیں, ہے, ہو,
			میں نے, کام, ٹاسک, نیا کام, ایک کام, کا`, `keh, ke, kay, k, jo, jis ka naam, jiska naam, jis ka title, title, naam, yeh, ye, yeh hai,
			mujhe, mujhy, hai, ho, kaam, task, new task, naya kaam, ek kaam, ka, main ne`)
var afterTail = newSet("", `ہے, پلیز, شکریہ, ہیں, کو, براہ کرم, ہوگا, فہرست میں, لسٹ میں`, `hai, please, plz, pls, shukriya, hain,
			thanks, ko, list mein, hoga`)

// direct gives the title's last word the form of a name: of "دودھ لانے کا کام"
// remains "دودھ لانا".
func direct(title *sentence, text string) string {
	last := len(title.words) - 1
	if stem, ok := strings.CutSuffix(text, "نے"); ok && utf8.RuneCountInString(title.words[last].key) > 3 {
		return stem + "نا"
	}
	if lengthAt(title, last, romanInfinitives) > 0 {
		for _, ending := range []string{"ne", "nay"} {
			if stem, ok := strings.CutSuffix(text, ending); ok {
				return stem + "na"
			}
		}
	}
	return text
}

// listUrdu makes a list of what the sentence asks for.
func (p *parser) listUrdu(s *sentence) command {
	c := p.filters(s)
	finding := holds(s, urduFinding)
	if v, ok := lastVerb(s); ok && v.do == list {
		s = s.without(v.span)
	}
	if _, sp, ok := find(s, urduFinding); ok {
		sp.until, _ = lightAfter(s, sp.until, order)
		s = s.without(sp)
	}
	s = s.without(spansOf(s, urduAsking)...)
	content := s.contentWords()
	named := holds(s, taskNoun) || holds(s, listNoun)
	switch {
	case len(content) == 0:
		return c
	case finding || named:
		s = s.part(content[0], content[len(content)-1]+1)
		if c.search = s.trim(targetEdge).unquoted().string(); len(s.words) > 4 {
			c.search = ""
		}
		return c
	case p.hasValues() || c.status != "" || c.overdue:
		return c
	}
	return command{}
}

// otherUrdu reads sentences without a verb of ours.
func (p *parser) otherUrdu(s *sentence) command {
	light, n := lightEnd(s)
	body := s.part(0, len(s.words)-n)
	switch {
	case startsNew(s):
		c := p.values(create)
		c.title = titleUrdu(s.part(0, 0), s.part(lengthAt(s, 0, urduNewTask), len(s.words)))
		return c
	case p.mustBeDone(s):
		c := p.values(create)
		c.title = titleUrdu(s.trimRight(urduIs), s.part(0, 0))
		return c
	case light == past && len(body.trim(targetEdge).words) > 0:
		return p.onTask(complete, body)
	case light == order && len(body.words) > 0:
		if body = p.looseUrdu(body.trimRight(nothing)); !p.hasValues() {
			return command{} // "gym ko chhor do"
		}
		return p.updateUrdu(body, s.part(0, 0))
	case len(s.contentWords()) == 0 && (holds(s, taskNoun) || holds(s, listNoun) || holds(s, overdueWords)):
		return p.listUrdu(s)
	case holds(s, urduThanks):
		return command{do: thanks}
	case holds(s, urduHello):
		return command{do: hello}
	}
	return command{}
}

// startsNew reports whether the sentence is "نیا کام: …".
func startsNew(s *sentence) bool {
	n := lengthAt(s, 0, urduNewTask)
	return n > 0 && n < len(s.words) && (s.words[n].loose() || n > 1 && len(s.words) > n && lengthAt(s, n, taskNoun) == 0 && lengthAt(s, 0, taskNoun) == 0)
}

// lightEnd reads the light verbs at the end of a sentence; the last one that
// has a mood tells it.
func lightEnd(s *sentence) (mood, int) {
	m, n := bare, 0
	for {
		found := false
		for k := min(longestPhrase, len(s.words)-n); k > 0 && !found; k-- {
			if light, length := lightVerbs.at(s.part(0, len(s.words)-n), len(s.words)-n-k); length == k {
				n, found = n+k, true
				if m == bare {
					m = light
				}
			}
		}
		if !found {
			return m, n
		}
	}
}

// infinitive reports whether what is left ends in a verb's name, as in "I have
// to go to the doctor": "ڈاکٹر کے پاس جانا ہے".
func (p *parser) infinitive(body *sentence) bool {
	if len(body.words) < 2 {
		return false
	}
	last := body.words[len(body.words)-1]
	for _, ending := range []string{"نا", "نی", "نے", "na", "ni", "ne"} {
		if strings.HasSuffix(last.key, ending) && utf8.RuneCountInString(last.key) > 3 {
			return !last.quoted
		}
	}
	return false
}
