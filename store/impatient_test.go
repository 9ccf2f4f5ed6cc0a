package store_test

import (
	"errors"
	"testing"
	"time"

	"taskwire/store"
	"taskwire/store/storetest"
)

// TestImpatient: calls of one request wait for the database together no longer
// than one alone, and those after that not at all; a turn that has begun has
// its own time.
func TestImpatient(t *testing.T) {
	cfg := storetest.Config(t, storetest.Postgres)
	st := storetest.OpenConfig(t, cfg)
	hurried := store.Impatient(ctx)
	add := func() error {
		_, err := st.Tasks().Create(hurried, alice, store.NewTask{Title: "one"}, store.Call{})
		return err
	}
	if err := add(); err != nil {
		t.Fatal(err)
	}
	release := lockTasks(t, cfg) // for which each call alone would wait 2 s
	err := withinTime(t, 5*time.Second, "a request of many calls", func() error {
		for range 10 {
			if err := add(); !errors.Is(err, store.ErrUnavailable) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("against a lock: %v, want unavailable", err)
	}
	release()
	if err := add(); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("with no patience left: %v, want unavailable", err)
	}
	answered := store.Impatient(ctx)
	if _, err := chats(st).BeginTurn(answered, alice, store.TurnStart{New: &store.Session{ID: "thr_1"}, Message: say("hello")}); err != nil {
		t.Fatal(err)
	}
	hurried = answered
	release = lockTasks(t, cfg)
	for range 2 {
		if err := add(); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("against a lock: %v, want unavailable", err)
		}
	}
	release()
	if err := add(); err != nil {
		t.Errorf("in a turn, behind calls that have waited: %v", err)
	}
}
