package edge

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const pipePart = "TASKWIRE_EDGE_TEST_SERVES"

// Who stops reading a program's log must not end it: without Serve's care, the
// first line written then would.
func TestServeOutlivesItsLog(t *testing.T) {
	if os.Getenv(pipePart) != "" {
		serveLoudly(t)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestServeOutlivesItsLog$")
	cmd.Env = append(os.Environ(), pipePart+"=yes")
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	addr, err := bufio.NewReader(log).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	log.Close()
	for range 3 {
		resp, err := http.Get("http://" + strings.TrimSpace(addr))
		if err != nil {
			t.Fatalf("the program ended with its log: %v", err)
		}
		resp.Body.Close()
	}
}

// serveLoudly writes to the log at each request.
func serveLoudly(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, ln.Addr())
	_ = Serve(context.Background(), ln, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		fmt.Fprintln(os.Stderr, "a line")
	}), ServeOptions{})
}
