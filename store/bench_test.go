package store_test

import (
	"fmt"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"taskwire/store"
	"taskwire/store/storetest"
)

// benchEach runs fn on SQLite and on a PostgreSQL that really syncs.
func benchEach(b *testing.B, fn func(b *testing.B, st *store.Store, cfg store.Config)) {
	cluster := storetest.StartCluster(b)
	for _, engine := range []storetest.Engine{storetest.SQLite, storetest.Postgres, storetest.Superuser} {
		cfg := store.Config{}
		if engine == storetest.SQLite {
			cfg = storetest.Config(b, engine)
		} else {
			cfg = cluster.Config(b, engine)
		}
		st := storetest.OpenConfig(b, cfg)
		b.Run(string(engine), func(b *testing.B) { fn(b, st, cfg) })
	}
}

// callers runs op from 1 and from 64 goroutines.
func callers(b *testing.B, op func(b *testing.B, i int) error) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			before := cpu()
			defer func() { b.ReportMetric(float64((cpu()-before).Nanoseconds())/float64(b.N), "cpu-ns/op") }()
			if n == 1 {
				for i := 0; b.Loop(); i++ {
					if err := op(b, i); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			b.SetParallelism(n / 2)
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					if err := op(b, i); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// cpu is what this process has used: unlike the time on the clock, it hardly
// depends on what else the machine does.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func BenchmarkGet(b *testing.B) {
	benchEach(b, func(b *testing.B, st *store.Store, cfg store.Config) {
		fill(b, cfg, alice, 1000)
		ids := make([]string, 1000)
		for i := range ids {
			ids[i] = fmt.Sprintf("task_fill%07d", i+1)
		}
		callers(b, func(b *testing.B, i int) error {
			_, err := st.Tasks().Get(b.Context(), alice, ids[i%1000])
			return err
		})
	})
}

func BenchmarkList20(b *testing.B) {
	benchEach(b, func(b *testing.B, st *store.Store, cfg store.Config) {
		fill(b, cfg, alice, 1000)
		callers(b, func(b *testing.B, _ int) error {
			_, err := st.Tasks().List(b.Context(), alice, store.Filter{})
			return err
		})
	})
}

func BenchmarkCreate(b *testing.B) {
	benchEach(b, func(b *testing.B, st *store.Store, cfg store.Config) {
		callers(b, func(b *testing.B, i int) error {
			_, err := st.Tasks().Create(b.Context(), alice, store.NewTask{Title: "task " + strconv.Itoa(i)}, store.Call{})
			return err
		})
	})
}

func BenchmarkToggle(b *testing.B) {
	benchEach(b, func(b *testing.B, st *store.Store, cfg store.Config) {
		fill(b, cfg, alice, 1000)
		callers(b, func(b *testing.B, i int) error {
			_, err := st.Tasks().Toggle(b.Context(), alice, fmt.Sprintf("task_fill%07d", i%1000+1), nil, anyVersion, store.Call{})
			return err
		})
	})
}

// BenchmarkPage compares page 1 with page 2,000 of 100,000 tasks: deep/first is
// to be at most 1.2.
func BenchmarkPage(b *testing.B) {
	benchEach(b, func(b *testing.B, st *store.Store, cfg store.Config) {
		fill(b, cfg, alice, 100_000)
		for _, o := range []order{{store.ByCreated, false}, {store.ByTitle, true}, {store.ByPriority, false}, {store.ByDue, true}} {
			first := store.Filter{SortBy: o.by, Ascending: o.ascending, Limit: 50}
			deep := first
			for range 1999 {
				page, err := st.Tasks().List(b.Context(), alice, deep)
				if err != nil {
					b.Fatal(err)
				}
				deep.Cursor = page.Next
			}
			b.Run(o.String(), func(b *testing.B) { ratio(b, st, first, deep) })
		}
	})
}

// ratio reads the two pages in turn, so that whatever else the machine does
// weighs on both, and compares the medians.
func ratio(b *testing.B, st *store.Store, first, deep store.Filter) {
	var took [2][]time.Duration
	for b.Loop() {
		for i, f := range []store.Filter{first, deep} {
			start := time.Now()
			if page, err := st.Tasks().List(b.Context(), alice, f); err != nil || len(page.Tasks) != 50 {
				b.Fatal(len(page.Tasks), err)
			}
			took[i] = append(took[i], time.Since(start))
		}
	}
	for i := range took {
		slices.Sort(took[i])
	}
	one, other := took[0][len(took[0])/2], took[1][len(took[1])/2]
	b.ReportMetric(float64(other)/float64(one), "deep/first")
	b.ReportMetric(float64(one.Microseconds()), "first-µs")
}

// BenchmarkOpen is the start of a program on a database that is up to date.
func BenchmarkOpen(b *testing.B) {
	benchEach(b, func(b *testing.B, _ *store.Store, cfg store.Config) {
		for b.Loop() {
			st, err := store.Open(b.Context(), cfg, quiet)
			if err != nil {
				b.Fatal(err)
			}
			st.Close()
		}
	})
}
