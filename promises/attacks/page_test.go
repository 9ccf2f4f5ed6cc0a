// Package attacks holds docs/attacks.md to the tests that it names: every
// attack has some, they are there, they name the attack, and in a long run they
// pass.
package attacks

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sections are the kinds of attacks, and how many of each there are.
var sections = map[byte]int{
	'M': 25, 'T': 16, 'S': 8, 'J': 16, 'C': 21, 'E': 8, 'H': 10, 'U': 7, 'L': 14, 'P': 9, 'D': 11, 'R': 9, 'F': 4,
}

const root = "../.."

// An attack is a row of the page.
type attack struct {
	ID, What, Answer string
	Tests            []test
}

// A test is a function of a package, which is a path from the module's root.
type test struct{ Package, Name string }

var (
	rowForm  = regexp.MustCompile(`^\| ([A-Z]\d\d) \| (.+) \| (.+) \| (.*) \|$`)
	testForm = regexp.MustCompile("^`([a-z0-9/]+)\\.(Test\\w+)`$")
)

// readPage gives the attacks of a page, and what is wrong with it.
func readPage(page string) (attacks []attack, wrong []string) {
	for line := range strings.SplitSeq(page, "\n") {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| id |") {
			continue
		}
		cells := rowForm.FindStringSubmatch(line)
		if cells == nil {
			wrong = append(wrong, "not a row: "+line)
			continue
		}
		a := attack{ID: cells[1], What: cells[2], Answer: cells[3]}
		for name := range strings.SplitSeq(cells[4], ", ") {
			m := testForm.FindStringSubmatch(name)
			if m == nil {
				wrong = append(wrong, fmt.Sprintf("%s: %q is no test", a.ID, name))
				continue
			}
			a.Tests = append(a.Tests, test{m[1], m[2]})
		}
		attacks = append(attacks, a)
	}
	return attacks, append(wrong, miscounted(attacks)...)
}

// miscounted says which attacks come twice, and in which sections some lack.
func miscounted(attacks []attack) (wrong []string) {
	seen, count := map[string]bool{}, map[byte]int{}
	for _, a := range attacks {
		if seen[a.ID] {
			wrong = append(wrong, a.ID+": stands there twice")
		}
		seen[a.ID] = true
		count[a.ID[0]]++
	}
	for _, s := range slices.Sorted(maps.Keys(sections)) {
		if count[s] != sections[s] {
			wrong = append(wrong, fmt.Sprintf("%c: %d attacks, want %d", s, count[s], sections[s]))
		}
		delete(count, s)
	}
	for s := range count {
		wrong = append(wrong, fmt.Sprintf("%c: no such section", s))
	}
	return wrong
}

// missing says which of the tests are not there, or do not name their attack:
// in themselves, or elsewhere in their file, where a table may hold it.
func missing(t testing.TB, attacks []attack) (wrong []string) {
	t.Helper()
	packages := map[string]map[string]string{}
	for _, a := range attacks {
		for _, of := range a.Tests {
			tests, ok := packages[of.Package]
			if !ok {
				tests = testsOf(t, of.Package)
				packages[of.Package] = tests
			}
			switch text, ok := tests[of.Name]; {
			case !ok:
				wrong = append(wrong, fmt.Sprintf("%s: %s has no %s", a.ID, of.Package, of.Name))
			case !regexp.MustCompile(`\b` + a.ID + `\b`).MatchString(text):
				wrong = append(wrong, fmt.Sprintf("%s: %s.%s does not name it", a.ID, of.Package, of.Name))
			}
		}
	}
	return wrong
}

// testsOf reads the tests of a package: the text of the file in which each
// stands.
func testsOf(t testing.TB, pkg string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				tests[f.Name.Name] = string(text)
			}
		}
	}
	return tests
}

func ourPage(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(root + "/docs/attacks.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every attack of the page has its tests.
func TestPage(t *testing.T) {
	attacks, wrong := readPage(ourPage(t))
	for _, w := range append(wrong, missing(t, attacks)...) {
		t.Error(w)
	}
}

// What may become of the page by and by is noticed.
func TestPageThatIsWrong(t *testing.T) {
	page := ourPage(t)
	row := regexp.MustCompile(`(?m)^\| T25 .*$`).FindString(page)
	for name, c := range map[string]struct{ row, says string }{
		"an attack without a row":   {"", "T: 15 attacks, want 16"},
		"an attack without a test":  {"| T25 | what | answer |  |", `T25: "" is no test`},
		"an attack without a word":  {"| T25 |  |  | `mcpserver.TestToggleRetried` |", "not a row"},
		"a test that is not there":  {strings.Replace(row, "TestToggleRetried", "TestNothing", 1), "T25: mcpserver has no TestNothing"},
		"a package that is nowhere": {strings.Replace(row, "mcpserver.", "nowhere.", 1), "T25: nowhere has no TestToggleRetried"},
		"a test of something else":  {strings.Replace(row, "TestToggleRetried", "TestDrain", 1), "T25: mcpserver.TestDrain does not name it"},
		"a row that comes twice":    {row + "\n" + row, "T25: stands there twice"},
		"an attack of no section":   {row + "\n" + strings.Replace(row, "T25", "X25", 1), "X: no such section"},
	} {
		attacks, wrong := readPage(strings.Replace(page, row, c.row, 1))
		if all := strings.Join(append(wrong, missing(t, attacks)...), "\n"); !strings.Contains(all, c.says) {
			t.Errorf("%s: found %q, want %q", name, all, c.says)
		}
	}
}
