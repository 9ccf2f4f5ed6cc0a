package edge

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// A HeldStream is an answer of type text/event-stream with no events in it:
// hosts of MCP ask for one to hear what the server has to say by itself, and
// keep it for hours. Thousands may be open, so it costs a connection and one
// small goroutine; as a handler that waits it costs net/http's buffers, its
// second goroutine and a deep stack as well, some 40 KiB.
type HeldStream struct {
	conn    net.Conn
	chunked bool
	ended   atomic.Bool
}

// HoldStream answers 200 with a stream on which nothing is said but the comment
// ": ping", every PingInterval. It takes the connection away from net/http and
// returns at once: the request is logged when the stream begins, and its
// context means nothing from then on.
//
// The stream ends at until, by End, when the server begins to stop, and when
// the client hangs up, sends anything, or does not read for WriteTimeout. Then
// over is called, once. After an error, which means that the connection cannot be
// had, it is not called, and w still waits for an answer.
func HoldStream(w http.ResponseWriter, r *http.Request, until time.Time, over func()) (*HeldStream, error) {
	d, _ := r.Context().Value(drainKey{}).(*drain)
	if d != nil && !d.enter() {
		return nil, ErrStopping
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		if d != nil {
			d.leave()
		}
		return nil, fmt.Errorf("hold a stream: %w", err)
	}
	s := &HeldStream{conn: conn, chunked: r.ProtoAtLeast(1, 1)}
	unwatch := func() bool { return true }
	if d != nil {
		unwatch = context.AfterFunc(d.draining, s.End)
	}
	head := s.head(w.Header())
	go func() {
		_ = Safely(func() error { s.serve(head, until); return nil }) // the client sees a stream that broke off
		unwatch()
		conn.Close()
		over()
		if d != nil {
			d.leave()
		}
	}()
	return s, nil
}

// End ends the stream. It does not wait, and may be called more than once.
func (s *HeldStream) End() {
	s.ended.Store(true)
	_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // wakes serve, which reads
	_ = s.conn.SetWriteDeadline(time.Now().Add(endPatience))
}

// endPatience is how long a client has to take the end of a stream.
const endPatience = time.Second

func (s *HeldStream) head(h http.Header) []byte {
	h.Set("Content-Type", "text/event-stream")
	markStream(h)
	h.Set("Connection", "close") // what comes behind the end is nobody's
	if s.chunked {
		h.Set("Transfer-Encoding", "chunked")
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 200 OK\r\nDate: %s\r\n", time.Now().UTC().Format(http.TimeFormat))
	_ = h.Write(&head) // to memory
	head.WriteString("\r\n")
	head.Write(s.comment("ok")) // proxies pass a head on with what follows it
	return head.Bytes()
}

// comment gives a line that readers of events skip.
func (s *HeldStream) comment(text string) []byte {
	text = ": " + text + "\n\n"
	if s.chunked {
		text = fmt.Sprintf("%x\r\n%s\r\n", len(text), text)
	}
	return []byte(text)
}

// serve is all that the goroutine of a stream does: it waits to read what never
// comes, until it is time for the next ping.
func (s *HeldStream) serve(head []byte, until time.Time) {
	if !s.write(head) {
		return
	}
	one := make([]byte, 1)
	for {
		_ = s.conn.SetReadDeadline(earlier(time.Now().Add(PingInterval), until))
		if !s.ended.Load() { // else End came before that deadline
			if _, err := s.conn.Read(one); !errors.Is(err, os.ErrDeadlineExceeded) {
				return
			}
		}
		if s.ended.Load() || !time.Now().Before(until) {
			if s.chunked {
				s.write([]byte("0\r\n\r\n"))
			}
			return
		}
		if !s.write(s.comment("ping")) {
			return
		}
	}
}

func (s *HeldStream) write(p []byte) bool {
	_ = s.conn.SetWriteDeadline(time.Now().Add(WriteTimeout))
	if s.ended.Load() {
		_ = s.conn.SetWriteDeadline(time.Now().Add(endPatience))
	}
	_, err := s.conn.Write(p)
	return err == nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Hijack notes the answer that is given past the recorder: HoldStream's.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.status = http.StatusOK
	}
	return conn, buffered, err
}
