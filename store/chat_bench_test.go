package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"taskwire/store"
	"taskwire/store/storetest"
)

// BenchmarkTurn is a whole durable turn on a session that is there: begin, one
// message, end.
func BenchmarkTurn(b *testing.B) {
	benchEach(b, func(b *testing.B, st *store.Store, _ store.Config) {
		c := chats(st)
		ids := make(chan string, 1000)
		for range cap(ids) {
			ids <- saveSession(b, c, alice)
		}
		callers(b, func(*testing.B, int) error {
			id := <-ids
			defer func() { ids <- id }()
			turn, err := c.BeginTurn(ctx, alice, store.TurnStart{SessionID: id, Message: say("add a task to buy milk")})
			if err != nil {
				return err
			}
			if err := turn.AddMessage(ctx, message(turn.NewID(), store.FromAssistant, "I have added the task to buy milk.")); err != nil {
				return err
			}
			return turn.End(ctx, store.Done, store.MessageChanges{})
		})
	})
}

// fillChats gives a user one session of n messages, past the store for speed.
func fillChats(t testing.TB, cfg store.Config, user, session string, n int) {
	t.Helper()
	series, pad := fmt.Sprintf("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d)", n), "substr('0000000' || i, -7)"
	hidden, now, text := "i % 10 = 0", "1700000000000000", ""
	if cfg.Schema != "" {
		series, pad = fmt.Sprintf("WITH s AS (SELECT i FROM generate_series(1, %d) AS i)", n), "lpad(i::text, 7, '0')"
		now, text = "now()", "::json"
	}
	for _, sql := range []string{
		fmt.Sprintf(`INSERT INTO chat_sessions (user_id, session_id) VALUES ('%s', '%s')`, user, session),
		fmt.Sprintf(`INSERT INTO chat_messages (user_id, session_id, message_id, sender_type, "timestamp", hidden, item, content, content_fold)
			%s SELECT '%s', '%s', 'msg_' || %s, 'user', %s, %s, '{"text":"some text of a message, as long as they often are"}'%s, 'text ' || i, 'text ' || i FROM s`,
			series, user, session, pad, now, hidden, text),
		fmt.Sprintf(`INSERT INTO chat_sessions (user_id, session_id) %s SELECT '%s', 'thr_' || %s FROM s WHERE i <= 10000`, series, user, pad),
	} {
		if _, err := storetest.Behind(t, cfg).Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
}

// chatMethods are the 14 of ChatKit's store, but the two that mint ids, each on
// rows that are there.
func chatMethods(c *store.Chats) map[string]func(i int) error {
	msg := func(i int) string { return fmt.Sprintf("msg_%07d", 1+i%60_000) }
	deep, page := store.PageParams{After: "msg_0050000"}, store.PageParams{}
	var last atomic.Int64
	return map[string]func(i int) error{
		"LoadThread": func(int) error { return second(c.Session(ctx, alice, "thr_big")) },
		"SaveThread": func(i int) error {
			return c.SaveSession(ctx, alice, store.Session{ID: fmt.Sprintf("thr_%07d", 1+i%10_000)})
		},
		"LoadThreads":          func(int) error { return second(c.Sessions(ctx, alice, page)) },
		"LoadThreads deep":     func(int) error { return second(c.Sessions(ctx, alice, store.PageParams{After: "thr_0005000"})) },
		"DeleteThread":         func(i int) error { return c.DeleteSession(ctx, alice, "thr_"+strconv.Itoa(i)) },
		"LoadThreadItems":      func(int) error { return second(c.Messages(ctx, alice, "thr_big", page)) },
		"LoadThreadItems deep": func(int) error { return second(c.Messages(ctx, alice, "thr_big", deep)) },
		"AddThreadItem": func(int) error {
			return c.AddMessage(ctx, alice, "thr_big", message(c.NewMessageID(), store.FromUser, "text"))
		},
		"SaveItem": func(i int) error {
			return c.SaveMessage(ctx, alice, "thr_big", message(msg(i), store.FromUser, "text"))
		},
		"LoadItem": func(i int) error { return second(c.Message(ctx, alice, "thr_big", msg(i))) },
		"DeleteThreadItem": func(int) error {
			return c.DeleteMessage(ctx, alice, "thr_big", fmt.Sprintf("msg_%07d", 60_000+last.Add(1)))
		},
		"SaveAttachment": func(i int) error {
			return c.SaveAttachment(ctx, alice, store.Attachment{ID: "atc_" + strconv.Itoa(i%1000), Name: "a"})
		},
		"LoadAttachment": func(i int) error {
			err := second(c.Attachment(ctx, alice, "atc_"+strconv.Itoa(i%1000)))
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			return err
		},
		"DeleteAttachment": func(i int) error { return c.DeleteAttachment(ctx, alice, "atc_gone"+strconv.Itoa(i)) },
	}
}

// bareStatements are the least that any store could do with the driver and the
// machine as they are in this run.
func bareStatements(t testing.TB, cfg store.Config) map[string]func(i int) error {
	t.Helper()
	conn := storetest.Behind(t, cfg)
	conn.SetMaxIdleConns(16)
	if cfg.Schema == "" {
		conn.SetMaxOpenConns(1) // a file has one writer
	}
	if _, err := conn.Exec("CREATE TABLE bare (n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	read, err := conn.Prepare("SELECT 1")
	if err != nil {
		t.Fatal(err)
	}
	write, err := conn.Prepare("INSERT INTO bare VALUES (1)")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(int) error{
		"bare read":  func(int) error { return read.QueryRow().Scan(new(int)) },
		"bare write": func(int) error { _, err := write.Exec(); return err },
	}
}

// BenchmarkChatMethods runs each method from 16 goroutines on a session of
// 100,000 messages: p99 is to be under 5 ms.
func BenchmarkChatMethods(b *testing.B) {
	benchEach(b, func(b *testing.B, st *store.Store, cfg store.Config) {
		fillChats(b, cfg, alice, "thr_big", 100_000)
		methods := chatMethods(chats(st))
		maps.Copy(methods, bareStatements(b, cfg))
		for _, name := range names(methods) {
			b.Run(name, func(b *testing.B) { percentiles(b, methods[name]) })
		}
	})
}

// percentiles runs op from 16 goroutines.
func percentiles(b *testing.B, op func(i int) error) {
	var mu sync.Mutex
	var took []time.Duration
	var at atomic.Int64
	before := cpu()
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		var mine []time.Duration
		for pb.Next() {
			start := time.Now()
			if err := op(int(at.Add(1))); err != nil {
				b.Error(err)
				return
			}
			mine = append(mine, time.Since(start))
		}
		mu.Lock()
		took = append(took, mine...)
		mu.Unlock()
	})
	slices.Sort(took)
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

func names[T any](m map[string]T) []string {
	var all []string
	for name := range m {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
