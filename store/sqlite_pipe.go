package store

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"taskwire/store/internal/db"
)

// litePipe counts what statements change; there are no round trips to save.
type litePipe struct {
	db.DBTX
	changed []int64
}

func (l *lite) pipe(ctx context.Context, user string, fn func(db.DBTX) error, reads ...func(db.DBTX) error) ([]int64, error) {
	var p litePipe
	err := l.inTx(ctx, user, func(tx db.DBTX) error {
		p.DBTX = tx
		err := fn(&p)
		for _, read := range reads {
			if err == nil {
				err = read(&p)
			}
		}
		return err
	})
	return p.changed, err
}

func (p *litePipe) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	tag, err := p.DBTX.Exec(ctx, sql, args...)
	p.changed = append(p.changed, tag.RowsAffected())
	return pgconn.CommandTag{}, err // empty, as in a pipe to a server
}
