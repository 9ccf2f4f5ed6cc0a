package edge

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// vanish lets a connection take nothing any more and say nothing, as when the
// cable is pulled: its socket drops whatever comes.
func vanish(t *testing.T, conn net.Conn) {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	drop := syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: 0}
	program := syscall.SockFprog{Len: 1, Filter: &drop}
	var failed syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, failed = syscall.Syscall6(syscall.SYS_SETSOCKOPT, fd, syscall.SOL_SOCKET, syscall.SO_ATTACH_FILTER,
			uintptr(unsafe.Pointer(&program)), unsafe.Sizeof(program), 0)
	})
	if err != nil || failed != 0 {
		t.Fatal(err, failed)
	}
}

// A client that vanished without a word is let go though all that is sent to it
// fits into the kernel's buffers.
func TestVanishedClient(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		w.Header().Set("Content-Type", "text/event-stream")
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, ping); err != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, ln, handler, ServeOptions{WriteTimeout: 2 * time.Second}) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if _, readErr := conn.Read(make([]byte, 100)); errors.Join(err, readErr) != nil {
		t.Fatal(err, readErr)
	}
	vanish(t, conn)
	select {
	case <-gone:
	case <-time.After(30 * time.Second):
		t.Error("it is written to for 30 s, with 2 s of patience")
	}
}
