package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"taskwire/faultpoint"
	"taskwire/store/internal/db"
)

// Stops that nobody took are those of dead processes.
const stopLifetime = time.Hour

// silentLifetime is how long a dead process is known by name.
const silentLifetime = 24 * time.Hour

// Sweep removes what is over: idempotency keys and ended turns after
// [KeyLifetime], ended client sessions, usage after [UsageLifetime], and
// attachments that were deleted, not uploaded in time, or in no message after
// [AttachmentGrace]. The bytes of an attachment go first: removeBlob is called
// with the key under which they lie, and may find nothing there. An attachment
// that it fails for stays for the next sweep. It returns how many rows went.
func (c *Chats) Sweep(ctx context.Context, removeBlob func(ctx context.Context, blobKey string) error) (removed int, err error) {
	ctx = faultpoint.Upkeep(ctx, "sweep")
	removed, err = c.sweepUsers(ctx)
	if err != nil {
		return removed, does("sweep chats", err)
	}
	files, err := c.sweepAttachments(ctx, removeBlob)
	removed += files
	if err != nil {
		return removed, does("sweep attachments", err)
	}
	err = c.maintain(ctx, func(ctx context.Context, q *db.Queries) error {
		return q.DeleteSilentReplicas(ctx, db.DeleteSilentReplicasParams{SilentSince: c.st.clock.now().Add(-silentLifetime)})
	})
	return removed, does("sweep replicas", err)
}

// sweepUsers asks who has anything that is over and removes it, user by user.
func (c *Chats) sweepUsers(ctx context.Context) (removed int, err error) {
	now := c.st.clock.now()
	for {
		var users []string
		err := c.maintain(ctx, func(ctx context.Context, q *db.Queries) (err error) {
			users, err = q.StaleChatUsers(ctx, db.StaleChatUsersParams{
				KeysBefore: now.Add(-KeyLifetime), TurnsBefore: now.Add(-KeyLifetime), Now: now,
				StopsBefore: now.Add(-stopLifetime), UsageBefore: usageDay(now.Add(-UsageLifetime)), MaxRows: sweepBatch,
			})
			return err
		})
		if err != nil {
			return removed, err
		}
		for _, user := range users {
			gone, err := c.sweepUser(ctx, user, now)
			removed += gone
			if err != nil {
				return removed, err
			}
		}
		if len(users) < sweepBatch {
			return removed, nil
		}
	}
}

func (c *Chats) sweepUser(ctx context.Context, user string, now time.Time) (removed int, err error) {
	changed, err := c.st.For(user).pipe(ctx, func(ctx context.Context, q *db.Queries) error {
		_, keys := q.DeleteStaleKeys(ctx, db.DeleteStaleKeysParams{UserID: user, StaleBefore: now.Add(-KeyLifetime)})
		_, turns := q.DeleteStaleTurns(ctx, db.DeleteStaleTurnsParams{UserID: user, StaleBefore: now.Add(-KeyLifetime)})
		_, clients := q.DeleteEndedClientSessions(ctx, db.DeleteEndedClientSessionsParams{UserID: user, Now: now})
		_, stops := q.DeleteStaleStops(ctx, db.DeleteStaleStopsParams{UserID: user, StaleBefore: now.Add(-stopLifetime)})
		_, usage := q.DeleteStaleUsage(ctx, db.DeleteStaleUsageParams{UserID: user, StaleBefore: usageDay(now.Add(-UsageLifetime))})
		return errors.Join(keys, turns, clients, stops, usage)
	})
	for _, n := range changed {
		removed += int(n)
	}
	return removed, err
}

func (c *Chats) sweepAttachments(ctx context.Context, removeBlob func(context.Context, string) error) (removed int, err error) {
	for {
		var stale []db.StaleAttachmentsRow
		err := c.maintain(ctx, func(ctx context.Context, q *db.Queries) (err error) {
			stale, err = q.StaleAttachments(ctx, db.StaleAttachmentsParams{Now: c.st.clock.now(), MaxRows: sweepBatch})
			return err
		})
		if err != nil {
			return removed, err
		}
		var failed []error
		for _, row := range stale {
			if err := c.sweepAttachment(ctx, row, removeBlob); err != nil {
				failed = append(failed, err)
				continue
			}
			removed++
		}
		if len(stale) < sweepBatch || len(failed) > 0 {
			return removed, errors.Join(failed...)
		}
	}
}

// sweepAttachment first takes the attachment away, so that no message can get
// it any more, and forgets it when its bytes are gone.
func (c *Chats) sweepAttachment(ctx context.Context, row db.StaleAttachmentsRow, removeBlob func(context.Context, string) error) error {
	var blobKey string
	err := c.st.For(row.UserID).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		blobKey, err = q.TakeStaleAttachment(ctx, db.TakeStaleAttachmentParams{
			UserID: row.UserID, AttachmentID: row.AttachmentID, Now: c.st.clock.now(),
		})
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return nil // a message got it meanwhile
	}
	if err != nil {
		return err
	}
	if blobKey != "" {
		if err := removeBlob(ctx, blobKey); err != nil {
			return fmt.Errorf("remove the bytes of an attachment: %w", err)
		}
	}
	return c.st.For(row.UserID).run(ctx, func(ctx context.Context, q *db.Queries) error {
		return q.DeleteAttachment(ctx, db.DeleteAttachmentParams(row))
	})
}
