package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"taskwire/store/internal/db"
)

// AttachmentGrace is how long an uploaded attachment stays that no message has,
// and those of a deleted session. After it [Chats.Sweep] removes bytes and row.
const AttachmentGrace = 24 * time.Hour

// never is when what a message holds expires.
var never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// UploadState is how far an attachment is.
type UploadState string

// An upload is awaited, under way, and done, in this order.
const (
	UploadPending  UploadState = "pending"
	UploadClaimed  UploadState = "uploading"
	UploadFinished UploadState = "uploaded"
)

// Attachment is a file of a user.
type Attachment struct {
	ID        string
	SessionID string // of the message that has it; empty: none yet
	Name      string
	MimeType  string
	Size      int64       // bytes, once uploaded
	State     UploadState // empty: UploadPending
	BlobKey   string      // where the bytes lie, or will
	CreatedAt time.Time
	ExpiresAt time.Time       // of a pending upload; zero: in AttachmentGrace
	Item      json.RawMessage // the whole, in the caller's form
}

func fromAttachmentRow(row db.ChatAttachment) Attachment {
	return Attachment{
		ID: row.AttachmentID, SessionID: row.SessionID, Name: row.Name, MimeType: row.MimeType, Size: row.Size,
		State: UploadState(row.State), BlobKey: row.BlobKey,
		CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(), Item: json.RawMessage(row.Item),
	}
}

func (c *Chats) attachmentRow(user string, a Attachment) (row db.SaveAttachmentParams, err error) {
	item, itemErr := checkJSON("attachment", a.Item, noJSON)
	row = db.SaveAttachmentParams{
		UserID: user, AttachmentID: a.ID, SessionID: a.SessionID, State: string(a.State), Name: a.Name, MimeType: a.MimeType,
		Size: a.Size, BlobKey: a.BlobKey, CreatedAt: c.orNow(a.CreatedAt), ExpiresAt: a.ExpiresAt, Item: item,
	}
	switch a.State {
	case "":
		row.State = string(UploadPending)
	case UploadPending, UploadClaimed, UploadFinished:
	default:
		err = fmt.Errorf("%w: upload state %q is none", ErrInvalid, a.State)
	}
	if a.ExpiresAt.IsZero() {
		row.ExpiresAt = c.st.clock.now().Add(AttachmentGrace)
	}
	return row, errors.Join(err, itemErr, checkID("attachment id", a.ID), checkIDs(a.SessionID),
		checkText("name", a.Name, maxName), checkText("media type", a.MimeType, maxName), checkText("blob key", a.BlobKey, maxName))
}

// SaveAttachment makes an attachment or overwrites it; what its upload brought
// (state, size, blob and expiry) stays. ErrConflict: it was deleted.
func (c *Chats) SaveAttachment(ctx context.Context, user string, a Attachment) error {
	const what = "save attachment"
	row, err := c.attachmentRow(user, a)
	if err != nil {
		return does(what, err)
	}
	var saved int64
	err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		saved, err = q.SaveAttachment(ctx, row)
		return err
	})
	if err == nil && saved == 0 {
		err = ErrConflict
	}
	return does(what, err)
}

// Attachment returns one attachment, in whatever state.
func (c *Chats) Attachment(ctx context.Context, user, id string) (Attachment, error) {
	return c.attachment(ctx, "get attachment", user, id, func(ctx context.Context, q *db.Queries) (db.ChatAttachment, error) {
		return q.GetAttachment(ctx, db.GetAttachmentParams{UserID: user, AttachmentID: id})
	})
}

func (c *Chats) attachment(ctx context.Context, what, user, id string,
	query func(context.Context, *db.Queries) (db.ChatAttachment, error)) (Attachment, error) {
	if err := checkIDs(id); err != nil {
		return Attachment{}, does(what, err)
	}
	var row db.ChatAttachment
	err := c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		row, err = query(ctx, q)
		return err
	})
	if err != nil {
		return Attachment{}, does(what, err)
	}
	return fromAttachmentRow(row), nil
}

// ClaimUpload is where an upload begins, and only one does: ErrConflict for the
// second, and for one that comes after ExpiresAt. The caller then calls
// FinishUpload or ReleaseUpload.
func (c *Chats) ClaimUpload(ctx context.Context, user, id string) (Attachment, error) {
	return c.upload(ctx, "claim upload", user, id, func(ctx context.Context, q *db.Queries) (db.ChatAttachment, error) {
		return q.ClaimUpload(ctx, db.ClaimUploadParams{UserID: user, AttachmentID: id, Now: c.st.clock.now()})
	})
}

// FinishUpload notes what has come: Size, MimeType and Item of a. ErrConflict
// when no upload is under way.
func (c *Chats) FinishUpload(ctx context.Context, user string, a Attachment) (Attachment, error) {
	row, err := c.attachmentRow(user, a)
	if err != nil {
		return Attachment{}, does("finish upload", err)
	}
	return c.upload(ctx, "finish upload", user, a.ID, func(ctx context.Context, q *db.Queries) (db.ChatAttachment, error) {
		return q.FinishUpload(ctx, db.FinishUploadParams{
			UserID: user, AttachmentID: a.ID, Size: row.Size, MimeType: row.MimeType, Item: row.Item,
			ExpiresAt: c.st.clock.now().Add(AttachmentGrace),
		})
	})
}

// upload tells an attachment in the wrong state from one that is not there.
func (c *Chats) upload(ctx context.Context, what, user, id string,
	query func(context.Context, *db.Queries) (db.ChatAttachment, error)) (Attachment, error) {
	a, err := c.attachment(ctx, what, user, id, query)
	if !errors.Is(err, ErrNotFound) {
		return a, err
	}
	if _, err := c.Attachment(ctx, user, id); err != nil {
		return Attachment{}, err
	}
	return Attachment{}, does(what, ErrConflict)
}

// ReleaseUpload lets an upload that failed be tried again.
func (c *Chats) ReleaseUpload(ctx context.Context, user, id string) error {
	err := checkIDs(id)
	if err == nil {
		err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
			return q.ReleaseUpload(ctx, db.ReleaseUploadParams{UserID: user, AttachmentID: id})
		})
	}
	return does("release upload", err)
}

// DeleteAttachment makes an attachment vanish; one that is not there is no
// error. Its bytes go with the next [Chats.Sweep]; the caller may remove them
// before.
func (c *Chats) DeleteAttachment(ctx context.Context, user, id string) error {
	err := checkIDs(id)
	if err == nil {
		err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
			return q.RemoveAttachment(ctx, db.RemoveAttachmentParams{UserID: user, AttachmentID: id, Now: c.st.clock.now()})
		})
	}
	return does("delete attachment", err)
}
