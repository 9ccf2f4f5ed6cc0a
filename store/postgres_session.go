package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"taskwire/faultpoint"
	"taskwire/store/internal/db"
)

// pgSession is sqlc's DBTX for one user. Each statement travels with the
// settings in one batch, which the server runs as one transaction: one round
// trip, and nothing stays on the connection.
type pgSession struct {
	pg          *postgres
	user        string
	maintenance string
}

func (s *pgSession) send(ctx context.Context, conn *pgx.Conn, sql string, args []any, first ...string) pgx.BatchResults {
	var batch pgx.Batch
	for _, text := range first {
		batch.Queue(text)
	}
	batch.Queue(s.pg.settings, s.user, s.maintenance)
	batch.Queue(s.pg.qualify(sql), args...)
	results := conn.SendBatch(ctx, &batch)
	for range len(first) + 1 {
		results.Exec() // a failure comes again with the query itself
	}
	return results
}

// Exec implements db.DBTX.
func (s *pgSession) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	conn, err := s.pg.acquire(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer conn.Release()
	wait := faultpoint.At(ctx, "pg.query")
	if err := wait.Before(); err != nil {
		return pgconn.CommandTag{}, err
	}
	results := s.send(ctx, conn.Conn(), sql, args)
	tag, err := results.Exec()
	if closeErr := results.Close(); err == nil {
		err = committing(wait.After(closeErr))
	}
	return tag, err
}

// Query implements db.DBTX.
func (s *pgSession) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	conn, release, err := s.pg.acquireToRead(ctx, sql)
	if err != nil {
		return nil, err
	}
	wait := faultpoint.At(ctx, "pg.query")
	if err := wait.Before(); err != nil {
		release()
		return nil, err
	}
	results := s.send(ctx, conn.Conn(), sql, args)
	rows, err := results.Query()
	if err != nil {
		results.Close()
		release()
		return nil, err
	}
	return &batchRows{Rows: rows, wait: wait, results: results, release: release}, nil
}

// QueryRow implements db.DBTX.
func (s *pgSession) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := s.Query(ctx, sql, args...)
	return oneRow{rows: rows, err: err}
}

// batchRows ends its batch, and with it the transaction, when the rows end.
type batchRows struct {
	pgx.Rows
	wait    faultpoint.Wait
	results pgx.BatchResults
	release func() // nil inside a transaction
	closed  bool
	err     error
}

func (r *batchRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *batchRows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	r.Rows.Close()
	r.err = r.Rows.Err()
	if err := r.results.Close(); r.err == nil {
		r.err = committing(r.wait.After(err))
	}
	if r.release != nil {
		r.release()
	}
}

func (r *batchRows) Err() error {
	if r.closed {
		return r.err
	}
	return r.Rows.Err()
}

// oneRow reports a row only when the transaction that gave it is through.
type oneRow struct {
	rows pgx.Rows
	err  error
}

func (r oneRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}

// inTx begins with its first statement, to save a round trip.
func (pg *postgres) inTx(ctx context.Context, user string, fn func(db.DBTX) error) error {
	conn, err := pg.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	tx := &pgTx{pgSession: pgSession{pg: pg, user: user}, conn: conn.Conn()}
	defer tx.rollback(ctx)
	if err := fn(tx); err != nil {
		return err
	}
	return tx.commit(ctx)
}

// pgTx is sqlc's DBTX inside a transaction.
type pgTx struct {
	pgSession
	conn  *pgx.Conn
	begun bool
}

func (tx *pgTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	wait := faultpoint.At(ctx, "pg.statement")
	if err := wait.Before(); err != nil {
		return nil, err
	}
	if tx.begun {
		rows, err := tx.conn.Query(ctx, tx.pg.qualify(sql), args...)
		if err = wait.After(err); err != nil {
			rows.Close()
			return nil, err
		}
		return rows, nil
	}
	tx.begun = true
	results := tx.send(ctx, tx.conn, sql, args, "BEGIN")
	rows, err := results.Query()
	if err != nil {
		results.Close()
		return nil, err
	}
	return &batchRows{Rows: rows, wait: wait, results: results}, nil
}

func (tx *pgTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

func (tx *pgTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := tx.Query(ctx, sql, args...)
	return oneRow{rows: rows, err: err}
}

func (tx *pgTx) commit(ctx context.Context) error {
	if !tx.begun {
		return nil
	}
	wait := faultpoint.At(ctx, "pg.commit")
	if err := wait.Before(); err != nil {
		return err
	}
	tag, err := tx.conn.Exec(ctx, "COMMIT")
	if err = wait.After(err); err != nil {
		return fmt.Errorf("commit: %w", committing(err))
	}
	if tag.String() != "COMMIT" {
		return errors.New("commit: the transaction had failed before")
	}
	return nil
}

// rollback ends what commit has not. A connection that cannot even do that is
// closed, and the server rolls back by itself.
func (tx *pgTx) rollback(ctx context.Context) {
	if tx.conn.IsClosed() || tx.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	wait := faultpoint.At(ctx, "pg.rollback")
	err := wait.Before()
	if err == nil {
		_, err = tx.conn.Exec(ctx, "ROLLBACK")
	}
	if wait.After(err) != nil {
		tx.conn.Close(ctx)
	}
}
