package demo

import "strconv"

var (
	// targetEdge is what stands around the words of a title when a sentence
	// speaks of a task.
	targetEdge = newSet(`the, my, a, an, this, that, task, tasks, todo, to-do, item, items, reminder, called, named, titled, about, for,
			of, to, as, on, off, from, in, and, with, please, one, entry, status, status of, priority, priority of, category, category of, due,
			due date, due date of, deadline, deadline of, is, be, should, should be, must be, needs to be, it's, from my list, from the list,
			my list, list, task list, todo list, to-do list, from my todo list, from my tasks, from my to-do list, at, by, doing, now, it to,
			title, me, until, till, up, out, which says, that says, saying, anymore, already, back, again, into, under, i, have, we, there is,
			there's, was, were, has, has been, been, just, the one, one about, moved, moved to, postponed, shifted, both of, thing, stuff`,
		`آپ, تم, میرا, میری, میرے, مجھے, میں, میں نے, نے, کا, کی, کے, کو, والا, والی, والے, کام, کاموں, ٹاسک, سے, پر, یہ, وہ, اس, اب, ابھی, نامی,
			براہ کرم, پلیز, ذرا, فہرست, لسٹ, فہرست سے, لسٹ سے, تو, بھی, کر, کرنا, کرنے, آج, جو, ہم نے, ہم, نام, کے نام, بارے, طور, بطور, ایک,
			اپنی, اپنا, اپنے, دوبارہ, پھر, واپس, ترجیح, ترجیح کو, زمرہ, زمرے, تاریخ, مہربانی, جی, ہاں, اور, ہے, ہیں, ہو, کہ, تک, اسے, وہ والا,
			یہ والا, اوپر, حالت, کی حالت`,
		`aap, ap, tum, mera, meri, mere, mujhe, main, main ne, maine, mein, mein ne, meine, ne, ka, ki, ke, ko, wala, wali, wale, kaam, kam, kaamon, task,
			tasks, se, par, pe, yeh, ye, woh, wo, is, us, ab, abhi, plz, please, zara, fehrist, list, list se, fehrist se, to, bhi, kar, kr,
			karna, karne, jo, hum ne, hum, naam, ke naam, bare, tor, ek, apni, apna, apne, dobara, phir, wapas, wapis, tarjeeh, priority, category,
			tareekh, meherbani, jee, haan, aur, hai, hain, ho, ke, tak, isay, ise, isko, usko, usay, status, todo, item, reminder, the, my,
			maine ne, yaar, bhai, due, date, deadline, due date`)

	itWords = newSet(`it, that, this, that one, this one, that task, this task, the task, them, the last one, last one, the one, same,
			the same, the same task, it's, the last task`,
		`اسے, اس, اس کو, یہ, یہ والا, وہ, وہ والا, اسی, اسی کو, یہ کام, وہ کام, اس کام, اس کام کو, اس کام کا, آخری والا, ان`,
		`ise, isay, isko, is ko, usko, us ko, usay, yeh, ye, yeh wala, woh, wo wala, isi ko, yeh kaam, ye kaam, woh kaam, is kaam, us kaam,
			is, us, is kaam ko, is task ko`)

	allWords = newSet(`all, all my, all the, every, everything, all of my, all of the, each, all tasks, both, both of, both the`, `سب,
			سارے, ساری, تمام, ہر, سبھی`, `sab, sare, saare, saray, saari, tamam, har, sabhi`)

	ordinals = newTable(
		meaning[int]{1, `first, 1st, number one, top one`, `پہلا, پہلے, پہلی, پہلے والا`, `pehla, pehle, pehli, pahla`},
		meaning[int]{2, `second, 2nd, number two`, `دوسرا, دوسرے, دوسری`, `doosra, dusra, doosre, dusre, doosri`},
		meaning[int]{3, `third, 3rd, number three`, `تیسرا, تیسرے, تیسری`, `teesra, tisra, teesre`},
		meaning[int]{4, `fourth, 4th`, `چوتھا, چوتھے`, `chautha, chotha`},
		meaning[int]{5, `fifth, 5th`, `پانچواں, پانچویں`, `panchwan, paanchwan`},
		meaning[int]{-1, `last, final`, `آخری`, `aakhri, akhri`},
	)
	numbered = newSet(`number, no, #, task, task number, item, item number, option, task #, todo`, `نمبر, کام نمبر, ٹاسک نمبر`, `number,
			nambar, kaam number, task number, task`)
)

// onTask makes a command for the task that the words speak of. Values that
// were read beside a title narrow the choice when the title alone does not.
func (p *parser) onTask(do act, s *sentence) command {
	c := p.filters(s)
	c.do = do
	c.target = targetOf(s)
	switch named := holds(p.full, taskNoun); {
	case c.target.text != "":
		c.status, c.overdue = "", false
	case c.target.it && named && c.from != "" && do != update && do != rename:
		c.target.it = false // "the task due tomorrow"
	case !named: // "I'm done for today" speaks of no task
		c = command{do: do, target: c.target}
	}
	return c
}

// targetOf reads how words speak of a task, or of several.
func targetOf(s *sentence) target {
	t := oneTarget(s)
	if t.it || t.all || t.nth != 0 || t.text == "" {
		return t
	}
	if t.each = targetsOf(s); len(t.each) > 0 {
		t.text = bareTarget(s).unquoted().string()
	}
	return t
}

// bareTarget is what remains of the words for a task without those around it.
func bareTarget(s *sentence) *sentence {
	bare := s.trim(targetEdge)
	return bare.part(lengthAt(bare, 0, bothWords), len(bare.words)).trim(targetEdge)
}

// oneTarget reads words that speak of one task.
func oneTarget(s *sentence) target {
	if q := s.quotations(); len(q) > 0 {
		return target{text: s.part(q[0].from, q[0].until).string()}
	}
	s = s.trim(nothing)
	if n := lengthAt(s, 0, itWords); n > 0 && len(s.part(n, len(s.words)).trim(targetEdge).words) == 0 {
		return target{it: true}
	}
	bare := s.trim(targetEdge)
	t := target{}
	if n := lengthAt(bare, 0, allWords); n > 0 {
		t.all = lengthAt(bare, 0, bothWords) == 0
		bare = bare.part(n, len(bare.words)).trim(targetEdge)
	}
	if n, ok := nthOf(s, bare); ok {
		return target{nth: n}
	}
	if n := max(lengthAt(bare, 0, statusWords), lengthAt(bare, 0, overdueWords)); n > 0 && lengthAt(bare, n, taskNoun) > 0 { // "the completed task about plants"
		bare = bare.part(n, len(bare.words)).trim(targetEdge)
	}
	if rest := bare.without(append(spansOf(bare, statusWords), spansOf(bare, overdueWords)...)...).trim(targetEdge); len(rest.words) == 0 {
		return t // only "completed tasks": the filters say which
	}
	t.text = bare.unquoted().string()
	return t
}

// bothWords mean the two that are named, or all where none are.
var bothWords = newSet("both, both of, both the", "دونوں", "dono")

// spansOf finds all phrases of a table.
func spansOf[V any](s *sentence, t *table[V]) []span {
	var out []span
	for i := 0; i < len(s.words); {
		n := lengthAt(s, i, t)
		if n > 0 {
			out = append(out, span{i, i + n})
		}
		i += max(n, 1)
	}
	return out
}

// nthOf reads "the second task", "task 2", "#2".
func nthOf(s, bare *sentence) (int, bool) {
	if n, length := ordinals.at(bare, 0); length > 0 && len(bare.part(length, len(bare.words)).trim(targetEdge).words) == 0 {
		return n, true
	}
	if len(s.words) > 0 && len(bare.words) > 0 {
		last := bare.words[len(bare.words)-1]
		n, err := strconv.ParseUint(last.key, 10, 8)
		before := bare.part(0, len(bare.words)-1).trim(numbered)
		if err == nil && n >= 1 && n <= 100 && len(before.words) == 0 {
			return int(n), true
		}
	}
	return 0, false
}
