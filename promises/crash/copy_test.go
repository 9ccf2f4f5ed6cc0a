package crash

import (
	"fmt"
	"testing"
	"time"

	"taskwire/store/storetest"
)

// D21: a dump that is taken while people work has nothing by half, and one that is
// taken in a pause has everything, which a site then serves from the copy.
func TestCopy(t *testing.T) {
	cluster := storetest.StartCluster(t, quickly...)
	database := cluster.Config(t, storetest.Postgres)
	s := besiege(t, database)
	s.gate.Unlock()
	time.Sleep(500 * time.Millisecond)
	early := cluster.Copy(t, database)
	amid := storetest.Behind(t, early)
	s.gate.Lock()
	s.faults = append(s.faults, scan(t, amid)...)
	var turns int
	if err := amid.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM chat_turns").Scan(&turns); err != nil || turns == 0 {
		t.Errorf("the copy of a site at work has %d turns, %v", turns, err)
	}

	s.conclude()
	if !s.settle(rescued) {
		t.Fatal("turns run on")
	}
	for _, seat := range s.seats() { // which would go on to forget stops that are past
		seat.now.Stop(t)
	}
	var counts [2]string
	whole := cluster.Copy(t, database)
	for _, table := range storetest.Tables() {
		counts[0] += fmt.Sprint(table, " ", storetest.Count(t, database, table), "\n")
		counts[1] += fmt.Sprint(table, " ", storetest.Count(t, whole, table), "\n")
	}
	if storetest.Hash(t, database) != storetest.Hash(t, whole) || counts[0] != counts[1] {
		t.Errorf("of\n%sthe copy has\n%s", counts[0], counts[1])
	}
	if storetest.Hash(t, early) == storetest.Hash(t, whole) {
		t.Error("what was done after the first copy makes no difference")
	}
	s.crowd.site = open(t, whole)
	s.crowd.sign(t)
	if looked := s.compare(true); looked == 0 {
		t.Error("nothing was acknowledged")
	}
	for _, f := range s.faults {
		t.Error(f)
	}
}
