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

// A stream is the open body of a streaming answer. Turns queue events; a
// goroutine that is there only while there is something to write writes them:
// one at a time at the pace of a model, several at once when they come in a
// burst. A corked stream is written by the turn itself, when it flushes. A silent
// stream costs no goroutine and no buffer.
type stream struct {
	w        http.ResponseWriter
	rc       *http.ResponseController
	interval time.Duration // of silence, until a comment is sent
	detached bool          // the turn waits but a moment: it rather loses its client

	// until is the write deadline in force: of whoever writes.
	until time.Time
	// deadline is held by those who move the deadline without writing.
	deadline sync.Mutex
	closed   bool // guarded by deadline

	mu      sync.Mutex
	timeout time.Duration // of a write, for a client that does not read
	silence *time.Timer
	queue   *queue     // what is not yet written, nil for nothing
	busy    bool       // somebody writes, without the lock
	wrote   *sync.Cond // tells that something was written, or will not be
	corked  bool
	waited  time.Duration // for a client that was far behind
	hurried bool          // the turn is being ended: it waits for no client
	err     error         // why nothing can be sent any more
}

// A queue holds events to be written.
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
	// lagPatience is how long a detached turn waits, in all, for a client that is
	// that far behind: one that reads catches up in a moment.
	lagPatience = 2 * time.Second
	// lastWords is how long a write may take once the turn is being ended.
	lastWords = time.Second
)

const pingComment = ": ping\n\n"

// openStream sends the head and the first events, unless the stream is corked:
// then they go with the first flush. An error means that they cannot be encoded,
// and that nothing was sent.
func openStream(w http.ResponseWriter, opts *Options, detached, corked bool, first []Event) (*stream, error) {
	s := &stream{
		w: w, rc: http.NewResponseController(w),
		timeout: opts.WriteTimeout, interval: opts.PingInterval, detached: detached, corked: corked,
		queue: queues.Get().(*queue),
	}
	s.wrote = sync.NewCond(&s.mu)
	for _, e := range first {
		var err error
		if s.queue.bytes, err = appendBlock(s.queue.bytes, e); err != nil {
			s.queue.free()
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
	s.silence = time.AfterFunc(s.interval, s.ping)
	if !corked {
		s.busy = true
		s.writeOut(true)
	}
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
// turn that is being ended. An error is the reason why the stream was closed, or
// that the event cannot be encoded.
func (s *stream) event(e Event) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makeRoom()
	if s.err != nil {
		return s.err
	}
	if s.queue == nil {
		s.queue = queues.Get().(*queue)
	}
	if s.queue.bytes, err = appendBlock(s.queue.bytes, e); err != nil || s.corked {
		return err
	}
	s.begin()
	return nil
}

// makeRoom waits until the client is not far behind, or lets it go.
func (s *stream) makeRoom() {
	for s.queue != nil && len(s.queue.bytes) > maxQueue && s.err == nil && !s.hurried {
		switch {
		case !s.busy:
			s.begin()
		case s.detached:
			s.waitAMoment()
		default:
			s.wrote.Wait()
		}
	}
}

// waitAMoment waits for something to be written, with what is left of the
// patience of a detached turn.
func (s *stream) waitAMoment() {
	began := time.Now()
	late := time.AfterFunc(lagPatience-s.waited, s.letGo)
	s.wrote.Wait()
	late.Stop()
	s.waited += time.Since(began)
}

// letGo lets nothing more be sent to a client that is too far behind, and ends
// the write that it keeps waiting.
func (s *stream) letGo() {
	s.leave(errLagging)
	s.deadline.Lock()
	defer s.deadline.Unlock()
	if !s.closed {
		_ = s.rc.SetWriteDeadline(time.Now())
	}
}

// begin has a goroutine write what is queued, if none does.
func (s *stream) begin() {
	if s.busy || s.queue == nil {
		return
	}
	s.busy = true
	go func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.writeOut(true)
	}()
}

// flush writes what is queued: itself, unless somebody is at it, or the turn
// must not wait.
func (s *stream) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil, s.queue == nil, s.busy:
	case s.detached:
		s.begin()
	default:
		s.busy = true
		s.writeOut(true)
	}
	return s.err
}

// writeOut writes until nothing is queued, and sees to it that it leaves now, or
// when the handler returns. The lock is held only in between.
func (s *stream) writeOut(now bool) {
	for s.queue != nil && s.err == nil {
		q, timeout := s.queue, s.timeout
		s.queue = nil
		s.mu.Unlock()
		err := s.send(q.bytes, timeout, now)
		q.free()
		s.mu.Lock()
		s.settle(err)
		s.wrote.Broadcast()
	}
	s.busy = false
	s.wrote.Broadcast()
}

// settle notes how a write ended: the silence begins anew, or the client is
// gone.
func (s *stream) settle(err error) {
	switch {
	case s.err != nil:
	case err != nil:
		s.err = errGone
	default:
		s.silence.Reset(s.interval)
	}
}

// send writes p within the time that a client has to read. It may run on a
// goroutine where a panic would end the process: one of the ResponseWriter, which
// may be anybody's, costs the client and no more.
func (s *stream) send(p []byte, timeout time.Duration, now bool) (err error) {
	defer func() {
		if recover() != nil {
			err = errGone
		}
	}()
	// Moving the deadline costs a lock in the runtime: a burst does it once.
	if until := time.Now().Add(timeout); until.Sub(s.until).Abs() > timeout/16 {
		s.until = until
		_ = s.rc.SetWriteDeadline(until) // a recorder in a test has none
	}
	if _, err := s.w.Write(p); err != nil || !now {
		return err
	}
	if err := s.rc.Flush(); !errors.Is(err, http.ErrNotSupported) { // then it comes when it comes
		return err
	}
	return nil
}

// ping keeps the connection of a silent turn open, and notices when it is not.
func (s *stream) ping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	if s.queue == nil {
		s.queue = queues.Get().(*queue)
		s.queue.bytes = append(s.queue.bytes, pingComment...)
	}
	s.begin()
}

// leave lets nothing more be sent.
func (s *stream) leave(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = reason
	}
	s.wrote.Broadcast()
}

// hurry gives a client that does not read only a moment: the turn is being
// ended, and a write may be what it waits for.
func (s *stream) hurry() {
	s.deadline.Lock() // not the other lock, which the write holds
	if !s.closed {
		_ = s.rc.SetWriteDeadline(time.Now().Add(lastWords))
	}
	s.deadline.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timeout, s.hurried = min(s.timeout, lastWords), true
	s.wrote.Broadcast()
}

// close writes what is left: it leaves together with the end of the body, when
// the handler returns, and has until then the time of a write. net/http takes the
// deadline away then. Nothing touches the ResponseWriter afterwards, for the
// connection may serve another request. What it returns is nil if the client was
// there to the end.
func (s *stream) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy {
		s.wrote.Wait()
	}
	if s.busy = true; s.err == nil {
		s.writeOut(false)
	}
	s.silence.Stop()
	s.deadline.Lock()
	s.closed = true
	s.deadline.Unlock()
	err := s.err
	if s.err == nil {
		s.err = ErrTurnOver
		_ = s.rc.SetWriteDeadline(time.Now().Add(s.timeout))
	}
	return err
}

// watch ends what a client that goes away leaves behind: the stream, and then
// what gone does.
func (s *stream) watch(client context.Context, gone func()) (stop func() bool) {
	return context.AfterFunc(client, func() {
		gone()
		s.leave(errGone)
	})
}
