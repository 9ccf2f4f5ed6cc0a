// Promises runs the long harnesses of what Taskwire promises, and prints one
// table: promise, runs, figure, verdict. It exits with 1 when a promise was
// broken, or not shown as often as it says. With names it runs only these, and
// the others count as not shown.
//
//	go run ./promises [P1 P2 …]
//	go run ./promises -read FOLDER   the table of what short runs have left there
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"taskwire/promises/tally"
)

func main() {
	read := flag.String("read", "", "print what the short runs have left in this `folder`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx, *read, flag.Args(), os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "promises:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run reports whether every promise held; short runs are only asked whether one
// was broken.
func run(ctx context.Context, short string, only []string, out io.Writer) (bool, error) {
	if short != "" {
		entries, err := tally.Read(short)
		if err == nil && len(entries) == 0 {
			err = fmt.Errorf("nothing was counted in %s", short)
		}
		if err != nil {
			return false, err
		}
		return printShort(out, entries), nil
	}
	folder, err := os.MkdirTemp("", "promises-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(folder)
	if folder, err = filepath.Abs(folder); err != nil {
		return false, err
	}
	begun := time.Now()
	some, err := chosen(only)
	if err != nil {
		return false, err
	}
	broken := runTests(ctx, folder, some, out)
	entries, err := tally.Read(folder)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(some, func(p promise) bool { return p.ID == "P7" }) {
		entries = append(entries, fuzz(ctx, folder, out))
	}
	held := printLong(out, entries)
	if broken {
		fmt.Fprintln(out, "\nA test failed, see above: whatever the table says, this run shows nothing.")
	}
	fmt.Fprintf(out, "\n%s in all\n", time.Since(begun).Round(time.Second))
	return held && !broken, ctx.Err()
}

func chosen(only []string) (some []promise, err error) {
	var known []string
	for _, p := range promises {
		known = append(known, p.ID)
		if len(only) == 0 || slices.Contains(only, p.ID) {
			some = append(some, p)
		}
	}
	for _, id := range only {
		if !slices.Contains(known, id) {
			return nil, fmt.Errorf("there is no promise %q; there are %s", id, strings.Join(known, ", "))
		}
	}
	return some, nil
}

// runTests runs what the promises name, package by package, so that no two
// harnesses take the machine from each other. broken: a test failed.
func runTests(ctx context.Context, folder string, some []promise, out io.Writer) (broken bool) {
	var packages []string
	tests := map[string][]string{}
	for _, p := range some {
		for _, s := range p.Tests {
			if tests[s.Package] == nil {
				packages = append(packages, s.Package)
			}
			if !slices.Contains(tests[s.Package], s.Tests) {
				tests[s.Package] = append(tests[s.Package], s.Tests)
			}
		}
	}
	for _, pkg := range packages {
		pattern := "^(" + strings.Join(tests[pkg], "|") + ")$"
		err := goTest(ctx, folder, out, "-timeout", "3h", "-run", pattern, pkg)
		broken = broken || err != nil
	}
	return broken
}

// goTest runs tests as long ones.
func goTest(ctx context.Context, folder string, out io.Writer, args ...string) error {
	args = append([]string{"test", "-tags", "promises", "-count", "1"}, args...)
	begun := time.Now()
	fmt.Fprintln(out, "go", strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), tally.Folder+"="+folder)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	err := cmd.Run()
	fmt.Fprintf(out, "  %s\n", time.Since(begun).Round(time.Second))
	return err
}
