package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"taskwire/faultpoint"
	"taskwire/store/internal/db"
)

// lite is a SQLite file: one connection that writes, because SQLite has one
// writer, and a few that may not. As many read as there are processors: the
// pools are lines in which who comes first is served first, which those who
// wait for a processor are not.
type lite struct {
	writer  *liteWriter
	readers *litePool
	walkers *litePool // for plans that walk, so that nobody's read stands behind them
}

// logPages is how long the log gets (16 MB) before a commit brings it into the
// file. Everybody waits for that commit, and a sync of the file holds up one of
// the log even if it is made beside the commits: it is to be seldom. Four times
// what is usual takes little longer each time, as pages change more than once.
const logPages = 4000

func openSQLite(ctx context.Context, cfg Config, logger *slog.Logger) (engine, error) {
	wait := faultpoint.At(ctx, "sqlite.open")
	if err := wait.Before(); err != nil {
		return nil, err
	}
	l, version, err := migrateSQLite(ctx, cfg)
	if err != nil {
		return nil, err
	}
	tell(ctx, logger, version)
	logger.DebugContext(ctx, "database is a file of this machine")
	if err := wait.After(nil); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// newLite is for a file that it makes if it is not there and does not open.
func newLite(file string) (*lite, error) {
	if err := makeFile(file); err != nil {
		return nil, fmt.Errorf("make database file (TASKWIRE_DATA or DATABASE_URL): %w", err)
	}
	writer, err := sqlite.NewConnector(liteDSN(file, false))
	if err != nil {
		return nil, err
	}
	readers, err := sqlite.NewConnector(liteDSN(file, true))
	if err != nil {
		return nil, err
	}
	atOnce := max(2, runtime.GOMAXPROCS(0)) // the disk lets one wait now and then
	return &lite{
		writer:  &liteWriter{connector: writer},
		readers: newLitePool(readers, atOnce), walkers: newLitePool(readers, atOnce),
	}, nil
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

// liteDSN leaves the journal mode alone: it stands in the file, and is turned
// when it is known whose file that is.
func liteDSN(file string, readOnly bool) string {
	q := url.Values{}
	q.Set("_busy_timeout", "4000")
	q.Set("_foreign_keys", "on")
	q.Set("_synchronous", "FULL") // what is acknowledged survives a power cut
	if readOnly {
		q.Set("_query_only", "on")
	} else {
		q.Set("_txlock", "immediate") // of the transactions in which goose migrates
		q.Set("_pragma", fmt.Sprintf("wal_autocheckpoint(%d)", logPages))
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(file), RawQuery: q.Encode()}
	return u.String()
}

func (l *lite) session(string) db.DBTX { return liteSession{l: l} }

func (l *lite) maintenance() db.DBTX { return liteSession{l: l} }

func (l *lite) inTx(ctx context.Context, _ string, fn func(db.DBTX) error) error {
	return l.writer.write(ctx, func(c *liteConn) error { return fn(liteSession{l: l, tx: c}) })
}

func (l *lite) ping(ctx context.Context) error {
	rows, err := liteSession{l: l}.Query(ctx, "SELECT 1 FROM sqlite_schema LIMIT 1")
	if err != nil {
		return err
	}
	rows.Next()
	rows.Close()
	return rows.Err()
}

func (l *lite) close() {
	l.readers.close()
	l.walkers.close()
	l.writer.close()
}

// broken reports an error after which a connection is not to be trusted: the
// file was replaced, damaged, or its disk failed.
func broken(err error) bool {
	switch liteCode(err) {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}

func liteCode(err error) int {
	var liteErr *sqlite.Error
	if errors.As(err, &liteErr) {
		return liteErr.Code() & 0xff
	}
	return 0
}

func (l *lite) translate(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	if errors.Is(err, errLost) { // again and again
		return unavailable(err)
	}
	switch liteCode(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_PROTOCOL:
		return unavailable(err)
	}
	return err
}
