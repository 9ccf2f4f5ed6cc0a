package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/store"
	"taskwire/store/storetest"
)

// within runs fn and complains if it took longer.
func withinTime(t testing.TB, limit time.Duration, what string, fn func() error) error {
	t.Helper()
	start := time.Now()
	err := fn()
	if took := time.Since(start); took > limit {
		t.Errorf("%s took %v, want at most %v", what, took, limit)
	}
	return err
}

// TestDatabaseAway stops PostgreSQL, also with kill -9 under load: calls say
// unavailable within 5 s, succeed again within 5 s of its return, and what was
// acknowledged is there.
func TestDatabaseAway(t *testing.T) {
	cluster := storetest.StartCluster(t)
	cfg := cluster.Config(t, storetest.Postgres)
	st := storetest.OpenConfig(t, cfg)
	for name, down := range map[string]func(testing.TB){"stopped": cluster.Stop, "killed": cluster.Kill} {
		var mu sync.Mutex
		var acked []string
		stop := make(chan struct{})
		var load sync.WaitGroup
		for range 4 {
			load.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					task, err := st.Tasks().Create(ctx, alice, store.NewTask{Title: fmt.Sprint(i)}, store.Call{})
					if err == nil {
						mu.Lock()
						acked = append(acked, task.ID)
						mu.Unlock()
					} else if !errors.Is(err, store.ErrUnavailable) {
						t.Errorf("%s: %v, want unavailable", name, err)
						return
					}
				}
			})
		}
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			mu.Lock()
			n := len(acked)
			mu.Unlock()
			if n >= 50 || time.Now().After(deadline) {
				break
			}
		}
		down(t)
		close(stop)
		load.Wait()
		for what, call := range map[string]func() error{
			"get":  func() error { _, err := st.Tasks().Get(ctx, alice, "task_1"); return err },
			"ping": func() error { return st.Ping(ctx) },
			"open": func() error { _, err := store.Open(ctx, cfg, quiet); return err },
		} {
			if err := withinTime(t, 5*time.Second, what, call); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: %s = %v, want unavailable", name, what, err)
			}
		}
		cluster.Start(t)
		back := time.Now()
		for st.Ping(ctx) != nil {
			if time.Since(back) > 5*time.Second {
				t.Fatalf("%s: not back within 5 s", name)
			}
		}
		for _, id := range acked {
			if _, err := st.Tasks().Get(ctx, alice, id); err != nil {
				t.Errorf("%s: acknowledged, then %v", name, err)
			}
		}
		if len(acked) < 50 {
			t.Errorf("%s: only %d tasks were made", name, len(acked))
		}
	}
}

// lockTasks keeps everybody from the table until the returned func is called.
func lockTasks(t testing.TB, cfg store.Config) (release func()) {
	t.Helper()
	sql := "LOCK TABLE tasks"
	if cfg.Schema == "" {
		sql = "UPDATE tasks SET title = title"
	}
	tx, err := storetest.Behind(t, cfg).Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(sql); err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() { tx.Rollback() })
}

// TestLocksAndEmptyPool (attacks D07, D09): a held lock, and behind it a pool with
// nothing left, end as unavailable within 5 s, and no goroutine or connection is
// lost.
func TestLocksAndEmptyPool(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		if engine != storetest.SQLite {
			cfg.URL += "&pool_max_conns=2"
		}
		st := storetest.OpenConfig(t, cfg)
		made := create(t, st, alice, store.NewTask{Title: "one"})
		release := lockTasks(t, cfg)
		errs := atOnce(12, func(int) error {
			return withinTime(t, 5500*time.Millisecond, "toggle", func() error {
				_, err := st.Tasks().Toggle(ctx, alice, made.ID, nil, anyVersion, store.Call{})
				return err
			})
		})
		for _, err := range errs {
			if !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("toggle against a lock = %v, want unavailable", err)
			}
		}
		release()
		if _, err := st.Tasks().Toggle(ctx, alice, made.ID, nil, anyVersion, store.Call{}); err != nil {
			t.Errorf("toggle after the lock: %v", err)
		}
	})
}

// TestCancelStopsTheQuery: the caller is back at once, with its own error, and
// nothing goes on at the server.
func TestCancelStopsTheQuery(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		made := create(t, st, alice, store.NewTask{Title: "one"})
		release := lockTasks(t, cfg)
		defer release()
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		err := withinTime(t, 1500*time.Millisecond, "a cancelled toggle", func() error {
			_, err := st.Tasks().Toggle(short, alice, made.ID, nil, anyVersion, store.Call{Tool: "t", ID: "1"})
			return err
		})
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("toggle = %v, want the caller's deadline", err)
		}
		if engine != storetest.SQLite {
			var running int
			err := storetest.Behind(t, cfg).QueryRow(`SELECT count(*) FROM pg_stat_activity
				WHERE state = 'active' AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'`, cfg.Schema).Scan(&running)
			if err != nil || running != 0 {
				t.Errorf("%d statements still wait, %v", running, err)
			}
		}
		release()
		got, err := st.Tasks().Toggle(ctx, alice, made.ID, nil, anyVersion, store.Call{Tool: "t", ID: "1"})
		if err != nil || !got.Completed {
			t.Errorf("the same call afterwards = %v, %v", got, err)
		}
	})
}

// TestCancelStopsALongSearch: SQLite runs in our own process and has to be
// interrupted.
func TestCancelStopsALongSearch(t *testing.T) {
	cfg := storetest.Config(t, storetest.SQLite)
	st := storetest.OpenConfig(t, cfg)
	fill(t, cfg, alice, 50_000)
	f := store.Filter{Search: strings.Repeat("%a", 80)}
	start := time.Now()
	if _, err := st.Tasks().List(ctx, alice, f); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(start)
	short, cancel := context.WithTimeout(ctx, whole/10)
	defer cancel()
	err := withinTime(t, whole/2+50*time.Millisecond, "a cancelled search", func() error {
		_, err := st.Tasks().List(short, alice, f)
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("search = %v after %v of %v", err, whole/10, whole)
	}
}

// TestConnectionsCut: connections that the server ends cost at most an error
// that says so, never a second effect.
func TestConnectionsCut(t *testing.T) {
	for _, engine := range []storetest.Engine{storetest.Postgres, storetest.PgBouncer} {
		t.Run(string(engine), func(t *testing.T) {
			cfg := storetest.Config(t, engine)
			st := storetest.OpenConfig(t, cfg)
			admin := storetest.Behind(t, cfg)
			made := 0
			for i := range 20 {
				_, err := admin.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'plain' AND datname = 'taskwire'")
				if err != nil {
					t.Fatal(err)
				}
				_, err = st.Tasks().Create(ctx, alice, store.NewTask{Title: fmt.Sprint(i)}, store.Call{Tool: "t", ID: fmt.Sprint(i)})
				if err == nil {
					made++
				} else if !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("after the cut: %v", err)
				}
			}
			if n := storetest.Count(t, cfg, "tasks"); n < made || n > 20 {
				t.Errorf("%d tasks of %d acknowledged, 20 asked for", n, made)
			}
			if _, err := st.Tasks().List(ctx, alice, store.Filter{}); err != nil {
				t.Errorf("list afterwards: %v", err)
			}
		})
	}
}

func TestReadOnlyDatabase(t *testing.T) {
	cfg := storetest.Config(t, storetest.Postgres)
	storetest.OpenConfig(t, cfg)
	cfg.URL += "&default_transaction_read_only=on"
	st := storetest.OpenConfig(t, cfg)
	if _, err := st.Tasks().Create(ctx, alice, store.NewTask{Title: "one"}, store.Call{}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("create on a read-only database = %v", err)
	}
}

func TestClosedStore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st, err := store.Open(ctx, storetest.Config(t, engine), quiet)
		if err != nil {
			t.Fatal(err)
		}
		st.Close()
		if _, err := st.Tasks().List(ctx, alice, store.Filter{}); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("list after Close = %v", err)
		}
	})
}
