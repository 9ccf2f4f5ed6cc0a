package store_test

import (
	"errors"
	"testing"
	"time"

	"taskwire/store"
	"taskwire/store/storetest"
)

// A turn that changes its session waits for the session before it holds itself,
// as whoever deletes the session does. In the other order each would wait for
// the other, and PostgreSQL take a second to see it.
func TestTurnWaitsForItsSessionFirst(t *testing.T) {
	cfg := storetest.Config(t, storetest.Postgres)
	c := chats(storetest.OpenConfig(t, cfg))
	id, title := c.NewSessionID(), "title"
	turn, err := c.BeginTurn(ctx, alice, store.TurnStart{New: &store.Session{ID: id}})
	if err != nil {
		t.Fatal(err)
	}
	waitsAtTheSession(t, cfg, id, func() error {
		_, err := turn.SaveSession(ctx, store.SessionPatch{Title: &title})
		return err
	})
}

// A delete and a turn that begins wait for each other at the session's row. If
// the delete held the turns by then, which the other needs next, PostgreSQL would
// have to end one of them.
func TestDeleteWaitsAtTheSession(t *testing.T) {
	cfg := storetest.Config(t, storetest.Postgres)
	c := chats(storetest.OpenConfig(t, cfg))
	id := c.NewSessionID()
	turn, err := c.BeginTurn(ctx, alice, store.TurnStart{New: &store.Session{ID: id, Title: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := turn.End(ctx, store.Done, store.MessageChanges{}); err != nil {
		t.Fatal(err)
	}
	waitsAtTheSession(t, cfg, id, func() error { return c.DeleteSession(ctx, alice, id) })
	if _, err := c.Session(ctx, alice, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after the delete: %v", err)
	}
}

// waitsAtTheSession checks that do waits for somebody who holds the session's
// row, and holds none of its turns meanwhile.
func waitsAtTheSession(t *testing.T, cfg store.Config, id string, do func() error) {
	t.Helper()
	behind := storetest.Behind(t, cfg)
	other, err := behind.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback()
	if _, err := other.ExecContext(ctx, "UPDATE chat_sessions SET updated_at = updated_at WHERE session_id = $1", id); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- do() }()
	const waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%chat_sessions%'"
	for n := 0; n == 0; time.Sleep(5 * time.Millisecond) {
		if err := behind.QueryRowContext(ctx, waiting, cfg.Schema).Scan(&n); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
	}
	if _, err := other.ExecContext(ctx, "SELECT 1 FROM chat_turns WHERE session_id = $1 FOR UPDATE NOWAIT", id); err != nil {
		t.Errorf("it holds a turn: %v", err)
	}
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
