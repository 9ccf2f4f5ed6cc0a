package store_test

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"taskwire/store"
	"taskwire/store/storetest"
)

// with changes one URL of a Config.
func with(t testing.TB, text string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

func database(name string) func(*url.URL) { return func(u *url.URL) { u.Path = "/" + name } }

func login(name, password string) func(*url.URL) {
	return func(u *url.URL) { u.User = url.UserPassword(name, password) }
}

func option(name, value string) func(*url.URL) {
	return func(u *url.URL) {
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
	}
}

// TestStartSaysTheCure: what waiting does not mend is not called unavailable,
// and the setting and the cure are named once, without a password.
func TestStartSaysTheCure(t *testing.T) {
	const direct = "DATABASE_DIRECT_URL"
	const wrong = "correct horse"
	for name, c := range map[string]struct {
		engine  storetest.Engine
		serving func(*url.URL)
		direct  func(*url.URL)
		forget  bool // DATABASE_POOLER
		want    []string
	}{
		"no such database":                 {engine: storetest.Postgres, serving: database("nope"), want: []string{"DATABASE_URL", `"nope" does not exist`, "CREATE DATABASE"}},
		"no such database behind a pooler": {engine: storetest.PgBouncer, serving: database("nope"), want: []string{"DATABASE_URL", `"nope" does not exist`, "CREATE DATABASE"}},
		"no such direct database":          {engine: storetest.PgBouncer, direct: database("nope"), want: []string{direct, `"nope" does not exist`, "CREATE DATABASE"}},
		"no such login":                    {engine: storetest.Postgres, serving: login("nobody", wrong), want: []string{"DATABASE_URL", `"nobody" does not exist`, "password in the URL"}},
		"no such login at the pooler":      {engine: storetest.PgBouncer, serving: login("nobody", wrong), want: []string{"DATABASE_URL", "authentication failed", "password in the URL"}},
		"no such direct login":             {engine: storetest.PgBouncer, direct: login("nobody", wrong), want: []string{direct, `"nobody" does not exist`, "password in the URL"}},
		"a wrong password":                 {engine: storetest.Postgres, serving: login(storetest.Guarded, wrong), want: []string{"DATABASE_URL", "password authentication failed", "password in the URL"}},
		"a pooler that nobody named":       {engine: storetest.PgBouncer, forget: true, want: []string{"unsupported startup parameter", "DATABASE_POOLER=transaction"}},
		"an option the pooler refuses":     {engine: storetest.PgBouncer, serving: option("search_path", "x"), want: []string{"DATABASE_URL", "unsupported startup parameter: search_path", "take it out"}},
		"TLS where there is none":          {engine: storetest.Postgres, serving: option("sslmode", "require"), want: []string{"DATABASE_URL", "sslmode=disable"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := storetest.Config(t, c.engine)
			if c.serving != nil {
				cfg.URL = with(t, cfg.URL, c.serving)
			}
			if c.direct != nil {
				cfg.DirectURL = with(t, cfg.DirectURL, c.direct)
			}
			if c.forget {
				cfg.Pooler = ""
			}
			_, err := store.Open(t.Context(), cfg, quiet)
			checkCure(t, err, c.want...)
			if c.engine == storetest.Postgres || c.direct != nil {
				_, err := store.Migrate(t.Context(), cfg, quiet)
				checkCure(t, err, c.want...)
			}
		})
	}
}

// TestUnknownCertificate: a server that nobody has vouched for does not become
// trusted by waiting.
func TestUnknownCertificate(t *testing.T) {
	host := strangeServer(t)
	for _, mode := range []string{"verify-ca", "verify-full"} {
		_, err := store.Open(t.Context(), store.Config{URL: "postgres://a@" + host + "/d?sslmode=" + mode}, quiet)
		checkCure(t, err, "DATABASE_URL", "certificate that is not trusted", "sslrootcert=")
	}
}

// strangeServer speaks as much of PostgreSQL's protocol as leads to TLS.
func strangeServer(t testing.TB) (host string) {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	web.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if _, err := io.ReadFull(conn, make([]byte, 8)); err == nil { // SSLRequest
				conn.Write([]byte("S"))
				tls.Server(conn, web.TLS).Handshake()
			}
			conn.Close()
		}
	})
	t.Cleanup(func() {
		ln.Close()
		serving.Wait()
	})
	return ln.Addr().String()
}

func checkCure(t testing.TB, err error, want ...string) {
	t.Helper()
	if err == nil || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want an error that waiting does not mend", err)
	}
	text := fmt.Sprint(err)
	for _, part := range want {
		if strings.Count(text, part) != 1 {
			t.Errorf("error %q says %q %d times, want once", text, part, strings.Count(text, part))
		}
	}
	for _, part := range []string{"correct horse", storetest.GuardedPassword, "SQLSTATE", "failed to connect"} {
		if strings.Contains(text, part) {
			t.Errorf("error %q says %q", text, part)
		}
	}
}

// TestStartMayWait: what passes by itself stays unavailable.
func TestStartMayWait(t *testing.T) {
	cfg := storetest.Config(t, storetest.Postgres)
	storetest.OpenConfig(t, cfg)
	behind := storetest.Behind(t, cfg)
	full := role(t, behind, "CONNECTION LIMIT 0")
	for name, change := range map[string]func(*url.URL){
		"nobody listens":                 func(u *url.URL) { u.Host = "127.0.0.1:1" },
		"nobody listens, TLS or not":     func(u *url.URL) { u.Host = "127.0.0.1:1"; u.RawQuery = "" },
		"no such host":                   func(u *url.URL) { u.Host = "taskwire.invalid" },
		"too many connections for login": login(full, ""),
	} {
		away := cfg
		away.URL = with(t, cfg.URL, change)
		_, openErr := store.Open(t.Context(), away, quiet)
		_, migrateErr := store.Migrate(t.Context(), away, quiet)
		for _, err := range []error{openErr, migrateErr} {
			if !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: %v, want unavailable", name, err)
			}
		}
	}
}

// role makes a login that owns nothing, until the test ends.
func role(t testing.TB, behind *sql.DB, options string) string {
	t.Helper()
	name := "l_" + strings.ToLower(rand.Text()[:12])
	do(t, behind, "CREATE ROLE "+name+" LOGIN "+options)
	t.Cleanup(func() { do(t, behind, "DROP OWNED BY "+name+" CASCADE", "DROP ROLE "+name) })
	return name
}

func do(t testing.TB, behind *sql.DB, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := behind.Exec(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// TestLoginMayNotMigrate: the grants that the error names are the cure.
func TestLoginMayNotMigrate(t *testing.T) {
	for name, lost := range map[string]string{
		"in a schema of others": "", "in a schema that is not there": "DROP SCHEMA ",
	} {
		t.Run(name, func(t *testing.T) {
			cfg := storetest.Config(t, storetest.Postgres)
			behind := storetest.Behind(t, cfg)
			who := role(t, behind, "")
			cfg.URL = with(t, cfg.URL, login(who, ""))
			cure := "GRANT CREATE ON SCHEMA " + cfg.Schema + " TO " + who
			grants := []string{cure, "GRANT USAGE ON SCHEMA " + cfg.Schema + " TO " + who}
			if lost != "" {
				do(t, behind, lost+cfg.Schema)
				cure = "CREATE SCHEMA " + cfg.Schema + " AUTHORIZATION " + who
				grants = []string{cure}
			}
			_, openErr := store.Open(t.Context(), cfg, quiet)
			_, migrateErr := store.Migrate(t.Context(), cfg, quiet)
			for _, err := range []error{openErr, migrateErr} {
				checkCure(t, err, "DATABASE_URL", cure, "DATABASE_SCHEMA")
			}
			do(t, behind, grants...)
			create(t, storetest.OpenConfig(t, cfg), alice, store.NewTask{Title: "one"})
		})
	}
}

// TestServingLoginIsAdmitted: the login that migrates grants the login that
// serves what that one needs, also when many start at once and when the tables
// are older than the login.
func TestServingLoginIsAdmitted(t *testing.T) {
	for name, older := range map[string]bool{"on a new schema": false, "to older tables": true} {
		t.Run(name, func(t *testing.T) {
			cfg := storetest.Config(t, storetest.Postgres)
			if older {
				storetest.OpenConfig(t, cfg)
			}
			who := role(t, storetest.Behind(t, cfg), "")
			cfg.URL, cfg.DirectURL = with(t, cfg.URL, login(who, "")), cfg.URL
			cfg.RequireRLS = true
			stores := make([]*store.Store, 5)
			errs := atOnce(len(stores), func(i int) (err error) {
				stores[i], err = store.Open(ctx, cfg, quiet)
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
			if _, err := stores[1].Tasks().Toggle(ctx, alice, made.ID, nil, anyVersion, store.Call{Tool: "t", ID: "1"}); err != nil {
				t.Error(err)
			}
			if _, err := stores[1].Tasks().Delete(ctx, alice, made.ID, anyVersion, store.Call{}); err != nil {
				t.Error(err)
			}
			if line := openingLine(t, cfg); strings.Contains(line, "granted") {
				t.Errorf("granted again: %s", line)
			}
		})
	}
}

// TestServingLoginIsLocked: where nobody at hand may grant what the login
// lacks, the error names the grants, and they are the cure.
func TestServingLoginIsLocked(t *testing.T) {
	for name, c := range map[string]struct{ two, usage bool }{
		"one login": {}, "one login that sees the schema": {usage: true}, "two logins": {two: true}, "two that see the schema": {two: true, usage: true},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := storetest.Config(t, storetest.Postgres)
			storetest.OpenConfig(t, cfg)
			behind := storetest.Behind(t, cfg)
			who := role(t, behind, "")
			var tables []string
			for _, table := range append(storetest.Tables(), "chat_replicas") {
				tables = append(tables, cfg.Schema+"."+table)
			}
			slices.Sort(tables)
			grants := []string{
				"GRANT USAGE ON SCHEMA " + cfg.Schema + " TO " + who,
				"GRANT SELECT ON " + cfg.Schema + ".taskwire_version TO " + who,
				"GRANT SELECT, INSERT, UPDATE, DELETE ON " + strings.Join(tables, ", ") + " TO " + who,
			}
			if c.usage {
				do(t, behind, grants[0])
				grants = grants[1:]
			}
			cfg.URL = with(t, cfg.URL, login(who, ""))
			if c.two {
				cfg.DirectURL = with(t, cfg.URL, login(storetest.Guarded, storetest.GuardedPassword))
				do(t, behind, "GRANT USAGE, CREATE ON SCHEMA "+cfg.Schema+" TO "+storetest.Guarded,
					"GRANT SELECT ON ALL TABLES IN SCHEMA "+cfg.Schema+" TO "+storetest.Guarded)
			}
			_, err := store.Open(t.Context(), cfg, quiet)
			checkCure(t, err, append(grants, "login "+who+" of DATABASE_URL")...)
			do(t, behind, grants...)
			create(t, storetest.OpenConfig(t, cfg), alice, store.NewTask{Title: "one"})
		})
	}
}

// TestDirectLoginMustOwnTheTables that it is to change. It hears so before it
// asks for the lock, which it would do for a minute.
func TestDirectLoginMustOwnTheTables(t *testing.T) {
	cfg := storetest.Config(t, storetest.Postgres)
	storetest.OpenConfig(t, cfg)
	behind := storetest.Behind(t, cfg)
	do(t, behind, "DELETE FROM taskwire_version WHERE version_id > 0", // so that there is something to migrate
		"GRANT USAGE, CREATE ON SCHEMA "+cfg.Schema+" TO "+storetest.Guarded)
	cfg.DirectURL = with(t, cfg.URL, login(storetest.Guarded, storetest.GuardedPassword))
	_, openErr := store.Open(t.Context(), cfg, quiet)
	_, migrateErr := store.Migrate(t.Context(), cfg, quiet)
	for _, err := range []error{openErr, migrateErr} {
		checkCure(t, err, "DATABASE_DIRECT_URL", cfg.Schema, "they belong to another", "as their owner")
	}
}

// TestGrantIsLogged with the login and what it got.
func TestGrantIsLogged(t *testing.T) {
	cfg := storetest.Config(t, storetest.Postgres)
	who := role(t, storetest.Behind(t, cfg), "")
	cfg.URL, cfg.DirectURL = with(t, cfg.URL, login(who, "")), cfg.URL
	var log bytes.Buffer
	st, err := store.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	if text := log.String(); !strings.Contains(text, "granted") || !strings.Contains(text, who) || !strings.Contains(text, "USAGE ON SCHEMA "+cfg.Schema) {
		t.Errorf("log = %s", text)
	}
}
