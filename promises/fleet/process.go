package fleet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"taskwire/store/storetest"
)

// A Process is a program of ours in an operating-system process of its own. Of
// the test's environment it has nothing. It ends with the test: by SIGTERM,
// after which it must exit with 0, unless it has ended before.
type Process struct {
	Name   string
	Base   string // http://host:port
	Log    *Log
	cmd    *exec.Cmd
	killed atomic.Bool
	done   chan struct{}
}

// Launch starts a program that serves, and waits until it listens.
func Launch(t testing.TB, program string, env map[string]string, flags ...string) *Process {
	t.Helper()
	p, err := Try(t, program, env, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Try is Launch where the program may end before it listens; the error then
// has its log.
func Try(t testing.TB, program string, env map[string]string, flags ...string) (*Process, error) {
	t.Helper()
	p := &Process{Name: filepath.Base(program), Log: &Log{}, done: make(chan struct{})}
	p.cmd = exec.Command(program, flags...)
	home, err := os.MkdirTemp("", "taskwire-home-")
	if err != nil {
		return nil, err
	}
	p.cmd.Env = []string{"HOME=" + home}
	for key, value := range env {
		p.cmd.Env = append(p.cmd.Env, key+"="+value)
	}
	p.cmd.Stderr = p.Log
	// Nothing of ours outlives a test binary that is killed.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _ = p.cmd.Wait(); os.RemoveAll(home); close(p.done) }()
	t.Cleanup(func() {
		p.Stop(t)
		if t.Failed() && !p.killed.Load() { // of hundreds that were killed nobody reads the logs
			t.Logf("log of %s: %s", p.Name, Complaints(p.Log.String()))
		}
	})
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if addr := p.Log.Addr(); addr != "" {
			p.Base = "http://" + addr
			return p, nil
		}
		if p.Ended() {
			return nil, fmt.Errorf("%s ended: %v, %s", p.Name, p.cmd.ProcessState, p.Log)
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%s does not listen: %s", p.Name, p.Log)
		}
	}
}

// Ready waits until the program says that it is.
func (p *Process) Ready(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		resp, err := http.Get(p.Base + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if p.Ended() || time.Now().After(deadline) {
			t.Fatalf("%s is not ready: %v\n%s", p.Name, err, p.Log.Tail(4<<10))
		}
	}
}

// Pid is the process's id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Ended reports whether the process is gone.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Wait waits for the end and gives the exit status, -1 after a signal.
func (p *Process) Wait() int {
	<-p.done
	return p.cmd.ProcessState.ExitCode()
}

// Done is closed when the process is gone.
func (p *Process) Done() <-chan struct{} { return p.done }

// Signal sends one.
func (p *Process) Signal(s syscall.Signal) error { return p.cmd.Process.Signal(s) }

// Kill ends the process as nothing can prepare for.
func (p *Process) Kill() {
	p.killed.Store(true)
	_ = p.cmd.Process.Kill() // it may have ended meanwhile
	<-p.done
}

// Stop asks the process to end, which it must do with status 0. One that has
// ended already is left alone.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	if p.Ended() {
		return
	}
	if err := p.Signal(syscall.SIGTERM); err != nil && !p.Ended() {
		t.Errorf("stop %s: %v", p.Name, err)
	}
	overdue := time.AfterFunc(40*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer overdue.Stop()
	if status := p.Wait(); status != 0 {
		t.Errorf("%s after SIGTERM: %v, want exit status 0", p.Name, p.cmd.ProcessState)
	}
}

// A Log takes what a process writes.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
	read int // where Addr goes on
	addr string
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Tail gives at most the last n bytes.
func (l *Log) Tail(n int) string {
	text := l.String()
	return text[max(0, len(text)-n):]
}

// Complaints is what a log says of things that did not go well, the end of it: a
// failure must not drown in what did.
func Complaints(log string) string {
	var kept strings.Builder
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"level":"INFO"`) && !strings.Contains(line, `"level":"DEBUG"`) {
			kept.WriteString(line)
		}
	}
	text := kept.String()
	return text[max(0, len(text)-4<<10):]
}

// Addr is where the program said that it serves, empty before.
func (l *Log) Addr() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		rest := l.text.Bytes()[l.read:]
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			return l.addr
		}
		l.read += end + 1
		var facts struct{ Msg, Addr string }
		if json.Unmarshal(rest[:end], &facts) == nil && facts.Msg == "serving" {
			l.addr = facts.Addr
		}
	}
}

// FreeAddress is a loopback address that nobody listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	addr, err := storetest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}
