package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	sqlite3 "modernc.org/sqlite/lib"

	"taskwire/schema"
)

// migrateSQLite opens the file and brings it up to date.
func migrateSQLite(ctx context.Context, cfg Config) (*lite, int64, error) {
	file, err := cfg.file()
	if err != nil {
		return nil, 0, err
	}
	l, err := newLite(file)
	if err != nil {
		return nil, 0, err
	}
	version, err := l.migrate(ctx, cfg.KeepSchema)
	if err == nil {
		return l, version, nil
	}
	l.close()
	if liteCode(err) == sqlite3.SQLITE_NOTADB {
		return nil, 0, fmt.Errorf("%s is not a SQLite database and was not changed: %s", file, cfg.otherFile())
	}
	if errors.Is(err, ErrForeignTables) {
		err = fmt.Errorf("%w: nothing was changed; %s, or copy the tasks out with `mcpserver import`", err, cfg.otherFile())
	}
	return nil, 0, l.translate(err)
}

// otherFile is the cure where the file is not ours.
func (cfg Config) otherFile() string {
	if cfg.URL == "" {
		return "name another folder in TASKWIRE_DATA, or another file in DATABASE_URL (sqlite:///path/to/file)"
	}
	return "name another file in DATABASE_URL, or leave that out and name a folder in TASKWIRE_DATA"
}

// migrate asks over the one connection that is open anyway and gives goose its
// own only when there is something to do. It needs no lock: each migration is
// one immediate transaction, so of two processes that start together the
// slower one fails at the first statement and then finds the work done.
func (l *lite) migrate(ctx context.Context, keep bool) (int64, error) {
	version, done, err := l.start(ctx)
	if keep && !done && err == nil {
		return version, asItIs(version)
	}
	for last := int64(-1); err == nil && !done; {
		if err := l.up(ctx); err != nil && version == last {
			return 0, err
		}
		last = version
		version, done, err = l.look(ctx)
	}
	return version, err
}

// start looks whose file it is before it writes the first byte, which is what
// turns it to WAL. That does not wait for the file's lock as other statements
// do, so a second process that starts on a new file may find it busy.
func (l *lite) start(ctx context.Context) (version int64, done bool, err error) {
	for wait := 5 * time.Millisecond; ; wait *= 2 {
		version, done, err = l.look(ctx)
		if err == nil {
			_, err = l.ask(ctx, "PRAGMA journal_mode = WAL")
		}
		if liteCode(err) != sqlite3.SQLITE_BUSY || wait > time.Second || !pause(ctx, wait) {
			return version, done, err
		}
	}
}

// look judges a file: done means there is nothing to migrate.
func (l *lite) look(ctx context.Context) (version int64, done bool, err error) {
	version, err = l.version(ctx)
	if err != nil {
		return 0, false, err
	}
	done, err = current(version, func() (int64, error) { return l.oldest(ctx, version) })
	if done || err != nil {
		return version, done, err
	}
	err = l.lookForForeign(ctx, version)
	if errors.Is(err, ErrForeignTables) {
		if now, lookErr := l.version(ctx); lookErr == nil && now != version {
			return l.look(ctx) // they are ours: another process has just made them
		}
	}
	return version, false, err
}

func (l *lite) up(ctx context.Context) error {
	conn := sql.OpenDB(l.writer.connector)
	defer conn.Close()
	conn.SetMaxOpenConns(1)
	return up(ctx, goose.DialectSQLite3, conn, folder(schema.SQLite, "sqlite"), goose.WithTableName(versionTable))
}

// version is 0 for a file without our mark.
func (l *lite) version(ctx context.Context) (int64, error) {
	return l.numberIn(ctx, versionTable, "SELECT COALESCE(MAX(version_id), 0) FROM "+versionTable)
}

// oldest is the oldest program that may serve a file of this version, 0 where
// it does not say.
func (l *lite) oldest(ctx context.Context, version int64) (int64, error) {
	return l.numberIn(ctx, programsTable, oldestSQL(programsTable), version)
}

// numberIn asks a table for a number, which is 0 where there is no such table.
func (l *lite) numberIn(ctx context.Context, table, question string, args ...any) (int64, error) {
	there, err := l.ask(ctx, "SELECT COUNT(*) FROM sqlite_schema WHERE name = ?1", table)
	if err != nil || there == int64(0) {
		return 0, err
	}
	answer, err := l.ask(ctx, question, args...)
	if err != nil {
		return 0, err
	}
	number, _ := answer.(int64)
	return number, nil
}

// lookForForeign looks at mark and tables in one statement: another process
// may be making both. Ours are those that a schema of this version has.
func (l *lite) lookForForeign(ctx context.Context, version int64) error {
	names, err := l.ask(ctx, `
		SELECT group_concat(name, ', ') FROM sqlite_schema
		WHERE name IN ('`+strings.Join(unmade(version), "', '")+`')
		  AND (?2 OR NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1))`, versionTable, version > 0)
	if text, ok := names.(string); ok && err == nil {
		return fmt.Errorf("%w (%s)", ErrForeignTables, text)
	}
	return err
}

// ask gives the one value of a question.
func (l *lite) ask(ctx context.Context, text string, args ...any) (value driver.Value, err error) {
	err = l.writer.alone(ctx, func(c *liteConn) error {
		rows, err := c.query(ctx, text, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		values := make([]driver.Value, 1)
		if err := rows.Next(values); err != io.EOF {
			value = values[0]
			return err
		}
		return nil
	})
	return value, err
}
