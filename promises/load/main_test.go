// Package load shows what Taskwire promises of load: thousands of open answers
// in one process, an end that loses nothing, and neighbours that do not slow
// each other down. The programs run as processes; who loads them runs in
// processes of its own where it would else take part in what is measured.
package load

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"taskwire/promises/fleet"
	"taskwire/store/storetest"
)

func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv(roleVariable)]; ok {
		if err := role(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	storetest.Main(m, fleet.RemovePrograms)
}

// A role is what this binary is when it is started as a process of its own: its
// task comes as a line of JSON, and what it has to say goes back in such lines.
const roleVariable = "LOAD_ROLE"

var roles = map[string]func(in io.Reader, out io.Writer) error{
	"model": actModel, "clients": actClients, "neighbour": actNeighbour, "listeners": actListeners,
}

// An actor is a process with a role. It ends with the test.
type actor struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// act starts a process with a role. niceness is how far it steps back behind
// others.
func act(t testing.TB, role string, niceness int, task any) *actor {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		overdue := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		defer overdue.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", role, err)
		}
	})
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, cmd.Process.Pid, niceness); err != nil {
		t.Fatal(err)
	}
	a := &actor{in, bufio.NewReader(out)}
	a.tell(t, task)
	return a
}

func (a *actor) tell(t testing.TB, task any) {
	t.Helper()
	if err := json.NewEncoder(a.in).Encode(task); err != nil {
		t.Fatal(err)
	}
}

// hear reads a line.
func (a *actor) hear(t testing.TB, v any) {
	t.Helper()
	line, err := a.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, v)
	}
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
}
