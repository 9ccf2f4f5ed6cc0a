package chatkit

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"time"
)

const (
	// keyLife is how long an idempotency key is remembered.
	keyLife = 24 * time.Hour
	// undoTime is how long taking back half a write may take.
	undoTime = 5 * time.Second
)

// KeepTurns makes a TurnStore of a plain Store. Turns and idempotency keys are
// kept in this process: use it where one process serves a user. Without
// transactions beneath, writes are made in an order that leaves nothing half
// made when one fails, and are taken back where that is not enough.
func KeepTurns(store Store) TurnStore {
	return &keptTurns{
		Store: store, seed: maphash.MakeSeed(),
		running: map[threadKey]*keptTurn{}, keys: map[userKey]*keptKey{},
	}
}

type keptTurns struct {
	Store
	seed    maphash.Seed
	threads [64]sync.Mutex // guards read-modify-write of threads, by hash of the thread

	mu      sync.Mutex
	running map[threadKey]*keptTurn
	keys    map[userKey]*keptKey
	swept   time.Time // when keys were last looked through for old ones
}

type threadKey struct{ user, thread string }

type userKey struct{ user, endpoint, key string }

// A keptKey is what became of a request with an idempotency key.
type keptKey struct {
	hash    []byte
	used    time.Time
	thread  string
	isNew   bool
	running bool
	items   []string // ids, in the order they were added
}

func (k *keptTurns) lock(key threadKey) *sync.Mutex {
	mu := &k.threads[maphash.Comparable(k.seed, key)%uint64(len(k.threads))]
	mu.Lock()
	return mu
}

func (k *keptTurns) BeginTurn(ctx context.Context, user string, start TurnStart) (StoredTurn, error) {
	t := &keptTurn{turns: k, user: user, at: threadKey{user, start.ThreadID}, id: "turn_" + rand.Text()}
	if start.NewThread != nil {
		t.at.thread = start.NewThread.ID
	}
	if err := k.claim(t, start); err != nil {
		return nil, err
	}
	undo, err := t.store(ctx, start)
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
		defer cancel()
		for _, step := range slices.Backward(undo) {
			err = errors.Join(err, step(ctx))
		}
		return nil, errors.Join(err, t.Abandon(ctx))
	}
	return t, nil
}

// claim marks the thread as busy and the key as used.
func (k *keptTurns) claim(t *keptTurn, start TurnStart) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if start.Key != nil {
		k.sweep()
		t.keyAt = userKey{t.user, start.Key.Endpoint, start.Key.Key}
		if k.keys[t.keyAt] != nil {
			return ErrKeyTaken
		}
	}
	if k.running[t.at] != nil {
		return ErrBusy
	}
	k.running[t.at] = t
	if start.Key != nil {
		t.minted = map[string]bool{}
		t.key = &keptKey{
			hash: bytes.Clone(start.Key.Hash), used: time.Now(),
			thread: t.at.thread, isNew: start.NewThread != nil, running: true,
		}
		k.keys[t.keyAt] = t.key
	}
	return nil
}

// sweep forgets old keys, at most once a minute. The lock must be held.
func (k *keptTurns) sweep() {
	now := time.Now()
	if now.Sub(k.swept) < time.Minute {
		return
	}
	k.swept = now
	for at, key := range k.keys {
		if !key.running && now.Sub(key.used) >= keyLife {
			delete(k.keys, at)
		}
	}
}

func (k *keptTurns) Replay(ctx context.Context, user string, key IdempotencyKey) (*Replay, error) {
	k.mu.Lock()
	kept := k.keys[userKey{user, key.Endpoint, key.Key}]
	if kept == nil {
		k.mu.Unlock()
		return nil, ErrNotFound
	}
	first := *kept
	k.mu.Unlock()
	if !bytes.Equal(first.hash, key.Hash) {
		return nil, ErrKeyReused
	}
	if first.running {
		return nil, ErrKeyRunning
	}
	thread, err := k.LoadThread(ctx, user, first.thread)
	if err != nil {
		return nil, err
	}
	r := &Replay{Thread: thread, New: first.isNew}
	for _, id := range first.items {
		item, err := k.LoadItem(ctx, user, first.thread, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		r.Items = append(r.Items, item)
	}
	return r, nil
}

func (k *keptTurns) RenameThread(ctx context.Context, user, threadID, title string) (*Thread, error) {
	at := threadKey{user, threadID}
	defer k.lock(at).Unlock()
	thread, err := k.LoadThread(ctx, user, threadID)
	if err != nil {
		return nil, err
	}
	thread.Title = title
	if err := k.Store.SaveThread(ctx, user, thread); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if t := k.running[at]; t != nil {
		t.renamed = true
	}
	return thread, nil
}

// DeleteThread waits until nobody is about to save the thread.
func (k *keptTurns) DeleteThread(ctx context.Context, user, threadID string) error {
	defer k.lock(threadKey{user, threadID}).Unlock()
	return k.Store.DeleteThread(ctx, user, threadID)
}

// A keptTurn is the StoredTurn of KeepTurns.
type keptTurn struct {
	turns  *keptTurns
	user   string
	id     string
	at     threadKey
	thread *Thread
	over   bool
	minted map[string]bool // ids for items that are not yet added; only with a key

	// Guarded by turns.mu:
	renamed bool // the user gave a title since the turn began
	keyAt   userKey
	key     *keptKey // nil without one
}

// store writes what the turn begins with and returns how to take back what was
// written before an error, or by a write that failed and may yet have happened.
func (t *keptTurn) store(ctx context.Context, start TurnStart) (undo []func(context.Context) error, err error) {
	s := t.turns.Store
	if t.thread = start.NewThread; t.thread != nil {
		undo = append(undo, func(ctx context.Context) error { return s.DeleteThread(ctx, t.user, t.at.thread) })
		if err := s.SaveThread(ctx, t.user, t.thread); err != nil {
			return undo, err
		}
	} else if t.thread, err = s.LoadThread(ctx, t.user, t.at.thread); err != nil {
		return undo, err
	}
	if start.Message == nil {
		return undo, nil
	}
	for i := range start.Message.Attachments {
		back, err := t.link(ctx, &start.Message.Attachments[i])
		if back != nil {
			undo = append(undo, back)
		}
		if err != nil {
			return undo, err
		}
	}
	id := t.NewItemID(KindUserMessage)
	start.Message.ID, start.Message.ThreadID = id, t.at.thread
	undo = append(undo, func(ctx context.Context) error { return s.DeleteThreadItem(ctx, t.user, t.at.thread, id) })
	return undo, t.AddItem(ctx, start.Message)
}

// link notes in an attachment where it is used.
func (t *keptTurn) link(ctx context.Context, a *Attachment) (undo func(context.Context) error, err error) {
	s := t.turns.Store
	before, err := s.LoadAttachment(ctx, t.user, a.ID)
	if err != nil {
		return nil, err
	}
	a.ThreadID = t.at.thread
	after := before.clone()
	after.ThreadID = t.at.thread
	return func(ctx context.Context) error { return s.SaveAttachment(ctx, t.user, before) }, s.SaveAttachment(ctx, t.user, after)
}

func (t *keptTurn) ID() string      { return t.id }
func (t *keptTurn) Thread() *Thread { return t.thread }

func (t *keptTurn) NewItemID(kind ItemKind) string {
	id := t.turns.GenerateItemID(context.Background(), t.user, kind, t.at.thread)
	if t.key != nil {
		t.minted[id] = true
	}
	return id
}

func (t *keptTurn) AddItem(ctx context.Context, item Item) error {
	if t.over {
		return ErrTurnOver
	}
	if err := t.turns.AddThreadItem(ctx, t.user, t.at.thread, item); err != nil {
		return err
	}
	t.note(item.ItemID())
	return nil
}

// note remembers for a replay what the turn added, not what it changed.
func (t *keptTurn) note(id string) {
	if !t.minted[id] {
		return
	}
	delete(t.minted, id)
	t.turns.mu.Lock()
	defer t.turns.mu.Unlock()
	t.key.items = append(t.key.items, id)
}

func (t *keptTurn) Apply(ctx context.Context, c Changes) error {
	if t.over {
		return ErrTurnOver
	}
	return t.apply(ctx, c)
}

func (t *keptTurn) apply(ctx context.Context, c Changes) error {
	gone := c.Delete
	if c.DeleteAfter != "" {
		behind, err := t.behind(ctx, c.DeleteAfter)
		if err != nil {
			return err
		}
		gone = append(behind, gone...)
	}
	for _, id := range gone {
		if err := t.turns.DeleteThreadItem(ctx, t.user, t.at.thread, id); err != nil {
			return err
		}
	}
	for _, item := range c.Save {
		if err := t.turns.SaveItem(ctx, t.user, t.at.thread, item); err != nil {
			return err
		}
		t.note(item.ItemID())
	}
	return nil
}

// behind lists the items after one, newest first: deleting in this order
// leaves no hole when it is interrupted.
func (t *keptTurn) behind(ctx context.Context, id string) (ids []string, err error) {
	p := PageParams{Limit: 100, Hidden: true}
	for {
		page, err := t.turns.LoadThreadItems(ctx, t.user, t.at.thread, p)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Data {
			if item.ItemID() == id {
				return ids, nil
			}
			ids = append(ids, item.ItemID())
		}
		if !page.HasMore {
			return nil, fmt.Errorf("item to keep: %w", ErrNotFound)
		}
		p.After = page.After
	}
}

func (t *keptTurn) SaveThread(ctx context.Context, p ThreadPatch) (*Thread, error) {
	if t.over {
		return nil, ErrTurnOver
	}
	defer t.turns.lock(t.at).Unlock()
	thread, err := t.turns.LoadThread(ctx, t.user, t.at.thread)
	if err != nil {
		return nil, err
	}
	t.turns.mu.Lock()
	if t.renamed {
		p.Title = nil
	}
	t.turns.mu.Unlock()
	p.apply(thread)
	return thread, t.turns.Store.SaveThread(ctx, t.user, thread)
}

// apply puts the new values in.
func (p ThreadPatch) apply(t *Thread) {
	if p.Title != nil {
		t.Title = *p.Title
	}
	if p.Status != nil {
		t.Status = *p.Status
	}
	if p.AllowedImageDomains != nil {
		t.AllowedImageDomains = slices.Clone(*p.AllowedImageDomains)
	}
	if p.Metadata != nil {
		t.Metadata = cloneMap(*p.Metadata)
	}
}

// Checkpoint has nobody to keep anything for: the store's only process is this.
func (t *keptTurn) Checkpoint(ctx context.Context, _ []Item) error {
	if t.over {
		return ErrTurnOver
	}
	_, err := t.turns.LoadThread(ctx, t.user, t.at.thread)
	return err
}

// End frees the thread in any case; after an error it may be tried again. It
// tells when the thread is gone even if there is nothing left to write.
func (t *keptTurn) End(ctx context.Context, _ Outcome, last Changes) error {
	if t.over {
		return ErrTurnOver
	}
	_, err := t.turns.LoadThread(ctx, t.user, t.at.thread)
	if err == nil {
		err = t.apply(ctx, last)
	}
	t.turns.mu.Lock()
	defer t.turns.mu.Unlock()
	t.free()
	if t.key != nil {
		t.key.running = false
	}
	t.over = err == nil || errors.Is(err, ErrNotFound)
	return err
}

// free lets the next turn begin. The lock must be held.
func (t *keptTurn) free() {
	if t.turns.running[t.at] == t {
		delete(t.turns.running, t.at)
	}
}

func (t *keptTurn) Abandon(context.Context) error {
	t.turns.mu.Lock()
	defer t.turns.mu.Unlock()
	t.free()
	if t.key != nil {
		delete(t.turns.keys, t.keyAt)
	}
	t.over = true
	return nil
}
