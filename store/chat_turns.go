package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"taskwire/store/internal/db"
)

// An Outcome is how a turn ended.
type Outcome string

// The outcomes. A turn that nobody ended is Failed.
const (
	Done      Outcome = "done"
	Failed    Outcome = "failed"
	Cancelled Outcome = "cancelled"
)

// MessageChanges are made in the order of the fields.
type MessageChanges struct {
	DeleteAfter string    // every message behind this one goes: ErrNotFound, and no change, when it is not there
	Delete      []string  // these go, if they are there
	Save        []Message // overwritten in their place, or added
}

// turnKey names a turn among all users.
type turnKey struct{ user, session, turn string }

// Turn is an answer in progress, and the only one on its session. After its
// end, also one that another process brought about, its writes give ErrTurnOver,
// and ErrNotFound once the session is gone; nothing is written then. Not safe
// for concurrent use.
type Turn struct {
	c       *Chats
	user    string
	id      string
	session Session
	isNew   bool
	key     *Key
	files   []string
	first   string // id before all that the turn adds
	last    int64  // microseconds of the newest id in the session
	started time.Time
	unsure  Outcome         // of an end of which we did not hear
	gone    error           // after Abandon
	before  PageOf[Message] // until TakeHistory
}

// ID is the turn's own.
func (t *Turn) ID() string { return t.id }

// Session is as BeginTurn found or made it.
func (t *Turn) Session() Session { return t.session }

// TakeHistory gives the newest messages that were in the session before the
// turn, hidden ones too, newest first: as many as [TurnStart] wanted. It gives
// them once: a turn may wait for long, and need not hold them.
func (t *Turn) TakeHistory() PageOf[Message] {
	taken := t.before
	t.before = PageOf[Message]{}
	return taken
}

// NewID mints an id that sorts after every message that was in the session when
// the turn began and after every id that the turn has minted, whatever the
// clocks of other replicas say.
func (t *Turn) NewID() string {
	t.last = max(t.c.st.clock.now().UnixMicro(), t.last+1)
	return mint(messagePrefix, time.UnixMicro(t.last))
}

// lives is the part of the check that no database is asked for: a row that is
// not there any more would stop nobody. Ended turns are swept after
// KeyLifetime, by when a process that slept must not go on.
func (t *Turn) lives() error {
	if t.gone == nil && time.Since(t.started) > KeyLifetime-time.Hour {
		return ErrTurnOver
	}
	return t.gone
}

// write runs the changes of fn behind a check that the turn still runs, in one
// transaction. What that check finds shows at the end.
func (t *Turn) write(ctx context.Context, what string, fn func(context.Context, *db.Queries) error) error {
	if err := t.lives(); err != nil {
		return does(what, err)
	}
	changed, err := t.c.st.For(t.user).pipe(ctx, func(ctx context.Context, q *db.Queries) error {
		if err := t.hold(ctx, q); err != nil {
			return err
		}
		return fn(ctx, q)
	})
	if err == nil && changed[0] == 0 {
		err = ErrNotFound // and there was nothing left to write to
	}
	return does(what, err)
}

func (t *Turn) hold(ctx context.Context, q *db.Queries) error {
	return q.HoldTurn(ctx, db.HoldTurnParams{
		Now: t.c.st.clock.now(), UserID: t.user, SessionID: t.session.ID, TurnID: t.id,
	})
}

// AddMessage adds a message: ErrExists when the session has one of this id.
func (t *Turn) AddMessage(ctx context.Context, m Message) error {
	row, err := t.c.messageRow(t.user, t.session.ID, m)
	if err != nil {
		return does("add message of turn", err)
	}
	return t.write(ctx, "add message of turn", func(ctx context.Context, q *db.Queries) error {
		return q.CreateMessage(ctx, row)
	})
}

// Apply makes the changes in one transaction.
func (t *Turn) Apply(ctx context.Context, ch MessageChanges) error {
	rows, err := t.rows(ch)
	if err != nil {
		return does("apply changes of turn", err)
	}
	return t.write(ctx, "apply changes of turn", func(ctx context.Context, q *db.Queries) error {
		return t.apply(ctx, q, ch, rows)
	})
}

func (t *Turn) rows(ch MessageChanges) (rows []db.CreateMessageParams, err error) {
	err = checkIDs(append([]string{ch.DeleteAfter}, ch.Delete...)...)
	for _, m := range ch.Save {
		row, rowErr := t.c.messageRow(t.user, t.session.ID, m)
		rows, err = append(rows, row), errors.Join(err, rowErr)
	}
	return rows, err
}

func (t *Turn) apply(ctx context.Context, q *db.Queries, ch MessageChanges, rows []db.CreateMessageParams) error {
	if ch.DeleteAfter != "" {
		if err := t.deleteAfter(ctx, q, ch.DeleteAfter); err != nil {
			return err
		}
	}
	for _, id := range ch.Delete {
		err := q.DeleteMessage(ctx, db.DeleteMessageParams{UserID: t.user, SessionID: t.session.ID, MessageID: id})
		if err != nil {
			return err
		}
	}
	for _, row := range rows {
		if err := q.SaveMessage(ctx, db.SaveMessageParams(row)); err != nil {
			return err
		}
	}
	return nil
}

func (t *Turn) deleteAfter(ctx context.Context, q *db.Queries, id string) error {
	_, err := q.FindMessage(ctx, db.FindMessageParams{UserID: t.user, SessionID: t.session.ID, MessageID: id})
	if err != nil {
		return err
	}
	return q.DeleteMessagesAfter(ctx, db.DeleteMessagesAfterParams{UserID: t.user, SessionID: t.session.ID, MessageID: id})
}

// SaveSession changes what p names and returns the session as it then is: what
// others have changed meanwhile is kept, and so is a title that the user gave.
func (t *Turn) SaveSession(ctx context.Context, p SessionPatch) (Session, error) {
	params, err := p.params(t.user, t.session.ID)
	if err != nil {
		return Session{}, does("change session of turn", err)
	}
	if err := t.lives(); err != nil {
		return Session{}, does("change session of turn", err)
	}
	var row db.ChatSession
	_, err = t.c.st.For(t.user).pipeAndRead(ctx, func(ctx context.Context, q *db.Queries) error {
		// The session before the turn, as whoever deletes it: else each may wait for the other.
		return errors.Join(t.touch(ctx, q), t.hold(ctx, q))
	}, func(ctx context.Context, q *db.Queries) (err error) {
		params.UpdatedAt = t.c.st.clock.now()
		row, err = q.PatchSession(ctx, params)
		return err
	})
	if err != nil {
		return Session{}, does("change session of turn", err)
	}
	return fromSessionRow(row), nil
}

// Checkpoint keeps unfinished messages aside, for whoever ends the turn if this
// process dies. The next checkpoint and the end replace it.
func (t *Turn) Checkpoint(ctx context.Context, unfinished []Message) error {
	const what = "keep checkpoint of turn"
	text, err := t.c.encodeCheckpoint(t.user, t.session.ID, unfinished)
	if err = errors.Join(t.lives(), err); err != nil {
		return does(what, err)
	}
	changed, err := t.c.st.For(t.user).pipe(ctx, func(ctx context.Context, q *db.Queries) error {
		return q.CheckpointTurn(ctx, db.CheckpointTurnParams{
			Now: t.c.st.clock.now(), Checkpoint: text, UserID: t.user, SessionID: t.session.ID, TurnID: t.id,
		})
	})
	if err == nil && changed[0] == 0 {
		err = ErrNotFound
	}
	return does(what, err)
}

// End makes the last changes and ends the turn, in one transaction. It may be
// called again after an error; until it succeeds, [Chats.Rescue] tries to end
// the turn as Failed.
func (t *Turn) End(ctx context.Context, o Outcome, last MessageChanges) error {
	const what = "end turn"
	rows, err := t.rows(last)
	if o != Done && o != Failed && o != Cancelled {
		err = errors.Join(err, fmt.Errorf("%w: outcome %q is none", ErrInvalid, o))
	}
	if err = errors.Join(t.lives(), err); err != nil {
		return does(what, err)
	}
	lastID := t.NewID()
	changed, err := t.c.st.For(t.user).pipe(ctx, func(ctx context.Context, q *db.Queries) error {
		// The next turn waits for the session's row, and then sees what this one adds.
		if err := t.touch(ctx, q); err != nil {
			return err
		}
		err := q.EndTurn(ctx, db.EndTurnParams{
			Now: t.c.st.clock.now(), State: string(o), LastID: lastID, UserID: t.user, SessionID: t.session.ID, TurnID: t.id,
		})
		if err != nil {
			return err
		}
		return t.apply(ctx, q, last, rows)
	})
	if err == nil && changed[1] == 0 {
		err = ErrNotFound
	}
	err = meaning(err)
	if errors.Is(err, ErrTurnOver) && t.unsure == o && t.endedAs(ctx, o) {
		err = nil // the attempt of which we did not hear
	}
	if t.c.remember(t, err) {
		t.unsure = o
	}
	return does(what, err)
}

func (t *Turn) endedAs(ctx context.Context, o Outcome) bool {
	var row db.ChatTurn
	err := t.c.st.For(t.user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		row, err = q.GetTurn(ctx, db.GetTurnParams{UserID: t.user, SessionID: t.session.ID, TurnID: t.id})
		return err
	})
	return err == nil && row.State == string(o) && row.Owner == t.c.owner
}

// Abandon takes back a turn that has written nothing yet: it never was, and its
// key is free.
func (t *Turn) Abandon(ctx context.Context) error {
	user, session := t.user, t.session.ID
	err := t.write(ctx, "abandon turn", func(ctx context.Context, q *db.Queries) error {
		for _, id := range t.files {
			_, err := q.LinkAttachment(ctx, db.LinkAttachmentParams{
				UserID: user, AttachmentID: id, ExpiresAt: t.c.st.clock.now().Add(AttachmentGrace),
			})
			if err != nil && !noRows(err) {
				return err
			}
		}
		err := errors.Join(
			q.DeleteMessagesFrom(ctx, db.DeleteMessagesFromParams{UserID: user, SessionID: session, MessageID: t.first}),
			q.DeleteTurn(ctx, db.DeleteTurnParams{UserID: user, SessionID: session, TurnID: t.id}),
		)
		if t.key != nil {
			err = errors.Join(err, q.DeleteKeyOfTurn(ctx, db.DeleteKeyOfTurnParams{
				UserID: user, Endpoint: t.key.Endpoint, Key: t.key.Key, TurnID: t.id,
			}))
		}
		if t.isNew {
			err = errors.Join(err, q.DeleteSession(ctx, db.DeleteSessionParams{UserID: user, SessionID: session}))
		}
		return err
	})
	t.c.remember(t, err)
	if err == nil {
		t.gone = ErrTurnOver
	}
	if err == nil && t.isNew {
		t.gone = ErrNotFound
	}
	return err
}
