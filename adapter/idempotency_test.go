package main

import (
	"strings"
	"sync"
	"testing"

	"taskwire/store/storetest"
)

func TestIdempotentUpload(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		h := start(t, setup{noTools: true, engine: engine})
		upload := func(user, key, content string) answer {
			contentType, body := formOf(t, "a.txt", "text/plain", content)
			return h.send(t, "POST", "/api/chatkit/upload", body, h.as(t, user).with("Content-Type", contentType).with("Idempotency-Key", key))
		}
		first := upload("alice", "k1", "hello").ok(t, 200)
		if again := upload("alice", "k1", "hello").ok(t, 200); again.Body != first.Body || again.Header.Get("Content-Type") != "application/json" {
			t.Errorf("again: %s, want %s", again.Body, first.Body)
		}
		upload("alice", "k1", "another").refused(t, 422, "key_reused")
		if first.Header.Get(fileSum) != "" {
			t.Error("the answer shows what is kept for us")
		}
		long := strings.Repeat("a line of a long file\n", 10000) // they differ at the end alone
		kept := upload("alice", "k3", long+"1").ok(t, 200)
		upload("alice", "k3", long+"2").refused(t, 422, "key_reused")
		upload("alice", "k3", long).refused(t, 422, "key_reused")
		if again := upload("alice", "k3", long+"1").ok(t, 200); again.Body != kept.Body {
			t.Errorf("again: %s, want %s", again.Body, kept.Body)
		}
		if other := upload("bob", "k1", "hello").ok(t, 200); other.Body == first.Body {
			t.Error("bob got alice's answer")
		}
		upload("alice", "", "hello").ok(t, 200)
		upload("alice", strings.Repeat("k", 256), "hello").refused(t, 400, "invalid")
		// A failure is no answer to keep.
		upload("alice", "k2", "a\x00").refused(t, 415, "unsupported_media_type")
		upload("alice", "k2", "a\x00").refused(t, 415, "unsupported_media_type")
		if got := len(h.stored(t)); got != 4 {
			t.Errorf("%d files are stored, want 4", got)
		}
	})
}

// Of many at once, one takes effect; the others hear of it or have to wait.
func TestIdempotentAtOnce(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true, engine: storetest.Postgres})
	contentType, body := formOf(t, "a.txt", "text/plain", "hello")
	hd := h.as(t, "alice").with("Content-Type", contentType).with("Idempotency-Key", "k")
	var wait sync.WaitGroup
	answers := make([]answer, 20)
	for i := range answers {
		wait.Go(func() {
			var err error
			if answers[i], err = exchange(t.Context(), "POST", h.Base+"/api/chatkit/upload", body, hd); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	bodies := map[string]bool{}
	for _, a := range answers {
		switch a.Status {
		case 200:
			bodies[a.Body] = true
		case 409:
			a.refused(t, 409, "key_running")
		default:
			t.Errorf("HTTP %d, %s", a.Status, a.Body)
		}
	}
	if len(bodies) != 1 || len(h.stored(t)) != 1 {
		t.Errorf("%d answers, %d files", len(bodies), len(h.stored(t)))
	}
}
