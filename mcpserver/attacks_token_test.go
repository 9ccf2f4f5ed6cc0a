package main

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/identity"
	"taskwire/identity/identitytest"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// An entry is a way in that a token guards.
type entry struct {
	name, method, body string
	header             map[string]string // without Authorization
}

// entries are all ways into /mcp. The session is one of the user's own.
func entries(session map[string]string) []entry {
	call, stateless := createCall("")
	inSession := maps.Clone(session)
	delete(inSession, "Authorization")
	return []entry{
		{"call of the newer era", http.MethodPost, call, stateless},
		{"call in a session", http.MethodPost, ask(1, "tools/call", createParams), inSession},
		{"new session", http.MethodPost, initializeMessage, nil},
		{"GET stream", http.MethodGet, "", inSession},
		{"DELETE", http.MethodDelete, "", inSession},
	}
}

// tokenTest is a stack with a session of alice and a second issuer, trusted as
// the adapter is: EdDSA alone.
type tokenTest struct {
	*harness
	adapter *identitytest.Provider
	entries []entry
	sent    []string
}

func startTokenTest(t *testing.T) *tokenTest {
	adapter := identitytest.Start(t)
	h := startHTTP(t, storetest.SQLite, map[string]string{"ADAPTER_ISSUER": adapter.Issuer, "ADAPTER_JWKS_URL": adapter.JWKSURL})
	return &tokenTest{harness: h, adapter: adapter, entries: entries(h.open(t, h.token(t, "alice")))}
}

// refused holds one token against every way in.
func (x *tokenTest) refused(t *testing.T, name, token string) {
	t.Helper()
	x.sent = append(x.sent, token)
	for _, e := range x.entries {
		a := x.send(t, e.method, x.URL, e.body, with(map[string]string{"Authorization": "Bearer " + token}, flat(e.header)...))
		sound(t, name, a)
		challenge := a.Header.Get("WWW-Authenticate")
		if a.Status != http.StatusUnauthorized || a.Message.Code != "token_invalid" || !strings.HasPrefix(challenge, "Bearer ") ||
			!strings.Contains(challenge, `resource_metadata="`+x.Base+`/.well-known/oauth-protected-resource/mcp"`) ||
			!strings.Contains(challenge, `error="invalid_token"`) {
			t.Errorf("%s, %s: HTTP %d %s %s", e.name, name, a.Status, challenge, a.Body)
		}
	}
}

func flat(header map[string]string) (pairs []string) {
	for name, value := range header {
		pairs = append(pairs, name, value)
	}
	return pairs
}

// end checks that no row has changed, no log line holds a token, and all goes on.
func (x *tokenTest) end(t *testing.T, before string) {
	t.Helper()
	if x.hash(t) != before {
		t.Error("a row has changed")
	}
	log := x.Log.String()
	for _, token := range x.sent {
		for part := range strings.SplitSeq(token, ".") {
			if len(part) > 20 && strings.Contains(log, part) {
				t.Errorf("the log holds a part of a token: %q", part)
			}
		}
	}
	alive(t, x.harness)
}

// J01 to J05, J15 to J27: tokens that are not good, at every way in. What is
// wrong with each in detail is the verifier's to know.
func TestBadTokens(t *testing.T) {
	x := startTokenTest(t)
	before := x.hash(t)
	p, claims := x.Provider, x.Provider.Claims("alice", x.URL, scopeRead, scopeWrite)
	change := func(changes map[string]any) string {
		changed := maps.Clone(claims)
		maps.Copy(changed, changes)
		maps.DeleteFunc(changed, func(_ string, v any) bool { return v == nil })
		return p.Sign(t, changed)
	}
	good := p.Sign(t, claims)
	parts := strings.Split(good, ".")
	text := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

	for _, alg := range []string{"none", "None", "NONE", "nOnE"} {
		x.refused(t, "J01 alg "+alg, text(fmt.Sprintf(`{"alg":%q}`, alg))+"."+parts[1]+".")
		x.refused(t, "J01 alg "+alg+" with a signature", text(fmt.Sprintf(`{"alg":%q}`, alg))+"."+parts[1]+"."+parts[2])
	}
	for _, alg := range []string{"RS256", "ES256", "PS256"} {
		x.adapter.Rotate(t, alg)
		x.refused(t, "J03 "+alg+" where EdDSA alone is trusted", x.adapter.Token(t, "alice", x.URL, scopeWrite))
	}
	shared := identitytest.SignHS256(t, []byte(p.Key().Public()["x"].(string)), map[string]any{"alg": "HS256", "kid": p.Key().ID}, claims)
	x.refused(t, "J03 the public key as a shared secret", shared)
	curve := p.Rotate(t, "ES256")
	zero := base64.RawURLEncoding.EncodeToString(make([]byte, 64))
	x.refused(t, "J05 r = s = 0", text(fmt.Sprintf(`{"alg":"ES256","kid":%q}`, curve.ID))+"."+parts[1]+"."+zero)
	p.Withdraw(curve)

	for _, aud := range []any{
		nil, []string{}, "", "other", []string{"other"}, x.URL + "/", strings.ToUpper(x.URL), x.Base, x.URL[:len(x.URL)-1], 7,
	} {
		x.refused(t, fmt.Sprintf("J15 aud %v", aud), change(map[string]any{"aud": aud}))
	}
	for name, sub := range map[string]any{
		"missing": nil, "empty": "", "blank": " \t", "NUL": "alice\x00", "a number": 7,
		"an array": []string{"alice"}, "an object": map[string]string{"id": "alice"},
	} {
		x.refused(t, "J17 sub "+name, change(map[string]any{"sub": sub}))
	}
	for name, header := range map[string]map[string]any{
		"crit": {"crit": []string{"x"}}, "b64": {"b64": false}, "typ of a logout": {"typ": "logout+jwt"}, "typ of an id_token": {"typ": "id_token"},
	} {
		x.refused(t, "J21 "+name, p.Sign(t, claims, header))
	}
	x.refused(t, "J23 a session token of the provider", change(map[string]any{"aud": p.Issuer}))
	x.refused(t, "J23 a client secret of the chat", x.adapter.Token(t, "alice", x.adapter.Issuer))
	x.refused(t, "one issuer's token with another's key", identitytest.NewKey(t, "EdDSA").SignRaw(t,
		[]byte(fmt.Sprintf(`{"alg":"EdDSA","kid":%q}`, p.Key().ID)), mustMarshal(claims)))
	x.refused(t, "an issuer that nobody trusts", change(map[string]any{"iss": "https://evil.example"}))
	for name, token := range map[string]string{
		"10,000 dots": strings.Repeat(".", 10_000), "3 dots": "...", "JWE of 5 parts": good + "." + parts[1] + "." + parts[2],
		"opaque": "8zmsATpJetLjn0weSqa6QItihbdayBfw", "two tokens": good + " " + good, "a comma": good + "," + good,
		"a changed signature": parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
	} {
		x.refused(t, "J25 "+name, token)
	}
	x.refused(t, "J17 sub of 10 KiB", change(map[string]any{"sub": strings.Repeat("a", 7<<10)}))
	x.end(t, before)
	tally.Counted(t, tally.Entry{Promise: "P8", What: "bad tokens", Runs: len(x.sent) * len(x.entries)})

	for name, changes := range map[string]map[string]any{
		"J15 one of two audiences":         {"aud": []string{"other", x.URL}},
		"J19 SUB beside sub":               {"SUB": "bob"},
		"J19 sub with a long s beside sub": {"ſub": "bob"},
	} {
		token := change(changes)
		id := x.create(t, token, "hers")
		if out := x.call(t, x.token(t, "alice"), "get_task", map[string]any{"task_id": id}); out.IsError {
			t.Errorf("%s: the task is not alice's", name)
		}
		if out := x.call(t, x.token(t, "bob"), "get_task", map[string]any{"task_id": id}); !out.IsError {
			t.Errorf("%s: bob sees it", name)
		}
	}
}

// J27: a line feed in the token breaks the header, so the request is refused
// as a whole; so is more than a header may hold. Neither gets into the log.
func TestTokensThatBreakTheHeader(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	body, header := createCall("")
	before := h.hash(t)
	for name, c := range map[string]struct {
		value  string
		status int
	}{
		"line feed inside":       {token[:len(token)-10] + "\n" + token[len(token)-10:], 400},
		"line feed after":        {token + "\n", 400},
		"CR LF and a blank":      {token[:len(token)-10] + "\r\n " + token[len(token)-10:], 400},
		"NUL after":              {token + "\x00", 400},
		"700 KiB":                {strings.Repeat("A", 700<<10), 431},
		"a second Authorization": {token + "\r\nAuthorization: Bearer " + token, 401},
		"an empty token":         {"", 401},
	} {
		conn := dialRaw(t, h)
		text := requestText("POST", "/mcp", body, with(header, "Authorization", "Bearer "+c.value, "Host", strings.TrimPrefix(h.Base, "http://")))
		go func() { _, _ = conn.Write([]byte(text)) }() // it may be refused before it is read to the end
		if a := conn.answer(t); a.Status != c.status {
			t.Errorf("%s: HTTP %d %s, want %d", name, a.Status, a.Body, c.status)
		}
	}
	if h.hash(t) != before {
		t.Error("a row has changed")
	}
	if log := h.Log.String(); strings.Contains(log, token[len(token)-10:]) || strings.Contains(log, token[:40]) || strings.Contains(log, "AAAAAAAAAA") {
		t.Error("the log holds a token")
	}
	alive(t, h)
}

// J07, J11, J13, J29: keys that come and go, and time that passes, on a clock
// that jumps.
func TestTokensAndTime(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *fakeTime) {
		status := func(token string) int {
			body, header := modern(token, "tools/call", map[string]any{"name": "get_stats"})
			return f.post(t, body, header).Status
		}
		expiring := func(in time.Duration) string {
			claims := f.Provider.Claims("alice", f.URL, scopeRead)
			claims["exp"] = time.Now().Add(in).Unix()
			return f.Provider.Sign(t, claims)
		}
		synctest.Wait() // until the keys are there
		for in, want := range map[time.Duration]int{
			-29 * time.Second: 200, -31 * time.Second: 401, -time.Hour: 401, 24 * time.Hour: 200, 24*time.Hour + 31*time.Second: 401,
		} {
			if got := status(expiring(in)); got != want {
				t.Errorf("J13 exp in %v: HTTP %d, want %d", in, got, want)
			}
		}

		fetches := f.Provider.Fetches()
		for i := range 1000 {
			claims := f.Provider.Claims("mallory", f.URL, scopeRead)
			if got := status(f.Provider.Sign(t, claims, map[string]any{"kid": fmt.Sprint("bogus-", i)})); got != 401 {
				t.Fatalf("J07 unknown key %d: HTTP %d, want 401", i, got)
			}
		}
		if n := f.Provider.Fetches() - fetches; n > 4 {
			t.Errorf("J07 1,000 unknown keys at once cost %d fetches", n)
		}

		time.Sleep(time.Minute) // the storm is over
		old, oldKey := f.token(t, "alice"), f.Provider.Key()
		f.Provider.Rotate(t, "EdDSA")
		if got := status(f.token(t, "alice")); got != 200 {
			t.Errorf("J11 a key that signs for the first time: HTTP %d", got)
		}
		if got := status(old); got != 200 {
			t.Errorf("J11 the key before it: HTTP %d", got)
		}
		f.Provider.Withdraw(oldKey) // the provider takes back what it signed, as when an account is closed
		time.Sleep(identity.RefreshEvery + 2*time.Minute)
		if got := status(old); got != 401 {
			t.Errorf("J29 a key withdrawn for 12 minutes: HTTP %d, want 401", got)
		}
		if got := status(f.token(t, "alice")); got != 200 {
			t.Errorf("J29 the key that stays: HTTP %d", got)
		}
		session := as(f.token(t, "alice"))
		session[headerSession] = f.post(t, initializeMessage, session).Header.Get(headerSession)
		time.Sleep(time.Hour + 31*time.Second) // no token outlives its exp, whatever became of the user
		if a := f.post(t, ask(1, "ping", ""), session); a.Status != 401 {
			t.Errorf("J29 after the token's life: HTTP %d, want 401", a.Status)
		}
	})
}

// J09: a provider whose key set is not fit to be used. The keys at hand stay
// good; what cannot be told is 503 with Retry-After at every way in, never
// 401, which would send people to sign in again.
func TestKeysOutOfReach(t *testing.T) {
	for name, fault := range map[string]identitytest.Fault{
		"down": identitytest.Down, "huge": identitytest.Huge, "HTML": identitytest.Garbage,
		"redirect to the cloud's metadata": identitytest.Redirect, "cut": identitytest.Cut, "no usable key": identitytest.NoUsableKeys,
	} {
		t.Run(name, func(t *testing.T) {
			x := startTokenTest(t)
			known := x.token(t, "alice")
			before := x.hash(t)
			x.Provider.Break(fault)
			x.Provider.Rotate(t, "EdDSA")
			unknown := x.token(t, "alice")
			x.sent = append(x.sent, known, unknown)
			for _, e := range x.entries {
				a := x.send(t, e.method, x.URL, e.body, with(as(unknown), flat(e.header)...))
				sound(t, e.name, a)
				if a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" || a.Header.Get("WWW-Authenticate") != "" || a.Message.Code != "keys_unavailable" {
					t.Errorf("%s: HTTP %d %v %s, want 503 with Retry-After and no challenge", e.name, a.Status, a.Header, a.Body)
				}
			}
			if out := x.call(t, known, "get_stats", nil); out.IsError {
				t.Errorf("a key at hand: %s", out.text())
			}
			if x.hash(t) != before {
				t.Error("a row has changed")
			}
			if log := x.Log.String(); strings.Contains(log, unknown) || strings.Contains(log, strings.Split(unknown, ".")[2]) {
				t.Error("the log holds a token")
			}
		})
	}
}

// J31: a storm of bad tokens leaves the good ones be, and no trace of a token.
func TestStormOfBadTokens(t *testing.T) {
	x := startTokenTest(t)
	forged := identitytest.NewKey(t, "EdDSA").SignRaw(t,
		[]byte(fmt.Sprintf(`{"alg":"EdDSA","kid":%q}`, x.Provider.Key().ID)), mustMarshal(x.Provider.Claims("alice", x.URL, scopeWrite)))
	good := x.token(t, "alice")
	body, header := createCall(forged)
	goodBody, goodHeader := modern(good, "tools/call", map[string]any{"name": "get_stats"})
	before := x.hash(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 250 {
				text, with, want := body, header, http.StatusUnauthorized
				if i%10 == 0 {
					text, with, want = goodBody, goodHeader, http.StatusOK
				}
				if a, err := exchange(t.Context(), http.MethodPost, x.URL, text, with); err != nil || a.Status != want {
					t.Errorf("HTTP %d %v, want %d", a.Status, err, want)
					return
				}
			}
		})
	}
	all.Wait()
	x.sent = append(x.sent, forged, good)
	x.end(t, before)
}
