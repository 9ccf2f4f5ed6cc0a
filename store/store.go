// Package store keeps what Taskwire knows: the tasks of each user, the journal
// of the tool calls that changed them, and the chats, in SQLite or in
// PostgreSQL. It knows nothing of tokens, tools, ChatKit or HTTP: the user is an argument, and the
// caller has checked who that is.
//
// Two walls stand between users. [Store.For] is the only way to a query and
// every query names its user; on PostgreSQL row-level security holds even
// where a query should forget to.
package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"taskwire/store/internal/db"
)

// Store is an open database. It is safe for concurrent use, and several
// processes may have the same database open, SQLite included.
type Store struct {
	engine engine
	clock  *clock
	// deadlines bound each call; see callTimeout.
	deadlines deadlines
	wrap      func(db.DBTX) db.DBTX // tests break queries with it; nil otherwise
}

// engine is what differs between the databases: how a statement reaches one
// and what its errors mean.
type engine interface {
	// session runs each statement in a transaction of its own.
	session(user string) db.DBTX
	// inTx runs fn in one transaction, committed when fn returns nil.
	inTx(ctx context.Context, user string, fn func(db.DBTX) error) error
	// pipe is inTx for fewer round trips: what returns no rows may wait for what
	// does, or for the end. changed counts the rows of each of these statements.
	// last, if not nil, is one query that returns rows and ends the transaction.
	pipe(ctx context.Context, user string, fn func(db.DBTX) error, reads ...func(db.DBTX) error) (changed []int64, err error)
	// maintenance is the session for queries/maintenance.sql and nothing else.
	maintenance() db.DBTX
	// wake lets the process that listens as owner know, if it does. listen calls
	// heard when it has begun to, and for each such word, until it fails.
	wake(ctx context.Context, owner string) error
	listen(ctx context.Context, owner string, heard func()) error
	translate(err error) error
	ping(ctx context.Context) error
	close()
}

// Open connects (once, it is for the caller to try again), brings the schema
// up to date and says in the log whether the second wall stands. Beside what
// [Migrate] returns it reports ErrUnavailable when the database is away; a
// login, database or option that waiting does not mend comes with its cure. On
// PostgreSQL the login of cfg.DirectURL grants that of cfg.URL what it lacks.
func Open(ctx context.Context, cfg Config, logger *slog.Logger) (*Store, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	var e engine
	if cfg.postgres() {
		e, err = openPostgres(ctx, cfg, logger)
	} else {
		e, err = openSQLite(ctx, cfg, logger)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &Store{engine: e, clock: newClock(), deadlines: deadlines{limit: callTimeout, step: 100 * time.Millisecond}}, nil
}

// Ping reports whether the database answers, as ErrUnavailable if it does not.
func (st *Store) Ping(ctx context.Context) error {
	if err := st.engine.ping(ctx); err != nil {
		return fmt.Errorf("ping database: %w", st.engine.translate(err))
	}
	return nil
}

// Close waits for what is running and lets go of the database.
func (st *Store) Close() { st.engine.close() }

// Tasks is the half of the store that mcpserver uses.
func (st *Store) Tasks() *Tasks { return &Tasks{st: st} }
