package demo

import "time"

// listStops are words that say nothing of which tasks to list.
var listStops = newSet(`show, list, display, view, see, give, tell, get, me, my, mine, i, all, of, the, a, an, any, anything, some,
			something, somethings, needs, doing, getting, everything, every, what, what's, whats, that's, who's, they're, focus, focus on, tackle,
			which, when, is, are, there, do, does, have, has, had, i've, got, to, in, on, for, from, with, at, by, and, or, that, those, these,
			this, it, be, been,
	need, should, must, can, could, would, please, due, up, next, coming, upcoming, today, now, currently, current, right, plate, agenda,
			schedule, day, plan, work on, still, only, just, out, marked, as, under, category, status, sorted, about, so, far, yet, already,
			left, who, will, them, items, again, they, remaining, whole, entire, complete list, full, hey, ok, then, also, want, let, us, you,
			your, how, many, look, look like, looks like, going on, happening, am, supposed, whose, date, deadline, dates, deadlines, priority,
			sort, sorted by, order, first, miss, did, look at, filter, set, soon, other, else, category is, having, fetch, read, print, pull,
			bring, browse, check, open, go through, through, over, categorized, tagged, labelled, labeled, belonging, belong, too, i'd, like`,
	`مجھے, میرے, میرا, میری, ہمارے, سب, سارے, ساری, تمام, کے, کی, کا, کو, میں, سے, پر, ہیں, ہے, ہو, کون, کون سے, کونسے, کیا, کیا کیا,
			ذرا, پلیز, براہ کرم, براہ مہربانی, کر, کرنے, کرنا, کرنی, دو, دیں, دیجیے, دیجئے, والے, والی, والا, وہ, جو, جن, جس, یہ, اب, ابھی,
			تک, کچھ, کوئی, اور, صرف, بھی, ہی, تو, نام, کتنے, آپ, تم, چاہیے, چاہتا, چاہتی, ہوں, پوری, پورا, مکمل فہرست, اپنے, اپنی, اپنا, تاریخ,
			لیے, بارے, متعلق, شامل, ہوئے, گئے, چکے, رہتے, سامنے, ایک, نظر, ڈالو, بار, جی, ہاں, اچھا, کہ, ترجیح, سا, سی, سے, ساتھ, حساب, پہ,
			پاس, کس, مہربانی, دکھانا, بتانا, رہا, رہے, باقی, کام کاج`,
	`mujhe, mujhy, mere, mera, meri, merey, hamare, sab, saare, sare, saray, tamam, ke, ki, ka, ko, mein, main, me, se, par, pe, hain,
			hai, ho, kaun, kon, kaun se, kon se, kaunse, konse, kya, kia, kya kya, zara, plz, please, kar, kr, karne, karna, karni, krna, krne,
			do, dein, den, dijiye, wale, wali, wala, woh, wo, jo, jin, jis, yeh, ye, ab, abhi, tak, kuch, koi, aur, or, sirf, bhi, hi, to, naam,
			kitne, aap, ap, tum, chahiye, chahta, chahti, hun, hoon, puri, poori, pura, apne, apni, apna, tareekh, liye, bare, baare, mutalliq,
			hue, gaye, chuke, ek, dafa, jee, haan, acha, tarjeeh, sath, paas, pas, kis, meherbani, raha, rahe, baqi, sa, si, all, my, the, k,
			ny, ne, yaar, bhai, i, of`)

// contentWords are the words that a list could search for: none of the verbs,
// nouns and particles with which people ask for lists.
func (s *sentence) contentWords() []int {
	var out []int
	for i := 0; i < len(s.words); {
		if n := max(lengthAt(s, i, listStops), lengthAt(s, i, taskNoun), lengthAt(s, i, listNoun),
			lengthAt(s, i, statusWords), lengthAt(s, i, overdueWords)); n > 0 {
			i += n
			continue
		}
		if w := s.words[i]; !w.sign {
			out = append(out, i)
		}
		i++
	}
	return out
}

func lengthAt[V any](s *sentence, i int, t *table[V]) int {
	_, n := t.at(s, i)
	return n
}

var searchAfter = newSet(`about, with, containing, contain, contains, mentioning, mention, related to, regarding, matching, named,
			called, with the word, with word, with the words, that say, that says, including, include, titled, concerning, with the text, with the name,
			in the title, having`, "", "")
var searchTail = newSet(`in it, in them, in the title, in title, in their title, in the name, please, tasks, task, in my list, in my tasks,
			in my todo list, from my list, in the list, on my list, todos, items, for me, item, todo, list, my`, "", "")
var searchHead = newSet(`for, my, the, a, an, all, any, me, task, tasks, todo, todos, items, about, with, containing, called, named,
			to, that, mention, mentioning, contain, contains, related, which, of, item, in, it, say, says, have, word, regarding, matching,
			where, is, pending, completed, open, do, i, on, this, related to`, "", "")

// listEnglish makes a list of what the sentence asks for. s is the sentence
// from its lead on, after is it without the lead.
func (p *parser) listEnglish(kind lead, s, after *sentence) command {
	if _, sp, ok := find(after, countInside); ok && len(after.without(sp).contentWords()) == 0 {
		return command{do: count}
	}
	p.looseFilter(after)
	c := p.filters(s)
	if kind == leadFind && len(after.contentWords()) > 0 {
		if c.search = after.trimLeft(searchHead).trimRight(searchTail).unquoted().string(); c.search == "" && !p.hasValues() && c.status == "" && !c.overdue {
			return command{}
		}
		return c
	}
	named := holds(s, taskNoun) || holds(s, listNoun)
	if _, sp, ok := find(after, searchAfter); ok && named {
		c.search = after.part(sp.until, len(after.words)).trimLeft(searchHead).trimRight(searchTail).unquoted().string()
		if c.search != "" {
			return c
		}
	}
	content := after.contentWords()
	switch {
	case (len(content) == 0 || p.category != "" && len(content) == 1) && (named || p.hasValues() || c.status != "" || c.overdue || holds(s, listHints)):
		return c
	case named:
		c.search = after.beforeNoun(content)
		return c
	}
	return command{}
}

// looseFilter takes "show work" for the category when it is all that is said.
func (p *parser) looseFilter(s *sentence) {
	content := s.contentWords()
	if len(content) != 1 || p.category != "" {
		return
	}
	p.category, _ = categoryWords.at(s, content[0])
}

// listHints are ways to ask for tasks without naming them.
var listHints = newSet(`have to do, need to do, to do, on my plate, my agenda, my schedule, my day, should i do, up next, next, everything,
			should i work on, coming up, due, all, did i miss`, "", "")

// beforeNoun is the content right before the word task: "the milk tasks".
func (s *sentence) beforeNoun(content []int) string {
	if len(content) == 0 {
		return ""
	}
	last := content[len(content)-1]
	if lengthAt(s, last+1, taskNoun) == 0 {
		return ""
	}
	first := last
	for i := len(content) - 2; i >= 0 && content[i] == first-1; i-- {
		first = content[i]
	}
	return s.part(first, last+1).unquoted().string()
}

// filters makes a list of the values that the sentence names.
func (p *parser) filters(s *sentence) command {
	c := command{do: list, priority: p.priority, category: p.category}
	if p.hasWhen && p.when.dated {
		c.from, c.until = p.when.first.Format(time.DateOnly), p.when.last.Format(time.DateOnly)
	}
	if holds(s, overdueWords) {
		c.overdue = true
		return c
	}
	c.status = statusIn(s)
	return c
}

// statusIn finds the status that a list is to have. The longest phrase counts:
// "not completed" is not "completed".
func statusIn(s *sentence) string {
	status, longest := "", 0
	for i := range s.words {
		if v, n := statusWords.at(s, i); n > longest {
			status, longest = v, n
		}
	}
	return status
}
