package faultproxy_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"taskwire/promises/faultproxy"
	"taskwire/store/storetest"
)

// through connects with PostgreSQL through a proxy, and makes a table of one
// column.
func through(t *testing.T) (p *faultproxy.Proxy, connect func() *pgx.Conn) {
	t.Helper()
	u, err := url.Parse(storetest.SuperuserURL(t))
	if err != nil {
		t.Fatal(err)
	}
	p = faultproxy.Start(t, u.Host)
	u.Host = p.Addr()
	connect = func() *pgx.Conn {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		conn, err := pgx.Connect(ctx, u.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(context.Background()) })
		return conn
	}
	if _, err := connect().Exec(t.Context(), "DROP TABLE IF EXISTS cuts; CREATE TABLE cuts (name text PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	return p, connect
}

// Each way to commit is cut behind its effect, and only the one that was asked
// for.
func TestCutAfterCommit(t *testing.T) {
	const insert = "INSERT INTO cuts VALUES ($1)"
	explicit := func(ctx context.Context, conn *pgx.Conn, name string) error {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(ctx)
		if _, err := tx.Exec(ctx, insert, name); err != nil {
			return err
		}
		return tx.Commit(ctx)
	}
	single := func(ctx context.Context, conn *pgx.Conn, name string) error {
		_, err := conn.Exec(ctx, insert, name)
		return err
	}
	batch := func(ctx context.Context, conn *pgx.Conn, name string) error {
		var b pgx.Batch
		b.Queue("SELECT 1")
		b.Queue(insert, name)
		return conn.SendBatch(ctx, &b).Close()
	}
	simple := func(ctx context.Context, conn *pgx.Conn, name string) error {
		_, err := conn.Exec(ctx, insert, pgx.QueryExecModeSimpleProtocol, name)
		return err
	}
	p, connect := through(t)
	count := func(name string) (n int) {
		t.Helper()
		if err := connect().QueryRow(t.Context(), "SELECT count(*) FROM cuts WHERE name = $1", name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, commit := range map[string]func(context.Context, *pgx.Conn, string) error{
		"explicit": explicit, "single": single, "batch": batch, "simple": simple,
	} {
		t.Run(name, func(t *testing.T) {
			conn := connect()
			done := p.CutAfterCommit(2, "INTO cuts")
			if _, err := conn.Exec(t.Context(), "CREATE TEMPORARY TABLE other (n int)"); err != nil {
				t.Error(err)
			}
			if _, err := conn.Exec(t.Context(), "INSERT INTO other VALUES (1)"); err != nil {
				t.Errorf("a commit of something else: %v", err)
			}
			if err := commit(t.Context(), conn, name+" 1"); err != nil {
				t.Errorf("the first commit: %v", err)
			}
			if err := commit(t.Context(), conn, name+" 1"); err == nil || conn.IsClosed() {
				t.Errorf("a commit that is refused: %v, closed %v", err, conn.IsClosed())
			}
			select {
			case <-done:
				t.Error("cut too soon")
			default:
			}
			if err := commit(t.Context(), conn, name+" 2"); err == nil || !conn.IsClosed() {
				t.Errorf("the second commit: %v, want no answer", err)
			}
			<-done
			if n := count(name + " 2"); n != 1 {
				t.Errorf("the second commit took effect %d times", n)
			}
			if err := commit(t.Context(), connect(), name+" 3"); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// A cut that is not wanted any more leaves everybody alone.
func TestLeaveCommits(t *testing.T) {
	p, connect := through(t)
	p.CutAfterCommit(1, "INTO cuts")
	p.LeaveCommits()
	if _, err := connect().Exec(t.Context(), "INSERT INTO cuts VALUES ('left')"); err != nil {
		t.Error(err)
	}
}
