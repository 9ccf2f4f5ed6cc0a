package load

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"taskwire/promises/fleet"
)

// memory is what of a process lies in RAM, in MiB: now, and at most so far.
func memory(t testing.TB, p *fleet.Process) (now, peak float64) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) float64 {
		_, rest, _ := bytes.Cut(status, []byte(name+":"))
		fields := bytes.Fields(rest)
		if len(fields) == 0 {
			t.Fatalf("no %s in /proc/PID/status", name)
		}
		kib, err := strconv.ParseFloat(string(fields[0]), 64)
		if err != nil {
			t.Fatal(err)
		}
		return kib / 1024
	}
	return read("VmRSS"), read("VmHWM")
}

// descriptors is how many files and connections a process has open.
func descriptors(t testing.TB, p *fleet.Process) int {
	t.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// allowDescriptors makes sure that each process may have so many.
func allowDescriptors(t testing.TB, need uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur >= need {
		return
	}
	raised := syscall.Rlimit{Cur: need, Max: max(need, limit.Max)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err != nil {
		t.Fatalf("a process here may open %d files, and this needs %d: raise the hard limit (ulimit -Hn %d as root, LimitNOFILE= of systemd, --ulimit nofile= of docker)",
			limit.Max, need, need)
	}
}

// A goroutineDump is where the goroutines of a process came from, and how many
// each.
type goroutineDump map[string]int

var (
	goroutineHead = regexp.MustCompile(`(?m)^goroutine \d+ `)
	createdBy     = regexp.MustCompile(`(?m)^created by (\S+)`)
)

// ofConnections are goroutines that pgx may leave with a connection of the pool
// when a write to the database was slow for once: each reads ahead until the
// next answer comes, which in calm may take long. The pool bounds them.
const ofConnections = "github.com/jackc/pgx/v5/pgconn/internal/bgreader."

// goroutines ends a process by SIGQUIT, which makes Go say what each goroutine
// is at. There is no other way to count them from outside.
func goroutines(t testing.TB, p *fleet.Process) goroutineDump {
	t.Helper()
	if err := p.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Done():
	case <-time.After(time.Minute):
		t.Fatalf("%s does not end", p.Name)
	}
	_, dump, found := strings.Cut(p.Log.String(), "SIGQUIT: quit")
	if !found {
		t.Fatalf("%s has not said what its goroutines are at: %s", p.Name, p.Log.Tail(1<<10))
	}
	all := goroutineDump{}
	starts := goroutineHead.FindAllStringIndex(dump, -1)
	for i, at := range starts {
		end := len(dump)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		origin := "main"
		if m := createdBy.FindStringSubmatch(dump[at[0]:end]); m != nil {
			origin = m[1]
		}
		if !strings.HasPrefix(origin, ofConnections) {
			all[origin]++
		}
	}
	return all
}

func (d goroutineDump) count() (n int) {
	for _, some := range d {
		n += some
	}
	return n
}

// beyond names what there is more of than before.
func (d goroutineDump) beyond(before goroutineDump) string {
	var more []string
	for origin, n := range d {
		if n > before[origin] {
			more = append(more, fmt.Sprintf("%d more of %s", n-before[origin], origin))
		}
	}
	return strings.Join(more, ", ")
}
