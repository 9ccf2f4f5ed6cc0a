package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"taskwire/store"
)

// The 14 methods of ChatKit's store are measured where the time goes: each is
// one method of store.Chats, which the adapter's bridge (store_bridge.go) calls
// with what it has encoded.

// A method is one of the 14.
type method struct {
	name string // of ChatKit's store
	ours string // of store.Chats
	do   func(ctx context.Context, i int) error
	p99  []float64 // ms, by round
}

// methodRun is the data of one database: a person with a thread that is very
// long, and with others that are short.
type methodRun struct {
	engine   string
	chats    *store.Chats
	deep     string   // the long thread
	items    []string // of it, oldest first
	others   []string // threads that stay
	victims  []string // threads that a round deletes
	added    []string // items that a round adds and deletes
	rounds   int
	mu       sync.Mutex
	methods  []*method
	depth    depth
	callers  int
	eachCall int
}

const (
	methodUser   = "methods"
	otherThreads = 1000
	itemPage     = 20
)

// chatMethods measures them on both databases.
func (b *bench) chatMethods(ctx context.Context) ([]*methodRun, error) {
	engines, err := b.chatEngines(ctx, "methods")
	if err != nil {
		return nil, err
	}
	var all []*methodRun
	for _, e := range engines {
		run, err := b.chatMethodsOf(ctx, e)
		if err != nil {
			return nil, fmt.Errorf("methods on %s: %w", e.name, err)
		}
		all = append(all, run)
	}
	return all, nil
}

func (b *bench) chatMethodsOf(ctx context.Context, e engine) (*methodRun, error) {
	st, err := store.Open(ctx, store.Config{URL: e.url}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer st.Close()
	run := &methodRun{engine: e.name, chats: st.Chats(store.Replica{}), callers: 16, eachCall: b.scale.methodCalls,
		depth: depth{engine: e.name, order: "items of a thread"}}
	if err := run.fill(ctx, b.scale.items); err != nil {
		return nil, err
	}
	if e.name == "PostgreSQL" {
		// What autovacuum does in time.
		if _, err := b.pg.psql(ctx, pgOwner, "methods", "VACUUM ANALYZE chat_messages, chat_sessions"); err != nil {
			return nil, err
		}
	}
	run.methods = run.all()
	for round := range b.scale.methodRounds + 1 {
		if err := errors.Join(run.round(ctx, round > 0), run.pages(ctx, b.scale.pages, round > 0)); err != nil {
			return nil, err
		}
	}
	return run, nil
}

// fill makes the threads, the long one by turns of many items each.
func (run *methodRun) fill(ctx context.Context, items int) error {
	const atOnce = 500
	run.deep = run.chats.NewSessionID()
	for done := 0; done < items; done += atOnce {
		start := store.TurnStart{SessionID: run.deep}
		if done == 0 {
			start = store.TurnStart{New: &store.Session{ID: run.deep, Title: "A long story"}}
		}
		turn, err := run.chats.BeginTurn(ctx, methodUser, start)
		if err != nil {
			return err
		}
		var all store.MessageChanges
		for range min(atOnce, items-done) {
			m := someItem(turn.NewID())
			run.items, all.Save = append(run.items, m.ID), append(all.Save, m)
		}
		if err := turn.End(ctx, store.Done, all); err != nil {
			return err
		}
	}
	for range otherThreads {
		id, err := run.thread(ctx)
		if err != nil {
			return err
		}
		run.others = append(run.others, id)
	}
	return nil
}

// thread makes a short thread.
func (run *methodRun) thread(ctx context.Context) (string, error) {
	id := run.chats.NewSessionID()
	err := run.chats.SaveSession(ctx, methodUser, store.Session{ID: id, Title: "A short story"})
	for range 2 {
		err = errors.Join(err, run.chats.AddMessage(ctx, methodUser, id, someItem(run.chats.NewMessageID())))
	}
	return id, err
}

// someItem is a message as the bridge stores it.
func someItem(id string) store.Message {
	const text = "Please tell me what I have to do today, in a few words, and what can wait until tomorrow."
	return store.Message{ID: id, SenderType: store.FromUser, Content: text, Item: json.RawMessage(`{"id":"` + id +
		`","type":"user_message","created_at":"2026-11-23T04:18:04.973234Z","content":[{"type":"input_text","text":"` + text +
		`"}],"attachments":[],"inference_options":{}}`)}
}

func someAttachment(id string) store.Attachment {
	return store.Attachment{ID: id, Name: "list.txt", MimeType: "text/plain", BlobKey: id,
		Item: json.RawMessage(`{"id":"` + id + `","type":"file","name":"list.txt","mime_type":"text/plain"}`)}
}

// all lists the methods in ChatKit's order. What a round adds it deletes, so
// that all rounds see as many rows.
func (run *methodRun) all() []*method {
	c, user := run.chats, methodUser
	any := func(ids []string, i int) string { return ids[i*7919%len(ids)] }
	file := func(i int) string { return fmt.Sprintf("atc_%03d_%06d", run.rounds, i) }
	return []*method{
		{name: "GenerateThreadID", ours: "NewSessionID", do: func(context.Context, int) error { c.NewSessionID(); return nil }},
		{name: "GenerateItemID", ours: "NewMessageID", do: func(context.Context, int) error { c.NewMessageID(); return nil }},
		{name: "LoadThread", ours: "Session", do: func(ctx context.Context, i int) error {
			return second(c.Session(ctx, user, any(run.others, i)))
		}},
		{name: "SaveThread", ours: "SaveSession", do: func(ctx context.Context, i int) error {
			return c.SaveSession(ctx, user, store.Session{ID: any(run.others, i), Title: "A short story"})
		}},
		{name: "LoadThreads", ours: "Sessions", do: func(ctx context.Context, i int) error {
			return second(c.Sessions(ctx, user, store.PageParams{Limit: itemPage, After: any(run.others, i)}))
		}},
		{name: "DeleteThread", ours: "DeleteSession", do: func(ctx context.Context, i int) error {
			return c.DeleteSession(ctx, user, run.victims[i])
		}},
		{name: "LoadThreadItems", ours: "Messages", do: func(ctx context.Context, i int) error {
			return second(c.Messages(ctx, user, run.deep, store.PageParams{Limit: itemPage, After: any(run.items, i)}))
		}},
		{name: "AddThreadItem", ours: "AddMessage", do: func(ctx context.Context, _ int) error {
			m := someItem(c.NewMessageID())
			run.mu.Lock()
			run.added = append(run.added, m.ID)
			run.mu.Unlock()
			return c.AddMessage(ctx, user, run.deep, m)
		}},
		{name: "SaveItem", ours: "SaveMessage", do: func(ctx context.Context, i int) error {
			return c.SaveMessage(ctx, user, run.deep, someItem(any(run.items, i)))
		}},
		{name: "LoadItem", ours: "Message", do: func(ctx context.Context, i int) error {
			return second(c.Message(ctx, user, run.deep, any(run.items, i)))
		}},
		{name: "DeleteThreadItem", ours: "DeleteMessage", do: func(ctx context.Context, i int) error {
			return c.DeleteMessage(ctx, user, run.deep, run.added[i])
		}},
		{name: "SaveAttachment", ours: "SaveAttachment", do: func(ctx context.Context, i int) error {
			return c.SaveAttachment(ctx, user, someAttachment(file(i)))
		}},
		{name: "LoadAttachment", ours: "Attachment", do: func(ctx context.Context, i int) error {
			return second(c.Attachment(ctx, user, file(i)))
		}},
		{name: "DeleteAttachment", ours: "DeleteAttachment", do: func(ctx context.Context, i int) error {
			return c.DeleteAttachment(ctx, user, file(i))
		}},
	}
}

func second[T any](_ T, err error) error { return err }

// round calls each method from all callers, and keeps the time that 99 of 100
// calls took at most. Calls are so many that what makes all callers wait once,
// as a collection of garbage does, is not yet one call in a hundred.
func (run *methodRun) round(ctx context.Context, counts bool) error {
	run.added = nil
	run.rounds++
	run.victims = make([]string, run.callers*run.eachCall)
	if _, err := run.call(ctx, &method{do: func(ctx context.Context, i int) (err error) {
		run.victims[i], err = run.thread(ctx)
		return err
	}}); err != nil {
		return err
	}
	for _, m := range run.methods {
		times, err := run.call(ctx, m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if counts {
			m.p99 = append(m.p99, quantile(times, 0.99))
		}
	}
	return nil
}

// call lets every caller make its calls and returns their times in ms, sorted.
func (run *methodRun) call(ctx context.Context, m *method) ([]float64, error) {
	times := make([]float64, run.callers*run.eachCall)
	errs := make([]error, run.callers)
	var running sync.WaitGroup
	for caller := range run.callers {
		running.Go(func() {
			for n := range run.eachCall {
				i := caller*run.eachCall + n
				began := time.Now()
				if errs[caller] = m.do(ctx, i); errs[caller] != nil {
					return
				}
				times[i] = micros(time.Since(began)) / 1000
			}
		})
	}
	running.Wait()
	slices.Sort(times)
	return times, errors.Join(errs...)
}

// pages compares the first page of the long thread with the last.
func (run *methodRun) pages(ctx context.Context, n int, counts bool) error {
	first := store.PageParams{Limit: itemPage}
	last := store.PageParams{Limit: itemPage, After: run.items[itemPage]}
	d := &run.depth
	err := d.take(n, func(deep bool) error {
		p := first
		if deep {
			p = last
		}
		page, err := run.chats.Messages(ctx, methodUser, run.deep, p)
		if err == nil && (len(page.Rows) != itemPage || page.More == deep) {
			err = fmt.Errorf("a page of %d items, more: %v", len(page.Rows), page.More)
		}
		return err
	})
	if !counts {
		d.first, d.deep = nil, nil
	}
	return err
}
