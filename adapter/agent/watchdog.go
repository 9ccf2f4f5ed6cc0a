package agent

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// What ends a request from our side.
var (
	errNoConnection = errors.New("no connection in time")
	errSilence      = errors.New("nothing was heard in time")
)

// A watchdog ends a request whose other side says nothing: first until a
// connection stands, then until the first byte, then between bytes. It is a
// timer, so that ten thousand silent requests cost no goroutine.
type watchdog struct {
	timer     *time.Timer
	cancel    context.CancelCauseFunc
	idle      time.Duration
	connected atomic.Bool
}

// watch gives the context of a request that is being watched.
func watch(ctx context.Context, connect, idle time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watchdog{cancel: cancel, idle: idle}
	w.timer = time.AfterFunc(connect, w.bark)
	return ctx, w
}

func (w *watchdog) bark() {
	if w.connected.Load() {
		w.cancel(errSilence)
	} else {
		w.cancel(errNoConnection)
	}
}

// connect notes that a connection stands. The wait for the first byte begins
// once: attempts that follow share it.
func (w *watchdog) connect() {
	if !w.connected.Swap(true) {
		w.timer.Reset(w.idle)
	}
}

// heard begins the wait for the next byte.
func (w *watchdog) heard() {
	w.connected.Store(true)
	w.timer.Reset(w.idle)
}

// hurry makes all further waits short: what matters has been heard.
func (w *watchdog) hurry(idle time.Duration) {
	w.idle = idle
	w.timer.Reset(idle)
}

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
	n, err := b.body.Read(p)
	if n > 0 {
		b.dog.heard()
	}
	return n, err
}
