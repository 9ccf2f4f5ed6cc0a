package chatkit_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
)

// twentyDeltas answers with 20 words.
func twentyDeltas(_ context.Context, t *chatkit.Turn, _ *chatkit.UserMessage) error {
	m, err := t.StartMessage()
	if err != nil {
		return err
	}
	for range 20 {
		if err := m.Write("a few words "); err != nil {
			return err
		}
	}
	return m.Done()
}

func asAnn(*http.Request) (string, error) { return ann, nil }

// BenchmarkTurn serves turns of 20 deltas to a client in another process. The
// figure of interest is cpu-ms/turn: what this process used, net/http included.
func BenchmarkTurn(b *testing.B) {
	serveTurns(b, chatkit.NewServer(new(chatkit.Memory), chatkit.Handlers{Respond: twentyDeltas}, chatkit.Options{User: asAnn}))
}

// BenchmarkBareTurn is the floor: as many writes of as many bytes by net/http
// alone.
func BenchmarkBareTurn(b *testing.B) {
	block := bytes.Repeat([]byte("x"), 180)
	serveTurns(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		rc := http.NewResponseController(w)
		for range 25 {
			_, _ = w.Write(block)
			_ = rc.Flush()
		}
	}))
}

func serveTurns(b *testing.B, server http.Handler) {
	listener := httptest.NewServer(server)
	defer listener.Close()
	client := exec.CommandContext(b.Context(), os.Args[0])
	client.Env = append(os.Environ(), benchServer+"="+listener.Listener.Addr().String())
	orders, err := client.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	reports, err := client.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := client.Start(); err != nil {
		b.Fatal(err)
	}
	report := bufio.NewReader(reports)
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime(b)
	fmt.Fprintln(orders, b.N)
	if _, err := report.ReadString('\n'); err != nil {
		b.Fatal(err)
	}
	used := cpuTime(b) - before
	b.StopTimer()
	b.ReportMetric(float64(used.Microseconds())/1000/float64(b.N), "cpu-ms/turn")
	orders.Close()
	if err := client.Wait(); err != nil {
		b.Fatal(err)
	}
}

// benchServer is the variable that makes this program a client.
const benchServer = "CHATKIT_BENCH_SERVER"

// sendTurns is that client: for each number that it reads, it asks for so many
// turns, one after the other on one connection, and says so.
func sendTurns(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	request := rawRequest(createBody("hello"))
	answer := bufio.NewReaderSize(conn, 64<<10)
	for n := 0; ; {
		if _, err := fmt.Scanln(&n); err != nil {
			return
		}
		for range n {
			if _, err := conn.Write(request); err != nil {
				panic(err)
			}
			readChunked(answer)
		}
		fmt.Println(n)
	}
}

func rawRequest(body string) []byte {
	return fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// readChunked reads to the end of a chunked answer, without decoding it: the
// client must cost as little as it can.
func readChunked(r *bufio.Reader) {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			panic(err)
		}
		if bytes.Equal(line, []byte("0\r\n")) {
			_, _ = r.Discard(2)
			return
		}
	}
}

func cpuTime(b testing.TB) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestManySilentStreams opens many answers whose handler waits, says what each
// costs, and sees that nothing is left of them.
func TestManySilentStreams(t *testing.T) {
	const streams = 1000
	release := make(chan struct{})
	server := chatkit.NewServer(new(chatkit.Memory), respond(func(ctx context.Context, t *chatkit.Turn) error {
		select {
		case <-ctx.Done():
		case <-release:
		}
		return nil
	}), chatkit.Options{User: asAnn})
	listener := httptest.NewServer(server)
	before := inUse()
	conns := make([]net.Conn, streams)
	for i := range conns {
		conns[i] = openSilent(t, listener.Listener.Addr().String())
	}
	perStream := (inUse() - before) / streams
	t.Logf("%d silent streams: %.1f KiB each, connection and HTTP server included", streams, float64(perStream)/1024)
	if perStream > 64<<10 {
		t.Errorf("%d bytes per silent stream, want at most 64 KiB", perStream)
	}
	if server.Active() != streams {
		t.Errorf("%d turns run, want %d", server.Active(), streams)
	}
	for _, conn := range conns[:streams/2] {
		conn.Close()
	}
	close(release)
	for _, conn := range conns[streams/2:] {
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Error(err)
		}
		conn.Close()
	}
	server.Drain(t.Context())
	listener.Close()
}

// openSilent begins an answer and reads its first events.
func openSilent(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	body := createBody("hello")
	if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for buf := make([]byte, 4<<10); !strings.Contains(seen.String(), "stream_options"); {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(buf[:n])
	}
	return conn
}

// inUse is the memory of heap and stacks.
func inUse() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}
