package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"taskwire/store/internal/db"
)

// Who wrote a message.
const (
	FromUser      = "user"
	FromAssistant = "assistant"
	FromTool      = "tool"
)

// Message is one item of a session.
type Message struct {
	ID         string
	SenderType string // FromUser, FromAssistant or FromTool
	SenderName string // the agent or the tool
	Timestamp  time.Time
	Hidden     bool            // not in pages and searches that do not ask for it
	Metadata   json.RawMessage // nil: {}
	Item       json.RawMessage // the whole, in the caller's form

	// Content is the text that the search looks through and that people find in
	// the table. Methods that return messages leave it empty: Item has it.
	Content string
}

func (c *Chats) messageRow(user, session string, m Message) (row db.CreateMessageParams, err error) {
	row = db.CreateMessageParams{
		UserID: user, SessionID: session, MessageID: m.ID, SenderType: m.SenderType, SenderName: m.SenderName,
		Timestamp: c.orNow(m.Timestamp), Hidden: m.Hidden, Content: m.Content,
	}
	if row.SenderType != FromUser && row.SenderType != FromAssistant && row.SenderType != FromTool {
		err = fmt.Errorf("%w: sender type %q is none", ErrInvalid, m.SenderType)
	}
	var metadataErr, itemErr error
	row.Metadata, metadataErr = checkJSON("metadata", m.Metadata, emptyMetadata)
	row.Item, itemErr = checkJSON("item", m.Item, noJSON)
	err = errors.Join(err, metadataErr, itemErr, checkID("message id", m.ID), checkIDs(session),
		checkText("sender name", m.SenderName, maxName), checkText("content", m.Content, maxContent))
	if err == nil {
		row.ContentFold = fold(m.Content)
	}
	return row, err
}

func fromMessageRow(row db.GetMessageRow) Message {
	return Message{
		ID: row.MessageID, SenderType: row.SenderType, SenderName: row.SenderName,
		Timestamp: row.Timestamp.UTC(), Hidden: row.Hidden,
		Metadata: json.RawMessage(row.Metadata), Item: json.RawMessage(row.Item),
	}
}

func fromMessageDesc(row db.ListMessagesDescRow) Message {
	return fromMessageRow(db.GetMessageRow(row))
}

// AddMessage adds a message: ErrNotFound without the session, ErrExists when
// the session has one of this id.
func (c *Chats) AddMessage(ctx context.Context, user, session string, m Message) error {
	row, err := c.messageRow(user, session, m)
	if err == nil {
		err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
			return q.CreateMessage(ctx, row)
		})
	}
	return does("add message", err)
}

// SaveMessage adds a message or overwrites it whole: ErrNotFound without the
// session.
func (c *Chats) SaveMessage(ctx context.Context, user, session string, m Message) error {
	row, err := c.messageRow(user, session, m)
	if err == nil {
		err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
			return q.SaveMessage(ctx, db.SaveMessageParams(row))
		})
	}
	return does("save message", err)
}

// Message returns one message, hidden or not.
func (c *Chats) Message(ctx context.Context, user, session, id string) (Message, error) {
	if err := checkIDs(session, id); err != nil {
		return Message{}, does("get message", err)
	}
	var row db.GetMessageRow
	err := c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		row, err = q.GetMessage(ctx, db.GetMessageParams{UserID: user, SessionID: session, MessageID: id})
		return err
	})
	if err != nil {
		return Message{}, does("get message", err)
	}
	return fromMessageRow(row), nil
}

// Messages returns a page of a session's messages; a session that is not there
// has none.
func (c *Chats) Messages(ctx context.Context, user, session string, p PageParams) (PageOf[Message], error) {
	if err := errors.Join(p.check(), checkIDs(session)); err != nil {
		return PageOf[Message]{}, does("list messages", err)
	}
	params := db.ListMessagesDescParams{
		UserID: user, SessionID: session, AfterID: p.after(), WithHidden: p.Hidden, MaxRows: p.maxRows(),
	}
	var page PageOf[Message]
	err := c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
		if p.Ascending {
			rows, err := q.ListMessagesAsc(ctx, db.ListMessagesAscParams(params))
			page = pageOf(p, rows, func(row db.ListMessagesAscRow) Message { return fromMessageRow(db.GetMessageRow(row)) })
			return err
		}
		rows, err := q.ListMessagesDesc(ctx, params)
		page = pageOf(p, rows, fromMessageDesc)
		return err
	})
	return page, does("list messages", err)
}

// DeleteMessage removes a message with its feedback; one that is not there is
// no error.
func (c *Chats) DeleteMessage(ctx context.Context, user, session, id string) error {
	err := checkIDs(session, id)
	if err == nil {
		err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
			return q.DeleteMessage(ctx, db.DeleteMessageParams{UserID: user, SessionID: session, MessageID: id})
		})
	}
	return does("delete message", err)
}

// Feedback is what a user thinks of a message.
type Feedback struct {
	MessageID string
	Kind      string // Positive or Negative
	UpdatedAt time.Time
}

// The kinds of feedback.
const (
	Positive = "positive"
	Negative = "negative"
)

// SaveFeedback notes the same for all of these messages, or for none of them:
// ErrNotFound when one is not there. It replaces what was noted before.
func (c *Chats) SaveFeedback(ctx context.Context, user, session string, messages []string, kind string) error {
	err := checkIDs(append(messages, session)...)
	if kind != Positive && kind != Negative {
		err = fmt.Errorf("%w: feedback %q is none", ErrInvalid, kind)
	}
	if err == nil {
		_, err = c.st.For(user).pipe(ctx, func(ctx context.Context, q *db.Queries) (err error) {
			now := c.st.clock.now()
			for _, id := range messages {
				err = errors.Join(err, q.SaveFeedback(ctx, db.SaveFeedbackParams{
					UserID: user, SessionID: session, MessageID: id, Kind: kind, UpdatedAt: now,
				}))
			}
			return err
		})
	}
	return does("save feedback", err)
}

// Feedback returns what the user has noted in a session, in the order of the
// messages.
func (c *Chats) Feedback(ctx context.Context, user, session string) ([]Feedback, error) {
	if err := checkIDs(session); err != nil {
		return nil, does("list feedback", err)
	}
	var list []Feedback
	err := c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
		rows, err := q.ListFeedback(ctx, db.ListFeedbackParams{UserID: user, SessionID: session})
		list = make([]Feedback, len(rows))
		for i, row := range rows {
			list[i] = Feedback{row.MessageID, row.Kind, row.UpdatedAt.UTC()}
		}
		return err
	})
	return list, does("list feedback", err)
}
