package outage

import (
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
	"taskwire/promises/faultproxy"
	"taskwire/promises/fleet"
	"taskwire/store"
	"taskwire/store/storetest"
)

// While the database is away no replica can be heard, and after it each seems
// silent to whoever is back first. The answers that another one gives go on all
// the same, if it comes back while it is waited for.
func TestLivingAfterAnOutage(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.Config(t, storetest.Postgres), nil)
	other := s.proxies[0]
	answering := faultproxy.Start(t, hostOf(t, s.direct.URL)) // the way of the one that answers
	database := s.direct
	database.URL = replaceHost(t, database.URL, answering.Addr())
	a := s.Adapter(t, map[string]string{"DATABASE_URL": database.URL})
	a.Ready(t)

	goOn := make(chan struct{})
	s.Model.Queue(func(w *agenttest.Writer, _ agenttest.Request) {
		w.Begin()
		w.Delta("So far ")
		<-goOn
		w.Delta("so good.")
		w.Finish("stop")
	})
	begun, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		var failure string
		err := fleet.Stream(t.Context(), a.Base, s.token, fleet.NewThread("hello"), nil, func(e fleet.Event) {
			switch e.Type {
			case "thread.created":
				begun <- e.Thread.ID
			case "error":
				failure = string(e.Raw)
			}
		})
		if failure != "" {
			t.Errorf("the answer ends with %s", failure)
		}
		ended <- err
	}()
	thread := <-begun
	state := func() (state string) {
		t.Helper()
		err := s.admin.QueryRowContext(t.Context(), "SELECT state FROM chat_turns WHERE session_id = $1", thread).Scan(&state)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	away := faultproxy.Fault{Refuse: true}
	for _, p := range []*faultproxy.Proxy{other, answering} {
		p.Set(t, away)
		p.Reset()
	}
	time.Sleep(store.SilentAfter + time.Second) // the outage itself
	other.Heal(t)
	s.adapter.Ready(t)
	// It beats and looks for the dead every few seconds, and the one that answers
	// is not back yet.
	for until := time.Now().Add(6 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		if got := state(); got != "running" {
			t.Fatalf("the turn of a living replica is %s", got)
		}
	}
	answering.Heal(t)
	a.Ready(t)
	close(goOn)
	if err := <-ended; err != nil {
		t.Errorf("the answer: %v", err)
	}
	if got := state(); got != "done" {
		t.Errorf("the turn is %s, want done", got)
	}
}
