// Run starts Taskwire on this machine for a try: SQLite in the data folder,
// no sign-in, loopback only. It is what `make run` calls; Ctrl-C stops it.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// A program is one of ours, as built into bin/.
type program struct {
	name string
	addr string
	tell string // what to say about it once it answers
}

var programs = []program{
	{"mcpserver", "127.0.0.1:8081", "MCP server   http://127.0.0.1:8081/mcp"},
	{"adapter", "127.0.0.1:8080", "Chat         http://127.0.0.1:8080/chatbot"},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, programs); err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, programs []program) error {
	for _, p := range programs {
		if err := p.free(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(programs))
	for _, p := range programs {
		if err := p.start(ctx, ended); err != nil {
			return err
		}
	}
	err := announce(ctx, programs, ended)
	cancel()
	for range programs {
		err = errors.Join(err, <-ended)
	}
	return err
}

// free sees that nobody else serves at the program's address, who would be taken
// for it.
func (p program) free() error {
	ln, err := net.Listen("tcp", p.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s needs %s, where something else is serving, perhaps another make run: end that, or see the README for other ports", p.name, p.addr)
	}
	if err != nil {
		return fmt.Errorf("%s needs %s: %w", p.name, p.addr, err)
	}
	return ln.Close()
}

// start runs the program until ctx ends. It is then asked to stop, not killed:
// what it is answering gets its answer.
func (p program) start(ctx context.Context, ended chan<- error) error {
	cmd := exec.CommandContext(ctx, filepath.Join("bin", p.name), "-http", p.addr)
	cmd.Env = append(os.Environ(), "AUTH_MODE=dev")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	// Ctrl-C reaches every process of the terminal's group; ours is to hear of it
	// once, from us, because a second signal means: at once.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	go func() {
		_ = cmd.Wait() // the state says all
		if ctx.Err() != nil && cmd.ProcessState.Success() {
			ended <- nil // stopped, as asked
			return
		}
		ended <- fmt.Errorf("%s ended: %s", p.name, cmd.ProcessState)
	}()
	return nil
}

// announce prints the addresses once all answer, then waits for the end.
func announce(ctx context.Context, programs []program, ended chan error) error {
	for _, p := range programs {
		for !p.ready(ctx) {
			select {
			case <-ctx.Done():
				return nil
			case err := <-ended:
				ended <- nil // its place in the count
				return err
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	fmt.Println("\nTaskwire is running. Press Ctrl-C to stop.")
	for _, p := range programs {
		fmt.Println("  " + p.tell)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		ended <- nil
		return err
	}
}

func (p program) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.addr+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
