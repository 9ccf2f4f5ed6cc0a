package outage

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"taskwire/promises/faultproxy"
	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// What is promised.
const (
	mostWait   = 5 * time.Second // for a refusal
	mostReturn = 5 * time.Second // until everything works again
)

// A ground is where some faults can happen.
type ground struct {
	name   string
	engine storetest.Engine
	own    []string // options of a cluster of its own; nil: that of the binary
	pool   string   // option of the URL
	faults []fault
}

func grounds() []ground {
	g := []ground{
		{name: "network", engine: storetest.Postgres, faults: []fault{
			refused, cut("connections reset", (*faultproxy.Proxy).Reset), cut("connections closed", (*faultproxy.Proxy).Finish),
		}},
		{name: "silent", engine: storetest.Postgres, faults: []fault{silent}},
		{name: "late", engine: storetest.Postgres, faults: []fault{delayed}},
		{name: "slow", engine: storetest.Postgres, faults: []fault{slow}},
		{name: "lame", engine: storetest.Postgres, faults: []fault{lame}},
		{name: "forgotten", engine: storetest.Postgres, faults: []fault{forgotten}},
		{name: "locked", engine: storetest.Postgres, faults: []fault{locked()}},
		{name: "pool", engine: storetest.Postgres, pool: "&pool_max_conns=2", faults: []fault{held()}},
		{name: "server", engine: storetest.Postgres, own: []string{"-c", "max_connections=30"}, faults: []fault{
			stopped, killed, readOnly, crowded(),
		}},
		{name: "pooler", engine: storetest.PgBouncer, own: []string{"-c", "fsync=off"}, faults: []fault{poolerStopped, stopped, silent}},
	}
	return g
}

// A verdict is what a fault came to.
type verdict struct {
	fault     string
	cases     int
	refusals  int
	broken    []string
	wait      time.Duration // the slowest answer
	slowest   string        // whose that was
	back      time.Duration // the slowest return
	goneAfter string        // whose return that was
}

func (v *verdict) breaks(format string, args ...any) {
	v.broken = append(v.broken, v.fault+": "+fmt.Sprintf(format, args...))
}

// D07, D09, D13 and their kin: every fault at every door, refused in time, back
// in time, nothing lost.
func TestOutage(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var verdicts []*verdict
	t.Run("faults", func(t *testing.T) {
		for _, g := range grounds() {
			t.Run(g.name, func(t *testing.T) {
				t.Parallel()
				s := g.open(t)
				for _, f := range g.faults {
					v := s.suffer(t, f)
					mu.Lock()
					verdicts = append(verdicts, v)
					mu.Unlock()
				}
				s.survived(t)
			})
		}
	})
	count(t, verdicts)
}

func (g ground) open(t testing.TB) *site {
	t.Helper()
	if g.own == nil {
		database := storetest.Config(t, g.engine)
		database.URL += g.pool
		return open(t, database, nil)
	}
	cluster := storetest.StartCluster(t, g.own...)
	return open(t, cluster.Config(t, g.engine), cluster)
}

// suffer brings a fault about, asks at every door meanwhile, ends it and waits
// until every door is open again.
func (s *site) suffer(t testing.TB, f fault) *verdict {
	t.Helper()
	v := &verdict{fault: f.name}
	some := doors[:tally.Rounds(6, len(doors))]
	if f.only != nil {
		some = slices.DeleteFunc(slices.Clone(some), func(d door) bool { return !f.only(d) })
	}
	s.open(t, v, some, time.Now()) // so that there are connections to lose
	v.back = 0
	f.begin(t, s)
	for range tally.Rounds(1, 3) {
		s.meanwhile(t, v, f, some)
	}
	f.end(t, s)
	s.open(t, v, some, time.Now())
	t.Logf("%s: %d cases, %d refused, at most %.1f s (%s); back after %.1f s (%s)",
		f.name, v.cases, v.refusals, v.wait.Seconds(), v.slowest, v.back.Seconds(), v.goneAfter)
	return v
}

// meanwhile asks at all doors at once.
func (s *site) meanwhile(t testing.TB, v *verdict, f fault, some []door) {
	replies := make([]reply, len(some))
	var asked sync.WaitGroup
	for i, d := range some {
		asked.Go(func() {
			if d.ready && f.must(d) {
				replies[i] = s.notices(t, d)
			} else {
				replies[i] = s.as(t, d).ask(t.Context(), d)
			}
		})
	}
	asked.Wait()
	for i, d := range some {
		v.judge(d, f, replies[i])
	}
}

// farTooLong is what no busy machine explains.
const farTooLong = 3 * mostWait

// judge counts one reply. In a short run, beside others, only what is far too
// late is held against it.
func (v *verdict) judge(d door, f fault, r reply) {
	v.cases++
	if r.took > v.wait && !r.begun {
		v.wait, v.slowest = r.took, d.name
	}
	most := f.most
	if most == 0 {
		most = mostWait
	}
	if !tally.Long {
		most = farTooLong
	}
	switch {
	case r.fault != "":
		v.breaks("%s after %.1f s: %s", d.name, r.took.Seconds(), r.fault)
	case r.took > most && !r.begun:
		v.breaks("%s answers after %.1f s", d.name, r.took.Seconds())
	case r.works && f.must(d):
		v.breaks("%s is served", d.name)
	case r.refused():
		v.refusals++
	}
}

// notices asks whether a program can serve until it says no: it may say what it
// found a moment ago.
func (s *site) notices(t testing.TB, d door) (r reply) {
	begun := time.Now()
	for {
		r = s.ask(t.Context(), d)
		r.took = time.Since(begun)
		if !r.works || r.took > patience {
			return r
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// open waits until every door is, and notes how long the last one took.
func (s *site) open(t testing.TB, v *verdict, some []door, since time.Time) {
	t.Helper()
	var mu sync.Mutex
	var asked sync.WaitGroup
	for _, d := range some {
		asked.Go(func() {
			var r reply
			for !r.works && time.Since(since) < 2*patience {
				if r = s.ask(t.Context(), d); !r.works {
					time.Sleep(20 * time.Millisecond)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if took := time.Since(since); took > v.back {
				v.back, v.goneAfter = took, d.name
			}
			if !r.works {
				v.breaks("%s does not work again: %s", d.name, r.fault+r.reason)
			}
		})
	}
	asked.Wait()
}

// survived: no process was started anew, what was acknowledged is there, and
// what waited waits no more. It ends the programs.
func (s *site) survived(t testing.TB) {
	t.Helper()
	if s.adapter.Ended() || s.tools.Ended() {
		t.Error("a program has ended")
	}
	if lost := s.lost(t); len(lost) > 0 {
		t.Errorf("%d of %d acknowledged tasks are not there once: %s", len(lost), len(s.acked.titles), strings.Join(lost, ", "))
	}
	for _, p := range []*fleet.Process{s.adapter, s.tools} {
		if n := goroutines(t, p); n > mostGoroutines {
			t.Errorf("%s is left with %d goroutines beside those of its connections with clients", p.Name, n)
		}
	}
}

// mostGoroutines has room for those of an idle program, and of a full pool.
const mostGoroutines = 100

// goroutines ends a process by SIGQUIT, which makes Go say what each goroutine
// is at, and counts them but for those of open connections with clients.
func goroutines(t testing.TB, p *fleet.Process) (n int) {
	t.Helper()
	if err := p.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	_, dump, found := strings.Cut(p.Log.String(), "SIGQUIT: quit")
	if !found {
		t.Fatalf("%s has not said what its goroutines are at: %s", p.Name, p.Log.Tail(1<<10))
	}
	for one := range strings.SplitSeq(dump, "\n\n") {
		if strings.HasPrefix(strings.TrimSpace(one), "goroutine ") && !strings.Contains(one, "net/http.(*conn).serve") {
			n++
		}
	}
	return n
}

// count tells what the faults came to. How long things took is for the table of
// the long run to judge, where nobody else keeps the machine busy.
func count(t *testing.T, verdicts []*verdict) {
	t.Helper()
	cases, refusals, broken := 0, 0, 0
	var slowest, latest *verdict
	for _, v := range verdicts {
		cases, refusals, broken = cases+v.cases, refusals+v.refusals, broken+len(v.broken)
		for _, b := range v.broken {
			t.Error(b)
		}
		if slowest == nil || v.wait > slowest.wait {
			slowest = v
		}
		if latest == nil || v.back > latest.back {
			latest = v
		}
	}
	if slowest == nil {
		return
	}
	names := []string{}
	for _, v := range verdicts {
		names = append(names, v.fault)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	tally.Counted(t, tally.Entry{
		Promise: "P15", What: "database faults", Runs: cases, Broken: broken,
		Note: fmt.Sprintf("%d faults: %s", len(names), strings.Join(names, ", ")),
	})
	tally.Counted(t, tally.Entry{
		Promise: "P15", What: "slowest 503", Runs: refusals, Value: slowest.wait.Seconds(), Unit: "s", Note: slowest.fault,
	})
	tally.Counted(t, tally.Entry{
		Promise: "P15", What: "slowest return", Runs: cases, Value: latest.back.Seconds(), Unit: "s",
		Note: latest.fault + ", " + latest.goneAfter,
	})
}
