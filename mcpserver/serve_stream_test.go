package main

import (
	"io"
	"maps"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/edge"
)

// listens opens the stream of a session on a connection of its own.
func (f *fakeTime) listens(t *testing.T, session map[string]string) (*rawConn, *http.Response) {
	c := f.dial(t)
	c.send(t, "GET", "/mcp", "", session)
	return c, c.begin(t)
}

// A session has one stream at a time, which ends with it: by DELETE, by
// silence of half an hour, and when its token expires.
func TestStreamOfASession(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *fakeTime) {
		claims := f.Provider.Claims("alice", f.URL)
		claims["exp"] = time.Now().Add(20 * time.Hour).Unix()
		opened := func() map[string]string {
			session := as(f.Provider.Sign(t, claims), headerVersion, "2025-11-25")
			session[headerSession] = f.post(t, initializeMessage, session).Header.Get(headerSession)
			return session
		}
		first := opened()
		c, res := f.listens(t, first)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("HTTP %d", res.StatusCode)
		}
		if _, second := f.listens(t, first); second.StatusCode != http.StatusConflict {
			t.Errorf("a second stream of one session: HTTP %d, want 409", second.StatusCode)
		}
		c.Close()
		synctest.Wait()
		for reason, end := range map[string]func(session map[string]string){
			"DELETE": func(session map[string]string) {
				d := f.dial(t)
				d.send(t, "DELETE", "/mcp", "", session)
				if a := d.answer(t); a.Status != http.StatusNoContent {
					t.Errorf("DELETE: HTTP %d", a.Status)
				}
			},
			"silence": func(map[string]string) { time.Sleep(sessionIdle + time.Minute) },
		} {
			session := opened()
			if reason == "DELETE" {
				session = first // whose first stream is over
			}
			_, res := f.listens(t, session)
			if res.StatusCode != http.StatusOK {
				t.Fatalf("%s: HTTP %d", reason, res.StatusCode)
			}
			ended := make(chan error, 1)
			go func() {
				_, err := io.Copy(io.Discard, res.Body)
				ended <- err
			}()
			synctest.Wait()
			end(session)
			synctest.Wait()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("%s: the stream is cut: %v", reason, err)
				}
			default:
				t.Errorf("%s: the stream goes on without its session", reason)
				return
			}
			if _, res := f.listens(t, session); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: a stream of a session that is over: HTTP %d", reason, res.StatusCode)
			}
		}
		if n := len(f.Server.sessions.streams); n > 0 {
			t.Errorf("%d streams are kept in mind", n)
		}
	})
}

// A stream that is over before its opening has ended leaves the place to the next
// one of the session, which is then ended with it.
func TestNextStreamOfASession(t *testing.T) {
	s := newSessions(0)
	s.owners["x"] = "alice"
	next := &edge.HeldStream{}
	_, err := s.listen("x", func(over func()) (*edge.HeldStream, error) {
		over()
		first, err := s.listen("x", func(func()) (*edge.HeldStream, error) { return next, nil })
		if !first || err != nil {
			t.Errorf("the next one: %v, %v", first, err)
		}
		return &edge.HeldStream{}, nil
	})
	if err != nil || s.streams["x"].stream != next {
		t.Errorf("the session has %v, %v, want its next stream", s.streams["x"], err)
	}
}

// What is no wish for a new stream is refused, and costs none of the user's.
func TestStreamRefusals(t *testing.T) {
	onFakeTime(t, map[string]string{"MAX_STREAMS_PER_USER": "1"}, func(t *testing.T, f *fakeTime) {
		session := as(f.token(t, "alice"), headerVersion, "2025-11-25")
		session[headerSession] = f.post(t, initializeMessage, session).Header.Get(headerSession)
		for name, change := range map[string]map[string]string{
			"no session":        {headerSession: ""},
			"JSON alone":        {"Accept": "application/json"},
			"one to be resumed": {"Last-Event-ID": "_0"},
		} {
			header := maps.Clone(session)
			maps.Copy(header, change)
			if header[headerSession] == "" {
				delete(header, headerSession)
			}
			if _, res := f.listens(t, header); res.StatusCode != http.StatusBadRequest || res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: HTTP %d %v", name, res.StatusCode, res.Header)
			}
		}
		for _, accept := range []string{"text/event-stream;q=1, */*;q=0.1", "TEXT/*", "*/*"} {
			header := maps.Clone(session)
			header["Accept"] = accept
			c, res := f.listens(t, header)
			if res.StatusCode != http.StatusOK {
				t.Errorf("Accept: %s: HTTP %d", accept, res.StatusCode)
			}
			c.Close()
			synctest.Wait()
		}
	})
}

// Every request for /mcp counts for the limit of its user, whatever its verb.
func TestEveryVerbIsLimited(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPost} {
		onFakeTime(t, map[string]string{"RATE_READS_PER_MINUTE": "2", "RATE_TOOL_CALLS_PER_MINUTE": "2"}, func(t *testing.T, f *fakeTime) {
			ask := func(user string) int {
				c := f.dial(t)
				defer c.Close()
				c.send(t, method, "/mcp", "", as(f.token(t, user)))
				return c.begin(t).StatusCode
			}
			for range 4 {
				if status := ask("alice"); status == http.StatusTooManyRequests {
					t.Fatalf("%s within the limit: HTTP %d", method, status)
				}
			}
			if status := ask("alice"); status != http.StatusTooManyRequests {
				t.Errorf("%s beyond the limit: HTTP %d, want 429", method, status)
			}
			if status := ask("bob"); status == http.StatusTooManyRequests {
				t.Errorf("%s of another user: HTTP %d", method, status)
			}
		})
	}
}
