package chatkit

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// errLagging is why the client of a detached turn is let go.
var errLagging = errors.New("chatkit: the client is too far behind")

// A stream is the open body of a streaming answer. Turns queue events from
// their goroutine; the request's own goroutine, which alone may touch the
// ResponseWriter, writes what is there: an event at a time at the pace of a
// model, several at once when they come in a burst.
type stream struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	timeout time.Duration // of a write, for a client that does not read
	hurried bool          // a turn that waits for nobody rather loses its client
	wake    chan struct{} // holds one when there is something to write
	room    chan struct{} // holds one when something was written
	until   time.Time     // the write deadline in force; the request's goroutine's

	mu    sync.Mutex
	queue *queue // nil when there is nothing to write
	err   error  // why nothing can be sent any more: what close was given
}

// A queue holds events to be written. A silent stream has none.
type queue struct{ bytes []byte }

var queues = sync.Pool{New: func() any { return &queue{make([]byte, 0, 4<<10)} }}

func (q *queue) free() {
	if cap(q.bytes) <= maxKept {
		q.bytes = q.bytes[:0]
		queues.Put(q)
	}
}

const (
	// maxQueue is how far a turn may be ahead of its client, in bytes.
	maxQueue = 64 << 10
	// maxKept is how large a queue may be to be used again.
	maxKept = 16 << 10
)

// openStream sends the head and the first events. An error means that they
// cannot be encoded, and that nothing was sent.
func openStream(w http.ResponseWriter, timeout time.Duration, first []Event) (*stream, error) {
	s := &stream{
		w: w, rc: http.NewResponseController(w), timeout: timeout,
		wake: make(chan struct{}, 1), room: make(chan struct{}, 1),
	}
	var blocks []byte
	for _, e := range first {
		var err error
		if blocks, err = appendBlock(blocks, e); err != nil {
			return nil, err
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no")
	h.Set("X-Content-Type-Options", "nosniff")
	_ = s.rc.SetReadDeadline(time.Time{}) // the server's is for reading requests
	_ = s.write(blocks)                   // a client that is gone is noticed later
	return s, nil
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

// event queues an event. When the client is far behind it waits, but not for a
// turn that is being ended. An error is the reason why the stream was closed,
// or that the event cannot be encoded. Not for two goroutines at once.
func (s *stream) event(ctx context.Context, e Event) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makeRoom(ctx)
	if s.err != nil {
		return s.err
	}
	if s.queue == nil {
		s.queue = queues.Get().(*queue)
	}
	s.queue.bytes, err = appendBlock(s.queue.bytes, e)
	signal(s.wake)
	return err
}

// makeRoom waits until the client is not far behind, or lets it go. The lock
// must be held.
func (s *stream) makeRoom(ctx context.Context) {
	for s.queue != nil && len(s.queue.bytes) > maxQueue && s.err == nil && ctx.Err() == nil {
		if s.hurried {
			s.err = errLagging
			return
		}
		s.mu.Unlock()
		select {
		case <-s.room:
		case <-ctx.Done():
		}
		s.mu.Lock()
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // the other side has not even noticed the last one
	}
}

const pingComment = ": ping\n\n"

// pump writes what is queued, and a comment after an interval of silence, until
// the turn is over (ErrTurnOver), the client gone (errGone) or too far behind
// (errLagging).
func (s *stream) pump(client context.Context, over <-chan struct{}, interval time.Duration) error {
	silence := time.NewTimer(interval)
	defer silence.Stop()
	for {
		var err error
		select {
		case <-s.wake:
			err = s.writeQueue()
		case <-silence.C:
			err = s.write([]byte(pingComment))
		case <-client.Done():
			err = errGone
		case <-over:
			if err = s.writeQueue(); err == nil {
				return ErrTurnOver
			}
		}
		if err == errLagging {
			return err
		}
		if err != nil {
			return errGone
		}
		silence.Reset(interval)
	}
}

// writeQueue writes what is queued at once.
func (s *stream) writeQueue() error {
	s.mu.Lock()
	q, err := s.queue, s.err
	s.queue = nil
	s.mu.Unlock()
	signal(s.room)
	if q == nil || err != nil {
		return err
	}
	err = s.write(q.bytes)
	q.free()
	return err
}

// write sends p off at once, within the time that a client has to read.
func (s *stream) write(p []byte) error {
	// Moving the deadline costs a lock in the runtime: a burst does it once.
	if until := time.Now().Add(s.timeout); until.Sub(s.until) > s.timeout/16 {
		s.until = until
		_ = s.rc.SetWriteDeadline(until) // a recorder in a test has none
	}
	if _, err := s.w.Write(p); err != nil {
		return err
	}
	if err := s.rc.Flush(); !errors.Is(err, http.ErrNotSupported) { // then it comes when it comes
		return err
	}
	return nil
}

// close forbids to queue more: the handler is about to return, and the
// connection may serve another request by then.
func (s *stream) close(reason error) {
	s.mu.Lock()
	s.err, s.queue = reason, nil
	s.mu.Unlock()
	signal(s.room)
	if reason == ErrTurnOver {
		_ = s.rc.SetWriteDeadline(time.Time{}) // or the next request would inherit it
	}
}
