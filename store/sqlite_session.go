package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"taskwire/faultpoint"
)

// liteSession serves sqlc's DBTX, written for pgx, from a SQLite file. Only
// what the generated code uses is there.
type liteSession struct {
	l  *lite
	tx *liteConn // nil: each statement by itself
}

// write runs fn where changes are made. A context that has ended stops the next
// statement, not one that runs: see liteWriter.
func (s liteSession) write(ctx context.Context, fn func(context.Context, *liteConn) error) error {
	run := func(c *liteConn) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		wait := faultpoint.At(ctx, "sqlite.statement")
		if err := wait.Before(); err != nil {
			return err
		}
		return wait.After(fn(context.WithoutCancel(ctx), c))
	}
	if s.tx != nil {
		return run(s.tx)
	}
	return s.l.writer.write(ctx, run)
}

// Exec implements db.DBTX.
func (s liteSession) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	var changed int64
	err := s.write(ctx, func(ctx context.Context, c *liteConn) (err error) {
		changed, err = c.exec(ctx, planOf(query).text, args...)
		return err
	})
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return pgconn.NewCommandTag("UPDATE " + strconv.FormatInt(changed, 10)), nil
}

// Query implements db.DBTX. Rows that a change returns are read before its
// transaction ends, and given after it.
func (s liteSession) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	p := planOf(query)
	if p.reads && s.tx == nil {
		return s.read(ctx, p, args)
	}
	var rows driver.Rows
	err := s.write(ctx, func(ctx context.Context, c *liteConn) (err error) {
		rows, err = c.query(ctx, p.text, args...)
		if err == nil && s.tx == nil {
			rows, err = keepRows(rows)
		}
		return err
	})
	if err != nil {
		if rows != nil {
			rows.Close()
		}
		return nil, err
	}
	return &liteRows{rows: rows, done: func(error) {}}, nil
}

func (s liteSession) read(ctx context.Context, p *plan, args []any) (pgx.Rows, error) {
	wait := faultpoint.At(ctx, "sqlite.read")
	if err := wait.Before(); err != nil {
		return nil, err
	}
	pool := s.l.readers
	if p.walks {
		pool = s.l.walkers
	}
	c, err := pool.take(ctx)
	if err != nil {
		return nil, err
	}
	if p.quick {
		ctx = context.WithoutCancel(ctx)
	}
	rows, err := c.query(ctx, p.text, args...)
	if err != nil {
		pool.give(c, err)
		return nil, err
	}
	return &liteRows{rows: rows, wait: wait, done: func(err error) { pool.give(c, err) }}, nil
}

// QueryRow implements db.DBTX.
func (s liteSession) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	rows, err := s.Query(ctx, query, args...)
	return oneRow{rows: rows, err: err}
}

// liteArgs gives each argument the type that the driver takes; times become
// whole microseconds.
func liteArgs(args []any) ([]driver.NamedValue, error) {
	values := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		values[i].Ordinal = i + 1
		switch v := arg.(type) {
		case string, int64, bool, nil:
			values[i].Value = v
		case time.Time:
			values[i].Value = v.UnixMicro()
		case int16:
			values[i].Value = int64(v)
		case int32:
			values[i].Value = int64(v)
		default:
			value, err := driver.DefaultParameterConverter.ConvertValue(arg) // pointers, mostly
			if err != nil {
				return nil, err
			}
			values[i].Value = value
		}
	}
	return values, nil
}

// keptRows are rows that have left the database.
type keptRows struct {
	driver.Rows // closed; its columns are still there
	rows        [][]driver.Value
}

func keepRows(rows driver.Rows) (*keptRows, error) {
	kept := &keptRows{Rows: rows}
	for {
		row := make([]driver.Value, len(rows.Columns()))
		err := rows.Next(row)
		if err == io.EOF {
			return kept, rows.Close()
		}
		if err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		kept.rows = append(kept.rows, row)
	}
}

func (k *keptRows) Next(dest []driver.Value) error {
	if len(k.rows) == 0 {
		return io.EOF
	}
	copy(dest, k.rows[0])
	k.rows = k.rows[1:]
	return nil
}

func (k *keptRows) Close() error { return nil }

// liteRows embeds the interface because it grows in minor versions of pgx; what
// the generated code does not call stays nil.
type liteRows struct {
	pgx.Rows
	wait   faultpoint.Wait
	rows   driver.Rows
	done   func(error)
	values []driver.Value
	err    error
	closed bool
}

func (r *liteRows) Next() bool {
	if r.closed {
		return false
	}
	if r.values == nil {
		r.values = make([]driver.Value, len(r.rows.Columns()))
	}
	if err := r.rows.Next(r.values); err != nil {
		if err != io.EOF {
			r.err = err
		}
		r.Close()
		return false
	}
	return true
}

func (r *liteRows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	if err := r.rows.Close(); r.err == nil {
		r.err = r.wait.After(err)
	}
	r.done(r.err)
}

func (r *liteRows) Err() error { return r.err }

func (r *liteRows) Scan(dest ...any) error {
	for i, d := range dest {
		if err := scan(d, r.values[i]); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// scan knows the types of our columns: text, whole numbers, and the two things
// that SQLite keeps as whole numbers.
func scan(dest any, value driver.Value) error {
	text, isText := value.(string)
	number, isNumber := value.(int64)
	switch d := dest.(type) {
	case *string:
		*d = text
		return expect(isText, dest, value)
	case *int64:
		*d = number
	case *int32:
		*d = int32(number)
	case *int16:
		*d = int16(number)
	case *bool:
		*d = number != 0
	case *time.Time:
		*d = time.UnixMicro(number).UTC()
	default:
		return expect(false, dest, value)
	}
	return expect(isNumber, dest, value)
}

func expect(ok bool, dest any, value driver.Value) error {
	if !ok {
		return fmt.Errorf("a %T does not fit a %T", value, dest)
	}
	return nil
}
