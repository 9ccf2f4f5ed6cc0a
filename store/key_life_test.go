package store_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/store"
	"taskwire/store/storetest"
)

// A call id, and an idempotency key, is known for a day to the second, and then
// no longer, whether it was swept or not.
func TestKeysLiveADay(t *testing.T) {
	kinds := map[string]func(t *testing.T, st *store.Store) dayKey{"of calls": callKey, "of requests": requestKey}
	for name, kind := range kinds {
		for when, swept := range map[string]bool{"swept": true, "not swept": false} {
			t.Run(name+", "+when, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					st := storetest.OpenConfig(t, storetest.Config(t, storetest.SQLite))
					testDay(t, kind(t, st), swept)
				})
			})
		}
	}
}

// A dayKey comes again with the same content or another one. use reports what
// it is told of, reused whether the key came with something else before.
type dayKey struct {
	life  time.Duration
	use   func(content string) (told string, reused bool)
	sweep func() (removed int, err error)
}

func testDay(t *testing.T, k dayKey, swept bool) {
	first, _ := k.use("one")
	time.Sleep(k.life - time.Second)
	if n, err := k.sweep(); n != 0 || err != nil {
		t.Errorf("%d keys were swept before their time, %v", n, err)
	}
	if again, reused := k.use("one"); again != first || reused {
		t.Errorf("within the day: %q, want %q", again, first)
	}
	if _, reused := k.use("two"); !reused {
		t.Error("within the day another content is taken")
	}
	time.Sleep(2 * time.Second)
	if swept {
		if n, err := k.sweep(); n != 1 || err != nil {
			t.Errorf("%d keys were swept, %v, want 1", n, err)
		}
	}
	second, reused := k.use("two")
	if second == first || reused {
		t.Errorf("after the day: %q, reused %v", second, reused)
	}
	if again, _ := k.use("two"); again != second {
		t.Errorf("the new day: %q, want %q", again, second)
	}
}

// callKey is an idempotency key of create_task.
func callKey(t *testing.T, st *store.Store) dayKey {
	return dayKey{
		life: store.CallLifetime,
		use: func(content string) (told string, reused bool) {
			task, err := st.Tasks().Create(t.Context(), alice, store.NewTask{Title: content}, store.Call{Tool: "create_task", Key: "k", Args: []byte(content)})
			if err != nil && !errors.Is(err, store.ErrCallReused) {
				t.Fatal(err)
			}
			return task.ID, err != nil
		},
		sweep: func() (int, error) { return st.Sweep(t.Context()) },
	}
}

// requestKey is the Idempotency-Key of a request that does not stream.
func requestKey(t *testing.T, st *store.Store) dayKey {
	c := chats(st)
	served := 0
	return dayKey{
		life: store.KeyLifetime,
		use: func(content string) (told string, reused bool) {
			k := store.Key{Endpoint: "POST /e", Key: "k", Hash: []byte(content)}
			answer, err := c.ClaimKey(t.Context(), alice, k)
			switch {
			case errors.Is(err, store.ErrKeyReused):
				return "", true
			case err != nil:
				t.Fatal(err)
			case answer != nil:
				return string(answer.Body), false
			}
			served++
			made := store.Answer{Status: 200, Body: []byte{'0' + byte(served)}}
			if err := c.FinishKey(t.Context(), alice, k, made); err != nil {
				t.Fatal(err)
			}
			return string(made.Body), false
		},
		sweep: func() (int, error) {
			return c.Sweep(t.Context(), func(context.Context, string) error { return nil })
		},
	}
}
