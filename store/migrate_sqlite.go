package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"strings"

	"github.com/pressly/goose/v3"

	"taskwire/schema"
)

// migrate asks over the one connection that is open anyway and gives goose its
// own only when there is something to do. It needs no lock: each migration is
// one immediate transaction, so of two processes that start together the
// slower one fails at the first statement and then finds the work done.
func (l *lite) migrate(ctx context.Context) (int64, error) {
	for last := int64(-1); ; {
		version, err := l.version(ctx)
		if err != nil {
			return 0, err
		}
		if done, err := current(version); done || err != nil {
			return version, err
		}
		if err := l.lookForForeign(ctx); err != nil {
			return 0, err
		}
		if err := l.up(ctx); err != nil && version == last {
			return 0, err
		}
		last = version
	}
}

func (l *lite) up(ctx context.Context) error {
	conn := sql.OpenDB(l.writer.connector)
	defer conn.Close()
	conn.SetMaxOpenConns(1)
	_, err := up(ctx, goose.DialectSQLite3, conn, folder(schema.SQLite, "sqlite"), goose.WithTableName(versionTable))
	return err
}

// version is 0 for a file without our mark.
func (l *lite) version(ctx context.Context) (int64, error) {
	marked, err := l.ask(ctx, "SELECT COUNT(*) FROM sqlite_schema WHERE name = ?1", versionTable)
	if err != nil || marked == int64(0) {
		return 0, err
	}
	version, err := l.ask(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM "+versionTable)
	if err != nil {
		return 0, err
	}
	number, _ := version.(int64)
	return number, nil
}

// lookForForeign looks at mark and tables in one statement: another process
// may be making both.
func (l *lite) lookForForeign(ctx context.Context) error {
	names, err := l.ask(ctx, `
		SELECT group_concat(name, ', ') FROM sqlite_schema
		WHERE name IN ('`+strings.Join(tableNames, "', '")+`')
		  AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1)`, versionTable)
	if text, ok := names.(string); ok && err == nil {
		return foreign(text)
	}
	return err
}

// ask gives the one value of a question.
func (l *lite) ask(ctx context.Context, text string, args ...any) (driver.Value, error) {
	c, err := l.writer.take(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.query(ctx, text, args...)
	if err == nil {
		defer func() { l.writer.give(c, err) }()
		defer rows.Close()
		values := make([]driver.Value, 1)
		if err = rows.Next(values); err == io.EOF {
			err = nil
		}
		return values[0], err
	}
	l.writer.give(c, err)
	return nil, err
}
