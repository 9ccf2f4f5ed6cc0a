package upgrade

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store"
	"taskwire/store/storetest"
)

// A site is replicas of both programs, of whatever release, behind two sharers,
// with people at work.
type site struct {
	*fleet.Fleet
	adapters, tools *sharer
	users           map[string]login
	people          *people
}

func newSite(t testing.TB, database store.Config) *site {
	t.Helper()
	s := &site{Fleet: fleet.New(t, database)}
	s.adapters, s.tools = share(t, ""), share(t, s.ToolsAt)
	s.Fleet.Tools["ADAPTER_JWKS_URL"] = s.adapters.URL + "/.well-known/jwks.json"
	s.users = logins(t, s.Fleet, "ann", "bob", "cem")
	return s
}

// A node is a replica of each program, of one release.
type node struct{ adapter, tools *replica }

// join starts a node of each release, all at once. They have their share as
// soon as they are ready.
func (s *site) join(t testing.TB, settings map[string]string, releases ...release) []node {
	t.Helper()
	nodes := make([]node, len(releases))
	errs := make([]error, 2*len(releases))
	var starting sync.WaitGroup
	for i, r := range releases {
		adapter, tools := r.program(t, "adapter"), r.program(t, "mcpserver")
		starting.Go(func() {
			nodes[i].adapter, errs[2*i] = start(t, r, adapter, fleet.With(s.Adapters, settings))
		})
		starting.Go(func() {
			nodes[i].tools, errs[2*i+1] = start(t, r, tools, fleet.With(s.Fleet.Tools, settings))
		})
	}
	starting.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		if s.people == nil { // the first tools find no keys but these
			s.adapters.admit(n.adapter)
		}
		n.tools.Ready(t)
		s.tools.admit(n.tools)
		n.adapter.Ready(t)
		if s.people != nil {
			s.adapters.admit(n.adapter)
		}
	}
	return nodes
}

func start(t testing.TB, r release, program string, env map[string]string) (*replica, error) {
	p, err := fleet.Try(t, program, env, "-http", "127.0.0.1:0")
	return &replica{Process: p, release: r.name}, err
}

// leave stops nodes, one after the other, without anybody being turned away.
func (s *site) leave(t testing.TB, nodes ...node) {
	t.Helper()
	for _, n := range nodes {
		s.adapters.dismiss(t, n.adapter)
		s.tools.dismiss(t, n.tools)
	}
}

// goOn waits until each of the nodes has answered so many more requests, and
// returns how many all of them have.
func (s *site) goOn(t testing.TB, requests int, nodes ...node) int {
	t.Helper()
	before := answered(nodes...)
	goals := map[*replica]int64{}
	for _, n := range nodes {
		for _, r := range []*replica{n.adapter, n.tools} {
			goals[r] = r.served.Load() + int64(requests)
		}
	}
	deadline := time.Now().Add(5 * time.Minute)
	for r, goal := range goals {
		for ; r.served.Load() < goal; time.Sleep(2 * time.Millisecond) {
			if s.people.failures() > 0 || r.Ended() || time.Now().After(deadline) {
				s.people.rest()
				t.Fatalf("%s of release %s is %d requests short, %d failed: %q",
					r.Name, r.release, goal-r.served.Load(), r.failed.Load(), s.people.problems)
			}
		}
	}
	return answered(nodes...) - before
}

func answered(nodes ...node) (requests int) {
	for _, n := range nodes {
		requests += int(n.adapter.served.Load() + n.tools.served.Load())
	}
	return requests
}

// keep leaves the schema as it is.
var keep = map[string]string{"DATABASE_MIGRATE": "false"}

// rollForwardAndBack replaces a release by the next, replica by replica, takes
// that back and does it again, while people work. It counts what either program
// answered on the schema of the other.
func rollForwardAndBack(t *testing.T, engine storetest.Engine, from, to release, requests int) {
	t.Run(fmt.Sprintf("%s from %s to %s", engine, from.name, to.name), func(t *testing.T) {
		roll(t, engine, from, to, requests)
	})
}

func roll(t *testing.T, engine storetest.Engine, from, to release, requests int) {
	database := storetest.Config(t, engine)
	s := newSite(t, database)
	old := s.join(t, nil, from, from)
	s.people = work(s.Fleet, s.adapters, s.tools, s.users)
	s.goOn(t, requests, old...)

	newer := s.join(t, keep, to)
	s.says(t, newer, "served as it is")
	s.goOn(t, requests, old...)
	newOnOld := s.goOn(t, requests, newer...)

	// One that migrates, and one of before that starts at the same moment.
	both := s.join(t, nil, to, from)
	wantVersion(t, database, to.version)
	newer, old = append(newer, both[0]), append(old, both[1])
	s.goOn(t, requests, newer...)
	oldOnNew := s.goOn(t, requests, old...)
	s.leave(t, old...)
	s.goOn(t, requests, newer...)

	old = s.join(t, nil, from, from)
	s.says(t, old, "later release")
	s.leave(t, newer...)
	oldOnNew += s.goOn(t, requests, old...)

	newer = s.join(t, nil, to)
	s.leave(t, old...)
	s.goOn(t, requests, newer...)
	s.people.rest()

	checked, missing := s.people.missing(t, s.users)
	for _, problem := range s.people.problems {
		t.Error(problem)
	}
	broken := len(s.people.problems) + missing
	note := fmt.Sprintf("%s, %s to %s, %d tasks and items kept", engine, from.name, to.name, checked)
	tally.Counted(t, tally.Entry{Promise: "P17", What: "old program on the new schema", Runs: oldOnNew, Broken: broken, Note: note})
	tally.Counted(t, tally.Entry{Promise: "P17", What: "new program on the old schema", Runs: newOnOld, Broken: broken, Note: note})
}

func (s *site) says(t testing.TB, nodes []node, word string) {
	t.Helper()
	for _, n := range nodes {
		for _, r := range []*replica{n.adapter, n.tools} {
			if !strings.Contains(r.Log.String(), word) {
				t.Errorf("%s of release %s does not say %q: %s", r.Name, r.release, word, r.Log)
			}
		}
	}
}

func wantVersion(t testing.TB, database store.Config, want int64) {
	t.Helper()
	var version int64
	if err := storetest.Behind(t, database).QueryRow("SELECT MAX(version_id) FROM taskwire_version").Scan(&version); err != nil || version != want {
		t.Errorf("the schema is at version %d, %v, want %d", version, err, want)
	}
}

// TestRollForwardAndBack from this release to the next; in a long run on every
// kind of database, and from the release before to this one too.
func TestRollForwardAndBack(t *testing.T) {
	requests := tally.Rounds(15, 400)
	rollForwardAndBack(t, storetest.Postgres, today(t), next(t), requests)
	if !tally.Long {
		return
	}
	for _, engine := range []storetest.Engine{storetest.PgBouncer, storetest.SQLite} {
		rollForwardAndBack(t, engine, today(t), next(t), requests)
	}
	for _, engine := range storetest.Engines() {
		rollForwardAndBack(t, engine, before(t), today(t), requests)
	}
}
