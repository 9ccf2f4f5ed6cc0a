package browsertest

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/page"
)

// Screenshot writes what is on screen as PNG.
func (tab *Tab) Screenshot(path string) {
	tab.t.Helper()
	if err := tab.screenshot(path); err != nil {
		tab.fatal("screenshot: %v", err)
	}
}

func (tab *Tab) screenshot(path string) error {
	shot, err := try(tab, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	if err != nil {
		return err
	}
	return os.WriteFile(path, shot.Data, 0o644)
}

// evidence is a screenshot for whoever reads the failure; go test -artifacts
// keeps it.
func (tab *Tab) evidence() string {
	path := filepath.Join(tab.t.ArtifactDir(), "page.png")
	if err := tab.screenshot(path); err != nil {
		return err.Error()
	}
	return path
}

// fatal ends the test.
func (tab *Tab) fatal(format string, args ...any) {
	tab.t.Helper()
	tab.t.Fatalf(format, args...)
}

// look describes what is on screen, and what the console said.
func (tab *Tab) look() string {
	var body string
	if err := tab.eval("location.href + '\\n' + document.body.innerText", &body); err != nil {
		body = err.Error()
	}
	return "on screen: " + cut(body, 4000) + "\nconsole: " + cut(tab.watch.lastConsole(), 4000)
}

// brief makes a long text fit into a sentence.
func brief(text string) string { return cut(strings.Join(strings.Fields(text), " "), 120) }

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + " …"
	}
	return text
}
