package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"taskwire/store"
	"taskwire/store/storetest"
)

const secret = "bob's secret"

// chatsOf is what one user has of everything.
type chatsOf struct {
	session, message, attachment, client string
	turn                                 *store.Turn
	key, answered                        store.Key
}

// furnish gives a user one of everything, every text of it being the given one.
func furnish(t testing.TB, c *store.Chats, user, text string) chatsOf {
	t.Helper()
	has := chatsOf{
		session: c.NewSessionID(), attachment: c.NewAttachmentID(), client: c.NewClientSessionID(),
		key:      store.Key{Endpoint: "chatkit", Key: c.NewMessageID(), Hash: []byte{1}},
		answered: store.Key{Endpoint: "rest", Key: c.NewMessageID(), Hash: []byte{1}},
	}
	item, _ := json.Marshal(text)
	err := errors.Join(
		c.SaveAttachment(ctx, user, store.Attachment{
			ID: has.attachment, Name: text, MimeType: "text/plain", State: store.UploadFinished, BlobKey: text, Item: item,
		}),
		second(c.CreateClientSession(ctx, user, has.client, time.Hour)),
		second(c.ClaimKey(ctx, user, has.answered)),
		c.FinishKey(ctx, user, has.answered, store.Answer{Status: 200, Body: []byte(text)}),
		c.AddUsage(ctx, user, store.Usage{Input: 4242}),
	)
	if err != nil {
		t.Fatal(err)
	}
	start := store.TurnStart{
		New: &store.Session{ID: has.session, Title: text, Metadata: item}, Message: say(text), Attachments: []string{has.attachment}, Key: &has.key,
	}
	if has.turn, err = c.BeginTurn(ctx, user, start); err != nil {
		t.Fatal(err)
	}
	has.message = has.turn.NewID()
	err = errors.Join(
		has.turn.AddMessage(ctx, message(has.message, store.FromAssistant, text)),
		has.turn.Checkpoint(ctx, []store.Message{message(has.turn.NewID(), store.FromAssistant, text)}),
		c.SaveFeedback(ctx, user, has.session, []string{has.message}, store.Positive),
	)
	if err != nil {
		t.Fatal(err)
	}
	return has
}

// looker runs methods and keeps what they show.
type looker struct {
	seen []string
	errs map[string]error
}

// note takes what a method gives: l.note("name")(method()).
func (l *looker) note(what string) func(any, error) {
	return func(shown any, err error) {
		l.errs[what] = err
		if err == nil {
			text, _ := json.Marshal(shown)
			l.seen = append(l.seen, string(text))
		}
	}
}

func did(err error) (any, error) { return nil, err }

// look runs each method that takes an id as user, with what has says, and
// collects what is shown and the errors.
func look(c *store.Chats, user string, has chatsOf) *looker {
	l := &looker{errs: map[string]error{}}
	title := "broken into"
	m := message(has.message, store.FromUser, title)
	l.note("session")(c.Session(ctx, user, has.session))
	l.note("messages")(c.Messages(ctx, user, has.session, store.PageParams{Hidden: true}))
	l.note("messages upwards")(c.Messages(ctx, user, has.session, store.PageParams{Hidden: true, Ascending: true}))
	l.note("message")(c.Message(ctx, user, has.session, has.message))
	l.note("feedback")(c.Feedback(ctx, user, has.session))
	l.note("answering")(c.Answering(ctx, user, has.session))
	l.note("attachment")(c.Attachment(ctx, user, has.attachment))
	l.note("client session")(c.ClientSession(ctx, user, has.client))
	l.note("refresh")(c.RefreshClientSession(ctx, user, has.client, time.Minute))
	l.note("cancel")(c.RequestCancel(ctx, user, has.session))
	l.note("patch")(c.PatchSession(ctx, user, has.session, store.SessionPatch{Title: &title}))
	turn, err := c.BeginTurn(ctx, user, store.TurnStart{SessionID: has.session, Message: say("hello")})
	l.note("begin")(turn, err)
	if err == nil {
		l.note("end")(turn.Session(), turn.End(ctx, store.Done, store.MessageChanges{}))
	}
	l.note("begin with attachment")(c.BeginTurn(ctx, user, store.TurnStart{
		New: &store.Session{ID: c.NewSessionID()}, Attachments: []string{has.attachment, "atc_never"},
	}))
	l.note("add message")(did(c.AddMessage(ctx, user, has.session, m)))
	l.note("save message")(did(c.SaveMessage(ctx, user, has.session, m)))
	l.note("save feedback")(did(c.SaveFeedback(ctx, user, has.session, []string{has.message}, store.Negative)))
	l.note("claim upload")(c.ClaimUpload(ctx, user, has.attachment))
	l.note("finish upload")(c.FinishUpload(ctx, user, store.Attachment{ID: has.attachment}))
	l.note("release upload")(did(c.ReleaseUpload(ctx, user, has.attachment)))
	l.note("delete message")(did(c.DeleteMessage(ctx, user, has.session, has.message)))
	l.note("delete attachment")(did(c.DeleteAttachment(ctx, user, has.attachment)))
	l.note("delete client session")(did(c.DeleteClientSession(ctx, user, has.client)))
	l.note("delete session")(did(c.DeleteSession(ctx, user, has.session)))
	return l
}

// lookAround runs the methods that take no id of a row.
func lookAround(c *store.Chats, user string, has chatsOf) *looker {
	l := &looker{errs: map[string]error{}}
	l.note("sessions")(c.Sessions(ctx, user, store.PageParams{}))
	l.note("sessions upwards")(c.Sessions(ctx, user, store.PageParams{Ascending: true}))
	l.note("search")(c.Search(ctx, user, secret, store.PageParams{}))
	l.note("usage")(c.Usage(ctx, user, time.Now()))
	l.note("replay")(c.Replay(ctx, user, has.key))
	if answer, err := c.ClaimKey(ctx, user, has.answered); answer != nil {
		l.note("key")(string(answer.Body), err)
	}
	l.note("use")(did(c.AddUsage(ctx, user, store.Usage{Input: 1})))
	return l
}

// TestChatsOfAnotherUser runs every method on Bob's ids as Alice, expecting
// what ids that never were give, nothing of Bob's, and Bob's rows untouched.
func TestChatsOfAnotherUser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		cfg := storetest.Config(t, engine)
		c := chats(storetest.OpenConfig(t, cfg))
		bobs := furnish(t, c, bob, secret)
		never := chatsOf{session: "thr_never", message: "msg_never", attachment: "atc_never", client: "cksess_never", key: bobs.key, answered: bobs.answered}
		before := storetest.Hash(t, cfg)
		theirs, missing := look(c, alice, bobs), look(c, alice, never)
		mixed := look(c, alice, chatsOf{session: saveSession(t, c, alice), message: bobs.message, attachment: bobs.attachment, client: bobs.client})
		if len(theirs.errs) < 20 {
			t.Errorf("only %d methods ran", len(theirs.errs))
		}
		for what, err := range theirs.errs {
			if fmt.Sprint(err) != fmt.Sprint(missing.errs[what]) {
				t.Errorf("%s: bob's = %v, missing = %v", what, err, missing.errs[what])
			}
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s = %v, want not found", what, err)
			}
		}
		if strings.Join(theirs.seen, ";") != strings.Join(missing.seen, ";") {
			t.Errorf("bob's shows %v, missing %v", theirs.seen, missing.seen)
		}
		if storetest.Hash(t, cfg) != before { // Alice has deleted her own again
			t.Error("something has changed")
		}
		around := lookAround(c, alice, bobs)
		all := strings.Join(append(append(theirs.seen, mixed.seen...), around.seen...), ";")
		if strings.Contains(all, secret) || strings.Contains(all, bobs.session) || strings.Contains(all, "4242") {
			t.Errorf("alice sees %s", all)
		}
		if _, err := c.Message(ctx, bob, bobs.session, bobs.message); err != nil {
			t.Errorf("bob's message: %v", err)
		}
	})
}

// aliceDoes runs everything there is as Alice, so that each query runs.
func aliceDoes(t testing.TB, c, dead *store.Chats, st *store.Store, cfg store.Config, bobs chatsOf, wrap func()) *looker {
	t.Helper()
	own := furnish(t, dead, alice, "alice's")
	die(t, cfg, "dead")
	wrap()
	l := lookAround(c, alice, own) // rescues, by the way
	c.Rescue(ctx)
	for _, has := range []chatsOf{bobs, own} {
		l.seen = append(l.seen, look(c, alice, has).seen...)
	}
	st.Wrap(nil)
	own = furnish(t, c, alice, "alice's")
	stale := store.Attachment{ID: c.NewAttachmentID(), BlobKey: "blob", ExpiresAt: time.Now().Add(-time.Hour)}
	pending := store.Attachment{ID: c.NewAttachmentID(), BlobKey: "blob"}
	if err := errors.Join(c.SaveAttachment(ctx, alice, stale), c.SaveAttachment(ctx, alice, pending)); err != nil {
		t.Fatal(err)
	}
	behind := storetest.Behind(t, cfg)
	for _, table := range []string{"chat_usage", "chat_stops"} {
		values := map[string]string{"chat_usage": "'2020-01-01', 1, 1", "chat_stops": "'s', 't', 'o', now() - INTERVAL '2 days'"}
		if _, err := behind.Exec("INSERT INTO " + table + " VALUES ('alice', " + values[table] + ") ON CONFLICT DO NOTHING"); err != nil {
			t.Fatal(err)
		}
	}
	wrap()
	title, user := "title", alice
	l.note("patch of turn")(own.turn.SaveSession(ctx, store.SessionPatch{Title: &title}))
	own.turn.Apply(ctx, store.MessageChanges{DeleteAfter: own.message, Delete: []string{bobs.message}, Save: []store.Message{message(bobs.message, store.FromTool, "x")}})
	own.turn.AddMessage(ctx, message(own.turn.NewID(), store.FromTool, "x"))
	own.turn.Checkpoint(ctx, nil)
	c.RequestCancel(ctx, user, own.session)
	watching, cancel := context.WithCancel(ctx)
	go func() { time.AfterFunc(time.Second, cancel) }()
	c.WatchCancels(watching, func(string, string, string) bool { cancel(); return true })
	own.turn.End(ctx, store.Done, store.MessageChanges{})
	gone, hangUp := context.WithCancel(ctx)
	hangUp()
	again, err := c.BeginTurn(ctx, user, store.TurnStart{SessionID: own.session, Message: say("more"), Attachments: []string{own.attachment}, Key: &store.Key{Endpoint: "e", Key: "k"}})
	if err == nil {
		again.Abandon(ctx)
	}
	if again, err = c.BeginTurn(ctx, user, store.TurnStart{SessionID: own.session}); err == nil {
		again.End(gone, store.Done, store.MessageChanges{})
		again.End(ctx, store.Done, store.MessageChanges{})
		again.End(ctx, store.Done, store.MessageChanges{})
	}
	l.note("replay")(c.Replay(ctx, user, own.key))
	c.SaveAttachment(ctx, user, store.Attachment{ID: own.attachment, Name: "again"})
	c.ClaimUpload(ctx, user, pending.ID)
	c.ReleaseUpload(ctx, user, pending.ID)
	c.ClaimUpload(ctx, user, pending.ID)
	c.FinishUpload(ctx, user, pending)
	c.SaveSession(ctx, user, store.Session{ID: own.session, Title: "again"})
	released := store.Key{Endpoint: "rest", Key: "released"}
	c.ClaimKey(ctx, user, released)
	c.ReleaseKey(ctx, user, released)
	finished := store.Key{Endpoint: "rest", Key: "finished"}
	c.ClaimKey(ctx, user, finished)
	c.FinishKey(ctx, user, finished, store.Answer{Status: 200})
	taken := store.Key{Endpoint: "rest", Key: "taken"}
	dead.ClaimKey(ctx, user, taken)
	die(t, cfg, "dead")
	c.ClaimKey(ctx, user, taken)
	c.CreateClientSession(ctx, user, c.NewClientSessionID(), time.Hour)
	c.Sweep(ctx, func(context.Context, string) error { return nil })
	l.seen = append(l.seen, look(c, alice, own).seen...)
	st.Wrap(nil)
	for _, table := range storetest.Tables() {
		if _, err := behind.Exec("DELETE FROM " + table + " WHERE user_id = 'alice'"); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// TestSecondWallOfChats is TestSecondWall for every query on chats.
func TestSecondWallOfChats(t *testing.T) {
	for _, engine := range []storetest.Engine{storetest.Postgres, storetest.PgBouncer, storetest.Superuser, storetest.BypassRLS} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			cfg := storetest.Config(t, engine)
			cfg.RequireRLS = true
			st := storetest.OpenConfig(t, cfg)
			bobsOwner := st.Chats(store.Replica{Owner: "bob's owner"})
			bobs := furnish(t, bobsOwner, bob, secret)
			if _, err := bobsOwner.RequestCancel(ctx, bob, bobs.session); err != nil {
				t.Fatal(err)
			}
			before := rowsOf(t, cfg, bob)
			queries := scopedQueries(t, true)
			for _, query := range queries {
				if err := bobsOwner.Beat(ctx); err != nil {
					t.Fatal(err)
				}
				passed := 0
				c, dead := st.Chats(store.Replica{}), st.Chats(store.Replica{Owner: "dead"})
				l := aliceDoes(t, c, dead, st, cfg, bobs, func() {
					st.Wrap(func(c store.DBTX) store.DBTX { return breaker{c, query, &passed} })
				})
				if passed == 0 {
					t.Errorf("%s: never ran without its user", query)
				}
				if all := strings.Join(l.seen, ";"); strings.Contains(all, secret) || strings.Contains(all, bobs.session) {
					t.Errorf("%s without its user: alice sees %s", query, all)
				}
				if after := rowsOf(t, cfg, bob); after != before {
					t.Fatalf("%s without its user: bob's rows were\n%s\nand are\n%s", query, before, after)
				}
			}
			if len(queries) < 50 {
				t.Errorf("only %d queries were broken", len(queries))
			}
			counted(t, queries)
		})
	}
}

func rowsOf(t testing.TB, cfg store.Config, user string) string {
	t.Helper()
	behind := storetest.Behind(t, cfg)
	defer behind.Close()
	var all []string
	for _, table := range storetest.Tables() {
		var text string
		err := behind.QueryRow("SELECT COALESCE(string_agg(t::text, ';' ORDER BY t::text), '') FROM "+table+" t WHERE user_id = $1", user).Scan(&text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, table+": "+text)
	}
	return strings.Join(all, "\n")
}

// TestFirstWallOfChats is the control: on SQLite the same breaking must show.
func TestFirstWallOfChats(t *testing.T) {
	st := storetest.Open(t, storetest.SQLite)
	c := chats(st)
	bobs := furnish(t, c, bob, secret)
	for query, read := range map[string]func() (any, error){
		"GetSession":       func() (any, error) { return c.Session(ctx, alice, bobs.session) },
		"ListMessagesDesc": func() (any, error) { return c.Messages(ctx, alice, bobs.session, store.PageParams{}) },
		"SearchSessions":   func() (any, error) { return c.Search(ctx, alice, secret, store.PageParams{}) },
	} {
		passed := 0
		st.Wrap(func(c store.DBTX) store.DBTX { return breaker{c, query, &passed} })
		shown, err := read()
		text, _ := json.Marshal(shown)
		if !strings.Contains(string(text), secret) {
			t.Fatalf("without its user, %s shows %s, %v: the breaker does not break", query, text, err)
		}
	}
	caught(t)
}
