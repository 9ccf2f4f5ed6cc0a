package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"taskwire/store/internal/db"
)

// lite is a SQLite file: one connection that writes, because SQLite has one
// writer, and a few that may not.
type lite struct {
	writer, readers *sql.DB
	plans           sync.Map // query text as sqlc wrote it -> *plan
}

func openSQLite(ctx context.Context, cfg Config, logger *slog.Logger) (engine, error) {
	l, err := connectSQLite(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if _, err := migrateSQLite(ctx, l.writer); err != nil {
		l.close()
		return nil, l.translate(err)
	}
	logger.DebugContext(ctx, "database is a file of this machine")
	return l, nil
}

func connectSQLite(ctx context.Context, cfg Config) (*lite, error) {
	file, err := cfg.file()
	if err != nil {
		return nil, err
	}
	if err := makeFile(file); err != nil {
		return nil, fmt.Errorf("make database file (TASKWIRE_DATA or DATABASE_URL): %w", err)
	}
	l := &lite{}
	if l.writer, err = sql.Open("sqlite", liteDSN(file, false)); err != nil {
		return nil, err
	}
	l.writer.SetMaxOpenConns(1)
	if l.readers, err = sql.Open("sqlite", liteDSN(file, true)); err != nil {
		l.writer.Close()
		return nil, err
	}
	readers := max(4, runtime.NumCPU())
	l.readers.SetMaxOpenConns(readers)
	l.readers.SetMaxIdleConns(readers)
	if err := l.connect(ctx); err != nil {
		l.close()
		return nil, l.translate(err)
	}
	return l, nil
}

// makeFile makes folder and file readable for nobody else; SQLite gives its
// two side files the same mode.
func makeFile(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// connect opens the writer. Turning a new file to WAL does not wait for its
// lock as other statements do, so a second process may find it busy.
func (l *lite) connect(ctx context.Context) error {
	for wait := 5 * time.Millisecond; ; wait *= 2 {
		err := l.writer.PingContext(ctx)
		if err == nil || liteCode(err) != sqlite3.SQLITE_BUSY || wait > time.Second || !pause(ctx, wait) {
			return err
		}
	}
}

func liteDSN(file string, readOnly bool) string {
	q := url.Values{}
	q.Set("_busy_timeout", "4000")
	q.Set("_foreign_keys", "on")
	q.Set("_synchronous", "FULL") // what is acknowledged survives a power cut
	if readOnly {
		q.Set("_query_only", "on")
	} else {
		q.Set("_journal_mode", "WAL")
		q.Set("_txlock", "immediate")
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(file), RawQuery: q.Encode()}
	return u.String()
}

func (l *lite) session(string) db.DBTX { return liteConn{l: l} }

func (l *lite) maintenance() db.DBTX { return liteConn{l: l} }

// inTx takes the write lock at once, so that no transaction fails for having
// read first.
func (l *lite) inTx(ctx context.Context, _ string, fn func(db.DBTX) error) error {
	tx, err := l.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := fn(liteConn{l: l, tx: tx}); err != nil {
		return err
	}
	return tx.Commit()
}

func (l *lite) ping(ctx context.Context) error {
	var one int
	return l.readers.QueryRowContext(ctx, "SELECT 1 FROM sqlite_schema LIMIT 1").Scan(&one)
}

func (l *lite) close() {
	l.readers.Close()
	l.writer.Close()
}

func liteCode(err error) int {
	var liteErr *sqlite.Error
	if errors.As(err, &liteErr) {
		return liteErr.Code() & 0xff
	}
	return 0
}

func (l *lite) translate(err error) error {
	if errors.Is(err, pgx.ErrNoRows) || errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	switch liteCode(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_PROTOCOL:
		return unavailable(err)
	}
	return err
}
