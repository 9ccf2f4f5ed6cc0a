package outage

import (
	"testing"
	"time"

	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// D13: a connection that waits for a word and that the network has forgotten is
// found out by its keepalive; here it is the one that listens for cancellations.
func TestHalfOpenIsFoundOut(t *testing.T) {
	t.Parallel()
	const most = 30 * time.Second
	s := open(t, storetest.Config(t, storetest.Postgres), nil)
	listeners := func(since time.Time) (n int) {
		t.Helper()
		err := s.admin.QueryRowContext(t.Context(),
			"SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND client_port = ANY($1) AND backend_start > $2",
			s.proxies[0].Ports(), since).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	s.await(t, "the adapter to listen", func() bool { return listeners(time.Time{}) == 1 })
	// An answer that is on its way would be sent again for half a minute, and each
	// time pass for a sign of life: the proxy hears nothing, but its kernel talks.
	time.Sleep(2 * time.Second)
	for _, p := range s.proxies {
		p.Forget(t)
	}
	begun := time.Now()
	s.await(t, "the adapter to listen anew", func() bool { return listeners(begun) == 1 })
	took := time.Since(begun)
	broken := 0
	if took > most && tally.Long { // a short run beside other tests shows the figure, no more
		broken = 1
	}
	tally.Counted(t, tally.Entry{Promise: "P15", What: "half-open connections found out", Runs: 1, Broken: broken, Value: took.Seconds(), Unit: "s"})
}
