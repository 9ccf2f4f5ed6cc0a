package demo

import "strings"

// The words for the fixed values of a task. Their phrases are looked for with
// the noun that makes them sure ("high priority", "work tasks"), because alone
// they are words of titles too ("call the work phone").

var priorityWords = newTable(
	meaning[string]{"high",
		`high, highest, higher, top, urgent, important, critical, max, maximum`,
		`اعلیٰ, اعلی, زیادہ, زیادہ اہم, زیادہ ضروری, سب سے اہم, سب سے ضروری, ہائی, بلند, اونچی, فوری, ضروری, اہم, ارجنٹ, بڑی, سب سے زیادہ,
			بہت زیادہ, بہت ضروری, بہت اہم, نہایت اہم, انتہائی اہم, انتہائی ضروری, سخت ضروری, اولین`,
		`high, urgent, important, zyada aham, zyada zaroori, sab se aham, sab se zaroori, ala, aala, zyada, ziada, oonchi, unchi, fori, fauri,
			zaroori, zaruri, aham, ehem, bohat zaroori, bahut zaroori, bht zaroori, sab se zyada, buland`},
	meaning[string]{"medium",
		`medium, normal, middle, moderate, regular, average, default`,
		`درمیانی, درمیانہ, درمیانے, متوسط, اوسط, میڈیم, عام, نارمل, معمول کی`,
		`medium, normal, darmiani, darmiyani, darmiyana, aam, ausat, mamool ki`},
	meaning[string]{"low",
		`low, lowest, lower, minor, unimportant, minimal, least`,
		`کم, کم اہم, کم ضروری, ادنیٰ, ادنی, معمولی, لو, نچلی, ہلکی, غیر اہم, غیر ضروری, سب سے کم`,
		`low, kam, kam aham, kam zaroori, mamooli, mamuli, halki, nichli, ghair zaroori, ghair aham, sab se kam`},
)

var priorityNoun = newSet(`priority, prio, importance, urgency`,
	`ترجیح, ترجیحی, اہمیت, پرائیورٹی, پرائرٹی, پرایورٹی, پریارٹی, فوقیت`, `priority, tarjeeh, tarjih, tarji, ahmiyat, ehmiyat, piority, prioriti`)

// surePriority needs no noun at the end or the beginning of a sentence, or
// before the word task.
var surePriority = newTable(
	meaning[string]{"high", `urgent, urgently, important, very important, critical, asap, as soon as possible, it's urgent, it is urgent,
			this is urgent, it's important, this is important, p1`,
		`فوری, ضروری, بہت ضروری, بہت اہم, اہم, زیادہ اہم, زیادہ ضروری, سب سے اہم, نہایت اہم, نہایت ضروری, ارجنٹ, فوری طور پر, انتہائی ضروری,
			انتہائی اہم`, `zaroori, zaruri, zyada zaroori, zyada aham, bohat aham, bohat zaroori, bahut zaroori, aham, urgent, fori, fauri,
			fori tor par, important`},
	meaning[string]{"medium", `p2`, ``, ``},
	meaning[string]{"low", `not urgent, unimportant, not important, not very important, no rush, no hurry, p3`, `غیر اہم, غیر ضروری, کم اہم,
			کم ضروری, زیادہ اہم نہیں, معمولی, کوئی جلدی نہیں, ضروری نہیں`, `ghair zaroori, ghair aham, kam aham, kam zaroori, zyada zaroori nahi,
			mamooli, koi jaldi nahi, zaroori nahi`},
)

var categoryWords = newTable(
	meaning[string]{"work", `work, office, job, business, professional, work-related`,
		`دفتر, دفتری, آفس, ورک, نوکری, ملازمت, جاب`, `work, office, daftar, dafter, daftari, afis, naukri, job`},
	meaning[string]{"personal", `personal, private`,
		`ذاتی, پرسنل, نجی, اپنا ذاتی`, `personal, zaati, zati, niji, nijji`},
	meaning[string]{"home", `home, house, household, domestic`,
		`گھر, گھریلو, ہوم, خانگی`, `home, ghar, ghareloo, gharelu, ghar ki, ghar ke`},
	meaning[string]{"other", `other, misc, miscellaneous`,
		`دیگر, متفرق, ادر, دوسری, دوسرے`, `other, deegar, digar, mutafarriq, doosri, dusri`},
)

// categoryNoun names what a category is; after it the value is sure.
var categoryNoun = newSet(`category, categories, section, group, label, tag, folder, project`,
	`زمرہ, زمرے, زمرا, کیٹیگری, کیٹگری, کٹیگری, قسم, شعبہ, شعبے, خانے`, `category, zumra, zumray, zumre, zumara, categori, qisam, shoba, shobay`)

// taskNoun is what people call a task.
var taskNoun = newSet(`task, tasks, todo, todos, to-do, to-dos, to do, reminder, reminders, item, items, entry, assignment, chore,
			chores, errand, errands, thing, things, stuff, one, ones, to-do item, todo item, to-do items, todo items, entries`,
	`کام, کاموں, ٹاسک, ٹاسکس, ٹاسکوں, یاد دہانی, یاددہانی, آئٹم, ٹوڈو, کامز`,
	`kaam, kam, kaamon, kamon, task, tasks, taskon, todo, todos, item, items, reminder, yaad dehani, yaddehani, cheez, cheezein`)

var listNoun = newSet(`list, lists, calendar, agenda, todo list, to-do list, to do list, task list, tasks list`,
	`فہرست, لسٹ, کاموں کی فہرست, ٹو ڈو لسٹ, ٹاسک لسٹ`, `list, fehrist, fahrist, fehrisat, kaamon ki list, task list, todo list`)

// fillers stand around a value and go with it.
var valueBefore = newSet(`with a, with the, with, as a, as, of, at a, at, in the, in my, in, into the, into my, into, under the, under my,
			under, to the, to my, for the, for my, for, on my, on the, and, has, is, its, it is, make it, set to, set it to, a`,
	`اور, جس کی, اس کی, بطور`, `aur, jis ki, us ki, iski, uski, bator`)
var valueAfter = newSet(``, `کے ساتھ, کے طور پر, کے تحت, میں, والا, والی, والے, پر, کی, کا, کے, سے, رکھو, رکھیں, ہے, ہو, ہونی چاہیے`,
	`ke sath, ke saath, ke tor par, mein, main, me, wala, wali, wale, par, pe, ki, ka, ke, se, rakho, rakhein, hai, ho`)

// Bare statuses, for lists.
var statusWords = newTable(
	meaning[string]{"pending",
		`pending, open, incomplete, unfinished, uncompleted, remaining, outstanding, left, not done, not completed, not finished, not complete,
			undone, active, unresolved, haven't done, have not done, haven't finished, haven't completed, still have to, still need to, still to do,
			not yet done, isn't done, aren't done, yet to, left to do, in progress`,
		`باقی, نامکمل, ادھورے, ادھورا, ادھوری, زیر التوا, زیر التواء, زیرِ التوا, پینڈنگ, غیر مکمل, مکمل نہیں, نہیں ہوئے, نہیں ہوا, نہیں کیے,
			نہیں کئے, رہتے, رہ گئے, رہ گیا, بقیہ, بقایا, کرنے والے, ہونے والے, جاری`,
		`pending, baqi, baki, baaqi, namukammal, na mukammal, adhoore, adhure, adhoora, ghair mukammal, mukammal nahi, nahi hue, nahi huay,
			nahi hua, nahi kiye, rehte, rehtay, reh gaye, reh gaya, baqaya, incomplete, zer e iltiwa, karne wale, open`},
	meaning[string]{"completed",
		`completed, complete, done, finished, closed, ticked, checked off, accomplished, already did, i did, have i done, have done, i've done`,
		`مکمل, مکمل شدہ, ہو چکے, ہو چکا, ہو گئے, ہو گیا, ختم, پورے, پورا, ہوئے, کر لیے, کر لئے, کر چکا, کر چکے, ڈن, کمپلیٹ, نمٹائے`,
		`completed, complete, done, mukammal, mukamal, mukammal shuda, ho chuke, ho chukay, ho gaye, ho gae, hogaye, khatam, khatm, poore,
			pure, hue, huay, kar liye, kar chuka, kar chuke`},
)

var overdueWords = newSet(`overdue, over due, past due, past their due, past its due, late, missed, behind schedule, expired, running late,
			past deadline, past the deadline`,
	`اوور ڈیو, تاخیر, تاخیر کا شکار, تاخیر شدہ, گزر چکی, گزر گئی, گزری, گزر چکا, گزر گیا, گزرے, لیٹ, میعاد ختم, دیر, مدت ختم, ڈیڈ لائن گزر,
			تاریخ نکل, وقت نکل`,
	`overdue, over due, takheer, takheer ka shikar, late, guzar chuki, guzar gayi, guzar gai, guzri, guzar chuka, guzar gaya, guzre, der,
			deadline guzar, tareekh nikal, waqt nikal`)

// A labelled is a value found in a sentence, with the words to take out.
type labelled struct {
	value string
	span  span
}

// findPriority finds the priority that the sentence gives a task.
func findPriority(s *sentence) (labelled, bool) {
	for i, w := range s.words {
		if level, ok := strings.CutSuffix(w.key, "-priority"); ok && !w.quoted && voices[english].priority(level) != "" {
			return labelled{level, s.around(i, i+1)}, true
		}
		value, n := priorityWords.at(s, i)
		if n > 0 {
			if _, m := priorityNoun.at(s, i+n); m > 0 {
				return labelled{value, s.around(i, i+n+m)}, true
			}
		}
	}
	for i := range s.words {
		_, n := priorityNoun.at(s, i)
		if n == 0 {
			continue
		}
		for j := i + n; j <= i+n+2; j++ { // "priority: high", "priority is high", "ترجیح اعلیٰ"
			if value, m := priorityWords.at(s, j); m > 0 && s.onlyLinks(i+n, j) {
				return labelled{value, s.around(i, j+m)}, true
			}
		}
	}
	return findSurePriority(s)
}

// findSurePriority finds "urgent" and its like at the edge of the sentence, at
// a comma or in brackets, or right before the word task.
func findSurePriority(s *sentence) (labelled, bool) {
	for i := range s.words {
		value, n := surePriority.at(s, i)
		if n == 0 {
			continue
		}
		_, noun := taskNoun.at(s, i+n)
		edge := i+n >= len(s.words) || s.words[i+n].sign
		start := i > 0 && s.words[i-1].sign
		if noun > 0 || edge || start || i == 0 {
			return labelled{value, s.around(i, i+n)}, true
		}
	}
	return labelled{}, false
}

// findCategory finds the category that the sentence gives a task.
func findCategory(s *sentence) (labelled, bool) {
	for i := range s.words {
		value, n := categoryWords.at(s, i)
		if n == 0 {
			continue
		}
		j := i + n
		if _, m := possessive.at(s, j); m > 0 {
			j += m
		}
		if _, m := categoryNoun.at(s, j); m > 0 {
			return labelled{value, s.around(i, j+m)}, true
		}
		if i > 0 && s.words[i-1].key == "#" {
			return labelled{value, span{i - 1, i + n}}, true
		}
	}
	if found, ok := categoryAfterNoun(s); ok {
		return found, true
	}
	return categoryOfTask(s)
}

var possessive = newSet("", "کے, کی, کا", "ke, ki, ka")

// categoryAfterNoun finds "category: work", "category work", "زمرہ گھر".
func categoryAfterNoun(s *sentence) (labelled, bool) {
	for i := range s.words {
		_, n := categoryNoun.at(s, i)
		if n == 0 {
			continue
		}
		for j := i + n; j <= i+n+2; j++ {
			if value, m := categoryWords.at(s, j); m > 0 && s.onlyLinks(i+n, j) {
				return labelled{value, s.around(i, j+m)}, true
			}
		}
	}
	return labelled{}, false
}

// categoryOfTask finds "work tasks", "my home list", "گھر کے کام", and "for
// work" at an end. The word task itself stays: the grammar wants it.
func categoryOfTask(s *sentence) (labelled, bool) {
	for i := range s.words {
		value, n := categoryWords.at(s, i)
		if n == 0 {
			continue
		}
		j := i + n
		if _, m := possessive.at(s, j); m > 0 {
			j += m
		}
		k := j + lengthAt(s, j, statusWords) // "دفتر کے باقی کام"
		_, noun := taskNoun.at(s, k)
		_, list := listNoun.at(s, k)
		if before := s.phraseBefore(placeBefore, i); before > 0 && s.endsAt(j) {
			return labelled{value, span{i - before, j}}, true
		}
		if m := lengthAt(s, i+n, placeAfter); m > 0 && (s.endsAt(i+n+m) || i == 0 || lengthAt(s, i+n+m, urduNewTask) > 0) {
			return labelled{value, span{i, i + n + m}}, true
		}
		if i > 0 && strings.Contains("([", s.words[i-1].key) && s.endsAt(j) {
			return labelled{value, span{i - 1, j + 1}}, true
		}
		alone := i > 0 && s.words[i-1].loose() && s.endsAt(i+n) // "…, work, …"
		if alone || noun > 0 || list > 0 {
			return labelled{value, span{i, j}}, true
		}
	}
	return labelled{}, false
}

// Where something is done or what it is for, at an end of the sentence: "fix
// the tap at home", "دفتر کے لیے نیا کام".
var (
	placeBefore = newSet("for, at, at the, for the, in the, around the", "", "")
	placeAfter  = newSet("", "کے لیے", "ke liye, keliye, k liye")
)

// endsAt reports whether the sentence, or a part of it, ends before word i.
func (s *sentence) endsAt(i int) bool { return i >= len(s.words) || s.words[i].sign }

var links = newSet("is, to, of, as, be, =, :, it's, should be", "کو, ہے, ہو, میں", "ko, hai, ho, mein, to")

// onlyLinks reports whether nothing but linking words and signs is between.
func (s *sentence) onlyLinks(from, until int) bool {
	for i := from; i < until; i++ {
		if _, n := links.at(s, i); n == 0 && (i >= len(s.words) || !s.words[i].loose()) {
			return false
		}
	}
	return true
}

// around widens a value's words by the fillers beside them.
func (s *sentence) around(from, until int) span {
	if n := s.phraseBefore(valueBefore, from); n > 0 {
		from -= n
	}
	if _, n := valueAfter.at(s, until); n > 0 {
		until += n
	}
	if from > 0 && until < len(s.words) && s.words[from-1].key == "(" && s.words[until].key == ")" {
		from, until = from-1, until+1
	}
	return span{from, until}
}
