package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"taskwire/store"
	"taskwire/store/storetest"
)

func chats(st *store.Store) *store.Chats { return st.Chats(store.Replica{}) }

// say makes the user's message of a turn.
func say(text string) func(func() string) (store.Message, error) {
	return func(newID func() string) (store.Message, error) {
		return message(newID(), store.FromUser, text), nil
	}
}

func message(id, sender, text string) store.Message {
	item, err := json.Marshal(map[string]string{"id": id, "text": text})
	if err != nil {
		panic(err)
	}
	return store.Message{
		ID: id, SenderType: sender, SenderName: "orchestrator", Content: text, Item: item,
		Timestamp: time.Date(2026, 11, 23, 10, 0, 0, 1000, time.UTC), Metadata: json.RawMessage(`{"n":1e400,"z":"\u0000"}`),
	}
}

// begin begins a turn in a new session.
func begin(t testing.TB, c *store.Chats, user, text string) *store.Turn {
	t.Helper()
	turn, err := c.BeginTurn(ctx, user, store.TurnStart{New: &store.Session{ID: c.NewSessionID()}, Message: say(text)})
	if err != nil {
		t.Fatal(err)
	}
	return turn
}

// texts gives what is said in a session, hidden messages included.
func texts(t testing.TB, c *store.Chats, user, session string) []string {
	t.Helper()
	var all []string
	p := store.PageParams{Ascending: true, Hidden: true, Limit: 100}
	for {
		page, err := c.Messages(ctx, user, session, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Rows {
			var item struct{ Text string }
			if err := json.Unmarshal(m.Item, &item); err != nil {
				t.Fatal(err)
			}
			all = append(all, item.Text)
			p.After = m.ID
		}
		if !page.More {
			return all
		}
	}
}

func TestTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		c := chats(storetest.Open(t, engine))
		turn := begin(t, c, alice, "hello")
		id := turn.Session().ID
		if _, err := c.BeginTurn(ctx, alice, store.TurnStart{SessionID: id, Message: say("again")}); !errors.Is(err, store.ErrBusy) {
			t.Errorf("a second turn = %v, want busy", err)
		}
		answering(t, c, id, true)
		answer := message(turn.NewID(), store.FromAssistant, "hi")
		if err := turn.AddMessage(ctx, answer); err != nil {
			t.Fatal(err)
		}
		if err := turn.AddMessage(ctx, answer); !errors.Is(err, store.ErrExists) {
			t.Errorf("the same message again = %v, want exists", err)
		}
		got, err := c.Message(ctx, alice, id, answer.ID)
		want := answer
		want.Content = ""
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("message (-want +got), %v:\n%s", err, diff)
		}
		last := message(turn.NewID(), store.FromTool, "note")
		if err := turn.End(ctx, store.Done, store.MessageChanges{Save: []store.Message{last}}); err != nil {
			t.Fatal(err)
		}
		answering(t, c, id, false)
		next, err := c.BeginTurn(ctx, alice, store.TurnStart{SessionID: id, Message: say("more")})
		if err != nil {
			t.Fatal(err)
		}
		third := message(next.NewID(), store.FromAssistant, "third")
		if err := next.Apply(ctx, store.MessageChanges{DeleteAfter: answer.ID, Delete: []string{"msg_never"}, Save: []store.Message{third}}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"hello", "hi", "third"}, texts(t, c, alice, id)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		if err := next.End(ctx, store.Cancelled, store.MessageChanges{}); err != nil {
			t.Fatal(err)
		}
		over(t, next, store.ErrTurnOver)
		over(t, turn, store.ErrTurnOver)
		if diff := cmp.Diff([]string{"hello", "hi", "third"}, texts(t, c, alice, id)); diff != "" {
			t.Errorf("messages after writes of ended turns (-want +got):\n%s", diff)
		}
	})
}

// answering checks whether a turn of alice's runs.
func answering(t testing.TB, c *store.Chats, session string, want bool) {
	t.Helper()
	if got, err := c.Answering(ctx, alice, session); got != want || err != nil {
		t.Errorf("answering = %v, %v, want %v", got, err, want)
	}
}

// over runs every write of a turn, expecting the same of each.
func over(t testing.TB, turn *store.Turn, want error) {
	t.Helper()
	title := "never"
	m := message(turn.NewID(), store.FromAssistant, "never")
	some := store.MessageChanges{DeleteAfter: "a", Save: []store.Message{m}}
	_, saved := turn.SaveSession(ctx, store.SessionPatch{Title: &title})
	for name, err := range map[string]error{
		"add": turn.AddMessage(ctx, m), "apply": turn.Apply(ctx, some), "save session": saved,
		"apply deletes": turn.Apply(ctx, store.MessageChanges{DeleteAfter: "a"}), "apply nothing": turn.Apply(ctx, store.MessageChanges{}),
		"checkpoint": turn.Checkpoint(ctx, []store.Message{m}), "end": turn.End(ctx, store.Done, some),
		"end alone": turn.End(ctx, store.Done, store.MessageChanges{}), "abandon": turn.Abandon(ctx),
	} {
		if !errors.Is(err, want) {
			t.Errorf("%s = %v, want %v", name, err, want)
		}
	}
}

// TestTurnIDsSortLast: also behind messages of a replica whose clock is ahead.
func TestTurnIDsSortLast(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		ahead, behind := storetest.OpenConfig(t, cfg), storetest.OpenConfig(t, cfg)
		ahead.AheadBy(time.Hour)
		first := begin(t, chats(ahead), alice, "one")
		for i := range 3 {
			if err := first.AddMessage(ctx, message(first.NewID(), store.FromAssistant, fmt.Sprint("a", i))); err != nil {
				t.Fatal(err)
			}
		}
		if err := first.End(ctx, store.Done, store.MessageChanges{}); err != nil {
			t.Fatal(err)
		}
		id := first.Session().ID
		second, err := chats(behind).BeginTurn(ctx, alice, store.TurnStart{SessionID: id, Message: say("two")})
		if err != nil {
			t.Fatal(err)
		}
		if err := second.AddMessage(ctx, message(second.NewID(), store.FromAssistant, "b")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"one", "a0", "a1", "a2", "two", "b"}, texts(t, chats(behind), alice, id)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

// TestOneOfTwoReplicasBegins: two stores on one database, again and again.
func TestOneOfTwoReplicasBegins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		replicas := []*store.Chats{chats(storetest.OpenConfig(t, cfg)), chats(storetest.OpenConfig(t, cfg))}
		first := begin(t, replicas[0], alice, "0")
		id := first.Session().ID
		if err := first.End(ctx, store.Done, store.MessageChanges{}); err != nil {
			t.Fatal(err)
		}
		for round := range 30 {
			turns := make([]*store.Turn, 6)
			errs := atOnce(len(turns), func(i int) (err error) {
				turns[i], err = replicas[i%2].BeginTurn(ctx, alice, store.TurnStart{SessionID: id, Message: say(fmt.Sprint(round + 1))})
				return err
			})
			won := 0
			for i, err := range errs {
				if err == nil {
					won++
					if err := turns[i].End(ctx, store.Done, store.MessageChanges{}); err != nil {
						t.Fatal(err)
					}
				} else if !errors.Is(err, store.ErrBusy) {
					t.Fatalf("round %d: %v, want busy", round, err)
				}
			}
			if won != 1 {
				t.Fatalf("round %d: %d turns began, want 1", round, won)
			}
		}
		if got := texts(t, replicas[0], alice, id); len(got) != 31 || got[30] != "30" {
			t.Errorf("messages are %v", got)
		}
	})
}

// TestDeletedDuringTurn: a session that goes while its turn writes takes
// everything with it, however the two meet.
func TestDeletedDuringTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		here, there := chats(storetest.OpenConfig(t, cfg)), chats(storetest.OpenConfig(t, cfg))
		rounds := 1000
		if testing.Short() || engine == storetest.PgBouncer {
			rounds = 200
		}
		var group sync.WaitGroup
		for worker := range 4 {
			group.Go(func() {
				for i := range rounds / 4 {
					deleteDuringTurn(t, here, there, worker*rounds+i)
				}
			})
		}
		group.Wait()
		for _, table := range []string{"chat_sessions", "chat_messages", "chat_turns", "chat_feedback"} {
			if n := storetest.Count(t, cfg, table); n != 0 {
				t.Errorf("%d orphans in %s", n, table)
			}
		}
	})
}

func deleteDuringTurn(t *testing.T, here, there *store.Chats, i int) {
	user := fmt.Sprint("user", i%7)
	turn, err := here.BeginTurn(ctx, user, store.TurnStart{New: &store.Session{ID: here.NewSessionID()}, Message: say("hello")})
	if err != nil {
		t.Error(err)
		return
	}
	id, title := turn.Session().ID, "title"
	deleted := make(chan error)
	go func() { deleted <- there.DeleteSession(ctx, user, id) }()
	steps := []func() error{
		func() error { return turn.AddMessage(ctx, message(turn.NewID(), store.FromAssistant, "a")) },
		func() error { _, err := turn.SaveSession(ctx, store.SessionPatch{Title: &title}); return err },
		func() error {
			return turn.Apply(ctx, store.MessageChanges{Save: []store.Message{message(turn.NewID(), store.FromTool, "b")}})
		},
		func() error {
			return turn.End(ctx, store.Done, store.MessageChanges{Save: []store.Message{message(turn.NewID(), store.FromAssistant, "c")}})
		},
	}
	for _, step := range steps[i%2:] {
		if err := step(); err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a write beside the deletion = %v", err)
		}
	}
	if err := <-deleted; err != nil {
		t.Errorf("the deletion beside writes = %v", err)
	}
	over(t, turn, store.ErrNotFound)
}

// TestRenameIsKept: what the user called a session is not touched by a title or
// metadata of a turn that runs meanwhile.
func TestRenameIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		c := chats(storetest.OpenConfig(t, cfg))
		turn := begin(t, c, alice, "hello")
		id := turn.Session().ID
		var title string
		if err := storetest.Behind(t, cfg).QueryRow("SELECT title FROM chat_sessions").Scan(&title); err != nil || title != "New Chat" || turn.Session().Title != "" {
			t.Errorf("without a title the column has %q, %v, the session %q", title, err, turn.Session().Title)
		}
		automatic, users, better := "automatic", "the user's", "better"
		if s, err := turn.SaveSession(ctx, store.SessionPatch{Title: &automatic}); err != nil || s.Title != automatic {
			t.Fatal(s, err)
		}
		if _, err := c.PatchSession(ctx, alice, id, store.SessionPatch{Title: &users, TitleByUser: true}); err != nil {
			t.Fatal(err)
		}
		s, err := turn.SaveSession(ctx, store.SessionPatch{Title: &better, Metadata: json.RawMessage(`{"a": 1}`), Status: json.RawMessage(`{"type":"locked"}`)})
		if err != nil || s.Title != users || !s.TitleByUser || string(s.Metadata) != `{"a": 1}` || string(s.Status) != `{"type":"locked"}` {
			t.Errorf("after the turn's title: %+v, %v", s, err)
		}
		domains := []string{"a.example"}
		s, err = c.PatchSession(ctx, alice, id, store.SessionPatch{AllowedImageDomains: &domains})
		if err != nil || s.Title != users || !slices.Equal(s.AllowedImageDomains, domains) || string(s.Metadata) != `{"a": 1}` {
			t.Errorf("after a patch: %+v, %v", s, err)
		}
		if page, err := c.Search(ctx, alice, "USER'S", store.PageParams{}); err != nil || len(page.Rows) != 1 {
			t.Errorf("search finds %v, %v", page, err)
		}
		if page, err := c.Search(ctx, alice, "better", store.PageParams{}); err != nil || len(page.Rows) != 0 {
			t.Errorf("search for the title that was not taken finds %v, %v", page, err)
		}
	})
}

func TestAttachmentsOfTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		c := chats(storetest.OpenConfig(t, cfg))
		for id, state := range map[string]store.UploadState{"atc_done": store.UploadFinished, "atc_pending": ""} {
			if err := c.SaveAttachment(ctx, alice, store.Attachment{ID: id, Name: "a.txt", MimeType: "text/plain", State: state}); err != nil {
				t.Fatal(err)
			}
		}
		before := storetest.Hash(t, cfg)
		for name, c := range map[string]struct {
			user  string
			files []string
		}{
			"unknown": {alice, []string{"atc_done", "atc_never"}}, "pending": {alice, []string{"atc_done", "atc_pending"}},
			"of another user": {bob, []string{"atc_done"}},
		} {
			_, err := chats(storetest.OpenConfig(t, cfg)).BeginTurn(ctx, c.user, store.TurnStart{
				New: &store.Session{ID: "thr_new"}, Message: say("hello"), Attachments: c.files,
			})
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v, want not found", name, err)
			}
		}
		if storetest.Hash(t, cfg) != before {
			t.Error("a turn that did not begin has changed something")
		}
		turn, err := c.BeginTurn(ctx, alice, store.TurnStart{New: &store.Session{ID: "thr_new"}, Message: say("hello"), Attachments: []string{"atc_done"}})
		if err != nil {
			t.Fatal(err)
		}
		if a, err := c.Attachment(ctx, alice, "atc_done"); err != nil || a.SessionID != "thr_new" || a.ExpiresAt.Year() != 9999 {
			t.Errorf("linked: %+v, %v", a, err)
		}
		if err := turn.Abandon(ctx); err != nil {
			t.Fatal(err)
		}
		if a, err := c.Attachment(ctx, alice, "atc_done"); err != nil || a.SessionID != "" || time.Until(a.ExpiresAt) > store.AttachmentGrace {
			t.Errorf("after abandoning: %+v, %v", a, err)
		}
		if n := storetest.Count(t, cfg, "chat_sessions") + storetest.Count(t, cfg, "chat_messages") + storetest.Count(t, cfg, "chat_turns"); n != 0 {
			t.Errorf("%d rows after abandoning", n)
		}
	})
}

// TestKeyOfTurn: one key, one turn; the same key again tells what it stored.
func TestKeyOfTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		c, other := chats(storetest.OpenConfig(t, cfg)), chats(storetest.OpenConfig(t, cfg))
		key := store.Key{Endpoint: "chatkit", Key: "k1", Hash: []byte("body")}
		start := func() store.TurnStart {
			return store.TurnStart{New: &store.Session{ID: c.NewSessionID()}, Message: say("hello"), Key: &key}
		}
		turns := make([]*store.Turn, 20)
		errs := atOnce(len(turns), func(i int) (err error) {
			turns[i], err = []*store.Chats{c, other}[i%2].BeginTurn(ctx, alice, start())
			return err
		})
		var turn *store.Turn
		for i, err := range errs {
			switch {
			case err == nil && turn == nil:
				turn = turns[i]
			case !errors.Is(err, store.ErrKeyTaken):
				t.Fatalf("one of many = %v", err)
			}
		}
		id := turn.Session().ID
		if _, err := other.Replay(ctx, alice, key); !errors.Is(err, store.ErrKeyRunning) {
			t.Errorf("replay while it runs = %v", err)
		}
		again := start()
		again.New, again.SessionID = nil, id
		if _, err := other.BeginTurn(ctx, alice, again); !errors.Is(err, store.ErrKeyTaken) {
			t.Errorf("the key on the busy session = %v", err)
		}
		hidden := message(turn.NewID(), store.FromTool, "note")
		hidden.Hidden = true
		if err := turn.End(ctx, store.Done, store.MessageChanges{Save: []store.Message{message(turn.NewID(), store.FromAssistant, "hi"), hidden}}); err != nil {
			t.Fatal(err)
		}
		next, err := c.BeginTurn(ctx, alice, store.TurnStart{SessionID: id, Message: say("more")})
		if err != nil {
			t.Fatal(err)
		}
		defer next.End(ctx, store.Done, store.MessageChanges{})
		r, err := other.Replay(ctx, alice, key)
		if err != nil || !r.New || r.Session.ID != id || len(r.Messages) != 3 || r.Messages[1].ID != hidden.ID || !r.Messages[1].Hidden {
			t.Errorf("replay = %+v, %v", r, err)
		}
		reused := store.Key{Endpoint: "chatkit", Key: "k1", Hash: []byte("another body")}
		if _, err := c.Replay(ctx, alice, reused); !errors.Is(err, store.ErrKeyReused) {
			t.Errorf("with another body = %v", err)
		}
		for who, k := range map[string]store.Key{bob: key, alice: {Endpoint: "other", Key: "k1", Hash: key.Hash}} {
			if _, err := c.Replay(ctx, who, k); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s with %v = %v, want not found", who, k, err)
			}
		}
		if err := c.DeleteSession(ctx, alice, id); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Replay(ctx, alice, key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after deletion = %v", err)
		}
	})
}

func TestAbandonFreesTheKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		c := chats(storetest.OpenConfig(t, cfg))
		first := begin(t, c, alice, "one")
		if err := first.End(ctx, store.Done, store.MessageChanges{}); err != nil {
			t.Fatal(err)
		}
		id := first.Session().ID
		start := store.TurnStart{SessionID: id, Message: say("two"), Key: &store.Key{Endpoint: "chatkit", Key: "k"}}
		for range 2 {
			turn, err := c.BeginTurn(ctx, alice, start)
			if err != nil {
				t.Fatal(err)
			}
			if err := turn.Abandon(ctx); err != nil {
				t.Fatal(err)
			}
			over(t, turn, store.ErrTurnOver)
			if got := texts(t, c, alice, id); !slices.Equal(got, []string{"one"}) {
				t.Errorf("messages are %v", got)
			}
		}
	})
}

// die makes an owner silent, and its turns old, by changing the rows.
func die(t testing.TB, cfg store.Config, owner string) {
	t.Helper()
	ago := "now() - INTERVAL '1 minute'"
	if cfg.Schema == "" {
		ago = "unixepoch() * 1000000 - 60000000"
	}
	behind := storetest.Behind(t, cfg)
	defer behind.Close()
	for _, sql := range []string{
		"UPDATE chat_turns SET started_at = " + ago + " WHERE owner = $1",
		"UPDATE chat_replicas SET beat_at = " + ago + " WHERE owner = $1",
		"UPDATE chat_keys SET created_at = " + ago + " WHERE owner = $1",
	} {
		if _, err := behind.Exec(sql, owner); err != nil {
			t.Fatal(err)
		}
	}
}

// What others heard is good for a process that has just begun: where all are
// killed again and again, none would live long enough to listen for itself. A gap
// in which nobody was heard is the database's.
func TestRescuerTrustsWhoListened(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		long, seconds := "now() - INTERVAL '20 seconds'", "now() - INTERVAL '10 seconds'"
		if cfg.Schema == "" {
			long, seconds = "(unixepoch() - 20) * 1000000", "(unixepoch() - 10) * 1000000"
		}
		change := func(sql string) {
			t.Helper()
			if _, err := storetest.Behind(t, cfg).Exec(sql); err != nil {
				t.Fatal(err)
			}
		}
		for i, step := range []struct {
			name string
			then string // what has happened meanwhile
			want int
		}{
			{"nobody has listened yet", "UPDATE chat_replicas SET beat_at = beat_at", 0},
			{"others have listened", "UPDATE chat_replicas SET beat_at = " + long + " WHERE owner = 'heard since'", 1},
			{"nobody was heard for a while", "UPDATE chat_replicas SET beat_at = " + seconds + " WHERE owner <> 'heard since'", 0},
		} {
			owner := fmt.Sprint("dead-", i)
			dead := st.Chats(store.Replica{Owner: owner})
			begin(t, dead, alice, "hello")
			listens := st.Chats(store.Replica{Cautious: true})
			if err := errors.Join(dead.Beat(ctx), listens.Beat(ctx)); err != nil {
				t.Fatal(err)
			}
			die(t, cfg, owner)
			change(step.then)
			begun := st.Chats(store.Replica{Cautious: true})
			if err := begun.Beat(ctx); err != nil {
				t.Fatal(err)
			}
			if n, err := begun.Rescue(ctx); n < step.want || step.want == 0 && n > 0 || err != nil {
				t.Errorf("%s: %d turns are ended, %v, want %d", step.name, n, err, step.want)
			}
		}
	})
}

// TestRescue: a dead process's turns end as failed, once, with the text so far;
// those of the living go on.
func TestRescue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		dead, living := st.Chats(store.Replica{Owner: "dead"}), st.Chats(store.Replica{Owner: "living"})
		mend := func(u store.Unfinished) []store.Message {
			for i := range u.Messages {
				u.Messages[i].Item = json.RawMessage(strings.Replace(string(u.Messages[i].Item), "so far", "so far …", 1))
			}
			return append(u.Messages, message(u.NewID(), store.FromTool, "unfinished"))
		}
		rescuers := []*store.Chats{st.Chats(store.Replica{Mend: mend}), storetest.OpenConfig(t, cfg).Chats(store.Replica{Mend: mend})}
		for _, c := range []*store.Chats{dead, living} {
			if err := c.Beat(ctx); err != nil {
				t.Fatal(err)
			}
		}
		key := store.Key{Endpoint: "chatkit", Key: "k"}
		died, err := dead.BeginTurn(ctx, alice, store.TurnStart{New: &store.Session{ID: "thr_1"}, Message: say("hello"), Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		partial := message(died.NewID(), store.FromAssistant, "so far")
		if err := died.Checkpoint(ctx, []store.Message{partial}); err != nil {
			t.Fatal(err)
		}
		lives := begin(t, living, bob, "hello")
		for _, c := range rescuers {
			if n, err := c.Rescue(ctx); n != 0 || err != nil {
				t.Errorf("rescue of the living = %d, %v", n, err)
			}
		}
		die(t, cfg, "dead")
		die(t, cfg, "living")
		answering(t, living, "thr_1", true) // what is kept of it is still to come
		if err := living.Beat(ctx); err != nil {
			t.Fatal(err)
		}
		ended := make([]int, 8)
		errs := atOnce(len(ended), func(i int) (err error) {
			ended[i], err = rescuers[i%2].Rescue(ctx)
			return err
		})
		total := 0
		for _, n := range ended {
			total += n
		}
		if total != 1 || errors.Join(errs...) != nil {
			t.Errorf("%d turns were rescued, %v, want 1", total, errors.Join(errs...))
		}
		answering(t, living, "thr_1", false)
		want := []string{"hello", "so far …", "unfinished"}
		if diff := cmp.Diff(want, texts(t, living, alice, "thr_1")); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		over(t, died, store.ErrTurnOver)
		if r, err := living.Replay(ctx, alice, key); err != nil || len(r.Messages) != 3 {
			t.Errorf("replay of the dead = %+v, %v", r, err)
		}
		if err := lives.End(ctx, store.Done, store.MessageChanges{}); err != nil {
			t.Errorf("the living turn: %v", err)
		}
	})
}

// TestBeginEndsADeadTurn: nobody has to wait for the rescuer.
func TestBeginEndsADeadTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		dead, c := st.Chats(store.Replica{Owner: "dead"}), chats(st)
		died := begin(t, dead, alice, "hello")
		if err := died.Checkpoint(ctx, []store.Message{message(died.NewID(), store.FromAssistant, "so far")}); err != nil {
			t.Fatal(err)
		}
		id := died.Session().ID
		if _, err := c.BeginTurn(ctx, alice, store.TurnStart{SessionID: id, Message: say("more")}); !errors.Is(err, store.ErrBusy) {
			t.Errorf("beside a young turn = %v, want busy", err)
		}
		die(t, cfg, "dead")
		turn, err := c.BeginTurn(ctx, alice, store.TurnStart{SessionID: id, Message: say("more")})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"hello", "so far", "more"}, texts(t, c, alice, id)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		over(t, died, store.ErrTurnOver)
		if err := turn.End(ctx, store.Done, store.MessageChanges{}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestEndThatWasNotTaken: a turn of ours that the database would not end is
// ended when it can be.
func TestEndThatWasNotTaken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		c := chats(storetest.Open(t, engine))
		turn := begin(t, c, alice, "hello")
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := turn.End(gone, store.Done, store.MessageChanges{}); !errors.Is(err, context.Canceled) {
			t.Fatalf("end = %v", err)
		}
		if n, err := c.Rescue(ctx); n != 1 || err != nil {
			t.Errorf("rescue = %d, %v", n, err)
		}
		over(t, turn, store.ErrTurnOver)
		if n, err := c.Rescue(ctx); n != 0 || err != nil {
			t.Errorf("rescue again = %d, %v", n, err)
		}
	})
}
