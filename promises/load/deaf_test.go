//go:build promises

package load

import (
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// C33: who asks for a flood of words and reads none is let go, and the model is
// told to stop. Others are answered meanwhile. How long that takes is counted
// from the last byte that the client's system took. (The short run of this is in
// adapter, on a clock that is wound on.)
func TestDeafClient(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	v := h.enter(t, true)
	const deaf = 8
	tokens := v.task(t, deaf, "", false).Tokens
	var running sync.WaitGroup
	last := make([]time.Time, deaf)
	gone := make(chan struct{})
	for i := range deaf {
		conn := dialDeaf(t, v.adapter.Base[len("http://"):])
		if _, err := io.WriteString(conn, chatRequest(v.task(t, 1, "", false).Addr, tokens[i], fleet.NewThread(askFlood), false)); err != nil {
			t.Fatal(err)
		}
		running.Go(func() { last[i] = watchUnread(conn, gone) })
	}
	db := storetest.Behind(t, h.Database)
	begun := time.Now()
	for left := deaf; left > 0; time.Sleep(50 * time.Millisecond) {
		if err := db.QueryRow(`SELECT count(*) FROM ` + table(h.Fleet, "chat_turns") + ` WHERE state = 'running'`).Scan(&left); err != nil {
			t.Fatal(err)
		}
		if time.Since(begun) < time.Second {
			left = deaf // they have hardly begun
			openAnswers(t, v.task(t, 2, "Fine?", true)).leave()
		}
		if time.Since(begun) > 2*time.Minute {
			t.Fatalf("%d answers go on", left)
		}
	}
	close(gone)
	running.Wait()
	heard := v.model.state(t).Heard
	slowest := time.Duration(0)
	for _, at := range last {
		slowest = max(slowest, heard.Sub(at))
	}
	if slowest < time.Second {
		t.Errorf("let go after %s: that is no client that does not read", slowest)
	}
	tally.Counted(t, tally.Entry{
		Promise: "P13", What: "client that does not read let go", Runs: deaf, Value: slowest.Seconds(), Unit: "s",
		Note: fmt.Sprintf("the last of %d", deaf),
	})
}

// dialDeaf makes a connection that holds little unread.
func dialDeaf(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
		})
	}}
	conn, err := d.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// watchUnread gives the time at which the last byte arrived that nobody reads.
func watchUnread(conn *net.TCPConn, gone <-chan struct{}) (last time.Time) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return last
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for before := -1; ; {
		unread := 0
		_ = raw.Control(func(fd uintptr) {
			_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCINQ, uintptr(unsafe.Pointer(&unread)))
		})
		if unread != before {
			before, last = unread, time.Now()
		}
		select {
		case <-tick.C:
		case <-gone:
			return last
		}
	}
}
