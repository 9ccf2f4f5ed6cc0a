package chatkit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// An opening is how a streaming request begins.
type opening struct {
	start TurnStart
	// look loads what the answer is about and says what to change first, or
	// refuses. It runs before the turn, so that a refusal leaves no trace, and
	// again in it, where nobody else changes the thread. May be nil.
	look    func(context.Context) (Changes, error)
	options *StreamOptions
	// first is sent after the options. May be nil.
	first  Event
	answer func(context.Context, *Turn) error
}

// stream begins a turn, sends its events and returns when the answer is over,
// or the client gone. An error means that nothing was sent.
func (c *call) stream(req *Request) error {
	ctx := c.r.Context()
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	o, err := c.open(ctx, req)
	var stored StoredTurn
	if err == nil {
		o.start.Key = key
		if o.look == nil { // else the turn begins with changes, after which history is another
			o.start.History = c.server.opts.History
		}
		stored, err = c.begin(ctx, o)
	}
	if err != nil && key != nil {
		return c.replay(ctx, *key, err)
	}
	if err != nil {
		return err
	}
	t := c.newTurn(req, stored)
	t.IsNew = o.start.NewThread != nil
	if o.start.Message != nil {
		t.added = o.start.Message.ID
	}
	if o.start.History > 0 {
		t.history, _ = stored.(HistoryTurn)
	}
	return c.follow(t, o)
}

// newTurn makes the turn that Cancel finds. It outlives the request.
func (c *call) newTurn(req *Request, stored StoredTurn) *Turn {
	t := &Turn{
		User: c.user, Thread: stored.Thread().clone(), Metadata: req.Metadata,
		at:     threadKey{c.user, stored.Thread().ID},
		server: c.server, header: c.r.Header, stored: stored,
		detached: c.r.Header.Get("X-Stream-Detach") == "1",
		items:    map[string]itemState{}, checked: time.Now(),
	}
	t.saved = stateOf(t.Thread)
	t.ctx, t.cancel = context.WithCancelCause(context.WithoutCancel(c.r.Context()))
	c.server.remember(t)
	return t
}

// follow opens the stream and lets the turn run. It returns when the turn is
// over, which is later than the client's leaving if the turn is detached.
func (c *call) follow(t *Turn, o *opening) (err error) {
	if t.out, err = openStream(c.w, &c.server.opts, t.detached, c.server.opts.Corked, o.head(t.Thread)); err != nil {
		t.out = &stream{err: errGone}
		t.run(func(context.Context, *Turn) error { return err })
		return err
	}
	c.begun, c.body = true, nil
	t.unhurry = context.AfterFunc(t.ctx, t.out.hurry)
	unwatch := t.out.watch(c.r.Context(), func() { c.left(t) })
	t.run(o.answer)
	err = t.out.close()
	unwatch()
	if err == errLagging {
		panic(http.ErrAbortHandler) // what is missing must not look like the end
	}
	return nil
}

// left is what the client's leaving means to a turn.
func (c *call) left(t *Turn) {
	if !t.detached {
		t.cancel(errGone)
		return
	}
	c.server.log(c.user, t.at.thread).InfoContext(t.ctx, "the client is gone, the answer goes on")
}

// head lists what is sent before the handler's own events.
func (o *opening) head(thread *Thread) []Event {
	events := make([]Event, 0, 4)
	if o.start.NewThread != nil {
		events = append(events, &ThreadCreated{thread})
	}
	if o.start.Message != nil {
		events = append(events, &ItemDone{o.start.Message})
	}
	events = append(events, o.options)
	if o.first != nil {
		events = append(events, o.first)
	}
	return events
}

func (c *call) streamOptions(thread *Thread) *StreamOptions {
	allow := c.server.handlers.AllowCancel
	return &StreamOptions{AllowCancel: allow == nil || allow(c.user, thread)}
}

// open checks a request as far as that needs no turn.
func (c *call) open(ctx context.Context, req *Request) (*opening, error) {
	switch p := req.Params.(type) {
	case *CreateThread:
		return c.openThread(ctx, p)
	case *AddUserMessage:
		return c.openMessage(ctx, p.ThreadID, &p.Input)
	case *AddClientToolOutput:
		return c.openToolOutput(p), nil
	case *AddStructuredInput:
		return c.openStructuredInput(p), nil
	case *RetryAfterItem:
		return c.openRetry(p), nil
	case *CustomAction:
		return c.openAction(p), nil
	}
	return nil, fmt.Errorf("no stream for %s", req.Type)
}

// begin begins the turn in the store. If it is refused it never was.
func (c *call) begin(ctx context.Context, o *opening) (StoredTurn, error) {
	// A turn that is begun must be found by whoever ends it: so the write is not
	// cut short when the client goes away meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.server.opts.StoreTimeout)
	defer cancel()
	if o.look != nil {
		if _, err := o.look(ctx); err != nil {
			return nil, err
		}
	}
	stored, err := c.server.store.BeginTurn(ctx, c.user, o.start)
	if err != nil {
		return nil, err
	}
	sound := false
	defer func() {
		if !sound { // a hook that panics must not leave the thread busy
			_ = stored.End(ctx, Failed, Changes{})
		}
	}()
	if o.look != nil {
		err = o.change(ctx, stored)
	}
	if err == nil {
		o.options = c.streamOptions(stored.Thread())
	}
	sound = true
	if err != nil {
		c.abandon(ctx, stored)
		return nil, err
	}
	return stored, nil
}

// change makes the first changes of a turn, if there are any.
func (o *opening) change(ctx context.Context, stored StoredTurn) error {
	changes, err := o.look(ctx)
	if err != nil || changes.DeleteAfter == "" && len(changes.Delete) == 0 && len(changes.Save) == 0 {
		return err
	}
	return stored.Apply(ctx, changes)
}

func (c *call) abandon(ctx context.Context, stored StoredTurn) {
	err := stored.Abandon(ctx)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrTurnOver) {
		c.server.log(c.user, stored.Thread().ID).ErrorContext(ctx, "turn not abandoned", "err", err)
	}
}

// idempotencyKey reads the header; nil when there is none.
func (c *call) idempotencyKey() (*IdempotencyKey, error) {
	given := c.r.Header.Values("Idempotency-Key")
	if len(given) == 0 {
		return nil, nil
	}
	if len(given) > 1 || !isKey(given[0]) {
		return nil, &RequestError{http.StatusBadRequest, "invalid_idempotency_key", "Idempotency-Key must have 1 to 255 printable ASCII characters."}
	}
	hash := sha256.Sum256(c.body)
	return &IdempotencyKey{Endpoint: c.r.URL.Path, Key: given[0], Hash: hash[:]}, nil
}

func isKey(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 255
}

// replay answers a request that came before with what it stored. Otherwise the
// reason why it failed this time stands.
func (c *call) replay(ctx context.Context, key IdempotencyKey, reason error) error {
	first, err := c.server.store.Replay(ctx, c.user, key)
	if errors.Is(err, ErrNotFound) {
		if errors.Is(reason, ErrKeyTaken) {
			return ErrNotFound // the thread was deleted since
		}
		return reason
	}
	if err != nil {
		return err
	}
	out, err := openStream(c.w, &c.server.opts, false, true, c.replayed(first))
	if err != nil {
		return err
	}
	c.begun = true
	_ = out.close()
	return nil
}

func (c *call) replayed(first *Replay) []Event {
	var events []Event
	if first.New {
		events = append(events, &ThreadCreated{first.Thread})
	}
	items := first.Items
	if len(items) > 0 && items[0].Kind() == KindUserMessage {
		events = append(events, &ItemDone{items[0]})
		items = items[1:]
	}
	events = append(events, c.streamOptions(first.Thread))
	for _, item := range items {
		if !item.Hidden() {
			events = append(events, &ItemDone{item})
		}
	}
	return events
}
