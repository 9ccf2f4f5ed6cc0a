package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A manner is how the provider answers.
type manner int32

const (
	burst     manner     = iota // all deltas at once, each a packet of its own
	paced                       // a delta every pace
	headOnly                    // the head of an answer, and then nothing
	wordless                    // nothing at all
	noAnswers = headOnly        // from here on
)

// pace is the time between two deltas: a fast model's.
const pace = 2 * time.Millisecond

// deltas are the pieces of an answer. lastDelta is how a client knows that it
// has the whole.
const (
	deltas    = 20
	delta     = "a few words "
	lastDelta = "and the end."
)

// provider is the model behind the adapter: OpenAI's dialect over loopback, by
// prepared bytes, so that it never is what the others wait for.
type provider struct {
	url     string
	manner  atomic.Int32
	began   [marks]atomic.Int64 // since start, when the first delta to the message of this number left
	held    atomic.Int64        // answers that are silent
	start   time.Time
	l       net.Listener
	mu      sync.Mutex
	conns   map[net.Conn]bool
	serving sync.WaitGroup
}

func newProvider() (*provider, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &provider{l: l, url: "http://" + l.Addr().String() + "/v1", start: time.Now(), conns: map[net.Conn]bool{}}
	p.serving.Go(p.accept)
	return p, nil
}

func (p *provider) accept() {
	for {
		conn, err := p.l.Accept()
		if err != nil {
			return // ended
		}
		p.mu.Lock()
		p.conns[conn] = true
		p.mu.Unlock()
		p.serving.Go(func() {
			_ = p.serve(conn) // the client is gone; it knows why
			conn.Close()
			p.mu.Lock()
			delete(p.conns, conn)
			p.mu.Unlock()
		})
	}
}

// end closes all connections.
func (p *provider) end() {
	p.l.Close()
	p.hangUp()
	p.serving.Wait()
}

// hangUp ends all that is being answered.
func (p *provider) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
}

// mark is how a message bears its number, which the provider finds again.
const (
	mark  = "message-"
	marks = 100_000 // then they begin again
)

func marked(n int) string { return fmt.Sprintf("%s%05d", mark, n) }

// numberIn reads the number of the last message in a request.
func numberIn(body []byte) (int, error) {
	at := bytes.LastIndex(body, []byte(mark)) + len(mark)
	if at < len(mark) || at+5 > len(body) {
		return 0, errors.New("a request without a marked message")
	}
	return strconv.Atoi(string(body[at : at+5]))
}

// serve answers the requests of one connection.
func (p *provider) serve(conn net.Conn) error {
	in := bufio.NewReader(conn)
	var body []byte
	for {
		var err error
		if body, err = readRequest(in, body); err != nil {
			return err
		}
		if manner := manner(p.manner.Load()); manner >= noAnswers {
			return p.hold(conn, in, manner)
		}
		if bytes.Contains(body, []byte(`"tools":`)) {
			err = p.answer(conn, body)
		} else { // it is asked for a title
			err = send(conn, replyHead, deltaEvent("A talk about nothing much"), replyEnd)
		}
		if err != nil {
			return err
		}
	}
}

// readRequest reads a request with a length, whose body it returns.
func readRequest(in *bufio.Reader, body []byte) ([]byte, error) {
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := header(line, "content-length:"); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return nil, err
			}
		}
	}
	if cap(body) < length {
		body = make([]byte, length)
	}
	body = body[:length]
	_, err := io.ReadFull(in, body)
	return body, err
}

// answer says deltas pieces, and notes when the first of them leaves.
func (p *provider) answer(conn net.Conn, body []byte) error {
	number, err := numberIn(body)
	if err != nil {
		return err
	}
	if err := send(conn, replyHead); err != nil {
		return err
	}
	p.began[number].Store(int64(time.Since(p.start)))
	for i := range deltas {
		if i > 0 && manner(p.manner.Load()) == paced {
			wait(context.Background(), pace)
		}
		if err := send(conn, pieces[i]); err != nil {
			return err
		}
	}
	return send(conn, replyEnd)
}

// hold keeps an answer open until the client is gone.
func (p *provider) hold(conn net.Conn, in *bufio.Reader, m manner) error {
	if m == headOnly {
		if err := send(conn, []byte(httpHead)); err != nil {
			return err
		}
	}
	p.held.Add(1)
	defer p.held.Add(-1)
	_, err := in.ReadByte()
	return err
}

func send(conn net.Conn, parts ...[]byte) error {
	_, err := conn.Write(bytes.Join(parts, nil))
	return err
}

const httpHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

var (
	replyHead = append([]byte(httpHead), chunk(`{"role":"assistant","content":""}`, "null")...)
	replyEnd  = append(chunk(`{}`, `"stop"`), "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"...)
	pieces    = func() (all [deltas][]byte) {
		for i := range deltas - 1 {
			all[i] = deltaEvent(delta)
		}
		all[deltas-1] = deltaEvent(lastDelta)
		return all
	}()
)

func deltaEvent(text string) []byte { return chunk(`{"content":`+strconv.Quote(text)+`}`, "null") }

// chunk is an event of a completion, as a chunk of HTTP.
func chunk(delta, finish string) []byte {
	event := `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1790000000,"model":"bench","choices":[{"index":0,"delta":` +
		delta + `,"logprobs":null,"finish_reason":` + finish + `}],"usage":null}` + "\n\n"
	return fmt.Appendf(nil, "%x\r\n%s\r\n", len(event), event)
}
