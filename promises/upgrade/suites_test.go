//go:build promises

package upgrade

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"taskwire/promises/tally"
)

// suites are the packages whose tests run on the schema of another release. The
// tests that open a browser see nothing of it.
var suites = []string{"taskwire/store", "taskwire/mcpserver", "taskwire/adapter"}

const inBrowsers = "Page|ChatKit|Beacon"

// firstToSay is the version from which on a schema says which programs may
// serve it; before, there is nothing to test.
const firstToSay = 4

// TestSuitesOnTheSchemaOfAnotherRelease runs the tests as they are, with today's
// code: on the schema that the next release makes, which is what an old program
// meets after a roll-out, and on that of the release before, which a new one
// meets where nobody has migrated yet.
func TestSuitesOnTheSchemaOfAnotherRelease(t *testing.T) {
	for what, r := range map[string]release{"tests of the old program on the new schema": next(t), "tests of the new program on the old schema": before(t)} {
		t.Run(r.name, func(t *testing.T) {
			passed, failed := r.runTests(t)
			tally.Counted(t, tally.Entry{Promise: "P17", What: what, Runs: passed, Broken: len(failed), Note: strings.Join(failed, ", ")})
		})
	}
}

// runTests runs the suites. The programs that they build have the same schema.
func (r release) runTests(t testing.TB) (passed int, failed []string) {
	t.Helper()
	skip := inBrowsers
	if r.version < firstToSay {
		skip += "|NewerSchema"
	}
	cmd := exec.Command("go", append([]string{"test", "-json", "-count=1", "-timeout=40m", "-skip=^Test(" + skip + ")"}, suites...)...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, tally.Folder+"=") }),
		"GOFLAGS="+os.Getenv("GOFLAGS")+" -overlay="+r.overlay)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := map[string]*strings.Builder{}
	for lines := json.NewDecoder(out); ; {
		var e struct{ Action, Package, Test, Output string }
		if err := lines.Decode(&e); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := e.Package + " " + e.Test
		switch {
		case e.Action == "output" && said[name] == nil:
			said[name] = &strings.Builder{}
			fallthrough
		case e.Action == "output":
			said[name].WriteString(e.Output)
		case e.Action == "pass" && e.Test != "" && !strings.Contains(e.Test, "/"):
			passed++
		case e.Action == "fail":
			failed = append(failed, strings.TrimSpace(name))
			if said[name] != nil {
				t.Logf("%s\n%s", name, said[name])
			}
		}
	}
	if err := cmd.Wait(); err != nil && len(failed) == 0 {
		failed = append(failed, fmt.Sprint(err))
	}
	return passed, failed
}
