package agent

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"taskwire/faultpoint"
)

// What ends a request from our side.
var (
	errNoConnection = errors.New("no connection in time")
	errSilence      = errors.New("nothing was heard in time")
	errTimeOver     = errors.New("the time of the answer is over")
)

// A watchdog ends a request whose time is over, and before that one whose other
// side says nothing: first until a connection stands, then until the first byte,
// then between bytes. It is a timer, so that ten thousand silent requests cost no
// goroutine.
type watchdog struct {
	timer     *time.Timer
	cancel    context.CancelCauseFunc
	until     time.Time
	idle      time.Duration
	connected atomic.Bool
}

// watch gives the context of a request that is being watched.
func watch(ctx context.Context, until time.Time, connect, idle time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watchdog{cancel: cancel, until: until, idle: idle}
	w.timer = time.AfterFunc(min(connect, time.Until(until)), w.bark)
	return ctx, w
}

func (w *watchdog) bark() {
	switch {
	case time.Until(w.until) <= 0:
		w.cancel(errTimeOver)
	case w.connected.Load():
		w.cancel(errSilence)
	default:
		w.cancel(errNoConnection)
	}
}

// connect notes that a connection stands. The wait for the first byte begins
// once: attempts that follow share it.
func (w *watchdog) connect() {
	if !w.connected.Swap(true) {
		w.wait()
	}
}

// heard begins the wait for the next byte.
func (w *watchdog) heard() {
	w.connected.Store(true)
	w.wait()
}

// hurry makes all further waits short: what matters has been heard.
func (w *watchdog) hurry(idle time.Duration) {
	w.idle = idle
	w.wait()
}

func (w *watchdog) wait() { w.timer.Reset(min(w.idle, time.Until(w.until))) }

// stop ends the request and the watch.
func (w *watchdog) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// A watchedBody is a body whose bytes are heard.
type watchedBody struct {
	body io.Reader
	dog  *watchdog
}

func (b watchedBody) Read(p []byte) (int, error) {
	wait := faultpoint.At(context.Background(), "model.read")
	if err := wait.Before(); err != nil {
		return 0, err
	}
	n, err := b.body.Read(p)
	if n > 0 {
		b.dog.heard()
	}
	return n, wait.After(err)
}
