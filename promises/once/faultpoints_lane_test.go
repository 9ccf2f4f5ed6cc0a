package once

import (
	"cmp"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/promises/fleet"
	"taskwire/store/storetest"
)

// A lane is what one fault after the other is tried on: two adapters and a tool
// server over a database of their own, built with fault points. Whichever
// program dies is started again at once, without a fault.
type lane struct {
	testing.TB
	f       *fleet.Fleet
	script  *script
	db      *sql.DB
	lite    bool
	first   *keptProgram // the adapter with the fault, if it is to be one
	second  *fleet.Process
	tools   *keptProgram
	logs    string
	owner   string // the second adapter's name in the database
	serials int
}

// newLane sets one up. settings are of both adapters.
func newLane(t testing.TB, engine storetest.Engine, settings ...map[string]string) *lane {
	t.Helper()
	f := fleet.New(t, storetest.Config(t, engine))
	f.Tags = []string{"faultpoints"}
	f.Adapters = fleet.With(f.Adapters, settings...)
	l := &lane{TB: t, f: f, script: newScript(), db: storetest.Behind(t, f.Database), lite: engine == storetest.SQLite, logs: t.TempDir()}
	f.Model.Otherwise(l.script.reply)
	l.second = f.Adapter(t)
	for l.owner == "" { // the first that is heard of; one row is no process's
		_ = l.db.QueryRowContext(t.Context(), "SELECT owner FROM chat_replicas WHERE owner <> 'heard since'").Scan(&l.owner)
		time.Sleep(5 * time.Millisecond)
	}
	f.Tools["ADAPTER_JWKS_URL"] = l.second.Base + "/.well-known/jwks.json"
	l.tools = &keptProgram{lane: l, path: f.ToolsProgram(t), env: f.Tools, at: f.ToolsAt}
	l.first = &keptProgram{lane: l, path: f.AdapterProgram(t), env: f.Adapters, at: fleet.FreeAddress(t)}
	l.tools.arm("")
	l.first.arm("")
	return l
}

// ends lets the programs end for good.
func (l *lane) ends() {
	l.tools.leave()
	l.first.leave()
}

// bury puts the clock of the dead back by a minute, so that nobody has to wait
// until they count as such.
func (l *lane) bury() {
	for _, statement := range []string{
		"UPDATE chat_replicas SET beat_at = beat_at - %s WHERE owner <> $1",
		"UPDATE chat_turns SET started_at = started_at - %s WHERE owner <> $1 AND state = 'running'",
	} {
		minute := "INTERVAL '1 minute'"
		if l.lite {
			minute = "60000000"
		}
		if _, err := l.db.ExecContext(l.Context(), fmt.Sprintf(statement, minute), l.owner); err != nil {
			l.Errorf("put the clock of the dead back: %v", err)
		}
	}
}

// A keptProgram is a process that is started again whenever it ends.
type keptProgram struct {
	*lane
	path, at string
	env      map[string]string

	mu      sync.Mutex
	process *fleet.Process
	log     string // of the points that were come by since it was armed
	kept    sync.WaitGroup
	left    bool
}

func (k *keptProgram) base() string { return "http://" + k.at }

// arm kills the process and starts it with a fault, "" for none.
func (k *keptProgram) arm(fault string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if old := k.process; old != nil {
		k.process = nil
		old.Kill()
		k.kept.Wait()
		k.dead()
	}
	k.serials++
	k.log = filepath.Join(k.logs, fmt.Sprint(k.serials))
	k.start(fault)
}

// start starts the process. One that fails while it starts is started anew,
// without a fault, as often as there is time.
func (k *keptProgram) start(fault string) {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		env := fleet.With(k.env, map[string]string{"TASKWIRE_FAULTPOINT": fault, "TASKWIRE_FAULTPOINT_LOG": k.log})
		p, err := fleet.Try(k.TB, k.path, env, "-http", k.at)
		if err == nil {
			k.process = p
			k.kept.Go(func() { <-p.Done(); go k.revive(p) })
			return
		}
		if fault == "" && time.Now().After(deadline) {
			k.Errorf("does not start: %v", err)
			return
		}
		fault = ""
	}
}

// revive starts the process again after its end, unless that was ours to choose.
func (k *keptProgram) revive(p *fleet.Process) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.process != p || k.left {
		return
	}
	k.dead()
	k.start("")
}

// dead is for after the end of a process: only adapters have turns.
func (k *keptProgram) dead() {
	if k == k.first {
		k.bury()
	}
}

// leave lets the process end for good.
func (k *keptProgram) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.left = true
}

// passed counts how often each point was come by since the process was armed.
// An upkeep that never ends counts as well.
func (k *keptProgram) passed() map[string]int {
	k.mu.Lock()
	defer k.mu.Unlock()
	data, err := os.ReadFile(k.log)
	if err != nil {
		k.Errorf("log of fault points: %v", err)
	}
	points := map[string]int{}
	for line := range strings.Lines(string(data)) {
		points[strings.TrimSpace(line)]++
	}
	return points
}

// An injection is one fault of one program.
type injection struct {
	program string // adapter or mcpserver
	point   string // "before pg.query"
	n       int
	action  string // error or kill
}

func (i injection) String() string {
	return fmt.Sprintf("%s %s@%d=%s", i.program, i.point, i.n, i.action)
}

// fault is the setting for it, "" for the zero injection.
func (i injection) fault() string {
	if i.n == 0 {
		return ""
	}
	return fmt.Sprintf("%s@%d=%s", i.point, i.n, i.action)
}

// An outcome of an injection.
type sweptRun struct {
	injection
	passed map[string]int // how often the program came by which point
	faults []string
	double int
}

// hit reports whether the program came by the point so often.
func (r sweptRun) hit() bool { return r.n > 0 && r.passed[r.point] >= r.n }

// try runs the whole scenario with one fault in it.
func (l *lane) try(i injection) sweptRun {
	victim := cmp.Or(map[string]*keptProgram{"mcpserver": l.tools}[i.program], l.first)
	u := l.newUser(i)
	if victim == l.first {
		u.leavesTurn() // for its rescue to be part of what may fail
	}
	victim.arm(i.fault())
	u.lives()
	u.check()
	return sweptRun{i, victim.passed(), u.faults, u.double}
}
