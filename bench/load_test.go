package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// answering serves one connection with the same answer to every request.
func answering(t *testing.T, answer string) *caller {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		for {
			req, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			io.Copy(io.Discard, req.Body)
			conn.Write([]byte(answer))
		}
	}()
	addr := l.Addr().String()
	e := eras[1]
	c := &caller{addr: addr, requests: []request{
		prepare(addr, "/mcp", e.headers("get_task", "", "t"), e.callBody("get_task", map[string]any{"task_id": "x"})),
	}}
	if err := c.connect(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.conn.Close() })
	return c
}

func TestCallReadsAnswers(t *testing.T) {
	const result = `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`
	const failed = `{"jsonrpc":"2.0","id":1,"result":{"isError":true}}`
	for _, c := range []struct {
		name, answer string
		ok           bool
	}{
		{"with a length", "HTTP/1.1 200 OK\r\ncontent-length: 48\r\n\r\n" + result, true},
		{"in one chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30\r\n" + result + "\r\n0\r\n\r\n", true},
		{"in two chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" + result[:16] + "\r\n20\r\n" + result[16:] + "\r\n0\r\n\r\n", true},
		{"a tool error", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + failed, false},
		{"a protocol error", "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"error\":{}}", false},
		{"refused", "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 48\r\n\r\n" + result, false},
		{"no HTTP", "hello\r\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			caller := answering(t, c.answer)
			// Twice: what the first answer leaves unread spoils the second.
			for range 2 {
				if err := caller.call(); (err == nil) != c.ok {
					t.Fatalf("call = %v, want success: %v", err, c.ok)
				} else if err != nil {
					return
				}
			}
			if got := caller.done.Load(); got != 2 {
				t.Errorf("%d calls counted, want 2", got)
			}
		})
	}
}

func TestRequestIDsDiffer(t *testing.T) {
	c := answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"result\":{}}")
	seen := map[string]bool{}
	for range 3 {
		if err := c.call(); err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(string(c.requests[0].bytes), "\r\n\r\n")
		seen[body] = true
		if !strings.HasPrefix(body, `{"jsonrpc":"2.0","id":100000000`) || !strings.Contains(body, `,"method":"tools/call"`) {
			t.Errorf("the id spoiled the request: %s", body)
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d different requests, want 3", len(seen))
	}
}

func TestCreatedID(t *testing.T) {
	const object = `{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"task":{"id":"t1"}}}}`
	for name, answer := range map[string]string{
		"an object": object,
		"an event":  ": ping\n\nevent: message\ndata: " + object + "\n\n",
	} {
		if got, err := createdID([]byte(answer)); err != nil || got != "t1" {
			t.Errorf("createdID of %s = %q, %v, want t1", name, got, err)
		}
	}
	if _, err := createdID([]byte(`{"result":{}}`)); err == nil {
		t.Error("createdID of an answer without a task: no error")
	}
}

func TestCPUTimeOfThisProcess(t *testing.T) {
	pid := func() time.Duration {
		d, err := cpuTime(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	before := pid()
	for began := time.Now(); time.Since(began) < 200*time.Millisecond; {
	}
	if used := pid() - before; used < 50*time.Millisecond || used > 5*time.Second {
		t.Errorf("a busy fifth of a second took %v of CPU", used)
	}
}
