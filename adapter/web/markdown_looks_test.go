package web

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"taskwire/adapter/web/browsertest"
)

// everything is a text with all that Markdown can say, in a language.
func everything(t *testing.T, lang string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/markdown." + lang + ".md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// In both languages, light and dark, wide and narrow: no violation of
// accessibility, and nothing wider than the screen. go test -artifacts keeps the
// pictures.
func TestMarkdownLooks(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "ur"} {
		for _, dark := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s dark=%t", lang, dark), func(t *testing.T) {
				t.Parallel()
				tab := openMarkdown(t, lang, browsertest.As(browsertest.Person{Dark: dark}))
				tab.Eval("show("+js(everything(t, lang))+")", nil)
				for _, width := range []int64{800, 320} {
					tab.Viewport(width, 1400, false)
					tab.Axe(t)
					fits(t, tab, "everything")
					tab.Screenshot(filepath.Join(t.ArtifactDir(), fmt.Sprintf("markdown-%s-%t-%d.png", lang, dark, width)))
				}
			})
		}
	}
}

// fits fails the test when the page is wider than the screen.
func fits(t *testing.T, tab *browsertest.Tab, what string) {
	t.Helper()
	var over int
	tab.Eval("document.documentElement.scrollWidth - document.documentElement.clientWidth", &over)
	if over > 0 {
		t.Errorf("%s: the page is %d pixels too wide", what, over)
	}
}

func TestMarkdownFitsTheScreen(t *testing.T) {
	t.Parallel()
	word := strings.Repeat("w", 100_000)
	for _, lang := range []string{"en", "ur"} {
		tab := openMarkdown(t, lang, browsertest.Phone)
		for name, text := range map[string]string{
			"a long word": word, "a long heading": "# " + word, "a long item": "- 1. > " + word, "long code": "`" + word[:3000] + "`",
			"a long line of code": "```\n" + word + "\n```", "a long language": "```" + word[:3000] + "\nx", "a long cell": "| a | b |\n|---|---|\n| " + word[:3000] + " | x |",
			"a wide table": strings.Repeat("| a ", 60) + "\n" + strings.Repeat("|---", 60) + "\n", "a long link": "[" + word[:3000] + "](https://a.example)",
			"a long address": "https://a.example/" + word[:3000], "a long host": "[a.example](https://" + strings.Repeat("b.", 100) + "example)",
			"marks upon marks": "Z" + strings.Repeat("\u0301\u0317\u0489", 2000), "Urdu": strings.Repeat("ب", 3000),
			"deep lists": strings.Repeat("- ", 20) + "word", "deep quotes": strings.Repeat("> ", 20) + word[:300], "a long formula": "$" + word[:3000] + "$",
		} {
			tab.Eval("show("+js(text)+")", nil)
			fits(t, tab, lang+": "+name)
		}
	}
}

// What scrolls by itself has a name and is reached and moved by keyboard.
func TestMarkdownByKeyboard(t *testing.T) {
	t.Parallel()
	tab := openMarkdown(t, "en", browsertest.Phone)
	wide := strings.Repeat("wide ", 40)
	tab.Eval("show("+js("| Task | Due |\n|---|---|\n| "+wide+" | "+wide+" |\n\n```js\n"+wide+"\n```\n\n- [x] *buy* milk\n- [ ] pay")+")", nil)
	for _, name := range []string{"Table: Task, Due", "Code: js"} {
		tab.Press("Tab")
		block := tab.Find("group", name)
		block.WaitState("focused", "true")
		tab.Press("ArrowRight")
		tab.WaitEval("document.activeElement.scrollLeft > 0")
	}
	for name, checked := range map[string]string{"buy milk": "true", "pay": "false"} {
		box := tab.Checkbox(name)
		box.WaitState("checked", checked)
		box.WaitState("disabled", "true")
	}
}

// Words keep the order in which they are read, whatever stands beside them.
func TestMarkdownKeepsTheOrderOfWords(t *testing.T) {
	t.Parallel()
	tab := openMarkdown(t, "ur")
	for _, c := range []struct{ name, text, selector, first, second string }{
		{"a date in Urdu", "آج 2026-11-23 ہے", "p", "2026", "23"},
		{"a date in bold", "آج **2026-11-23** ہے", "p", "2026", "23"},
		{"an English item in a list in Urdu", "- کام\n- Buy milk!", "li:last-child", "milk", "!"},
		{"an English cell in a table in Urdu", "| کام |\n|---|\n| Buy milk! |", "td", "milk", "!"},
		{"a link in Urdu", "دیکھیں [see this!](https://a.example)", "a", "this", "!"},
		{"code in Urdu", "لکھیں `rm -rf /` یہاں", "code", "rm", "/"},
	} {
		var left []float64
		tab.Eval("show("+js(c.text)+"), leftOf("+js(c.selector)+", "+js([]string{c.first, c.second})+")", &left)
		if left[0] >= left[1] {
			t.Errorf("%s: %q stands right of %q (%.0f, %.0f)", c.name, c.first, c.second, left[0], left[1])
		}
	}
}

// The marks of a list stand on one side, and its items too.
func TestMarkdownHasOneSide(t *testing.T) {
	t.Parallel()
	tab := openMarkdown(t, "en")
	for _, text := range []string{"1. کام\n2. Buy milk", "> - کام\n> - Buy milk", "| کام |\n|---|\n| دودھ |\n| Buy milk |", "- کام\n  - Buy milk"} {
		var right []float64
		tab.Eval("show("+js(text)+"), rightOf(['کام', 'Buy milk'])", &right)
		if right[0]-right[1] > 60 { // an inner list is indented
			t.Errorf("%q: the items end at %.0f and %.0f", text, right[0], right[1])
		}
	}
}
