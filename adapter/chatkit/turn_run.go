package chatkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"time"
)

// An Error is an error of a handler that is told to the user, and so is the
// Detail of a *RequestError. Any other error is logged and shown in the client's
// own words, with the offer to try again.
type Error struct {
	Code       ErrorCode // empty: custom
	Message    string    // only with custom
	AllowRetry bool
	Err        error // the cause, for the log; nil when there is none
}

func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = string(e.Code)
	}
	if e.Err != nil {
		return text + ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// What a model is told of an answer that has no end.
const (
	noteStopped = "The user stopped the last answer before it was complete. Do not go on with it unless the user asks for that."
	noteCutOff  = "The last answer broke off because the server had to stop. The user has seen what there is of it."
)

const (
	// endTime is how long recording the end of a turn may take, over all tries.
	endTime = 10 * time.Second
	// endPause is the pause after the first try. It doubles.
	endPause = 50 * time.Millisecond
)

// run lets the handler answer and ends the turn, whatever becomes of the
// handler.
func (t *Turn) run(answer func(context.Context, *Turn) error) {
	defer t.server.forget(t)
	defer func() {
		if p := recover(); p != nil { // a store that panics
			t.server.logPanic(t.ctx, t.at.user, t.at.thread, p)
		}
	}()
	t.finish(t.call(answer))
}

var errPanic = errors.New("chatkit: the handler panicked")

func (t *Turn) call(answer func(context.Context, *Turn) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			t.server.logPanic(t.ctx, t.at.user, t.at.thread, p)
			err = errPanic
		}
	}()
	return answer(t.ctx, t)
}

func (s *Server) logPanic(ctx context.Context, user, thread string, p any) {
	s.log(user, thread).ErrorContext(ctx, "panic", "err", fmt.Sprint(p), "stack", string(debug.Stack()))
}

// An ending says how a turn ends.
type ending struct {
	outcome Outcome
	note    string      // for the model; with one, unfinished text is kept
	cutOff  bool        // and marked, so that nobody takes it for whole
	event   *ErrorEvent // nil: nothing to say
}

// ending reads how the turn ends from what the handler returned and from what
// happened meanwhile.
func (t *Turn) ending(err error) ending {
	cause := context.Cause(t.ctx)
	switch {
	case errors.Is(t.broken, ErrNotFound), cause == errDeleted:
		return ending{outcome: Failed, event: wasDeleted()}
	case t.broken != nil:
		return ending{outcome: Failed, event: &ErrorEvent{Code: ErrorStream, AllowRetry: true}}
	case cause == nil, err == nil && len(t.pending) == 0: // stopped when there was nothing left to stop
		return t.endingOf(err)
	case cause == errDraining:
		again := &ErrorEvent{Message: "The server is being restarted. Please try again.", AllowRetry: true}
		return ending{outcome: Failed, note: noteCutOff, cutOff: true, event: again}
	}
	return ending{outcome: Cancelled, note: noteStopped}
}

func wasDeleted() *ErrorEvent { return &ErrorEvent{Message: "This conversation was deleted."} }

// endingOf reads how the turn ends when nobody stopped it.
func (t *Turn) endingOf(err error) ending {
	if err == nil {
		for _, u := range t.pending {
			t.server.log(t.at.user, t.at.thread).WarnContext(t.ctx, "the handler left an item open: it is not stored", "item", u.id)
		}
		return ending{outcome: Done}
	}
	told, ok := errors.AsType[*Error](err)
	if refusal, refused := errors.AsType[*RequestError](err); refused && !ok {
		told, ok = &Error{Message: refusal.Detail, AllowRetry: refusal.Status >= http.StatusInternalServerError, Err: err}, true
	}
	if !ok || told.Err != nil {
		if !errors.Is(err, errPanic) { // which is in the log, with its stack
			t.server.log(t.at.user, t.at.thread).ErrorContext(t.ctx, "turn failed", "err", err)
		}
	}
	if !ok {
		told = &Error{Code: ErrorStream, AllowRetry: true}
	}
	return ending{outcome: Failed, event: &ErrorEvent{told.Code, told.Message, told.AllowRetry}}
}

// finish stores what is left to store, records the end and says the last word.
func (t *Turn) finish(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), endTime)
	defer cancel()
	e := t.ending(err)
	kept := t.keep(e)
	if len(kept) == 0 { // nothing comes before the last word: it need not wait for the store
		t.lastWord(&e)
	}
	if t.broken == nil {
		err := t.saveThread(ctx)
		if err != nil && !errors.Is(err, errGone) && e.outcome == Done && t.broken == nil {
			e = t.endingOf(fmt.Errorf("save thread: %w", err))
		}
	}
	err = t.recordEnd(ctx, e.outcome, kept)
	switch {
	case err == nil:
		t.announceKept(kept)
	case errors.Is(err, ErrNotFound):
		if e.outcome != Failed || e.event != nil { // deleted meanwhile, perhaps by another process that had this turn cancelled
			e.event = wasDeleted()
		}
	default:
		t.server.log(t.at.user, t.at.thread).ErrorContext(t.ctx, "end of turn not recorded", "err", err)
		if e.event == nil && slices.ContainsFunc(kept, shown) { // which the client believes to be unfinished
			e.event = &ErrorEvent{Code: ErrorStream, AllowRetry: true}
		}
	}
	t.lastWord(&e)
	t.broken = ErrTurnOver
}

// lastWord says once how the turn ended, where there is something to say.
func (t *Turn) lastWord(e *ending) {
	if e.event != nil {
		_ = t.emit(e.event)
		e.event = nil
	}
}

func shown(item Item) bool { return !item.Hidden() }

// keep returns what is stored with the end: what the handler left for it, and
// of a turn that was stopped the text so far and the note for the model. The
// rest of such a turn is taken back.
func (t *Turn) keep(e ending) []Item {
	if e.note == "" {
		return t.last
	}
	if e.cutOff {
		t.markCutOff()
	}
	t.takeBack()
	note := &SDKHiddenContext{Content: e.note}
	note.ID = t.newID(KindSDKHiddenContext)
	t.complete(note)
	return slices.Concat(t.last, t.partial(), []Item{note})
}

// markCutOff ends the unfinished texts with a mark.
func (t *Turn) markCutOff() {
	for _, u := range t.pending {
		last := len(u.parts) - 1
		if last < 0 || !u.parts[last].visible() {
			continue
		}
		mark := " …"
		if text := u.parts[last].text; len(bytes.TrimRight(text, " \n")) < len(text) {
			mark = "…"
		}
		delta := &TextDelta{Index: last, Delta: mark}
		u.apply(delta)
		_ = t.emit(&ItemUpdated{u.id, delta})
	}
}

// takeBack tells the client of the items that nothing is kept of: it has
// announcements of them that nothing would follow. The store has nothing of
// them to delete.
func (t *Turn) takeBack() {
	for _, u := range t.pending {
		if !u.visible() && !u.hidden {
			_ = t.emit(&ItemRemoved{u.id})
		}
	}
}

func (t *Turn) announceKept(kept []Item) {
	for _, item := range kept {
		if !item.Hidden() {
			_ = t.emit(&ItemDone{item})
		}
	}
}

// recordEnd ends the turn in the store, trying again while it is out of reach.
func (t *Turn) recordEnd(ctx context.Context, o Outcome, kept []Item) error {
	for pause := endPause; ; pause *= 2 {
		err := t.stored.End(ctx, o, Changes{Save: kept})
		if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrTurnOver) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}
