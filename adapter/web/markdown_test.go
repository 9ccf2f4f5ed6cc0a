package web

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"taskwire/adapter/web/browsertest"
)

var update = flag.Bool("update", false, "write testdata/markdown.json anew")

// openMarkdown opens a page on which testdata/markdown.mjs answers.
func openMarkdown(t *testing.T, lang string, before ...func(*browsertest.Tab)) *browsertest.Tab {
	t.Helper()
	return openPiece(t, "markdown", lang, `<h2>Answer</h2><div id="log" dir="auto"></div>`, before...)
}

// js is a value as JavaScript writes it.
func js(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// readTestdata reads a JSON file of the tests into out.
func readTestdata(t *testing.T, name string, out any) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// A markdownCase is a text and what becomes of it. The attributes that every
// link has are left out.
type markdownCase struct {
	Name string `json:"name"`
	In   string `json:"in"`
	Out  string `json:"out"`
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	var cases []markdownCase
	readTestdata(t, "markdown.json", &cases)
	tab := openMarkdown(t, "en")
	for i, c := range cases {
		var got string
		tab.Eval("html("+js(c.In)+")", &got)
		if diff := cmp.Diff(c.Out, got); diff != "" && !*update {
			t.Errorf("%s: %q (-want +got):\n%s", c.Name, c.In, diff)
		}
		cases[i].Out = got
	}
	if !*update {
		return
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(cases); err != nil {
		t.Fatal(err)
	}
	data := invisible.ReplaceAllFunc(out.Bytes(), func(sign []byte) []byte {
		return fmt.Appendf(nil, `\u%04x`, bytes.Runes(sign)[0])
	})
	if err := os.WriteFile("testdata/markdown.json", data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// invisible are the characters that a reader of the file could not see.
var invisible = regexp.MustCompile(`[\x{7f}-\x{a0}\x{ad}\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{feff}]`)

// In each of them a hostile text must stay text.
var surroundings = []string{
	"%s", "# %s", "- %s", "- [x] %s", "> %s", "| a | b |\n|---|---|\n| %s | b |", "| %s | b |\n|---|---|\n| a | b |", "```%s\n%s\n```", "`%s`",
	"**%s**", "[%s](https://a.example)", "![%s](https://a.example)", "[a](%s)", "[a](<%s>)", "[a](https://a.example \"%s\")", "<%s>", "https://a.example/%s", "1. > - %s",
}

// L24: whatever is written, nothing comes of it but the elements and attributes that
// we know, and no link leads anywhere but to the web and to mail. Should a script
// run, an image be loaded or the policy be broken, the tab fails the test.
func TestMarkdownIsSafe(t *testing.T) {
	t.Parallel()
	var attacks []string
	readTestdata(t, "markdown-hostile.json", &attacks)
	tab := openMarkdown(t, "en")
	var texts []string
	for _, attack := range attacks {
		for _, around := range surroundings {
			texts = append(texts, strings.ReplaceAll(around, "%s", attack))
		}
	}
	texts = append(texts, strings.Join(attacks, "\n"), strings.Join(attacks, " "), strings.Join(attacks, ""))
	var problems map[string][]string
	tab.Eval(`Object.fromEntries(`+js(texts)+`.map(text => [text, problems(text)]).filter(([, found]) => found.length))`, &problems)
	for text, found := range problems {
		t.Errorf("%q: %q", text, found)
	}
	tab.Eval("show("+js(strings.Join(texts, "\n\n"))+")", nil)
	tab.WaitEval("document.querySelectorAll('#log a').length > 20")
}

// L24: what must not be an address is none. There may still be one in it that is
// shown in full; those links bear a direction.
func TestMarkdownRefusesAddresses(t *testing.T) {
	t.Parallel()
	var addresses []string
	readTestdata(t, "markdown-addresses.json", &addresses)
	tab := openMarkdown(t, "en")
	for _, address := range addresses {
		for _, link := range []string{"[a](%s)", "[a](<%s>)", "![a](%s)", "<%s>"} {
			text := fmt.Sprintf(link, address)
			var hrefs []string
			tab.Eval("show("+js(text)+"), [...document.querySelectorAll('#log a:not([dir])')].map(a => a.href)", &hrefs)
			if len(hrefs) > 0 {
				t.Errorf("%q leads to %q", text, hrefs)
			}
		}
	}
}

// seeds are those of the random texts: the same in every run, so that a failure
// can be looked at.
func seeds(n int) string { return "Array.from({length: " + strconv.Itoa(n) + "}, (_, i) => i + 1)" }

func TestMarkdownOfAnythingIsSafe(t *testing.T) {
	t.Parallel()
	tab := openMarkdown(t, "en")
	var problems map[string][]string
	tab.Eval(`Object.fromEntries(`+seeds(1500)+`.map(gibberish).map(text => [text, problems(text)]).filter(([, found]) => found.length))`, &problems)
	for text, found := range problems {
		t.Errorf("%q: %q", text, found)
	}
}
