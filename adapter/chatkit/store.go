package chatkit

import (
	"context"
	"errors"
)

var (
	// ErrNotFound is what a store answers for a thing that is not there, and in
	// the same way for one that is another user's.
	ErrNotFound = errors.New("chatkit: not found")
	// ErrExists is what AddThreadItem answers for an id that is taken.
	ErrExists = errors.New("chatkit: the id is taken")
	// ErrBusy is what BeginTurn answers when another turn runs on the thread.
	ErrBusy = errors.New("chatkit: another turn runs on this thread")
	// ErrKeyTaken is what BeginTurn answers when an idempotency key was used
	// before. TurnStore.Replay then tells what for.
	ErrKeyTaken = errors.New("chatkit: the idempotency key was used before")
	// ErrKeyRunning is what Replay answers while the first turn runs.
	ErrKeyRunning = errors.New("chatkit: the first request with this idempotency key still runs")
	// ErrKeyReused is what Replay answers when the key came with another body.
	ErrKeyReused = errors.New("chatkit: the idempotency key was used with another body")
	// ErrTurnOver is what a turn answers after its end, whoever ended it.
	ErrTurnOver = errors.New("chatkit: the turn is over")
)

// A Store keeps threads, items and attachments: the 14 methods of the ChatKit
// store. All are scoped by user: what another user owns is not there. What a
// store hands out and takes is the caller's afterwards: it keeps copies. Safe
// for concurrent use. The suite in storetest says the rest.
type Store interface {
	// GenerateThreadID returns a new id. It need not touch the store.
	GenerateThreadID(ctx context.Context, user string) string
	// GenerateItemID returns a new id for an item of the thread, or for a task
	// or attachment. It need not touch the store.
	GenerateItemID(ctx context.Context, user string, kind ItemKind, threadID string) string

	// LoadThread returns the thread without its items, or ErrNotFound.
	LoadThread(ctx context.Context, user, threadID string) (*Thread, error)
	// SaveThread inserts the thread or overwrites it whole.
	SaveThread(ctx context.Context, user string, thread *Thread) error
	// LoadThreads returns a page of threads in the order they were made.
	LoadThreads(ctx context.Context, user string, p PageParams) (Page[*Thread], error)
	// DeleteThread removes a thread and its items; one that is not there is no
	// error. Attachments stay.
	DeleteThread(ctx context.Context, user, threadID string) error

	// LoadThreadItems returns a page of items in the order they were added. A
	// thread that is not there has none.
	LoadThreadItems(ctx context.Context, user, threadID string, p PageParams) (Page[Item], error)
	// AddThreadItem adds at the end of the thread: ErrNotFound without the
	// thread, ErrExists when the thread has an item of this id.
	AddThreadItem(ctx context.Context, user, threadID string, item Item) error
	// SaveItem overwrites the item in its place, or adds it when it is not
	// there: ErrNotFound without the thread.
	SaveItem(ctx context.Context, user, threadID string, item Item) error
	// LoadItem returns the item, hidden or not, or ErrNotFound.
	LoadItem(ctx context.Context, user, threadID, itemID string) (Item, error)
	// DeleteThreadItem removes the item; one that is not there is no error.
	DeleteThreadItem(ctx context.Context, user, threadID, itemID string) error

	// SaveAttachment inserts the attachment or overwrites it whole.
	SaveAttachment(ctx context.Context, user string, a *Attachment) error
	// LoadAttachment returns the attachment, or ErrNotFound.
	LoadAttachment(ctx context.Context, user, id string) (*Attachment, error)
	// DeleteAttachment removes the record; one that is not there is no error.
	// Messages that name it keep what they say of it.
	DeleteAttachment(ctx context.Context, user, id string) error
}

// PageParams say which page of a list is wanted.
type PageParams struct {
	// After is the cursor: the page begins behind the entry with this id, whether
	// or not it is still there. An id that never was is no error.
	After     string
	Limit     int  // at least 1
	Ascending bool // oldest first
	Hidden    bool // hidden items too; without it they do not count
}

// A TurnStore is a Store that keeps turns too: who answers on which thread, and
// what the answers to idempotency keys were. It can do so for any number of
// processes; KeepTurns does it for one.
type TurnStore interface {
	Store
	// BeginTurn does in one transaction: claim the key, make the thread if it
	// is new, see that no other turn runs on it, mark this one as running, link
	// the message's attachments to the thread and add the message. Errors:
	// ErrNotFound (the thread or an attachment), ErrBusy, ErrKeyTaken; nothing
	// is stored then.
	BeginTurn(ctx context.Context, user string, start TurnStart) (StoredTurn, error)
	// Replay tells what the turn of a key stored. Errors: ErrNotFound when the
	// key was never used (or its thread is gone since), ErrKeyReused,
	// ErrKeyRunning.
	Replay(ctx context.Context, user string, key IdempotencyKey) (*Replay, error)
	// RenameThread sets the title as the user wants it and returns the thread,
	// or ErrNotFound. A turn's later title does not overwrite it.
	RenameThread(ctx context.Context, user, threadID, title string) (*Thread, error)
}

// TurnStart is what a turn begins with.
type TurnStart struct {
	NewThread *Thread // made by this turn; nil: ThreadID is there already
	ThreadID  string
	// Message is the user's message that the turn answers, nil when it answers
	// something else. BeginTurn sets its ID, ThreadID, and those of its
	// attachments, which were loaded before.
	Message *UserMessage
	Key     *IdempotencyKey // nil without the header
	// History is how many items a [HistoryTurn] gives; 0: none are needed.
	History int
}

// An IdempotencyKey names a request of a user, so that it takes effect once in
// 24 hours.
type IdempotencyKey struct {
	Endpoint string
	Key      string // 1 to 255 printable ASCII characters
	Hash     []byte // SHA-256 of the body
}

// A Replay is what an earlier turn stored.
type Replay struct {
	Thread *Thread
	New    bool   // the turn made the thread
	Items  []Item // what the turn added and is still there, in order, hidden items too
}

// An Outcome is how a turn ended.
type Outcome string

// The outcomes of a turn.
const (
	Done      Outcome = "done"      // the handler returned without an error
	Failed    Outcome = "failed"    // by an error, or with its process
	Cancelled Outcome = "cancelled" // by the user: stopped, or the connection closed
)

// A StoredTurn writes what a turn does. After the end, also one that another
// process brought about, all but NewItemID answer ErrTurnOver; once the thread
// is deleted they answer ErrNotFound. Not safe for concurrent use.
type StoredTurn interface {
	ID() string
	// Thread returns the thread as BeginTurn found or made it.
	Thread() *Thread
	// NewItemID returns an id that sorts after every item of the thread.
	NewItemID(kind ItemKind) string
	// AddItem adds at the end of the thread, ErrExists when the id is taken.
	AddItem(ctx context.Context, item Item) error
	// Apply makes the changes in one transaction.
	Apply(ctx context.Context, c Changes) error
	// SaveThread writes the fields that the patch names and returns the thread
	// as it then is: what others changed meanwhile is kept, and so is a title
	// that the user gave since the turn began.
	SaveThread(ctx context.Context, p ThreadPatch) (*Thread, error)
	// Checkpoint keeps unfinished items aside (at most every 2 s), so that
	// whoever ends the turn of a process that died can keep their text. The
	// next checkpoint and the end replace it.
	Checkpoint(ctx context.Context, unfinished []Item) error
	// End makes the last changes and ends the turn, in one transaction.
	End(ctx context.Context, o Outcome, last Changes) error
	// Abandon takes back a turn that has changed nothing yet: it never was, and
	// its key is free.
	Abandon(ctx context.Context) error
}

// A HistoryTurn is a StoredTurn that has read, on the way of its begin, what
// was said before: it spares the store another visit.
type HistoryTurn interface {
	StoredTurn
	// TakeHistory returns the newest items that were there before the turn,
	// hidden ones too, newest first: as many as TurnStart.History. It is asked
	// once, and need not keep them.
	TakeHistory() Page[Item]
}

// Changes are made in the order of the fields.
type Changes struct {
	DeleteAfter string   // every item behind this one goes
	Delete      []string // these go, if they are there
	Save        []Item   // overwritten in their place, or added at the end
}

// A ThreadPatch names the new values of the fields that change; nil keeps.
type ThreadPatch struct {
	Title               *string
	Status              *Status
	AllowedImageDomains *[]string
	Metadata            *map[string]any
}
