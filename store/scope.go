package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"taskwire/store/internal/db"
)

// One call may take this long in all, waits and retries included: whoever
// stands behind it hears "unavailable" rather than nothing. To stop the
// statement may take cancelTimeout more, and within 5 s there is to be an answer.
const callTimeout = 3500 * time.Millisecond

const (
	tries     = 4
	firstWait = 50 * time.Millisecond
)

// scope is the way to the queries of one user.
type scope struct {
	st   *Store
	user string
}

// For is the only way to a query: what runs through it can reach this user's
// rows and nobody else's.
func (st *Store) For(user string) scope { return scope{st: st, user: user} }

// run gives fn queries that each are a transaction of their own. fn may run
// again, but never after one of its changes has, or may have, taken effect.
func (sc scope) run(ctx context.Context, fn func(context.Context, *db.Queries) error) error {
	return sc.try(ctx, func(ctx context.Context) error {
		return fn(ctx, sc.queries(sc.st.engine.session(sc.user)))
	})
}

// inTx gives fn the queries of one transaction, which is committed when fn
// returns nil and leaves nothing behind otherwise. fn may run again.
func (sc scope) inTx(ctx context.Context, fn func(context.Context, *db.Queries) error) error {
	return sc.try(ctx, func(ctx context.Context) error {
		return sc.st.engine.inTx(ctx, sc.user, func(tx db.DBTX) error {
			return fn(ctx, sc.queries(tx))
		})
	})
}

// pipe is inTx in as few round trips as the database allows: a statement that
// returns no rows waits for the next that does, or for the end, so that what it
// refuses shows only then. changed counts the rows that each of them changed.
// Conditions on the whole transaction must therefore be such that the database
// itself refuses: a constraint.
func (sc scope) pipe(ctx context.Context, fn func(context.Context, *db.Queries) error) (changed []int64, err error) {
	return sc.pipeAndRead(ctx, fn)
}

// pipeAndRead is pipe with queries at its end that return rows, for which it
// needs no further round trip. Each of reads makes one, and may run twice: what
// it asks does not depend on what the others were answered.
func (sc scope) pipeAndRead(ctx context.Context, fn func(context.Context, *db.Queries) error, reads ...func(context.Context, *db.Queries) error) (changed []int64, err error) {
	err = sc.try(ctx, func(ctx context.Context) (err error) {
		with := func(fn func(context.Context, *db.Queries) error) func(db.DBTX) error {
			return func(tx db.DBTX) error { return fn(ctx, sc.queries(tx)) }
		}
		last := make([]func(db.DBTX) error, len(reads))
		for i, read := range reads {
			last[i] = with(read)
		}
		changed, err = sc.st.engine.pipe(ctx, sc.user, with(fn), last...)
		return err
	})
	return changed, err
}

func (sc scope) queries(conn db.DBTX) *db.Queries {
	if sc.st.wrap != nil {
		conn = sc.st.wrap(conn)
	}
	return db.New(conn)
}

func (sc scope) try(ctx context.Context, fn func(context.Context) error) error {
	if err := checkUser(sc.user); err != nil {
		return err
	}
	return sc.st.try(ctx, fn)
}

// checkUser refuses the empty user before any SQL: a forgotten user must not
// become a user of its own.
func checkUser(user string) error {
	if user == "" {
		return fmt.Errorf("%w: the user is empty", ErrInvalid)
	}
	return checkText("user", user, maxUser)
}

// try runs fn until it succeeds, fails for good, or time is up.
func (st *Store) try(ctx context.Context, fn func(context.Context) error) error {
	limited, done, err := st.within(ctx)
	if err != nil {
		return err
	}
	defer done()
	wait := firstWait
	for attempt := 1; ; attempt++ {
		err := fn(limited)
		if err == nil {
			return nil
		}
		if attempt < tries && retriable(err) && pause(limited, wait) {
			wait *= 2
			continue
		}
		return st.explain(ctx, limited, err)
	}
}

// pause waits about d, or reports that there is no time left for it.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d/2 + rand.N(d))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// explain turns an engine's error into one of ours. The caller's own end of
// the call is told from ours, which means that the database was too slow.
func (st *Store) explain(ctx, limited context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	if errors.Is(err, context.DeadlineExceeded) || limited.Err() != nil {
		return unavailable(err)
	}
	return st.engine.translate(err)
}
