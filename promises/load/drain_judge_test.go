package load

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"taskwire/promises/fleet"
	"taskwire/store/storetest"
)

// A stream is an answer as its client saw it.
type stream struct {
	asked, user string
	begun       chan struct{} // closed with the first word, or when the stream is open

	thread string
	done   []fleet.Item // acknowledged
	last   fleet.Event
	err    error // nil: it came to a clean end
}

func (s *stream) follow(t testing.TB, base, token string) {
	var once sync.Once
	begun := func() { once.Do(func() { close(s.begun) }) }
	defer begun()
	s.err = fleet.Stream(t.Context(), base, token, fleet.NewThread("Please: "+s.asked), nil, func(e fleet.Event) {
		s.last = e
		switch e.Type {
		case "thread.created":
			s.thread = e.Thread.ID
		case "thread.item.done":
			s.done = append(s.done, e.Item)
			if s.asked == askSilence {
				begun()
			}
		case "thread.item.updated":
			begun()
		}
	})
}

// whole reports whether the answer is there to its last word.
func (s *stream) whole() bool {
	for _, item := range s.done {
		if item.Type == "assistant_message" && bytes.Contains(item.Content, []byte(wholeAnswer)) {
			return true
		}
	}
	return false
}

// cutOff reports whether the stream says that the answer was cut off, and that
// one may ask again.
func (s *stream) cutOff() bool {
	var e struct {
		Type       string
		AllowRetry bool `json:"allow_retry"`
	}
	return json.Unmarshal(s.last.Raw, &e) == nil && e.Type == "error" && e.AllowRetry
}

// A verdict is what came of streams.
type verdict struct {
	streams, whole, cutOff int
	torn                   int // streams without an end, or with none that says how it was
	items, lost            int // acknowledged items, and those that nobody finds again
	running                int // turns that no process ended
}

func (v *verdict) add(o verdict) {
	v.streams += o.streams
	v.whole += o.whole
	v.cutOff += o.cutOff
	v.torn += o.torn
	v.items += o.items
	v.lost += o.lost
	v.running += o.running
}

func (v *verdict) broken() int { return v.torn + v.lost + v.running }

// judge looks at every stream, and for every acknowledged item through the
// process that stays.
func (d *drained) judge(t testing.TB, s *streams) (v verdict) {
	t.Helper()
	for _, one := range s.all {
		v.streams++
		switch {
		case one.err != nil:
			v.torn++
		case one.whole():
			v.whole++
		case one.cutOff():
			v.cutOff++
		default:
			v.torn++
			t.Logf("%s (%s): the last event is %s", one.user, one.asked, one.last.Raw)
		}
		kept := d.items(t, one)
		for _, item := range one.done {
			v.items++
			if content, found := kept[item.ID]; !found || !sameJSON(content, item.Content) {
				v.lost++
				t.Logf("%s (%s): acknowledged %s %s: %s, kept: %s", one.user, one.asked, item.Type, item.ID, item.Content, content)
			}
		}
	}
	db := storetest.Behind(t, d.Database)
	if err := db.QueryRow(`SELECT count(*) FROM ` + table(d.Fleet, "chat_turns") + ` WHERE state = 'running'`).Scan(&v.running); err != nil {
		t.Fatal(err)
	}
	return v
}

// items are those of a stream's thread, by id.
func (d *drained) items(t testing.TB, s *stream) map[string]json.RawMessage {
	t.Helper()
	if s.thread == "" {
		return nil
	}
	body := fmt.Sprintf(`{"type":"items.list","params":{"thread_id":%q,"limit":100,"order":"asc"}}`, s.thread)
	a, err := fleet.Do(t.Context(), http.MethodPost, d.stays.Base+"/api/chatkit", d.Token(t, s.user), body, nil)
	if err != nil || a.Status != http.StatusOK {
		t.Fatalf("items of %s: %v, HTTP %d %s", s.user, err, a.Status, a.Body)
	}
	var page struct{ Data []fleet.Item }
	if err := json.Unmarshal(a.Body, &page); err != nil {
		t.Fatal(err)
	}
	kept := map[string]json.RawMessage{}
	for _, item := range page.Data {
		kept[item.ID] = item.Content
	}
	return kept
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// oldConns are connections that have been used before the end begins.
type oldConns struct {
	addr  string
	conns []net.Conn
	ins   []*bufio.Reader
}

func openOld(t testing.TB, base string) *oldConns {
	t.Helper()
	o := &oldConns{addr: strings.TrimPrefix(base, "http://")}
	for range 8 {
		conn, err := net.Dial("tcp", o.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		o.conns, o.ins = append(o.conns, conn), append(o.ins, bufio.NewReader(conn))
		if status, _ := o.ask(len(o.conns)-1, "GET /healthz HTTP/1.1\r\nHost: "+o.addr+"\r\n\r\n"); status != http.StatusOK {
			t.Fatalf("before the end: HTTP %d", status)
		}
	}
	return o
}

func (o *oldConns) ask(i int, request string) (status int, header http.Header) {
	_ = o.conns[i].SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(o.conns[i], request); err != nil {
		return 0, nil
	}
	resp, err := http.ReadResponse(o.ins[i], nil)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // the status is what counts
	return resp.StatusCode, resp.Header
}

// refused asks for something new on the old connections, and on a new one.
func (o *oldConns) refused(t testing.TB, token, body string) {
	t.Helper()
	for i := range o.conns {
		status, header := o.ask(i, fmt.Sprintf(
			"POST /api/chatkit HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			o.addr, token, len(body), body))
		if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
			t.Errorf("a new request on an old connection: HTTP %d %v, want 503 with Retry-After", status, header)
		}
	}
	conn, err := net.DialTimeout("tcp", o.addr, time.Second)
	if err == nil {
		conn.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection: %v, want it to be refused", err)
	}
}
