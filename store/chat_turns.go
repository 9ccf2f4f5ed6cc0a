package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"taskwire/store/internal/db"
)

// TurnStart is what a turn begins with.
type TurnStart struct {
	New       *Session // made by this turn; nil: SessionID is there already
	SessionID string
	// Message makes the user's message that the turn answers, with an id from
	// newID; nil: it answers something else. It may be called again.
	Message     func(newID func() string) (Message, error)
	Attachments []string // of the message: uploaded, of this user
	Key         *Key
}

// Key is an idempotency key, so that a request takes effect once in
// [KeyLifetime].
type Key struct {
	Endpoint string
	Key      string
	Hash     []byte // of the request's body
}

func (k Key) hash() string { return hex.EncodeToString(k.Hash) }

func (k Key) check() error {
	return errors.Join(checkID("endpoint", k.Endpoint), checkText("idempotency key", k.Key, maxID))
}

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
	DeleteAfter string    // every message behind this one goes
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
	unsure  Outcome // of an end of which we did not hear
	gone    error   // after Abandon
}

// BeginTurn does in one transaction: claim the key, make the session if it is
// new, see that no other turn runs on it, mark this one as running, link the
// attachments and add the message. Otherwise nothing is stored: ErrNotFound (the
// session or an attachment), ErrExists (the new session's id), ErrBusy,
// ErrKeyTaken (see [Chats.Replay]). A turn whose owner is dead is ended first.
func (c *Chats) BeginTurn(ctx context.Context, user string, start TurnStart) (*Turn, error) {
	t := &Turn{c: c, user: user, id: mint("turn_", c.st.clock.now()), key: start.Key, files: start.Attachments}
	if err := start.check(); err != nil {
		return nil, does("begin turn", err)
	}
	careful := len(start.Attachments) > 0
	for range tries {
		err := meaning(t.begin(ctx, start, careful))
		switch {
		case errors.Is(err, ErrTurnOver):
			careful = true // another replica's clock is ahead of ours
			continue
		case errors.Is(err, ErrBusy):
			if err = c.whyBusy(ctx, user, start); err == nil {
				continue // not any more
			}
		}
		if err != nil {
			c.remember(t, err) // it may have begun all the same
			return nil, does("begin turn", err)
		}
		return t, nil
	}
	return nil, does("begin turn", ErrBusy)
}

func (s TurnStart) check() error {
	errs := []error{checkIDs(s.Attachments...)}
	if s.New == nil {
		errs = append(errs, checkIDs(s.SessionID))
	}
	if s.Key != nil {
		errs = append(errs, s.Key.check())
	}
	return errors.Join(errs...)
}

// begin stores everything. If it is careful it looks at the session first;
// else it trusts that ids of now sort last, which the database checks, and
// costs a single round trip.
func (t *Turn) begin(ctx context.Context, start TurnStart, careful bool) error {
	sc := t.c.st.For(t.user)
	if start.New != nil {
		_, err := sc.pipe(ctx, func(ctx context.Context, q *db.Queries) error {
			return errors.Join(t.make(ctx, q, *start.New), t.store(ctx, q, start, true))
		})
		return err
	}
	t.session.ID = start.SessionID
	if careful {
		_, err := sc.pipe(ctx, func(ctx context.Context, q *db.Queries) error {
			if err := t.touch(ctx, q); err != nil {
				return err
			}
			if err := t.read(ctx, q); err != nil {
				return err
			}
			return t.store(ctx, q, start, true)
		})
		return err
	}
	_, err := sc.pipeAndRead(ctx, func(ctx context.Context, q *db.Queries) error {
		return errors.Join(t.touch(ctx, q), t.store(ctx, q, start, false))
	}, t.read)
	return err
}

// make makes the session.
func (t *Turn) make(ctx context.Context, q *db.Queries, s Session) error {
	row, err := t.c.sessionRow(t.user, s)
	if err != nil {
		return err
	}
	t.session, t.isNew = fromNewRow(row), true
	return q.CreateSession(ctx, row)
}

// touch locks the session that is there.
func (t *Turn) touch(ctx context.Context, q *db.Queries) error {
	return q.TouchSession(ctx, db.TouchSessionParams{Now: t.c.st.clock.now(), UserID: t.user, SessionID: t.session.ID})
}

func (t *Turn) read(ctx context.Context, q *db.Queries) error {
	row, err := q.GetTurnStart(ctx, db.GetTurnStartParams{UserID: t.user, SessionID: t.session.ID})
	if err != nil {
		return err
	}
	if row.Running != "" && row.Running != t.id {
		return ErrBusy
	}
	t.session, t.last = fromSessionRow(row.ChatSession), max(t.last, mintedAt(row.LastID))
	return nil
}

// store links the attachments, claims the key and adds turn and message.
func (t *Turn) store(ctx context.Context, q *db.Queries, start TurnStart, anywhere bool) error {
	for _, id := range t.files {
		_, err := q.LinkAttachment(ctx, db.LinkAttachmentParams{
			UserID: t.user, AttachmentID: id, SessionID: t.session.ID, ExpiresAt: never,
		})
		if err != nil {
			return err
		}
	}
	t.started = t.c.st.clock.now()
	if t.key != nil {
		if err := q.ClaimKey(ctx, t.c.claim(t.user, *t.key, t.session.ID, t.id, t.started)); err != nil {
			return err
		}
	}
	t.first = t.NewID()
	err := q.CreateTurn(ctx, db.CreateTurnParams{
		UserID: t.user, SessionID: t.session.ID, TurnID: t.id, Owner: t.c.owner,
		NewSession: t.isNew, FirstID: t.first, Anywhere: anywhere, StartedAt: t.started,
	})
	if err != nil || start.Message == nil {
		return err
	}
	m, err := start.Message(t.NewID)
	if err != nil {
		return err
	}
	row, err := t.c.messageRow(t.user, t.session.ID, m)
	if err != nil {
		return err
	}
	return q.CreateMessage(ctx, row)
}

// whyBusy says why a turn cannot begin: because it did before, or because
// another runs. nil means that the other is over by now.
func (c *Chats) whyBusy(ctx context.Context, user string, start TurnStart) error {
	if start.Key != nil {
		_, err := c.key(ctx, user, *start.Key)
		if err == nil {
			return ErrKeyTaken
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	if start.New != nil {
		return ErrBusy
	}
	running, err := c.runningTurn(ctx, user, start.SessionID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	alive, err := c.alive(ctx, running.Owner, running.StartedAt)
	switch {
	case err != nil:
		return err
	case alive:
		return ErrBusy
	}
	_, err = c.endDead(ctx, turnKey{user, running.SessionID, running.TurnID}, running.Owner)
	return err
}

func (c *Chats) runningTurn(ctx context.Context, user, session string) (row db.ChatTurn, err error) {
	err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		row, err = q.GetRunningTurn(ctx, db.GetRunningTurnParams{UserID: user, SessionID: session})
		return err
	})
	return row, err
}

// ID is the turn's own.
func (t *Turn) ID() string { return t.id }

// Session is as BeginTurn found or made it.
func (t *Turn) Session() Session { return t.session }

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

func (t *Turn) apply(ctx context.Context, q *db.Queries, ch MessageChanges, rows []db.CreateMessageParams) (err error) {
	session := t.session.ID
	if ch.DeleteAfter != "" {
		err = q.DeleteMessagesAfter(ctx, db.DeleteMessagesAfterParams{UserID: t.user, SessionID: session, MessageID: ch.DeleteAfter})
	}
	for _, id := range ch.Delete {
		err = errors.Join(err, q.DeleteMessage(ctx, db.DeleteMessageParams{UserID: t.user, SessionID: session, MessageID: id}))
	}
	for _, row := range rows {
		err = errors.Join(err, q.SaveMessage(ctx, db.SaveMessageParams(row)))
	}
	return err
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
	_, err = t.c.st.For(t.user).pipeAndRead(ctx, t.hold, func(ctx context.Context, q *db.Queries) (err error) {
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
		return errors.Join(
			q.EndTurn(ctx, db.EndTurnParams{
				Now: t.c.st.clock.now(), State: string(o), LastID: lastID, UserID: t.user, SessionID: t.session.ID, TurnID: t.id,
			}),
			t.apply(ctx, q, last, rows),
		)
	})
	if err == nil && changed[0] == 0 {
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

// Replay is what the turn of a key stored.
type Replay struct {
	Session  Session
	New      bool      // the turn made the session
	Messages []Message // what it added and is still there, hidden ones too
}

const maxReplay = 1000

// Replay tells what the turn of a key stored: ErrNotFound when the key was never
// used, or its session is gone, ErrKeyReused when it came with another body,
// ErrKeyRunning while its turn runs.
func (c *Chats) Replay(ctx context.Context, user string, k Key) (Replay, error) {
	r, err := c.replay(ctx, user, k)
	return r, does("replay turn", err)
}

func (c *Chats) replay(ctx context.Context, user string, k Key) (r Replay, err error) {
	if err := k.check(); err != nil {
		return Replay{}, err
	}
	row, err := c.key(ctx, user, k)
	switch {
	case err != nil:
		return Replay{}, err
	case row.BodyHash != k.hash():
		return Replay{}, ErrKeyReused
	}
	err = c.whyRunning(ctx, user, row.SessionID, row.TurnID)
	if err != nil {
		return Replay{}, err
	}
	_, err = c.st.For(user).pipe(ctx, func(ctx context.Context, q *db.Queries) error {
		turn, err := q.GetTurn(ctx, db.GetTurnParams{UserID: user, SessionID: row.SessionID, TurnID: row.TurnID})
		if err != nil {
			return err
		}
		session, err := q.GetSession(ctx, db.GetSessionParams{UserID: user, SessionID: row.SessionID})
		if err != nil {
			return err
		}
		messages, err := q.ListMessagesBetween(ctx, db.ListMessagesBetweenParams{
			UserID: user, SessionID: row.SessionID, FirstID: turn.FirstID, LastID: turn.LastID, MaxRows: maxReplay,
		})
		r = Replay{Session: fromSessionRow(session), New: turn.NewSession}
		for _, m := range messages {
			r.Messages = append(r.Messages, fromMessageRow(db.GetMessageRow(m)))
		}
		return err
	})
	return r, err
}

// whyRunning is nil once the turn is over, which a dead one's is then.
func (c *Chats) whyRunning(ctx context.Context, user, session, id string) error {
	row, err := c.runningTurn(ctx, user, session)
	if errors.Is(err, ErrNotFound) || err == nil && row.TurnID != id {
		return nil
	}
	if err != nil {
		return err
	}
	alive, err := c.alive(ctx, row.Owner, row.StartedAt)
	switch {
	case err != nil:
		return err
	case alive:
		return ErrKeyRunning
	}
	_, err = c.endDead(ctx, turnKey{user, session, id}, row.Owner)
	return err
}
