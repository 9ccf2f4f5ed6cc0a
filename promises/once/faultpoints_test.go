package once

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

const (
	// sweptHits is how often each point of a program is hit in a long run, at least.
	sweptHits = 20
	// upkeepHits is how far the points of upkeep are counted: it goes on for as
	// long as the process does.
	upkeepHits = 3
)

// A column is a point of one program, its upkeep apart from the rest.
type column struct{ program, point string }

// plain is the point without the upkeep's name.
func (c column) plain() column { return column{c.program, plain(c.point)} }

// A sweep injects a fault at each point.
type sweep struct {
	testing.TB
	seen   map[string]bool
	mu     sync.Mutex
	hits   map[column]int // by plain ones
	broken int
}

// TestFaultPoints has each program fail and die at each of its points: the first
// time that it comes by, the second, and so on until there is no n-th. A short
// run has it do one of the two, the first time, in one of the programs.
func TestFaultPoints(t *testing.T) {
	t.Parallel()
	s := &sweep{TB: t, seen: map[string]bool{}, hits: map[column]int{}}
	s.over(storetest.Postgres, func(string) bool { return true })
	s.over(storetest.SQLite, func(wait string) bool { return strings.HasPrefix(wait, "sqlite.") })
	s.checkNames(waitsInSource(t))
	injected, fewest, rarest := 0, 0, ""
	for _, c := range slices.SortedFunc(maps.Keys(s.hits), func(a, b column) int { return s.hits[a] - s.hits[b] }) {
		if injected += s.hits[c]; rarest == "" {
			fewest, rarest = s.hits[c], c.program+" "+c.point
		}
	}
	tally.Counted(t, tally.Entry{Promise: "P4", What: "fault points hit", Runs: injected, Broken: s.broken})
	tally.Counted(t, tally.Entry{
		Promise: "P4", What: "hits of the point hit least", Runs: len(s.hits), Value: float64(fewest), Unit: "hits", Note: rarest,
	})
}

// over sweeps the points of both programs whose wait is wanted, on one engine.
func (s *sweep) over(engine storetest.Engine, wanted func(wait string) bool) {
	s.Helper()
	lanes := make([]*lane, 6) // they mostly wait for rescuers
	for i := range lanes {
		lanes[i] = newLane(s, engine)
		defer lanes[i].ends()
	}
	columns := make(chan column, 1000)
	for _, c := range s.columns(lanes[0]) {
		if wanted(waitOf(c.point)) && (tally.Long || s.first(c)) {
			columns <- c
		}
	}
	close(columns)
	var all sync.WaitGroup
	for _, l := range lanes {
		all.Go(func() {
			for c := range columns {
				s.down(l, c)
			}
		})
	}
	all.Wait()
}

// first reports whether nobody has come by this point yet, whatever for: a short
// run does not have it once more.
func (s *sweep) first(c column) bool {
	point := plain(c.point)
	known := s.seen[point]
	s.seen[point] = true
	return !known
}

// columns are the points that the programs come by when nothing fails.
func (s *sweep) columns(l *lane) (columns []column) {
	s.Helper()
	for _, program := range []string{"adapter", "mcpserver"} {
		r := l.try(injection{program: program})
		for _, fault := range r.faults {
			s.Errorf("without a fault: %s", fault)
		}
		for point := range r.passed {
			columns = append(columns, column{program, point})
		}
	}
	// Those of upkeep last, or they would stand for the others in a short run; the
	// tools first, which have few.
	slices.SortFunc(columns, func(a, b column) int {
		return cmp.Or(strings.Count(a.point, ":")-strings.Count(b.point, ":"), -cmp.Compare(a.program, b.program), cmp.Compare(a.point, b.point))
	})
	return columns
}

// down injects at one point: once all the way through, and then from the start
// again for as long as the program has not been hit there often enough.
func (s *sweep) down(l *lane, c column) {
	actions := []string{"error", "kill"}
	if !tally.Long {
		s.inject(l, injection{c.program, c.point, 1, actions[len(c.point)%2]})
		return
	}
	times := map[string]int{} // that the program comes by
	for _, action := range actions {
		for s.inject(l, injection{c.program, c.point, times[action] + 1, action}) {
			times[action]++
			if strings.Contains(c.point, ":") && times[action] == upkeepHits {
				break
			}
		}
	}
	for round := 1; round < sweptHits; round++ {
		for _, action := range actions {
			for n := 1; n <= times[action] && s.hitsOf(c) < sweptHits; n++ {
				s.inject(l, injection{c.program, c.point, n, action})
			}
		}
	}
}

// hitsOf counts how often the program was hit at the point, in its upkeep too.
func (s *sweep) hitsOf(c column) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hits[c.plain()]
}

// inject reports whether there was an n-th time.
func (s *sweep) inject(l *lane, i injection) bool {
	r := l.try(i)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(r.faults) > 0 {
		s.broken++
		s.Errorf("%s, hit %v:\n\t%s", i, r.hit(), strings.Join(r.faults, "\n\t"))
	}
	if r.hit() {
		s.hits[column{i.program, i.point}.plain()]++
		s.Logf("%s", i)
	}
	return r.hit()
}

// waitOf is the wait's own name in that of a point.
func waitOf(point string) string { return point[strings.LastIndex(point, " ")+1:] }

// plain is a point's name without that of the upkeep.
func plain(point string) string {
	_, name, ok := strings.Cut(point, ": ")
	if !ok {
		return point
	}
	return name
}

// checkNames compares what was hit with the waits that there are.
func (s *sweep) checkNames(waits []string) {
	s.Helper()
	hit := map[string]bool{}
	for c := range s.hits {
		hit[c.point] = true
	}
	for _, wait := range waits {
		for _, point := range []string{"before " + wait, "after " + wait} {
			if !hit[point] {
				s.Errorf("no fault was injected %s", point)
			}
		}
	}
}

// waitsInSource reads the names of all waits from the code.
func waitsInSource(t testing.TB) (waits []string) {
	t.Helper()
	for _, dir := range []string{"store", "adapter", "mcpserver"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(file string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(file) != ".go" {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				if wait := waitAt(n); wait != "" && !slices.Contains(waits, wait) {
					waits = append(waits, wait)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(waits) < 20 {
		t.Errorf("only %d waits were found: %q", len(waits), waits)
	}
	return waits
}

// waitAt is the name in a call of faultpoint.At.
func waitAt(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return ""
	}
	fn, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || fn.Sel.Name != "At" {
		return ""
	}
	pkg, _ := fn.X.(*ast.Ident)
	name, _ := call.Args[1].(*ast.BasicLit)
	if pkg == nil || pkg.Name != "faultpoint" || name == nil {
		return ""
	}
	wait, _ := strconv.Unquote(name.Value)
	return wait
}
