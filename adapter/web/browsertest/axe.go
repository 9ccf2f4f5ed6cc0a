package browsertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// axeRun checks the whole page by every rule of WCAG A and AA and by what axe
// calls best practice.
const axeRun = `axe.run(document, {resultTypes: ["violations"], runOnly: {type: "tag", values:
  ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]}}).then(result =>
  result.violations.flatMap(v => v.nodes.map(n => v.id + " (" + v.impact + "): " + v.help + "\n  " +
    n.target.join(" ") + "\n  " + n.html.slice(0, 200) + "\n  " + n.failureSummary.replace(/\n/g, "\n  "))))`

// axeSource is axe-core as testdata/node pins it.
var axeSource = sync.OnceValues(func() (string, error) {
	gomod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	root := filepath.Dir(strings.TrimSpace(string(gomod)))
	source, err := os.ReadFile(filepath.Join(root, "testdata/node/node_modules/axe-core/axe.min.js"))
	return string(source), err
})

// Axe fails the test for every violation that axe-core finds in the page as it
// is now.
func (tab *Tab) Axe(t testing.TB) {
	t.Helper()
	source, err := axeSource()
	if err != nil {
		t.Fatalf("axe-core is not here; scripts/node-needs.sh installs it: %v", err)
	}
	tab.Eval("window.axe ? 0 : ("+"() => {"+source+"\n;return 0})()", nil)
	var violations []string
	tab.Eval(axeRun, &violations)
	for _, violation := range violations {
		t.Errorf("axe: %s", violation)
	}
}
