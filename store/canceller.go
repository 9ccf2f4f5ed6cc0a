package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	cancelTimeout = time.Second
	// cancelSettles is how long the server may take to deliver a cancellation
	// that it has accepted; until then it could hit the next statement.
	cancelSettles = 100 * time.Millisecond
)

// canceller stops the statement at the server when its context ends. pgx has
// the like, but hangs up on the cancel request as soon as the statement
// returns, and PgBouncer 1.18 exits ("bad client state") when a client hangs up
// before its cancel request is through. This one waits for it.
type canceller struct {
	conn *pgconn.PgConn
	done chan struct{}
}

// HandleCancel implements ctxwatch.Handler.
func (c *canceller) HandleCancel(context.Context) {
	deadline := time.Now().Add(cancelTimeout)
	c.conn.Conn().SetDeadline(deadline) // for a server that does not heed
	c.done = make(chan struct{})
	go func() {
		defer close(c.done)
		defer func() { _ = recover() }() // the deadline ends the statement then
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		defer cancel()
		if c.conn.CancelRequest(ctx) == nil {
			time.Sleep(cancelSettles)
		}
	}()
}

// HandleUnwatchAfterCancel implements ctxwatch.Handler.
func (c *canceller) HandleUnwatchAfterCancel() {
	<-c.done
	c.conn.Conn().SetDeadline(time.Time{})
}
