package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// The limits of a connection. A request, its body included, has to arrive
// within readTimeout; net/http lifts that once the body has been read to its
// end, so long answers are not concerned. A handler that takes long uploads
// lifts it with http.ResponseController.SetReadDeadline.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 16 << 10
)

// ErrStopping is the context's cause (context.Cause) when a request is
// cancelled because the program stops.
var ErrStopping = errors.New("the server is stopping")

// ServeOptions say how Serve stops, and how long it waits for clients. The zero
// value stops without grace.
type ServeOptions struct {
	Grace        time.Duration // how long running requests may go on
	LastWords    time.Duration // how long they then have to end, once cancelled; 0 is 2 s
	WriteTimeout time.Duration // of one write to a client; 0 is WriteTimeout
	Logger       *slog.Logger  // nil logs nothing
}

// Serve answers on ln, HTTP/1.1 only, until ctx is done; then it drains. The
// listener closes at once. Requests that come on old connections get 503 with
// Retry-After and Connection: close. Running ones go on for Grace, are then
// cancelled with the cause ErrStopping, and have LastWords to write an end.
// Streams that would wait for ever are wrapped in EndOnDrain.
//
// The result is nil after a clean stop, and an error when ln fails or requests
// did not end even when cancelled. Serve owns ln. A second signal that should
// stop at once is the caller's affair: signal.NotifyContext's stop restores it.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, opts ServeOptions) error {
	signal.Ignore(syscall.SIGPIPE) // who stops reading our log must not end us: the write fails, and that is all
	d := newDrain(h, opts)
	defer d.cancel(ErrStopping)
	srv := d.server()
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(strictListener{ln, d.opts.WriteTimeout}) }()

	select {
	case err := <-failed:
		_ = srv.Close()
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	d.begin()
	_ = ln.Close()
	<-failed
	ended := d.wait()
	closeConns(srv)
	if !ended {
		return fmt.Errorf("stop %s: %d requests did not end in time", ln.Addr(), d.count())
	}
	return nil
}

// closeConns lets answers that are complete reach their clients, then ends
// what is left: idle connections and those that never sent a request.
func closeConns(srv *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		_ = srv.Close()
	}
}

// drain counts running requests and refuses new ones once it has begun.
type drain struct {
	next   http.Handler
	opts   ServeOptions
	base   context.Context // of all requests
	cancel context.CancelCauseFunc

	draining context.Context // done when the drain begins
	start    context.CancelFunc

	mu      sync.Mutex
	running int
	begun   bool
	idle    chan struct{} // closed when the drain has begun and none is running
}

type drainKey struct{}

func newDrain(next http.Handler, opts ServeOptions) *drain {
	if opts.LastWords == 0 {
		opts.LastWords = 2 * time.Second
	}
	if opts.WriteTimeout == 0 {
		opts.WriteTimeout = WriteTimeout
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	d := &drain{next: next, opts: opts, idle: make(chan struct{})}
	d.draining, d.start = context.WithCancel(context.Background())
	base := context.WithValue(context.Background(), drainKey{}, d)
	d.base, d.cancel = context.WithCancelCause(base)
	return d
}

func (d *drain) server() *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // no h2c: nothing to reset rapidly
	return &http.Server{
		Handler:           d,
		Protocols:         protocols,
		BaseContext:       func(net.Listener) context.Context { return d.base },
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(serverLog{d.opts.Logger}, "", 0),
	}
}

// ServeHTTP is outermost. Every write gets a deadline, and so does the last
// flush, which net/http does after the handler has returned.
func (d *drain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 1 { // net/http hands the preface of HTTP/2 to handlers
		w.Header().Set("Connection", "close")
		WriteProblem(w, r, http.StatusHTTPVersionNotSupported, "http_version", "This server speaks HTTP/1.1.")
		return
	}
	if !d.enter() {
		w.Header().Set("Connection", "close")
		w.Header().Set("Retry-After", "1")
		WriteProblem(w, r, http.StatusServiceUnavailable, "stopping",
			"The server is stopping. Try again in a moment.")
		return
	}
	defer d.leave()
	dw := NewDeadlineWriter(w, d.opts.WriteTimeout)
	defer dw.extend()
	d.next.ServeHTTP(dw, r)
}

func (d *drain) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.begun {
		return false
	}
	d.running++
	return true
}

func (d *drain) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running--; d.begun && d.running == 0 {
		close(d.idle)
	}
}

func (d *drain) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.running
}

func (d *drain) begin() {
	d.mu.Lock()
	d.begun = true
	if d.running == 0 {
		close(d.idle)
	}
	running := d.running
	d.mu.Unlock()
	d.opts.Logger.Info("draining", "running", running, "grace", d.opts.Grace.String())
	d.start()
}

// wait gives running requests the grace, cancels what is left, gives that the
// time for last words, and reports whether all have ended.
func (d *drain) wait() bool {
	if d.idleWithin(d.opts.Grace) {
		return true
	}
	d.opts.Logger.Warn("cancelling requests", "running", d.count())
	d.cancel(ErrStopping)
	return d.idleWithin(d.opts.LastWords)
}

func (d *drain) idleWithin(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-d.idle:
		return true
	case <-timer.C:
		return false
	}
}

// EndOnDrain cancels the request's context, cause ErrStopping, as soon as the
// server begins to stop. It is for streams that only wait: they must not hold up
// the stop for the whole grace.
func EndOnDrain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, ok := r.Context().Value(drainKey{}).(*drain)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithCancelCause(r.Context())
		defer cancel(nil)
		defer context.AfterFunc(d.draining, func() { cancel(ErrStopping) })()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// serverLog takes the complaints of net/http: mostly clients that hang up.
type serverLog struct{ logger *slog.Logger }

var _ io.Writer = serverLog{}

func (l serverLog) Write(p []byte) (int, error) {
	l.logger.Warn("http server", "err", cut(string(p), 1024))
	return len(p), nil
}
