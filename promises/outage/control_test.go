package outage

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"testing"

	"taskwire/promises/faultproxy"
	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// A program that waits for its database without a limit is caught: it is asked
// the same question, by the same clock, with the cable pulled.
func TestControlWithoutLimits(t *testing.T) {
	t.Parallel()
	database := storetest.Config(t, storetest.Postgres)
	s := &site{}
	db, err := sql.Open("pgx", s.through(t, database.URL))
	if err != nil {
		t.Fatal(err)
	}
	waiting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var one int
		if err := db.QueryRowContext(r.Context(), "SELECT 1").Scan(&one); err != nil {
			http.Error(w, "no", http.StatusInternalServerError)
		}
	}))
	ctx, cancel := context.WithTimeout(t.Context(), mostWait+mostWait/10)
	defer func() {
		cancel() // what still waits ends
		waiting.Close()
		db.Close()
	}()
	patient := door{name: "without limits", ask: func(ctx context.Context, _ *site) reply {
		return judgeHTTP(fleet.Do(ctx, http.MethodGet, waiting.URL, "", "", nil))
	}}
	if r := s.ask(ctx, patient); !r.works {
		t.Fatalf("without a fault: %s", r.fault)
	}
	s.set(t, faultproxy.Fault{Silent: true})
	r := s.ask(ctx, patient)
	s.set(t, faultproxy.Fault{})
	v := &verdict{fault: silent.name}
	v.judge(patient, silent, r)
	if len(v.broken) == 0 || v.wait <= mostWait {
		t.Errorf("a door that opens after %v passes for one that answers in time: %+v", r.took, r)
		return
	}
	tally.Caught(t, "P15", "without time limits")
}
