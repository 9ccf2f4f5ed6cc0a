package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// The load generator shares two cores with the server it measures, so it does
// next to nothing: requests are prepared bytes, answers are read with one
// buffer and searched for an error. It is the same for all servers.

// request is one prepared HTTP request; idAt is where its JSON-RPC id stands.
type request struct {
	bytes []byte
	idAt  int
}

func prepare(host, path string, headers map[string]string, body []byte) request {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", path, host, len(body))
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		fmt.Fprintf(&b, "%s: %s\r\n", name, headers[name])
	}
	b.WriteString("\r\n")
	bodyAt := b.Len()
	b.Write(body)
	id := strconv.Itoa(firstID)
	return request{bytes: b.Bytes(), idAt: bodyAt + bytes.Index(body, []byte(id))}
}

// caller is one host: one connection, its requests in turn, one at a time.
type caller struct {
	addr     string
	requests []request
	nextID   int
	conn     net.Conn
	in       *bufio.Reader
	answer   []byte // the body of the last answer, reused
	arrived  func() // called when a chunk of c.answer has come, if set
	done     atomic.Int64
}

// connect opens a fresh connection, because servers close idle ones between
// rounds. It is good for as long as a round may take, so that a server that
// hangs fails the run.
func (c *caller) connect(ctx context.Context, last time.Duration) (err error) {
	c.conn, err = new(net.Dialer).DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return err
	}
	c.in = bufio.NewReaderSize(c.conn, 64<<10)
	return c.conn.SetDeadline(time.Now().Add(last))
}

const patience = time.Minute

// call sends the next request and reads its answer.
func (c *caller) call() error {
	r := c.requests[c.nextID%len(c.requests)]
	c.nextID++
	strconv.AppendInt(r.bytes[r.idAt:r.idAt], int64(firstID+c.nextID), 10)
	if _, err := c.conn.Write(r.bytes); err != nil {
		return err
	}
	status, err := c.read()
	if err != nil {
		return err
	}
	if status != http.StatusOK || !succeeded(c.answer) {
		return fmt.Errorf("status %d: %.300s", status, c.answer)
	}
	c.done.Add(1)
	return nil
}

// succeeded is a check of every answer that costs little: it bears a result,
// and neither a protocol error nor a tool error.
func succeeded(answer []byte) bool {
	return bytes.Contains(answer, []byte(`"result":`)) && !bytes.Contains(answer, []byte(`"isError":true`))
}

// read reads an HTTP/1.1 answer with a length or in chunks into c.answer.
func (c *caller) read() (status int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, fmt.Errorf("status line %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, chunked := 0, false
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := header(line, "content-length:"); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		} else if _, ok := header(line, "transfer-encoding:"); ok {
			chunked = true
		}
	}
	c.answer = c.answer[:0]
	if !chunked {
		return status, c.readBody(length)
	}
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return 0, err
		}
		if err := c.readBody(int(size)); err != nil {
			return 0, err
		}
		if _, err := c.in.Discard(2); err != nil {
			return 0, err
		}
		if size == 0 {
			return status, nil
		}
		if c.arrived != nil {
			c.arrived()
		}
	}
}

func (c *caller) readBody(n int) error {
	at := len(c.answer)
	c.answer = slices.Grow(c.answer, n)[:at+n]
	_, err := io.ReadFull(c.in, c.answer[at:])
	return err
}

// header returns the value of a header line if it has this lower-case name.
func header(line []byte, name string) (value []byte, ok bool) {
	if len(line) < len(name) || !bytes.EqualFold(line[:len(name)], []byte(name)) {
		return nil, false
	}
	return bytes.TrimSpace(line[len(name):]), true
}

// sample is what one round measured.
type sample struct {
	cpu  float64 // microseconds of server CPU a call
	rate float64 // calls a second
}

// measure lets the callers run for settle, then for window, of which it takes
// the figures.
func measure(ctx context.Context, pid int, callers []*caller, settle, window time.Duration) (sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, c := range callers {
		if err := c.connect(ctx, settle+window+patience); err != nil {
			return sample{}, err
		}
	}
	var running sync.WaitGroup
	for _, c := range callers {
		running.Go(func() {
			for ctx.Err() == nil {
				if err := c.call(); err != nil {
					cancel(err)
				}
			}
			c.conn.Close()
		})
	}
	wait(ctx, settle)
	before, err := readMeter(pid, callers)
	if err == nil {
		wait(ctx, window)
	}
	after, err2 := readMeter(pid, callers)
	failed := context.Cause(ctx)
	cancel(nil)
	running.Wait()
	if err := errors.Join(err, err2, failed); err != nil {
		return sample{}, err
	}
	calls := float64(after.calls - before.calls)
	return sample{
		cpu:  float64((after.cpu - before.cpu).Microseconds()) / calls,
		rate: calls / after.at.Sub(before.at).Seconds(),
	}, nil
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// meter is a reading of both counters at one moment.
type meter struct {
	at    time.Time
	cpu   time.Duration
	calls int64
}

func readMeter(pid int, callers []*caller) (meter, error) {
	m := meter{at: time.Now()}
	for _, c := range callers {
		m.calls += c.done.Load()
	}
	var err error
	m.cpu, err = cpuTime(pid)
	return m, err
}
