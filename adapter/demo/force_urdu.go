package demo

import "strings"

// forceUrdu tells the force of a sentence in Urdu, in either script. c is what
// its words ask for.
func (p *parser) forceUrdu(c command) force {
	s := p.rest.trimRight(nothing)
	v, found := lastVerb(s)
	switch {
	case p.forbidsUrdu(s):
		return forbids
	case c.changes() && c.do != create && holds(p.full, urduSupposing):
		return supposes
	case (c.changes() || c.do == unknown) && p.asksUrdu(v):
		return asks
	case (c.do == complete || c.do == reopen) && holds(p.full, urduWanting):
		return supposes
	case c.do == complete && found && v.mood == order && p.scheduled():
		return supposes
	case found && v.mood == past && (c.do == remove || c.do == rename || c.do == update || c.do == create):
		return supposes // "gym delete kar diya": somebody did it
	}
	return orders
}

var (
	// strongNots forbid wherever they stand beside a verb. The weak ones also
	// soften an order: "kar do na" is "please do".
	strongNots = newSet("don't, not, never", `مت, نہیں, نہی, ہرگز, ناں`, `mat, nahi, nahin, nhi, nahen, hargiz`)
	weakNots   = newSet("no", `نہ, نا, نھ`, `na, naa, nah`)

	// consoling are phrases with a "not" that forbid nothing.
	consoling = newSet("", `بھولنا مت, بھولنا نہیں, نہ بھولنا, مت بھولنا, بھول نہ جانا, بھول مت جانا, نہ بھولیں, مت بھولیں, بھولیے مت`,
		`bhoolna mat, bhoolna nahi, na bhoolna, mat bhoolna, nahi bhoolna, bhool na jana, bhool mat jana, mat bhoolo, na bhoolo, bhulna mat,
			bhulna nahi, mat bhulna, na bhulna`)
	// notNeeded and undoneYet say "not" of the task, unless a deed follows.
	notNeeded = newSet("", `ضرورت نہیں, نہیں چاہیے, نہیں چاہئے`, `zaroorat nahi, zarurat nahi, nahi chahiye`)
	undoneYet = newSet("", `مکمل نہیں, ہوا نہیں, ہوئی نہیں, نہیں ہوا, نہیں ہوئی, نہیں ہوئے, نہیں کیا, نہیں کی, ابھی نہیں, ختم نہیں, پورا نہیں, نہیں ہے`,
		`mukammal nahi, mukamal nahi, complete nahi, done nahi, khatam nahi, hua nahi, hui nahi, nahi hua, nahi hui, nahi hue, nahi kiya, nahi ki,
			abhi nahi, poora nahi, pura nahi, nahi hai`)

	// besideNot may stand between a "not" and its verb.
	besideNot = newSet("", `ہی, بالکل, بلکل, ابھی, کبھی, بھی, پلیز, ذرا, کو, اسے, تو`, `hi, bilkul, abhi, kabhi, bhi, please, plz, zara, ko, isay, ise, to, ever`)

	// softened are the verbs after which "na" asks for a favour, or for a nod.
	softened = newSet("", `دو, دیں, دے, لو, لیں, کرو, کریں, کردو, کر دو, دینا, لینا, دیجیے, گیا, گئی, لیا, دیا, چکا, ہے`, `gaya, gya, gayi, liya, lia, diya, dia, chuka, hai, do, dou, dein, den, lo, lein, len, karo, kro, karein,
			karen, kardo, krdo, dena, lena, dijiye, kijiye`)
	afterSoft = newSet("please, plz", `پلیز, یار, بھائی, جی, اب, ذرا, جلدی`, `yaar, bhai, jee, ji, ab, zara, plz, please, jaldi`)
)

// pleading finds every "na" that only softens an order: behind it, at the end.
func pleading(s *sentence) []span {
	var out []span
	for i := 1; i < len(s.words); i++ {
		if n := lengthAt(s, i, weakNots); n == 0 {
			continue
		}
		behind := s.phraseBefore(softened, i) > 0 || endsAsOrder(s.words[i-1].key) && lengthAt(s, i-1, urduVerbs) > 0
		if behind && len(s.part(i+1, len(s.words)).trim(afterSoft).words) == 0 {
			out = append(out, span{i, i + 1})
		}
	}
	return out
}

// forbidsUrdu reports whether a "not" stands beside the verb: "mat delete karo",
// "delete na karna", "نہ مٹانا". Elsewhere it belongs to a title.
func (p *parser) forbidsUrdu(s *sentence) bool {
	covered := append(pleading(s), spansOf(s, consoling)...)
	for _, t := range []*table[bool]{notNeeded, undoneYet} {
		for _, sp := range spansOf(s, t) {
			if !ordersAfter(s, sp.until) && !deedBefore(s, sp.from) {
				covered = append(covered, sp)
			}
		}
	}
	for i := range s.words {
		strong, weak := lengthAt(s, i, strongNots), lengthAt(s, i, weakNots)
		if strong+weak == 0 || covers(covered, i) {
			continue
		}
		if p.verbBeside(s, i) {
			return true
		}
	}
	return false
}

func covers(spans []span, i int) bool {
	for _, sp := range spans {
		if sp.from <= i && i < sp.until {
			return true
		}
	}
	return false
}

// ordersAfter reports whether an order follows: "mukammal nahi karna".
func ordersAfter(s *sentence, i int) bool {
	m, n := lightVerbs.at(s, i)
	return n > 0 && m == order
}

// deedBefore reports whether the "not" is said of a deed: "delete karne ki
// zaroorat nahi".
func deedBefore(s *sentence, i int) bool {
	return lengthAt(s, i-1, ofDeed) > 0 && lengthAt(s, i-2, doing) > 0 || lengthAt(s, i-1, doing) > 0
}

var (
	ofDeed = newSet("", "کی, کا, کے", "ki, ka, ke")
	doing  = newSet("", "کرنے, ہٹانے, مٹانے, کرنا, بدلنے, ہٹانا, مٹانا", "karne, krne, hatane, mitane, karna, krna, badalne, hatana, mitana")
)

// verbBeside reports whether the word beside word i, fillers aside, is a verb
// that governs the sentence.
func (p *parser) verbBeside(s *sentence, i int) bool {
	next := i + 1
	for n := lengthAt(s, next, besideNot); n > 0; n = lengthAt(s, next, besideNot) {
		next += n
	}
	if m, n := lightVerbs.at(s, next); isVerb(s, next) && (n == 0 || m != past || lengthAt(s, i, strongNots) > 0) {
		return true // but "Na Li ko …": a name
	}
	prev := i - 1
	for prev >= 0 && lengthAt(s, prev, besideNot) > 0 {
		prev--
	}
	if isVerb(s, prev) && len(s.part(i+1, len(s.words)).trim(besideNot).trim(urduIs).words) == 0 {
		return true // "delete karna mat"
	}
	if _, ok := lastVerb(s); !ok && next < len(s.words) { // "doodh nahi lana hai"
		return next+1 >= len(s.trimRight(urduIs).words) && nameOfVerb(s.words[next].key)
	}
	return false
}

// isVerb reports whether a verb of the rules, or a light one, stands at word i.
func isVerb(s *sentence, i int) bool {
	if lengthAt(s, i, urduVerbs) > 0 {
		return true
	}
	m, n := lightVerbs.at(s, i)
	return n > 0 && m != bare
}

func nameOfVerb(key string) bool {
	for _, ending := range []string{"نا", "نی", "نے", "na", "ni", "ne"} {
		if strings.HasSuffix(key, ending) && len(key) > len(ending)+1 {
			return true
		}
	}
	return false
}

// asksUrdu reports whether the sentence is a question and no polite request.
func (p *parser) asksUrdu(v verb) bool {
	s := p.full.trimRight(nothing)
	if holds(s, urduMayI) {
		return true
	}
	if holds(s, urduRequest) {
		return false
	}
	n := len(s.words)
	kya := lengthAt(s.trimLeft(besideNot), 0, urduKya) > 0 || s.phraseBefore(urduKya, n) > 0
	return kya || p.full.endsAsking() || v.do != list && holds(s, urduQuestionWords)
}

var (
	urduKya = newSet("did i, can i, should i", "کیا, آیا", "kya, kia")
	// urduRequest is how one asks somebody to do something.
	urduRequest = newSet("can you, could you", `سکتے, سکتی ہیں, سکتی ہو, گے, دو گے, کرو گے, کریں گے, دیں گے`,
		`sakte, skte, sakti hain, sakti ho, karoge, kroge, karenge, krenge, doge, denge, do ge, karo ge, karen ge, dein ge,
			den ge, karogi, dogi`)
	// urduMayI asks about oneself: "kar dun?", "kya main … sakta hoon".
	urduMayI = newSet("", `دوں, کروں, لوں, مٹاؤں, ہٹاؤں, ڈالوں, سکتا, سکتا ہوں, سکتی ہوں, بدلوں, رکھوں, لکھوں`,
		`dun, doon, karun, karoon, krun, kroon, lun, loon, mitaun, hataun, hataoon, mitaoon, dalun, sakta, skta, sakta hoon, sakti hoon, sakti hun,
			badlun, rakhun, likhun`)
	urduQuestionWords = newSet("when, why, how", `کب, کیوں, کیسے, کہاں, کس نے`, `kab, kyun, kyon, kiun, kaise, kahan, kis ne, kisne`)

	// urduSupposing speaks of what will or may be.
	urduSupposing = newSet("if, maybe, almost", `اگر, شاید, تقریباً, تقریبا, آدھا, کروں گا, کروں گی, دوں گا, دوں گی, لوں گا, لوں گی, ہو جائے گا, ہو جائے گی, جائے گا, جائے گی,
			ہو گا, ہوگا, ہونے والا, ہونے والی, کریں گے, کرے گا, کرے گی`,
		`agar, shayad, taqreeban, aadha, adha, karunga, karoonga, krunga, karungi, karoongi, krungi, dunga, doonga, dungi, doongi, lunga, loonga,
			lungi, hataunga, mitaunga, ho jayega, ho jaega, ho jaye ga, hojayega, jayega, jaega, hoga, hogi, karun ga, karoon ga, dun ga, doon ga, lun ga,
			hone wala, hone wali, kare ga, karega, karegi`)
	// urduWanting speaks of what somebody means to do.
	urduWanting = newSet("", `چاہتا, چاہتی, چاہتے, ارادہ, کوشش, سوچ رہا, سوچ رہی, چاہوں`, `chahta, chahti, chahte, irada, koshish, soch raha, soch rahi, chahun`)
)
