package store_test

import (
	"context"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"taskwire/promises/tally"
	"taskwire/queries"
	"taskwire/store"
	"taskwire/store/storetest"
)

var (
	queryName = regexp.MustCompile(`(?m)^-- name: (\w+) :\w+$`)
	condition = regexp.MustCompile(`(?:\w+\.)?user_id = (@user_id|\$\d+)`)
)

// withoutUser takes the user out of a generated query: the condition itself
// becomes one that always holds. An INSERT of values has no condition; there the
// value becomes the other user's. ok is false where there was nothing to take.
func withoutUser(sql string) (broken string, ok bool) {
	if strings.Contains(sql, "VALUES (") {
		broken = strings.Replace(sql, "VALUES ($1,", "VALUES ('"+bob+"' || left($1, 0),", 1)
		broken = strings.Replace(broken, "VALUES (\n    $1,", "VALUES (\n    '"+bob+"' || left($1, 0),", 1)
		return broken, broken != sql
	}
	// The parameter stays used, so that the arguments still fit.
	broken = condition.ReplaceAllString(sql, "(true OR length($1) > 0)")
	if m := condition.FindStringSubmatch(sql); m != nil {
		broken = strings.Replace(broken, "length($1)", "length("+m[1]+")", 1)
	}
	return broken, broken != sql
}

// breaker breaks one query and counts how often it passed.
type breaker struct {
	store.DBTX
	query  string
	passed *int
}

func (b breaker) text(sql string) string {
	if m := queryName.FindStringSubmatch(sql); m == nil || m[1] != b.query {
		return sql
	}
	broken, ok := withoutUser(sql)
	if ok {
		*b.passed++
	}
	return broken
}

func (b breaker) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return b.DBTX.Query(ctx, b.text(sql), args...)
}

func (b breaker) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return b.DBTX.QueryRow(ctx, b.text(sql), args...)
}

func (b breaker) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return b.DBTX.Exec(ctx, b.text(sql), args...)
}

// scopedQueries names every query but those of maintenance.sql: those on chats,
// or the others.
func scopedQueries(t testing.TB, ofChats bool) []string {
	t.Helper()
	files, err := fs.Glob(queries.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if file == "maintenance.sql" || strings.HasPrefix(file, "chat_") != ofChats {
			continue
		}
		text, err := fs.ReadFile(queries.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range queryName.FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	if len(names) < 20 {
		t.Fatalf("found only the queries %v", names)
	}
	return names
}

// everything runs each method as Alice, with Bob's id where one is asked for,
// and collects what she sees. Errors are part of the game: she may fail, and
// may not see.
func everything(ctx context.Context, st *store.Store, bobs store.Task, own func() store.Task) (seen []string) {
	tasks, title := st.Tasks(), "broken into"
	note := func(task store.Task, err error) {
		if err == nil {
			seen = append(seen, task.Title)
		}
	}
	note(tasks.Create(ctx, alice, store.NewTask{Title: "alice's"}, store.Call{}))
	for _, id := range []string{bobs.ID, own().ID} {
		note(tasks.Get(ctx, alice, id))
		note(tasks.Update(ctx, alice, id, store.Changes{Title: &title}, anyVersion, store.Call{}))
		note(tasks.Toggle(ctx, alice, id, nil, anyVersion, store.Call{}))
		for range 2 { // the second finds the first in the journal
			note(tasks.Toggle(ctx, alice, id, nil, anyVersion, store.Call{Tool: "t", ID: "bob's call", Args: []byte("bob's")}))
		}
		note(tasks.Delete(ctx, alice, id, anyVersion, store.Call{}))
	}
	for _, o := range orders() {
		if page, err := tasks.List(ctx, alice, store.Filter{SortBy: o.by, Ascending: o.ascending, Limit: 100}); err == nil {
			for _, task := range page.Tasks {
				seen = append(seen, task.Title)
			}
		}
	}
	if ids, err := tasks.IDsWithPrefix(ctx, alice, "task_", 100); err == nil {
		seen = append(seen, ids...)
	}
	if stats, err := tasks.Stats(ctx, alice, time.Now(), time.UTC); err == nil && stats.ByCategory[store.Home] > 0 {
		seen = append(seen, bobs.Title)
	}
	st.Sweep(ctx)
	return seen
}

// TestSecondWall (attack D17) takes the user out of each query in turn. On PostgreSQL Alice
// must see nothing of Bob's, and Bob's rows must not change, whoever the login.
func TestSecondWall(t *testing.T) {
	for _, engine := range []storetest.Engine{storetest.Postgres, storetest.PgBouncer, storetest.Superuser, storetest.BypassRLS} {
		t.Run(string(engine), func(t *testing.T) {
			cfg := storetest.Config(t, engine)
			cfg.RequireRLS = true
			st := storetest.OpenConfig(t, cfg)
			bobs, bobsRows := bobMoves(t, st, cfg)
			behind := storetest.Behind(t, cfg)
			for _, query := range scopedQueries(t, false) {
				passed := 0
				_, err := behind.Exec(`INSERT INTO tool_calls VALUES ($1, 't', 'id:over', '', '', now() - INTERVAL '2 days')`, alice)
				if err != nil {
					t.Fatal(err)
				}
				st.Wrap(func(c store.DBTX) store.DBTX { return breaker{c, query, &passed} })
				seen := everything(t.Context(), st, bobs, func() store.Task {
					st.Wrap(nil)
					defer st.Wrap(func(c store.DBTX) store.DBTX { return breaker{c, query, &passed} })
					return create(t, st, alice, store.NewTask{Title: "alice's own"})
				})
				st.Wrap(nil)
				if passed == 0 {
					t.Errorf("%s: never ran without its user", query)
				}
				if slices.Contains(seen, bobs.Title) || slices.Contains(seen, bobs.ID) {
					t.Errorf("%s without its user: alice sees bob's task", query)
				}
				if _, err := behind.Exec("DELETE FROM tool_calls WHERE user_id = $1", alice); err != nil {
					t.Fatal(err)
				}
				if rows := bobsRows(); rows != bobs.Title {
					t.Fatalf("%s without its user: bob's rows are now %q", query, rows)
				}
			}
			counted(t, scopedQueries(t, false))
		})
	}
}

// counted notes the queries that were run without their user.
func counted(t testing.TB, queries []string) {
	tally.Counted(t, tally.Entry{Promise: "P5", What: "queries run without their condition", Runs: len(queries)})
}

// caught notes that it shows where nothing else stands in the way.
func caught(t testing.TB) {
	tally.Caught(t, "P5", "queries without their condition, and without the second wall")
}

// bobMoves gives Bob a task and a journalled call, and returns a digest of his
// rows that is his title as long as nothing has changed.
func bobMoves(t testing.TB, st *store.Store, cfg store.Config) (store.Task, func() string) {
	t.Helper()
	call := store.Call{Tool: "t", ID: "bob's call", Args: []byte("bob's")}
	task, err := st.Tasks().Create(t.Context(), bob, store.NewTask{Title: "bob's secret", Category: store.Home, Due: due(t, "2020-01-01")}, call)
	if err != nil {
		t.Fatal(err)
	}
	read := func() (text string) {
		err := storetest.Behind(t, cfg).QueryRow(`SELECT
			(SELECT string_agg(t::text, ';' ORDER BY task_id) FROM tasks t WHERE user_id = $1) || ' and ' ||
			(SELECT string_agg(c::text, ';' ORDER BY call_key) FROM tool_calls c WHERE user_id = $1)`, bob).Scan(&text)
		if err != nil {
			return err.Error()
		}
		return text
	}
	first := read()
	return task, func() string {
		if now := read(); now != first {
			return now
		}
		return task.Title
	}
}

// TestFirstWall is the control of TestSecondWall: on SQLite, which has no
// second wall, the same breaking must show.
func TestFirstWall(t *testing.T) {
	st := storetest.Open(t, storetest.SQLite)
	bobs := create(t, st, bob, store.NewTask{Title: "bob's secret"})
	passed := 0
	st.Wrap(func(c store.DBTX) store.DBTX { return breaker{c, "GetTask", &passed} })
	if got, err := st.Tasks().Get(t.Context(), alice, bobs.ID); err != nil || got.Title != bobs.Title {
		t.Fatalf("without its user, Get = %v, %v: the breaker does not break", got, err)
	}
	caught(t)
}
