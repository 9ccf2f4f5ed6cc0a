// Package storetest opens fresh stores for tests, on every kind of database
// that Taskwire runs on: SQLite, PostgreSQL, and PostgreSQL behind PgBouncer in
// transaction mode. The servers are real and belong to the test binary; a
// missing one fails the test with the cure, it never skips.
//
// A test binary that uses it has
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"taskwire/store"
)

// Engine is a kind of database, and a login to it.
type Engine string

// The engines. Owner is an ordinary login that owns its tables, as it should
// be; the two after PgBouncer can go round row-level security, unless the
// store sees to it.
const (
	SQLite    Engine = "sqlite"
	Postgres  Engine = "postgres"
	PgBouncer Engine = "pgbouncer"
	Superuser Engine = "postgres as superuser"
	BypassRLS Engine = "postgres with bypassrls"
)

// Engines lists those that every promise must hold on.
func Engines() []Engine { return []Engine{SQLite, Postgres, PgBouncer} }

// Each runs fn as a subtest on each of the Engines.
func Each(t *testing.T, fn func(t *testing.T, engine Engine)) {
	t.Helper()
	for _, engine := range Engines() {
		t.Run(string(engine), func(t *testing.T) { fn(t, engine) })
	}
}

// Main runs the tests of a binary and then stops the servers they started.
// after, if given, look at what is left when the servers are gone.
func Main(m *testing.M, after ...func() error) {
	code := m.Run()
	if shared.running {
		shared.cluster.end()
	}
	for _, check := range after {
		if err := check(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// shared is the cluster of the whole binary, started by the first who asks.
var shared struct {
	once    sync.Once
	running bool
	cluster *Cluster
	err     error
}

func sharedCluster(t testing.TB) *Cluster {
	t.Helper()
	shared.once.Do(func() {
		shared.cluster, shared.err = startCluster("-c", "fsync=off")
		shared.running = shared.err == nil
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cluster
}

// Config is that of a new empty database: a file, or a schema that is dropped
// when the test ends. Processes given the same Config share the database.
func Config(t testing.TB, engine Engine) store.Config {
	t.Helper()
	if engine == SQLite {
		return store.Config{URL: "sqlite://" + filepath.Join(t.TempDir(), "taskwire.db")}
	}
	return sharedCluster(t).Config(t, engine)
}

// Open opens a new store, closed when the test ends.
func Open(t testing.TB, engine Engine) *store.Store {
	t.Helper()
	return OpenConfig(t, Config(t, engine))
}

// OpenConfig opens the store of cfg, closed when the test ends.
func OpenConfig(t testing.TB, cfg store.Config) *store.Store {
	t.Helper()
	st, err := store.Open(context.Background(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(st.Close)
	return st
}

// SuperuserURL is the binary's PostgreSQL, for tests that look behind the store.
func SuperuserURL(t testing.TB) string {
	t.Helper()
	return sharedCluster(t).url(superuser, false)
}

// Config is that of a new schema on this cluster.
func (c *Cluster) Config(t testing.TB, engine Engine) store.Config {
	t.Helper()
	cfg := store.Config{Schema: "t_" + strings.ToLower(rand.Text()[:12])}
	login := owner
	switch engine {
	case Superuser:
		login = superuser
	case BypassRLS:
		login = bypasser
	}
	cfg.URL = c.url(login, false)
	if engine == PgBouncer {
		cfg.URL, cfg.DirectURL, cfg.Pooler = c.url(login, true), c.url(login, false), "transaction"
	}
	c.exec(t, "CREATE SCHEMA "+cfg.Schema+" AUTHORIZATION "+login)
	t.Cleanup(func() { c.exec(t, "DROP SCHEMA IF EXISTS "+cfg.Schema+" CASCADE") })
	return cfg
}

// exec runs a statement as the superuser.
func (c *Cluster) exec(t testing.TB, sql string) {
	t.Helper()
	ctx := context.Background() // clean-up comes after t.Context has ended
	conn, err := pgx.Connect(ctx, c.url(superuser, false))
	if err != nil {
		t.Errorf("connect as superuser: %v", err)
		return
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}
