package web

import (
	"fmt"
	"strings"
	"testing"

	"taskwire/adapter/web/browsertest"
)

// However a text arrives, what is shown is what becomes of it.
func TestMarkdownArrivesInPieces(t *testing.T) {
	t.Parallel()
	tab := openMarkdown(t, "en")
	var cases []markdownCase
	readTestdata(t, "markdown.json", &cases)
	var differences [][]string
	for i, c := range cases {
		tab.Eval(fmt.Sprintf(`%s.map(n => differences(%s, 10 * %d + n)).filter(found => found.length)`, seeds(8), js(c.In), i), &differences)
		for _, found := range differences {
			t.Errorf("%s: %q", c.Name, found)
		}
	}
	for first := range 5 {
		tab.Eval(fmt.Sprintf(`%s.map(n => n + 60 * %d).map(seed => differences(gibberish(seed), seed)).filter(found => found.length)`, seeds(60), first), &differences)
		for _, found := range differences {
			t.Errorf("%q", found)
		}
	}
}

// All that came since the last frame is shown with the next one, and without
// frames, on a page that nobody sees, all the same.
func TestMarkdownIsShownByFrame(t *testing.T) {
	t.Parallel()
	tab := openMarkdown(t, "en")
	var texts []string
	tab.Eval(`(async () => {
		const { el, view: arriving } = view();
		const shown = [];
		for (const word of ["One", " *two*", " three"]) arriving.append(word);
		shown.push(el.textContent);
		await new Promise(requestAnimationFrame);
		shown.push(el.textContent);
		arriving.append(" four");
		arriving.finish();
		shown.push(el.textContent);
		arriving.set("One two three four");
		await new Promise(requestAnimationFrame);
		shown.push(el.textContent);
		arriving.append(" five");
		arriving.finish();
		shown.push(el.textContent, el.dir);
		arriving.set("12\n\nسلام");
		arriving.finish();
		shown.push(el.textContent, el.dir);
		return shown;
	})()`, &texts)
	want := []string{"", "One two three", "One two three four", "One two three four", "One two three four five", "ltr", "12سلام", "rtl"}
	if fmt.Sprint(texts) != fmt.Sprint(want) {
		t.Errorf("shown = %q, want %q", texts, want)
	}
	tab.Eval(`window.requestAnimationFrame = () => 0; view().view.append("unseen")`, nil)
	tab.WaitText("unseen")
}

// hostile are texts that cost much where a renderer goes back, goes deep or
// begins anew: what they repeat.
var hostile = []string{
	"*", "_", "~", "[", "]", "![", "`", ">", "<", "&", "\\", "$", "|", "#", "-", "(", "a", " ", "\t", "\n", "1", "\u0301", "\u202e", "کام ",
	"*a ", "a* ", "*a*", "**a ", "*_", "*a **b _c ", "`a", "`a``b```c ", "~~a~~", "[a]", "[a](", "](", "[a](b \"", "[a](<b", "[a](https://b.example) ",
	"https://", "https://a.example ", "www.", "a@", "a@b.example ", "<https://", "&amp;", "\\(", "\\[a", "$a", "$$a", "1-1", "کام 1-1 ",
	"- a\n", "- 1\n", "1. a\n", "- [ ] a\n", "- ", "> - ", "> a\n", "> > > a\n", ">\n", "# a\n", "---\n", "```\n", "a\n", "a\n\n", "1\n\n", "|a|b|\n", "a|b\n-|-\n", "| |\n",
	strings.Repeat("*a ", 650) + strings.Repeat("b_ ", 650), strings.Repeat("[", 2000) + strings.Repeat("](", 1000),
}

func repeated(unit string, length int) string { return strings.Repeat(unit, length/len(unit)+1) }

// The work grows as the text does, whether it comes at once or arrives: twice
// the text, twice the pieces of code that run, and as many nodes come and go.
func TestMarkdownIsLinear(t *testing.T) {
	t.Parallel()
	tab := openMarkdown(t, "en", browsertest.CountWork)
	const size = 24_000
	most, unitOfMost := 0, ""
	for _, unit := range hostile {
		once, twice := js(repeated(unit, size)), js(repeated(unit, 2*size))
		work := func(expression string) int {
			tab.Work("/js/markdown")
			tab.Eval(expression, nil)
			return tab.Work("/js/markdown")
		}
		small, large := work("html("+once+"), 0"), work("html("+twice+"), 0")
		if large > small*26/10+2000 || large > 40*2*size {
			t.Errorf("%q: %d pieces of work, twice the text %d", unit, small, large)
		}
		if large > most {
			most, unitOfMost = large, unit
		}
		small, large = work("arrive("+once+", 24)"), work("arrive("+twice+", 48)")
		if large > small*26/10+2000 {
			t.Errorf("%q, arriving: %d pieces of work, twice the text %d", unit, small, large)
		}
	}
	t.Logf("at most %.1f pieces of work for a character (%q)", float64(most)/(2*size), unitOfMost)
}

// No text is too much. The times are for the reader of the log.
func TestMarkdownOfAnyLength(t *testing.T) {
	t.Parallel()
	tab := openMarkdown(t, "en")
	slowest, worst := 0.0, ""
	for _, unit := range append(hostile, "long words ") {
		var ms float64
		tab.Eval("Math.min(...[1, 2, 3].map(() => milliseconds("+js(repeated(unit, 100_000))+")))", &ms)
		if ms > slowest {
			slowest, worst = ms, unit
		}
	}
	t.Logf("100,000 characters took at most %.0f ms (%q)", slowest, worst)
	var nodes int
	tab.Eval("arrive("+js(repeated("Some *words* of an answer.\n", 100_000))+", 400)", &nodes)
	t.Logf("%d nodes came and went while 100,000 characters arrived in 400 frames", nodes)
}
