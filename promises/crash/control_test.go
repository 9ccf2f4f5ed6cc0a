package crash

import (
	"testing"
	"time"

	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// careless are settings with which a commit stays in memory for a while.
var careless = []string{
	"-c", "synchronous_commit=off", "-c", "wal_writer_delay=10s", "-c", "wal_writer_flush_after=1GB", "-c", "wal_buffers=16MB",
}

// A PostgreSQL that says "committed" before it is loses what was acknowledged,
// and the comparison sees it.
func TestControlLostCommits(t *testing.T) {
	cluster := storetest.StartCluster(t, append(careless, quickly...)...)
	s := besiege(t, cluster.Config(t, storetest.Postgres))
	for range 5 { // each time it is chance what had reached the disk
		s.gate.Unlock()
		time.Sleep(500 * time.Millisecond)
		cluster.Kill(t)
		cluster.Start(t)
		s.site.ready(t)
		s.gate.Lock()
		if s.compare(true); s.faulty() {
			break
		}
	}
	if len(s.faults) == 0 {
		t.Error("nothing is missed")
	} else {
		t.Logf("%d are missed, such as: %s", len(s.faults), s.faults[0])
		tally.Caught(t, "P1", "synchronous_commit=off loses")
	}
	s.over.Store(true)
	s.gate.Unlock()
	s.busy.Wait()
}

// Where all adapters are gone, nobody ends what they have left, and that is
// seen.
func TestControlNobodyRescues(t *testing.T) {
	s := besiege(t, storetest.Config(t, storetest.Postgres))
	s.gate.Unlock()
	var turns map[string]bool
	for deadline := time.Now().Add(patience); len(turns) == 0 && time.Now().Before(deadline); {
		time.Sleep(s.chance())
		turns = s.atKill(t)
	}
	for _, a := range s.adapters {
		a.now.Kill()
	}
	s.over.Store(true)
	turns = s.atKill(t)
	s.restarted(turns)
	limit := time.Duration(tally.Rounds(1, 31)) * time.Second
	if len(turns) == 0 || s.settle(limit) {
		t.Errorf("of %d turns nobody's are left", len(turns))
	} else {
		tally.Caught(t, "P2", "nobody rescues")
	}
	s.busy.Wait()
}
