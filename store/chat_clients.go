package store

import (
	"context"
	"errors"
	"time"

	"taskwire/store/internal/db"
)

// ClientSessionLifetime is how long a client session can be refreshed.
const ClientSessionLifetime = 24 * time.Hour

// ClientSession is what a front end signed in to.
type ClientSession struct {
	ID        string
	CreatedAt time.Time
	ExpiresAt time.Time // moves with each refresh, never past EndsAt
	EndsAt    time.Time
}

func fromClientRow(row db.ChatClientSession) ClientSession {
	return ClientSession{row.ClientSessionID, row.CreatedAt.UTC(), row.ExpiresAt.UTC(), row.EndsAt.UTC()}
}

// NewClientSessionID mints an id for a client session.
func (c *Chats) NewClientSessionID() string { return mint("cksess_", c.st.clock.now()) }

// CreateClientSession makes one that expires after ttl: ErrExists when the id is
// taken.
func (c *Chats) CreateClientSession(ctx context.Context, user, id string, ttl time.Duration) (ClientSession, error) {
	now := c.st.clock.now()
	row := db.ChatClientSession{
		UserID: user, ClientSessionID: id, CreatedAt: now,
		ExpiresAt: now.Add(min(ttl, ClientSessionLifetime)), EndsAt: now.Add(ClientSessionLifetime),
	}
	err := checkID("client session id", id)
	if err == nil {
		err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
			return q.CreateClientSession(ctx, db.CreateClientSessionParams(row))
		})
	}
	if err != nil {
		return ClientSession{}, does("create client session", err)
	}
	return fromClientRow(row), nil
}

// ClientSession returns one that has not ended, expired or not.
func (c *Chats) ClientSession(ctx context.Context, user, id string) (ClientSession, error) {
	return c.clientSession(ctx, "get client session", user, id, func(ctx context.Context, q *db.Queries) (db.ChatClientSession, error) {
		return q.GetClientSession(ctx, db.GetClientSessionParams{UserID: user, ClientSessionID: id, Now: c.st.clock.now()})
	})
}

// RefreshClientSession lets one that has not ended expire ttl from now.
func (c *Chats) RefreshClientSession(ctx context.Context, user, id string, ttl time.Duration) (ClientSession, error) {
	return c.clientSession(ctx, "refresh client session", user, id, func(ctx context.Context, q *db.Queries) (db.ChatClientSession, error) {
		now := c.st.clock.now()
		return q.RefreshClientSession(ctx, db.RefreshClientSessionParams{
			UserID: user, ClientSessionID: id, ExpiresAt: now.Add(ttl), Now: now,
		})
	})
}

func (c *Chats) clientSession(ctx context.Context, what, user, id string,
	query func(context.Context, *db.Queries) (db.ChatClientSession, error)) (ClientSession, error) {
	if err := checkIDs(id); err != nil {
		return ClientSession{}, does(what, err)
	}
	var row db.ChatClientSession
	err := c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		row, err = query(ctx, q)
		return err
	})
	if err != nil {
		return ClientSession{}, does(what, err)
	}
	return fromClientRow(row), nil
}

// DeleteClientSession ends one; one that is not there is no error.
func (c *Chats) DeleteClientSession(ctx context.Context, user, id string) error {
	err := checkIDs(id)
	if err == nil {
		err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
			return q.DeleteClientSession(ctx, db.DeleteClientSessionParams{UserID: user, ClientSessionID: id})
		})
	}
	return does("delete client session", err)
}

// UsageLifetime is how long the tokens of a day are known.
const UsageLifetime = 31 * 24 * time.Hour

// Usage is the tokens of a model that a user had on one day of UTC.
type Usage struct{ Input, Output int64 }

func usageDay(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// AddUsage adds to the user's tokens of today.
func (c *Chats) AddUsage(ctx context.Context, user string, u Usage) error {
	err := c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
		return q.AddUsage(ctx, db.AddUsageParams{
			UserID: user, Day: usageDay(c.st.clock.now()), InputTokens: u.Input, OutputTokens: u.Output,
		})
	})
	return does("add usage", err)
}

// Usage is what the user had on the day of at.
func (c *Chats) Usage(ctx context.Context, user string, at time.Time) (Usage, error) {
	var row db.GetUsageRow
	err := c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		row, err = q.GetUsage(ctx, db.GetUsageParams{UserID: user, Day: usageDay(at)})
		return err
	})
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return Usage{row.InputTokens, row.OutputTokens}, does("get usage", err)
}
