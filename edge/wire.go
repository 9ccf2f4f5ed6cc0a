package edge

import (
	"bytes"
	"errors"
	"net"
	"strconv"
	"time"
)

// net/http is lenient about framing where a proxy in front may read the same
// bytes otherwise, which is how requests are smuggled: it takes lines that end
// in LF alone, folded headers, and Transfer-Encoding beside Content-Length
// (which it then drops, so that no handler can see it). RFC 9112 lets a server
// refuse each of them (2.2, 5.2, 6.1), and we do: the connection's reader
// follows the framing and fails, which net/http answers with 400 and a close.

var errFraming = errors.New("ambiguous HTTP framing")

// strictListener gives connections that refuse ambiguous framing, and whose peer
// may be silent about what it was sent for so long.
type strictListener struct {
	net.Listener
	silence time.Duration
}

func (l strictListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	limitSilence(conn, l.silence)
	return &strictConn{Conn: conn}, nil
}

type strictConn struct {
	net.Conn
	wire wire
}

// Read may run on a goroutine of net/http's that nothing guards: a bug in what
// follows the framing costs the connection and no more.
func (c *strictConn) Read(p []byte) (n int, err error) {
	defer func() {
		if recover() != nil {
			n, err = 0, errFraming
		}
	}()
	n, err = c.Conn.Read(p)
	if n > 0 && !c.wire.scan(p[:n]) {
		return 0, errFraming
	}
	return n, err
}

// CloseWrite is what net/http calls so that an answer is read before the
// connection is reset.
func (c *strictConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

type phase uint8

const (
	requestLine phase = iota
	headerLine
	body      // left bytes of Content-Length
	chunkSize // the line before a chunk
	chunk     // left bytes of one
	chunkEnd  // the line end after it
	trailer
	broken
)

// wire follows the bytes of one connection, in pieces of any size. It holds
// the beginning of the line that is being read, which is all that framing
// needs.
type wire struct {
	phase   phase
	chunked bool
	sized   bool // a Content-Length has been seen
	http10  bool
	left    int64
	lineLen int
	line    [48]byte
	last    [2]byte // the two latest bytes of the line, newest last
}

// scan reports whether the stream is still sound after p.
func (w *wire) scan(p []byte) bool {
	for len(p) > 0 && w.phase != broken {
		if w.phase == body || w.phase == chunk {
			n := min(int64(len(p)), w.left)
			p = p[n:]
			w.skipped(n)
			continue
		}
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			w.take(p)
			break
		}
		w.take(p[:end])
		p = p[end+1:]
		if w.last[1] != '\r' || !w.endLine() {
			w.phase = broken
		}
		w.lineLen, w.last = 0, [2]byte{}
	}
	return w.phase != broken
}

func (w *wire) take(p []byte) {
	if w.lineLen < len(w.line) {
		copy(w.line[w.lineLen:], p)
	}
	w.lineLen += len(p)
	switch {
	case len(p) >= 2:
		w.last = [2]byte(p[len(p)-2:])
	case len(p) == 1:
		w.last = [2]byte{w.last[1], p[0]}
	}
}

func (w *wire) skipped(n int64) {
	if w.left -= n; w.left > 0 {
		return
	}
	if w.phase == chunk {
		w.phase = chunkEnd
	} else {
		w.phase = requestLine
	}
}

// endLine acts on a whole line; its CR is the last byte counted.
func (w *wire) endLine() bool {
	size := w.lineLen - 1
	line := w.line[:min(size, len(w.line))]
	switch w.phase {
	case requestLine:
		w.chunked, w.sized, w.left = false, false, 0
		w.http10 = w.last[0] == '0'
		w.phase = headerLine
		return size > 0
	case headerLine:
		if size == 0 {
			return w.endHeader()
		}
		return w.header(line, size > len(w.line))
	case chunkSize:
		return w.startChunk(line)
	case chunkEnd:
		w.phase = chunkSize
		return size == 0
	default: // trailer
		if size == 0 {
			w.phase = requestLine
		}
		return true
	}
}

func (w *wire) header(line []byte, long bool) bool {
	if line[0] == ' ' || line[0] == '\t' {
		return false // a folded header
	}
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.Trim(value, " \t")
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		n, err := strconv.ParseUint(string(value), 10, 62)
		if err != nil || long || w.sized {
			return false
		}
		w.sized, w.left = true, int64(n)
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		if long || w.chunked || w.http10 || !bytes.EqualFold(value, []byte("chunked")) {
			return false
		}
		w.chunked = true
	}
	return true
}

func (w *wire) endHeader() bool {
	switch {
	case w.chunked && w.sized:
		return false
	case w.chunked:
		w.phase = chunkSize
	case w.left > 0:
		w.phase = body
	default:
		w.phase = requestLine
	}
	return true
}

// startChunk reads the hexadecimal size of a chunk; what may follow it
// (extensions) is net/http's to judge.
func (w *wire) startChunk(line []byte) bool {
	size, _, _ := bytes.Cut(line, []byte(";"))
	n, err := strconv.ParseUint(string(bytes.TrimRight(size, " \t")), 16, 62)
	if err != nil {
		return false
	}
	w.left, w.phase = int64(n), chunk
	if n == 0 {
		w.phase = trailer
	}
	return true
}
