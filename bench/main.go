// Command bench measures mcpserver and adapter beside their peers in one run,
// on one machine, and says which of the promised limits are met. It builds and
// starts everything itself, in a temporary folder and on loopback:
//
//	go run ./bench [-quick] [-parts start,calls,store,pages,library,turns,demo,open,methods]
//
// It exits 1 if a limit is not met.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// scale is how much is measured.
type scale struct {
	rounds         int           // of calls
	settle, window time.Duration // of one figure in one round
	warmUp         time.Duration // of each server and era, before the rounds
	listed         int           // tasks of the user who lists
	starts         int
	storeRounds    int
	rows           int // rows of the store's operations
	operations     int // of each kind in a turn
	deep, pages    int // tasks of the user with deep pages; reads of a page in a round

	chatRounds                     int           // of turns
	turns, libraryTurns, demoTurns int           // of one figure in one round
	openRounds, open               int           // answers held open
	still                          time.Duration // how long their memory must not move
	items                          int           // of the long thread
	methodRounds, methodCalls      int           // calls of each caller in a round
}

var (
	full = scale{
		rounds: 9, settle: 150 * time.Millisecond, window: 750 * time.Millisecond, warmUp: 4 * time.Second,
		listed: 1000, starts: 25, storeRounds: 9, rows: 10_000, operations: 400, deep: 100_000, pages: 400,
		chatRounds: 7, turns: 320, libraryTurns: 3200, demoTurns: 64, openRounds: 3, open: 1000, still: time.Second,
		items: 100_000, methodRounds: 9, methodCalls: 250,
	}
	quick = scale{
		rounds: 1, settle: 50 * time.Millisecond, window: 200 * time.Millisecond, warmUp: 300 * time.Millisecond,
		listed: 100, starts: 3, storeRounds: 1, rows: 200, operations: 20, deep: 1000, pages: 20,
		chatRounds: 1, turns: 32, libraryTurns: 32, demoTurns: 1, openRounds: 1, open: 20, still: 100 * time.Millisecond,
		items: 500, methodRounds: 1, methodCalls: 2,
	}
)

const allParts = "start,calls,store,pages,library,turns,demo,open,methods"

// bench is one run.
type bench struct {
	root, dir string // the checkout; a folder that is removed at the end
	scale     scale
	issuer    *issuer
	pg        *postgres
	peers     []*server
	ours      []*server    // on SQLite, on PostgreSQL
	stacks    []*chatStack // the same for the chat
	libraries []*server    // adapter/chatkit and its peers
	busy      string       // the load averages of the machine before the run
	cleanups  []func()
}

func main() {
	short := flag.Bool("quick", false, "one short round of everything, to see that it runs; limits are printed and not enforced")
	parts := flag.String("parts", allParts, "what to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	scale := full
	if *short {
		scale = quick
	}
	met, err := run(ctx, scale, strings.Split(*parts, ","), os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if err != nil || !met && !*short {
		stop()
		os.Exit(1)
	}
}

// run measures the parts and reports whether all their limits are met.
func run(ctx context.Context, scale scale, parts []string, out io.Writer) (met bool, err error) {
	b := &bench{scale: scale, busy: loadAverages()}
	defer func() {
		for _, undo := range slices.Backward(b.cleanups) {
			undo()
		}
	}()
	if err := b.prepareAll(ctx); err != nil {
		return false, err
	}
	var r report
	for _, part := range parts {
		b.say("measuring: %s", part)
		switch part {
		case "start":
			err = b.startUp(ctx, &r)
		case "calls":
			r.samples, err = b.runRounds(ctx)
		case "store":
			r.operations, err = b.storeOperations(ctx)
		case "pages":
			r.depths, err = b.deepPages(ctx)
		case "library":
			r.chat.library, err = b.runLibraries(ctx)
		case "turns":
			r.chat.turns, err = b.runTurns(ctx)
		case "demo":
			r.chat.demo, err = b.firstTexts(ctx)
		case "open":
			r.chat.open, err = b.openAnswers(ctx)
		case "methods":
			r.chat.methods, err = b.chatMethods(ctx)
		default:
			err = fmt.Errorf("there is no part %q", part)
		}
		if err != nil {
			return false, err
		}
	}
	return r.print(out, b), nil
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func (b *bench) cleanup(undo func()) { b.cleanups = append(b.cleanups, undo) }

// prepareAll builds the programs and starts the databases and servers.
func (b *bench) prepareAll(ctx context.Context) (err error) {
	if b.root, err = moduleRoot(ctx); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "taskwire-bench-"); err != nil {
		return err
	}
	b.cleanup(func() { os.RemoveAll(b.dir) })
	// PostgreSQL runs as another user and must reach its folder.
	if err := os.Chmod(b.dir, 0o711); err != nil {
		return err
	}
	b.say("building")
	if err := b.build(ctx); err != nil {
		return err
	}
	if b.issuer, err = newIssuer(); err != nil {
		return err
	}
	b.cleanup(b.issuer.end)
	b.say("starting PostgreSQL, the peers and mcpserver")
	if b.pg, err = newPostgres(ctx, b.dir); err != nil {
		return err
	}
	b.cleanup(b.pg.proc.end)
	if b.peers, err = b.launchPeers(ctx); err != nil {
		return err
	}
	for _, e := range []engine{{"SQLite", b.sqliteURL("served")}, {"PostgreSQL", b.pg.url()}} {
		s, err := b.launchOurs(ctx, "taskwire "+e.name, e.url)
		if err != nil {
			return err
		}
		b.ours = append(b.ours, s)
	}
	return nil
}

func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "taskwire").Output()
	return strings.TrimSpace(string(out)), err
}

// build makes all binaries as a release does.
func (b *bench) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.dir+"/",
		"./mcpserver", "./adapter", "./bench/peers/gosdk", "./bench/peers/mcpgo", "./bench/peers/chatkit")
	cmd.Dir = b.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return nil
}

func (b *bench) binary(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) sqliteURL(name string) string {
	return "sqlite://" + filepath.Join(b.dir, name+".db")
}
