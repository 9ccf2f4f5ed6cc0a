package store

import (
	"context"
	"errors"

	"taskwire/store/internal/db"
)

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
