package chatkit_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
)

// deaf sends a request from a client that reads nothing.
func (r *rig) deaf(body string, headers ...string) net.Conn {
	r.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { conn.Close() })
	if err := conn.(*net.TCPConn).SetReadBuffer(128 << 10); err != nil {
		r.Fatal(err)
	}
	extra := ""
	for i := 0; i < len(headers); i += 2 {
		extra += headers[i] + ": " + headers[i+1] + "\r\n"
	}
	if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", extra, len(body), body); err != nil {
		r.Fatal(err)
	}
	return conn
}

// only gives the one thread of ann.
func (r *rig) only() string {
	r.Helper()
	var thread string
	r.until("there is a thread", func() bool {
		_, page := r.get(request("threads.list", "{}"))
		for _, id := range idsOf(page) {
			thread = id
		}
		return thread != ""
	})
	return thread
}

var manyWords = strings.Repeat("many words ", 3000)

// A client that never reads is let go in time: its turn ends as if it had left,
// and others are served meanwhile.
func TestClientThatNeverReads(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{Respond: func(_ context.Context, t *chatkit.Turn, in *chatkit.UserMessage) error {
		if in.Content[0].Text != "flood" {
			return t.Say("ok")
		}
		m, err := t.StartMessage()
		if err != nil {
			return err
		}
		for {
			if err := m.Write(manyWords); err != nil {
				return err
			}
		}
	}}, func(o *chatkit.Options) { o.WriteTimeout = 200 * time.Millisecond })
	r.deaf(createBody("flood"))
	thread := r.only()
	r.create("another user", "X-User", bob) // which waits until no turn runs
	items := r.items(thread)
	if len(items) != 3 || items[2].Kind() != chatkit.KindSDKHiddenContext {
		t.Errorf("%d items, want the message, the text so far and the note", len(items))
	}
}

// A detached turn waits but a moment for a client that does not read: it rather
// loses it, and never ends cleanly what it did not send.
func TestDetachedTurnDoesNotWait(t *testing.T) {
	t.Parallel()
	r := newRig(t, respond(func(_ context.Context, t *chatkit.Turn) error {
		for range 300 { // more than any socket buffers
			if err := t.Say(manyWords); err != nil {
				return err
			}
		}
		return nil
	}), func(o *chatkit.Options) { o.WriteTimeout = time.Hour })
	conn := r.deaf(createBody("flood"), "X-Stream-Detach", "1")
	thread := r.only()
	r.idle()
	page, err := r.store.LoadThreadItems(t.Context(), ann, thread, chatkit.PageParams{Limit: 1000})
	if err != nil || len(page.Data) != 301 {
		t.Errorf("%d items, %v, want 301", len(page.Data), err)
	}
	rest, err := io.ReadAll(conn)
	if strings.HasSuffix(string(rest), "0\r\n\r\n") || !strings.Contains(string(rest), "thread.created") {
		t.Errorf("%d bytes (%v) end like a whole answer", len(rest), err)
	}
}

// floods says a megabyte.
var floods = respond(func(_ context.Context, t *chatkit.Turn) error {
	for range 30 {
		if err := t.Say(manyWords); err != nil {
			return err
		}
	}
	return nil
})

// A detached turn that says much at once is not too fast for a client that
// reads.
func TestFastDetachedTurnReachesItsReader(t *testing.T) {
	t.Parallel()
	r := newRig(t, floods)
	l := r.open(createBody("flood"), "X-Stream-Detach", "1")
	done := 0
	for event, ok := l.next(); ok; event, ok = l.next() {
		if event["type"] == "thread.item.done" {
			done++
		}
	}
	if done != 31 {
		t.Errorf("%d items came, want the message and 30", done)
	}
}

// A client that is slow and reads gets everything: the turn waits for it.
func TestSlowClientGetsAll(t *testing.T) {
	t.Parallel()
	r := newRig(t, floods)
	l := r.open(createBody("flood"))
	l.read("stream_options")
	for done := 0; ; {
		event, ok := l.next()
		if !ok {
			if done != 30 {
				t.Errorf("%d messages, want 30", done)
			}
			return
		}
		if event["type"] == "thread.item.done" {
			done++
		}
	}
}

// Stop does not wait for a client that does not read.
func TestCancelWithADeafClient(t *testing.T) {
	t.Parallel()
	full := make(chan struct{})
	r := newRig(t, respond(func(ctx context.Context, t *chatkit.Turn) error {
		go func() {
			defer close(full)
			for t.Notify(chatkit.NoticeInfo, manyWords) == nil {
			}
		}()
		<-ctx.Done()
		<-full
		return ctx.Err()
	}), func(o *chatkit.Options) { o.WriteTimeout = time.Hour })
	conn := r.deaf(createBody("flood"))
	thread := r.only()
	r.until("the answer is stopped", func() bool { return r.server.Cancel(ann, thread) })
	r.until("the turn is over", func() bool { return len(r.items(thread)) == 2 })
	conn.Close()
}
