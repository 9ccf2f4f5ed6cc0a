package chatkit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"
)

// A Turn is one answer on a thread, and what a handler writes to. Its methods
// are safe for concurrent use; its fields are the handler's.
type Turn struct {
	User string
	// Thread is the thread as the turn found it. Title, Status,
	// AllowedImageDomains and Metadata may be changed by the goroutine that
	// sends: what has changed is stored and announced after each event, when the
	// handler returns, and by SaveThread.
	Thread *Thread
	IsNew  bool // the turn made the thread: nothing was said before
	// Answered is what the client has just answered: the *ClientToolCall with
	// its Output or the *StructuredInput with its Answers. Nil when the turn
	// answers a message.
	Answered Item
	// Metadata is what the request's envelope carried, an object or nil.
	Metadata json.RawMessage

	server   *Server
	at       threadKey // whatever the handler does to Thread
	header   http.Header
	stored   StoredTurn
	added    string // the message with which the turn began
	out      *stream
	detached bool // goes on when the client is gone
	// The turn outlives its request, and what a handler sends is stored whatever
	// context the handler is in: so the turn has a context of its own.
	ctx    context.Context
	cancel context.CancelCauseFunc
	// unhurry lets the last words take their time.
	unhurry func() bool

	mu      sync.Mutex
	history HistoryTurn // has read what was said before; nil: nobody has, or it was taken
	saved   threadState // Thread as it was last saved
	items   map[string]itemState
	pending []*unfinished
	last    []Item    // stored with the end of the turn
	checked time.Time // when unfinished text was last kept aside
	broken  error     // ErrNotFound or ErrTurnOver: nothing can be stored any more
}

// Why a turn was ended from outside.
var (
	errGone     = errors.New("chatkit: the client closed the connection")
	errStopped  = errors.New("chatkit: the user stopped the answer")
	errDeleted  = errors.New("chatkit: the thread was deleted")
	errDraining = errors.New("chatkit: the server is going down")
)

// An itemState is how far an item of this turn has come.
type itemState int8

const (
	unknown  itemState = iota
	minted             // NewID gave the id
	open               // announced
	finished           // stored
	removed
)

// ID names the turn. No other has the same.
func (t *Turn) ID() string { return t.stored.ID() }

// Header returns a header of the request, but no credentials.
func (t *Turn) Header(name string) string {
	switch http.CanonicalHeaderKey(name) {
	case "Authorization", "Cookie", "Proxy-Authorization":
		return ""
	}
	return t.header.Get(name)
}

// NewID returns an id for an item of this turn. Send does so itself for items
// that have none.
func (t *Turn) NewID(kind ItemKind) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.newID(kind)
}

func (t *Turn) newID(kind ItemKind) string {
	id := t.stored.NewItemID(kind)
	t.items[id] = minted
	return id
}

// Items returns a page of the thread's items.
func (t *Turn) Items(ctx context.Context, p PageParams) (Page[Item], error) {
	return t.server.store.LoadThreadItems(ctx, t.at.user, t.at.thread, p)
}

// History returns the newest items that were on the thread before the turn,
// hidden ones too, newest first. Items has those before them, from its After on.
// With Options.History the store has read them already, with the turn's begin;
// they are not kept for a second call.
func (t *Turn) History(ctx context.Context) (Page[Item], error) {
	if t.IsNew {
		return Page[Item]{}, nil
	}
	t.mu.Lock()
	read := t.history
	t.history = nil
	t.mu.Unlock()
	if read != nil {
		return read.TakeHistory(), nil
	}
	page, err := t.Items(ctx, PageParams{Limit: cmp.Or(t.server.opts.History, 100), Hidden: true})
	added := func(item Item) bool { return item.ItemID() == t.added }
	page.Data = slices.DeleteFunc(page.Data, added)
	return page, err
}

// Send stores what the event brings, if it brings something to store, and then
// passes it to the client, if one is there. ItemAdded and ItemDone fill in
// what an item's Base lacks; an id that is given must come from NewID and be
// new. Hidden items are stored and never sent. An error means that the event
// took no effect: the handler may mend it, unless the turn is over.
func (t *Turn) Send(e Event) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.alive(); err != nil {
		return err
	}
	if err := t.send(e); err != nil {
		return err
	}
	return t.saveThread(t.ctx)
}

// Flush shows the client what was sent, where Options.Corked keeps it back.
func (t *Turn) Flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.alive(); err != nil {
		return err
	}
	return t.heard(t.out.flush())
}

// SaveThread stores and announces what was changed in Thread, without an event.
func (t *Turn) SaveThread() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.alive(); err != nil {
		return err
	}
	return t.saveThread(t.ctx)
}

func (t *Turn) alive() error {
	if t.broken != nil {
		return t.broken
	}
	return context.Cause(t.ctx)
}

func (t *Turn) send(e Event) error {
	switch e := e.(type) {
	case *ItemAdded:
		return t.sendAdded(e)
	case *ItemUpdated:
		return t.sendUpdated(e)
	case *ItemDone:
		return t.sendDone(e)
	case *ItemReplaced:
		return t.sendReplaced(e)
	case *ItemRemoved:
		return t.sendRemoved(e)
	case *ThreadCreated, *ThreadUpdated:
		return fmt.Errorf("chatkit: %s is the server's to send", e.EventType())
	}
	return t.emit(e)
}

// emit passes an event to the client, if there is one. The turn of a request
// with X-Stream-Detach goes on without.
func (t *Turn) emit(e Event) error { return t.heard(t.out.event(e)) }

// heard says what an error of the stream means to the turn.
func (t *Turn) heard(err error) error {
	if t.detached && (err == errGone || err == errLagging) {
		return nil
	}
	if err == errGone {
		t.cancel(errGone)
	}
	return err
}

func (t *Turn) sendAdded(e *ItemAdded) error {
	if err := t.own(e.Item, minted); err != nil {
		return err
	}
	if !e.Item.Hidden() {
		if err := t.emit(e); err != nil {
			return err
		}
	}
	t.items[e.Item.ItemID()] = open
	t.pending = append(t.pending, newUnfinished(e.Item))
	return nil
}

func (t *Turn) sendUpdated(e *ItemUpdated) error {
	u := t.unfinished(e.ItemID)
	if u == nil {
		return fmt.Errorf("chatkit: update of item %q, which is not announced or already done", e.ItemID)
	}
	if u.hidden {
		return nil
	}
	if err := u.takes(e.Update); err != nil {
		return err
	}
	err := t.emit(e)
	if err != nil && err != errGone && err != errLagging { // it cannot be encoded
		return err
	}
	u.apply(e.Update)
	if err != nil {
		return err
	}
	return t.checkpoint()
}

func (t *Turn) sendDone(e *ItemDone) error {
	if err := t.own(e.Item, open); err != nil {
		return err
	}
	err := t.write(t.ctx, func(ctx context.Context) error { return t.stored.AddItem(ctx, e.Item) })
	if err != nil {
		return err
	}
	t.settle(e.Item.ItemID(), finished)
	if e.Item.Hidden() {
		return nil
	}
	return t.emit(e)
}

// noItem sees through a nil pointer in an interface.
func noItem(item Item) bool {
	return item == nil || reflect.ValueOf(item).IsNil()
}

// AtEnd finishes items together with the turn: they are stored in the
// transaction that ends it and announced behind it. That saves a transaction
// each, and is for a handler that has nothing more to do: until it returns, the
// items are as unfinished as they were. They are stored however the turn ends.
func (t *Turn) AtEnd(items ...Item) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken != nil {
		return t.broken
	}
	for _, item := range items {
		if err := t.own(item, open); err != nil {
			return err
		}
		t.settle(item.ItemID(), finished)
		t.last = append(t.last, item)
	}
	return nil
}

func (t *Turn) sendReplaced(e *ItemReplaced) error {
	if noItem(e.Item) {
		return errors.New("chatkit: an event without its item")
	}
	id := e.Item.ItemID()
	if s := t.items[id]; s != open && s != finished {
		if err := t.mustExist(id); err != nil {
			return err
		}
	}
	t.complete(e.Item)
	err := t.write(t.ctx, func(ctx context.Context) error { return t.stored.Apply(ctx, Changes{Save: []Item{e.Item}}) })
	if err != nil {
		return err
	}
	t.settle(id, finished)
	if e.Item.Hidden() {
		return nil
	}
	return t.emit(e)
}

// mustExist sees that an item of an earlier turn is there.
func (t *Turn) mustExist(id string) error {
	_, err := t.server.store.LoadItem(t.ctx, t.at.user, t.at.thread, id)
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("chatkit: no item %q to replace", id) // unlike ErrNotFound, which tells that the thread is gone
	}
	return err
}

func (t *Turn) sendRemoved(e *ItemRemoved) error {
	err := t.write(t.ctx, func(ctx context.Context) error {
		return t.stored.Apply(ctx, Changes{Delete: []string{e.ItemID}})
	})
	if err != nil {
		return err
	}
	u := t.unfinished(e.ItemID)
	t.settle(e.ItemID, removed)
	if u != nil && u.hidden {
		return nil
	}
	return t.emit(e)
}

// own sees that the item is a new one of this turn, at most as far as max, and
// completes its base.
func (t *Turn) own(item Item, max itemState) error {
	if noItem(item) {
		return errors.New("chatkit: an event without its item")
	}
	head := item.Head()
	if head.ID == "" {
		head.ID = t.newID(item.Kind())
	}
	switch s := t.items[head.ID]; {
	case s == unknown:
		return fmt.Errorf("chatkit: id %q of %s does not come from NewID", head.ID, item.Kind())
	case s > max:
		return fmt.Errorf("chatkit: id %q of %s was used before in this turn", head.ID, item.Kind())
	}
	t.complete(item)
	return nil
}

func (t *Turn) complete(item Item) {
	head := item.Head()
	head.ThreadID = t.at.thread
	if head.CreatedAt.IsZero() {
		head.CreatedAt = time.Now().UTC()
	}
	if call, ok := item.(*ClientToolCall); ok && call.CallID == "" {
		call.CallID = head.ID
	}
}

// settle notes that an item is no longer growing.
func (t *Turn) settle(id string, s itemState) {
	t.items[id] = s
	for i, u := range t.pending {
		if u.id == id {
			t.pending = append(t.pending[:i], t.pending[i+1:]...)
			return
		}
	}
}

func (t *Turn) unfinished(id string) *unfinished {
	for _, u := range t.pending {
		if u.id == id {
			return u
		}
	}
	return nil
}

// write runs one write to the store. It is not cut short when the turn is
// cancelled meanwhile: nobody could tell then whether it took effect.
func (t *Turn) write(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.server.opts.StoreTimeout)
	defer cancel()
	err := do(ctx)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrTurnOver) {
		t.broken = err
	}
	return err
}

// checkpointEvery is how old the text may be that a crash leaves behind.
const checkpointEvery = 2 * time.Second

// checkpoint keeps unfinished text aside now and then. That it cannot is no
// reason to stop an answer, unless the turn is over.
func (t *Turn) checkpoint() error {
	if time.Since(t.checked) < checkpointEvery {
		return nil
	}
	err := t.write(t.ctx, func(ctx context.Context) error { return t.stored.Checkpoint(ctx, t.partial()) })
	t.checked = time.Now()
	if err != nil && t.broken == nil {
		t.server.log(t.at.user, t.at.thread).WarnContext(t.ctx, "checkpoint failed", "err", err)
	}
	return t.broken
}

// saveThread stores and announces what the handler changed in Thread.
func (t *Turn) saveThread(ctx context.Context) error {
	patch, changed := t.saved.patch(t.Thread)
	if !changed {
		return nil
	}
	var now *Thread
	err := t.write(ctx, func(ctx context.Context) (err error) {
		now, err = t.stored.SaveThread(ctx, patch)
		return err
	})
	if err != nil {
		return err
	}
	t.Thread.Title, t.Thread.Status, t.Thread.AllowedImageDomains = now.Title, now.Status, now.AllowedImageDomains
	if patch.Metadata == nil { // else the handler's own map is what was saved
		t.Thread.Metadata = now.Metadata
	}
	t.saved = stateOf(t.Thread)
	return t.emit(&ThreadUpdated{t.Thread})
}
