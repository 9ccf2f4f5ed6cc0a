package crash

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"taskwire/promises/tally"
	"taskwire/store"
	"taskwire/store/storetest"
)

// A siege is a site at work that is killed again and again.
type siege struct {
	*site
	*crowd
	*watch
	rnd    *rand.Rand
	kills  int
	looked int           // things compared after a kill
	back   time.Duration // the longest time from a restart until everybody served
}

// short waits let a kill fall into the beginning of things, long ones into all
// that people do.
func (s *siege) chance() time.Duration {
	if s.rnd.IntN(2) == 0 {
		return time.Duration(s.rnd.Int64N(int64(60 * time.Millisecond)))
	}
	return time.Duration(s.rnd.Int64N(int64(400 * time.Millisecond)))
}

func besiege(t *testing.T, database store.Config) *siege {
	t.Helper()
	if !tally.Long {
		t.Parallel() // most of the time is waiting for the turns of the dead
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := &siege{site: open(t, database), rnd: rand.New(rand.NewPCG(seed, 0))}
	s.watch = startWatch(t, database)
	s.crowd = gather(t, s.site, []string{"amy", "ben", "cat", "dan", "eve", "fay", "gus", "hal"}, seed)
	return s
}

// rounds lets people work, kills something in the midst of it, starts it again
// and compares.
func (s *siege) rounds(t *testing.T, kills int, kill func(t *testing.T) (killed int, restart func())) {
	t.Helper()
	for round := 1; s.kills < kills && !s.faulty(); round++ {
		s.crowd.sign(t)
		s.gate.Unlock()
		time.Sleep(s.chance())
		killed, restart := kill(t)
		s.kills += killed
		turns := s.atKill(t)
		restart()
		begun := time.Now()
		s.restarted(turns)
		s.site.ready(t)
		s.back = max(s.back, time.Since(begun))
		s.gate.Lock()
		s.looked += s.compare(false)
		s.Model.Forget()
		if round%50 == 0 {
			t.Logf("%d kills, %d facts, at most %v", s.kills, s.looked, s.back)
		}
	}
}

// ends lets everybody get the answers that are still owed, and looks at all that
// was ever acknowledged.
func (s *siege) ends(t *testing.T, killed string) {
	t.Helper()
	s.conclude()
	if !s.settle(rescued) {
		s.fault("turns run on for more than %v", rescued)
	}
	all := s.compare(true)
	s.faults = append(s.faults, scan(t, s.db)...)
	s.watch.end()
	for i, f := range s.faults {
		if i < 20 {
			t.Error(f)
		}
	}
	tally.Counted(t, tally.Entry{
		Promise: "P1", What: killed, Runs: s.kills, Broken: len(s.faults),
		Note: fmt.Sprintf("%d facts compared after kills, %d at the end; served again after at most %v", s.looked, all, s.back.Round(time.Millisecond)),
	})
	s.watch.counted(t)
}

// conclude ends the work: people do nothing new, but still ask for the answers
// that were lost. The gate is closed before and behind it.
func (c *crowd) conclude() {
	c.over.Store(true)
	c.gate.Unlock()
	c.busy.Wait()
	c.gate.Lock()
	deadline := time.Now().Add(2 * rescued)
	for _, p := range c.people {
		for len(p.again) > 0 && time.Now().Before(deadline) {
			if !p.retries() {
				time.Sleep(10 * time.Millisecond)
			}
		}
		for _, r := range p.again {
			p.fault("%s: no answer ever to: %s", p.name, r.what)
		}
	}
}

// killSeats ends one of two processes, or both.
func (s *siege) killSeats(t *testing.T, seats [2]*seat) (killed int, restart func()) {
	victims := seats[:]
	if s.rnd.IntN(6) > 0 {
		victims = seats[s.rnd.IntN(2):][:1]
	}
	for _, v := range victims {
		if s.rnd.IntN(5) == 0 { // asked to end, but not waited for
			if err := v.now.Signal(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
			time.Sleep(s.chance())
		}
		v.now.Kill()
	}
	return len(victims), func() {
		for _, v := range victims {
			v.sit(t)
		}
	}
}

// R08: some are killed while they end after SIGTERM.
func TestKillAdapter(t *testing.T) {
	s := besiege(t, storetest.Config(t, storetest.Postgres))
	s.rounds(t, tally.Rounds(4, 500), func(t *testing.T) (int, func()) { return s.killSeats(t, s.adapters) })
	s.loses(t)
	s.ends(t, "adapter killed")
}

// loses kills an adapter that does not come back: the other one ends what it
// has left.
func (s *siege) loses(t *testing.T) {
	s.gate.Unlock()
	time.Sleep(200 * time.Millisecond)
	s.left.Store(s.adapters[0]) // everybody goes to the other from now on
	s.adapters[0].now.Kill()
	s.kills++
	s.restarted(s.atKill(t))
	s.gate.Lock()
}

// D03, R08: calls of the tools are on their way at each kill.
func TestKillTools(t *testing.T) {
	s := besiege(t, storetest.Config(t, storetest.Postgres))
	s.rounds(t, tally.Rounds(4, 500), func(t *testing.T) (int, func()) {
		for deadline := time.Now().Add(30 * time.Second); s.calls.Load() == 0; time.Sleep(100 * time.Microsecond) {
			if time.Now().After(deadline) {
				t.Fatal("nobody calls tools")
			}
		}
		return s.killSeats(t, s.tools)
	})
	s.ends(t, "mcpserver killed")
}

// quickly are settings of PostgreSQL with which recovery is short.
var quickly = []string{"-c", "shared_buffers=16MB", "-c", "max_wal_size=64MB"}

// D01: nothing is lost, nothing is there by half, and the programs serve again
// by themselves.
func TestKillPostgres(t *testing.T) {
	cluster := storetest.StartCluster(t, quickly...)
	s := besiege(t, cluster.Config(t, storetest.Postgres))
	s.rounds(t, tally.Rounds(4, 500), func(t *testing.T) (int, func()) {
		restart := func() {}
		cluster.Kill(t)
		if s.rnd.IntN(8) == 0 { // and who was just asking
			_, restart = s.killSeats(t, s.adapters)
		}
		cluster.Start(t)
		return 1, restart
	})
	s.ends(t, "PostgreSQL killed")
}

// SQLite keeps what was acknowledged when the programs are killed; that it
// survives the loss of power is for the machine to see to.
func TestKillOverSQLite(t *testing.T) {
	s := besiege(t, storetest.Config(t, storetest.SQLite))
	s.rounds(t, tally.Rounds(3, 100), func(t *testing.T) (int, func()) {
		seats := s.adapters
		if s.rnd.IntN(2) == 0 {
			seats = s.tools
		}
		return s.killSeats(t, seats)
	})
	s.ends(t, "a program over SQLite killed")
}
