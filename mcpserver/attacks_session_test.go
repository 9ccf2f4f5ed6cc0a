package main

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/identity"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

func ask(id any, method, params string) string {
	text := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q`, mustMarshal(id), method)
	if params != "" {
		text += `,"params":` + params
	}
	return text + "}"
}

const createParams = `{"name":"create_task","arguments":{"title":"made in a session"}}`

// with returns the header with more in it.
func with(header map[string]string, more ...string) map[string]string {
	all := maps.Clone(header)
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

func as(token string, more ...string) map[string]string {
	return with(map[string]string{"Authorization": "Bearer " + token}, more...)
}

// blind takes out of an answer what may differ between two that say the same.
func blind(a answer) string {
	header := a.Header.Clone()
	header.Del("Date")
	header.Del("X-Request-Id")
	return fmt.Sprint(a.Status, header, strings.ReplaceAll(a.Body, a.Message.RequestID, ""))
}

// M35: a caller whom the verifier did not name is nobody, not everybody.
func TestCallerWithoutAName(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	before := h.hash(t)
	nameless := identity.Principal{Scopes: []string{scopeRead, scopeWrite}, Expires: time.Now().Add(time.Hour)}
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(ask(1, "tools/call", createParams)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set(headerVersion, "2025-11-25")
	w := httptest.NewRecorder()
	h.Server.serveSDK(w, r, h.Server.stateless, nameless)
	if !strings.Contains(w.Body.String(), "internal error") {
		t.Errorf("a call of nobody: %s", w.Body)
	}
	for name, extra := range map[string]*mcp.RequestExtra{
		"no token":         {Header: http.Header{}},
		"no user in token": {Header: http.Header{}, TokenInfo: &auth.TokenInfo{}},
		"nothing":          nil,
	} {
		ts := &toolset{logger: quiet}
		if user, err := ts.caller(&mcp.CallToolRequest{Extra: extra}); err == nil {
			t.Errorf("%s: the caller is %q", name, user)
		}
	}
	claims := h.Provider.Claims("", h.URL, scopeRead, scopeWrite)
	if a := h.send(t, http.MethodPost, h.URL, initializeMessage, as(h.Provider.Sign(t, claims))); a.Status != http.StatusUnauthorized {
		t.Errorf("a token of nobody: HTTP %d, want 401", a.Status)
	}
	if h.hash(t) != before {
		t.Error("a row has changed")
	}
}

// M37: a session lives no longer than the token that speaks in it. With a new
// token of the same user it goes on.
func TestSessionOutlivesItsToken(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *fakeTime) {
		session := map[string]string{"Authorization": "Bearer " + f.token(t, "alice")} // for an hour
		a := f.post(t, initializeMessage, session)
		session[headerSession] = a.Header.Get(headerSession)
		for range 3 { // not idle for long enough to end
			if a = f.post(t, ask(1, "ping", ""), session); a.Status != http.StatusOK {
				t.Fatalf("ping: HTTP %d %s", a.Status, a.Body)
			}
			time.Sleep(20 * time.Minute)
		}
		time.Sleep(29 * time.Second)
		if a = f.post(t, ask(1, "ping", ""), session); a.Status != http.StatusOK {
			t.Errorf("expired for 29 s: HTTP %d, want 200", a.Status)
		}
		before := f.hash(t)
		time.Sleep(2 * time.Second)
		for _, body := range []string{ask(1, "ping", ""), ask(2, "tools/call", createParams), initializeMessage} {
			a = f.post(t, body, session)
			sound(t, "expired", a)
			if a.Status != http.StatusUnauthorized || !strings.Contains(a.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
				t.Errorf("expired for 31 s: HTTP %d %v, want 401", a.Status, a.Header)
			}
		}
		if f.hash(t) != before {
			t.Error("a row has changed")
		}
		session["Authorization"] = "Bearer " + f.token(t, "alice")
		if a = f.post(t, ask(1, "ping", ""), session); a.Status != http.StatusOK {
			t.Errorf("with a new token: HTTP %d %s", a.Status, a.Body)
		}
		time.Sleep(sessionIdle + time.Second)
		if a = f.post(t, ask(1, "ping", ""), session); a.Status != http.StatusNotFound {
			t.Errorf("after half an hour of silence: HTTP %d, want 404", a.Status)
		}
	})
}

// M39 and its kin: another's session is as one that never was, for every verb.
func TestAnothersSession(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	alice, bob := h.open(t, h.token(t, "alice")), h.token(t, "bob")
	before := h.hash(t)
	for name, c := range map[string]struct{ method, body string }{
		"call":                {http.MethodPost, ask(1, "tools/call", createParams)},
		"initialize again":    {http.MethodPost, initializeMessage},
		"a notification":      {http.MethodPost, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`},
		"a response":          {http.MethodPost, `{"jsonrpc":"2.0","id":1,"result":{}}`},
		"GET stream":          {http.MethodGet, ""},
		"DELETE":              {http.MethodDelete, ""},
		"GET stream replayed": {http.MethodGet, ""},
	} {
		try := func(session string) answer {
			header := as(bob, headerSession, session, headerVersion, "2025-11-25")
			if strings.HasSuffix(name, "replayed") {
				header["Last-Event-ID"] = "_0"
			}
			return h.send(t, c.method, h.URL, c.body, header)
		}
		hers, nobodys := try(alice[headerSession]), try("AAAAAAAAAAAAAAAAAAAAAAAAAA")
		sound(t, name, hers)
		if hers.Status != http.StatusNotFound || blind(hers) != blind(nobodys) {
			t.Errorf("%s: %s\nwant 404 as for one that never was: %s", name, blind(hers), blind(nobodys))
		}
	}
	if h.hash(t) != before {
		t.Error("a row has changed")
	}
	if a := h.send(t, http.MethodPost, h.URL, ask(1, "ping", ""), alice); a.Status != http.StatusOK {
		t.Errorf("her session afterwards: HTTP %d %s", a.Status, a.Body)
	}
	alive(t, h)
}

// M41: sessions are capped for each user; those that are refused or fail cost
// nothing, and one that ends makes room at once.
func TestSessionCap(t *testing.T) {
	const limit = 20
	h := startHTTP(t, storetest.SQLite, map[string]string{"MAX_SESSIONS_PER_USER": strconv.Itoa(limit)})
	token := h.token(t, "alice")
	for _, failing := range []string{
		strings.Replace(initializeMessage, `"2025-11-25"`, "5", 1), strings.Replace(initializeMessage, `"id":"init",`, "", 1),
		ask(1, "initialize", ""),
	} {
		for range limit + 1 {
			if a := h.send(t, http.MethodPost, h.URL, failing, as(token)); a.Status != http.StatusBadRequest {
				t.Fatalf("%s: HTTP %d %s", failing, a.Status, a.Body)
			}
		}
	}
	open := make([]map[string]string, limit)
	for i := range open {
		open[i] = h.open(t, token)
	}
	before := serving()
	for range tally.Rounds(300, 50_000) {
		a := h.send(t, http.MethodPost, h.URL, initializeMessage, as(token))
		sound(t, "one too many", a)
		if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" || a.Header.Get(headerSession) != "" {
			t.Fatalf("one too many: HTTP %d %v, want 429 with Retry-After", a.Status, a.Header)
		}
	}
	waitFor(t, "goroutines of refused sessions to end", func() bool { return serving() <= before })
	h.open(t, h.token(t, "bob"))
	for _, session := range open {
		if a := h.send(t, http.MethodDelete, h.URL, "", session); a.Status != http.StatusNoContent {
			t.Fatalf("DELETE: HTTP %d %s", a.Status, a.Body)
		}
		if a := h.send(t, http.MethodPost, h.URL, ask(1, "ping", ""), session); a.Status != http.StatusNotFound {
			t.Errorf("after DELETE: HTTP %d, want 404", a.Status)
		}
		h.open(t, token) // at once
	}
	alive(t, h)
}

// M41: idle sessions end by themselves and make room.
func TestIdleSessionsEnd(t *testing.T) {
	onFakeTime(t, map[string]string{"MAX_SESSIONS_PER_USER": "3"}, func(t *testing.T, f *fakeTime) {
		for range 2 {
			header := as(f.token(t, "alice"))
			for i := range 4 {
				want := []int{200, 200, 200, 429}[i]
				if a := f.post(t, initializeMessage, header); a.Status != want {
					t.Errorf("session %d: HTTP %d, want %d", i+1, a.Status, want)
				}
			}
			time.Sleep(sessionIdle + time.Second)
		}
		synctest.Wait()
		if n := len(f.Server.sessions.live) + len(f.Server.sessions.owners) + len(f.Server.sessions.count); n != 0 {
			t.Errorf("%d entries are left of sessions that ended", n)
		}
	})
}

// M43: no call without a session that was opened.
func TestCallBeforeInitialize(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	before := h.hash(t)
	for name, c := range map[string]struct {
		header map[string]string
		status int
	}{
		"no session, no version":       {as(token), 400},
		"no session, an older version": {as(token, headerVersion, "2025-11-25"), 400},
		"a session made up":            {as(token, headerSession, "made-up"), 404},
		"one of 8 KiB":                 {as(token, headerSession, strings.Repeat("x", 8<<10)), 404},
		"made up, in the newer era":    {as(token, headerSession, "made-up", headerVersion, statelessEra), 404},
	} {
		a := h.send(t, http.MethodPost, h.URL, ask(7, "tools/call", createParams), c.header)
		sound(t, name, a)
		if a.Status != c.status || c.status == 400 && (a.Message.Error == nil || a.Message.Error.Code != jsonrpc.CodeInvalidRequest || string(a.Message.ID) != "7") {
			t.Errorf("%s: HTTP %d %s, want %d", name, a.Status, a.Body, c.status)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if a := h.send(t, method, h.URL, "", as(token)); a.Status != http.StatusBadRequest {
			t.Errorf("%s without a session: HTTP %d %s, want 400", method, a.Status, a.Body)
		}
	}
	if h.hash(t) != before {
		t.Error("a row has changed")
	}
	alive(t, h)
}

// M47: cursors of the lists that nobody gave out.
func TestForgedListCursors(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	session := h.open(t, token)
	var other bytes.Buffer
	if err := gob.NewEncoder(&other).Encode(map[string][]int{"a": {1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	for name, cursor := range map[string]string{
		"junk": "!!", "another type": base64.URLEncoding.EncodeToString(other.Bytes()), "JSON": "eyJhIjoxfQ==",
		"zeros": base64.URLEncoding.EncodeToString(make([]byte, 64)), "long": strings.Repeat("Zm9v", 200<<10),
		"a length that lies": base64.URLEncoding.EncodeToString([]byte("\xf8\x7f\xff\xff\xff\xff\xff\xff\xff\x00")),
	} {
		for _, list := range []string{"tools/list", "prompts/list", "resources/list", "resources/templates/list"} {
			old := h.send(t, http.MethodPost, h.URL, ask(1, list, `{"cursor":`+quotedJSON(cursor)+`}`), session)
			for _, a := range []answer{old, h.rpc(t, token, list, map[string]any{"cursor": cursor})} {
				if a.Message.Error == nil || a.Message.Error.Code != jsonrpc.CodeInvalidParams || len(a.Body) > 1000 {
					t.Errorf("%s, %s: HTTP %d %.300s, want -32602", list, name, a.Status, a.Body)
				}
			}
		}
	}
	alive(t, h)
}
