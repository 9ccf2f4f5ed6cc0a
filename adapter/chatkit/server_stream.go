package chatkit

import (
	"net/http"
	"sync"
	"time"
)

// A stream is the open body of a streaming answer. Safe for concurrent use.
type stream struct {
	rc      *http.ResponseController
	w       http.ResponseWriter
	timeout time.Duration

	mu    sync.Mutex
	buf   []byte
	last  time.Time // of the last write
	until time.Time // the write deadline in force
	err   error     // why nothing can be sent any more: errGone, or what close was given
}

// openStream sends the head and the first events at once. An error means that
// they cannot be encoded, and that nothing was sent.
func openStream(w http.ResponseWriter, timeout time.Duration, first []Event) (*stream, error) {
	s := &stream{rc: http.NewResponseController(w), w: w, timeout: timeout}
	for _, e := range first {
		var err error
		if s.buf, err = appendBlock(s.buf, e); err != nil {
			return nil, err
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no")
	h.Set("X-Content-Type-Options", "nosniff")
	_ = s.rc.SetReadDeadline(time.Time{}) // the server's is for reading requests
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush(s.buf)
	return s, nil
}

// extend gives the next write its time. Moving the deadline costs a lock in the
// runtime, so a burst of events does it once. The lock must be held.
func (s *stream) extend() {
	s.last = time.Now()
	if until := s.last.Add(s.timeout); until.Sub(s.until) > s.timeout/16 {
		s.until = until
		_ = s.rc.SetWriteDeadline(until) // a recorder in a test has none
	}
}

// event sends one event. An error is errGone, the reason why the stream was
// closed, or that the event cannot be encoded.
func (s *stream) event(e Event) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if s.buf, err = appendBlock(s.buf[:0], e); err != nil {
		return err
	}
	return s.flush(s.buf)
}

// appendBlock appends an event as a block of text/event-stream.
func appendBlock(dst []byte, e Event) ([]byte, error) {
	start := len(dst)
	dst, err := AppendEvent(append(dst, "data: "...), e)
	if err != nil {
		return dst[:start], err
	}
	return append(dst, "\n\n"...), nil
}

const pingComment = ": ping\n\n"

// ping sends a comment if nothing was sent for the interval, and returns when
// to come back.
func (s *stream) ping(interval time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if silent := time.Since(s.last); silent < interval {
		return interval - silent
	}
	if s.err == nil {
		s.flush([]byte(pingComment))
	}
	return interval
}

// flush writes p and sends it off. The lock must be held.
func (s *stream) flush(p []byte) error {
	s.extend()
	_, err := s.w.Write(p)
	if err == nil {
		err = s.rc.Flush()
	}
	if err != nil {
		s.err = errGone
	}
	if cap(s.buf) > keptBuffer {
		s.buf = nil // an event of many kilobytes must not stay for a silent hour
	}
	return s.err
}

const keptBuffer = 4 << 10

// close forbids any further write: the handler is about to return, and the
// connection may serve another request by then.
func (s *stream) close(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = reason
	}
	_ = s.rc.SetWriteDeadline(time.Time{}) // or the next request would inherit it
}
