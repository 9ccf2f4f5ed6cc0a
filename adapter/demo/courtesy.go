package demo

// wholePhrases are sentences that people say as a whole. The Roman Urdu ones
// stand with the English: so short a sentence does not tell its language.
var wholePhrases = newTable(
	meaning[act]{thanks, `thanks, thank you, thanks a lot, thanks so much, thank you so much, thank you very much, thanks very much, many thanks,
			thanks a million, thanks a bunch, thanks again, thx, ty, cheers, much appreciated, appreciate it, great thanks, shukriya, shukria,
			bohat shukriya, bahut shukriya, bohot shukriya, meherbani, mehrbani, bari meherbani, jazakallah, jazak allah, well done, good job,
			great job, great, cool, perfect, nice, awesome, excellent, wonderful, zabardast, shabash, bohat acha, bohat khoob, wah`,
		`شکریہ, بہت شکریہ, آپ کا شکریہ, بہت بہت شکریہ, شکریا, مہربانی, بڑی مہربانی, جزاک اللہ, زبردست, شاباش, بہت اچھا, بہت خوب, واہ`, ``},
	meaning[act]{bye, `bye, bye bye, goodbye, good bye, see you, see you later, see ya, later, good night, goodnight, take care, that's all,
			that is all, that's it, that's all for now, have a nice day, have a good day, ciao, khuda hafiz, allah hafiz, khudahafiz, allahhafiz,
			shab bakhair, phir milenge, phir milte hain, i'm done, i am done, i'm done for today, i am done for today, i'm done for now, all done,
			done for today, i'm finished, i'm done for the day, i am done for the day, done for the day, finished for today, i'm finished for today`,
		`خدا حافظ, اللہ حافظ, شب بخیر, پھر ملیں گے, پھر ملتے ہیں, بس اتنا ہی`, ``},
	meaning[act]{okay, `ok, okay, k, kk, alright, all right, fine, sure, i see, got it, understood, right, yes, yeah, yep, yup, ok bhai, okay bhai,
			ok yaar, ok ji, acha, achha, accha, theek, theek hai, thik hai, theek hy, teek hai, sahi, sahi hai, han, haan, haan ji, han ji, jee, ji,
			jee haan, ji han, ji haan, bilkul, chalo, chalo theek hai, no problem, good, very good, hmm, oh, wow, lol, haha`,
		`اچھا, ٹھیک, ٹھیک ہے, ہاں, جی, جی ہاں, ہاں جی, بالکل, صحیح, صحیح ہے, درست, چلو, چلو ٹھیک ہے, اوکے`, ``},
	meaning[act]{refrain, `no, nope, nah, none, none of them, neither, neither of them, never mind, nevermind, nothing, forget it, leave it, stop,
			no thanks, no thank you, not now, not yet, don't, do not, please don't, cancel, cancel that, wait, nahi, nahin, nhi, na, jee nahi, ji nahi,
			koi nahi, koi bhi nahi, rehne do, rehne dein, chhoro, choro, mat karo, abhi nahi, kuch nahi`,
		`نہیں, جی نہیں, نہ, کوئی نہیں, کوئی بھی نہیں, رہنے دو, رہنے دیں, چھوڑو, چھوڑیں, مت کرو, نہ کرو, ابھی نہیں, کچھ نہیں`, ``},
	meaning[act]{more, `show more, show me more, more, next page, show the next page, show next page, next, see more, load more, the rest, show the rest,
			show me the rest, show the others, more please, more tasks, show more tasks, continue, go on, aur dikhao, aur dikhaen, mazeed, mazeed dikhao,
			baqi bhi dikhao, aage dikhao, agla safha, aur batao, mazeed kaam dikhao, aur kaam dikhao`,
		`اور دکھاؤ, اور دکھائیں, مزید, مزید دکھاؤ, مزید دکھائیں, مزید کام دکھائیں, باقی بھی دکھاؤ, اگلا صفحہ, اور بتاؤ`, ``},
)

// yes reports whether the whole sentence says yes.
func yes(s *sentence) bool {
	s = s.trim(nothing)
	n := lengthAt(s, 0, yesWords)
	return n > 0 && len(s.part(n, len(s.words)).trim(yesTail).words) == 0
}

var (
	yesWords = newSet(`yes, yeah, yep, yup, sure, ok, okay, please do, do it, go ahead, of course, certainly, definitely, correct, right, exactly,
			han, haan, jee, ji, jee haan, ji han, ji haan, haan ji, han ji, bilkul, kar do, kardo, kr do, theek hai, that one, yes please, y`,
		`ہاں, جی, جی ہاں, ہاں جی, بالکل, کر دو, کردو, کر دیں, ٹھیک ہے`, ``)
	yesTail = newSet(`please, do it, do, that one, go ahead, sure, thanks, do that, kar do, kardo, kr do, kar dein, bhai, yaar, ji, it, delete it`, `کر دو, کردو, کر دیں, پلیز`, ``)
)

// sorting reads in what order a list is wanted: "sorted by priority", "تاریخ کے
// حساب سے". Both are empty where nothing is said.
func sorting(s *sentence) (by, order string) {
	for i := range s.words {
		field, n := sortFields.at(s, i)
		if n == 0 || s.phraseBefore(sortBefore, i) == 0 && lengthAt(s, i+n, sortAfter) == 0 && field != "alphabet" {
			continue
		}
		by, order = field, map[string]string{"priority": "desc", "created_at": "desc"}[field]
		break
	}
	switch {
	case by == "":
		return "", ""
	case by == "alphabet":
		by = "title"
	}
	order = either(order, "asc")
	if turned, _, ok := find(s, sortOrders); ok {
		order = turned
	}
	return by, order
}

var (
	sortFields = newTable(
		meaning[string]{"priority", `priority, importance, urgency`, `ترجیح, اہمیت`, `priority, tarjeeh, ahmiyat`},
		meaning[string]{"due_date", `due date, due dates, deadline, date, due, dates, deadlines`, `تاریخ, آخری تاریخ`, `tareekh, due date, deadline, date`},
		meaning[string]{"title", `title, titles, name, names`, `نام, عنوان`, `naam, title, name`},
		meaning[string]{"created_at", `creation date, creation, age, date created, created date, when created, newest`, ``, ``},
		meaning[string]{"alphabet", `alphabetically, in alphabetical order`, ``, ``},
	)
	sortBefore = newSet(`sorted by, sort by, ordered by, order by, in order of, arranged by, arrange by, sort them by, order them by, sorted on,
			by, by their, sorted by their, sorted by the, sort by the, order of`, ``, ``)
	sortAfter = newSet(`order`, `کے حساب سے, کے مطابق, کی ترتیب سے, کے لحاظ سے, کے اعتبار سے`, `ke hisab se, ke hisaab se, ke mutabiq, ki tarteeb se,
			ke lihaz se, ke aitbar se, order`)
	sortOrders = newTable(
		meaning[string]{"asc", `ascending, lowest first, low to high, earliest first, oldest first, soonest first, from low to high`, ``, ``},
		meaning[string]{"desc", `descending, highest first, high to low, latest first, newest first, reverse, reversed, from high to low`, ``, ``},
	)
)
