package agent

import (
	"bytes"
	"errors"
	"io"
)

const (
	// readSize is what an open stream costs while it is silent. Most events
	// are smaller. Until its first event comes it costs firstSize, which has
	// room for the comments that some providers send while the model thinks.
	readSize  = 2 << 10
	firstSize = 64
	// maxEvent bounds one event, and a reply that is no stream. It has room
	// for arguments that are far too long, so that the model can be told.
	maxEvent = 8 << 20
	// maxReply bounds all events of one reply.
	maxReply = 32 << 20
	// keepSize is up to how much of a buffer is kept after a large event.
	keepSize = 64 << 10
)

var errReplyTooLarge = errors.New("the reply is too large")

// An eventReader reads server-sent events (HTML Living Standard, section 9.2)
// and gives their data. Names, ids and comments are skipped.
type eventReader struct {
	src     io.Reader
	first   [firstSize]byte
	buf     []byte // buf[from:to] has been read but not used
	from    int
	to      int
	data    []byte // of the event that is being read
	total   int
	spoken  bool // there was an event with data
	started bool
	ended   bool // src has
}

// firstByte gives the first byte that is no white space and no byte order
// mark, without using it up; 0 if there is none for long.
func (e *eventReader) firstByte() (byte, error) {
	for {
		rest := bytes.TrimPrefix(e.buf[e.from:e.to], []byte("\xef\xbb\xbf"))
		if rest = bytes.TrimLeft(rest, " \t\r\n"); len(rest) > 0 && (rest[0] < 0x80 || len(rest) > 2) {
			return rest[0], nil
		}
		if e.ended || e.to-e.from > keepSize {
			return 0, nil
		}
		if err := e.fill(); err != nil {
			return 0, err
		}
	}
}

// ready reports whether next need not wait: an event, or nothing but an empty
// line, has been read to its end.
func (e *eventReader) ready() bool {
	rest := e.buf[e.from:e.to]
	return e.ended || bytes.Contains(rest, []byte("\n\n")) || bytes.Contains(rest, []byte("\n\r\n"))
}

// next gives the data of the next event that has any, good until the next
// call. The end of the source is io.EOF; an event that it cuts off is given
// like a whole one, for its JSON tells.
func (e *eventReader) next() ([]byte, error) {
	if cap(e.data) > keepSize {
		e.data = nil
	}
	e.data = e.data[:0]
	for {
		line, err := e.line()
		ends := len(line) == 0 && (err == nil || err == io.EOF)
		if ends && len(e.data) > 0 {
			return e.data, nil
		}
		if err != nil {
			return nil, err
		}
		value, ok := dataOf(line)
		if !ok || len(value) == 0 {
			continue
		}
		if len(e.data) > 0 {
			e.data = append(e.data, '\n')
		}
		if len(e.data)+len(value) > maxEvent {
			return nil, errReplyTooLarge
		}
		e.data = append(e.data, value...)
		e.spoken = true
	}
}

// dataOf gives the value of a data line.
func dataOf(line []byte) ([]byte, bool) {
	value, ok := bytes.CutPrefix(line, []byte("data"))
	if !ok {
		return nil, false
	}
	if len(value) == 0 {
		return nil, true
	}
	if value[0] != ':' {
		return nil, false
	}
	return bytes.TrimPrefix(value[1:], []byte(" ")), true
}

// line gives the next line without its end, good until the next call. After
// the last one it gives io.EOF.
func (e *eventReader) line() ([]byte, error) {
	searched := 0
	for {
		if end := bytes.IndexByte(e.buf[e.from+searched:e.to], '\n'); end >= 0 {
			line := e.buf[e.from : e.from+searched+end]
			e.from += searched + end + 1
			return e.clean(line), nil
		}
		searched = e.to - e.from
		if e.ended {
			line := e.buf[e.from:e.to]
			e.from = e.to
			if len(line) == 0 {
				return nil, io.EOF
			}
			return e.clean(line), nil
		}
		if searched > maxEvent {
			return nil, errReplyTooLarge
		}
		if err := e.fill(); err != nil {
			return nil, err
		}
	}
}

func (e *eventReader) clean(line []byte) []byte {
	if !e.started {
		e.started = true
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	return bytes.TrimSuffix(line, []byte("\r"))
}

// fill reads once, making room where there is none.
func (e *eventReader) fill() error {
	switch used := e.to - e.from; {
	case e.buf == nil:
		e.buf = e.first[:]
	case used == 0:
		e.from, e.to = 0, 0
		if !e.spoken {
			e.buf = e.first[:]
		} else if len(e.buf) < readSize || len(e.buf) > keepSize {
			e.buf = make([]byte, readSize)
		}
	case e.to == len(e.buf) && e.from > 0 && used <= len(e.buf)/2:
		e.to = copy(e.buf, e.buf[e.from:e.to])
		e.from = 0
	case e.to == len(e.buf):
		larger := make([]byte, max(2*len(e.buf), readSize))
		e.to = copy(larger, e.buf[e.from:e.to])
		e.buf, e.from = larger, 0
	}
	n, err := e.src.Read(e.buf[e.to:])
	e.to += n
	if e.total += n; e.total > maxReply {
		return errReplyTooLarge
	}
	if err == io.EOF {
		e.ended = true
		return nil
	}
	return err
}

// all gives everything that is left, for a reply that is no stream.
func (e *eventReader) all() ([]byte, error) {
	for !e.ended {
		if e.to-e.from > maxEvent {
			return nil, errReplyTooLarge
		}
		if err := e.fill(); err != nil {
			return nil, err
		}
	}
	return bytes.TrimPrefix(e.buf[e.from:e.to], []byte("\xef\xbb\xbf")), nil
}
