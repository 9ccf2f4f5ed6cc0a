package chatkit_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
)

// What a corked turn sends comes with Flush, all of it and in order, and what is
// not flushed comes with the end.
func TestCorked(t *testing.T) {
	t.Parallel()
	for name, headers := range map[string][]string{"attached": nil, "detached": {"X-Stream-Detach", "1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen, goOn := make(chan struct{}), make(chan struct{})
			r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
				m, err := t.StartMessage()
				if err != nil {
					return err
				}
				for _, word := range []string{"one ", "two "} {
					if err := m.Write(word); err != nil {
						return err
					}
				}
				if err := t.Flush(); err != nil {
					return err
				}
				<-seen // which hangs if Flush does not show what was sent
				if err := m.Write("three"); err != nil {
					return err
				}
				<-goOn
				return m.Done()
			}), func(o *chatkit.Options) {
				o.Corked, o.PingInterval = true, time.Hour // or the ping would show what Flush has not
			})
			l := r.open(createBody("hello"), headers...)
			var shown string
			for shown != "one two " {
				event, ok := l.next()
				if !ok {
					t.Fatalf("the stream ends behind %q", shown)
				}
				if update, ok := event["update"].(object); ok && update["delta"] != nil {
					shown += update["delta"].(string)
				}
			}
			close(seen)
			close(goOn)
			rest := kinds(l.rest())
			want := []string{
				"thread.item.updated assistant_message.content_part.text_delta",
				"thread.item.updated assistant_message.content_part.done", "thread.item.done assistant_message",
			}
			if !slices.Equal(rest, want) {
				t.Errorf("behind the flush came %q, want %q", rest, want)
			}
		})
	}
}

// A ResponseWriter that panics has lost its client, and no more.
type brokenWriter struct {
	http.ResponseWriter
	writes int
}

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.writes++; w.writes > 1 {
		panic("the writer is broken")
	}
	return w.ResponseWriter.Write(p)
}

func (w *brokenWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestWriterThatPanics(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error { return t.Say("ok") }))
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.server.ServeHTTP(&brokenWriter{ResponseWriter: w}, req)
	}))
	defer broken.Close()
	resp, err := http.Post(broken.URL, "application/json", strings.NewReader(createBody("hello")))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Logf("the stream breaks: %v", err)
	}
	r.idle()
	if items := r.items(r.only()); len(items) < 2 {
		t.Errorf("%d items are kept, want the message and what came of it", len(items))
	}
}
