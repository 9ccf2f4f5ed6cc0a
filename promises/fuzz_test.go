package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var target = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`)

// Every target of the module is run, and has a corpus in the repository.
func TestEveryTargetIsFuzzed(t *testing.T) {
	var found []suite
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, "_test.go") {
			return nil
		}
		code, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, m := range target.FindAllSubmatch(code, -1) {
			found = append(found, suite{"./" + path.Dir(strings.TrimPrefix(filepath.ToSlash(file), "../")), string(m[1])})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 8 {
		t.Errorf("only %d targets were found", len(found))
	}
	for _, f := range found {
		if !slices.Contains(fuzzed, f) {
			t.Errorf("%s %s is not run", f.Package, f.Tests)
		}
		if seeds, _ := filepath.Glob(filepath.Join("..", f.Package, "testdata", "fuzz", f.Tests, "*")); len(seeds) < 10 {
			t.Errorf("%s %s has %d files of corpus, want 10", f.Package, f.Tests, len(seeds))
		}
	}
	for _, f := range fuzzed {
		if !slices.Contains(found, f) {
			t.Errorf("%s has no %s", f.Package, f.Tests)
		}
	}
}

func TestExecutionsAreRead(t *testing.T) {
	for said, want := range map[string]int{
		"":   0,
		"ok": 0,
		"fuzz: elapsed: 0s, gathering baseline coverage: 0/40 completed\n": 0,
		"fuzz: elapsed: 3s, execs: 12 (4/sec), new interesting: 0 (total: 40)\n" +
			"fuzz: elapsed: 6s, execs: 340563 (113520/sec), new interesting: 1 (total: 41)\nPASS\n": 340563,
		"    log: fuzz: elapsed: 3s, execs: 12 (4/sec)\n": 0,
	} {
		if got := executions([]byte(said)); got != want {
			t.Errorf("%q: %d executions, want %d", said, got, want)
		}
	}
}
