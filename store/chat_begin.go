package store

import (
	"context"
	"encoding/hex"
	"errors"

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
	History     int // how many messages Turn.TakeHistory gives; 0: none
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
		forgive(ctx)
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
	var reads []func(context.Context, *db.Queries) error
	if start.History > 0 {
		reads = append(reads, t.readHistory(start.History))
	}
	if careful {
		_, err := sc.pipeAndRead(ctx, func(ctx context.Context, q *db.Queries) error {
			if err := t.touch(ctx, q); err != nil {
				return err
			}
			if err := t.read(ctx, q); err != nil {
				return err
			}
			return t.store(ctx, q, start, true)
		}, reads...)
		return err
	}
	_, err := sc.pipeAndRead(ctx, func(ctx context.Context, q *db.Queries) error {
		return errors.Join(t.touch(ctx, q), t.store(ctx, q, start, false))
	}, append(reads, t.read)...)
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

// readHistory reads what was there before the turn's own messages.
func (t *Turn) readHistory(n int) func(context.Context, *db.Queries) error {
	p := PageParams{Limit: n, Hidden: true}
	return func(ctx context.Context, q *db.Queries) error {
		rows, err := q.ListMessagesDesc(ctx, db.ListMessagesDescParams{
			UserID: t.user, SessionID: t.session.ID, AfterID: t.first, WithHidden: true, MaxRows: p.maxRows(),
		})
		t.before = pageOf(p, rows, fromMessageDesc)
		return err
	}
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

// Answering reports whether a turn runs on a session, in whichever process. One
// whose process has died runs until [Chats.Rescue] ends it: until then the
// session lacks what is kept of it.
func (c *Chats) Answering(ctx context.Context, user, session string) (bool, error) {
	err := checkIDs(session)
	if err == nil {
		_, err = c.runningTurn(ctx, user, session)
	}
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, does("look for a turn", err)
}
