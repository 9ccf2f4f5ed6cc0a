package edge

import (
	"bufio"
	"net"
	"net/http"
	"time"
)

// WriteTimeout is how long one write to a client may take. It stands in for
// http.Server.WriteTimeout, which counts from the request and so cuts good
// streams.
const WriteTimeout = 30 * time.Second

// A DeadlineWriter gives every write and flush WriteTimeout to complete, so
// that a client that never reads is let go. After that, writing fails and
// net/http cancels the request's context. Serve puts one in front of every
// handler. Not safe for concurrent use, like what it wraps.
type DeadlineWriter struct {
	http.ResponseWriter
	rc      *http.ResponseController
	timeout time.Duration
	set     time.Time // when the deadline was last moved
	taken   bool      // the connection is no longer net/http's: its deadline is another's
}

// NewDeadlineWriter wraps w; a timeout of 0 is WriteTimeout.
func NewDeadlineWriter(w http.ResponseWriter, timeout time.Duration) *DeadlineWriter {
	if timeout == 0 {
		timeout = WriteTimeout
	}
	return &DeadlineWriter{ResponseWriter: w, rc: http.NewResponseController(w), timeout: timeout}
}

// extend moves the deadline, unless that has just been done: a burst of small
// writes then pays once.
func (w *DeadlineWriter) extend() {
	if w.taken {
		return
	}
	now := time.Now()
	if now.Sub(w.set) < w.timeout/32 {
		return
	}
	w.set = now
	_ = w.rc.SetWriteDeadline(now.Add(w.timeout)) // a recorder in a test has none
}

func (w *DeadlineWriter) WriteHeader(status int) {
	w.extend()
	w.ResponseWriter.WriteHeader(status)
}

func (w *DeadlineWriter) Write(p []byte) (int, error) {
	w.extend()
	return w.ResponseWriter.Write(p)
}

// FlushError is what http.ResponseController calls.
func (w *DeadlineWriter) FlushError() error {
	w.extend()
	return w.rc.Flush()
}

// Flush is for those who ask for an http.Flusher.
func (w *DeadlineWriter) Flush() { _ = w.FlushError() }

// Hijack is what http.ResponseController calls.
func (w *DeadlineWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := w.rc.Hijack()
	w.taken = w.taken || err == nil
	return conn, buffered, err
}

// Unwrap lets http.ResponseController reach what is beneath.
func (w *DeadlineWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
