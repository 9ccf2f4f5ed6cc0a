package store

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// What callers test for. Each of them may arrive wrapped.
var (
	// ErrNotFound reports that the user owns no such row; somebody else's row
	// gives exactly the same.
	ErrNotFound = errors.New("not found")
	// ErrStale reports that the task has changed since the given time.
	ErrStale = errors.New("changed in the meantime")
	// ErrCallReused reports a call id or idempotency key that came before with
	// other arguments.
	ErrCallReused = errors.New("call id or idempotency key was used with other arguments")
	// ErrBadCursor reports a cursor that this store did not give, or gave for
	// another order.
	ErrBadCursor = errors.New("cursor is not one of this list")
	// ErrInvalid reports a value that no database here can hold. Callers check
	// their input first; this is the net below them.
	ErrInvalid = errors.New("value cannot be stored")
	// ErrExists reports an id that is taken.
	ErrExists = errors.New("the id is taken")
	// ErrConflict reports an upload that was claimed before or is no longer
	// awaited.
	ErrConflict = errors.New("not in a state for this")
	// ErrBusy reports that another turn runs on the session.
	ErrBusy = errors.New("another turn runs on this session")
	// ErrTurnOver reports that the turn has ended, whoever ended it.
	ErrTurnOver = errors.New("the turn is over")
	// ErrKeyTaken reports an idempotency key that began a turn before; see
	// Chats.Replay.
	ErrKeyTaken = errors.New("the idempotency key was used before")
	// ErrKeyRunning reports that the first request with the key still runs.
	ErrKeyRunning = errors.New("the first request with this idempotency key still runs")
	// ErrKeyReused reports an idempotency key that came with another body.
	ErrKeyReused = errors.New("the idempotency key was used with another body")
	// ErrUnavailable reports that the database is away, full, read-only or too
	// busy: the same call may succeed later.
	ErrUnavailable = errors.New("database is unavailable")
	// ErrForeignTables reports tables of our names that are not ours.
	ErrForeignTables = errors.New("the database already holds tables of these names that Taskwire did not make")
	// ErrSchemaTooNew reports a schema that a later release has migrated.
	ErrSchemaTooNew = errors.New("the database schema is newer than this program")
)

// unavailable keeps the cause for the log and answers to ErrUnavailable.
func unavailable(err error) error {
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// The limits hold the keys of an index under the 2,704 bytes that PostgreSQL
// takes. Folding makes a title up to three times as long.
const (
	maxUser        = 255
	maxID          = 255
	maxTitle       = 255
	maxDescription = 1000
	maxSearch      = 1000
)

// checkText refuses what PostgreSQL would (22021), so that both engines agree.
func checkText(what, text string, maxRunes int) error {
	switch {
	case !utf8.ValidString(text):
		return fmt.Errorf("%w: %s is not valid UTF-8", ErrInvalid, what)
	case strings.IndexByte(text, 0) >= 0:
		return fmt.Errorf("%w: %s has a NUL character", ErrInvalid, what)
	case len(text) > maxRunes && utf8.RuneCountInString(text) > maxRunes:
		return fmt.Errorf("%w: %s is longer than %d characters", ErrInvalid, what, maxRunes)
	}
	return nil
}

// noRows reports that a statement gave no row, on either engine.
func noRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
