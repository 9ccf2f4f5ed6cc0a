package edge

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// stream runs a handler behind KeepAlive in fake time, its answer's type set.
func stream(t *testing.T, contentType string, h http.HandlerFunc) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	synctest.Test(t, func(t *testing.T) {
		KeepAlive(PingInterval, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			h(w, r)
		})).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
		after := rec.Body.Len()
		time.Sleep(time.Hour)
		if rec.Body.Len() != after {
			t.Error("pings go on after the handler has returned")
		}
	})
	return rec
}

func say(t *testing.T, w http.ResponseWriter, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Error(err)
	}
	w.(http.Flusher).Flush()
}

func TestKeepAlive(t *testing.T) {
	const event = "event: message\ndata: {}\n\n"
	sse := "text/event-stream; charset=utf-8"
	for _, c := range []struct {
		name, kind string
		h          http.HandlerFunc
		want       string
	}{
		{"silence after an event", sse, func(w http.ResponseWriter, _ *http.Request) {
			say(t, w, event)
			time.Sleep(31 * time.Second)
			say(t, w, event)
		}, event + ping + ping + event},
		{"silence before the first event", sse, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			time.Sleep(16 * time.Second)
			say(t, w, event)
		}, ping + event},
		{"never silent", sse, func(w http.ResponseWriter, _ *http.Request) {
			for range 5 {
				say(t, w, event)
				time.Sleep(14 * time.Second)
			}
		}, strings.Repeat(event, 5)},
		{"silence within a line", sse, func(w http.ResponseWriter, _ *http.Request) {
			say(t, w, "data: half")
			time.Sleep(40 * time.Second)
			say(t, w, " an event\n\n")
			time.Sleep(16 * time.Second)
		}, "data: half an event\n\n" + ping},
		{"silence between lines", sse, func(w http.ResponseWriter, _ *http.Request) {
			say(t, w, "data: a\n")
			time.Sleep(40 * time.Second)
			say(t, w, "data: b\n\n")
		}, "data: a\ndata: b\n\n"},
		{"no stream", "application/json", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			time.Sleep(40 * time.Second)
			say(t, w, "{}")
		}, "{}"},
		{"a refusal", sse, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			time.Sleep(40 * time.Second)
		}, ""},
		{"no status yet", sse, func(http.ResponseWriter, *http.Request) { time.Sleep(40 * time.Second) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := stream(t, c.kind, c.h)
			if got := rec.Body.String(); got != c.want {
				t.Errorf("body = %q, want %q", got, c.want)
			}
		})
	}
}

func TestKeepAliveHeaders(t *testing.T) {
	rec := stream(t, "Text/Event-Stream", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		w.WriteHeader(http.StatusOK)
		time.Sleep(16 * time.Second)
	})
	if !rec.Flushed || rec.Header().Get("X-Accel-Buffering") != "no" || rec.Header().Get("Cache-Control") != "no-cache, no-transform" {
		t.Errorf("flushed = %v, header = %v", rec.Flushed, rec.Header())
	}
	rec = stream(t, "application/json", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	if rec.Header().Get("X-Accel-Buffering") != "" || rec.Header().Get("Cache-Control") != "" {
		t.Errorf("an answer that is no stream got %v", rec.Header())
	}
}

func TestKeepAliveStopsOnPanic(t *testing.T) {
	stream(t, "text/event-stream", func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
			before := rec.Body.Len()
			time.Sleep(time.Hour)
			if rec.Body.Len() != before {
				t.Error("pings go on after the handler has panicked")
			}
		}()
		KeepAlive(time.Second, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			say(t, w, ": hello\n\n")
			panic("boom")
		})).ServeHTTP(rec, r)
	})
}

// gone fails like a client that has hung up.
type gone struct{ *httptest.ResponseRecorder }

func (gone) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
func (g gone) WriteString(s string) (int, error) {
	return g.Write([]byte(s))
}

func TestKeepAliveEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := gone{httptest.NewRecorder()}
		KeepAlive(PingInterval, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(http.StatusOK)
			guard := w.(*streamGuard)
			time.Sleep(16 * time.Second)
			guard.mu.Lock()
			defer guard.mu.Unlock()
			if guard.timer.Stop() {
				t.Error("pings go on to a client that is gone")
			}
		})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	})
}

// Handlers may write from several goroutines: the race detector looks on.
func TestKeepAliveIsGuarded(t *testing.T) {
	rec := stream(t, "text/event-stream", func(w http.ResponseWriter, _ *http.Request) {
		done := make(chan struct{})
		for range 4 {
			go func() {
				for range 50 {
					say(t, w, "data: x\n\n")
					time.Sleep(15 * time.Second) // meets the pings
				}
				done <- struct{}{}
			}()
		}
		for range 4 {
			<-done
		}
	})
	rest := strings.ReplaceAll(strings.ReplaceAll(rec.Body.String(), "data: x\n\n", ""), ping, "")
	if rest != "" || strings.Count(rec.Body.String(), "data: x\n\n") != 200 {
		t.Errorf("the stream is torn: %q", rest)
	}
}

func TestKeepAliveRefusesLateWrites(t *testing.T) {
	var late http.ResponseWriter
	rec := stream(t, "text/event-stream", func(w http.ResponseWriter, _ *http.Request) {
		late = w
		say(t, w, "data: x\n\n")
	})
	_, err := late.Write([]byte("data: y\n\n"))
	if flush := http.NewResponseController(late).Flush(); err == nil || flush == nil || rec.Body.String() != "data: x\n\n" {
		t.Errorf("a late write = %v, flush = %v, body %q", err, flush, rec.Body)
	}
}

// However a stream is cut into writes, the end is between events exactly when
// the text so far is empty or ends with a blank line.
func TestEventTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tail eventTail
		text := ""
		for _, part := range rapid.SliceOf(rapid.SampledFrom([]string{"a", "\n", "\r", "\r\n", "x: y\n\n", "\n\n"})).Draw(t, "parts") {
			tail.add([]byte(part))
			text += part
			plain := strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
			want := strings.Trim(plain, "\n") == "" || strings.HasSuffix(plain, "\n\n")
			if tail.between() != want {
				t.Fatalf("after %q: between = %v, want %v", text, tail.between(), want)
			}
		}
	})
}
