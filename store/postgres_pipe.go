package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"taskwire/faultpoint"
	"taskwire/store/internal/db"
)

// pgPipe is sqlc's DBTX inside a transaction whose statements travel together.
// One that returns no rows is kept until one that does, or the end, so that a
// transaction without any of the second kind is a single round trip.
type pgPipe struct {
	pgTx
	queued  []pgQuery
	changed []int64
}

type pgQuery struct {
	sql  string
	args []any
}

func (pg *postgres) pipe(ctx context.Context, user string, fn func(db.DBTX) error, reads ...func(db.DBTX) error) ([]int64, error) {
	conn, err := pg.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	p := &pgPipe{pgTx: pgTx{pgSession: pgSession{pg: pg, user: user}, conn: conn.Conn()}}
	defer p.rollback(ctx)
	if err := fn(p); err != nil {
		return nil, err
	}
	if len(reads) > 0 && !p.begun {
		err := p.endReading(ctx, reads)
		return p.changed, err
	}
	for _, read := range reads {
		if err := read(p); err != nil {
			return nil, err
		}
	}
	err = p.end(ctx)
	return p.changed, err
}

// Exec keeps the statement; its tag is empty.
func (p *pgPipe) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	p.queued = append(p.queued, pgQuery{sql, args})
	return pgconn.CommandTag{}, nil
}

// Query sends what was kept, and itself.
func (p *pgPipe) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	var batch pgx.Batch
	first := 0
	wait := faultpoint.At(ctx, "pg.statement")
	if err := wait.Before(); err != nil {
		return nil, err
	}
	if !p.begun {
		batch.Queue("BEGIN")
		first = 1
	}
	results, err := p.flush(ctx, &batch, first, func() { batch.Queue(p.pg.qualify(sql), args...) })
	p.begun = true
	if err != nil {
		results.Close()
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		results.Close()
		return nil, err
	}
	return &batchRows{Rows: rows, wait: wait, results: results}, nil
}

func (p *pgPipe) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := p.Query(ctx, sql, args...)
	return oneRow{rows: rows, err: err}
}

// flush sends batch with the settings, where they are still to come, with what
// was kept and with last, and reads what comes before the answer to last.
func (p *pgPipe) flush(ctx context.Context, batch *pgx.Batch, first int, last func()) (pgx.BatchResults, error) {
	if !p.begun {
		batch.Queue(p.pg.settings, p.user, p.maintenance)
		first++
	}
	for _, q := range p.queued {
		batch.Queue(p.pg.qualify(q.sql), q.args...)
	}
	last()
	results := p.conn.SendBatch(ctx, batch)
	for range first {
		if _, err := results.Exec(); err != nil {
			return results, err
		}
	}
	for range p.queued {
		tag, err := results.Exec()
		if err != nil {
			return results, err
		}
		p.changed = append(p.changed, tag.RowsAffected())
	}
	p.queued = nil
	return results, nil
}

// end commits. Without a BEGIN the batch is a transaction by itself.
func (p *pgPipe) end(ctx context.Context) error {
	if !p.begun && len(p.queued) == 0 {
		return nil
	}
	wait := faultpoint.At(ctx, "pg.commit")
	if err := wait.Before(); err != nil {
		return err
	}
	var batch pgx.Batch
	explicit := p.begun
	results, err := p.flush(ctx, &batch, 0, func() {
		if explicit {
			batch.Queue("COMMIT")
		}
	})
	if err != nil {
		results.Close()
		var pgErr *pgconn.PgError
		if errors.As(err, &pgErr) { // refused: the commit was not reached
			return err
		}
		return committing(err)
	}
	var tag pgconn.CommandTag
	if explicit {
		tag, err = results.Exec()
	}
	if closeErr := results.Close(); err == nil {
		err = closeErr
	}
	if err == nil && explicit && tag.String() != "COMMIT" {
		return errors.New("commit: the transaction had failed before")
	}
	return committing(wait.After(err))
}

// endReading sends what was kept and what reads ask, all of it as one batch,
// which is a transaction by itself. A first run of each of reads only tells what
// it asks.
func (p *pgPipe) endReading(ctx context.Context, reads []func(db.DBTX) error) error {
	var asks pgAsks
	for _, read := range reads {
		if err := read(&asks); !errors.Is(err, errAsked) {
			return fmt.Errorf("a query that does not ask: %w", err)
		}
	}
	wait := faultpoint.At(ctx, "pg.commit")
	if err := wait.Before(); err != nil {
		return err
	}
	var batch pgx.Batch
	results, err := p.flush(ctx, &batch, 0, func() {
		for _, q := range asks.queries {
			batch.Queue(p.pg.qualify(q.sql), q.args...)
		}
	})
	for _, read := range reads {
		if err == nil {
			err = read(pgAnswers{results})
		}
	}
	if closeErr := results.Close(); err == nil {
		err = committing(wait.After(closeErr))
	}
	return err
}

// errAsked tells that a query was noted, and nothing answered yet.
var errAsked = errors.New("asked")

// pgAsks is sqlc's DBTX that notes what is asked.
type pgAsks struct{ queries []pgQuery }

func (a *pgAsks) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errors.New("not a query")
}

func (a *pgAsks) Query(_ context.Context, sql string, args ...any) (pgx.Rows, error) {
	a.queries = append(a.queries, pgQuery{sql, args})
	return nil, errAsked
}

func (a *pgAsks) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := a.Query(ctx, sql, args...)
	return oneRow{rows: rows, err: err}
}

// pgAnswers is sqlc's DBTX that gives the answers of a batch in turn, whatever
// is asked.
type pgAnswers struct{ results pgx.BatchResults }

func (a pgAnswers) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return a.results.Exec()
}

func (a pgAnswers) Query(context.Context, string, ...any) (pgx.Rows, error) { return a.results.Query() }

func (a pgAnswers) QueryRow(context.Context, string, ...any) pgx.Row { return a.results.QueryRow() }
