package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"taskwire/store"
	"taskwire/store/storetest"
)

const (
	alice = "alice"
	bob   = "bob"
)

var anyVersion time.Time

// ctx is for what runs outside of a single test.
var ctx = context.Background()

func due(t testing.TB, text string) store.Due {
	t.Helper()
	d, err := store.ParseDue(text)
	if err != nil {
		t.Fatalf("due date %q: %v", text, err)
	}
	return d
}

func create(t testing.TB, st *store.Store, user string, in store.NewTask) store.Task {
	t.Helper()
	task, err := st.Tasks().Create(t.Context(), user, in, store.Call{})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

var sameTask = cmpopts.IgnoreUnexported(store.Due{})

func TestCreateAndGet(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st := storetest.Open(t, engine)
		in := store.NewTask{
			Title: "خریداری کریں '; DROP TABLE tasks;-- $1 %s \\ {{7*7}} 👨‍👩‍👧 e\u0301", Description: "a\nb\t\u200f",
			Priority: store.High, Category: store.Home, Due: due(t, "2026-12-01T09:30:00.123456789+05:00"),
		}
		made := create(t, st, alice, in)
		got, err := st.Tasks().Get(t.Context(), alice, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := store.Task{
			ID: made.ID, Title: in.Title, Description: in.Description, Priority: store.High, Category: store.Home,
			Due: in.Due, CreatedAt: made.CreatedAt, UpdatedAt: made.CreatedAt,
		}
		if diff := cmp.Diff(want, got, sameTask); diff != "" {
			t.Errorf("Get after Create (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(made, got, sameTask); diff != "" {
			t.Errorf("Get differs from what Create gave (-create +get):\n%s", diff)
		}
		if age := time.Since(made.CreatedAt); age < 0 || age > time.Minute {
			t.Errorf("created %v ago", age)
		}
		plain := create(t, st, alice, store.NewTask{Title: "plain"})
		if plain.Priority != store.Medium || plain.Category != store.Other || !plain.Due.IsZero() || plain.ID <= made.ID {
			t.Errorf("defaults: %+v after %s", plain, made.ID)
		}
	})
}

// TestOfAnotherUser runs every method on Alice's task as Bob, expecting exactly
// what an id that never was gives, and Alice's rows untouched.
func TestOfAnotherUser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		tasks := st.Tasks()
		call := store.Call{Tool: "toggle_complete", ID: "call-1", Args: []byte("{}")}
		mine, err := tasks.Create(t.Context(), alice, store.NewTask{Title: "secret"}, call)
		if err != nil {
			t.Fatal(err)
		}
		before := storetest.Hash(t, cfg)
		const never = "task_00000000000never0000000000000"
		title, ctx := "mine now", t.Context()
		methods := map[string]func(id string) error{
			"get": func(id string) error { _, err := tasks.Get(ctx, bob, id); return err },
			"update": func(id string) error {
				_, err := tasks.Update(ctx, bob, id, store.Changes{Title: &title}, anyVersion, store.Call{})
				return err
			},
			"update if unchanged": func(id string) error {
				_, err := tasks.Update(ctx, bob, id, store.Changes{Title: &title}, mine.UpdatedAt, store.Call{})
				return err
			},
			"toggle": func(id string) error {
				_, err := tasks.Toggle(ctx, bob, id, nil, anyVersion, store.Call{})
				return err
			},
			"toggle with alice's call id": func(id string) error {
				_, err := tasks.Toggle(ctx, bob, id, nil, anyVersion, call)
				return err
			},
			"delete": func(id string) error {
				_, err := tasks.Delete(ctx, bob, id, anyVersion, store.Call{})
				return err
			},
			"delete if unchanged since another time": func(id string) error {
				_, err := tasks.Delete(ctx, bob, id, mine.UpdatedAt.Add(time.Hour), store.Call{})
				return err
			},
		}
		for name, method := range methods {
			theirs, missing := method(mine.ID), method(never)
			if !errors.Is(theirs, store.ErrNotFound) || !errors.Is(missing, store.ErrNotFound) {
				t.Errorf("%s: alice's = %v, missing = %v, want both not found", name, theirs, missing)
			}
		}
		if page, err := tasks.List(ctx, bob, store.Filter{}); err != nil || len(page.Tasks) != 0 {
			t.Errorf("bob lists %v, %v", page, err)
		}
		if stats, err := tasks.Stats(ctx, bob, time.Now(), time.UTC); err != nil || stats.Total != 0 {
			t.Errorf("bob counts %v, %v", stats, err)
		}
		if ids, err := tasks.IDsWithPrefix(ctx, bob, "task_", 10); err != nil || len(ids) != 0 {
			t.Errorf("bob completes %v, %v", ids, err)
		}
		if after := storetest.Hash(t, cfg); after != before {
			t.Error("bob changed something")
		}
	})
}

func TestUpdate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st := storetest.Open(t, engine)
		tasks := st.Tasks()
		made := create(t, st, alice, store.NewTask{Title: "one", Description: "d", Due: due(t, "2026-12-01")})
		title, empty, high, work := "two", "", store.High, store.Work
		got, err := tasks.Update(t.Context(), alice, made.ID, store.Changes{Title: &title, Priority: &high}, anyVersion, store.Call{})
		if err != nil {
			t.Fatal(err)
		}
		want := made
		want.Title, want.Priority, want.UpdatedAt = "two", store.High, got.UpdatedAt
		if diff := cmp.Diff(want, got, sameTask); diff != "" {
			t.Errorf("Update (-want +got):\n%s", diff)
		}
		if !got.UpdatedAt.After(made.UpdatedAt) {
			t.Error("updated_at did not move")
		}
		_, err = tasks.Update(t.Context(), alice, made.ID, store.Changes{Category: &work}, made.UpdatedAt, store.Call{})
		if !errors.Is(err, store.ErrStale) {
			t.Errorf("update of a stale version = %v", err)
		}
		cleared, err := tasks.Update(t.Context(), alice, made.ID,
			store.Changes{Description: &empty, Due: &store.Due{}, Category: &work}, got.UpdatedAt, store.Call{})
		if err != nil || cleared.Description != "" || !cleared.Due.IsZero() || cleared.Category != store.Work || cleared.Title != "two" {
			t.Errorf("clearing gave %+v, %v", cleared, err)
		}
	})
}

func TestToggle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st := storetest.Open(t, engine)
		made := create(t, st, alice, store.NewTask{Title: "one"})
		yes, no := true, false
		last := made
		for i, step := range []struct {
			set  *bool
			want bool
		}{{nil, true}, {nil, false}, {&yes, true}, {&yes, true}, {&no, false}} {
			got, err := st.Tasks().Toggle(t.Context(), alice, made.ID, step.set, last.UpdatedAt, store.Call{})
			if err != nil || got.Completed != step.want || !got.UpdatedAt.After(last.UpdatedAt) {
				t.Fatalf("step %d: %+v, %v", i, got, err)
			}
			last = got
		}
		if _, err := st.Tasks().Toggle(t.Context(), alice, made.ID, nil, made.UpdatedAt, store.Call{}); !errors.Is(err, store.ErrStale) {
			t.Errorf("toggle of a stale version = %v", err)
		}
	})
}

func TestDelete(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st := storetest.Open(t, engine)
		made := create(t, st, alice, store.NewTask{Title: "one"})
		if _, err := st.Tasks().Delete(t.Context(), alice, made.ID, made.UpdatedAt.Add(time.Microsecond), store.Call{}); !errors.Is(err, store.ErrStale) {
			t.Errorf("delete of a stale version = %v", err)
		}
		got, err := st.Tasks().Delete(t.Context(), alice, made.ID, made.UpdatedAt, store.Call{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(made, got, sameTask); diff != "" {
			t.Errorf("Delete (-want +got):\n%s", diff)
		}
		if _, err := st.Tasks().Delete(t.Context(), alice, made.ID, anyVersion, store.Call{}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("second delete = %v", err)
		}
	})
}

func TestStats(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st := storetest.Open(t, engine)
		karachi := time.FixedZone("PKT", 5*3600)
		now := time.Date(2026, 12, 1, 20, 0, 0, 0, time.UTC) // 01:00 on the 2nd in Karachi
		for _, text := range []string{"2026-12-01", "2026-12-02", "2026-12-01T19:59:59.999999999Z", "2026-12-01T20:00:00Z", ""} {
			create(t, st, alice, store.NewTask{Title: "due " + text, Due: due(t, text), Category: store.Work})
		}
		done := create(t, st, alice, store.NewTask{Title: "done", Due: due(t, "2020-01-01"), Priority: store.High})
		if _, err := st.Tasks().Toggle(t.Context(), alice, done.ID, nil, anyVersion, store.Call{}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			zone    *time.Location
			overdue int
		}{{time.UTC, 1}, {karachi, 2}} {
			got, err := st.Tasks().Stats(t.Context(), alice, now, c.zone)
			want := store.Stats{
				Total: 6, Pending: 5, Completed: 1, Overdue: c.overdue,
				ByPriority: map[store.Priority]int{store.Low: 0, store.Medium: 5, store.High: 1},
				ByCategory: map[store.Category]int{store.Work: 5, store.Personal: 0, store.Home: 0, store.Other: 1},
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("Stats in %v (-want +got): %v\n%s", c.zone, err, diff)
			}
		}
	})
}

func TestIDsWithPrefix(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st := storetest.Open(t, engine)
		a := create(t, st, alice, store.NewTask{Title: "Straße 100%"})
		b := create(t, st, alice, store.NewTask{Title: "other"})
		for prefix, want := range map[string][]string{
			"task_":     {b.ID, a.ID},
			"STRASSE 1": {a.ID},
			"%":         {},
			"ask_":      {},
			"TASK_":     {}, // an id is what it is, letter for letter
			"tAsk_":     {},
			"":          {b.ID, a.ID},
			a.ID:        {a.ID},
		} {
			got, err := st.Tasks().IDsWithPrefix(t.Context(), alice, prefix, 10)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("prefix %q (-want +got): %v\n%s", prefix, err, diff)
			}
		}
	})
}

func TestWhatNoDatabaseHolds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		tasks, ctx := st.Tasks(), t.Context()
		made := create(t, st, alice, store.NewTask{Title: "one"})
		before := storetest.Hash(t, cfg)
		for _, bad := range []string{"a\x00b", "\xff", "\xed\xa0\x80"} {
			_, createErr := tasks.Create(ctx, alice, store.NewTask{Title: bad}, store.Call{})
			_, updateErr := tasks.Update(ctx, alice, made.ID, store.Changes{Description: &bad}, anyVersion, store.Call{})
			_, getErr := tasks.Get(ctx, alice, bad)
			_, searchErr := tasks.List(ctx, alice, store.Filter{Search: bad})
			_, prefixErr := tasks.IDsWithPrefix(ctx, alice, bad, 1)
			_, userErr := tasks.Get(ctx, bad, made.ID)
			_, callErr := tasks.Toggle(ctx, alice, made.ID, nil, anyVersion, store.Call{Tool: "t", ID: bad})
			for i, err := range []error{createErr, updateErr, getErr, searchErr, prefixErr, userErr, callErr} {
				if !errors.Is(err, store.ErrInvalid) {
					t.Errorf("%q, method %d: %v, want invalid", bad, i, err)
				}
			}
		}
		if _, err := tasks.Get(ctx, "", made.ID); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("empty user = %v", err)
		}
		if after := storetest.Hash(t, cfg); after != before {
			t.Error("something changed")
		}
	})
}
