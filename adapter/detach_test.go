package main

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
)

// leave closes the connection and waits until the replica knows: until it has
// ended the request, or says that the answer goes on.
func (o *ongoing) leave(r *replica) {
	o.Helper()
	id, thread := o.response.Header.Get("X-Request-Id"), o.soFar().thread(o)
	o.cut()
	waitFor(o, "the replica to notice that the client is gone", func() bool {
		for line := range strings.SplitSeq(r.Log.String(), "\n") {
			if strings.Contains(line, id) && strings.Contains(line, `"status"`) ||
				strings.Contains(line, thread) && strings.Contains(line, "the client is gone") {
				return true
			}
		}
		return false
	})
}

// testDetachedOnReplicas: with X-Stream-Detach an answer goes on when its
// connection is gone, and only the user stops it.
func testDetachedOnReplicas(t *testing.T, f *fleet, a, b *replica) {
	detach := header{"X-Stream-Detach": "1"}
	t.Run("goes on", func(t *testing.T) {
		t.Parallel()
		goOn := make(chan struct{})
		c := a.chat(t, f.scriptedModel, pausing(goOn, "One, ", "two."))
		o := c.opens(a, "Count", "One, ", detach)
		c.thread = o.soFar().thread(t)
		o.leave(a)
		for _, r := range []*replica{a, b} {
			r.send(t, "POST", "/api/chatkit", c.body("Hurry"), c.header).refused(t, 409, "busy")
		}
		close(goOn)
		waitFor(t, "the answer to end", func() bool { return c.turns() == "done" })
		if answers := c.answers(); !slices.Equal(answers, []string{"One, two."}) {
			t.Errorf("on reload there is %q", answers)
		}
		c.seenAlike(a, b)
	})
	t.Run("without the header", func(t *testing.T) {
		t.Parallel()
		c := a.chat(t, f.scriptedModel, agenttest.Stall("One, "))
		o := c.opens(a, "Count", "One, ", nil)
		c.thread = o.soFar().thread(t)
		o.leave(a)
		waitFor(t, "the answer to end", func() bool { return c.turns() != "running" })
		if answers := c.answers(); c.turns() != "cancelled" || !slices.Equal(answers, []string{"One, "}) {
			t.Errorf("on reload there is %q, %s", answers, c.turns())
		}
		c.seenAlike(a, b)
		c.h = b.harness
		b.stream(t, c.body("Go on"), c.header).ok(t, 200)
		if !toldModel(c.lastAsked(), "The user stopped the last answer") {
			t.Errorf("the model is not told: %+v", c.lastAsked().Messages)
		}
	})
	for name, from := range map[string]*replica{"stopped here": a, "stopped from there": b} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := a.chat(t, f.scriptedModel, agenttest.Stall("One, "))
			o := c.opens(a, "Count", "One, ", detach)
			c.thread = o.soFar().thread(t)
			o.leave(a)
			if answer := c.cancels(from).ok(t, 200); answer.Body != `{"cancelled":true}` {
				t.Errorf("cancel: %s", answer.Body)
			}
			waitFor(t, "the answer to end", func() bool { return c.turns() != "running" })
			if answers := c.answers(); c.turns() != "cancelled" || !slices.Equal(answers, []string{"One, "}) {
				t.Errorf("on reload there is %q, %s", answers, c.turns())
			}
			c.seenAlike(a, b)
		})
	}
}

// C33: a client that never reads is let go, and its answer is stopped, or goes
// on without it. Others do not notice.
func TestChatClientThatNeverReads(t *testing.T) {
	t.Parallel()
	m := startModel(t)
	h := start(t, setup{env: m.env(nil), change: func(cfg *config) { cfg.writeTimeout = 300 * time.Millisecond }})
	for name, c := range map[string]struct{ header, state string }{
		"stopped": {"X-Other: 1", "cancelled"}, "detached": {"X-Stream-Detach: 1", "done"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			deaf := h.chat(t, m, endless)
			conn := dialDeaf(t, h.Base)
			body := deaf.body("Tell me all")
			fmt.Fprintf(conn, "POST /api/chatkit HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
				strings.TrimPrefix(h.Base, "http://"), deaf.header["Authorization"], c.header, len(body), body)
			waitFor(t, "the model to be asked", func() bool { return len(deaf.asked()) == 1 })
			if text := h.chat(t, m, agenttest.Text("Fine.")).says("And I?").text(); text != "Fine." {
				t.Errorf("another user is answered %q", text)
			}
			within(t, 30*time.Second, "the client to be let go", func() bool { return deaf.turns() == c.state })
			deaf.thread = deaf.newest()
			if kept := deaf.answers(); len(kept) != 1 || !strings.HasPrefix(kept[0], "abcabc") || (len(kept[0]) == 180_000) != (c.state == "done") {
				t.Errorf("%d answers are kept, the first with %d bytes", len(kept), len(strings.Join(kept, "")))
			}
		})
	}
}

// newest is the thread that the user used last.
func (c *chatter) newest() string {
	c.Helper()
	var page struct{ Data []struct{ ID string } }
	c.h.send(c, "POST", "/api/chatkit", `{"type":"threads.list","params":{}}`, c.header).ok(c, 200).decode(c, &page)
	if len(page.Data) == 0 {
		c.Fatal("there is no thread")
	}
	return page.Data[0].ID
}

// endless is a reply that no buffer between here and the client holds, within
// the characters of an answer.
func endless(w *agenttest.Writer, _ agenttest.Request) {
	w.Begin()
	delta := `data: {"choices":[{"index":0,"delta":{"content":"abcabc"}}]}` + "\n\n"
	for range 30 {
		w.Send(strings.Repeat(delta, 1000))
	}
	w.Finish("stop")
}

// dialDeaf connects as somebody who takes in almost nothing.
func dialDeaf(t testing.TB, base string) net.Conn {
	t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		if controlErr := raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
		}); controlErr != nil {
			return controlErr
		}
		return err
	}}
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
