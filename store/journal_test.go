package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"taskwire/store"
	"taskwire/store/storetest"
)

func TestSameCallSameResult(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		tasks, ctx := st.Tasks(), t.Context()
		args := []byte(`{"title":"one"}`)
		call := store.Call{Tool: "create_task", ID: "1", Key: "k", Args: args}
		first, err := tasks.Create(ctx, alice, store.NewTask{Title: "one", Due: due(t, "2026-12-01")}, call)
		if err != nil {
			t.Fatal(err)
		}
		for name, again := range map[string]store.Call{
			"the same call":           call,
			"the id alone":            {Tool: call.Tool, ID: "1", Args: args},
			"the key alone":           {Tool: call.Tool, Key: "k", Args: args},
			"the key under a new id":  {Tool: call.Tool, ID: "2", Key: "k", Args: args},
			"the id with another key": {Tool: call.Tool, ID: "1", Key: "other", Args: args},
		} {
			got, err := tasks.Create(ctx, alice, store.NewTask{Title: "one"}, again)
			if diff := cmp.Diff(first, got, sameTask); diff != "" || err != nil {
				t.Errorf("%s (-first +again): %v\n%s", name, err, diff)
			}
		}
		got, err := tasks.Create(ctx, alice, store.NewTask{Title: "one"}, store.Call{Tool: call.Tool, ID: "2", Args: args})
		if err != nil || got.ID != first.ID {
			t.Errorf("the id that came with the known key = %v, %v", got.ID, err)
		}
		for name, other := range map[string]store.Call{
			"the id":  {Tool: call.Tool, ID: "1", Args: []byte("other")},
			"the key": {Tool: call.Tool, Key: "k", Args: []byte("other")},
			"the key under a fresh id, which stays free": {Tool: call.Tool, ID: "fresh", Key: "k", Args: []byte("other")},
		} {
			if _, err := tasks.Create(ctx, alice, store.NewTask{Title: "one"}, other); !errors.Is(err, store.ErrCallReused) {
				t.Errorf("%s with other arguments = %v", name, err)
			}
		}
		if n := storetest.Count(t, cfg, "tasks"); n != 1 {
			t.Errorf("%d tasks after one effect", n)
		}
		for name, own := range map[string]func() (store.Task, error){
			"another user": func() (store.Task, error) {
				return tasks.Create(ctx, bob, store.NewTask{Title: "one"}, call)
			},
			"another tool": func() (store.Task, error) {
				return tasks.Create(ctx, alice, store.NewTask{Title: "one"}, store.Call{Tool: "t", ID: "1", Args: args})
			},
			"a fresh id": func() (store.Task, error) {
				return tasks.Create(ctx, alice, store.NewTask{Title: "one"}, store.Call{Tool: call.Tool, ID: "fresh", Args: args})
			},
		} {
			if got, err := own(); err != nil || got.ID == first.ID {
				t.Errorf("%s: %v, %v, want an effect of its own", name, got.ID, err)
			}
		}
	})
}

func TestDeleteTwiceByOneCall(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st := storetest.Open(t, engine)
		made := create(t, st, alice, store.NewTask{Title: "one"})
		call := store.Call{Tool: "delete_task", ID: "1"}
		for range 2 {
			got, err := st.Tasks().Delete(t.Context(), alice, made.ID, anyVersion, call)
			if diff := cmp.Diff(made, got, sameTask); diff != "" || err != nil {
				t.Errorf("Delete (-want +got): %v\n%s", err, diff)
			}
		}
	})
}

func TestFailureLeavesNoClaim(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		before := storetest.Hash(t, cfg)
		call := store.Call{Tool: "toggle_complete", ID: "1", Key: "k"}
		for range 2 {
			if _, err := st.Tasks().Toggle(t.Context(), alice, "task_none", nil, anyVersion, call); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("toggle of nothing = %v", err)
			}
		}
		if after := storetest.Hash(t, cfg); after != before {
			t.Error("a failed call left something behind")
		}
	})
}

// barrier lets a claim find its key taken a number of times, by a row that is
// gone when it is read.
type barrier struct {
	store.DBTX
	left *int
}

func (b barrier) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if m := queryName.FindStringSubmatch(sql); m != nil && m[1] == "ClaimCall" && *b.left > 0 {
		*b.left--
		return noRow{}
	}
	return b.DBTX.QueryRow(ctx, sql, args...)
}

type noRow struct{}

func (noRow) Scan(...any) error { return pgx.ErrNoRows }

// TestClaimMeetsARowThatGoes: that is no reason to say that there is no such
// task.
func TestClaimMeetsARowThatGoes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		made := create(t, st, alice, store.NewTask{Title: "one"})
		left := 1
		st.Wrap(func(c store.DBTX) store.DBTX { return barrier{c, &left} })
		call := store.Call{Tool: "toggle_complete", ID: "1", Key: "k"}
		for range 2 { // the second finds the first in the journal
			got, err := st.Tasks().Toggle(t.Context(), alice, made.ID, nil, anyVersion, call)
			if err != nil || !got.Completed {
				t.Errorf("toggle = %+v, %v, want completed", got, err)
			}
		}
		before := storetest.Hash(t, cfg)
		left = 1_000_000
		call.ID, call.Key = "2", ""
		_, err := st.Tasks().Toggle(t.Context(), alice, made.ID, nil, anyVersion, call)
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrNotFound) {
			t.Errorf("toggle by a call that is never free = %v, want unavailable", err)
		}
		if after := storetest.Hash(t, cfg); after != before {
			t.Error("a failed call left something behind")
		}
	})
}

// atOnce runs fn n times at the same time and returns what failed.
func atOnce(n int, fn func(i int) error) []error {
	var group sync.WaitGroup
	errs := make([]error, n)
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	group.Wait()
	return errs
}

func TestOneCallOfFifty(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		replicas := []*store.Store{storetest.OpenConfig(t, cfg), storetest.OpenConfig(t, cfg)}
		made := create(t, replicas[0], alice, store.NewTask{Title: "one"})
		for round := range 4 {
			call := store.Call{Tool: "toggle_complete", ID: fmt.Sprint(round), Key: fmt.Sprint("k", round)}
			results := make([]store.Task, 50)
			errs := atOnce(50, func(i int) (err error) {
				results[i], err = replicas[i%2].Tasks().Toggle(t.Context(), alice, made.ID, nil, anyVersion, call)
				return err
			})
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			for _, got := range results {
				if got.Completed != (round%2 == 0) || !got.UpdatedAt.Equal(results[0].UpdatedAt) {
					t.Fatalf("round %d: completed = %v at %v", round, got.Completed, got.UpdatedAt)
				}
			}
		}
	})
}

// TestTogglesAreNotLost: an odd number of flips from 16 callers of two
// replicas, one with a clock an hour ahead, leaves the task flipped, and every
// flip has its own time.
func TestTogglesAreNotLost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		replicas := []*store.Store{storetest.OpenConfig(t, cfg), storetest.OpenConfig(t, cfg)}
		replicas[1].AheadBy(time.Hour)
		made := create(t, replicas[0], alice, store.NewTask{Title: "one"})
		var mu sync.Mutex
		seen := map[time.Time]bool{}
		trues := 0
		const callers, each = 16, 15
		errs := atOnce(callers, func(i int) error {
			for range each {
				got, err := replicas[i%2].Tasks().Toggle(t.Context(), alice, made.ID, nil, anyVersion, store.Call{})
				if err != nil {
					return err
				}
				mu.Lock()
				seen[got.UpdatedAt] = true
				if got.Completed {
					trues++
				}
				mu.Unlock()
			}
			return nil
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if len(seen) != callers*each || trues != callers*each/2 {
			t.Errorf("%d times and %d times true of %d flips", len(seen), trues, callers*each)
		}
	})
}

func TestSweep(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		call := store.Call{Tool: "create_task", ID: "1"}
		for _, user := range []string{alice, bob} {
			for _, id := range []string{"old", "young"} {
				call.ID = id
				if _, err := st.Tasks().Create(t.Context(), user, store.NewTask{Title: id}, call); err != nil {
					t.Fatal(err)
				}
			}
		}
		age(t, cfg, "id:old")
		if removed, err := st.Sweep(t.Context()); removed != 2 || err != nil {
			t.Errorf("Sweep = %d, %v, want 2", removed, err)
		}
		if n := storetest.Count(t, cfg, "tool_calls"); n != 2 {
			t.Errorf("%d calls are left, want 2", n)
		}
		// What is over but not swept yet is forgotten all the same.
		age(t, cfg, "id:young")
		call.ID, call.Args = "young", []byte("other")
		if _, err := st.Tasks().Create(t.Context(), alice, store.NewTask{Title: "again"}, call); err != nil {
			t.Errorf("an id after a day = %v", err)
		}
	})
}

// age makes calls a day and a minute old.
func age(t testing.TB, cfg store.Config, key string) {
	t.Helper()
	at := time.Now().Add(-store.CallLifetime - time.Minute)
	var value any = at
	if cfg.Schema == "" {
		value = at.UnixMicro()
	}
	if _, err := storetest.Behind(t, cfg).Exec("UPDATE tool_calls SET created_at = $1 WHERE call_key = $2", value, key); err != nil {
		t.Fatal(err)
	}
}
