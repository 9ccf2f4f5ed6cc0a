package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"taskwire/faultpoint"
	"taskwire/store/internal/db"
)

// SilentAfter is how long a process may be silent before others end its turns.
// A process that runs turns calls [Chats.Beat] several times as often. Clocks of
// replicas may differ by a few seconds. While the database is away nobody can be
// heard; see [Replica.Cautious].
const SilentAfter = 15 * time.Second

// Unfinished is what a turn had when it died.
type Unfinished struct {
	User, SessionID, TurnID string
	Messages                []Message     // of its last checkpoint
	NewID                   func() string // sorts after everything in the session
}

// Beat tells the others that this process lives.
func (c *Chats) Beat(ctx context.Context) error {
	ctx = faultpoint.Upkeep(ctx, "beat")
	var heardSince time.Time
	err := c.maintain(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		now := c.st.clock.now()
		if heardSince, err = q.HeardSince(ctx, db.HeardSinceParams{Now: now, GapFrom: now.Add(-longestGap)}); err != nil {
			return err
		}
		return q.Beat(ctx, db.BeatParams{Owner: c.owner, BeatAt: now})
	})
	if err == nil {
		c.noteBeat(wallClock(), heardSince)
	}
	return does("tell of this process", err)
}

// longestGap is how far apart the beats of a process may be stored before it
// takes it that the database was away, for others too. They beat every 4 s, and
// one that fails takes up to 4.6: what is shorter silences nobody.
const longestGap = SilentAfter * 2 / 5

// wallClock is without the monotonic one, which stands still while a machine
// sleeps.
func wallClock() time.Time { return time.Now().Round(0) }

func (c *Chats) noteBeat(now, heardSince time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beaten, c.heardSince = now, heardSince
}

// judges reports whether this process knows enough to call others silent: that
// the database was there for as long as they would be, and is.
func (c *Chats) judges(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.cautious || now.Sub(c.beaten) <= longestGap && now.Sub(c.heardSince) >= SilentAfter
}

// alive reports whether a turn's owner is to be waited for. A turn is given as
// much time as an owner, who may not have been heard of before.
func (c *Chats) alive(ctx context.Context, owner string, startedAt time.Time) (bool, error) {
	silentSince := c.st.clock.now().Add(-SilentAfter)
	if owner == c.owner || startedAt.After(silentSince) || !c.judges(wallClock()) {
		return true, nil
	}
	var last time.Time
	err := c.maintain(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		last, err = q.LastBeat(ctx, db.LastBeatParams{Owner: owner})
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return last.After(silentSince), err
}

// remember notes a turn of ours that may not have ended as it should, for
// Rescue.
func (c *Chats) remember(t *Turn, err error) (noted bool) {
	if t.session.ID == "" {
		return false
	}
	key := turnKey{t.user, t.session.ID, t.id}
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, ErrUnavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		c.unended[key] = true
		return true
	}
	delete(c.unended, key)
	return false
}

func (c *Chats) remembered() []turnKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := make([]turnKey, 0, len(c.unended))
	for key := range c.unended {
		keys = append(keys, key)
	}
	return keys
}

const rescueBatch = 100

// Rescue ends the turns whose owner is silent for more than [SilentAfter], as far
// as this process can tell, and those of this process whose end the database did not take. Each becomes
// Failed, with what [Replica.Mend] keeps of it. It returns how many it ended.
func (c *Chats) Rescue(ctx context.Context) (ended int, err error) {
	ctx = faultpoint.Upkeep(ctx, "rescue")
	for _, key := range c.remembered() {
		done, err := c.endDead(ctx, key, c.owner)
		if err != nil {
			return ended, does("rescue turn of our own", err)
		}
		c.mu.Lock()
		delete(c.unended, key)
		c.mu.Unlock()
		ended += count(done)
	}
	if !c.judges(wallClock()) {
		return ended, nil
	}
	for {
		var dead []db.DeadTurnsRow
		err := c.maintain(ctx, func(ctx context.Context, q *db.Queries) (err error) {
			dead, err = q.DeadTurns(ctx, db.DeadTurnsParams{SilentSince: c.st.clock.now().Add(-SilentAfter), MaxRows: rescueBatch})
			return err
		})
		if err != nil {
			return ended, does("find dead turns", err)
		}
		before := ended
		for _, row := range dead {
			if row.Owner == c.owner {
				continue
			}
			done, err := c.endDead(ctx, turnKey{row.UserID, row.SessionID, row.TurnID}, row.Owner)
			if err != nil {
				return ended, does("rescue turn", err)
			}
			ended += count(done)
		}
		if len(dead) < rescueBatch || ended == before {
			return ended, nil
		}
	}
}

func count(done bool) int {
	if done {
		return 1
	}
	return 0
}

// endDead ends one turn and keeps what can be kept. false: somebody else has,
// or it is gone.
func (c *Chats) endDead(ctx context.Context, key turnKey, owner string) (ended bool, err error) {
	_, err = c.st.For(key.user).pipe(ctx, func(ctx context.Context, q *db.Queries) error {
		err := q.TouchSession(ctx, db.TouchSessionParams{Now: c.st.clock.now(), UserID: key.user, SessionID: key.session})
		if err != nil { // as in Turn.End: the next turn sees what this one leaves
			return err
		}
		row, err := q.TakeTurn(ctx, db.TakeTurnParams{
			UserID: key.user, SessionID: key.session, TurnID: key.turn, Owner: c.owner, DeadOwner: owner,
		})
		if err != nil {
			return err
		}
		lastID, err := q.GetLastMessageID(ctx, db.GetLastMessageIDParams{UserID: key.user, SessionID: key.session})
		if err != nil {
			return err
		}
		return c.bury(ctx, q, row, lastID)
	})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// bury stores what is kept of a dead turn and ends it.
func (c *Chats) bury(ctx context.Context, q *db.Queries, row db.ChatTurn, lastID string) error {
	messages, err := decodeCheckpoint(row.Checkpoint)
	if err != nil {
		messages = nil // the turn must end whatever is in its row
	}
	t := &Turn{c: c, user: row.UserID, id: row.TurnID, session: Session{ID: row.SessionID}, last: mintedAt(lastID)}
	for _, m := range messages {
		t.last = max(t.last, mintedAt(m.ID))
	}
	kept := MessageChanges{Save: c.mend(Unfinished{
		User: row.UserID, SessionID: row.SessionID, TurnID: row.TurnID, Messages: messages, NewID: t.NewID,
	})}
	rows, err := t.rows(kept)
	if err != nil {
		rows = nil
	}
	return errors.Join(
		q.EndTurn(ctx, db.EndTurnParams{
			Now: c.st.clock.now(), State: string(Failed), LastID: t.NewID(),
			UserID: row.UserID, SessionID: row.SessionID, TurnID: row.TurnID,
		}),
		t.apply(ctx, q, kept, rows),
	)
}

func (c *Chats) encodeCheckpoint(user, session string, messages []Message) (string, error) {
	var err error
	for _, m := range messages {
		_, rowErr := c.messageRow(user, session, m) // a rescuer must be able to store it
		err = errors.Join(err, rowErr)
	}
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(messages)
	if len(text) > maxJSON {
		return "", fmt.Errorf("%w: a checkpoint of %d bytes", ErrInvalid, len(text))
	}
	return string(text), err
}

func decodeCheckpoint(text string) (messages []Message, err error) {
	if text == "" {
		return nil, nil
	}
	err = json.Unmarshal([]byte(text), &messages)
	return messages, err
}
