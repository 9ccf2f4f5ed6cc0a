package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"taskwire/store"
	"taskwire/store/storetest"
)

// fill gives a user n tasks that are spread over every order, half of them
// undated, past the store for speed.
func fill(t testing.TB, cfg store.Config, user string, n int) {
	t.Helper()
	series, micros := fmt.Sprintf("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d)", n), "1700000000000000 + i * 1000"
	pad, day := "substr('0000000' || i, -7)", "'2026-01-0' || (1 + i % 9)"
	yes := "1 = 1"
	if cfg.Schema != "" {
		series = fmt.Sprintf("WITH s AS (SELECT i FROM generate_series(1, %d) AS i)", n)
		micros, pad = "to_timestamp(1700000000 + i * 0.001)", "lpad(i::text, 7, '0')"
	}
	_, err := storetest.Behind(t, cfg).Exec(fmt.Sprintf(`
		INSERT INTO tasks (user_id, task_id, title, title_fold, description, description_fold, priority, category, completed,
			due_date, due_key, due_is_day, created_at, updated_at)
		%[1]s
		SELECT '%[2]s', 'task_fill' || %[3]s, 'title ' || (i * 7919 %% 1000) || ' ' || i, 'title ' || (i * 7919 %% 1000) || ' ' || i,
			'some description', 'some description', 1 + i %% 3, 'work', NOT (%[4]s),
			CASE WHEN i %% 2 = 0 THEN %[5]s ELSE '' END,
			CASE WHEN i %% 2 = 0 THEN %[5]s || 'T00:00:00.000000000Z' ELSE '' END, i %% 2 = 0,
			%[6]s, %[6]s
		FROM s`, series, user, pad, yes, day, micros))
	if err != nil {
		t.Fatal(err)
	}
}

type order struct {
	by        string
	ascending bool
}

func orders() []order {
	var all []order
	for _, by := range []string{store.ByCreated, store.ByUpdated, store.ByDue, store.ByPriority, store.ByTitle} {
		all = append(all, order{by, false}, order{by, true})
	}
	return all
}

func (o order) String() string {
	if o.ascending {
		return o.by + " asc"
	}
	return o.by + " desc"
}

// statement is one that went to the database.
type statement struct {
	sql  string
	args []any
}

// recorder keeps the statements that pass.
type recorder struct {
	store.DBTX
	seen *[]statement
}

func (r recorder) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	*r.seen = append(*r.seen, statement{sql, append([]any(nil), args...)})
	return r.DBTX.Query(ctx, sql, args...)
}

func (r recorder) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	*r.seen = append(*r.seen, statement{sql, append([]any(nil), args...)})
	return r.DBTX.QueryRow(ctx, sql, args...)
}

func (r recorder) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	*r.seen = append(*r.seen, statement{sql, append([]any(nil), args...)})
	return r.DBTX.Exec(ctx, sql, args...)
}

// TestPagesAreIndexRanges reads the plans of a first and of a deep page, in
// every order: a range of the index with the position as its bound, no sort.
// PostgreSQL is asked for the generic plan, which a prepared statement may get.
func TestPagesAreIndexRanges(t *testing.T) {
	for _, engine := range []storetest.Engine{storetest.SQLite, storetest.Postgres, storetest.Superuser} {
		t.Run(string(engine), func(t *testing.T) {
			cfg := storetest.Config(t, engine)
			st := storetest.OpenConfig(t, cfg)
			fill(t, cfg, alice, 20_000)
			fill(t, cfg, bob, 200)
			var seen []statement
			st.Wrap(func(c store.DBTX) store.DBTX { return recorder{c, &seen} })
			for _, o := range orders() {
				f := store.Filter{SortBy: o.by, Ascending: o.ascending, Limit: 100}
				for range 3 {
					page, err := st.Tasks().List(t.Context(), alice, f)
					if err != nil {
						t.Fatal(err)
					}
					f.Cursor = page.Next
				}
				for _, s := range seen {
					plan, ok := explain(t, cfg, s, "tasks", "task_id")
					if !ok {
						t.Errorf("%v: no index range:\n%s\n%v", o, plan, s)
					}
				}
				if len(seen) < 3 {
					t.Errorf("%v: saw %d statements", o, len(seen))
				}
				seen = nil
			}
		})
	}
}

// TestPagesOfChatsAreIndexRanges is the same for sessions and messages.
func TestPagesOfChatsAreIndexRanges(t *testing.T) {
	for _, engine := range []storetest.Engine{storetest.SQLite, storetest.Postgres, storetest.Superuser} {
		t.Run(string(engine), func(t *testing.T) {
			cfg := storetest.Config(t, engine)
			st := storetest.OpenConfig(t, cfg)
			fillChats(t, cfg, alice, "thr_big", 20_000)
			fillChats(t, cfg, bob, "thr_big", 200)
			c := chats(st)
			var seen []statement
			st.Wrap(func(c store.DBTX) store.DBTX { return recorder{c, &seen} })
			for _, p := range []store.PageParams{{}, {Ascending: true}, {After: "msg_0010000", Hidden: true}, {After: "thr_0005000", Ascending: true}} {
				if _, err := c.Messages(t.Context(), alice, "thr_big", p); err != nil {
					t.Fatal(err)
				}
				if _, err := c.Sessions(t.Context(), alice, p); err != nil {
					t.Fatal(err)
				}
			}
			for i, s := range seen {
				table, key := "chat_messages", "message_id"
				if i%2 == 1 {
					table, key = "chat_sessions", "session_id"
				}
				if plan, ok := explain(t, cfg, s, table, key); !ok {
					t.Errorf("no index range:\n%s\n%v", plan, s)
				}
			}
			if len(seen) != 8 {
				t.Errorf("saw %d statements", len(seen))
			}
		})
	}
}

// TestDeletedSessionIsFound by its name in each table, whatever else the user
// has, and not by going through that: neither before PostgreSQL has statistics
// of the tables nor after.
func TestDeletedSessionIsFound(t *testing.T) {
	for _, engine := range []storetest.Engine{storetest.SQLite, storetest.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			cfg := storetest.Config(t, engine)
			st := storetest.OpenConfig(t, cfg)
			c := chats(st)
			for range 50 {
				if err := c.SaveAttachment(t.Context(), alice, store.Attachment{ID: c.NewAttachmentID()}); err != nil {
					t.Fatal(err)
				}
			}
			var seen []statement
			st.Wrap(func(c store.DBTX) store.DBTX { return recorder{c, &seen} })
			if err := c.DeleteSession(t.Context(), alice, "thr_1"); err != nil {
				t.Fatal(err)
			}
			if len(seen) < 5 { // the one that reads is asked for twice on PostgreSQL
				t.Errorf("saw %d statements", len(seen))
			}
			for range 2 {
				for _, s := range seen {
					plan := planOf(t, cfg, s)
					for _, walk := range []string{"Seq Scan", "SCAN", "(user_id=?)\n", "Cond: (user_id = ($2)::text)\n"} {
						if strings.Contains(plan, walk) {
							t.Errorf("%q in\n%s\n%v", walk, plan, s)
						}
					}
				}
				do(t, storetest.Behind(t, cfg), "ANALYZE")
			}
		})
	}
}

// explain reports whether a statement reads one range of an index of the table,
// bounded by the user and the key.
func explain(t testing.TB, cfg store.Config, s statement, table, key string) (plan string, ok bool) {
	t.Helper()
	plan = planOf(t, cfg, s)
	if cfg.Schema == "" {
		ok = strings.Count(plan, "\n") == 1 && strings.HasPrefix(plan, "SEARCH "+table+" USING") &&
			strings.Contains(plan, "user_id=? AND ") && strings.Contains(plan, key)
		return plan, ok
	}
	_, cond, _ := strings.Cut(plan, "Index Cond: ")
	cond, _, _ = strings.Cut(cond, "\n")
	ok = !strings.Contains(plan, "Sort") && strings.Contains(plan, "Index Scan") &&
		strings.Contains(cond, "user_id") && strings.Contains(cond, key)
	return plan, ok
}

// planOf is how the database runs a statement; PostgreSQL for whatever
// arguments, under row-level security.
func planOf(t testing.TB, cfg store.Config, s statement) string {
	t.Helper()
	if cfg.Schema == "" {
		return planOfSQLite(t, cfg, s)
	}
	conn, err := pgx.Connect(t.Context(), storetest.SuperuserURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var args []string
	for _, arg := range s.args {
		args = append(args, literal(arg))
	}
	for _, setting := range store.SessionSettings {
		if _, err := conn.Exec(t.Context(), "SELECT set_config($1, $2, false)", setting[0], setting[1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{
		"SET search_path TO " + cfg.Schema, "SET plan_cache_mode TO force_generic_plan",
		"GRANT USAGE ON SCHEMA " + cfg.Schema + " TO plain", "GRANT ALL ON ALL TABLES IN SCHEMA " + cfg.Schema + " TO plain",
		"SET SESSION AUTHORIZATION plain", // row-level security holds this one
		"SET app.user_id TO alice", "PREPARE q AS " + s.sql,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	rows, err := conn.Query(t.Context(), "EXPLAIN EXECUTE q("+strings.Join(args, ", ")+")", pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func literal(arg any) string {
	switch v := arg.(type) {
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case time.Time:
		return "'" + v.Format(time.RFC3339Nano) + "'"
	case *string, *bool, *int16:
		return "NULL"
	default:
		return fmt.Sprint(v)
	}
}

func planOfSQLite(t testing.TB, cfg store.Config, s statement) (plan string) {
	t.Helper()
	for i, arg := range s.args {
		if at, isTime := arg.(time.Time); isTime {
			s.args[i] = at.UnixMicro()
		}
	}
	rows, err := storetest.Behind(t, cfg).Query("EXPLAIN QUERY PLAN "+store.LiteText(s.sql), s.args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan += detail + "\n"
	}
	return plan
}
