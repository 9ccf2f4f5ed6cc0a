package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// E07's kin: an access token with each of its bits flipped in turn, and cut
// short. The good one opens the door, no other does.
func TestEveryBit(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, map[string]string{"LOG_LEVEL": "error"})
	good := h.token(t, "alice")
	stack := h.Server.routes()
	body, header := createCall("")
	ask := func(token string) int {
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
		r.Host, r.RemoteAddr = strings.TrimPrefix(h.Base, "http://"), "127.0.0.1:1"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		for name, value := range header {
			r.Header.Set(name, value)
		}
		r.Header["Authorization"] = []string{"Bearer " + token} // bytes that no client would send
		w := httptest.NewRecorder()
		stack.ServeHTTP(w, r)
		return w.Code
	}
	if got := ask(good); got != http.StatusOK {
		t.Fatalf("unchanged: HTTP %d, want 200", got)
	}
	before, taken := h.hash(t), 0
	for i := range len(good) * 8 {
		flipped := []byte(good)
		flipped[i/8] ^= 1 << (i % 8)
		if got := ask(string(flipped)); got != http.StatusUnauthorized {
			taken++
			t.Errorf("bit %d flipped: HTTP %d, want 401", i, got)
		}
	}
	for n := range len(good) {
		if got := ask(good[:n]); got != http.StatusUnauthorized {
			t.Errorf("cut to %d bytes: HTTP %d, want 401", n, got)
		}
	}
	if h.hash(t) != before {
		t.Error("a row has changed")
	}
	tally.Counted(t, tally.Entry{Promise: "P8", What: "bits flipped", Runs: len(good) * 8, Broken: taken})
}
