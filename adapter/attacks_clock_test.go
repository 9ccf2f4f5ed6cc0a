package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/edge"
	"taskwire/store/storetest"
)

// A clocked is the stack in a bubble, where ten minutes pass at once: dev mode,
// SQLite, no tools, connections that are pipes.
type clocked struct {
	*harness
	listener *pipes
}

// onFakeTime runs the stack on fake time while use talks to it.
func onFakeTime(t *testing.T, env map[string]string, use func(t *testing.T, f *clocked)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &clocked{
			listener: &pipes{conns: make(chan net.Conn), done: make(chan struct{})},
			harness:  &harness{Base: "http://127.0.0.1:8080", Log: &syncBuffer{}, Database: storetest.Config(t, storetest.SQLite)},
		}
		all := map[string]string{"AUTH_MODE": "dev", "TASKWIRE_DATA": t.TempDir(), "TASKWIRE_USER": "alice", "LOG_LEVEL": "debug", "MCP_PUBLIC_URL": "http://127.0.0.1:9/mcp"}
		maps.Copy(all, env)
		cfg, err := loadConfig([]string{"-http", "127.0.0.1:8080"}, func(name string) string { return all[name] }, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		logger := edge.NewLogger(f.Log, cfg.edge, false)
		if f.Server, err = newServer(cfg, f.listener.Addr(), storetest.OpenConfig(t, f.Database), logger); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() {
			served <- edge.Serve(ctx, f.listener, f.Server.handler(), edge.ServeOptions{Grace: cfg.edge.ShutdownGrace, Logger: logger})
		}()
		defer f.Server.close()
		defer func() {
			stop()
			if err := <-served; err != nil {
				t.Errorf("serve: %v", err)
			}
		}()
		use(t, f)
	})
}

// pipes is a listener whose connections are pipes from this machine.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return local{conn}, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error { l.once.Do(func() { close(l.done) }); return nil }

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

type local struct{ net.Conn }

func (local) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// A rawConn is a connection on which a test writes what it likes.
type rawConn struct {
	net.Conn
	r *bufio.Reader
}

func (f *clocked) dial(t testing.TB) *rawConn {
	ours, theirs := net.Pipe()
	f.listener.conns <- theirs
	t.Cleanup(func() { ours.Close() })
	return &rawConn{ours, bufio.NewReader(ours)}
}

func (h *harness) dial(t testing.TB) *rawConn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.Base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &rawConn{conn, bufio.NewReader(conn)}
}

// write sends a text as it is.
func (c *rawConn) write(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(c.Conn, text); err != nil {
		t.Errorf("write: %v", err)
	}
}

// post is a whole request, for a connection of its own.
func post(path, body string, lines ...string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s",
		path, len(body), strings.Join(append(lines, ""), "\r\n"), body)
}

func (c *rawConn) answer(t testing.TB) answer {
	t.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatalf("read the answer: %v", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("read the body: %v", err)
	}
	return answer{Status: res.StatusCode, Header: res.Header, Body: string(body)}
}

// ended reports whether the server has closed the connection.
func (c *rawConn) ended() bool {
	_, err := c.r.ReadByte()
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// exchange sends a request on a connection of its own.
func (f *clocked) exchange(t testing.TB, request string) answer {
	t.Helper()
	c := f.dial(t)
	defer c.Close()
	c.write(t, request)
	return c.answer(t)
}
