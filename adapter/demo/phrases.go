package demo

import (
	"fmt"
	"strings"
)

// A voice is all that the model can say in one language. %s is a title in
// quotation marks unless said otherwise.
type voice struct {
	hello, help, thanks string
	notUnderstood       string
	tooLong             string

	created, completed, reopened, deleted string
	renamed                               string // the old title, the new one
	updated                               string // the title, what is new
	alreadyDone, alreadyOpen              string

	askTitle    string
	askNewTitle string
	askWhich    string // several match; a list follows
	askTarget   string // the sentence named no task
	askOne      string // it named all
	askValue    string // an update without a new value
	noMatch     string // what was looked for
	noMatchCut  string // the same, when not all tasks could be looked at
	unclear     string // several tasks fit one of those named

	okay, bye string
	refrained string // it was forbidden
	supposed  string // it was only spoken of
	confirm   string // it was asked whether to
	separate  string // two things were ordered at once

	isDone, isOpen string // how a task stands: its title, in brackets the rest
	manyFound      string // several may be meant; a list follows

	noTasks, noneFound string
	oneTask, manyTasks string // %d
	firstOf            string // %d shown, and there are more
	nextOf, noMore     string // %d shown of what follows
	stats, statsOne    string // total, pending, completed, overdue
	countOf            string // a priority or category, how many
	failed             string // what the tool said
	noTool             string // the tool's name
	unreadable         string
	shortened          string
	high, medium, low  string
	work, personal     string
	home, other        string
	due, done, off     string // due: %s is a date; off: the due date was removed
	noText             string // the description was removed
	text               string // a new description
	open, close        string // quotation marks
	comma              string
	weekdays           [7]string // from Sunday
	months             [12]string
}

const demoKeys = "`OPENAI_API_KEY` / `XIAOMI_API_KEY`"

var voices = map[tongue]*voice{
	english: {
		hello:         "Hello! I am the demo model: simple rules, no AI. I can add, list, complete, rename, change and delete your tasks. Try “add buy milk tomorrow with high priority” or “show my tasks”.",
		help:          "I am the demo model: simple rules that understand sentences about tasks, in English and Urdu. For example:\n\n- add buy milk tomorrow with high priority\n- show my pending tasks, or: what is overdue?\n- mark the milk task as done, or: reopen it\n- rename milk to buy bread\n- set the priority of bread to low, or: move bread to Friday\n- delete the bread task\n- how many tasks do I have?\n\nFor a real model, whoever runs this sets " + demoKeys + ".",
		thanks:        "You are welcome!",
		notUnderstood: "I am the demo model and did not understand that. I know sentences such as “add buy milk tomorrow”, “show my tasks” or “mark milk as done”; say “help” for more. Set " + demoKeys + " for a real model.",
		tooLong:       "That is too long for the demo model, which understands short sentences about tasks. Set " + demoKeys + " for a real model.",

		created: "Added %s", completed: "Done: %s is completed.", reopened: "%s is open again.", deleted: "Deleted %s.",
		renamed: "Renamed %s to %s.", updated: "Changed %s: %s.",
		alreadyDone: "%s was completed already.", alreadyOpen: "%s is open already.",

		askTitle: "What should the task be called?", askNewTitle: "What should %s be called?",
		askWhich: "Which one do you mean?", askTarget: "Which task do you mean? Tell me a word of its title.",
		askOne:   "I change only tasks that you name. Which one do you mean?",
		askValue: "What should I change about it: the title, the priority, the category or the due date?",
		noMatch:  "I found no task about %s. Nothing was changed.", noMatchCut: "I found no task about %s among those I could look at. Nothing was changed.",

		unclear: "More than one task fits %s, so I have changed nothing. Please name it more exactly.",
		okay:    "All right! Tell me when there is something to do.", bye: "Goodbye!",
		refrained: "All right, I leave everything as it is. Nothing was changed.",
		supposed:  "I have changed nothing: that sounds like something that is not done yet, or not for me to do now. Say “mark milk as done” when it is done, or “move milk to tomorrow”.",
		confirm:   "That was a question, so I have changed nothing yet. Should I do it? Say “yes”.",
		separate:  "I do one thing at a time, so I have changed nothing. Please say each in a message of its own; a title with an “and” can be put in quotation marks.",
		isDone:    "%s is completed", isOpen: "%s is not done yet", manyFound: "These may be meant:",

		noTasks: "You have no tasks yet.", noneFound: "There are no such tasks.",
		oneTask: "One task:", manyTasks: "%d tasks:", firstOf: "The first %d tasks; say “show more” for the next ones:",
		nextOf: "The next %d:", noMore: "There are no more tasks to show.",
		statsOne: "You have %d task: %d pending, %d completed, %d overdue.", countOf: "%s: %d.",
		weekdays: englishDays, months: englishMonths,
		stats:  "You have %d tasks: %d pending, %d completed, %d overdue.",
		failed: "That did not work: %s", noTool: "I cannot do that here: the tool `%s` is not available.",
		unreadable: "The tool answered with something that I could not read.",
		shortened:  "The title was too long, so I shortened it.",
		high:       "high priority", medium: "medium priority", low: "low priority",
		work: "work", personal: "personal", home: "home", other: "other",
		due: "due %s", done: "completed", off: "no due date", noText: "no description", text: "new description",
		open: "“", close: "”", comma: ", ",
	},
	urdu: {
		hello:         "السلام علیکم! میں ڈیمو ماڈل ہوں: سادہ اصول، مصنوعی ذہانت نہیں۔ میں آپ کے کام شامل، مکمل، تبدیل اور حذف کر سکتا ہوں اور ان کی فہرست دکھا سکتا ہوں۔ مثلاً لکھیں: «کل دودھ لانا شامل کریں» یا «میرے کام دکھائیں»۔",
		help:          "میں ڈیمو ماڈل ہوں: سادہ اصول جو کاموں کے بارے میں اردو اور انگریزی جملے سمجھتے ہیں۔ مثلاً:\n\n- کل دودھ لانا اعلیٰ ترجیح کے ساتھ شامل کریں\n- میرے باقی کام دکھائیں\n- دودھ والا کام مکمل کر دیں\n- دودھ لانا کا نام بدل کر روٹی لانا کر دیں\n- روٹی والے کام کی ترجیح کم کر دیں\n- روٹی والا کام حذف کر دیں\n- میرے کتنے کام ہیں؟\n\nاصلی ماڈل کے لیے چلانے والا " + demoKeys + " مقرر کرے۔",
		thanks:        "خوش رہیے!",
		notUnderstood: "میں ڈیمو ماڈل ہوں اور یہ بات نہیں سمجھ سکا۔ میں ایسے جملے سمجھتا ہوں: «کل دودھ لانا شامل کریں»، «میرے کام دکھائیں»، «دودھ والا کام مکمل کر دیں»؛ مزید کے لیے «مدد» لکھیں۔ اصلی ماڈل کے لیے " + demoKeys + " مقرر کریں۔",
		tooLong:       "یہ ڈیمو ماڈل کے لیے بہت لمبا ہے، جو کاموں کے بارے میں چھوٹے جملے سمجھتا ہے۔ اصلی ماڈل کے لیے " + demoKeys + " مقرر کریں۔",

		created: "%s شامل کر دیا", completed: "%s مکمل ہو گیا۔", reopened: "%s دوبارہ کھول دیا۔", deleted: "%s حذف کر دیا۔",
		renamed: "%s کا نام بدل کر %s کر دیا۔", updated: "%s میں تبدیلی کر دی: %s۔",
		alreadyDone: "%s پہلے سے مکمل ہے۔", alreadyOpen: "%s پہلے سے باقی ہے۔",

		askTitle: "کام کا نام کیا ہو؟", askNewTitle: "%s کا نیا نام کیا ہو؟",
		askWhich: "آپ کی مراد کون سا کام ہے؟", askTarget: "آپ کی مراد کون سا کام ہے؟ اس کے نام کا کوئی لفظ لکھیں۔",
		askOne:   "میں صرف وہی کام بدلتا ہوں جن کا نام لیا جائے۔ آپ کی مراد کون سا ہے؟",
		askValue: "اس میں کیا بدلوں: نام، ترجیح، زمرہ یا تاریخ؟",
		noMatch:  "%s کے بارے میں کوئی کام نہیں ملا۔ کچھ نہیں بدلا گیا۔", noMatchCut: "جو کام میں دیکھ سکا ان میں %s کے بارے میں کوئی نہیں ملا۔ کچھ نہیں بدلا گیا۔",

		unclear: "%s سے ایک سے زیادہ کام مراد ہو سکتے ہیں، اس لیے کچھ نہیں بدلا گیا۔ براہ کرم پورا نام لکھیں۔",
		okay:    "ٹھیک ہے! کوئی کام ہو تو بتائیں۔", bye: "اللہ حافظ!",
		refrained: "ٹھیک ہے، سب کچھ ویسے ہی رہنے دیا۔ کچھ نہیں بدلا گیا۔",
		supposed:  "میں نے کچھ نہیں بدلا: لگتا ہے یہ ابھی ہوا نہیں، یا ابھی کرنا نہیں۔ ہو جائے تو لکھیں «دودھ والا کام مکمل کر دیں»، یا «دودھ والا کام کل پر ڈال دیں»۔",
		confirm:   "یہ سوال تھا، اس لیے ابھی کچھ نہیں بدلا۔ کیا میں یہ کر دوں؟ «ہاں» لکھیں۔",
		separate:  "میں ایک وقت میں ایک ہی بات کرتا ہوں، اس لیے کچھ نہیں بدلا۔ براہ کرم ہر بات الگ پیغام میں لکھیں۔",
		isDone:    "%s مکمل ہے", isOpen: "%s ابھی مکمل نہیں ہوا", manyFound: "آپ کی مراد شاید ان میں سے کوئی ہے:",

		noTasks: "ابھی آپ کا کوئی کام نہیں۔", noneFound: "ایسا کوئی کام نہیں ہے۔",
		oneTask: "ایک کام:", manyTasks: "%d کام:", firstOf: "پہلے %d کام؛ باقی کے لیے «مزید دکھائیں» لکھیں:",
		nextOf: "اگلے %d:", noMore: "دکھانے کو اور کوئی کام نہیں۔",
		statsOne: "آپ کا کل %d کام ہے: %d باقی، %d مکمل، %d تاخیر کا شکار۔", countOf: "%s: %d۔",
		weekdays: urduDays, months: urduMonths,
		stats:  "آپ کے کل %d کام ہیں: %d باقی، %d مکمل، %d تاخیر کا شکار۔",
		failed: "یہ نہیں ہو سکا: %s", noTool: "میں یہاں یہ نہیں کر سکتا: ٹول `%s` دستیاب نہیں۔",
		unreadable: "ٹول کا جواب پڑھا نہیں جا سکا۔",
		shortened:  "نام بہت لمبا تھا، اس لیے مختصر کر دیا۔",
		high:       "اعلیٰ ترجیح", medium: "درمیانی ترجیح", low: "کم ترجیح",
		work: "دفتر", personal: "ذاتی", home: "گھر", other: "دیگر",
		due: "تاریخ %s", done: "مکمل", off: "تاریخ ہٹا دی", noText: "تفصیل ہٹا دی", text: "نئی تفصیل",
		open: "«", close: "»", comma: "، ",
	},
	romanUrdu: {
		hello:         "Salam! Main demo model hoon: saada usool, AI nahi. Main aap ke kaam shamil, mukammal, tabdeel aur delete kar sakta hoon aur un ki list dikha sakta hoon. Maslan likhein: “kal doodh lana add karo” ya “mere kaam dikhao”.",
		help:          "Main demo model hoon: saada usool jo kaamon ke bare mein Urdu aur English jumle samajhte hain. Maslan:\n\n- kal doodh lana high priority ke sath add karo\n- mere baqi kaam dikhao\n- doodh wala kaam mukammal kar do\n- doodh lana ka naam badal kar roti lana kar do\n- roti wale kaam ki priority low kar do\n- roti wala kaam delete kar do\n- mere kitne kaam hain?\n\nAsli model ke liye chalane wala " + demoKeys + " set kare.",
		thanks:        "Khush rahiye!",
		notUnderstood: "Main demo model hoon aur yeh baat nahi samajh saka. Main aise jumle samajhta hoon: “kal doodh lana add karo”, “mere kaam dikhao”, “doodh wala kaam mukammal kar do”; mazeed ke liye “madad” likhein. Asli model ke liye " + demoKeys + " set karein.",
		tooLong:       "Yeh demo model ke liye bohat lamba hai, jo kaamon ke bare mein chhote jumle samajhta hai. Asli model ke liye " + demoKeys + " set karein.",

		created: "%s shamil kar diya", completed: "%s mukammal ho gaya.", reopened: "%s dobara khol diya.", deleted: "%s delete kar diya.",
		renamed: "%s ka naam badal kar %s kar diya.", updated: "%s mein tabdeeli kar di: %s.",
		alreadyDone: "%s pehle se mukammal hai.", alreadyOpen: "%s pehle se baqi hai.",

		askTitle: "Kaam ka naam kya ho?", askNewTitle: "%s ka naya naam kya ho?",
		askWhich: "Aap ki murad kaun sa kaam hai?", askTarget: "Aap ki murad kaun sa kaam hai? Us ke naam ka koi lafz likhein.",
		askOne:   "Main sirf wohi kaam badalta hoon jin ka naam liya jaye. Aap ki murad kaun sa hai?",
		askValue: "Is mein kya badloon: naam, priority, category ya tareekh?",
		noMatch:  "%s ke bare mein koi kaam nahi mila. Kuch nahi badla gaya.", noMatchCut: "Jo kaam main dekh saka un mein %s ke bare mein koi nahi mila. Kuch nahi badla gaya.",

		unclear: "%s se ek se zyada kaam murad ho sakte hain, is liye kuch nahi badla gaya. Please poora naam likhein.",
		okay:    "Theek hai! Koi kaam ho to batayein.", bye: "Allah hafiz!",
		refrained: "Theek hai, sab kuch waise hi rehne diya. Kuch nahi badla gaya.",
		supposed:  "Main ne kuch nahi badla: lagta hai yeh abhi hua nahi, ya abhi karna nahi. Ho jaye to likhein “doodh wala kaam mukammal kar do”, ya “doodh wala kaam kal par dal do”.",
		confirm:   "Yeh sawal tha, is liye abhi kuch nahi badla. Kya main yeh kar doon? “Haan” likhein.",
		separate:  "Main aik waqt mein aik hi baat karta hoon, is liye kuch nahi badla. Please har baat alag paigham mein likhein.",
		isDone:    "%s mukammal hai", isOpen: "%s abhi mukammal nahi hua", manyFound: "Aap ki murad shayad in mein se koi hai:",

		noTasks: "Abhi aap ka koi kaam nahi.", noneFound: "Aisa koi kaam nahi hai.",
		oneTask: "Aik kaam:", manyTasks: "%d kaam:", firstOf: "Pehle %d kaam; baqi ke liye “aur dikhao” likhein:",
		nextOf: "Agle %d:", noMore: "Dikhane ko aur koi kaam nahi.",
		statsOne: "Aap ka kul %d kaam hai: %d baqi, %d mukammal, %d overdue.", countOf: "%s: %d.",
		weekdays: romanDays, months: englishMonths,
		stats:  "Aap ke kul %d kaam hain: %d baqi, %d mukammal, %d overdue.",
		failed: "Yeh nahi ho saka: %s", noTool: "Main yahan yeh nahi kar sakta: tool `%s` dastyab nahi.",
		unreadable: "Tool ka jawab parha nahi ja saka.",
		shortened:  "Naam bohat lamba tha, is liye mukhtasar kar diya.",
		high:       "high priority", medium: "medium priority", low: "low priority",
		work: "daftar", personal: "zaati", home: "ghar", other: "deegar",
		due: "tareekh %s", done: "mukammal", off: "tareekh hata di", noText: "tafseel hata di", text: "nayi tafseel",
		open: "“", close: "”", comma: ", ",
	},
}

// quote puts a title between the quotation marks of the language.
func (v *voice) quote(title string) string { return v.open + plain(title) + v.close }

// saying fills a phrase with titles.
func (v *voice) saying(phrase string, titles ...string) string {
	quoted := make([]any, len(titles))
	for i, t := range titles {
		quoted[i] = v.quote(t)
	}
	return fmt.Sprintf(phrase, quoted...)
}

// end closes a phrase that may go on in brackets.
func (v *voice) end(phrase string, details []string) string {
	if len(details) > 0 {
		phrase += " (" + strings.Join(details, v.comma) + ")"
	}
	if v == voices[urdu] {
		return phrase + "۔"
	}
	return phrase + "."
}

// updatedText tells what is new about a task.
func (v *voice) updatedText(title string, news []string) string {
	return fmt.Sprintf(v.updated, v.quote(title), strings.Join(news, v.comma))
}

func (v *voice) priority(value string) string {
	return map[string]string{"high": v.high, "medium": v.medium, "low": v.low}[value]
}

func (v *voice) category(value string) string {
	return map[string]string{"work": v.work, "personal": v.personal, "home": v.home, "other": v.other}[value]
}

// plain keeps a text that a person wrote on one line, and keeps the pages that
// show answers as Markdown from making links, images or HTML of it.
func plain(s string) string {
	var b strings.Builder
	for _, field := range strings.Fields(s) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		for _, r := range field {
			if strings.ContainsRune("[<`\\", r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}
