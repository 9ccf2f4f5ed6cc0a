package demo

import "unicode"

// A tongue is the language and the letters of a sentence, and of its answer.
type tongue int

const (
	english tongue = iota
	urdu
	romanUrdu
)

// grammarWords hold Urdu sentences together: particles, pronouns, the endings
// of verbs. Nouns and the borrowed "add", "task", "list" are in none: people
// use them in both languages.
var grammarWords = newSet("",
	`کا, کی, کے, کو, میں, سے, نے, پر, تک, ہے, ہیں, ہو, گیا, گئی, گئے, چکا, چکی, چکے, کر, کرو, کریں, کردو, کردیں, کرنا, دو, دیں, دینا,
	لیا, لی, مجھے, میرا, میری, میرے, ہمارے, تم, آپ, کیا, کون, کتنے, کتنا, کتنی, یہ, وہ, اس, ان, اور, نہیں, والا, والی, والے, نیا, نئی,
	کام, دکھاؤ, بتاؤ, دکھا, بتا, شکریہ, سلام, مدد, کل, آج, لیے`,
	`ka, ki, ke, ko, mein, mei, ne, tak, hai, hain, hy, gaya, gya, gayi, gai, gaye, chuka, chuki, chuke, kar, kr, karo, kro, karein, krein,
			kardo, krdo, kar do,
	kardein, krdein, karna, krna, dein, dena, dijiye, kijiye, lia, liya, mujhe, mujhy, mera, meri, mere, hamare, tum, aap, ap, kya, kia,
			kaun, kon, kitne, kitna, kitni,
	yeh, woh, aur, nahi, nahin, wala, wali, wale, naya, nayi, kaam, kam, kaamon, dikhao, batao, dikha, dikhaye, bata, dikhaen, dikhaein,
			bataein, batain, bataen, shukriya, salam, assalam, madad, kal, aaj, aj, parson, liye, lie,
	hata, hatao, mita, mitao, zaroori, jo, kaunse, konse, sab, saare, tamam, ho, hogaya, hogya, wapas, dobara, karne, karni, hataen, hatayen,
			mukammal, shamil, fehrist, banao, likho, dilao, rakho, rakh, badal, badlo, khatam, baqi, baki, adaab, khuda, theek, acha`)

// englishWords do the same for English sentences.
var englishWords = newSet(`the, my, a, an, to, as, with, and, of, for, on, in, is, are, i, me, what, which, how, show, please, it,
			that, this, do, have, mark, from, by, at, be, need, all, you, can, i'm, i've, what's, don't, new, due, add, delete, list, task,
			tasks, may, did, does, was, were, has, had, could, would, should, will, am, when, why, where, who, if, not, we, been, but, or, was`, "", "")

// tongueOf tells the language of a sentence. A colon parts a request from a
// title: where there is one, what is before it decides if it says enough.
func tongueOf(words []word) tongue {
	for i, w := range words {
		if w.key == ":" && !w.quoted {
			if t, sure := weighTongue(words[:i]); sure {
				return t
			}
			break
		}
	}
	t, _ := weighTongue(words)
	if s := (&sentence{words: words, tongue: romanUrdu}); t == romanUrdu && lengthAt(s, 0, englishOrders) > 0 && !holds(s, urduOrders) {
		return english // "mark bijli ka bill as done"
	}
	return t
}

var (
	englishOrders = newSet("mark, show", "", "")
	urduOrders    = newSet("", "", "kar, kr, karo, kro, do, dein, den, karna, krna, karein, karen, kardo, krdo, dena, lo, dijiye, kijiye")
)

// weighTongue goes by the small words, and where they say nothing by the
// letters. Quotations are left out. sure is false where only letters spoke.
func weighTongue(words []word) (t tongue, sure bool) {
	s := &sentence{words: words, tongue: romanUrdu} // so that the table tries Roman Urdu
	var script, roman, eng, letters int
	for i, w := range words {
		if w.sign || w.quoted {
			continue
		}
		arabic := urduLetter([]rune(w.key)[0])
		if arabic {
			letters++
		}
		isEnglish := false
		if _, n := englishWords.at(s, i); n > 0 && !arabic {
			eng++
			isEnglish = true
		}
		if _, n := grammarWords.at(s, i); n > 0 {
			switch {
			case arabic:
				script++
			case !isEnglish:
				roman++
			}
		}
	}
	switch {
	case script > 0 && script+letters > eng:
		return urdu, true
	case roman > 0 && roman*2 >= eng:
		return romanUrdu, true
	case letters > 0 && eng == 0:
		return urdu, false
	case eng == 0 && allUrdu(words):
		return urdu, false
	}
	return english, eng > 0
}

// allUrdu reports whether all letters are of Arabic script, quotations too.
func allUrdu(words []word) bool {
	some := false
	for _, w := range words {
		for _, r := range w.key {
			if !unicode.IsLetter(r) {
				continue
			}
			if !urduLetter(r) {
				return false
			}
			some = true
		}
	}
	return some
}
