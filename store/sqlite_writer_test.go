package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"taskwire/store"
	"taskwire/store/storetest"
)

// hookKey is under what a context carries a hook: what runs before the first
// change of a transaction, in it.
type hookKey struct{}

type hook func(context.Context, store.DBTX) error

func withHook(h hook) context.Context {
	var once sync.Once
	return context.WithValue(ctx, hookKey{}, hook(func(ctx context.Context, conn store.DBTX) (err error) {
		once.Do(func() { err = h(ctx, conn) })
		return err
	}))
}

type hooked struct{ store.DBTX }

func (h hooked) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if run, ok := ctx.Value(hookKey{}).(hook); ok {
		if err := run(ctx, h.DBTX); err != nil {
			return pgconn.CommandTag{}, err
		}
	}
	return h.DBTX.Exec(ctx, sql, args...)
}

// liteStore is a SQLite store whose transactions can be hooked into.
func liteStore(t testing.TB) (*store.Store, store.Config) {
	t.Helper()
	cfg := storetest.Config(t, storetest.SQLite)
	st, err := store.Open(ctx, cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	st.Wrap(func(conn store.DBTX) store.DBTX { return hooked{conn} })
	return st, cfg
}

// inside starts a change that stops in the middle of its transaction until
// release is called. Then ended gives what became of it.
func inside(t testing.TB, st *store.Store, user, title string) (release func(), ended <-chan error) {
	t.Helper()
	reached, gate, result := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	ctx := withHook(func(context.Context, store.DBTX) error {
		close(reached)
		<-gate
		return nil
	})
	go func() {
		_, err := st.Tasks().Create(ctx, user, store.NewTask{Title: title}, store.Call{Tool: "t", ID: title})
		result <- err
	}()
	<-reached
	return sync.OnceFunc(func() { close(gate) }), result
}

// queue runs changes while the connection is taken, and returns when all wait.
func queue(t testing.TB, st *store.Store, changes []func() error) (results func() []error) {
	t.Helper()
	var group sync.WaitGroup
	errs := make([]error, len(changes))
	for i, change := range changes {
		group.Go(func() { errs[i] = change() })
		waits(t, st, i+1) // in this order
	}
	return func() []error {
		group.Wait()
		return errs
	}
}

func waits(t testing.TB, st *store.Store, n int) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); st.Waiting() != n; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d wait, want %d", st.Waiting(), n)
		}
	}
}

// panics runs fn and returns what it panicked with.
func panics(fn func()) (value any) {
	defer func() { value = recover() }()
	fn()
	return nil
}

// TestFailuresInAGroup: of many that commit together each has its own success
// or failure, and what failed has left nothing.
func TestFailuresInAGroup(t *testing.T) {
	st, cfg := liteStore(t)
	defer st.Close()
	c := chats(st)
	session, taken := saveSession(t, c, alice), c.NewMessageID()
	if err := c.AddMessage(ctx, alice, session, message(taken, store.FromUser, "first")); err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(ctx)
	var panicked any
	add := func(id, text string) func() error {
		return func() error { return c.AddMessage(ctx, alice, session, message(id, store.FromUser, text)) }
	}
	turn := func(message func(func() string) (store.Message, error), files ...string) func() error {
		return func() error {
			_, err := c.BeginTurn(ctx, alice, store.TurnStart{New: &store.Session{ID: c.NewSessionID()}, Message: message, Attachments: files})
			return err
		}
	}
	cases := []struct {
		name   string
		change func() error
		want   error
	}{
		{"good", add(c.NewMessageID(), "a"), nil},
		{"a taken id", add(taken, "b"), store.ErrExists},
		{"good after a failure", add(c.NewMessageID(), "c"), nil},
		{"no session", func() error { return c.AddMessage(ctx, bob, session, message("msg_1", store.FromUser, "d")) }, store.ErrNotFound},
		{"a turn of many statements", turn(say("e")), nil},
		{"one that fails in its last", turn(func(id func() string) (store.Message, error) { return store.Message{ID: id()}, nil }), store.ErrInvalid},
		{"one that fails in its first", turn(say("f"), "atc_never"), store.ErrNotFound},
		{"a panic", func() error {
			panicked = panics(func() { _ = turn(func(func() string) (store.Message, error) { panic("a bug") })() })
			return nil
		}, nil},
		{"a caller who leaves", func() error { return c.AddMessage(gone, alice, session, message("msg_2", store.FromUser, "g")) }, context.Canceled},
		{"a change that returns its row", func() error {
			title := "renamed"
			s, err := c.PatchSession(ctx, alice, session, store.SessionPatch{Title: &title})
			if s.Title != title && err == nil {
				err = fmt.Errorf("the row has the title %q", s.Title)
			}
			return err
		}, nil},
		{"good after all", add(c.NewMessageID(), "h"), nil},
	}
	var changes []func() error
	for _, c := range cases {
		changes = append(changes, c.change)
	}
	release, first := inside(t, st, alice, "first")
	results := queue(t, st, changes)
	leave()
	waits(t, st, len(changes)-1)
	release()
	if err := <-first; err != nil {
		t.Error(err)
	}
	for i, err := range results() {
		if !errors.Is(err, cases[i].want) {
			t.Errorf("%s = %v, want %v", cases[i].name, err, cases[i].want)
		}
	}
	if panicked != "a bug" {
		t.Errorf("the panic came out as %v", panicked)
	}
	if got := strings.Join(texts(t, c, alice, session), " "); got != "first a c h" {
		t.Errorf("the session has %q", got)
	}
	for table, want := range map[string]int{"tasks": 1, "chat_sessions": 2, "chat_messages": 5, "chat_turns": 1, "chat_attachments": 0} {
		if n := storetest.Count(t, cfg, table); n != want {
			t.Errorf("%d rows in %s, want %d", n, table, want)
		}
	}
}

// TestGroupIsAcknowledgedTogether: nobody hears of success, or sees the change,
// before the commit that makes it last.
func TestGroupIsAcknowledgedTogether(t *testing.T) {
	st, cfg := liteStore(t)
	defer st.Close()
	release, first := inside(t, st, alice, "first")
	acknowledged := make(chan error, 1)
	results := queue(t, st, []func() error{func() error {
		_, err := st.Tasks().Create(ctx, alice, store.NewTask{Title: "early"}, store.Call{})
		acknowledged <- err
		return err
	}})
	reached, gate := make(chan struct{}), make(chan struct{})
	late := make(chan error, 1)
	go func() {
		ctx := withHook(func(ctx context.Context, conn store.DBTX) error {
			var n int64 // those of the group see each other: they come after one another
			if err := conn.QueryRow(ctx, "SELECT COUNT(*) FROM tasks WHERE title = 'early'").Scan(&n); err != nil || n != 1 {
				t.Errorf("in the group: %d, %v", n, err)
			}
			close(reached)
			<-gate
			return nil
		})
		_, err := st.Tasks().Create(ctx, alice, store.NewTask{Title: "late"}, store.Call{Tool: "t", ID: "late"})
		late <- err
	}()
	waits(t, st, 2)
	release()
	<-reached
	// What was too slow for the group has been committed without the late one.
	heard := len(acknowledged) > 0
	if n := storetest.Count(t, cfg, "tasks"); heard && n < 2 || n > 2 {
		t.Errorf("%d tasks before the commit, acknowledged %v", n, heard)
	}
	close(gate)
	if err := errors.Join(results()[0], <-late, <-first); err != nil {
		t.Error(err)
	}
	if n := storetest.Count(t, cfg, "tasks"); n != 3 {
		t.Errorf("%d tasks after the commit, want 3", n)
	}
}

// TestLostGroup: where SQLite takes back the whole transaction, as it does when
// the disk is full, only the one that brought it about fails.
func TestLostGroup(t *testing.T) {
	st, cfg := liteStore(t)
	defer st.Close()
	broke := errors.New("the disk is full")
	var changes []func() error
	for i := range 6 {
		changes = append(changes, func() error {
			ctx := ctx
			if i == 3 {
				ctx = withHook(func(ctx context.Context, conn store.DBTX) error {
					_, err := conn.Exec(ctx, "ROLLBACK")
					return errors.Join(broke, err)
				})
			}
			_, err := st.Tasks().Create(ctx, alice, store.NewTask{Title: fmt.Sprint(i)}, store.Call{Tool: "t", ID: fmt.Sprint(i)})
			return err
		})
	}
	release, first := inside(t, st, alice, "first")
	results := queue(t, st, changes)
	release()
	if err := <-first; err != nil {
		t.Error(err)
	}
	for i, err := range results() {
		if want := error(nil); i == 3 && !errors.Is(err, broke) || i != 3 && err != want {
			t.Errorf("change %d = %v", i, err)
		}
	}
	if n := storetest.Count(t, cfg, "tasks"); n != 6 {
		t.Errorf("%d tasks, want 6", n)
	}
}

// TestFullFile: what does not fit is refused as unavailable, what stands beside
// it in the group is made, and there is room again when there is.
func TestFullFile(t *testing.T) {
	st, cfg := liteStore(t)
	defer st.Close()
	c := chats(st)
	session := saveSession(t, c, alice)
	var pages int
	if err := storetest.Behind(t, cfg).QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(pages int) {
		_, err := st.Tasks().Toggle(withHook(func(ctx context.Context, conn store.DBTX) error {
			_, err := conn.Exec(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
			return err
		}), alice, create(t, st, alice, store.NewTask{Title: "one"}).ID, nil, anyVersion, store.Call{Tool: "t", ID: fmt.Sprint(pages)})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(pages + 4)
	big := message("msg_big", store.FromUser, strings.Repeat("long ", 20_000))
	var changes []func() error
	for i := range 7 {
		changes = append(changes, func() error {
			if i == 3 {
				return c.AddMessage(ctx, alice, session, big)
			}
			title := fmt.Sprint("title ", i)
			_, err := c.PatchSession(ctx, alice, session, store.SessionPatch{Title: &title})
			return err
		})
	}
	release, first := inside(t, st, alice, "first")
	results := queue(t, st, changes)
	release()
	if err := <-first; err != nil {
		t.Error(err)
	}
	for i, err := range results() {
		if i == 3 && !errors.Is(err, store.ErrUnavailable) || i != 3 && err != nil {
			t.Errorf("change %d = %v", i, err)
		}
	}
	limit(1 << 20)
	if err := c.AddMessage(ctx, alice, session, big); err != nil {
		t.Errorf("with room: %v", err)
	}
}

// TestCloseWithWaiters: who has begun ends well, who waits hears at once that
// the store is closed.
func TestCloseWithWaiters(t *testing.T) {
	st, cfg := liteStore(t)
	release, first := inside(t, st, alice, "first")
	var changes []func() error
	for range 5 {
		changes = append(changes, func() error {
			_, err := st.Tasks().Create(ctx, alice, store.NewTask{Title: "waits"}, store.Call{})
			return err
		})
	}
	results := queue(t, st, changes)
	closed := make(chan struct{})
	go func() {
		st.Close()
		close(closed)
	}()
	for i, err := range results() {
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("waiter %d = %v, want unavailable", i, err)
		}
	}
	select {
	case <-closed:
		t.Error("closed while a change was under way")
	default:
	}
	release()
	if err := <-first; err != nil {
		t.Error(err)
	}
	<-closed
	if n := storetest.Count(t, cfg, "tasks"); n != 1 {
		t.Errorf("%d tasks, want 1", n)
	}
}

// TestGroupsWriteLess: those who wait commit together, which shows in what the
// log of the file grows by.
func TestGroupsWriteLess(t *testing.T) {
	st, cfg := liteStore(t)
	defer st.Close()
	size := func() int64 {
		info, err := os.Stat(strings.TrimPrefix(cfg.URL, "sqlite://") + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	change := func() error {
		_, err := st.Tasks().Create(ctx, alice, store.NewTask{Title: "one"}, store.Call{})
		return err
	}
	var changes []func() error
	release, first := inside(t, st, alice, "first")
	for range 40 {
		changes = append(changes, change)
	}
	results, before := queue(t, st, changes), size()
	release()
	if err := errors.Join(append(results(), <-first)...); err != nil {
		t.Fatal(err)
	}
	together := size() - before
	for range 40 {
		if err := change(); err != nil {
			t.Fatal(err)
		}
	}
	if oneByOne := size() - before - together; together > oneByOne*2/3 {
		t.Errorf("together they wrote %d bytes, one by one %d", together, oneByOne)
	}
}

// TestRefusalWaitsForItsReason: who is refused for what another of the group has
// changed hears of it when that is there for all to see.
func TestRefusalWaitsForItsReason(t *testing.T) {
	st, _ := liteStore(t)
	defer st.Close()
	c := st.Chats(store.Replica{})
	key := store.Key{Endpoint: "chat", Key: "k", Hash: []byte("body")}
	begin := func() error {
		_, err := c.BeginTurn(ctx, alice, store.TurnStart{New: &store.Session{ID: c.NewSessionID()}, Key: &key})
		return err
	}
	refused := make(chan error, 1)
	release, first := inside(t, st, alice, "first")
	results := queue(t, st, []func() error{
		begin,
		func() error {
			err := begin()
			if errors.Is(err, store.ErrKeyTaken) {
				_, err = c.Replay(ctx, alice, key)
			}
			refused <- err
			return nil
		},
		func() error { // keeps the group open for a moment
			ctx := withHook(func(context.Context, store.DBTX) error {
				select {
				case err := <-refused: // before the commit
					refused <- err
				case <-time.After(50 * time.Millisecond):
				}
				return nil
			})
			_, err := st.Tasks().Create(ctx, alice, store.NewTask{Title: "last"}, store.Call{})
			return err
		},
	})
	release()
	if err := errors.Join(append(results(), <-first)...); err != nil {
		t.Error(err)
	}
	if err := <-refused; !errors.Is(err, store.ErrKeyRunning) {
		t.Errorf("the answer to the repeated key = %v, want %v", err, store.ErrKeyRunning)
	}
}
