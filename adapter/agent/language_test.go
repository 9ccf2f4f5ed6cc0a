package agent

import "testing"

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
	} {
		if got := Language(text); got != want {
			t.Errorf("Language(%q) = %q, want %q", text, got, want)
		}
	}
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
