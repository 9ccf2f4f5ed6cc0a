package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"taskwire/store"
	"taskwire/store/storetest"
)

// Words that differ where databases do: letter case outside ASCII, sorting by
// language, wildcards, escapes.
var words = []string{
	"کام", "خریداری کریں", "İstanbul", "ISTANBUL", "istanbul", "ıstanbul", "Straße", "STRASSE", "straße", "Ω", "ω", "ΣΑΣ", "σας",
	"Éa", "e\u0301a", "éa", "👍🏽", "👨‍👩‍👧", "%", "_", `\`, `\%`, "'", `"`, "a_b", "a%b", "100%", "Zebra", "apple", "Äpfel", "zoo", "-", " ", "ﬃ", "\U0010ffff", "\u2028", "<&>",
}

var dues = []string{
	"", "", "2026-12-01", "2026-12-02", "2026-12-01T00:00:00Z", "2026-12-01T23:59:59.999999999Z", "2026-12-02T00:00:00+05:00",
	"2026-12-01T19:00:00Z", "2026-12-01T18:59:59.999999999Z", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59Z", "2026-03-29", "2026-03-29T01:30:00Z",
}

var zones = []string{"UTC", "Asia/Karachi", "America/New_York", "Europe/Berlin", "Pacific/Kiritimati"}

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func drawTask(rt *rapid.T) store.NewTask {
	text := func(label string, most int) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, most).Draw(rt, label), " ")
	}
	return store.NewTask{
		Title: text("title", 3), Description: text("description", 2),
		Priority: rapid.SampledFrom(store.Priorities()).Draw(rt, "priority"),
		Category: rapid.SampledFrom(store.Categories()).Draw(rt, "category"),
		Due:      must(store.ParseDue(rapid.SampledFrom(dues).Draw(rt, "due"))),
	}
}

func must(d store.Due, err error) store.Due {
	if err != nil {
		panic(err)
	}
	return d
}

func drawFilter(rt *rapid.T) store.Filter {
	maybe := func(label string) bool { return rapid.IntRange(0, 3).Draw(rt, label) == 0 }
	o := rapid.SampledFrom(orders()).Draw(rt, "order")
	f := store.Filter{SortBy: o.by, Ascending: o.ascending, Limit: rapid.IntRange(1, 7).Draw(rt, "limit")}
	f.Zone = zone(rt, rapid.SampledFrom(zones).Draw(rt, "zone"))
	if maybe("by status") {
		f.Completed = new(rapid.Bool().Draw(rt, "completed"))
	}
	if maybe("by priority") {
		f.Priority = rapid.SampledFrom(store.Priorities()).Draw(rt, "only")
	}
	if maybe("by category") {
		f.Category = rapid.SampledFrom(store.Categories()).Draw(rt, "only")
	}
	if maybe("by text") {
		f.Search = rapid.SampledFrom(words).Draw(rt, "search")
	}
	if maybe("by due") {
		f.After = must(store.ParseDue(rapid.SampledFrom(dues).Draw(rt, "after")))
		f.Before = must(store.ParseDue(rapid.SampledFrom(dues).Draw(rt, "before")))
	}
	return f
}

// model is the contract's list, said in Go once more and slowly.
func model(all []store.Task, f store.Filter) []store.Task {
	var out []store.Task
	for _, task := range all {
		if (f.Completed == nil || *f.Completed == task.Completed) && (f.Priority == "" || f.Priority == task.Priority) &&
			(f.Category == "" || f.Category == task.Category) && matches(task, f.Search) && within(task.Due, f) {
			out = append(out, task)
		}
	}
	slices.SortFunc(out, func(a, b store.Task) int {
		if f.SortBy == store.ByDue && a.Due.IsZero() != b.Due.IsZero() {
			if a.Due.IsZero() {
				return 1
			}
			return -1
		}
		order := cmp.Or(compare(a, b, f.SortBy), strings.Compare(a.ID, b.ID))
		if !f.Ascending {
			order = -order
		}
		return order
	})
	return out
}

func matches(task store.Task, search string) bool {
	search = store.Fold(search)
	return strings.Contains(store.Fold(task.Title), search) || strings.Contains(store.Fold(task.Description), search)
}

// span is when a due time begins and ends, in the filter's zone.
func span(d store.Due, f store.Filter) (from, until time.Time) {
	if !d.IsDay() {
		at, _ := time.Parse(time.RFC3339Nano, d.Text)
		return at, at
	}
	at, _ := time.Parse(time.DateOnly, d.Text)
	return store.StartOfDay(at, 0, f.Zone), store.StartOfDay(at, 1, f.Zone).Add(-1)
}

func within(d store.Due, f store.Filter) bool {
	if f.After.IsZero() && f.Before.IsZero() {
		return true
	}
	if d.IsZero() {
		return false
	}
	from, until := span(d, f)
	if !f.After.IsZero() {
		if start, _ := span(f.After, f); until.Before(start) {
			return false
		}
	}
	if !f.Before.IsZero() {
		if _, end := span(f.Before, f); from.After(end) {
			return false
		}
	}
	return true
}

func compare(a, b store.Task, by string) int {
	switch by {
	case store.ByUpdated:
		return a.UpdatedAt.Compare(b.UpdatedAt)
	case store.ByPriority:
		return cmp.Compare(slices.Index(store.Priorities(), a.Priority), slices.Index(store.Priorities(), b.Priority))
	case store.ByTitle:
		return strings.Compare(store.Fold(a.Title), store.Fold(b.Title))
	case store.ByDue:
		utc := store.Filter{Zone: time.UTC}
		from, _ := span(a.Due, utc)
		other, _ := span(b.Due, utc)
		return from.Compare(other)
	}
	return a.CreatedAt.Compare(b.CreatedAt)
}

// everyPage follows the cursors to the end.
func everyPage(t interface{ Fatal(...any) }, tasks *store.Tasks, user string, f store.Filter, between func()) []store.Task {
	var all []store.Task
	for {
		page, err := tasks.List(ctx, user, f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Tasks...)
		if page.Next == "" {
			return all
		}
		f.Cursor = page.Next
		between()
	}
}

// TestListsAreTheModels compares lists of random tasks on every engine with a
// model in plain Go, and so with each other.
func TestListsAreTheModels(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st := storetest.Open(t, engine)
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			user := fmt.Sprint("user ", round)
			var all []store.Task
			for range rapid.IntRange(0, 12).Draw(rt, "tasks") {
				task, err := st.Tasks().Create(ctx, user, drawTask(rt), store.Call{})
				if err == nil && rapid.Bool().Draw(rt, "done") {
					task, err = st.Tasks().Toggle(ctx, user, task.ID, nil, anyVersion, store.Call{})
				}
				if err != nil {
					rt.Fatal(err)
				}
				all = append(all, task)
			}
			for range 8 {
				f := drawFilter(rt)
				want, got := model(all, f), everyPage(rt, st.Tasks(), user, f, func() {})
				if diff := gocmp.Diff(want, got, sameTask); diff != "" {
					rt.Fatalf("%+v (-want +got):\n%s", f, diff)
				}
			}
		})
	})
}

// TestPagingKeepsWhatLives changes the list between any two pages: what is
// there, and keeps its place, all the time must come exactly once.
func TestPagingKeepsWhatLives(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st := storetest.Open(t, engine)
		tasks, round := st.Tasks(), 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			user := fmt.Sprint("user ", round)
			add := func() store.Task {
				task, err := tasks.Create(ctx, user, drawTask(rt), store.Call{})
				if err != nil {
					rt.Fatal(err)
				}
				return task
			}
			live, doomed := map[string]int{}, []string{}
			for i := range rapid.IntRange(2, 14).Draw(rt, "tasks") {
				task := add()
				if i%2 == 0 {
					live[task.ID] = 0
				} else {
					doomed = append(doomed, task.ID)
				}
			}
			o := rapid.SampledFrom(orders()).Draw(rt, "order")
			f := store.Filter{SortBy: o.by, Ascending: o.ascending, Limit: rapid.IntRange(1, 3).Draw(rt, "limit")}
			adds := 3
			got := everyPage(rt, tasks, user, f, func() {
				if adds--; adds >= 0 {
					add()
				}
				if n := len(doomed); n > 0 { // often the very row of the cursor
					if _, err := tasks.Delete(ctx, user, doomed[n-1], anyVersion, store.Call{}); err != nil {
						rt.Fatal(err)
					}
					doomed = doomed[:n-1]
				}
			})
			for _, task := range got {
				if _, ok := live[task.ID]; ok {
					live[task.ID]++
				}
			}
			for id, times := range live {
				if times != 1 {
					rt.Fatalf("%v: %s came %d times", o, id, times)
				}
			}
		})
	})
}

func TestCursorOfAnotherOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st := storetest.Open(t, engine)
		for range 3 {
			create(t, st, alice, store.NewTask{Title: "one"})
		}
		page, err := st.Tasks().List(ctx, alice, store.Filter{Limit: 1})
		if err != nil || page.Next == "" {
			t.Fatal(page, err)
		}
		for _, f := range []store.Filter{
			{Cursor: page.Next, Ascending: true}, {Cursor: page.Next, SortBy: store.ByTitle}, {Cursor: page.Next + "A"},
			{Cursor: page.Next + "="}, {Cursor: "x"}, {Cursor: strings.Repeat("A", 5000)}, {Cursor: "\x00"},
		} {
			if _, err := st.Tasks().List(ctx, alice, f); !errors.Is(err, store.ErrBadCursor) {
				t.Errorf("%+v = %v", f, err)
			}
		}
		if _, err := st.Tasks().List(ctx, alice, store.Filter{SortBy: "user_id"}); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("sorting by user_id = %v", err)
		}
	})
}

// TestLongestCursor: the longest title that folds to the most bytes, made of
// what JSON escapes, still pages.
func TestLongestCursor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		st := storetest.Open(t, engine)
		user := strings.Repeat("ü", 255)
		for _, char := range []string{"\u0390", "\u2028", "\x01", "\U0010ffff", "\u1fb7", "ﬃ"} {
			for range 2 {
				create(t, st, user, store.NewTask{Title: strings.Repeat(char, 255)})
			}
		}
		for _, ascending := range []bool{true, false} {
			got := everyPage(t, st.Tasks(), user, store.Filter{SortBy: store.ByTitle, Ascending: ascending, Limit: 1}, func() {})
			if len(got) != 12 {
				t.Errorf("ascending %v: paged through %d of 12", ascending, len(got))
			}
		}
	})
}
