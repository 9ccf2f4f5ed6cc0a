package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A call that hangs when the grace ends says so: a stream that just ends would
// pass for an answer.
func TestCallCutOffByTheStop(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *fakeTime) {
		started, _ := hanging(t)
		token := f.token(t, "alice")
		session := as(token, headerVersion, "2025-11-25")
		session[headerSession] = f.post(t, initializeMessage, session).Header.Get(headerSession)
		body, header := modern(token, "tools/call", map[string]any{"name": "get_stats"})
		older, newer := f.dial(t), f.dial(t)
		older.send(t, "POST", "/mcp", ask(1, "tools/call", `{"name":"get_stats"}`), session)
		newer.send(t, "POST", "/mcp", body, header)
		<-started
		<-started
		stopped := make(chan struct{}) // time stands still for who waits for f.stop itself
		go func() { defer close(stopped); f.stop() }()
		defer func() { <-stopped }()
		for era, c := range map[string]*rawConn{"older": older, "newer": newer} {
			a := c.answer(t)
			if a.Status != http.StatusOK || string(a.Message.ID) != "1" || a.Message.Result == nil {
				t.Fatalf("%s era: HTTP %d %q, want a result in the stream", era, a.Status, a.Body)
			}
			if out := outcomeOf(t, a.Message); !out.IsError || out.Meta["taskwire/error"] != codeUnavailable {
				t.Errorf("%s era: %s, %v, want the tool error %s", era, out.text(), out.Meta, codeUnavailable)
			}
		}
		<-stopped
		if log := f.Log.String(); !strings.Contains(log, "cancelling requests") {
			t.Errorf("nothing hung when the grace was over: %s", log)
		}
	})
}

// A stream lives no longer than the token that opened it.
func TestStreamEndsWithItsToken(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *fakeTime) {
		const life = 10 * time.Minute
		claims := f.Provider.Claims("alice", f.URL, scopeRead)
		claims["exp"] = time.Now().Add(life).Unix()
		token := f.Provider.Sign(t, claims)
		session := as(token, headerVersion, "2025-11-25")
		session[headerSession] = f.post(t, initializeMessage, session).Header.Get(headerSession)
		c := f.dial(t)
		c.send(t, "GET", "/mcp", "", session)
		res := c.begin(t)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("HTTP %d", res.StatusCode)
		}
		ended := make(chan struct{})
		go func() { defer close(ended); _, _ = io.Copy(io.Discard, res.Body) }()
		over := func() bool {
			synctest.Wait()
			select {
			case <-ended:
				return true
			default:
				return false
			}
		}
		if time.Sleep(life - time.Second); over() {
			t.Error("the stream has ended before its token")
		}
		if time.Sleep(time.Minute); !over() { // what clocks may differ by included
			t.Error("the stream goes on when its token has ended")
		}
		session["Authorization"] = "Bearer " + f.token(t, "alice")
		if a := f.post(t, ask(1, "ping", ""), session); a.Status != http.StatusOK {
			t.Errorf("the session with a new token: HTTP %d %s", a.Status, a.Body)
		}
	})
}
