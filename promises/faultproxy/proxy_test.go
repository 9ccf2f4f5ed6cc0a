package faultproxy_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"taskwire/promises/faultproxy"
	"taskwire/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// echo is a server that says everything again.
func echo(t *testing.T) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { defer conn.Close(); io.Copy(conn, conn) }()
		}
	}()
	return ln.Addr().String()
}

// dial connects with a proxy, and says something through it.
func dial(t *testing.T, p *faultproxy.Proxy) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if got, took, err := say(conn, "hello", time.Minute); err != nil || got != "hello" {
		t.Fatalf("through the proxy came %q, %v after %v", got, err, took)
	}
	return conn
}

// say writes a text and reads as much again.
func say(conn net.Conn, text string, patience time.Duration) (got string, took time.Duration, err error) {
	begun := time.Now()
	conn.SetDeadline(begun.Add(patience))
	if _, err := io.WriteString(conn, text); err != nil {
		return "", time.Since(begun), err
	}
	buffer := make([]byte, len(text))
	n, err := io.ReadFull(conn, buffer)
	return string(buffer[:n]), time.Since(begun), err
}

func TestHeldUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault faultproxy.Fault
		least time.Duration
	}{
		"delay": {faultproxy.Fault{Delay: 150 * time.Millisecond}, 300 * time.Millisecond}, // both ways
		"slow":  {faultproxy.Fault{Rate: 1000}, 400 * time.Millisecond},                    // 500 bytes, at once there and back
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := faultproxy.Start(t, echo(t))
			conn := dial(t, p)
			p.Set(t, c.fault)
			text := string(bytes.Repeat([]byte("x"), 500))
			if got, took, err := say(conn, text, time.Minute); got != text || err != nil || took < c.least {
				t.Errorf("%d bytes, %v after %v; want all of them, not before %v", len(got), err, took, c.least)
			}
		})
	}
}

// What is held up when the fault ends arrives at once.
func TestHealed(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]faultproxy.Fault{
		"delay": {Delay: time.Hour}, "slow": {Rate: 1}, "silent": {Silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := faultproxy.Start(t, echo(t))
			conn := dial(t, p)
			p.Set(t, fault)
			got, _, err := say(conn, "0123456789", 500*time.Millisecond)
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("%q came through, %v", got, err)
			}
			p.Heal(t)
			conn.SetDeadline(time.Now().Add(time.Minute))
			rest := make([]byte, 10-len(got))
			if _, err := io.ReadFull(conn, rest); err != nil || got+string(rest) != "0123456789" {
				t.Errorf("%q and then %q, %v", got, rest, err)
			}
		})
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	p := faultproxy.Start(t, echo(t))
	conn := dial(t, p)
	p.Reset()
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after a reset: %v", err)
	}
	conn = dial(t, p)
	p.Finish()
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after a finish: %v", err)
	}
	dial(t, p)
	if n := p.Opened(); n != 3 {
		t.Errorf("%d connections were opened, want 3", n)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	p := faultproxy.Start(t, echo(t))
	conn := dial(t, p)
	p.Set(t, faultproxy.Fault{Refuse: true})
	if _, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection: %v", err)
	}
	if got, _, err := say(conn, "still there", time.Minute); err != nil || got != "still there" {
		t.Errorf("the old one: %q, %v", got, err)
	}
	p.Heal(t)
	dial(t, p)
}
