package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"taskwire/store"
	"taskwire/store/storetest"
)

func TestSessionComesBackAsSaved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		c := chats(storetest.Open(t, engine))
		at := time.Date(2026, 11, 23, 1, 2, 3, 4000, time.UTC)
		full := store.Session{
			ID: c.NewSessionID(), Title: "خریداری '; DROP TABLE tasks;--", TitleByUser: true, CreatedAt: at, UpdatedAt: at.Add(time.Hour),
			Status: json.RawMessage(`{"type":"closed","reason":"\u0000 1e400"}`), Metadata: json.RawMessage(`{"b":1.10,"a":[1e400]}`),
			AllowedImageDomains: []string{"a.example"},
		}
		bare := store.Session{ID: c.NewSessionID(), CreatedAt: at, UpdatedAt: at}
		for _, s := range []store.Session{full, bare} {
			if err := c.SaveSession(ctx, alice, s); err != nil {
				t.Fatal(err)
			}
			got, err := c.Session(ctx, alice, s.ID)
			if s.Status == nil {
				s.Status, s.Metadata = json.RawMessage(`{"type":"active"}`), json.RawMessage(`{}`)
			}
			if diff := cmp.Diff(s, got); diff != "" || err != nil {
				t.Errorf("session (-want +got), %v:\n%s", err, diff)
			}
		}
		full.Title, full.TitleByUser, full.AllowedImageDomains = "another", false, []string{}
		if err := c.SaveSession(ctx, alice, full); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Session(ctx, alice, full.ID); err != nil || !cmp.Equal(full, got) {
			t.Errorf("saved again:\n%s\n%v", cmp.Diff(full, got), err)
		}
	})
}

func TestMessagesComeBackAsSaved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		c := chats(storetest.Open(t, engine))
		if err := c.AddMessage(ctx, alice, "thr_never", message("msg_1", store.FromUser, "x")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("add without a session = %v", err)
		}
		if err := c.SaveMessage(ctx, alice, "thr_never", message("msg_1", store.FromUser, "x")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("save without a session = %v", err)
		}
		id := saveSession(t, c, alice)
		m := message(c.NewMessageID(), store.FromUser, "one")
		if err := c.AddMessage(ctx, alice, id, m); err != nil {
			t.Fatal(err)
		}
		if err := c.AddMessage(ctx, alice, id, m); !errors.Is(err, store.ErrExists) {
			t.Errorf("add again = %v", err)
		}
		changed := message(m.ID, store.FromTool, "two")
		changed.Hidden, changed.SenderName, changed.Metadata = true, "create_task", nil
		if err := c.SaveMessage(ctx, alice, id, changed); err != nil {
			t.Fatal(err)
		}
		changed.Content, changed.Metadata = "", json.RawMessage(`{}`)
		if got, err := c.Message(ctx, alice, id, m.ID); err != nil || !cmp.Equal(changed, got) {
			t.Errorf("message:\n%s\n%v", cmp.Diff(changed, got), err)
		}
		for range 2 {
			if err := c.DeleteMessage(ctx, alice, id, m.ID); err != nil {
				t.Errorf("delete = %v", err)
			}
		}
		if _, err := c.Message(ctx, alice, id, m.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after deletion = %v", err)
		}
	})
}

func saveSession(t testing.TB, c *store.Chats, user string) (id string) {
	t.Helper()
	id = c.NewSessionID()
	if err := c.SaveSession(ctx, user, store.Session{ID: id}); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestChatsRefuseWhatCannotBeStored(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		c := chats(storetest.OpenConfig(t, cfg))
		id := saveSession(t, c, alice)
		before := storetest.Hash(t, cfg)
		good := message("msg_1", store.FromUser, "hello")
		broken := map[string]func(m *store.Message){
			"NUL in the text":     func(m *store.Message) { m.Content = "a\x00b" },
			"NUL in the id":       func(m *store.Message) { m.ID = "a\x00b" },
			"no UTF-8":            func(m *store.Message) { m.Content = "a\xffb" },
			"no id":               func(m *store.Message) { m.ID = "" },
			"a long id":           func(m *store.Message) { m.ID = strings.Repeat("x", 256) },
			"a sender of no kind": func(m *store.Message) { m.SenderType = "system" },
			"an item cut off":     func(m *store.Message) { m.Item = json.RawMessage(`{"a":`) },
			"an item not UTF-8":   func(m *store.Message) { m.Item = json.RawMessage("\"\xff\"") },
			"metadata of nothing": func(m *store.Message) { m.Metadata = json.RawMessage(``) },
		}
		for name, breakIt := range broken {
			m := good
			breakIt(&m)
			turn := store.TurnStart{SessionID: id, Message: func(func() string) (store.Message, error) { return m, nil }}
			_, beginErr := c.BeginTurn(ctx, alice, turn)
			for _, err := range []error{c.AddMessage(ctx, alice, id, m), c.SaveMessage(ctx, alice, id, m), beginErr} {
				if !errors.Is(err, store.ErrInvalid) {
					t.Errorf("%s: %v, want invalid", name, err)
				}
			}
		}
		for name, err := range map[string]error{
			"no user":      c.SaveSession(ctx, "", store.Session{ID: "a"}),
			"title":        c.SaveSession(ctx, alice, store.Session{ID: "a", Title: "a\x00"}),
			"status":       c.SaveSession(ctx, alice, store.Session{ID: "a", Status: json.RawMessage(`x`)}),
			"feedback":     c.SaveFeedback(ctx, alice, id, []string{"a"}, "so so"),
			"attachment":   c.SaveAttachment(ctx, alice, store.Attachment{ID: "a", Name: "\x00"}),
			"upload state": c.SaveAttachment(ctx, alice, store.Attachment{ID: "a", State: "odd"}),
		} {
			if !errors.Is(err, store.ErrInvalid) {
				t.Errorf("%s: %v, want invalid", name, err)
			}
		}
		if storetest.Hash(t, cfg) != before {
			t.Error("something was stored")
		}
	})
}

// TestPages: exclusive cursors, which need not exist, both ways, and hidden
// messages left out of the page and not out of its room.
func TestPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		c := chats(storetest.Open(t, engine))
		id := saveSession(t, c, alice)
		for i := range 30 {
			m := message(fmt.Sprintf("msg_%02d", i), store.FromUser, fmt.Sprint(i))
			m.Hidden = i%3 == 0
			if err := c.AddMessage(ctx, alice, id, m); err != nil {
				t.Fatal(err)
			}
		}
		for name, tc := range map[string]struct {
			p    store.PageParams
			want string
			more bool
		}{
			"default":                   {store.PageParams{}, "29 28 26 25 23 22 20 19 17 16 14 13 11 10 8 7 5 4 2 1", false},
			"first":                     {store.PageParams{Limit: 3}, "29 28 26", true},
			"behind a cursor":           {store.PageParams{Limit: 3, After: "msg_26"}, "25 23 22", true},
			"behind a hidden one":       {store.PageParams{Limit: 2, After: "msg_24", Ascending: true}, "25 26", true},
			"behind one that never was": {store.PageParams{Limit: 2, After: "msg_245", Ascending: true}, "25 26", true},
			"hidden too":                {store.PageParams{Limit: 4, Ascending: true, Hidden: true}, "0 1 2 3", true},
			"the last":                  {store.PageParams{Limit: 2, After: "msg_04"}, "2 1", false},
			"exactly the last":          {store.PageParams{Limit: 2, After: "msg_26", Ascending: true}, "28 29", false},
			"behind the last":           {store.PageParams{After: "msg_29", Ascending: true}, "", false},
			"far behind":                {store.PageParams{After: "~~~", Ascending: true}, "", false},
		} {
			page, err := c.Messages(ctx, alice, id, tc.p)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range page.Rows {
				var item struct{ Text string }
				json.Unmarshal(m.Item, &item)
				got = append(got, item.Text)
			}
			if text := strings.Join(got, " "); text != tc.want || page.More != tc.more {
				t.Errorf("%s: %s, more %v; want %s, %v", name, text, page.More, tc.want, tc.more)
			}
		}
		if page, err := c.Messages(ctx, alice, "thr_never", store.PageParams{}); err != nil || len(page.Rows) != 0 || page.More {
			t.Errorf("of no session: %v, %v", page, err)
		}
	})
}

func TestSessionPagesAndSearch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		c := chats(storetest.Open(t, engine))
		titles := []string{"Straße", "100%_\\ sure", "", "ÇAY listesi", "خریداری", "plain"}
		var ids []string
		for _, title := range titles {
			s := store.Session{ID: c.NewSessionID(), Title: title}
			if err := c.SaveSession(ctx, alice, s); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, s.ID)
		}
		visible, hidden := message(c.NewMessageID(), store.FromUser, "ПРИВЕТ мир"), message(c.NewMessageID(), store.FromTool, "under the carpet")
		hidden.Hidden = true
		for _, m := range []store.Message{visible, hidden} {
			if err := c.AddMessage(ctx, alice, ids[2], m); err != nil {
				t.Fatal(err)
			}
		}
		for q, want := range map[string][]int{
			"STRASSE": {0}, "%_\\": {1}, "_": {1}, "çay": {3}, "خرید": {4}, "привет": {2}, "i": {5, 3}, "PLAIN": {5}, "carpet": nil, "new chat": nil,
			"": {5, 4, 3, 2, 1, 0},
		} {
			page, err := c.Search(ctx, alice, q, store.PageParams{})
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, s := range page.Rows {
				got = append(got, slices.Index(ids, s.ID))
			}
			if !slices.Equal(got, want) {
				t.Errorf("search %q = %v, want %v", q, got, want)
			}
		}
		page, err := c.Search(ctx, alice, "i", store.PageParams{Limit: 1})
		if err != nil || len(page.Rows) != 1 || !page.More {
			t.Errorf("first page of a search: %v, %v", page, err)
		}
		page, err = c.Search(ctx, alice, "i", store.PageParams{Limit: 1, After: ids[5]})
		if err != nil || len(page.Rows) != 1 || page.Rows[0].ID != ids[3] || page.More {
			t.Errorf("second page of a search: %v, %v", page, err)
		}
		up, err := c.Sessions(ctx, alice, store.PageParams{Limit: 2, After: ids[1], Ascending: true})
		if err != nil || len(up.Rows) != 2 || up.Rows[0].ID != ids[2] || !up.More {
			t.Errorf("ascending page: %v, %v", up, err)
		}
	})
}

// TestPagingUnderWriters: what lives through a scan is seen once, and nothing
// twice, while others add and delete.
func TestPagingUnderWriters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		c := chats(storetest.Open(t, engine))
		id := saveSession(t, c, alice)
		var stay []string
		for range 50 {
			m := message(c.NewMessageID(), store.FromUser, "stays")
			if err := c.AddMessage(ctx, alice, id, m); err != nil {
				t.Fatal(err)
			}
			stay = append(stay, m.ID)
		}
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for range 100 {
			writers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					m := message(c.NewMessageID(), store.FromUser, "comes and goes")
					if err := errors.Join(c.AddMessage(ctx, alice, id, m), c.DeleteMessage(ctx, alice, id, m.ID)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for scan := range 4 {
			seen := map[string]int{}
			p := store.PageParams{Limit: 7, Ascending: scan%2 == 0}
			for page, more := 0, true; more && page < 100; page++ {
				rows, err := c.Messages(ctx, alice, id, p)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range rows.Rows {
					seen[m.ID]++
					p.After = m.ID
				}
				more = rows.More
			}
			for _, id := range stay {
				if seen[id] != 1 {
					t.Errorf("scan %d saw %s %d times", scan, id, seen[id])
				}
			}
			for id, n := range seen {
				if n > 1 {
					t.Errorf("scan %d saw %s %d times", scan, id, n)
				}
			}
		}
		close(stop)
		writers.Wait()
	})
}

func TestFeedback(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		c := chats(storetest.Open(t, engine))
		id := saveSession(t, c, alice)
		for _, m := range []string{"msg_1", "msg_2"} {
			if err := c.AddMessage(ctx, alice, id, message(m, store.FromAssistant, "x")); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.SaveFeedback(ctx, alice, id, []string{"msg_1", "msg_never"}, store.Positive); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("on an unknown message = %v", err)
		}
		if list, err := c.Feedback(ctx, alice, id); err != nil || len(list) != 0 {
			t.Errorf("after that: %v, %v", list, err)
		}
		for _, kind := range []string{store.Positive, store.Negative} {
			if err := c.SaveFeedback(ctx, alice, id, []string{"msg_1", "msg_2"}, kind); err != nil {
				t.Fatal(err)
			}
		}
		if list, err := c.Feedback(ctx, alice, id); err != nil || len(list) != 2 || list[1].Kind != store.Negative {
			t.Errorf("feedback: %v, %v", list, err)
		}
	})
}

func TestUpload(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		c := chats(storetest.Open(t, engine))
		a := store.Attachment{ID: c.NewAttachmentID(), Name: "ü.txt", MimeType: "text/plain", BlobKey: "b/1", ExpiresAt: time.Now().Add(time.Minute), Item: json.RawMessage(`{"x": 1}`)}
		if err := c.SaveAttachment(ctx, alice, a); err != nil {
			t.Fatal(err)
		}
		var won int
		for _, err := range atOnce(10, func(int) error { _, err := c.ClaimUpload(ctx, alice, a.ID); return err }) {
			if err == nil {
				won++
			} else if !errors.Is(err, store.ErrConflict) {
				t.Errorf("claim = %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d uploads of 10 began", won)
		}
		if err := c.ReleaseUpload(ctx, alice, a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := c.FinishUpload(ctx, alice, a); !errors.Is(err, store.ErrConflict) {
			t.Errorf("finish without claim = %v", err)
		}
		if _, err := c.ClaimUpload(ctx, alice, a.ID); err != nil {
			t.Fatal(err)
		}
		a.Size, a.MimeType, a.Item = 7, "image/png", json.RawMessage(`{"x": 2}`)
		done, err := c.FinishUpload(ctx, alice, a)
		if err != nil || done.State != store.UploadFinished || done.Size != 7 || done.BlobKey != "b/1" {
			t.Errorf("finish = %+v, %v", done, err)
		}
		a.Name, a.Size, a.State = "renamed", 0, ""
		if err := c.SaveAttachment(ctx, alice, a); err != nil {
			t.Fatal(err)
		}
		got, err := c.Attachment(ctx, alice, a.ID)
		if err != nil || got.Name != "renamed" || got.State != store.UploadFinished || got.Size != 7 || string(got.Item) != `{"x": 2}` {
			t.Errorf("saved after the upload: %+v, %v", got, err)
		}
		for _, id := range []string{a.ID, "atc_never"} {
			if err := c.DeleteAttachment(ctx, alice, id); err != nil {
				t.Errorf("delete %s = %v", id, err)
			}
			for name, err := range map[string]error{
				"get":    second(c.Attachment(ctx, alice, id)),
				"claim":  second(c.ClaimUpload(ctx, alice, id)),
				"finish": second(c.FinishUpload(ctx, alice, store.Attachment{ID: id})),
			} {
				if !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s of %s = %v", name, id, err)
				}
			}
		}
		if err := c.SaveAttachment(ctx, alice, a); !errors.Is(err, store.ErrConflict) {
			t.Errorf("save after deletion = %v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// Of many requests that come at once with a key, one is served, however close
// they are.
func TestKeyIsClaimedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		c := chats(storetest.Open(t, engine))
		for round := range 100 {
			key := store.Key{Endpoint: "rest", Key: fmt.Sprint("k", round), Hash: []byte{1}}
			var won atomic.Int64
			for _, err := range atOnce(8, func(int) error {
				answer, err := c.ClaimKey(ctx, alice, key)
				if answer == nil && err == nil {
					won.Add(1)
				}
				return err
			}) {
				if err != nil && !errors.Is(err, store.ErrKeyRunning) {
					t.Errorf("claim = %v", err)
				}
			}
			if won.Load() != 1 {
				t.Fatalf("%d claims of key %d won", won.Load(), round)
			}
		}
	})
}

func TestKeysOfRequests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		c, other := chats(storetest.OpenConfig(t, cfg)), chats(storetest.OpenConfig(t, cfg))
		key := store.Key{Endpoint: "rest", Key: "k", Hash: []byte{1}}
		won := 0
		winner := make([]bool, 20)
		for i, err := range atOnce(20, func(i int) error {
			answer, err := []*store.Chats{c, other}[i%2].ClaimKey(ctx, alice, key)
			winner[i] = answer == nil && err == nil
			return err
		}) {
			if winner[i] {
				won++
				c, other = []*store.Chats{c, other}[i%2], []*store.Chats{other, c}[i%2]
			} else if !errors.Is(err, store.ErrKeyRunning) {
				t.Errorf("claim = %v", err)
			}
		}
		if won != 1 {
			t.Fatalf("%d claims of 20 won", won)
		}
		if _, err := other.ClaimKey(ctx, alice, store.Key{Endpoint: "rest", Key: "k", Hash: []byte{2}}); !errors.Is(err, store.ErrKeyReused) {
			t.Errorf("another body = %v", err)
		}
		if err := other.FinishKey(ctx, alice, key, store.Answer{Status: 200}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("finish of another's claim = %v", err)
		}
		if err := c.ReleaseKey(ctx, alice, key); err != nil {
			t.Fatal(err)
		}
		if answer, err := other.ClaimKey(ctx, alice, key); answer != nil || err != nil {
			t.Errorf("after release = %v, %v", answer, err)
		}
		want := store.Answer{Status: 201, Header: map[string][]string{"Location": {"/a"}}, Body: []byte(`{"id":"ü"}`)}
		if err := other.FinishKey(ctx, alice, key, want); err != nil {
			t.Fatal(err)
		}
		if answer, err := c.ClaimKey(ctx, alice, key); err != nil || answer == nil || !cmp.Equal(*answer, want) {
			t.Errorf("the answer again = %v, %v", answer, err)
		}
		if answer, err := c.ClaimKey(ctx, bob, key); err != nil || answer != nil {
			t.Errorf("bob's own = %v, %v", answer, err)
		}
	})
}

// TestKeyOfADeadProcess goes to the next who asks, and so does one that this
// process gave up while the database was away.
func TestKeyOfADeadProcess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		dead, c := st.Chats(store.Replica{Owner: "dead"}), chats(st)
		key := store.Key{Endpoint: "rest", Key: "k", Hash: []byte{1}}
		if _, err := dead.ClaimKey(ctx, alice, key); err != nil {
			t.Fatal(err)
		}
		if _, err := c.ClaimKey(ctx, alice, key); !errors.Is(err, store.ErrKeyRunning) {
			t.Errorf("while it lives = %v", err)
		}
		die(t, cfg, "dead")
		if answer, err := c.ClaimKey(ctx, alice, key); answer != nil || err != nil {
			t.Errorf("after its death = %v, %v", answer, err)
		}
		if _, err := c.ClaimKey(ctx, alice, key); !errors.Is(err, store.ErrKeyRunning) {
			t.Errorf("while we serve it = %v", err)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := c.FinishKey(gone, alice, key, store.Answer{Status: 200}); err == nil {
			t.Error("finish succeeded")
		}
		if answer, err := c.ClaimKey(ctx, alice, key); answer != nil || err != nil {
			t.Errorf("after a finish that failed = %v, %v", answer, err)
		}
	})
}

func TestClientSessionsAndUsage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		c := chats(storetest.Open(t, engine))
		id := c.NewClientSessionID()
		made, err := c.CreateClientSession(ctx, alice, id, 10*time.Minute)
		if err != nil || made.ExpiresAt.Sub(made.CreatedAt) != 10*time.Minute || made.EndsAt.Sub(made.CreatedAt) != 24*time.Hour {
			t.Fatal(made, err)
		}
		if _, err := c.CreateClientSession(ctx, alice, id, time.Minute); !errors.Is(err, store.ErrExists) {
			t.Errorf("again = %v", err)
		}
		if got, err := c.ClientSession(ctx, alice, id); err != nil || got != made {
			t.Errorf("got %v, %v", got, err)
		}
		if got, err := c.RefreshClientSession(ctx, alice, id, time.Hour); err != nil || !got.ExpiresAt.After(made.ExpiresAt) || got.EndsAt != made.EndsAt {
			t.Errorf("refresh = %v, %v", got, err)
		}
		if got, err := c.RefreshClientSession(ctx, alice, id, 48*time.Hour); err != nil || got.ExpiresAt != made.EndsAt {
			t.Errorf("refresh past the end = %v, %v", got, err)
		}
		if err := c.DeleteClientSession(ctx, alice, id); err != nil {
			t.Fatal(err)
		}
		if _, err := c.RefreshClientSession(ctx, alice, id, time.Hour); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("refresh after the end = %v", err)
		}
		atOnce(20, func(int) error { return c.AddUsage(ctx, alice, store.Usage{Input: 3, Output: 1 << 33}) })
		if got, err := c.Usage(ctx, alice, time.Now()); err != nil || got != (store.Usage{Input: 60, Output: 20 << 33}) {
			t.Errorf("usage = %v, %v", got, err)
		}
		if got, err := c.Usage(ctx, alice, time.Now().Add(-48*time.Hour)); err != nil || got != (store.Usage{}) {
			t.Errorf("usage of another day = %v, %v", got, err)
		}
	})
}

// TestCancelReachesTheOwner, in another process, by listening or by looking, and
// so does the deletion of a session.
func TestCancelReachesTheOwner(t *testing.T) {
	cases := map[string]storetest.Engine{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres, "superuser": storetest.Superuser,
		"pgbouncer": storetest.PgBouncer, "pgbouncer without a direct URL": storetest.PgBouncer,
	}
	for name, engine := range cases {
		t.Run(name, func(t *testing.T) {
			cfg := storetest.Config(t, engine)
			if strings.Contains(name, "without") {
				cfg.DirectURL = ""
			}
			here, there := chats(storetest.OpenConfig(t, cfg)), chats(storetest.OpenConfig(t, cfg))
			stopped := make(chan string, 10)
			watching, cancel := context.WithCancel(ctx)
			var watchers sync.WaitGroup
			for _, c := range []*store.Chats{here, there} {
				watchers.Go(func() {
					heard := map[string]bool{}
					c.WatchCancels(watching, func(user, session, turn string) (known bool) {
						if c != here {
							t.Error("the wrong process was told")
						}
						if !heard[turn] { // a turn that has only just begun is not known yet
							heard[turn] = true
							return false
						}
						stopped <- user + " " + session + " " + turn
						return true
					})
				})
			}
			defer watchers.Wait()
			defer cancel()
			if running, err := there.RequestCancel(ctx, alice, "thr_never"); running || err != nil {
				t.Errorf("cancel of nothing = %v, %v", running, err)
			}
			for range 3 {
				for what, ask := range map[string]func(id string) error{
					"cancel": func(id string) error {
						running, err := there.RequestCancel(ctx, alice, id)
						if !running {
							t.Errorf("cancel says that nothing runs, %v", err)
						}
						return err
					},
					"delete": func(id string) error { return there.DeleteSession(ctx, alice, id) },
				} {
					turn := begin(t, here, alice, "hello")
					want := alice + " " + turn.Session().ID + " " + turn.ID()
					if err := ask(turn.Session().ID); err != nil {
						t.Fatal(err)
					}
					select {
					case got := <-stopped:
						if got != want {
							t.Errorf("%s: told of %q, want %q", what, got, want)
						}
					case <-time.After(60 * time.Second):
						t.Fatalf("%s: not told", what)
					}
					turn.End(ctx, store.Cancelled, store.MessageChanges{})
					if running, err := there.RequestCancel(ctx, alice, turn.Session().ID); running || err != nil {
						t.Errorf("cancel after the end = %v, %v", running, err)
					}
				}
			}
		})
	}
}

// TestSweepChats: what is over goes, bytes before rows, and nothing else.
func TestSweepChats(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		st := storetest.OpenConfig(t, cfg)
		c := chats(st)
		keep := func() {
			turn, err := c.BeginTurn(ctx, alice, store.TurnStart{
				New: &store.Session{ID: c.NewSessionID()}, Message: say("hello"), Key: &store.Key{Endpoint: "e", Key: c.NewMessageID()},
			})
			if err != nil {
				t.Fatal(err)
			}
			a := store.Attachment{ID: c.NewAttachmentID(), State: store.UploadFinished, BlobKey: "blob"}
			err = errors.Join(
				turn.End(ctx, store.Done, store.MessageChanges{}), c.AddUsage(ctx, alice, store.Usage{Input: 1}), c.Beat(ctx),
				c.SaveAttachment(ctx, alice, a), second(c.CreateClientSession(ctx, alice, c.NewClientSessionID(), time.Hour)),
				second(c.BeginTurn(ctx, bob, store.TurnStart{New: &store.Session{ID: c.NewSessionID()}})),
				second(c.RequestCancel(ctx, bob, "thr_never")),
			)
			if err != nil {
				t.Fatal(err)
			}
		}
		keep()
		ago := "now() - INTERVAL '60 days'"
		if cfg.Schema == "" {
			ago = "(unixepoch() - 5184000) * 1000000"
		}
		for _, sql := range []string{
			"UPDATE chat_turns SET started_at = " + ago + " WHERE state <> 'running'", "UPDATE chat_keys SET created_at = " + ago,
			"UPDATE chat_attachments SET expires_at = " + ago, "UPDATE chat_client_sessions SET ends_at = " + ago,
			"UPDATE chat_usage SET day = '2020-01-01'", "UPDATE chat_replicas SET beat_at = " + ago,
			"INSERT INTO chat_stops VALUES ('alice', 's', 't', 'o', " + ago + ")",
		} {
			if _, err := storetest.Behind(t, cfg).Exec(sql); err != nil {
				t.Fatal(sql, err)
			}
		}
		keep()
		broken := errors.New("the bucket is away")
		if _, err := c.Sweep(ctx, func(context.Context, string) error { return broken }); !errors.Is(err, broken) {
			t.Errorf("sweep without the bucket = %v", err)
		}
		var blobs []string
		if _, err := c.Sweep(ctx, func(_ context.Context, key string) error { blobs = append(blobs, key); return nil }); err != nil || !slices.Equal(blobs, []string{"blob"}) {
			t.Errorf("sweep = %v, blobs %v", err, blobs)
		}
		want := map[string]int{
			"chat_turns": 3, "chat_keys": 1, "chat_attachments": 1, "chat_client_sessions": 1, "chat_usage": 1, "chat_stops": 0,
			"chat_replicas": 2, // with the row that says since when all are heard
			"chat_sessions": 4, "chat_messages": 2,
		}
		for table, n := range want {
			if got := storetest.Count(t, cfg, table); got != n {
				t.Errorf("%d rows in %s, want %d", got, table, n)
			}
		}
		if n, err := c.Sweep(ctx, nil); n != 0 || err != nil {
			t.Errorf("sweep again = %d, %v", n, err)
		}
	})
}
