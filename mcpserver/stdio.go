package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
)

const (
	// maxMessage is the size of one MCP message, over either transport.
	maxMessage = 1 << 20
	// maxInFlight bounds the calls that are being answered over stdio. When a
	// host does not read our answers, we stop reading its calls.
	maxInFlight = 64
	// lastAnswers is how long running calls may go on after the host closed
	// its end, so that `echo … | mcpserver` gets its answer.
	lastAnswers = 4 * time.Second
	// codeNoSession answers what comes before initialize. The SDK gives such
	// errors no code.
	codeNoSession = jsonrpc.CodeInvalidRequest
)

// A stdioTransport speaks MCP over lines. It stands in for the SDK's own,
// which ends the session at the first line that is no message, leaves good
// calls before it unanswered, and cancels what runs when input ends.
type stdioTransport struct {
	in    io.Reader
	out   io.Writer
	stop  <-chan struct{} // closed when the program is asked to stop
	grace time.Duration   // how long running calls may then go on
	ended chan struct{}   // closed by us when input is over and answers have had their time

	logger *slog.Logger
}

func (t *stdioTransport) Connect(context.Context) (mcp.Connection, error) {
	c := &stdioConn{
		out:      t.out,
		stop:     t.stop,
		grace:    t.grace,
		ended:    t.ended,
		logger:   t.logger,
		messages: make(chan jsonrpc.Message),
		closed:   make(chan struct{}),
		slots:    make(chan struct{}, maxInFlight),
		inFlight: map[jsonrpc.ID]*stdioCall{},
	}
	go c.readLines(t.in)
	return c, nil
}

// A stdioCall is a call that has not been answered yet.
type stdioCall struct{ cancelled bool }

type stdioConn struct {
	stop  <-chan struct{}
	grace time.Duration
	ended chan struct{}

	logger *slog.Logger

	messages  chan jsonrpc.Message // closed after the last one
	closed    chan struct{}
	closeOnce sync.Once
	slots     chan struct{} // one per call in flight

	writeMu sync.Mutex // guards out: answers come from many goroutines
	out     io.Writer

	mu       sync.Mutex
	inFlight map[jsonrpc.ID]*stdioCall
}

func (c *stdioConn) SessionID() string { return "" }

// Close does not close the streams: they are the process's own.
func (c *stdioConn) Close() error {
	c.closeOnce.Do(func() { close(c.closed) })
	return nil
}

// Read returns the next message. When input ends or the program is to stop it
// first waits until all calls are answered, because the SDK cancels them when
// Read fails.
func (c *stdioConn) Read(ctx context.Context) (jsonrpc.Message, error) {
	patience := lastAnswers
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.closed:
		return nil, io.EOF
	case <-c.stop:
		patience = c.grace
	case msg, ok := <-c.messages:
		if ok && c.admit(ctx, msg) {
			return msg, nil
		}
	}
	c.awaitAnswers(ctx, patience)
	close(c.ended) // the SDK does not read on after an error
	return nil, io.EOF
}

// admit waits for a place for a call; it reports false when none will come.
func (c *stdioConn) admit(ctx context.Context, msg jsonrpc.Message) bool {
	if req, ok := msg.(*jsonrpc.Request); !ok || !req.IsCall() {
		return true
	}
	select {
	case c.slots <- struct{}{}:
		return true
	case <-ctx.Done():
	case <-c.closed:
	case <-c.stop:
	}
	return false
}

// awaitAnswers returns when nothing is in flight, or when patience is at its
// end.
func (c *stdioConn) awaitAnswers(ctx context.Context, patience time.Duration) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for range maxInFlight { // all slots taken by us: no call holds one
		select {
		case c.slots <- struct{}{}:
		case <-c.closed:
			return
		case <-ctx.Done():
			return
		case <-timeout.C:
			return
		}
	}
}

// Write sends a message. What answers a cancelled call is dropped: nobody
// waits for it any more (MCP, cancellation).
func (c *stdioConn) Write(ctx context.Context, msg jsonrpc.Message) error {
	if resp, ok := msg.(*jsonrpc.Response); ok {
		if call := c.answered(resp.ID); call != nil {
			defer func() { <-c.slots }()
			if call.cancelled {
				return nil
			}
		}
		var coded *jsonrpc.Error
		if resp.Error != nil && (!errors.As(resp.Error, &coded) || coded.Code == 0) {
			resp.Error = &jsonrpc.Error{Code: codeNoSession, Message: resp.Error.Error()}
		}
	}
	data, err := jsonrpc.EncodeMessage(msg)
	if err != nil {
		return err
	}
	return c.writeLine(data)
}

func (c *stdioConn) writeLine(data []byte) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	_, err := c.out.Write(append(data, '\n'))
	return err
}

// answered takes a call out of those in flight, nil if it is not there.
func (c *stdioConn) answered(id jsonrpc.ID) *stdioCall {
	c.mu.Lock()
	defer c.mu.Unlock()
	call := c.inFlight[id]
	delete(c.inFlight, id)
	return call
}

// readLines reads until the input ends. A line that is no message is answered
// at once and does not end the session.
func (c *stdioConn) readLines(in io.Reader) {
	defer close(c.messages)
	lines := bufio.NewReaderSize(in, 64<<10)
	for {
		line, long, err := readLine(lines)
		line = bytes.TrimRight(line, "\r\n")
		goOn := true
		switch {
		case long || len(line) > maxMessage:
			goOn = c.refuse(&envelopeError{code: jsonrpc.CodeInvalidRequest, text: "invalid request: a message may have up to 1 MiB"})
		case len(bytes.TrimSpace(line)) > 0:
			goOn = c.guarded(line)
		}
		if err != nil || !goOn {
			return
		}
	}
}

// readLine returns the next line with its end, which the last one may lack. Of
// a line that is too long it reads all and returns nothing.
func readLine(r *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxMessage+len("\r\n"); long {
			line = nil
		} else {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, long, err
		}
	}
}

// guarded is accept, of which a bug costs the line and no more.
func (c *stdioConn) guarded(line []byte) (goOn bool) {
	err := edge.Safely(func() error {
		goOn = c.accept(line)
		return nil
	})
	if err != nil {
		c.logger.Error("panic", "err", err)
		return c.refuse(&envelopeError{code: jsonrpc.CodeInternalError, text: "internal error"})
	}
	return goOn
}

// accept hands one line to the session and reports whether to go on.
func (c *stdioConn) accept(line []byte) bool {
	env, bad := readEnvelope(line)
	if bad != nil {
		return c.refuse(bad)
	}
	msg, err := jsonrpc.DecodeMessage(line)
	if err != nil {
		return c.refuse(invalidRequest(env.id, "not a JSON-RPC message"))
	}
	if req, ok := msg.(*jsonrpc.Request); ok {
		if req.IsCall() {
			if taken := c.begin(req.ID); taken != nil {
				return c.refuse(invalidRequest(env.id, "id: a call with this id is still running"))
			}
		} else if req.Method == "notifications/cancelled" {
			c.cancel(req.Params)
		}
	}
	select {
	case c.messages <- msg:
		return true
	case <-c.closed:
		return false
	}
}

// begin notes a call as running; it returns the one that runs under its id.
func (c *stdioConn) begin(id jsonrpc.ID) *stdioCall {
	c.mu.Lock()
	defer c.mu.Unlock()
	if taken := c.inFlight[id]; taken != nil {
		return taken
	}
	c.inFlight[id] = &stdioCall{}
	return nil
}

// cancel marks a running call so that its answer is not sent. The SDK, which
// sees the notification too, cancels its context.
func (c *stdioConn) cancel(params json.RawMessage) {
	var p map[string]any // not a struct: the SDK minds the letter case of keys
	if json.Unmarshal(params, &p) != nil {
		return
	}
	id, err := jsonrpc.MakeID(p["requestId"])
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if call := c.inFlight[id]; call != nil {
		call.cancelled = true
	}
}

// refuse answers a line that is no message and reports whether that went out.
func (c *stdioConn) refuse(e *envelopeError) bool { return c.writeLine(e.wire()) == nil }
