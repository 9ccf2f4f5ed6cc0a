package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"taskwire/faultpoint"
	"taskwire/store/internal/db"
)

// How often a watcher looks where nobody can tell it, and where somebody can
// but a word may be lost.
const (
	pollOften = 500 * time.Millisecond
	pollRare  = 5 * time.Second
	pollSoon  = 100 * time.Millisecond
)

// soonLooks is how often a watcher looks again for a turn that it does not know:
// one that has begun is in the database a moment before it is in its process.
const soonLooks = 50

func (c *Chats) stop(turn db.ChatTurn) db.AskToStopParams {
	return db.AskToStopParams{
		UserID: turn.UserID, SessionID: turn.SessionID, TurnID: turn.TurnID, Owner: turn.Owner, AskedAt: c.st.clock.now(),
	}
}

// RequestCancel asks the process that runs the session's turn to stop it and
// reports whether there is such a turn. That process hears of it in
// [Chats.WatchCancels].
func (c *Chats) RequestCancel(ctx context.Context, user, session string) (running bool, err error) {
	if err := checkIDs(session); err != nil {
		return false, does("request cancel", err)
	}
	var turn db.ChatTurn
	_, err = c.st.For(user).pipe(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		turn, err = q.GetRunningTurn(ctx, db.GetRunningTurnParams{UserID: user, SessionID: session})
		if err != nil {
			return err
		}
		return q.AskToStop(ctx, c.stop(turn))
	})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, does("request cancel", err)
	}
	c.wake(ctx, turn.Owner)
	return true, nil
}

// wake saves the other the wait for its next look; it will look anyway.
func (c *Chats) wake(ctx context.Context, owner string) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = c.st.engine.wake(ctx, owner)
}

// WatchCancels calls stop for each turn of this process that is to stop,
// because somebody asked for it or deleted its session, until ctx ends. stop
// reports whether it knows the turn; it is called again, for a few seconds, until
// it does. On PostgreSQL it listens on the direct connection; where there is none,
// it looks twice a second. A database that is away makes it wait and try again.
func (c *Chats) WatchCancels(ctx context.Context, stop func(user, session, turn string) (known bool)) {
	ctx = faultpoint.Upkeep(ctx, "stops")
	heard := make(chan struct{}, 1)
	var listening atomic.Bool
	var listener sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	listener.Go(func() { c.listen(ctx, heard, &listening) })
	defer listener.Wait()
	defer cancel()                     // also when stop panics
	var unknown map[db.StopsForRow]int // how often stop was asked in vain
	for {
		unknown = c.takeStops(ctx, unknown, stop)
		wait := pollOften
		switch {
		case len(unknown) > 0:
			wait = pollSoon
		case listening.Load():
			wait = pollRare
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-heard:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// listen keeps a listener up for as long as the engine can have one.
func (c *Chats) listen(ctx context.Context, heard chan<- struct{}, listening *atomic.Bool) {
	for ctx.Err() == nil {
		err := safely(func() error {
			return c.st.engine.listen(ctx, c.owner, func() {
				listening.Store(true)
				select {
				case heard <- struct{}{}:
				default:
				}
			})
		})
		listening.Store(false)
		if errors.Is(err, errCannotListen) || !pause(ctx, time.Second) {
			return
		}
	}
}

// takeStops passes on what is there. What it cannot read or strike out now it
// will another time. It returns those that stop did not know.
func (c *Chats) takeStops(ctx context.Context, unknown map[db.StopsForRow]int, stop func(user, session, turn string) bool) map[db.StopsForRow]int {
	var rows []db.StopsForRow
	err := c.maintain(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		rows, err = q.StopsFor(ctx, db.StopsForParams{Owner: c.owner})
		return err
	})
	if err != nil {
		return unknown
	}
	still := map[db.StopsForRow]int{}
	for _, row := range rows {
		if !stop(row.UserID, row.SessionID, row.TurnID) && unknown[row] < soonLooks {
			still[row] = unknown[row] + 1
			continue
		}
		_ = c.st.For(row.UserID).run(ctx, func(ctx context.Context, q *db.Queries) error {
			return q.DeleteStop(ctx, db.DeleteStopParams(row))
		})
	}
	return still
}

// errCannotListen: there is no connection on which one could.
var errCannotListen = errors.New("the database does not tell")

func (l *lite) wake(context.Context, string) error { return nil }

func (l *lite) listen(context.Context, string, func()) error { return errCannotListen }

// stopChannel is one for all schemas: the payload is an owner's name, which no
// two have, and nothing of a user's.
const stopChannel = "taskwire_stops"

func (pg *postgres) wake(ctx context.Context, owner string) error {
	conn, err := pg.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	wait := faultpoint.At(ctx, "pg.wake")
	if err := wait.Before(); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "SELECT pg_notify($1, $2)", stopChannel, owner)
	return wait.After(err)
}

func (pg *postgres) listen(ctx context.Context, owner string, heard func()) error {
	if pg.cfg.pooled(pg.cfg.DirectURL) {
		return errCannotListen
	}
	cc, err := directConfig(pg.cfg)
	if err != nil {
		return err
	}
	// There is no statement to stop at the server: its end is at once.
	cc.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: conn.Conn()}
	}
	conn, err := pgx.ConnectConfig(ctx, cc)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+stopChannel); err != nil {
		return err
	}
	for heard(); ; {
		wait := faultpoint.At(ctx, "pg.listen")
		if err := wait.Before(); err != nil {
			return err
		}
		word, err := conn.WaitForNotification(ctx)
		if err = wait.After(err); err != nil {
			return err
		}
		if word.Payload == owner {
			heard()
		}
	}
}
