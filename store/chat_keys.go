package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"taskwire/store/internal/db"
)

// KeyLifetime is how long an idempotency key is remembered.
const KeyLifetime = 24 * time.Hour

// Answer is that of a request that does not stream.
type Answer struct {
	Status int
	Header map[string][]string
	Body   []byte // UTF-8 text
}

// claimKey names an idempotency key among all users.
type claimKey struct{ user, endpoint, key string }

func (c *Chats) claim(user string, k Key, session, turn string, now time.Time) db.ClaimKeyParams {
	return db.ClaimKeyParams{
		UserID: user, Endpoint: k.Endpoint, Key: k.Key, BodyHash: k.hash(), SessionID: session, TurnID: turn,
		Owner: c.owner, CreatedAt: now, StaleBefore: now.Add(-KeyLifetime),
	}
}

// key reads the row of a key that is within its lifetime.
func (c *Chats) key(ctx context.Context, user string, k Key) (row db.ChatKey, err error) {
	err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		row, err = q.GetKey(ctx, db.GetKeyParams{
			UserID: user, Endpoint: k.Endpoint, Key: k.Key, StaleBefore: c.st.clock.now().Add(-KeyLifetime),
		})
		return err
	})
	return row, err
}

// ClaimKey is for a request that does not stream. nil and no error: the request
// is the caller's to serve, who then calls FinishKey or ReleaseKey. Otherwise it
// gives the first answer, ErrKeyRunning while there is none, or ErrKeyReused. A
// claim whose process died is given to the next who asks: its request may have
// had its effect.
func (c *Chats) ClaimKey(ctx context.Context, user string, k Key) (*Answer, error) {
	const what = "claim idempotency key"
	if err := k.check(); err != nil {
		return nil, does(what, err)
	}
	// First come in this process, and only then in the database: between a claim
	// there and a note of it here, another request would take it for given up.
	if !c.hold(user, k) {
		answer, err := c.underWay(ctx, user, k)
		return answer, does(what, err)
	}
	answer, err := c.claimHeld(ctx, user, k)
	if answer != nil || err != nil {
		c.letGo(user, k)
	}
	return answer, does(what, err)
}

// underWay looks at a key with which this process serves another request.
func (c *Chats) underWay(ctx context.Context, user string, k Key) (*Answer, error) {
	row, err := c.key(ctx, user, k)
	switch {
	case errors.Is(err, ErrNotFound): // not yet, or not any more
		return nil, ErrKeyRunning
	case err != nil:
		return nil, err
	case row.BodyHash != k.hash():
		return nil, ErrKeyReused
	case row.Status != 0:
		return decodeAnswer(row)
	}
	return nil, ErrKeyRunning
}

// claimHeld claims a key that is held here.
func (c *Chats) claimHeld(ctx context.Context, user string, k Key) (*Answer, error) {
	for range tries {
		_, err := c.st.For(user).pipe(ctx, func(ctx context.Context, q *db.Queries) error {
			return q.ClaimKey(ctx, c.claim(user, k, "", "", c.st.clock.now()))
		})
		if err = meaning(err); !errors.Is(err, ErrKeyTaken) {
			return nil, err
		}
		answer, ours, err := c.taken(ctx, user, k)
		if ours || answer != nil || err != nil {
			return answer, err
		}
	}
	return nil, ErrKeyRunning
}

// taken looks at a key that could not be claimed. Without answer and error it
// is either the caller's now, or free by now.
func (c *Chats) taken(ctx context.Context, user string, k Key) (answer *Answer, ours bool, err error) {
	row, err := c.key(ctx, user, k)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case row.BodyHash != k.hash():
		return nil, false, ErrKeyReused
	case row.Status != 0:
		answer, err := decodeAnswer(row)
		return answer, false, err
	}
	if row.Owner != c.owner { // else it was given up when the database was away
		alive, err := c.alive(ctx, row.Owner, row.CreatedAt)
		if err != nil {
			return nil, false, err
		}
		if alive {
			return nil, false, ErrKeyRunning
		}
	}
	var took int64
	err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		took, err = q.TakeKey(ctx, db.TakeKeyParams{
			UserID: user, Endpoint: k.Endpoint, Key: k.Key, Owner: c.owner, CreatedAt: c.st.clock.now(), DeadOwner: row.Owner,
		})
		return err
	})
	return nil, took > 0, err
}

// hold notes that this process serves the request of a key. false: it does
// already.
func (c *Chats) hold(user string, k Key) bool {
	key := claimKey{user, k.Endpoint, k.Key}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.claimed[key] {
		return false
	}
	c.claimed[key] = true
	return true
}

func (c *Chats) letGo(user string, k Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.claimed, claimKey{user, k.Endpoint, k.Key})
}

// FinishKey keeps the answer for whoever comes with the key again: ErrNotFound
// when the claim is no longer the caller's.
func (c *Chats) FinishKey(ctx context.Context, user string, k Key, a Answer) error {
	const what = "finish idempotency key"
	defer c.letGo(user, k)
	header, err := json.Marshal(a.Header)
	if err = errors.Join(err, k.check(), checkText("answer", string(a.Body), maxJSON)); err != nil {
		return does(what, err)
	}
	if a.Status < 100 || a.Status > 999 {
		return does(what, fmt.Errorf("%w: status %d is none", ErrInvalid, a.Status))
	}
	var kept int64
	err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		kept, err = q.FinishKey(ctx, db.FinishKeyParams{
			UserID: user, Endpoint: k.Endpoint, Key: k.Key, Owner: c.owner,
			Status: int32(a.Status), Header: string(header), Body: string(a.Body),
		})
		return err
	})
	if err == nil && kept == 0 {
		err = ErrNotFound
	}
	return does(what, err)
}

// ReleaseKey gives a claim up: the request had no effect and may come again.
func (c *Chats) ReleaseKey(ctx context.Context, user string, k Key) error {
	defer c.letGo(user, k)
	err := k.check()
	if err == nil {
		err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
			return q.ReleaseKey(ctx, db.ReleaseKeyParams{UserID: user, Endpoint: k.Endpoint, Key: k.Key, Owner: c.owner})
		})
	}
	return does("release idempotency key", err)
}

func decodeAnswer(row db.ChatKey) (*Answer, error) {
	a := &Answer{Status: int(row.Status), Body: []byte(row.Body)}
	if err := json.Unmarshal([]byte(row.Header), &a.Header); err != nil {
		return nil, fmt.Errorf("read stored answer: %w", err)
	}
	return a, nil
}
