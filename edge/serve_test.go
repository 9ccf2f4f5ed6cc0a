package edge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A pipeListener hands out pipes, so that a server and its clients live on
// fake time. Pipes have no buffer: a client that does not read blocks at once.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	close func()
}

func newPipeListener() *pipeListener {
	l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.done) })
	return l
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.close(); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// client is a raw connection to the server.
type client struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func (l *pipeListener) dial(t *testing.T) *client {
	t.Helper()
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
	case <-l.done:
		t.Fatal("the listener is closed")
	}
	return &client{ours, t, bufio.NewReader(ours)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Errorf("send: %v", err)
	}
}

func (c *client) answer() *http.Response {
	c.t.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatalf("read the answer: %v", err)
	}
	return res
}

func (c *client) text(res *http.Response) string {
	c.t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Errorf("read the body: %v", err)
	}
	return string(body)
}

// closedAfter waits for the server to close and says how long that took.
func (c *client) closedAfter() time.Duration {
	start := time.Now()
	_, _ = io.Copy(io.Discard, c.r)
	_ = c.Close()
	return time.Since(start)
}

// trickle sends a byte every pause until the connection is closed.
func (c *client) trickle(text string, pause time.Duration) (done <-chan struct{}) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := range len(text) {
			time.Sleep(pause)
			if _, err := io.WriteString(c, text[i:i+1]); err != nil {
				return
			}
		}
	}()
	return ended
}

const getRoot = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// served runs Serve on fake time while use talks to it, then stops it, and
// gives what Serve returned.
func served(t *testing.T, h http.Handler, opts ServeOptions, use func(t *testing.T, l *pipeListener, stop func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- Serve(ctx, l, h, opts) }()
		use(t, l, func() { cancel(); synctest.Wait() })
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve = %v, want nil after a clean stop", err)
		}
	})
}

// echo answers with the length of the body, as our endpoints read it.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := ReadBody(w, r, 1<<20)
	if err != nil {
		WriteError(w, r, err)
		return
	}
	_, _ = fmt.Fprint(w, len(body))
})

func TestSlowHeaders(t *testing.T) {
	served(t, echo, ServeOptions{}, func(t *testing.T, l *pipeListener, _ func()) {
		c := l.dial(t)
		sent := c.trickle(getRoot, time.Second)
		if took := c.closedAfter(); took > 6*time.Second {
			t.Errorf("closed after %v, want 5s", took)
		}
		<-sent
	})
}

// M17 and H02: a body that does not come, or comes a byte a second.
func TestSlowBody(t *testing.T) {
	for _, pause := range []time.Duration{time.Second, time.Hour} {
		served(t, echo, ServeOptions{}, func(t *testing.T, l *pipeListener, _ func()) {
			c := l.dial(t)
			c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello")
			sent := c.trickle(strings.Repeat("x", 95), pause)
			start := time.Now()
			if res := c.answer(); res.StatusCode != 400 || !res.Close {
				t.Errorf("answer = %d, close = %v, want 400 and close", res.StatusCode, res.Close)
			}
			c.closedAfter()
			if took := time.Since(start); took > 11*time.Second {
				t.Errorf("closed after %v, want 10s", took)
			}
			<-sent
		})
	}
}

func TestBodyCutOff(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, server, echo, ServeOptions{}) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	post := "POST / HTTP/1.1\r\nHost: a\r\n"
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"a good one", post + "Content-Length: 5\r\nConnection: close\r\n\r\nhello", 200},
		{"half a body and the end (M17)", post + "Content-Length: 10\r\n\r\nhello", 400},
		{"half a chunk and the end", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", 400},
		{"4 MiB and a byte, announced (M15)", post + "Content-Length: 4194305\r\n\r\n", 413},
		{"over the limit in chunks", post + "Transfer-Encoding: chunked\r\n\r\n100001\r\n" + strings.Repeat("x", 0x100001) + "\r\n0\r\n\r\n", 413},
		{"both lengths (H04)", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
		{"two encodings (H04)", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
		{"line feeds alone (H04)", "GET / HTTP/1.1\nHost: a\n\n", 400},
		{"a folded header (H04)", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
		{"headers of 64 KiB", "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", 431},
		{"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
		{"HTTP/2 without TLS (H06)", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			go func() {
				_, _ = io.WriteString(conn, c.text) // fails when the server has seen enough
				_ = conn.(*net.TCPConn).CloseWrite()
			}()
			r := bufio.NewReader(conn)
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != c.want || !res.Close {
				t.Errorf("answer = %d, close = %v, %v, want %d and close", res.StatusCode, res.Close, err, c.want)
			}
			if _, err := r.ReadByte(); err == nil {
				t.Error("something follows the answer")
			}
		})
	}
}

// C33, H02: a client that never reads is let go after 30 s.
func TestClientThatNeverReads(t *testing.T) {
	ended := make(chan time.Duration, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte("data: x\n\n")); err != nil {
				break
			}
			w.(http.Flusher).Flush()
		}
		ended <- time.Since(start)
	})
	for name, h := range map[string]http.Handler{"plain": h, "stream": KeepAlive(PingInterval, h)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended = make(chan time.Duration, 1)
				l := newPipeListener()
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- Serve(ctx, l, h, ServeOptions{}) }()
				c := l.dial(t)
				c.send(getRoot)
				if took := <-ended; took > 31*time.Second {
					t.Errorf("let go after %v, want 30s", took)
				}
				_ = c.Close()
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// The last flush is net/http's own, after the handler.
func TestClientThatNeverReadsASmallAnswer(t *testing.T) {
	served(t, echo, ServeOptions{}, func(t *testing.T, l *pipeListener, _ func()) {
		c := l.dial(t)
		c.send(getRoot)
		time.Sleep(31 * time.Second)
		if n, err := io.Copy(io.Discard, c.r); n != 0 || err != nil {
			t.Errorf("read %d bytes, %v, want a closed connection", n, err)
		}
	})
}

func TestLongAnswersAreNotCut(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("POST /call", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := ReadBody(w, r, 100); err != nil {
			t.Error(err)
		}
		select {
		case <-r.Context().Done():
			t.Errorf("cancelled: %v", context.Cause(r.Context()))
		case <-time.After(time.Hour):
		}
		_, _ = io.WriteString(w, "done")
	}))
	mux.Handle("GET /stream", KeepAlive(PingInterval, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		select {
		case <-r.Context().Done():
			t.Errorf("cancelled: %v", context.Cause(r.Context()))
		case <-time.After(time.Hour):
		}
		_, _ = io.WriteString(w, "data: end\n\n")
	})))
	served(t, mux, ServeOptions{}, func(t *testing.T, l *pipeListener, _ func()) {
		c := l.dial(t)
		for range 2 { // deadlines of the first request must not hit the second
			c.send("POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
			if got := c.text(c.answer()); got != "done" {
				t.Errorf("answer = %q", got)
			}
			c.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
			got := c.text(c.answer())
			if n := strings.Count(got, ping); n < 239 || !strings.HasSuffix(got, "data: end\n\n") {
				t.Errorf("%d pings in an hour, end %q", n, got[max(0, len(got)-20):])
			}
		}
		if took := c.closedAfter(); took != idleTimeout {
			t.Errorf("an idle connection closed after %v, want %v", took, idleTimeout)
		}
	})
}

// A closed connection cancels the request, also through our reader.
func TestDisconnectCancels(t *testing.T) {
	ended := make(chan struct{}, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		waiting(nil).ServeHTTP(w, r)
		ended <- struct{}{}
	})
	served(t, h, ServeOptions{}, func(t *testing.T, l *pipeListener, _ func()) {
		ended = make(chan struct{}, 1)
		c := l.dial(t)
		c.send(getRoot)
		c.answer()
		_ = c.Close()
		synctest.Wait()
		if len(ended) != 1 {
			t.Error("the request goes on without its client")
		}
	})
}

// waiting answers / when released; ends early, and says why, when cancelled.
func waiting(release <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		select {
		case <-release:
			_, _ = io.WriteString(w, "data: done\n\n")
		case <-r.Context().Done():
			_, _ = fmt.Fprintf(w, "event: error\ndata: %v\n\n", context.Cause(r.Context()))
		}
	})
}

func TestDrainLetsAnswersFinish(t *testing.T) {
	release := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /quick", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	var busy http.Handler
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { busy.ServeHTTP(w, r) })
	served(t, mux, ServeOptions{Grace: 25 * time.Second}, func(t *testing.T, l *pipeListener, stop func()) {
		release = make(chan struct{})
		busy = waiting(release)
		running, old, unused := l.dial(t), l.dial(t), l.dial(t)
		running.send(getRoot)
		res := running.answer()
		old.send("GET /quick HTTP/1.1\r\nHost: a\r\n\r\n")
		old.text(old.answer())
		stop()

		select {
		case <-l.done:
		default:
			t.Error("the listener is still open")
		}
		old.send("GET /quick HTTP/1.1\r\nHost: a\r\n\r\n")
		refused := old.answer()
		if refused.StatusCode != 503 || !refused.Close || refused.Header.Get("Retry-After") == "" ||
			refused.Header.Get("Content-Type") != "application/problem+json" || refused.Header.Get("X-Request-Id") == "" {
			t.Errorf("a new request got %d %v", refused.StatusCode, refused.Header)
		}
		time.Sleep(20 * time.Second)
		close(release)
		if got := running.text(res); got != "data: done\n\n" {
			t.Errorf("the running answer ended with %q", got)
		}
		start := time.Now()
		running.closedAfter()
		old.closedAfter()
		unused.closedAfter()
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("connections closed %v after the last answer", took)
		}
	})
}

func TestDrainCancelsAfterTheGrace(t *testing.T) {
	served(t, waiting(nil), ServeOptions{Grace: 25 * time.Second}, func(t *testing.T, l *pipeListener, stop func()) {
		c := l.dial(t)
		c.send(getRoot)
		res := c.answer()
		stop()
		start := time.Now()
		if got, want := c.text(res), "event: error\ndata: "+ErrStopping.Error()+"\n\n"; got != want {
			t.Errorf("last words = %q, want %q", got, want)
		}
		if took := time.Since(start); took < 25*time.Second || took > 26*time.Second {
			t.Errorf("cancelled after %v, want 25s", took)
		}
		_ = c.Close()
	})
}

// R06: 150 idle streams must not hold the stop, 50 busy ones have the grace.
func TestDrainOfManyStreams(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /idle", KeepAlive(PingInterval, EndOnDrain(waiting(nil))))
	mux.Handle("GET /busy", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		select {
		case <-time.After(10 * time.Second):
			_, _ = io.WriteString(w, "done")
		case <-r.Context().Done():
		}
	}))
	served(t, mux, ServeOptions{Grace: 25 * time.Second}, func(t *testing.T, l *pipeListener, stop func()) {
		ends := map[string]string{"idle": "event: error\ndata: " + ErrStopping.Error() + "\n\n", "busy": "done"}
		var wg sync.WaitGroup
		open := func(path string, latest time.Duration, n int) {
			for range n {
				c := l.dial(t)
				c.send("GET /" + path + " HTTP/1.1\r\nHost: a\r\n\r\n")
				res := c.answer()
				start := time.Now()
				wg.Go(func() {
					got := c.text(res)
					if took := time.Since(start); got != ends[path] || took > latest {
						t.Errorf("%s ended after %v with %q", path, took, got)
					}
					c.closedAfter()
				})
			}
		}
		open("idle", time.Second, 150)
		open("busy", 11*time.Second, 50)
		start := time.Now()
		stop()
		wg.Wait()
		if took := time.Since(start); took > 12*time.Second {
			t.Errorf("stopped after %v, want about 10s", took)
		}
	})
}

func TestServeNamesWhatWouldNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		l := newPipeListener()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- Serve(ctx, l, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }), ServeOptions{})
		}()
		c := l.dial(t)
		c.send(getRoot)
		synctest.Wait()
		cancel()
		if err := <-done; err == nil || !strings.Contains(err.Error(), "1 request") {
			t.Errorf("Serve = %v, want it to count the request", err)
		}
		close(release)
		_ = c.Close()
	})
}

type brokenListener struct{ net.Listener }

func (brokenListener) Accept() (net.Conn, error) { return nil, errors.New("too many files") }

func TestServeReportsABrokenListener(t *testing.T) {
	l := newPipeListener()
	err := Serve(t.Context(), brokenListener{l}, echo, ServeOptions{Logger: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "too many files") {
		t.Errorf("Serve = %v", err)
	}
	select {
	case <-l.done:
	default:
		t.Error("the listener is still open")
	}
}
