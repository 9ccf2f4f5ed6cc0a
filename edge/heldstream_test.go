package edge

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// holding serves held streams on fake time, which last for an hour.
type holding struct {
	*pipeListener
	streams chan *HeldStream
	over    chan time.Time
	stop    context.CancelFunc
	served  chan error
}

func hold(t *testing.T) *holding {
	h := &holding{pipeListener: newPipeListener(), streams: make(chan *HeldStream, 10), over: make(chan time.Time, 10), served: make(chan error, 1)}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := HoldStream(w, r, time.Now().Add(time.Hour), func() { h.over <- time.Now() })
		if err != nil {
			WriteError(w, r, err)
			return
		}
		h.streams <- s
	})
	ctx, stop := context.WithCancel(t.Context())
	h.stop = stop
	go func() {
		h.served <- Serve(ctx, h, LogRequests(NewLogger(io.Discard, Settings{}, false), KeepAlive(PingInterval, handler)), ServeOptions{Grace: time.Minute})
	}()
	return h
}

// opened is a stream whose beginning has been read.
func (h *holding) opened(t *testing.T, proto string) (*client, *http.Response) {
	c := h.dial(t)
	c.send("GET / HTTP/" + proto + "\r\nHost: a\r\n\r\n")
	res := c.answer()
	if res.StatusCode != 200 || !res.Close || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("X-Accel-Buffering") != "no" || res.Header.Get("Date") == "" {
		t.Fatalf("HTTP %d %v", res.StatusCode, res.Header)
	}
	c.reads(res, ": ok\n\n")
	return c, res
}

func (c *client) reads(res *http.Response, want string) {
	c.t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != want {
		c.t.Errorf("read %q, %v, want %q", got, err, want)
	}
}

// A held stream says nothing but that it is there, and ends for each of the
// reasons there are; whoever counts it hears of that once.
func TestHeldStream(t *testing.T) {
	for name, end := range map[string]struct {
		proto string
		do    func(h *holding, c *client, s *HeldStream)
		clean bool // the client sees the end, not a cut
	}{
		"its time":        {"1.1", func(*holding, *client, *HeldStream) { time.Sleep(time.Hour) }, true},
		"its time, 1.0":   {"1.0", func(*holding, *client, *HeldStream) { time.Sleep(time.Hour) }, true},
		"the server":      {"1.1", func(_ *holding, _ *client, s *HeldStream) { s.End(); s.End() }, true},
		"a stop":          {"1.1", func(h *holding, _ *client, _ *HeldStream) { h.stop() }, true},
		"a byte":          {"1.1", func(_ *holding, c *client, _ *HeldStream) { c.send("G") }, false},
		"the client gone": {"1.1", func(_ *holding, c *client, _ *HeldStream) { c.Close() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := hold(t)
				c, res := h.opened(t, end.proto)
				begun := time.Now()
				for range 5 {
					c.reads(res, ": ping\n\n")
				}
				if took := time.Since(begun); took != 5*PingInterval {
					t.Errorf("five pings came within %v", took)
				}
				ended := make(chan error, 1)
				go func() {
					rest, err := io.ReadAll(res.Body)
					if pings := strings.ReplaceAll(string(rest), ": ping\n\n", ""); pings != "" {
						t.Errorf("the stream says %q", pings)
					}
					ended <- err
				}()
				end.do(h, c, <-h.streams)
				if err := <-ended; (err == nil) != end.clean {
					t.Errorf("the client sees %v", err)
				}
				<-h.over
				h.stop()
				if err := <-h.served; err != nil {
					t.Error(err)
				}
				if len(h.over) > 0 {
					t.Error("it is over twice")
				}
			})
		})
	}
}

// Who does not read is let go, and does not hold up a stop.
func TestHeldStreamNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hold(t)
		begun := time.Now()
		h.opened(t, "1.1") // and reads no ping
		if took := (<-h.over).Sub(begun); took != PingInterval+WriteTimeout {
			t.Errorf("let go after %v", took)
		}
		h.opened(t, "1.1")
		time.Sleep(PingInterval + time.Second)
		begun = time.Now()
		h.stop()
		if err := <-h.served; err != nil || time.Since(begun) > endPatience {
			t.Errorf("the stop takes %v, %v", time.Since(begun), err)
		}
		<-h.over
	})
}

// The handler that opened a stream may return when the stream is being ended: it
// must not give a client that does not read more time.
func TestHeldStreamOfASlowHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		release, held := make(chan struct{}), make(chan struct{})
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := HoldStream(w, r, time.Now().Add(time.Hour), func() {}); err != nil {
				t.Error(err)
			}
			close(held)
			<-release
		})
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- Serve(ctx, l, handler, ServeOptions{Grace: 5 * time.Second}) }()
		c := l.dial(t)
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		c.reads(c.answer(), ": ok\n\n")
		<-held
		begun := time.Now()
		stop()
		synctest.Wait() // the end is being written, and nobody reads it
		close(release)
		if err := <-served; err != nil || time.Since(begun) > 2*time.Second {
			t.Errorf("the stop takes %v, %v", time.Since(begun), err)
		}
	})
}

// A server that stops begins no stream.
func TestHeldStreamWhileStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(http.NotFoundHandler(), ServeOptions{})
		d.begin()
		r, _ := http.NewRequestWithContext(d.base, http.MethodGet, "/", http.NoBody)
		if s, err := HoldStream(nil, r, time.Now().Add(time.Hour), nil); s != nil || err != ErrStopping {
			t.Errorf("%v, %v", s, err)
		}
	})
}
