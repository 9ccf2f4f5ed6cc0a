package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"taskwire/promises/tally"
)

// explained are the goroutines of both programs that nothing guards, by the
// function that starts them, with the reason why no panic of ours can come out of
// them. All others must recover, or run what does.
var explained = map[string]string{
	"adapter/agent.runGroup":      "calls tools through call, which recovers",
	"adapter.start":               "sweep and tend guard what they do in each round",
	"adapter.serve":               "tend: asks the runtime for figures",
	"adapter.main":                "stops listening to signals",
	"adapter.status":              "look guards what it asks",
	"adapter.joinReplicas":        "every guards what it does in each round",
	"adapter.collected":           "asks the runtime for figures",
	"adapter/agent.watch":         "cancels a context",
	"adapter/demo.RoundTrip":      "serve recovers; the other closes a pipe",
	"adapter/chatkit.openStream":  "queues a comment; what writes it recovers",
	"adapter/chatkit.waitAMoment": "notes that the client is gone and moves a deadline",
	"adapter/chatkit.begin":       "writes through send, which recovers",
	"adapter/chatkit.watch":       "cancels a context and notes that the client is gone",
	"adapter/chatkit.follow":      "moves a deadline",
	"edge.NewLogWriter":           "hands lines to a file",
	"edge.Serve":                  "accepts connections; net/http recovers in each",
	"edge.start":                  "tick recovers",
	"edge.EndOnDrain":             "cancels a context",
	"edge.HoldStream":             "moves deadlines; what serves recovers",
	"identity.NewVerifier":        "waits between fetches, which recover",
	"identity.start":              "fetches, which recovers",
	"mcpserver.main":              "stops listening to signals",
	"mcpserver.tuneGC":            "asks the runtime for figures",
	"mcpserver.runStdio":          "the session itself: handlers recover, and so does what reads a line",
	"mcpserver.begin":             "waits for the end of a session and forgets it",
	"mcpserver.Connect":           "reads lines; what takes one recovers",
	"mcpserver.cutOff":            "cancels contexts",
	"mcpserver.stoppable":         "cancels a context",
	"mcpserver.serveHTTP":         "sweep guards what it does in each round",
	"mcpserver.newOpening":        "sweep guards what it does in each round; the opening itself recovers",
	"store.within":                "cancels a context",
	"store.current":               "cancels a context",
	"store.WatchCancels":          "listens, which recovers",
}

// TestGoroutines reads the code of both programs. A panic in a goroutine that is
// no HTTP handler ends the process, and with it everybody's requests: each one
// recovers, or it is written down why it need not.
func TestGoroutines(t *testing.T) {
	used := map[string]bool{}
	starts, bare := 0, 0
	for _, s := range startsOf(t, "adapter", "edge", "faultpoint", "identity", "mcpserver", "store") {
		starts++
		used[s.by] = used[s.by] || !s.guarded
		if !s.guarded && explained[s.by] == "" {
			bare++
			t.Errorf("%s: %s starts a goroutine that nothing guards: let it recover, or say here why it need not", s.at, s.by)
		}
	}
	for by := range explained {
		if !used[by] {
			t.Errorf("%s starts no goroutine without a guard", by)
		}
	}
	tally.Counted(t, tally.Entry{Promise: "P7", What: "goroutines that are guarded or explained", Runs: starts, Broken: bare})
}

func TestGoroutinesAreFound(t *testing.T) {
	for code, want := range map[string]bool{
		"func f() { go g() }":                                                false,
		"func f() { go func() { g() }() }":                                   false,
		"func f() { w.Go(g) }":                                               false,
		"func f() { time.AfterFunc(1, func() { g() }) }":                     false,
		"func f() { context.AfterFunc(ctx, g) }":                             false,
		"func f() { go func() { defer func() { _ = recover() }(); g() }() }": true,
		"func f() { w.Go(func() { _ = edge.Safely(g) }) }":                   true,
		"func f() { time.AfterFunc(1, func() { _ = safely(g) }) }":           true,
	} {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, "x.go", "package x\n"+code, 0)
		if err != nil {
			t.Fatal(err)
		}
		if found := startsIn(set, file, "x"); len(found) != 1 || found[0].guarded != want || found[0].by != "x.f" {
			t.Fatalf("%s: %+v", code, found)
		}
	}
	tally.Caught(t, "P7", "a goroutine without a guard")
}

// A start is where a goroutine begins.
type start struct {
	at, by  string
	guarded bool // what it runs recovers, or does all in a function that does
}

func startsOf(t *testing.T, folders ...string) (found []start) {
	t.Helper()
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join("..", folder), func(file string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (strings.HasSuffix(d.Name(), "test") || d.Name() == "testdata") {
				return filepath.SkipDir // for tests alone
			}
			if filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
				return nil
			}
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, file, nil, 0)
			if err != nil {
				return err
			}
			pkg := path.Dir(strings.TrimPrefix(filepath.ToSlash(file), "../"))
			found = append(found, startsIn(set, parsed, pkg)...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func startsIn(set *token.FileSet, file *ast.File, pkg string) (found []start) {
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if run := started(n); run != nil {
				found = append(found, start{set.Position(n.Pos()).String(), pkg + "." + f.Name.Name, recovers(run)})
			}
			return true
		})
	}
	return found
}

// started is what a node runs on a goroutine of its own, nil if it starts none.
func started(n ast.Node) ast.Expr {
	if g, ok := n.(*ast.GoStmt); ok {
		return g.Call.Fun
	}
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	name, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return nil
	}
	switch {
	case name.Sel.Name == "Go" && len(call.Args) == 1:
		return call.Args[0]
	case name.Sel.Name == "AfterFunc", name.Sel.Name == "AddCleanup":
		return call.Args[1]
	}
	return nil
}

// recovers reports whether a function literal recovers, or leaves that to one
// of the functions which are for it.
func recovers(run ast.Expr) (guarded bool) {
	ast.Inspect(run, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch f := call.Fun.(type) {
		case *ast.Ident:
			guarded = guarded || slices.Contains([]string{"recover", "safely"}, f.Name)
		case *ast.SelectorExpr:
			guarded = guarded || f.Sel.Name == "Safely"
		}
		return true
	})
	return guarded
}
