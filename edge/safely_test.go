package edge

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSafely(t *testing.T) {
	if err := Safely(func() error { return io.EOF }); err != io.EOF {
		t.Errorf("without a panic: %v", err)
	}
	err := Safely(func() error { panic("a bug") })
	if err == nil || !strings.Contains(err.Error(), "a bug") || !strings.Contains(err.Error(), "safely_test.go") {
		t.Errorf("with a panic: %v, want it and its place", err)
	}
}

type panicConn struct{ net.Conn }

func (panicConn) Read([]byte) (int, error) { panic("a bug") }

// net/http reads ahead on a goroutine that nothing guards.
func TestPanicInAConnection(t *testing.T) {
	n, err := (&strictConn{Conn: panicConn{}}).Read(make([]byte, 1))
	if n != 0 || !errors.Is(err, errFraming) {
		t.Errorf("Read = %d, %v, want that the connection is over", n, err)
	}
}

type panicWriter struct{ http.ResponseWriter }

func (panicWriter) Write([]byte) (int, error) { panic("a bug") }

// Pings come from a timer, whose goroutine nothing guards.
func TestPanicInAPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		KeepAlive(PingInterval, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(http.StatusOK)
			time.Sleep(time.Minute)
		})).ServeHTTP(panicWriter{httptest.NewRecorder()}, httptest.NewRequest("GET", "/", nil))
	})
}
