package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"taskwire/store"
)

// A stdioProcess is the built program, serving one user over stdio from an
// empty home, as a desktop host starts it.
type stdioProcess struct {
	cmd    *exec.Cmd
	Stdin  *os.File
	Log    *syncBuffer
	lines  chan string   // of stdout; closed at its end. nil when the test reads stdout itself
	exited chan struct{} // closed when the process has ended
	nextID int
}

// A stdioOption changes how the process is started.
type stdioOption func(*stdioStart)

type stdioStart struct {
	env    map[string]string
	args   []string
	stdout *os.File // the process writes here; nil: the harness reads
}

func withArgs(args ...string) stdioOption { return func(s *stdioStart) { s.args = args } }

func withEnv(env map[string]string) stdioOption {
	return func(s *stdioStart) { maps.Copy(s.env, env) }
}

func withStdout(w *os.File) stdioOption { return func(s *stdioStart) { s.stdout = w } }

// databaseEnv is the environment in which a process shares a database.
func databaseEnv(cfg store.Config) map[string]string {
	env := map[string]string{"DATABASE_URL": cfg.URL, "DATABASE_SCHEMA": cfg.Schema}
	if cfg.DirectURL != "" {
		env["DATABASE_DIRECT_URL"], env["DATABASE_POOLER"] = cfg.DirectURL, cfg.Pooler
	}
	return env
}

// startStdio starts the program. Nothing of the test's own environment
// reaches it.
func startStdio(t testing.TB, options ...stdioOption) *stdioProcess {
	t.Helper()
	start := stdioStart{env: map[string]string{"HOME": t.TempDir()}}
	for _, option := range options {
		option(&start)
	}
	p := &stdioProcess{Log: &syncBuffer{}, exited: make(chan struct{})}
	p.cmd = exec.Command(builtBinary(t), start.args...)
	p.cmd.Env = []string{}
	for name, value := range start.env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Stderr = p.Log
	in, stdin, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdin, p.Stdin = in, stdin
	out := start.stdout
	if out == nil {
		var stdout *os.File
		if stdout, out, err = os.Pipe(); err != nil {
			t.Fatal(err)
		}
		p.lines = make(chan string, 1000)
		go p.readLines(stdout)
	}
	p.cmd.Stdout = out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	go func() { p.cmd.Wait(); close(p.exited) }()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.exited
		p.Stdin.Close()
		if t.Failed() && p.Log.String() != "" {
			t.Logf("stderr: %s", p.Log)
		}
	})
	return p
}

func (p *stdioProcess) readLines(stdout *os.File) {
	defer stdout.Close()
	defer close(p.lines)
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			p.lines <- line
		}
		if err != nil {
			return
		}
	}
}

// write sends text as it is.
func (p *stdioProcess) write(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(p.Stdin, text); err != nil {
		t.Fatalf("write to stdin: %v", err)
	}
}

// next returns the next message, which must be one line of JSON-RPC.
func (p *stdioProcess) next(t testing.TB) rpcMessage {
	t.Helper()
	msg, ok := p.maybe(t)
	if !ok {
		t.Fatalf("the program ended its output; stderr: %s", p.Log)
	}
	return msg
}

// maybe returns the next message, false at the end of output.
func (p *stdioProcess) maybe(t testing.TB) (rpcMessage, bool) {
	t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			return rpcMessage{}, false
		}
		var msg struct {
			Version string `json:"jsonrpc"`
			rpcMessage
		}
		if err := json.Unmarshal([]byte(line), &msg); err != nil || msg.Version != "2.0" || !strings.HasSuffix(line, "\n") {
			t.Fatalf("stdout has %q, which is no message", line)
		}
		return msg.rpcMessage, true
	case <-time.After(30 * time.Second):
		t.Fatalf("no answer; stderr: %s", p.Log)
	}
	return rpcMessage{}, false
}

// rest returns all messages up to the end of output, by id.
func (p *stdioProcess) rest(t testing.TB) map[string]rpcMessage {
	t.Helper()
	all := map[string]rpcMessage{}
	for {
		msg, ok := p.maybe(t)
		if !ok {
			return all
		}
		if _, twice := all[string(msg.ID)]; twice {
			t.Errorf("id %s was answered twice", msg.ID)
		}
		all[string(msg.ID)] = msg
	}
}

// hello opens a session of the older era.
func (p *stdioProcess) hello(t testing.TB) {
	t.Helper()
	p.write(t, initializeMessage+"\n"+`{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n")
	if msg := p.next(t); string(msg.ID) != `"init"` || msg.Result == nil {
		t.Fatalf("initialize = %+v", msg)
	}
}

// request writes one call as a line and returns its id.
func (p *stdioProcess) request(t testing.TB, method string, params any) string {
	t.Helper()
	p.nextID++
	data, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": p.nextID, "method": method, "params": params})
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, string(data)+"\n")
	return fmt.Sprint(p.nextID)
}

// rpc makes one call, with nothing else in flight.
func (p *stdioProcess) rpc(t testing.TB, method string, params any) rpcMessage {
	t.Helper()
	id := p.request(t, method, params)
	msg := p.next(t)
	if string(msg.ID) != id {
		t.Fatalf("%s %s was answered under id %s", method, id, msg.ID)
	}
	return msg
}

// try calls a tool.
func (p *stdioProcess) try(t testing.TB, tool string, args any) toolOutcome {
	t.Helper()
	msg := p.rpc(t, "tools/call", map[string]any{"name": tool, "arguments": args})
	return outcomeOf(t, msg)
}

func outcomeOf(t testing.TB, msg rpcMessage) toolOutcome {
	t.Helper()
	var out toolOutcome
	if msg.Result == nil || json.Unmarshal(msg.Result, &out) != nil {
		t.Fatalf("no result of a tool: %+v", msg)
	}
	return out
}

// alive checks that the program still serves.
func (p *stdioProcess) alive(t testing.TB) {
	t.Helper()
	if msg := p.rpc(t, "ping", nil); msg.Result == nil {
		t.Fatalf("ping = %+v", msg)
	}
}

// end closes the input and waits for the end; it returns the exit status.
func (p *stdioProcess) end(t testing.TB) int {
	t.Helper()
	p.Stdin.Close()
	return p.wait(t)
}

// wait returns the exit status, -1 for a signal.
func (p *stdioProcess) wait(t testing.TB) int {
	t.Helper()
	waitFor(t, "the program to end", func() bool {
		select {
		case <-p.exited:
			return true
		default:
			return false
		}
	})
	return p.cmd.ProcessState.ExitCode()
}

// runBinary runs the program to its end with the input and returns what it
// wrote and its exit status.
func runBinary(t testing.TB, env map[string]string, input string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), builtBinary(t), args...)
	cmd.Env = []string{}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// asked sends the program a signal.
func (p *stdioProcess) asked(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}
