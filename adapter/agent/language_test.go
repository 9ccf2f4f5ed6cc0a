package agent

import (
	"strings"
	"testing"
)

func TestLanguageOfOwnExamples(t *testing.T) {
	for text, want := range map[string]Lang{
		"":                             Unclear,
		"ok":                           Unclear,
		"2":                            Unclear,
		"👍":                            Unclear,
		"Show my tasks":                Other,
		"Buy milk tomorrow":            Other,
		"mere tasks dikhao":            RomanUrdu,
		"Kal doodh lana hai":           RomanUrdu,
		"shukriya":                     RomanUrdu,
		"Add task: doodh lana hai":     Other,
		`Add "doodh lana hai" to list`: Other,
		"کل دودھ لانا ہے":              Urdu,
		"میرے کام دکھاؤ":               Urdu,
		"Add task دودھ لانا":           Other,
		"کل meeting add کرو":           Urdu,
		"أضف مهمة جديدة":               Other,
		"یک کار جدید اضافه کن":         Other,
		"लिस्ट दिखाओ":                  Other,
		"Zeig mir meine Aufgaben":      Other,
		"Muéstrame mis tareas":         Other,
		"Bana görevlerimi göster":      Other,

		"add “دودھ لانا ہے” to my list":            Other,
		"rename it to ‘doodh lana hai’":            Other,
		"add 'mujhe kal jana hai' for Monday":      Other,
		"« میرے کام » is what I call it":           Other,
		`"buy milk" ko kal ke liye likh do`:        RomanUrdu,
		`"میرے کام"`:                               Urdu,
		"don't delete Ali's tasks":                 Other,
		"doodh wala task دودھ delete kar do":       RomanUrdu,
		"کام شامل کریں: buy milk and bread":        Urdu,
		"زما کارونه وښایه":                         Other, // Pashto
		"منهنجا ڪم ڏيکاريو":                        Other, // Sindhi
		"ئەرکەکانم پیشان بدە":                      Other, // Kurdish
		"कल दूध लाना है ok":                        Other,
		"می\u200cخواهم کارهایم را ببینم":           Other,
		strings.Repeat("x", 100) + " \xff\xfe\xd9": Unclear,
		strings.Repeat("کل دودھ لانا ہے ", 1000):   Urdu,
	} {
		if got := Language(text); got != want {
			t.Errorf("Language(%q) = %q, want %q", text, got, want)
		}
	}
}

// A message of any bytes has a language, and the same one however much white
// space is around it.
func FuzzLanguage(f *testing.F) {
	f.Add("Add “دودھ” ok")
	f.Add("\xff'`\"«\u200cمی\u200c")
	f.Fuzz(func(t *testing.T, text string) {
		lang := Language(text)
		if lang != Unclear && lang != Other && !lang.IsUrdu() {
			t.Errorf("Language(%q) = %q", text, lang)
		}
		if len(text) < languageSample-2 && Language("\n"+text+"\n") != lang {
			t.Errorf("Language(%q) depends on white space", text)
		}
	})
}

func BenchmarkLanguage(b *testing.B) {
	for name, text := range map[string]string{
		"english": "Please add a task to call the bank tomorrow", "roman": "mujhe kal bank ko call karna yaad dila dena",
		"script": "مجھے کل بینک کو فون کرنا یاد دلا دینا",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Language(text)
			}
		})
	}
}
