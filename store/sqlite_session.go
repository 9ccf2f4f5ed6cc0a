package store

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// liteConn serves sqlc's DBTX, written for pgx, over database/sql. Only what
// the generated code uses is there.
type liteConn struct {
	l  *lite
	tx *sql.Tx // nil: each statement by itself
}

// plan is how one query of sqlc's runs on SQLite.
type plan struct {
	text  string // $1 written as ?1
	reads bool   // so that it may go to a reader
}

var (
	dollar = regexp.MustCompile(`\$(\d+)`)
	// cast is for PostgreSQL's and sqlc's types only. SQLite would see an
	// affinity in it that keeps a row value from being the bound of an index.
	cast = regexp.MustCompile(`CAST\((\$\d+) AS \w+\)`)
)

func liteText(query string) string {
	return dollar.ReplaceAllString(cast.ReplaceAllString(query, "$1"), "?$1")
}

func (l *lite) plan(query string) *plan {
	if p, ok := l.plans.Load(query); ok {
		return p.(*plan)
	}
	text := liteText(query)
	body := text
	for strings.HasPrefix(body, "--") || strings.HasPrefix(body, "\n") {
		_, body, _ = strings.Cut(body, "\n")
	}
	p, _ := l.plans.LoadOrStore(query, &plan{text: text, reads: strings.HasPrefix(body, "SELECT")})
	return p.(*plan)
}

// Exec implements db.DBTX.
func (c liteConn) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	p, exec := c.l.plan(query), c.l.writer.ExecContext
	if c.tx != nil {
		exec = c.tx.ExecContext
	}
	result, err := exec(ctx, p.text, liteArgs(args)...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	changed, err := result.RowsAffected()
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return pgconn.NewCommandTag("UPDATE " + strconv.FormatInt(changed, 10)), nil
}

// Query implements db.DBTX.
func (c liteConn) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	p, run := c.l.plan(query), c.l.writer.QueryContext
	switch {
	case c.tx != nil:
		run = c.tx.QueryContext
	case p.reads:
		run = c.l.readers.QueryContext
	}
	rows, err := run(ctx, p.text, liteArgs(args)...)
	if err != nil {
		return nil, err
	}
	return &liteRows{rows: rows}, nil
}

// QueryRow implements db.DBTX. It drains its rows: a RETURNING that is left
// half read holds the one writer.
func (c liteConn) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	rows, err := c.Query(ctx, query, args...)
	return oneRow{rows: rows, err: err}
}

// liteArgs writes times as whole microseconds.
func liteArgs(args []any) []any {
	for i, arg := range args {
		if at, ok := arg.(time.Time); ok {
			args[i] = at.UnixMicro()
		}
	}
	return args
}

// liteRows embeds the interface because it grows in minor versions of pgx; what
// the generated code does not call stays nil.
type liteRows struct {
	pgx.Rows
	rows *sql.Rows
}

func (r *liteRows) Next() bool {
	if r.rows.Next() {
		return true
	}
	r.rows.Close()
	return false
}

func (r *liteRows) Close()     { r.rows.Close() }
func (r *liteRows) Err() error { return r.rows.Err() }

func (r *liteRows) Scan(dest ...any) error {
	for i, d := range dest {
		if at, ok := d.(*time.Time); ok {
			dest[i] = microTime{at}
		}
	}
	return r.rows.Scan(dest...)
}

// microTime reads what liteArgs wrote.
type microTime struct{ at *time.Time }

func (m microTime) Scan(value any) error {
	micros, ok := value.(int64)
	if !ok {
		return errors.New("time is no whole number")
	}
	*m.at = time.UnixMicro(micros).UTC()
	return nil
}
