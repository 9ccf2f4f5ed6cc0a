package agent

// inUrdu is a text for people in both kinds of letters.
type inUrdu struct{ script, roman string }

func (w inUrdu) in(lang Lang, english string) string {
	switch {
	case lang == Urdu && w.script != "":
		return w.script
	case lang == RomanUrdu && w.roman != "":
		return w.roman
	}
	return english
}

var toolTitles = map[string]inUrdu{
	"create_task":     {"نیا کام", "Naya kaam"},
	"list_tasks":      {"کاموں کی فہرست", "Kaamon ki fehrist"},
	"get_task":        {"کام دیکھنا", "Kaam dekhna"},
	"update_task":     {"کام میں تبدیلی", "Kaam mein tabdeeli"},
	"delete_task":     {"کام حذف کرنا", "Kaam hazf karna"},
	"toggle_complete": {"کام مکمل کرنا یا کھولنا", "Kaam mukammal karna ya kholna"},
	"get_stats":       {"کاموں کا شمار", "Kaamon ka shumar"},
}

// TitleIn gives what the tool is called in front of people who speak lang: in
// Urdu for the tools that are known, else its Title.
func (t Tool) TitleIn(lang Lang) string { return toolTitles[t.Name].in(lang, t.Title) }

var failures = map[string]struct {
	english string
	inUrdu
}{
	CodeInvalid:     {"Something in the request did not fit.", inUrdu{"درخواست میں کچھ درست نہیں تھا۔", "Darkhwast mein kuch durust nahi tha."}},
	CodeNotFound:    {"There is no such task.", inUrdu{"ایسا کوئی کام نہیں ہے۔", "Aisa koi kaam nahi hai."}},
	CodeStale:       {"The task has changed in the meantime.", inUrdu{"یہ کام اس دوران بدل چکا ہے۔", "Yeh kaam is dauran badal chuka hai."}},
	CodeKeyReused:   {"This was already asked for in another way.", inUrdu{"یہ درخواست پہلے کسی اور طرح آ چکی ہے۔", "Yeh darkhwast pehle kisi aur tarah aa chuki hai."}},
	CodeRateLimited: {"Too much at once. Please wait a moment.", inUrdu{"ایک ساتھ بہت زیادہ درخواستیں ہیں۔ براہِ کرم ذرا ٹھہریں۔", "Ek saath bohat zyada darkhwastein hain. Barah-e-karam zara thehrein."}},
	CodeUnavailable: {"The tasks cannot be reached at the moment.", inUrdu{"اس وقت کاموں تک رسائی نہیں ہے۔", "Is waqt kaamon tak rasai nahi hai."}},
	CodeInternal:    {"This did not work.", inUrdu{"یہ کام نہیں ہو سکا۔", "Yeh kaam nahi ho saka."}},
}

// FailureIn says in a sentence for people why a tool did not do what it was
// asked, by the Code of its result. An unknown code is CodeInternal.
func FailureIn(lang Lang, code string) string {
	f, ok := failures[code]
	if !ok {
		f = failures[CodeInternal]
	}
	return f.in(lang, f.english)
}
