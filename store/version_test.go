package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"taskwire/store"
	"taskwire/store/storetest"
)

// later gives a schema the mark of a version that this program does not know,
// as a later release would. says is what that one writes about programs.
func later(t testing.TB, cfg store.Config, version int64, says ...string) {
	t.Helper()
	applied := "1"
	if cfg.Schema != "" {
		applied = "true"
	}
	mark := fmt.Sprintf("INSERT INTO taskwire_version (version_id, is_applied) VALUES (%d, %s)", version, applied)
	do(t, storetest.Behind(t, cfg), append(says, mark)...)
}

func programs(version, oldest int64) string {
	return fmt.Sprintf("INSERT INTO taskwire_programs (schema_version, oldest_program) VALUES (%d, %d)", version, oldest)
}

// TestNewerSchemaIsRefused (attack D15) where it does not say that this program
// may serve it.
func TestNewerSchemaIsRefused(t *testing.T) {
	known := store.Newest()
	for name, c := range map[string]struct {
		says []string
		want string
	}{
		"without a word":           {nil, "run a release that knows it"},
		"a word of an earlier one": {[]string{programs(998, 2)}, "run a release that knows it"},
		"no such table":            {[]string{"DROP TABLE taskwire_programs"}, "run a release that knows it"},
		"for later programs":       {[]string{programs(999, known+1)}, "run a later release"},
		"one before was narrower":  {[]string{programs(998, known+1), programs(999, 2)}, "run a later release"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
				cfg := storetest.Config(t, engine)
				storetest.OpenConfig(t, cfg)
				later(t, cfg, 999, c.says...)
				for _, keep := range []bool{false, true} {
					cfg.KeepSchema = keep
					_, openErr := store.Open(t.Context(), cfg, quiet)
					_, migrateErr := store.Migrate(t.Context(), cfg, quiet)
					for _, err := range []error{openErr, migrateErr} {
						text := fmt.Sprint(err)
						if !errors.Is(err, store.ErrSchemaTooNew) || !strings.Contains(text, "version 999") || !strings.Contains(text, c.want) {
							t.Errorf("got %v, want too new, the version, and %q", err, c.want)
						}
					}
				}
			})
		})
	}
}

// TestNewerSchemaIsServed where it says so, also for a login that owns nothing.
func TestNewerSchemaIsServed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		made := create(t, storetest.OpenConfig(t, cfg), alice, store.NewTask{Title: "one"})
		version := store.Newest() + 2
		later(t, cfg, version, programs(version-1, 2), programs(version, store.Newest()))
		if engine == storetest.Postgres {
			who := role(t, storetest.Behind(t, cfg), "")
			do(t, storetest.Behind(t, cfg), "GRANT USAGE ON SCHEMA "+cfg.Schema+" TO "+who, "GRANT SELECT ON taskwire_version TO "+who,
				"GRANT SELECT, INSERT, UPDATE, DELETE ON "+strings.Join(append(storetest.Tables(), "chat_replicas"), ", ")+" TO "+who)
			cfg.URL = with(t, cfg.URL, login(who, ""))
		}
		st, log := openLogged(t, cfg)
		if !strings.Contains(log, "later release") || !strings.Contains(log, fmt.Sprintf("version=%d known=%d", version, store.Newest())) {
			t.Errorf("log = %s", log)
		}
		if got, err := st.Tasks().Get(t.Context(), alice, made.ID); err != nil || got.Title != "one" {
			t.Errorf("the task is %v, %v", got, err)
		}
		if got, err := store.Migrate(t.Context(), cfg, quiet); got != version || err != nil {
			t.Errorf("Migrate = %d, %v, want %d", got, err, version)
		}
	})
}

func openLogged(t testing.TB, cfg store.Config) (*store.Store, string) {
	t.Helper()
	var log bytes.Buffer
	st, err := store.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	return st, log.String()
}

// older is a new database that the program of an older version has made.
func older(t testing.TB, engine storetest.Engine, version int64) store.Config {
	t.Helper()
	cfg := storetest.Config(t, engine)
	if err := store.MigrateTo(t.Context(), cfg, version); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestOlderSchemaIsServed as it is where the operator keeps it, until the
// command has migrated it.
func TestOlderSchemaIsServed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := older(t, engine, store.Newest()-1)
		before := tablesOf(t, cfg)
		cfg.KeepSchema = true
		st, log := openLogged(t, cfg)
		if !strings.Contains(log, "served as it is") || !strings.Contains(log, "WARN") || !strings.Contains(log, "mcpserver migrate") {
			t.Errorf("log = %s", log)
		}
		made := create(t, st, alice, store.NewTask{Title: "one"})
		begin(t, chats(st), alice, "hello")
		if after := tablesOf(t, cfg); after != before {
			t.Errorf("tables were %s and are %s", before, after)
		}
		if got, err := store.Migrate(t.Context(), cfg, quiet); got != store.Newest() || err != nil {
			t.Errorf("Migrate = %d, %v", got, err)
		}
		if _, log := openLogged(t, cfg); strings.Contains(log, "older") {
			t.Errorf("after the migration: %s", log)
		}
		if got, err := st.Tasks().Get(t.Context(), alice, made.ID); err != nil || got.Title != "one" {
			t.Errorf("the task is %v, %v", got, err)
		}
	})
}

// TestOlderSchemaIsRefused where the program needs more than is there, and may
// not make it.
func TestOlderSchemaIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		empty, first := storetest.Config(t, engine), older(t, engine, 1)
		empty.KeepSchema, first.KeepSchema = true, true
		_, emptyErr := store.Open(t.Context(), empty, quiet)
		_, firstErr := store.Open(t.Context(), first, quiet)
		for version, err := range map[string]error{"version 0 ": emptyErr, "version 1 ": firstErr} {
			checkCure(t, err, version, "mcpserver migrate", "DATABASE_MIGRATE")
		}
	})
}

// TestOlderSchemaOfAnother: a login that may not migrate serves what the
// release before has left, and the log says why.
func TestOlderSchemaOfAnother(t *testing.T) {
	cfg := older(t, storetest.Postgres, store.Newest()-1)
	behind := storetest.Behind(t, cfg)
	who := role(t, behind, "")
	do(t, behind, "GRANT USAGE ON SCHEMA "+cfg.Schema+" TO "+who, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "+cfg.Schema+" TO "+who)
	cfg.URL = with(t, cfg.URL, login(who, ""))
	st, log := openLogged(t, cfg)
	if !strings.Contains(log, "cannot be brought up to date") || !strings.Contains(log, "GRANT CREATE ON SCHEMA") || !strings.Contains(log, "served as it is") {
		t.Errorf("log = %s", log)
	}
	create(t, st, alice, store.NewTask{Title: "one"})
	if _, err := store.Migrate(t.Context(), cfg, quiet); err == nil || !strings.Contains(err.Error(), "GRANT CREATE ON SCHEMA") {
		t.Errorf("Migrate = %v, want the cure", err)
	}
}
