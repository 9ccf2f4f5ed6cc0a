package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"taskwire/queries"
	"taskwire/store"
)

// The store's single-row operations run beside pgbench, which sends the same
// prepared statements in the same batches to the same server, from C.

// operation is one of them, with both ways to run it.
type operation struct {
	name   string
	query  string   // its name in queries/tasks.sql
	row    string   // pgbench's choice of a row
	given  []string // the optional parameters that are not NULL
	store  func(ctx context.Context, i int) error
	ours   []float64 // operations a second at the median time, by round
	theirs []float64
}

const (
	storeUser   = "store"
	pgbenchUser = "pgbench"
)

// storeOperations measures each operation with one client, round by round.
func (b *bench) storeOperations(ctx context.Context) ([]*operation, error) {
	st, err := store.Open(ctx, store.Config{URL: b.pg.url()}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer st.Close()
	run, err := b.newStoreRun(ctx, st.Tasks())
	if err != nil {
		return nil, err
	}
	for range b.scale.storeRounds {
		for _, op := range run.operations() {
			if err := b.storeRound(ctx, run, op); err != nil {
				return nil, err
			}
		}
		run.made = run.made[:0]
		run.base += turns * (warm + b.scale.operations)
	}
	return run.ops, nil
}

// turns is how often the sides take turns within a round, so that what else
// the machine does falls on both.
const turns = 3

// storeRound times every single operation of both sides and takes the median:
// in sums, the few that another program held up outweigh all others.
func (b *bench) storeRound(ctx context.Context, run *storeRun, op *operation) error {
	n := b.scale.operations
	var ours, theirs []float64 // microseconds
	for turn := range turns {
		for i := range n {
			began := time.Now()
			if err := op.store(ctx, turn*n+i); err != nil {
				return fmt.Errorf("store %s: %w", op.name, err)
			}
			ours = append(ours, float64(time.Since(began).Nanoseconds())/1e3)
		}
		times, err := b.pgbench(ctx, op, run.base+turn*(warm+n), n)
		if err != nil {
			return err
		}
		theirs = append(theirs, times...)
	}
	op.ours = append(op.ours, 1e6/spreadOf(ours).median)
	op.theirs = append(op.theirs, 1e6/spreadOf(theirs).median)
	return nil
}

// storeRun holds the rows that the operations work on. Both sides have as
// many, and the rows that a round inserts are those that it deletes.
type storeRun struct {
	tasks *store.Tasks
	rows  int
	base  int      // the last row that pgbench inserted
	ids   []string // there throughout
	made  []string // inserted in this round
	ops   []*operation
}

func (b *bench) newStoreRun(ctx context.Context, tasks *store.Tasks) (*storeRun, error) {
	run := &storeRun{tasks: tasks, rows: b.scale.rows, base: b.scale.rows}
	for range run.rows {
		if err := run.insert(ctx, 0); err != nil {
			return nil, err
		}
	}
	run.ids, run.made = run.made, nil
	// pgbench has numbers only, so its ids are numbers.
	_, err := b.pg.psql(ctx, pgOwner, pgDatabase, fmt.Sprintf(`
		SELECT set_config('app.user_id', '%s', false);
		INSERT INTO tasks SELECT '%[1]s', n::text, t.title, t.title_fold, t.description, t.description_fold, t.priority,
			t.category, t.completed, t.due_date, t.due_key, t.due_is_day, t.created_at, t.updated_at
		FROM generate_series(1, %d) n, (VALUES ('Buy milk', 'buy milk', 'Two litres', 'two litres', 2::smallint, 'home',
			false, '', '', false, now(), now())) t (title, title_fold, description, description_fold, priority,
			category, completed, due_date, due_key, due_is_day, created_at, updated_at)`, pgbenchUser, run.rows))
	return run, err
}

func (run *storeRun) operations() []*operation {
	if run.ops == nil {
		anyRow := fmt.Sprintf(`\set task_id random(1, %d)`, run.rows)
		nextRow := "\\set n :n + 1\n\\set task_id :n"
		run.ops = []*operation{
			{name: "insert", query: "CreateTask", row: nextRow, store: run.insert},
			{name: "get", query: "GetTask", row: anyRow, store: run.get},
			{name: "update", query: "UpdateTask", row: anyRow, given: []string{"title", "title_fold"}, store: run.update},
			{name: "toggle", query: "ToggleTask", row: anyRow, store: run.toggle},
			{name: "delete", query: "DeleteTask", row: nextRow, store: run.remove},
		}
	}
	return run.ops
}

// anyID spreads over the rows as random does, and repeats from run to run.
func (run *storeRun) anyID(i int) string { return run.ids[i*7919%len(run.ids)] }

func (run *storeRun) insert(ctx context.Context, _ int) error {
	in := store.NewTask{Title: "Buy milk", Description: "Two litres", Priority: store.Medium, Category: store.Home}
	task, err := run.tasks.Create(ctx, storeUser, in, store.Call{})
	run.made = append(run.made, task.ID)
	return err
}

func (run *storeRun) get(ctx context.Context, i int) error {
	_, err := run.tasks.Get(ctx, storeUser, run.anyID(i))
	return err
}

func (run *storeRun) update(ctx context.Context, i int) error {
	title := "Buy oat milk"
	_, err := run.tasks.Update(ctx, storeUser, run.anyID(i), store.Changes{Title: &title}, time.Time{}, store.Call{})
	return err
}

func (run *storeRun) toggle(ctx context.Context, i int) error {
	_, err := run.tasks.Toggle(ctx, storeUser, run.anyID(i), nil, time.Time{}, store.Call{})
	return err
}

func (run *storeRun) remove(ctx context.Context, i int) error {
	_, err := run.tasks.Delete(ctx, storeUser, run.made[i], time.Time{}, store.Call{})
	return err
}

var (
	parameter = regexp.MustCompile(`sqlc\.narg\('(\w+)'\)|@(\w+)`)
	comment   = regexp.MustCompile(`(?m)^--.*\n`)
)

// warm is how many transactions a pgbench does before they count: its
// connection is new, and the store's is not.
const warm = 50

// pgbench runs n transactions of an operation with one client, after a few to
// warm up, and returns how many microseconds each took. Rows are numbered
// upwards from base.
func (b *bench) pgbench(ctx context.Context, op *operation, base, n int) ([]float64, error) {
	script, err := pgbenchScript(op)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(b.pg.dir, op.name+".sql")
	// Readable by the unprivileged user that pgbench runs as.
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		return nil, err
	}
	log := filepath.Join(b.pg.dir, "transactions")
	args := []string{"-n", "-M", "prepared", "-c", "1", "-j", "1", "-t", strconv.Itoa(warm + n), "-f", file,
		"--log", "--log-prefix=" + log, "-h", b.pg.host, "-p", b.pg.port, "-U", pgOwner, "-D", "n=" + strconv.Itoa(base)}
	for name, value := range values {
		args = append(args, "-D", name+"="+value)
	}
	output, err := b.pg.run(ctx, "", "pgbench", append(args, pgDatabase)...)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(output, "number of failed transactions: 0") {
		return nil, fmt.Errorf("pgbench %s: %s", op.name, output)
	}
	found, err := filepath.Glob(log + ".*")
	if err != nil || len(found) != 1 {
		return nil, errors.Join(err, fmt.Errorf("pgbench left %d logs", len(found)))
	}
	defer os.Remove(found[0])
	text, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	return timesLogged(string(text), n)
}

// timesLogged reads the last n transactions of pgbench's log, whose third
// field is the time of one in microseconds.
func timesLogged(log string, n int) (times []float64, err error) {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if len(lines) < n {
		return nil, fmt.Errorf("pgbench logged %d transactions, want %d", len(lines), n)
	}
	for _, line := range lines[len(lines)-n:] {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			return nil, fmt.Errorf("pgbench logged %q", line)
		}
		micros, err := strconv.ParseFloat(fields[2], 64)
		if err != nil {
			return nil, err
		}
		times = append(times, micros)
	}
	return times, nil
}

// values are what pgbench sends for each parameter, besides task_id, which the
// script chooses.
var values = map[string]string{
	"user_id": pgbenchUser, "title": "Buy oat milk", "title_fold": "buy oat milk",
	"description": "Two litres", "description_fold": "two litres", "priority": "2", "category": "home",
	"completed": "false", "due_is_day": "false",
	"created_at": "2026-07-28 00:00:00Z", "any_version": "true", "if_updated_at": "epoch",
}

// pgbenchScript writes an operation as the store sends it: the settings and
// the statement in one pipeline, which the server runs as one transaction.
func pgbenchScript(op *operation) (string, error) {
	sql, err := namedQuery(op.query)
	if err != nil {
		return "", err
	}
	sql = parameter.ReplaceAllStringFunc(sql, func(p string) string {
		m := parameter.FindStringSubmatch(p)
		optional, name := m[1], m[2]
		switch {
		case name == "updated_at":
			return "clock_timestamp()" // must move on, and pgbench has no clock
		case name == "due_date" || name == "due_key":
			return "''" // pgbench has no empty variables
		case name != "" || slices.Contains(op.given, optional):
			return ":" + name + optional
		default:
			return "NULL" // pgbench cannot send one
		}
	})
	return op.row + `
\startpipeline
SELECT set_config('app.user_id', :user_id, true), set_config('app.maintenance', '', true);
` + sql + `
\endpipeline
`, nil
}

// namedQuery reads one query out of the files that sqlc reads.
func namedQuery(name string) (string, error) {
	file, err := queries.FS.ReadFile("tasks.sql")
	if err != nil {
		return "", err
	}
	_, rest, found := strings.Cut(string(file), "-- name: "+name+" ")
	if !found {
		return "", errors.New("queries/tasks.sql has no " + name)
	}
	_, rest, _ = strings.Cut(rest, "\n")
	sql, _, _ := strings.Cut(rest, "-- name: ")
	return strings.TrimSpace(comment.ReplaceAllString(sql, "")), nil
}
