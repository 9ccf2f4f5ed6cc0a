package edge

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

// PingInterval is how long a stream may be silent: nginx cuts it after 60 s,
// Cloudflare after about 100 s.
const PingInterval = 15 * time.Second

const ping = ": ping\n\n"

// errReturned answers a goroutine that writes on after its handler returned:
// the connection may serve another request by then.
var errReturned = errors.New("written after the handler returned")

// KeepAlive looks after answers of type text/event-stream. It forbids proxies
// to buffer, change or keep them, and after interval of silence it writes the
// comment ": ping", only where an event has ended (a blank line) or none has
// begun, from the moment the handler has set the status. Such answers also get
// WriteTimeout for each write, and may be written to from several goroutines.
// Pings have ended when KeepAlive returns. Everything else passes untouched.
func KeepAlive(interval time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guard := &streamGuard{inner: w, interval: interval, head: r.Method == http.MethodHead}
		defer guard.stop()
		next.ServeHTTP(guard, r)
	})
}

// A streamGuard sits between a handler and its writer. Until the header is
// written, and for good if the answer is no stream, it only passes on.
type streamGuard struct {
	inner    http.ResponseWriter
	interval time.Duration
	head     bool

	mu      sync.Mutex
	started bool // the header is written
	stopped bool // the handler has returned: inner must not be touched again
	stream  bool
	timer   *time.Timer
	last    time.Time // of the last write
	tail    eventTail
}

func (g *streamGuard) Header() http.Header { return g.inner.Header() }

func (g *streamGuard) WriteHeader(status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if status >= 200 || status == http.StatusSwitchingProtocols {
		g.start(status)
	}
	g.inner.WriteHeader(status)
}

func (g *streamGuard) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return 0, errReturned
	}
	g.start(http.StatusOK)
	n, err := g.inner.Write(p)
	if g.stream {
		g.tail.add(p[:n])
		g.last = time.Now()
	}
	return n, err
}

// FlushError is what http.ResponseController calls.
func (g *streamGuard) FlushError() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return errReturned
	}
	g.start(http.StatusOK)
	return http.NewResponseController(g.inner).Flush()
}

// Flush is for those who ask for an http.Flusher.
func (g *streamGuard) Flush() { _ = g.FlushError() }

// Unwrap lets http.ResponseController reach the deadlines.
func (g *streamGuard) Unwrap() http.ResponseWriter { return g.inner }

// start decides, just before the header goes out, whether this is a stream.
func (g *streamGuard) start(status int) {
	if g.started {
		return
	}
	g.started = true
	h := g.inner.Header()
	if status != http.StatusOK || !isEventStream(h.Get("Content-Type")) {
		return
	}
	markStream(h)
	if g.head || h.Get("Content-Encoding") != "" {
		return // no body, or one in which plain text has no place
	}
	g.stream = true
	g.inner = NewDeadlineWriter(g.inner, 0)
	g.last = time.Now()
	g.timer = time.AfterFunc(g.interval, g.tick)
}

// markStream forbids proxies to buffer, change or keep a stream.
func markStream(h http.Header) {
	h.Set("X-Accel-Buffering", "no")
	h.Set("Cache-Control", "no-cache, no-transform")
}

func isEventStream(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "text/event-stream")
}

// tick runs when the stream may have been silent for an interval.
func (g *streamGuard) tick() {
	defer func() { _ = recover() }() // a panic of the ResponseWriter ends the pings; the handler will run into it
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return
	}
	wait := g.interval - time.Since(g.last)
	if wait <= 0 {
		wait = g.interval
		if g.tail.between() && !g.ping() {
			return // the client is gone; net/http has cancelled the request
		}
	}
	g.timer.Reset(wait)
}

func (g *streamGuard) ping() bool {
	if _, err := g.inner.Write([]byte(ping)); err != nil {
		return false
	}
	g.last = time.Now()
	return http.NewResponseController(g.inner).Flush() == nil
}

// stop waits for a ping that is being written, and lets none begin.
func (g *streamGuard) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
	if g.timer != nil {
		g.timer.Stop()
	}
}

// An eventTail follows a stream of events and knows whether its end lies
// between two of them. Lines end with LF, CR or CRLF (HTML standard, 9.2.5).
type eventTail struct {
	inLine bool // bytes since the last line end
	inside bool // a line since the last blank one
	cr     bool // the last byte was CR: an LF now belongs to it
}

func (t *eventTail) between() bool { return !t.inLine && !t.inside }

func (t *eventTail) add(p []byte) {
	for _, b := range p {
		switch {
		case b == '\n' && t.cr:
			t.cr = false
		case b == '\n' || b == '\r':
			t.inside = t.inLine
			t.inLine = false
			t.cr = b == '\r'
		default:
			t.inLine, t.cr = true, false
		}
	}
}
