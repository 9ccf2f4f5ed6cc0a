package attacks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"taskwire/promises/tally"
)

// results are how tests ended: "pass", "fail", "skip". One that did not run has
// none.
type results map[test]string

// runTests runs tests of one package at full length; but harnesses as `make
// test` does, for their long runs belong to other promises.
func runTests(ctx context.Context, pkg string, names []string, into results) error {
	args := []string{"test", "-count", "1", "-timeout", "1h", "-json", "-run", "^(" + strings.Join(names, "|") + ")$"}
	if !strings.HasPrefix(pkg, "promises/") {
		args = append(args, "-tags", "promises")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+pkg)...)
	cmd.Dir = root
	// What the runs of now have counted must stay.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, tally.Folder+"=") })
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if readErr := into.read(pkg, out); readErr != nil {
		return fmt.Errorf("%w; %w: %s", readErr, err, stderr.String())
	}
	return err
}

// read notes how each test ended, and prints what the failed ones said.
func (r results) read(pkg string, out []byte) error {
	said := map[string]string{}
	for line := range bytes.Lines(out) {
		var e struct{ Action, Test, Output string }
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("go test says %q: %w", line, err)
		}
		name, _, within := strings.Cut(e.Test, "/")
		switch {
		case e.Action == "output":
			said[name] += e.Output
		case name == "" || !slices.Contains([]string{"pass", "fail", "skip"}, e.Action):
		case !within:
			r[test{pkg, name}] = e.Action
			if e.Action == "fail" {
				fmt.Print(said[name])
			}
		}
	}
	return nil
}

// failed gives the attacks of which a test did not pass.
func (r results) failed(attacks []attack) (ids []string) {
	for _, a := range attacks {
		passed := len(a.Tests) > 0
		for _, of := range a.Tests {
			passed = passed && r[of] == "pass"
		}
		if !passed {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// P6: every test of every attack runs, and passes. `make test` runs the same
// tests by themselves.
func TestEveryAttack(t *testing.T) {
	attacks, wrong := readPage(ourPage(t))
	if wrong = append(wrong, missing(t, attacks)...); len(wrong) > 0 {
		t.Fatal(strings.Join(wrong, "\n"))
	}
	if !tally.Long {
		t.Logf("%d attacks have their tests", len(attacks))
		return
	}
	names := map[string][]string{}
	for _, a := range attacks {
		for _, of := range a.Tests {
			if !slices.Contains(names[of.Package], of.Name) {
				names[of.Package] = append(names[of.Package], of.Name)
			}
		}
	}
	ended := results{}
	for pkg, tests := range names {
		if err := runTests(t.Context(), pkg, tests, ended); err != nil {
			t.Errorf("%s: %v", pkg, err)
		}
	}
	failed := ended.failed(attacks)
	for _, id := range failed {
		t.Errorf("not all tests of %s pass", id)
	}
	tally.Counted(t, tally.Entry{
		Promise: "P6", What: "attacks of the list", Runs: len(attacks) - len(failed), Broken: len(failed),
		Note: fmt.Sprintf("%d tests in %d packages", len(ended), len(names)),
	})
}

// A test that fails, is skipped, or does not run at all shows nothing.
func TestEveryAttackControl(t *testing.T) {
	of := func(names ...string) (tests []test) {
		for _, name := range names {
			tests = append(tests, test{"x", name})
		}
		return tests
	}
	attacks := []attack{
		{ID: "A01", Tests: of("TestGood")}, {ID: "A03", Tests: of("TestGood", "TestBad")}, {ID: "A05", Tests: of("TestLeftOut")},
		{ID: "A07", Tests: of("TestGood", "TestNever")}, {ID: "A09"}, {ID: "A11", Tests: of("TestPanics")},
	}
	const out = `{"Action":"start","Package":"x"}
{"Action":"run","Test":"TestGood"}
{"Action":"pass","Test":"TestGood/one"}
{"Action":"pass","Test":"TestGood"}
{"Action":"pass","Test":"TestBad/one"}
{"Action":"fail","Test":"TestBad"}
{"Action":"skip","Test":"TestLeftOut"}
{"Action":"pass","Test":"TestNever/under"}
{"Action":"run","Test":"TestPanics"}
{"Action":"fail","Package":"x"}
`
	ended := results{}
	if err := ended.read("x", []byte(out)); err != nil {
		t.Fatal(err)
	}
	if got, want := ended.failed(attacks), []string{"A03", "A05", "A07", "A09", "A11"}; !slices.Equal(got, want) {
		t.Errorf("failed %v, want %v", got, want)
	}
	if err := (results{}).read("x", []byte("panic: no JSON\n")); err == nil {
		t.Error("what is no report is taken for one")
	}
}
