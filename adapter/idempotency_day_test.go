package main

import (
	"encoding/json"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
	"taskwire/store"
)

// An Idempotency-Key gives its first answer for 24 hours; then it is free.
func TestKeysForADay(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *clocked) {
		send := func(name string) answer {
			body := operate(chatkit.TypeCreateAttachment, `{"name":"`+name+`","size":1,"mime_type":"text/plain"}`)
			return f.exchange(t, post("/api/chatkit", body, "Idempotency-Key: k", "Connection: close"))
		}
		id := func(a answer) (made struct{ ID string }) {
			t.Helper()
			if err := json.Unmarshal([]byte(a.ok(t, 200).Body), &made); err != nil || made.ID == "" {
				t.Fatalf("%s: %v", a.Body, err)
			}
			return made
		}
		first := send("a.txt")
		made := id(first)
		time.Sleep(store.KeyLifetime - time.Minute)
		if again := send("a.txt"); again.Body != first.Body {
			t.Errorf("within the day: %s, want %s", again.Body, first.Body)
		}
		send("b.txt").refusedAs(t, "another body within the day", 422, "key_reused", "")
		time.Sleep(2 * time.Minute)
		if later := id(send("b.txt")); later == made {
			t.Errorf("after the day: %v again", later)
		}
	})
}
