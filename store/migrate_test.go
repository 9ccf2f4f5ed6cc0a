package store_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
			if version, err := store.Migrate(t.Context(), open, quiet); version != 1 || err != nil {
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
			if !errors.Is(err, store.ErrForeignTables) || !strings.Contains(err.Error(), "DATABASE_SCHEMA") || !strings.Contains(err.Error(), "mcpserver import") {
				t.Errorf("got %v, want foreign tables and both cures", err)
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

func TestNewerSchemaIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		storetest.OpenConfig(t, cfg)
		applied := "1"
		if cfg.Schema != "" {
			applied = "true"
		}
		if _, err := storetest.Behind(t, cfg).Exec("INSERT INTO taskwire_version (version_id, is_applied) VALUES (999, " + applied + ")"); err != nil {
			t.Fatal(err)
		}
		_, openErr := store.Open(t.Context(), cfg, quiet)
		_, migrateErr := store.Migrate(t.Context(), cfg, quiet)
		for _, err := range []error{openErr, migrateErr} {
			if !errors.Is(err, store.ErrSchemaTooNew) || !strings.Contains(err.Error(), "version 999") {
				t.Errorf("got %v, want too new, and the version", err)
			}
		}
	})
}

// TestWallIsReported: one line at the start says whether row-level security
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
