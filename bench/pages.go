package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"taskwire/store"
)

// Deep pages are measured at the store: through a tool the cost that all
// pages share would hide the difference.

const pageSize = 50

var orders = []string{store.ByCreated, store.ByUpdated, store.ByDue, store.ByPriority, store.ByTitle}

// depth is what one order costs: microseconds a page, by round.
type depth struct {
	engine, order string
	first, deep   []float64
}

// engines are both databases as the store opens them.
func (b *bench) engines() []engine {
	return []engine{{"SQLite", b.sqliteURL("pages")}, {"PostgreSQL", b.pg.url()}}
}

type engine struct{ name, url string }

// deepPages compares page 1 with the page at the far end, in every order.
func (b *bench) deepPages(ctx context.Context) ([]depth, error) {
	var all []depth
	for _, e := range b.engines() {
		found, err := b.deepPagesOf(ctx, e)
		if err != nil {
			return nil, fmt.Errorf("pages on %s: %w", e.name, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

func (b *bench) deepPagesOf(ctx context.Context, e engine) ([]depth, error) {
	st, err := store.Open(ctx, store.Config{URL: e.url}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer st.Close()
	tasks := st.Tasks()
	if err := fill(ctx, tasks, b.scale.deep); err != nil {
		return nil, err
	}
	if e.name == "PostgreSQL" {
		// What autovacuum does in time.
		if _, err := b.pg.psql(ctx, pgOwner, pgDatabase, "VACUUM ANALYZE tasks"); err != nil {
			return nil, err
		}
	}
	var all []depth
	for _, order := range orders {
		first := store.Filter{SortBy: order, Limit: pageSize}
		last, err := lastPage(ctx, tasks, first)
		if err != nil {
			return nil, err
		}
		d := depth{engine: e.name, order: order}
		for range b.scale.storeRounds {
			if err := d.round(ctx, tasks, first, last, b.scale.pages); err != nil {
				return nil, err
			}
		}
		all = append(all, d)
	}
	return all, nil
}

const pagesUser = "pages"

// fill makes n tasks of one user, with ties in some orders and none in others.
func fill(ctx context.Context, tasks *store.Tasks, n int) error {
	const workers = 8
	var running sync.WaitGroup
	errs := make(chan error, workers)
	for w := range workers {
		running.Go(func() {
			for i := w; i < n; i += workers {
				in := store.NewTask{
					Title:       fmt.Sprintf("Task %06d", i*7919%n),
					Description: "Two litres, the one with the blue lid.",
					Priority:    store.Priorities()[i%3], Category: store.Categories()[i%4],
				}
				if i%5 > 0 {
					in.Due, _ = store.ParseDue(fmt.Sprintf("2031-%02d-%02d", i%12+1, i%28+1))
				}
				if _, err := tasks.Create(ctx, pagesUser, in, store.Call{}); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	running.Wait()
	close(errs)
	return <-errs
}

// lastPage walks to the last full page and returns the filter that reads it.
func lastPage(ctx context.Context, tasks *store.Tasks, f store.Filter) (store.Filter, error) {
	for {
		page, err := tasks.List(ctx, pagesUser, f)
		if err != nil {
			return f, err
		}
		if page.Next == "" {
			if len(page.Tasks) != pageSize {
				return f, fmt.Errorf("the last page by %s holds %d tasks", f.SortBy, len(page.Tasks))
			}
			return f, nil
		}
		f.Cursor = page.Next
	}
}

// round reads both pages n times.
func (d *depth) round(ctx context.Context, tasks *store.Tasks, first, last store.Filter, n int) error {
	return d.take(n, func(deep bool) error {
		f := first
		if deep {
			f = last
		}
		_, err := tasks.List(ctx, pagesUser, f)
		return err
	})
}

// take reads both pages n times, in turn and a few at a time, so that what
// else the machine does falls on both.
func (d *depth) take(n int, read func(deep bool) error) error {
	const few = 5
	var times [2]time.Duration
	for range n / few {
		for i, deep := range []bool{false, true} {
			began := time.Now()
			for range few {
				if err := read(deep); err != nil {
					return err
				}
			}
			times[i] += time.Since(began)
		}
	}
	d.first = append(d.first, float64(times[0].Microseconds())/float64(n))
	d.deep = append(d.deep, float64(times[1].Microseconds())/float64(n))
	return nil
}
