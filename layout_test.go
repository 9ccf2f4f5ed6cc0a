// Package taskwire holds no code of its own: this test reads everybody's and
// fails when a rule of the layout breaks.
package taskwire

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"taskwire/queries"
)

// topLevel says why each thing at the top is there. Whoever adds one gives its
// reason here.
var topLevel = map[string]string{
	".ci":            "what CI runs",
	".gitignore":     "what a build leaves",
	"LICENSE":        "Apache-2.0",
	"Makefile":       "every command of a developer",
	"README.md":      "what it is and how to start it",
	"adapter":        "program: the chat, over ChatKit and REST",
	"bench":          "benchmarks, with the peers they compare with",
	"docs":           "what is promised, and pictures of the page, taken by its tests",
	"edge":           "what both HTTP programs need at their edge and neither owns",
	"faultpoint":     "names for the waits at which tests have a program fail or die; nothing in a real build",
	"go.mod":         "the module and its tools",
	"go.sum":         "checksums of the module's dependencies",
	"identity":       "bearer token to user; the only importer of jwt",
	"layout_test.go": "these rules",
	"mcpserver":      "program: the seven tools",
	"promises":       "what is promised of faults, attacks and load, and the harnesses that show it",
	"queries":        "the SQL, one set for both databases",
	"schema":         "the tables, one folder for each database",
	"scripts":        "what make calls",
	"sqlc.yaml":      "how the SQL becomes Go",
	"store":          "hand-written API over the generated code; the only importer of pgx and SQLite",
	"testdata":       "third-party clients and suites that tests of several packages run",
}

func TestTopLevelIsKnown(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	ignored := []string{".git", "bin", "dist"}
	for _, e := range entries {
		if topLevel[e.Name()] == "" && !slices.Contains(ignored, e.Name()) {
			t.Errorf("%s: not in topLevel; give the reason for it there", e.Name())
		}
	}
}

// homes says which packages may import a dependency, by prefix of its path.
var homes = []struct {
	dependency string
	packages   []string
}{
	{"github.com/golang-jwt/jwt", []string{"identity"}},
	{"github.com/MicahParks/", []string{"identity"}},
	{"github.com/jackc/pgx", []string{"store"}},
	{"modernc.org/sqlite", []string{"store"}},
	{"github.com/pressly/goose", []string{"store"}},
	{"taskwire/store/internal", []string{"store"}},
	{"taskwire/schema", []string{"store"}},
	{"github.com/gin-gonic/gin", []string{"adapter"}},
	{"github.com/openai/openai-go", []string{"adapter"}},
	{"github.com/evanw/esbuild", []string{"adapter/web"}},
	{"github.com/modelcontextprotocol/go-sdk", []string{"mcpserver", "adapter", "bench"}},
	{"github.com/mark3labs/mcp-go", []string{"bench"}},
	{"github.com/chromedp/", []string{"adapter/web/browsertest"}},
	{"github.com/anishathalye/porcupine", []string{"promises"}},
}

// forbidden are the ways that imports between our own packages must not go.
var forbidden = []struct{ from, to string }{
	{"edge", "taskwire/"},
	{"faultpoint", "taskwire/"},
	{"identity", "taskwire/store"},
	{"identity", "taskwire/edge"},
	{"store", "taskwire/identity"},
	{"store", "taskwire/edge"},
	{"mcpserver", "taskwire/adapter"},
	{"adapter", "taskwire/mcpserver"},
	{"adapter/agent", "taskwire/adapter/chatkit"},
	{"adapter/agent", "taskwire/store"},
	{"adapter/chatkit", "taskwire/"},
	{"adapter/demo", "taskwire/"},
	{"schema", "taskwire/"},
	{"queries", "taskwire/"},
}

// testPackages may be imported by tests alone.
var testPackages = []string{"storetest", "identitytest", "agenttest", "browsertest", "chatkittest", "tally", "fleet", "faultproxy"}

func within(pkg, parent string) bool { return pkg == parent || strings.HasPrefix(pkg, parent+"/") }

func TestImportsPointOneWay(t *testing.T) {
	checked := 0
	walkGo(t, func(file string, imports []string) {
		pkg := path.Dir(file)
		for _, imported := range imports {
			checked++
			if rule := brokenImport(pkg, imported, strings.HasSuffix(file, "_test.go")); rule != "" {
				t.Errorf("%s imports %s: %s", file, imported, rule)
			}
		}
	})
	if checked < 100 {
		t.Errorf("only %d imports were read: does the walk still find the code?", checked)
	}
}

func TestImportRulesCatch(t *testing.T) {
	for _, c := range []struct {
		pkg, imported string
		test          bool
	}{
		{"mcpserver", "github.com/jackc/pgx/v5", false},
		{"store", "github.com/golang-jwt/jwt/v5", false},
		{"mcpserver", "github.com/gin-gonic/gin", false},
		{"edge", "taskwire/store", false},
		{"edge", "taskwire/store", true},
		{"adapter/agent", "taskwire/store", false},
		{"adapter/chatkit", "github.com/google/uuid", false},
		{"mcpserver", "taskwire/store/storetest", false},
		{"adapter/web", "taskwire/adapter/web/browsertest", false},
	} {
		if brokenImport(c.pkg, c.imported, c.test) == "" {
			t.Errorf("%s may import %s", c.pkg, c.imported)
		}
	}
}

// brokenImport names the rule that an import breaks, if it breaks one.
func brokenImport(pkg, imported string, test bool) string {
	for _, h := range homes {
		if strings.HasPrefix(imported, h.dependency) && !test &&
			!slices.ContainsFunc(h.packages, func(home string) bool { return within(pkg, home) }) {
			return "its home is " + strings.Join(h.packages, " and ")
		}
	}
	for _, f := range forbidden {
		if within(pkg, f.from) && strings.HasPrefix(imported, f.to) && !within(strings.TrimPrefix(imported, "taskwire/"), f.from) {
			return f.from + " must not know " + f.to
		}
	}
	if slices.Contains(testPackages, path.Base(imported)) && !test && pkg != "bench" && !within(pkg, "promises") {
		return "it is for tests"
	}
	if within(pkg, "adapter/chatkit") && !test && strings.Contains(strings.Split(imported, "/")[0], ".") {
		return "chatkit has the standard library alone"
	}
	if within(pkg, "adapter/demo") && strings.Contains(strings.Split(imported, "/")[0], ".") && !test {
		return "the demo model has the standard library alone"
	}
	return ""
}

// walkGo calls fn with the imports of every Go file of the module.
func walkGo(t *testing.T, fn func(file string, imports []string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if filepath.Ext(file) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, imported)
		}
		fn(filepath.ToSlash(file), imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// maintenance lists the queries that look across users. They may give nothing
// but keys, and what they find is mended through store.For.
var maintenance = []string{
	"StaleCalls", "StaleChatUsers", "StaleAttachments", "DeadTurns", "StopsFor",
	"Beat", "HeardSince", "LastBeat", "DeleteSilentReplicas", // these know no user
}

func TestQueriesAreScoped(t *testing.T) {
	all := readQueries(t)
	if len(all) < 10 {
		t.Fatalf("only %d queries were found", len(all))
	}
	for name, query := range all {
		if slices.Contains(maintenance, name) {
			if query.file != "maintenance.sql" {
				t.Errorf("%s stands in %s, not in maintenance.sql", name, query.file)
			}
			continue
		}
		if query.file == "maintenance.sql" {
			t.Errorf("%s is not in the list of maintenance queries", name)
		}
		if reason := unscoped(query.sql); reason != "" {
			t.Errorf("%s: %s", name, reason)
		}
	}
}

// Taking the condition out of any query must be seen, a comment that names the
// user must not count for it, and neither must a condition that can be got
// round.
func TestUnscopedQueriesAreCaught(t *testing.T) {
	for name, query := range readQueries(t) {
		if slices.Contains(maintenance, name) {
			continue
		}
		for what, broken := range map[string]string{
			"without the condition":           strings.ReplaceAll(query.sql, "user_id = @user_id", "TRUE"),
			"with the condition in a comment": strings.ReplaceAll(query.sql, "user_id = @user_id", "TRUE /* user_id = @user_id */"),
			"with an alternative":             strings.ReplaceAll(query.sql, "user_id = @user_id", "user_id = @user_id OR TRUE"),
		} {
			if broken == query.sql { // an INSERT has no condition: take its value away
				broken = strings.ReplaceAll(query.sql, "@user_id", "'somebody'")
			}
			if unscoped(broken) == "" {
				t.Errorf("%s %s passes", name, what)
			}
		}
	}
}

type query struct{ file, sql string }

var queryName = regexp.MustCompile(`(?m)^-- name: (\w+) :\w+$`)

func readQueries(t *testing.T) map[string]query {
	t.Helper()
	files, err := fs.Glob(queries.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]query{}
	for _, file := range files {
		data, err := queries.FS.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		names := queryName.FindAllStringSubmatchIndex(text, -1)
		for i, at := range names {
			end := len(text)
			if i+1 < len(names) {
				end = names[i+1][0]
			}
			all[text[at[2]:at[3]]] = query{file, text[at[1]:end]}
		}
	}
	return all
}

var (
	scoping  = regexp.MustCompile(`^(\w+\.)?user_id = @user_id$`)
	sqlNoise = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'`)
	spaces   = regexp.MustCompile(`\s+`)
)

// unscoped says why a query is not bound to its user, empty if it is: the
// condition user_id = @user_id must stand in the WHERE clause by itself, joined
// to others by AND alone, and in that of every sub-query too.
func unscoped(sql string) string {
	sql = spaces.ReplaceAllString(sqlNoise.ReplaceAllString(sql, " "), " ")
	sql = strings.ToLower(strings.TrimRight(strings.TrimSpace(sql), "; "))
	outer, groups := splitGroups(sql)
	for _, g := range groups {
		if strings.HasPrefix(strings.TrimSpace(g), "select") {
			if reason := unscoped(g); reason != "" {
				return "a sub-query " + reason
			}
		}
	}
	if strings.HasPrefix(outer, "insert") {
		return unscopedInsert(outer, groups)
	}
	_, where, ok := strings.Cut(outer, " where ")
	if !ok {
		return "has no WHERE"
	}
	for _, end := range []string{" returning", " order by", " group by", " limit"} {
		where, _, _ = strings.Cut(where, end)
	}
	if regexp.MustCompile(`\bor\b`).MatchString(where) {
		return "has an OR beside the condition: put it in parentheses"
	}
	for condition := range strings.SplitSeq(where, " and ") {
		if scoping.MatchString(strings.TrimSpace(condition)) {
			return ""
		}
	}
	return "does not say user_id = @user_id"
}

// unscopedInsert is unscoped for an INSERT: of VALUES, or of what a SELECT finds
// among the user's own.
func unscopedInsert(outer string, groups []string) string {
	begins := func(at int, with string) bool {
		return at < len(groups) && strings.HasPrefix(strings.TrimSpace(groups[at]), with)
	}
	inserted, conflict, conflicts := strings.Cut(outer, "on conflict")
	_, selected, selects := strings.Cut(inserted, " select ")
	if !begins(0, "user_id") || !selects && !begins(1, "@user_id") || selects && !strings.HasPrefix(selected, "@user_id,") {
		return "does not insert @user_id as user_id, first of the columns"
	}
	if at := strings.Count(inserted, "( )"); conflicts && (at >= len(groups) || !strings.Contains(groups[at], "user_id") || !strings.Contains(conflict, "( )")) {
		return "has a conflict that is not the user's own"
	}
	if selects {
		return unscoped("select " + selected)
	}
	return ""
}

// splitGroups takes what stands in parentheses out of sql, leaving "( )".
func splitGroups(sql string) (outer string, groups []string) {
	var out strings.Builder
	depth, start := 0, 0
	for i, r := range sql {
		switch {
		case r == '(':
			if depth == 0 {
				start = i + 1
				out.WriteString("( ")
			}
			depth++
		case r == ')':
			if depth--; depth == 0 {
				groups = append(groups, sql[start:i])
				out.WriteByte(')')
			}
		case depth == 0:
			out.WriteRune(r)
		}
	}
	for _, g := range groups { // groups within groups may hold sub-queries too
		_, inner := splitGroups(g)
		groups = append(groups, inner...)
	}
	return out.String(), groups
}

// The README tells people which tools there are; the golden files are what
// hosts are really told.
func TestReadmeListsTheTools(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("mcpserver/testdata/tools/*.json")
	if err != nil || len(files) != 7 {
		t.Fatalf("%d golden files of tools, want 7 (%v)", len(files), err)
	}
	_, section, _ := strings.Cut(string(readme), "## The seven tools")
	section, _, _ = strings.Cut(section, "\n## ")
	listed := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (.*?) \\|").FindAllStringSubmatch(section, -1)
	want := map[string]string{}
	for _, row := range listed {
		want[row[1]] = row[2]
	}
	if len(want) != len(files) {
		t.Errorf("the README lists %d tools, want %d", len(want), len(files))
	}
	for _, file := range files {
		checkReadmeRow(t, file, want)
	}
}

// checkReadmeRow compares a row's arguments with those of the golden file.
func checkReadmeRow(t *testing.T, file string, rows map[string]string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tool struct {
		Name        string `json:"name"`
		InputSchema struct {
			Properties map[string]any `json:"properties"`
		} `json:"inputSchema"`
	}
	if err := json.Unmarshal(data, &tool); err != nil {
		t.Fatal(err)
	}
	row, ok := rows[tool.Name]
	if !ok {
		t.Errorf("the README does not list %s", tool.Name)
		return
	}
	var got []string
	for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row, -1) {
		got = append(got, m[1])
	}
	for name := range tool.InputSchema.Properties {
		if !slices.Contains(got, name) {
			t.Errorf("the README's row of %s lacks %s", tool.Name, name)
		}
	}
	if len(got) != len(tool.InputSchema.Properties) {
		t.Errorf("the README's row of %s names %v, the tool takes %d arguments", tool.Name, got, len(tool.InputSchema.Properties))
	}
}
