package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"taskwire/store"
	"taskwire/store/storetest"
)

var quiet = slog.New(slog.DiscardHandler)

// TestTenReplicasStartAtOnce on an empty database; "without a direct URL" is
// the operator who forgot it behind a pooler.
func TestTenReplicasStartAtOnce(t *testing.T) {
	for name, engine := range map[string]storetest.Engine{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres, "superuser": storetest.Superuser,
		"pgbouncer": storetest.PgBouncer, "pgbouncer without a direct URL": storetest.PgBouncer,
	} {
		t.Run(name, func(t *testing.T) {
			cfg := storetest.Config(t, engine)
			open := cfg
			if strings.Contains(name, "without") {
				open.DirectURL = ""
			}
			if engine == storetest.Postgres {
				dropSchema(t, cfg) // the replicas make it, too
			}
			stores := make([]*store.Store, 10)
			errs := atOnce(len(stores), func(i int) (err error) {
				stores[i], err = store.Open(context.Background(), open, quiet)
				return err
			})
			for _, st := range stores {
				if st != nil {
					defer st.Close()
				}
			}
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			made := create(t, stores[0], alice, store.NewTask{Title: "one"})
			if got, err := stores[9].Tasks().Get(t.Context(), alice, made.ID); err != nil || got.Title != "one" {
				t.Errorf("the last replica reads %v, %v", got, err)
			}
			if version, err := store.Migrate(t.Context(), open, quiet); version != store.Newest() || err != nil {
				t.Errorf("Migrate again = %d, %v", version, err)
			}
		})
	}
}

func dropSchema(t testing.TB, cfg store.Config) {
	t.Helper()
	db := storetest.Behind(t, cfg)
	for _, sql := range []string{"GRANT CREATE ON DATABASE taskwire TO plain", "DROP SCHEMA " + cfg.Schema} {
		if _, err := db.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
}

func TestForeignTablesAreLeftAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		if engine == storetest.SQLite {
			touch(t, cfg)
		}
		db := storetest.Behind(t, cfg)
		for _, sql := range []string{"CREATE TABLE tasks (id INTEGER PRIMARY KEY, user_id TEXT, title TEXT)", "INSERT INTO tasks VALUES (1, 'alice', 'theirs')"} {
			if _, err := db.Exec(sql); err != nil {
				t.Fatal(err)
			}
		}
		_, openErr := store.Open(t.Context(), cfg, quiet)
		_, migrateErr := store.Migrate(t.Context(), cfg, quiet)
		for _, err := range []error{openErr, migrateErr} {
			if !errors.Is(err, store.ErrForeignTables) || !strings.Contains(err.Error(), "mcpserver import") {
				t.Errorf("got %v, want foreign tables and the import as a cure", err)
			}
			text := fmt.Sprint(err)
			if inSchema := strings.Contains(text, "DATABASE_SCHEMA"); inSchema == (engine == storetest.SQLite) {
				t.Errorf("got %v: a schema is a cure on PostgreSQL and nowhere else", err)
			}
			if inFile := strings.Contains(text, "DATABASE_URL") && strings.Contains(text, "TASKWIRE_DATA"); inFile != (engine == storetest.SQLite) {
				t.Errorf("got %v: another file is a cure on SQLite and nowhere else", err)
			}
		}
		if names := tablesOf(t, cfg); names != "tasks" {
			t.Errorf("tables are now %q, want tasks alone", names)
		}
		var title string
		if err := db.QueryRow("SELECT title FROM tasks").Scan(&title); err != nil || title != "theirs" {
			t.Errorf("their row is now %q, %v", title, err)
		}
	})
}

// TestForeignTablesBesideAnOlderSchema: a schema of ours that lacks the chats,
// with somebody's table of such a name in it, is left alone until that is gone,
// and then brought up to date with its tasks kept.
func TestForeignTablesBesideAnOlderSchema(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := older(t, engine, 1)
		db := storetest.Behind(t, cfg)
		now := "now()"
		if engine == storetest.SQLite {
			now = "1700000000000000"
		}
		for _, sql := range []string{
			"INSERT INTO tasks VALUES ('" + alice + "', 'kept', 'kept', 'kept', '', '', 1, 'other', FALSE, '', '', FALSE, " + now + ", " + now + ")",
			"CREATE TABLE chat_messages (id INTEGER PRIMARY KEY)",
		} {
			if _, err := db.Exec(sql); err != nil {
				t.Fatal(sql, err)
			}
		}
		before := tablesOf(t, cfg)
		_, openErr := store.Open(t.Context(), cfg, quiet)
		_, migrateErr := store.Migrate(t.Context(), cfg, quiet)
		for _, err := range []error{openErr, migrateErr} {
			if !errors.Is(err, store.ErrForeignTables) || !strings.Contains(err.Error(), "(chat_messages)") {
				t.Errorf("got %v, want foreign tables, and which", err)
			}
		}
		if after := tablesOf(t, cfg); after != before {
			t.Errorf("tables were %s and are %s", before, after)
		}
		if _, err := db.Exec("DROP TABLE chat_messages"); err != nil {
			t.Fatal(err)
		}
		stores := make([]*store.Store, 5)
		if err := errors.Join(atOnce(len(stores), func(i int) (err error) {
			stores[i], err = store.Open(ctx, cfg, quiet)
			return err
		})...); err != nil {
			t.Fatal(err)
		}
		for _, st := range stores {
			defer st.Close()
			if got, err := st.Tasks().Get(ctx, alice, "kept"); err != nil || got.Title != "kept" {
				t.Errorf("the task is %v, %v", got, err)
			}
			begin(t, chats(st), alice, "hello")
		}
	})
}

// TestRefusedFileKeepsItsBytes: a file that is not ours, or of a later release,
// or no database at all, is the same to the byte after it was refused, with
// nothing new beside it.
func TestRefusedFileKeepsItsBytes(t *testing.T) {
	theirs := []string{"CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT)", "INSERT INTO tasks VALUES (1, 'theirs')"}
	newer := []string{"CREATE TABLE taskwire_version (id INTEGER PRIMARY KEY, version_id INTEGER)", "INSERT INTO taskwire_version VALUES (1, 999)"}
	inWAL := []string{"PRAGMA journal_mode = WAL"}
	for name, c := range map[string]struct {
		statements []string
		content    string
		want       error
	}{
		"foreign tables":          {statements: theirs, want: store.ErrForeignTables},
		"foreign tables in WAL":   {statements: slices.Concat(inWAL, theirs), want: store.ErrForeignTables},
		"a later release":         {statements: newer, want: store.ErrSchemaTooNew},
		"a later release in WAL":  {statements: slices.Concat(inWAL, newer), want: store.ErrSchemaTooNew},
		"no database":             {content: strings.Repeat("this is a letter\n", 1000)},
		"no database, but a word": {content: "hello"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "taskwire.db")
			writeFile(t, file, c.content, c.statements)
			before := contents(t, dir)
			for setting, cfg := range map[string]store.Config{
				"DATABASE_URL": {URL: "sqlite://" + file}, "TASKWIRE_DATA": {DataDir: dir},
			} {
				_, openErr := store.Open(t.Context(), cfg, quiet)
				_, migrateErr := store.Migrate(t.Context(), cfg, quiet)
				for _, err := range []error{openErr, migrateErr} {
					if err == nil || errors.Is(err, store.ErrUnavailable) || c.want != nil && !errors.Is(err, c.want) {
						t.Errorf("got %v, want %v", err, c.want)
					}
					if text := fmt.Sprint(err); c.want == nil && (!strings.Contains(text, setting) || !strings.Contains(text, file) || strings.Contains(text, "(26)")) {
						t.Errorf("got %v, want the file and its setting %s", err, setting)
					}
				}
			}
			if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
				t.Errorf("the folder has changed (-before +after):\n%s", diff)
			}
		})
	}
}

// writeFile fills a new file with a text, or with what the statements make.
func writeFile(t testing.TB, file, content string, statements []string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if len(statements) == 0 {
		return
	}
	db := storetest.Behind(t, store.Config{URL: "sqlite://" + file})
	defer db.Close()
	for _, sql := range statements {
		if _, err := db.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
}

// contents gives the SHA-256 of every file in a folder.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		sums[e.Name()] = fmt.Sprintf("%x", sha256.Sum256(data))
	}
	return sums
}

// TestFileIsInWAL whatever it was in before: readers must not wait for the
// writer.
func TestFileIsInWAL(t *testing.T) {
	cfg := storetest.Config(t, storetest.SQLite)
	for _, name := range []string{"a new file", "a file turned back"} {
		st, err := store.Open(t.Context(), cfg, quiet)
		if err != nil {
			t.Fatal(err)
		}
		st.Close()
		var mode, back string
		db := storetest.Behind(t, cfg)
		if err := db.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
			t.Errorf("%s is in mode %q, %v, want wal", name, mode, err)
		}
		if err := db.QueryRow("PRAGMA journal_mode = DELETE").Scan(&back); err != nil || back != "delete" {
			t.Fatalf("turning back gave %q, %v", back, err)
		}
		db.Close()
	}
}

func touch(t testing.TB, cfg store.Config) {
	t.Helper()
	if err := os.WriteFile(strings.TrimPrefix(cfg.URL, "sqlite://"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func tablesOf(t testing.TB, cfg store.Config) (names string) {
	t.Helper()
	sql := "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name)"
	if cfg.Schema != "" {
		sql = "SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_tables WHERE schemaname = '" + cfg.Schema + "'"
	}
	if err := storetest.Behind(t, cfg).QueryRow(sql).Scan(&names); err != nil {
		t.Fatal(err)
	}
	return names
}

// TestWallIsReported (attack D17): one line at the start says whether row-level security
// holds, and where it cannot, DATABASE_REQUIRE_RLS refuses to start.
func TestWallIsReported(t *testing.T) {
	for _, engine := range []storetest.Engine{storetest.Postgres, storetest.Superuser, storetest.BypassRLS} {
		t.Run(string(engine), func(t *testing.T) {
			cfg := storetest.Config(t, engine)
			storetest.OpenConfig(t, cfg)
			if line := openingLine(t, cfg); !strings.Contains(line, "row-level security holds") {
				t.Errorf("log = %s", line)
			}
			if _, err := storetest.Behind(t, cfg).Exec("ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY"); err != nil {
				t.Fatal(err)
			}
			if line := openingLine(t, cfg); !strings.Contains(line, "row-level security does not hold") || !strings.Contains(line, "WARN") {
				t.Errorf("log = %s", line)
			}
			cfg.RequireRLS = true
			if _, err := store.Open(t.Context(), cfg, quiet); err == nil || !strings.Contains(err.Error(), "row-level security cannot hold") {
				t.Errorf("with DATABASE_REQUIRE_RLS Open = %v", err)
			}
		})
	}
}

func openingLine(t testing.TB, cfg store.Config) string {
	t.Helper()
	var log bytes.Buffer
	st, err := store.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines: %s", n, log.String())
	}
	return log.String()
}

func TestFilesAreTheUsersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	st := storetest.OpenConfig(t, store.Config{DataDir: dir})
	create(t, st, alice, store.NewTask{Title: "one"})
	for file, want := range map[string]os.FileMode{
		dir: 0o700 | os.ModeDir, dir + "/taskwire.db": 0o600, dir + "/taskwire.db-wal": 0o600, dir + "/taskwire.db-shm": 0o600,
	} {
		if info, err := os.Stat(file); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", file, info.Mode(), err, want)
		}
	}
}
