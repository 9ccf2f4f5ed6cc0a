package store

import (
	"context"
	"sync"
	"time"
)

// deadlines gives contexts that end about limit after they are asked for. Those
// asked for within one step share a timer: starting one for each statement
// wakes another thread, which costs as much as a seventh of a read.
type deadlines struct {
	limit, step time.Duration

	mu     sync.Mutex
	shared context.Context
	until  time.Time // up to when shared is handed out
}

// within returns a context that ends with parent, or with the cause
// DeadlineExceeded between limit and limit+step from now.
func (d *deadlines) within(parent context.Context) (context.Context, context.CancelFunc) {
	shared := d.current()
	ctx, cancel := context.WithCancelCause(parent)
	unwatch := context.AfterFunc(shared, func() { cancel(context.DeadlineExceeded) })
	return ctx, func() {
		unwatch()
		cancel(nil)
	}
}

func (d *deadlines) current() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); !now.Before(d.until) {
		var cancel context.CancelFunc
		d.shared, cancel = context.WithTimeout(context.Background(), d.limit+d.step)
		// Its timer lets go of it; nothing may end it sooner, so cancel is called
		// when that has happened anyway.
		context.AfterFunc(d.shared, cancel)
		d.until = now.Add(d.step)
	}
	return d.shared
}
