package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"taskwire/store/internal/db"
)

// Chats is the store of chats: sessions (threads), their messages (items) and
// turns, attachments, client sessions, idempotency keys, feedback and usage.
// An item is opaque JSON, given back byte for byte. Each method takes the user
// first; what is another user's is not there, exactly as what never was.
//
// A process has one Chats, because it knows which turns it runs. Ids that it
// mints sort in the order of time, and ids are the order of every list.
type Chats struct {
	st    *Store
	owner string
	mend  func(Unfinished) []Message

	cautious bool

	mu         sync.Mutex
	heardSince time.Time        // since when beats, of whoever it may be, were stored without a gap
	beaten     time.Time        // when our last one was stored
	unended    map[turnKey]bool // turns of ours whose end the database did not take
	claimed    map[claimKey]bool
}

// Replica says who runs turns through a Chats. Its zero value will do for one
// that does not.
type Replica struct {
	Owner string // of this process alone, also after it starts again; empty: random
	// Mend gives what is to be kept of a turn that died. nil keeps the messages
	// of its last checkpoint as they were.
	Mend func(Unfinished) []Message
	// Cautious is for a process that beats: it ends nobody's turn unless beats,
	// its own or others', have been stored for SilentAfter. When the database was
	// away, those that are not heard of had none to tell it to.
	Cautious bool
}

// Chats is the half of the store that the adapter uses.
func (st *Store) Chats(r Replica) *Chats {
	if r.Owner == "" {
		r.Owner = "replica_" + rand.Text()
	}
	if r.Mend == nil {
		r.Mend = func(u Unfinished) []Message { return u.Messages }
	}
	return &Chats{st: st, owner: r.Owner, mend: r.Mend, cautious: r.Cautious, unended: map[turnKey]bool{}, claimed: map[claimKey]bool{}}
}

// Owner is the name under which this process runs turns.
func (c *Chats) Owner() string { return c.owner }

// NewSessionID mints an id for a session.
func (c *Chats) NewSessionID() string { return mint("thr_", c.st.clock.now()) }

// NewMessageID mints an id for a message, of whatever kind its item is. Where
// clocks of replicas differ only [Turn.NewID] is sure to sort at the end.
func (c *Chats) NewMessageID() string { return mint(messagePrefix, c.st.clock.now()) }

// NewAttachmentID mints an id for an attachment.
func (c *Chats) NewAttachmentID() string { return mint("atc_", c.st.clock.now()) }

// One prefix for all kinds, or they would not sort by time.
const messagePrefix = "msg_"

// PageParams names a page of a list that is ordered by id. The zero value is
// the newest 20.
type PageParams struct {
	After     string // an id, which need not exist any more; it is not in the page
	Limit     int    // 1 to 100; 0: 20
	Ascending bool
	Hidden    bool // hidden messages too
}

// PageOf is a part of a list. More says whether the list goes on behind it.
type PageOf[T any] struct {
	Rows []T
	More bool
}

// Every id lies between the two.
const (
	beforeAllKeys = ""
	afterAllKeys  = "\U0010FFFF"
)

func (p PageParams) after() string {
	switch {
	case p.After != "":
		return p.After
	case p.Ascending:
		return beforeAllKeys
	}
	return afterAllKeys
}

func (p PageParams) check() error { return checkText("cursor", p.After, maxID) }

// maxRows is one more than the page, to know whether there are more.
func (p PageParams) maxRows() int32 { return clampLimit(p.Limit) + 1 }

// pageOf cuts off the one row too many.
func pageOf[R, T any](p PageParams, rows []R, convert func(R) T) PageOf[T] {
	var page PageOf[T]
	if limit := int(clampLimit(p.Limit)); len(rows) > limit {
		rows, page.More = rows[:limit], true
	}
	page.Rows = make([]T, len(rows))
	for i, row := range rows {
		page.Rows[i] = convert(row)
	}
	return page
}

// The limits are wide: callers have narrower ones of their own.
const (
	maxKey     = 255 // bytes of an id, so that three and a user fit into an index
	maxContent = 1_000_000
	maxJSON    = 4 << 20
	maxName    = 1000
)

// checkID is for an id that is to be written.
func checkID(what, id string) error {
	switch {
	case id == "":
		return fmt.Errorf("%w: %s is empty", ErrInvalid, what)
	case len(id) > maxKey:
		return fmt.Errorf("%w: %s is longer than %d bytes", ErrInvalid, what, maxKey)
	}
	return checkText(what, id, maxKey)
}

// checkIDs is for ids that are looked for: whatever text there can be.
func checkIDs(ids ...string) error {
	for _, id := range ids {
		if err := checkText("id", id, maxID); err != nil {
			return err
		}
	}
	return nil
}

// checkJSON gives the text to store, absent for none. PostgreSQL would check as
// well, SQLite would not.
func checkJSON(what string, raw json.RawMessage, absent string) (string, error) {
	switch {
	case raw == nil:
		return absent, nil
	case len(raw) > maxJSON:
		return "", fmt.Errorf("%w: %s is longer than %d bytes", ErrInvalid, what, maxJSON)
	case !json.Valid(raw) || !utf8.Valid(raw):
		return "", fmt.Errorf("%w: %s is not JSON", ErrInvalid, what)
	}
	return string(raw), nil
}

// orNow is a time for the database, the present for none.
func (c *Chats) orNow(at time.Time) time.Time {
	if at.IsZero() {
		return c.st.clock.now()
	}
	return at.UTC().Truncate(time.Microsecond)
}

// does wraps what went wrong with what was attempted, after giving a violated
// constraint its meaning.
func does(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, meaning(err))
}

// maintain runs a query of maintenance.sql.
func (c *Chats) maintain(ctx context.Context, fn func(context.Context, *db.Queries) error) error {
	return c.st.try(ctx, func(ctx context.Context) error {
		return fn(ctx, db.New(c.st.engine.maintenance()))
	})
}
