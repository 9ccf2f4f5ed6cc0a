package upgrade

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store"
	"taskwire/store/storetest"
)

// migrateTo brings a schema of today's to what a migration in testdata makes, as
// a next release would.
func migrateTo(t testing.TB, engine storetest.Engine, database store.Config, name string) {
	t.Helper()
	folder, applied := "postgres", "true"
	if engine == storetest.SQLite {
		folder, applied = "sqlite", "1"
	}
	version := today(t).version + 1
	behind := storetest.Behind(t, database)
	for _, sql := range []string{
		migration(t, folder, name, version),
		"INSERT INTO taskwire_version (version_id, is_applied) VALUES ({version}, " + applied + ")",
	} {
		if _, err := behind.Exec(numbered(sql, version)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// TestBrokenSchemaIsRefused (attack D15): where the next release says that the
// programs of this one break, they end at once and say why.
func TestBrokenSchemaIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		database := storetest.Config(t, engine)
		storetest.OpenConfig(t, database)
		migrateTo(t, engine, database, "contract")
		s := newSite(t, database)
		for name, env := range map[string]map[string]string{"adapter": s.Adapters, "mcpserver": s.Fleet.Tools} {
			for _, settings := range []map[string]string{nil, keep} {
				_, err := fleet.Try(t, today(t).program(t, name), fleet.With(env, settings), "-http", "127.0.0.1:0")
				if err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "run a later release") {
					t.Errorf("%s: %v, want its end, and the cure", name, err)
				}
			}
		}
	})
	if !t.Failed() {
		tally.Caught(t, "P17", "a schema that breaks the old program is refused")
	}
}

// TestCarelessMigrationShows: where a migration breaks the programs of before and
// says that it does not, people at work notice.
func TestCarelessMigrationShows(t *testing.T) {
	database := storetest.Config(t, storetest.Postgres)
	s := newSite(t, database)
	nodes := s.join(t, nil, today(t))
	s.people = work(s.Fleet, s.adapters, s.tools, s.users)
	s.goOn(t, 3, nodes...)
	migrateTo(t, storetest.Postgres, database, "careless")
	for deadline := time.Now().Add(30 * time.Second); s.people.failures() == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody has noticed")
		}
	}
	s.people.rest()
	tally.Caught(t, "P17", "a breaking migration that is called harmless shows")
}

// TestReleasesMigrateAtOnce: programs of both releases that start together on an
// empty database bring it to the newer schema, and all of them may serve it.
func TestReleasesMigrateAtOnce(t *testing.T) {
	older, newer := today(t), next(t)
	for _, engine := range storetest.Engines() {
		t.Run(string(engine), func(t *testing.T) {
			for range tally.Rounds(1, 10) {
				database := storetest.Config(t, engine)
				s := newSite(t, database)
				errs := make([]error, 6)
				var starting sync.WaitGroup
				for i := range errs {
					r := []release{older, newer}[i%2]
					program := r.program(t, "mcpserver")
					starting.Go(func() { _, errs[i] = start(t, r, program, s.Fleet.Tools) })
				}
				starting.Wait()
				if err := errors.Join(errs...); err != nil {
					t.Fatal(err)
				}
				wantVersion(t, database, newer.version)
			}
		})
	}
}
