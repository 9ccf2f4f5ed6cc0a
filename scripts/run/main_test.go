package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"taskwire/store/storetest"
)

// The test binary plays three parts: the tests, the runner as a process of its
// own (so that it can be signalled as a terminal does), and its programs.
const partVariable = "TASKWIRE_RUN_TEST_PART"

func TestMain(m *testing.M) {
	switch os.Getenv(partVariable) {
	case "":
		os.Exit(m.Run())
	case "runner":
		// What this process starts plays the programs.
		os.Setenv(partVariable, "program")
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		var started []program
		for i, addr := range os.Args[1:] {
			name := []string{"first", "second"}[i]
			started = append(started, program{name: name, addr: addr, tell: name + " answers"})
		}
		if err := run(ctx, started); err != nil {
			fmt.Println("run:", err)
			os.Exit(1)
		}
	case "program":
		playProgram()
	}
}

// playProgram serves /readyz at the address of its -http flag and writes down
// each signal that it hears; it ends a moment after the first, so that a second
// one would be heard too.
func playProgram() {
	name, addr := filepath.Base(os.Args[0]), os.Args[2]
	signals := make(chan os.Signal, 10)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if os.Getenv("TASKWIRE_RUN_TEST_FAILS") == name {
		os.Exit(3)
	}
	http.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	go http.ListenAndServe(addr, nil)
	out, err := os.Create(name + ".signals")
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(out, <-signals)
	for {
		select {
		case s := <-signals:
			fmt.Fprintln(out, s)
		case <-time.After(300 * time.Millisecond):
			os.Exit(0)
		}
	}
}

// startRunner starts the runner over two programs in a folder of its own and
// gives what it prints.
func startRunner(t *testing.T, env ...string) (dir string, cmd *exec.Cmd, out *bufio.Reader) {
	t.Helper()
	dir = t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	var addrs []string
	for _, name := range []string{"first", "second"} {
		if err := os.Symlink(self, filepath.Join(dir, "bin", name)); err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, freeAddr(t))
	}
	cmd = exec.Command(self, addrs...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), partVariable+"=runner"), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell does
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return dir, cmd, bufio.NewReader(pipe)
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := storetest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

func TestTakenAddressIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = run(t.Context(), []program{{name: "first", addr: taken.Addr().String()}})
	if err == nil || !strings.Contains(err.Error(), "first needs "+taken.Addr().String()) || !strings.Contains(err.Error(), "README") {
		t.Errorf("run = %v, want it to name the address and a cure", err)
	}
}

func TestCtrlCReachesEachProgramOnce(t *testing.T) {
	dir, cmd, out := startRunner(t)
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatalf("the runner ended before it said that both answer: %v", err)
		}
		if strings.Contains(line, "second answers") {
			break
		}
	}
	// A terminal's Ctrl-C goes to the whole group of the shell's job.
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the runner ended with %v, want a clean stop; it said %q", err, rest)
	}
	for _, name := range []string{"first", "second"} {
		heard, err := os.ReadFile(filepath.Join(dir, name+".signals"))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(heard); got != "terminated\n" {
			t.Errorf("%s heard %q, want one terminated", name, got)
		}
	}
}

func TestAProgramThatEndsStopsTheOther(t *testing.T) {
	dir, cmd, out := startRunner(t, "TASKWIRE_RUN_TEST_FAILS=second")
	said, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the runner ended well though a program of it failed")
	}
	if !strings.Contains(string(said), "second ended: exit status 3") {
		t.Errorf("the runner said %q, want which program ended and how", said)
	}
	// The first may have been stopped before it wrote; it must not live on.
	if heard, err := os.ReadFile(filepath.Join(dir, "first.signals")); err == nil && len(heard) > 0 && string(heard) != "terminated\n" {
		t.Errorf("first heard %q, want one terminated", heard)
	}
}
