package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"taskwire/edge"
	"taskwire/identity"
	"taskwire/identity/identitytest"
	"taskwire/store/storetest"
)

// pipes is a listener whose connections are pipes: with it the whole stack
// lives on fake time, and half an hour of idling passes at once.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error { l.once.Do(func() { close(l.done) }); return nil }

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8081} }

// fakeTime is the HTTP stack in a bubble, over SQLite, with a provider that is
// reached by function call. Its limits are the real ones.
type fakeTime struct {
	*harness
	listener *pipes
	stop     func() // drains and waits for the end
}

// onFakeTime runs the stack on fake time while use talks to it.
func onFakeTime(t *testing.T, env map[string]string, use func(t *testing.T, f *fakeTime)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTime{
			listener: &pipes{conns: make(chan net.Conn), done: make(chan struct{})},
			harness: &harness{
				Base: "http://127.0.0.1:8081", URL: "http://127.0.0.1:8081/mcp", Log: &syncBuffer{},
				Provider: identitytest.New(t, "https://issuer.example.com"),
				Database: storetest.Config(t, storetest.SQLite),
			},
		}
		all := map[string]string{
			"AUTH_MODE": "jwks", "OAUTH_ISSUER": f.Provider.Issuer, "OAUTH_JWKS_URL": f.Provider.JWKSURL,
			"TASKWIRE_DATA": t.TempDir(), "LOG_LEVEL": "debug",
		}
		for name, value := range env {
			all[name] = value
		}
		cfg, err := loadConfig([]string{"-http", "127.0.0.1:8081"}, func(name string) string { return all[name] }, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		logger := edge.NewLogger(f.Log, cfg.edge, false)
		verifier, err := identity.NewVerifier(cfg.issuers, identity.Options{Logger: logger, Client: f.Provider.Client()})
		if err != nil {
			t.Fatal(err)
		}
		f.Server = newHTTPServer(cfg, f.listener.Addr(), storetest.OpenConfig(t, f.Database), verifier, logger)
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() {
			served <- edge.Serve(ctx, f.listener, f.Server.routes(), edge.ServeOptions{Grace: cfg.edge.ShutdownGrace, Logger: logger})
		}()
		f.stop = sync.OnceFunc(func() {
			stop()
			if err := <-served; err != nil {
				t.Errorf("serve: %v", err)
			}
		})
		defer verifier.Close()
		defer f.Server.close()
		defer f.stop()
		use(t, f)
	})
}

// dial opens a raw connection.
func (f *fakeTime) dial(t testing.TB) *rawConn {
	t.Helper()
	ours, theirs := net.Pipe()
	f.listener.conns <- theirs
	t.Cleanup(func() { ours.Close() })
	return &rawConn{Conn: ours, r: bufio.NewReader(ours)}
}

// post sends a message on a connection of its own and reads the answer.
func (f *fakeTime) post(t testing.TB, body string, header map[string]string) answer {
	t.Helper()
	c := f.dial(t)
	defer c.Close()
	c.send(t, "POST", "/mcp", body, header)
	return c.answer(t)
}

// A rawConn is a connection on which a test writes what it likes.
type rawConn struct {
	net.Conn
	r *bufio.Reader
}

func dialRaw(t testing.TB, h *harness) *rawConn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.Base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &rawConn{Conn: conn, r: bufio.NewReader(conn)}
}

func (c *rawConn) write(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(c.Conn, text); err != nil {
		t.Errorf("write: %v", err)
	}
}

// send writes a request. Unlike http.Client it sends empty headers too.
func (c *rawConn) send(t testing.TB, method, path, body string, header map[string]string) {
	t.Helper()
	c.write(t, requestText(method, path, body, header))
}

func requestText(method, path, body string, header map[string]string) string {
	all := map[string]string{
		"Host": "127.0.0.1:8081", "Accept": "application/json, text/event-stream",
		"Content-Type": "application/json",
	}
	for name, value := range header {
		all[name] = value
	}
	var text strings.Builder
	text.WriteString(method + " " + path + " HTTP/1.1\r\n")
	for name, value := range all {
		text.WriteString(name + ": " + value + "\r\n")
	}
	if body != "" {
		if _, given := all["Content-Length"]; !given {
			text.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
		}
	}
	return text.String() + "\r\n" + body
}

// begin reads the head of an answer and leaves the body to be read.
func (c *rawConn) begin(t testing.TB) *http.Response {
	t.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatalf("read the answer: %v", err)
	}
	return res
}

func (c *rawConn) answer(t testing.TB) answer {
	t.Helper()
	a, err := readAnswer(c.begin(t))
	if err != nil {
		t.Fatalf("read the body: %v", err)
	}
	return a
}
