package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"taskwire/faultpoint"
)

const (
	// lockPatience is how long another process may hold the file's lock.
	lockPatience = 4 * time.Second
	// lockPoll is far shorter than what SQLite would wait between two looks: a
	// busy process leaves the file alone only for moments.
	lockPoll = time.Millisecond
	// A group takes nobody in who comes later than groupTime after its first, or
	// after groupSize others: they would keep those waiting, and other processes.
	groupTime = 5 * time.Millisecond
	groupSize = 64
)

// liteWriter lends the one connection that writes, first come, first served.
// Syncing the file costs more than most changes, so who is done leaves the
// transaction open to the next who waits, and the last of the group commits for
// all. Each makes its changes behind a savepoint, so that one that fails takes
// no other with it, and nobody is told of success before the commit.
type liteWriter struct {
	connector driver.Connector

	mu     sync.Mutex
	held   bool         // somebody has what stands under conn
	queue  []chan error // who waits; nil says that it has it now
	closed bool
	idle   chan struct{} // made by close, closed once nobody has it

	// These belong to whoever has it.
	conn  *liteConn // nil: not open
	group *liteGroup
}

// liteGroup is one transaction of several.
type liteGroup struct {
	begun   time.Time
	members int // whose changes are in it
	commit  faultpoint.Wait
	done    chan struct{}
	err     error // of the commit, once done
}

// errLost marks changes that were taken back for no fault of their own: they
// may be made again.
var errLost = errors.New("the transaction of others was lost")

// write runs fn on the connection and returns when its changes are on the disk,
// or none of them is made. fn runs on the caller's goroutine. Its statements
// must not be interrupted: SQLite would roll back the whole transaction.
func (w *liteWriter) write(ctx context.Context, fn func(*liteConn) error) error {
	if err := w.take(ctx); err != nil {
		return err
	}
	g, err := w.join(ctx, fn)
	if g == nil {
		return err
	}
	<-g.done
	if g.err != nil {
		return g.err
	}
	return err
}

func (w *liteWriter) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	turn := w.line()
	select {
	case err := <-turn:
		return err
	case <-ctx.Done():
	}
	w.mu.Lock()
	place := slices.Index(w.queue, turn)
	if place >= 0 {
		w.queue = slices.Delete(w.queue, place, place+1)
	}
	w.mu.Unlock()
	if place >= 0 {
		return ctx.Err()
	}
	return <-turn // too late to leave: join sees to it
}

func (w *liteWriter) line() chan error {
	turn := make(chan error, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		turn <- unavailable(errClosed)
	case w.held:
		w.queue = append(w.queue, turn)
	default:
		w.held = true
		turn <- nil
	}
	return turn
}

// join makes the changes of fn part of the group's, and passes the connection
// on in any case. With an error it gives the group too if others are in it: fn
// may have refused for what they have changed, which nobody may hear of before
// it is committed.
func (w *liteWriter) join(ctx context.Context, fn func(*liteConn) error) (joined *liteGroup, err error) {
	defer w.pass()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.group == nil {
		if err := w.begin(ctx); err != nil {
			return nil, err
		}
	}
	g := w.group
	if g.members > 0 {
		if err := w.run("SAVEPOINT member"); err != nil {
			return nil, w.judge(err)
		}
	}
	made := false
	defer func() {
		if made {
			return
		}
		w.undo()               // fn may have panicked
		if w.group != joined { // and it was fn that lost the group
			joined = nil
		}
	}()
	if err := fn(w.conn); err != nil {
		if err = w.judge(err); w.group == g && g.members > 0 {
			return g, err
		}
		return nil, err
	}
	if g.members > 0 {
		if err := w.run("RELEASE member"); err != nil {
			return nil, w.judge(err)
		}
	}
	made = true
	g.members++
	return g, nil
}

// alone runs fn on the connection outside of any transaction.
func (w *liteWriter) alone(ctx context.Context, fn func(*liteConn) error) error {
	if err := w.take(ctx); err != nil {
		return err
	}
	defer w.pass()
	w.commit()
	err := w.open(ctx)
	if err == nil {
		err = w.judge(fn(w.conn))
	}
	return err
}

// begin takes the file's lock at once, so that no transaction fails for having
// read first. It waits for other processes by itself: with SQLite's own wait the
// driver starts a goroutine for each statement, to end it with ctx.
func (w *liteWriter) begin(ctx context.Context) error {
	if err := w.open(ctx); err != nil {
		return err
	}
	if !w.conn.impatient {
		if err := w.run("PRAGMA busy_timeout = 0"); err != nil {
			return w.judge(err)
		}
		w.conn.impatient = true
	}
	wait := faultpoint.At(ctx, "sqlite.begin")
	if err := wait.Before(); err != nil {
		return err
	}
	for since := time.Now(); ; {
		err := wait.After(w.run("BEGIN IMMEDIATE"))
		if err == nil {
			w.group = &liteGroup{begun: time.Now(), commit: faultpoint.At(ctx, "sqlite.commit"), done: make(chan struct{})}
			return nil
		}
		if liteCode(err) != sqlite3.SQLITE_BUSY {
			w.drop() // whatever is the matter, a new connection does not have it from this one
			return err
		}
		if time.Since(since) > lockPatience {
			return err
		}
		if !pause(ctx, lockPoll) {
			return ctx.Err()
		}
	}
}

func (w *liteWriter) open(ctx context.Context) error {
	if w.conn != nil {
		return nil
	}
	conn, err := w.connector.Connect(ctx)
	if err != nil {
		return err
	}
	w.conn = &liteConn{conn: conn, stmts: map[string]liteStmt{}}
	return nil
}

// run is for statements of its own, which nothing interrupts.
func (w *liteWriter) run(text string) error {
	_, err := w.conn.exec(context.Background(), text)
	return err
}

// judge lets go of a connection after an error that says so, and with it of
// what the group has done.
func (w *liteWriter) judge(err error) error {
	if broken(err) {
		w.lose(err)
		w.drop()
	}
	return err
}

func (w *liteWriter) drop() {
	w.conn.close()
	w.conn = nil
}

// undo takes back what the last has done, and only that.
func (w *liteWriter) undo() {
	g := w.group
	if g == nil {
		return
	}
	if g.members == 0 {
		_ = w.run("ROLLBACK")
		w.group = nil // which nobody waits for
		return
	}
	if err := errors.Join(w.run("ROLLBACK TO member"), w.run("RELEASE member")); err != nil {
		w.lose(err) // SQLite has rolled back the whole already: the disk is full, or out of order
	}
}

// lose ends the group without its changes.
func (w *liteWriter) lose(err error) {
	_ = w.run("ROLLBACK") // SQLite may have done so itself
	w.end(fmt.Errorf("%w: %w", errLost, err))
}

func (w *liteWriter) end(err error) {
	if g := w.group; g != nil {
		w.group, g.err = nil, err
		close(g.done)
	}
}

// commit makes the group's changes last.
func (w *liteWriter) commit() {
	g := w.group
	if g == nil {
		return
	}
	err := g.commit.Before()
	if err == nil {
		err = g.commit.After(w.run("COMMIT"))
	}
	switch {
	case err == nil:
		w.end(nil)
	case liteCode(err) == sqlite3.SQLITE_FULL && g.members > 1:
		w.lose(err) // for want of room for one of them, perhaps
	default:
		_ = w.run("ROLLBACK")
		w.end(fmt.Errorf("commit: %w", err))
		w.drop()
	}
}

// pass hands the connection to the next who waits.
func (w *liteWriter) pass() {
	if g := w.group; g != nil && g.members < groupSize && time.Since(g.begun) < groupTime && w.wake() {
		return
	}
	w.commit()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wakeLocked() {
		return
	}
	w.held = false
	if w.closed {
		close(w.idle)
	}
}

// wake gives the connection to the first who waits, if there is one.
func (w *liteWriter) wake() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wakeLocked()
}

func (w *liteWriter) wakeLocked() bool {
	if len(w.queue) == 0 {
		return false
	}
	w.queue[0] <- nil
	w.queue = w.queue[1:]
	return true
}

// close refuses who waits, and waits for who has begun.
func (w *liteWriter) close() {
	w.mu.Lock()
	w.closed, w.idle = true, make(chan struct{})
	for _, turn := range w.queue {
		turn <- unavailable(errClosed)
	}
	w.queue = nil
	if !w.held {
		close(w.idle)
	}
	w.mu.Unlock()
	<-w.idle
	w.conn.close()
}
