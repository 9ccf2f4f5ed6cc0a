package outage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/promises/faultproxy"
	"taskwire/store/storetest"
)

// A fault is something that happens to the database, or to the way there.
type fault struct {
	name  string
	begin func(t testing.TB, s *site)
	end   func(t testing.TB, s *site)
	// must tells whether a door has to refuse meanwhile. Where it need not, it may
	// serve.
	must func(d door) bool
	// only, where set, tells which doors are asked.
	only func(d door) bool
	most time.Duration // for an answer; 0: mostWait
}

func all(door) bool      { return true }
func none(door) bool     { return false }
func writes(d door) bool { return !d.reads }
func asks(d door) bool   { return !d.ready }

// network is a fault of the way there.
func network(name string, f faultproxy.Fault, must func(door) bool) fault {
	return fault{
		name: name, must: must,
		begin: func(t testing.TB, s *site) {
			s.set(t, f)
			if f.Refuse {
				s.reset()
			}
		},
		end: func(t testing.TB, s *site) { s.set(t, faultproxy.Fault{}) },
	}
}

func (s *site) reset() {
	for _, p := range s.proxies {
		p.Reset()
	}
}

var (
	refused = network("connection refused", faultproxy.Fault{Refuse: true}, all)
	silent  = network("cable pulled", faultproxy.Fault{Silent: true}, all)
	delayed = network("everything a minute late", faultproxy.Fault{Delay: time.Minute}, all)
	slow    = network("50 bytes a second", faultproxy.Fault{Rate: 50}, writes)
	lame    = network("300 bytes a second", faultproxy.Fault{Rate: 300}, none)
)

// again does something every so often until the result is called.
func again(pause time.Duration, do func()) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			do()
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
	})
	return func() { cancel(); running.Wait() }
}

// cut breaks the connections off again and again.
func cut(name string, how func(*faultproxy.Proxy)) fault {
	var stop func()
	return fault{
		name: name, must: none,
		begin: func(_ testing.TB, s *site) {
			stop = again(5*time.Millisecond, func() {
				for _, p := range s.proxies {
					how(p)
				}
			})
		},
		end: func(testing.TB, *site) { stop() },
	}
}

// forgotten loses the connections that are open, as a router does that was
// started anew. Nothing is wrong with new ones, so that nothing has to be
// refused once the old ones are found out.
var forgotten = fault{
	name: "connections forgotten", must: none,
	begin: func(t testing.TB, s *site) {
		for _, p := range s.proxies {
			p.Forget(t)
		}
	},
	end: func(testing.TB, *site) {},
}

// locked is what a migration by hand does, or a report that takes its time.
func locked() fault {
	var tx *sql.Tx
	return fault{
		name: "tables locked", must: asks,
		begin: func(t testing.TB, s *site) {
			tx = s.lock(t, storetest.Tables()...)
		},
		end: func(t testing.TB, s *site) {
			if err := tx.Rollback(); err != nil {
				t.Error(err)
			}
		},
	}
}

func (s *site) lock(t testing.TB, tables ...string) *sql.Tx {
	t.Helper()
	tx, err := s.admin.BeginTx(context.Background(), nil)
	if err == nil {
		_, err = tx.Exec("LOCK TABLE " + strings.Join(tables, ", "))
	}
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// held keeps all connections of both pools busy: more requests than these have
// come again and again, and each waits for a lock. What the doors ask for is not
// locked, they only find no connection.
func held() fault {
	var tx *sql.Tx
	var stops []func()
	return fault{
		name: "pool empty", must: none, most: 2500 * time.Millisecond, // to wait for a connection, and to say so
		// What comes with a key looks for an earlier answer too, and waits twice.
		only: func(d door) bool { return !d.locks && !strings.Contains(d.name, "with a key") },
		begin: func(t testing.TB, s *site) {
			tx = s.lock(t, "chat_attachments", "tool_calls")
			for i := range 8 {
				other := *s // one user may not have all calls
				other.user = fmt.Sprintf("other %d", i)
				other.token, other.mcp = s.Token(t, other.user), s.ToolToken(t, other.user)
				stops = append(stops,
					again(0, func() { doorNamed("ChatKit, announced file").ask(context.Background(), &other) }),
					again(0, func() { doorNamed("tool, create_task with a call id").ask(context.Background(), &other) }))
			}
			time.Sleep(time.Second) // until all of them wait
		},
		end: func(t testing.TB, _ *site) {
			if err := tx.Rollback(); err != nil {
				t.Error(err)
			}
			for _, stop := range stops {
				stop()
			}
		},
	}
}

func doorNamed(name string) door {
	for _, d := range doors {
		if d.name == name {
			return d
		}
	}
	panic("no door " + name)
}

var stopped = fault{
	name: "server stopped", must: all,
	begin: func(t testing.TB, s *site) { s.cluster.Stop(t) },
	end:   func(t testing.TB, s *site) { s.cluster.Start(t) },
}

var killed = fault{
	name: "server killed", must: all,
	begin: func(t testing.TB, s *site) { s.cluster.Kill(t) },
	end:   func(t testing.TB, s *site) { s.cluster.Start(t) },
}

var poolerStopped = fault{
	name: "PgBouncer stopped", must: all,
	begin: func(t testing.TB, s *site) { s.cluster.StopPooler(t) },
	end:   func(t testing.TB, s *site) { s.cluster.StartPooler(t) },
}

func (s *site) exec(t testing.TB, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := s.admin.Exec(sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// readOnly is a standby, or an operator's brake.
var readOnly = fault{
	name: "read-only", must: writes,
	begin: func(t testing.TB, s *site) {
		s.exec(t, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
		s.await(t, "the database to be read-only", func() bool {
			var on string
			err := s.admin.QueryRow("SHOW default_transaction_read_only").Scan(&on)
			return err == nil && on == "on"
		})
	},
	end: func(t testing.TB, s *site) {
		conn, err := s.admin.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, sql := range []string{
			"SET default_transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only",
			"SELECT pg_reload_conf()", "RESET default_transaction_read_only",
		} {
			if _, err := conn.ExecContext(context.Background(), sql); err != nil {
				t.Errorf("%s: %v", sql, err)
			}
		}
	},
}

func (s *site) await(t testing.TB, what string, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ready(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// crowded is a server whose connections others have taken.
func crowded() fault {
	var others *sql.DB
	var taken []*sql.Conn
	return fault{
		name: "max_connections taken", must: all,
		begin: func(t testing.TB, s *site) {
			var err error
			if others, err = sql.Open("pgx", s.direct.URL); err != nil {
				t.Fatal(err)
			}
			end := "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'taskwire'"
			s.await(t, "all connections to be taken", func() bool {
				s.exec(t, end)
				for {
					ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
					conn, err := others.Conn(ctx)
					cancel()
					if err != nil {
						break
					}
					taken = append(taken, conn)
				}
				var left int
				err := s.admin.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'taskwire'").Scan(&left)
				return err == nil && left == 0
			})
		},
		end: func(testing.TB, *site) {
			for _, conn := range taken {
				conn.Close()
			}
			others.Close()
		},
	}
}
