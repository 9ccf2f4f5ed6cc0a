package main

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/identity"
	"taskwire/identity/identitytest"
	"taskwire/promises/tally"
)

// A door is a route that wants to know who comes.
type door struct {
	method, path, body string
	secret             bool // a client secret opens it too
}

// bodies are what would have an effect behind a door, were it open.
var bodies = map[string]string{
	"POST /api/chatkit":                           say(canary),
	"POST /api/chatkit/session":                   "{}",
	"POST /api/chatkit/refresh":                   `{"session_id":"cksess_x"}`,
	"POST /api/chatkit/cancel":                    `{"thread_id":"thr_x"}`,
	"POST /api/chatkit/beacon":                    `{"errors":{"stream_failed":1}}`,
	"POST /api/chatkit/upload":                    "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n",
	"POST /api/chatkit/upload/:id":                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n",
	"PUT /api/chatkit/upload/:id":                 "hello",
	"POST /api/chat":                              `{"message":"hello"}`,
	"POST /api/:user_id/tasks":                    `{"title":"a"}`,
	"PUT /api/:user_id/tasks/:task_id":            `{"title":"a"}`,
	"PATCH /api/:user_id/tasks/:task_id/complete": "{}",
	"GET /api/chatkit/threads":                    "",
	"GET /api/chatkit/threads/:thread_id":         "",
	"GET /api/chatkit/attachments/:id":            "",
	"GET /api/:user_id/tasks":                     "",
	"GET /api/:user_id/tasks/:task_id":            "",
	"DELETE /api/:user_id/tasks/:task_id":         "",
	"GET /api/:user_id/stats":                     "",
}

// secretOpens are the doors to the chat and its files.
var secretOpens = []string{
	"POST /api/chatkit", "POST /api/chatkit/beacon", "POST /api/chatkit/upload", "POST /api/chatkit/upload/:id", "PUT /api/chatkit/upload/:id", "GET /api/chatkit/attachments/:id",
}

// doors are all guarded routes: the real list, less those that let everybody in.
func (h *harness) doors(t *testing.T) (doors []door) {
	t.Helper()
	for _, route := range h.Server.routes().Routes() {
		name := route.Method + " " + route.Path
		if h.send(t, route.Method, fill(route.Path), "", nil).Status != http.StatusUnauthorized {
			continue
		}
		body, known := bodies[name]
		if !known {
			t.Errorf("nobody attacks %s", name)
		}
		doors = append(doors, door{route.Method, fill(route.Path), body, slices.Contains(secretOpens, name)})
	}
	if len(doors) != len(bodies) {
		t.Errorf("%d doors are guarded, want %d", len(doors), len(bodies))
	}
	return doors
}

func (h *harness) knock(t testing.TB, d door, token string) answer {
	t.Helper()
	hd := header{"Authorization": "Bearer " + token}
	if strings.HasPrefix(d.body, "--b") {
		hd["Content-Type"] = "multipart/form-data; boundary=b"
	}
	return h.send(t, d.method, d.path, d.body, hd)
}

// locked checks that a token opens none of the doors, and that the answer says
// so as it should. It gives the number of those that it opens.
func (h *harness) locked(t testing.TB, doors []door, name, token string) (open int) {
	t.Helper()
	for _, d := range doors {
		a := h.knock(t, d, token)
		if a.Status != http.StatusUnauthorized {
			open++
		}
		a.refusedAs(t, fmt.Sprintf("%s at %s %s", name, d.method, d.path), 401, "token_invalid", "")
		if challenge := a.Header.Get("WWW-Authenticate"); challenge != `Bearer error="invalid_token"` {
			t.Errorf("%s: challenged with %q", name, challenge)
		}
	}
	return open
}

// unseen checks that the log holds no part of a token.
func (h *harness) unseen(t *testing.T, tokens ...string) {
	t.Helper()
	log := h.Log.String()
	for _, token := range tokens {
		for part := range strings.SplitSeq(token, ".") {
			if len(part) > 20 && strings.Contains(log, part) {
				t.Errorf("the log holds a part of a token: %q", part)
			}
		}
	}
}

// badTokens are J01 to J27: tokens of alice's that are not good. What is wrong
// with each in detail is the verifier's to know; no door is to be without it.
func badTokens(t *testing.T, h *harness) map[string]string {
	p, claims := h.Provider, h.Provider.Claims("alice", audience)
	change := func(name string, value any) string {
		changed := maps.Clone(claims)
		if changed[name] = value; value == nil {
			delete(changed, name)
		}
		return p.Sign(t, changed)
	}
	good := p.Sign(t, claims)
	parts := strings.Split(good, ".")
	head := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	tokens := map[string]string{
		"J05 r = s = 0":                head(`{"alg":"ES256","kid":"`+p.Key().ID+`"}`) + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"J03 the key as a secret":      identitytest.SignHS256(t, []byte(p.Key().Public()["x"].(string)), map[string]any{"alg": "HS256", "kid": p.Key().ID}, claims),
		"J03 RS256 for EdDSA":          head(`{"alg":"RS256","kid":"`+p.Key().ID+`"}`) + "." + parts[1] + "." + parts[2],
		"another's key":                identitytest.NewKey(t, "EdDSA").SignRaw(t, []byte(`{"alg":"EdDSA","kid":"`+p.Key().ID+`"}`), []byte(`{"sub":"alice"}`)),
		"another issuer":               change("iss", "https://evil.example"),
		"our name, another's key":      change("iss", h.Base),
		"J13 over":                     change("exp", time.Now().Add(-31*time.Second).Unix()),
		"J13 no end":                   change("exp", nil),
		"J13 in a year":                change("exp", time.Now().AddDate(1, 0, 0).Unix()),
		"J13 not yet":                  change("nbf", time.Now().Add(time.Minute).Unix()),
		"J17 10 KiB":                   change("sub", strings.Repeat("a", 7<<10)),
		"J21 crit":                     p.Sign(t, claims, map[string]any{"crit": []string{"x"}}),
		"J21 b64":                      p.Sign(t, claims, map[string]any{"b64": false}),
		"typ of an id token":           p.Sign(t, claims, map[string]any{"typ": "id_token"}),
		"typ of a secret":              p.Sign(t, claims, map[string]any{"typ": "chatkit-secret+jwt"}),
		"J25 10,000 dots":              strings.Repeat(".", 10_000),
		"J25 3 dots":                   "...",
		"J25 JWE":                      good + "." + parts[1] + "." + parts[2],
		"opaque":                       "8zmsATpJetLjn0weSqa6QItihbdayBfw",
		"two":                          good + " " + good,
		"a comma":                      good + "," + good,
		"padded":                       good + "=",
		"no signature":                 parts[0] + "." + parts[1] + ".",
		"another signature":            parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
		"J23 for the tools":            toolTokenOf(t, h, "alice"),
		"J23 the key of a link":        h.Server.uploads.links.seal(linkUpload, "atc_x", "alice", time.Hour),
		"J23 a secret of another host": foreignSecret(t, "alice"),
	}
	for _, alg := range []string{"none", "None", "NONE", "nOnE", ""} {
		tokens["J01 alg "+alg] = head(`{"alg":"`+alg+`"}`) + "." + parts[1] + "."
		tokens["J01 signed, alg "+alg] = head(`{"alg":"`+alg+`"}`) + "." + parts[1] + "." + parts[2]
	}
	for _, aud := range []any{nil, []string{}, "", "other", []string{"other", "mcp"}, audience + "/", strings.ToUpper(audience), audience[:20], h.Base + "/api/chatkit", 7} {
		tokens[fmt.Sprintf("J15 aud %v", aud)] = change("aud", aud)
	}
	for name, sub := range map[string]any{"missing": nil, "empty": "", "blank": " \t", "NUL": "alice\x00", "a number": 7, "an array": []string{"alice"}, "an object": map[string]string{"id": "alice"}} {
		tokens["J17 sub "+name] = change("sub", sub)
	}
	return tokens
}

func toolTokenOf(t *testing.T, h *harness, user string) string {
	t.Helper()
	token, err := newToolTokens(h.Server.signer, h.Server.cfg.mcpPublicURL).token(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// foreignSecret is signed by another deployment.
func foreignSecret(t *testing.T, user string) string {
	t.Helper()
	key, err := identity.LoadKey(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := identity.NewSigner("https://chat.example.com", key).ClientSecret(user, "cksess_x", identity.SecretLife)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestBadTokensAtEveryDoor(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{})
	doors := x.doors(t)
	tokens := badTokens(t, x.harness)
	open := 0
	x.unharmed(t, func() {
		for name, token := range tokens {
			open += x.locked(t, doors, name, token)
		}
		for _, d := range doors {
			for name, hd := range map[string]header{
				"no scheme": {"Authorization": x.token(t, "alice")}, "Basic": {"Authorization": "Basic YWxpY2U6eA=="}, "empty": {"Authorization": "Bearer "},
				"Bearer alone": {"Authorization": "Bearer"}, "two blanks": {"Authorization": "Bearer  " + x.token(t, "alice")},
			} {
				x.send(t, d.method, d.path, d.body, hd).refusedAs(t, name+" at "+d.path, 401, "token_invalid", "")
			}
			// H08: nothing else says who somebody is.
			a := x.send(t, d.method, d.path+"?access_token="+x.token(t, "alice")+"&token=x", d.body, header{
				"X-User-Id": "alice", "X-Forwarded-User": "alice", "Remote-User": "alice", "X-Auth-Request-User": "alice", "Cookie": "token=" + x.token(t, "alice"), "Proxy-Authorization": "Bearer " + x.token(t, "alice"),
			})
			a.refusedAs(t, "headers and query at "+d.path, 401, "token_missing", "")
		}
	})
	tally.Counted(t, tally.Entry{Promise: "P8", What: "bad tokens", Runs: len(tokens) * len(doors), Broken: open})
	x.unseen(t, slices.Collect(maps.Values(tokens))...)
	// J15, J19: what is good in spite of its looks is alice's.
	for name, changes := range map[string]map[string]any{
		"one of two audiences": {"aud": []string{"other", audience}}, "SUB": {"SUB": "bob"}, "a long s": {"ſub": "bob"}, "20 s over": {"exp": time.Now().Add(-20 * time.Second).Unix()},
	} {
		claims := x.Provider.Claims("alice", audience)
		maps.Copy(claims, changes)
		hd := header{"Authorization": "Bearer " + x.Provider.Sign(t, claims)}
		x.send(t, "GET", "/api/alice/tasks", "", hd).ok(t, 200)
		if a := x.send(t, "GET", "/api/bob/tasks", "", hd); a.Status != 403 {
			t.Errorf("%s at bob's door: HTTP %d", name, a.Status)
		}
	}
}

// Where a check of the verifier is left out, every door shows it.
func TestBadTokensControl(t *testing.T) {
	t.Parallel()
	evil := identitytest.Start(t)
	for name, skip := range map[string]func(*config){
		"J15 aud other":  func(cfg *config) { cfg.issuers[0].Audience = "other" },
		"J13 over":       func(cfg *config) { cfg.issuers[0].Grace = time.Minute },
		"another issuer": func(cfg *config) { cfg.issuers = append(cfg.issuers, evil.Trust(audience, "EdDSA")) },
	} {
		h := start(t, setup{noTools: true, change: skip})
		doors := h.doors(t)
		token := badTokens(t, h)[name]
		if name == "another issuer" {
			token = evil.Token(t, "alice", audience)
		}
		if open := h.locked(&deaf{TB: t}, doors, name, token); open != len(doors) {
			t.Fatalf("%s: %d of %d doors show it", name, open, len(doors))
		}
	}
	tally.Caught(t, "P8", "a verifier that skips a check")
}

// deaf takes what a broken variant fails, which is meant to.
type deaf struct {
	testing.TB
	heard int
}

// Errorf implements testing.TB.
func (d *deaf) Errorf(string, ...any) { d.heard++ }

// J23: each kind of token opens its own doors, and those alone.
func TestEachTokenAtItsDoor(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{})
	own, _, err := x.Server.signer.ClientSecret("alice", "cksess_x", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	forUs, err := x.Server.signer.Token(identity.Grant{User: "alice", Audience: x.Server.cfg.publicURL, Life: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	forTools, err := x.Server.signer.Token(identity.Grant{User: "alice", Audience: x.Server.cfg.mcpPublicURL, Scopes: toolScopes, Life: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range x.doors(t) {
		for _, key := range []struct {
			name, token string
			opens       bool
		}{{"the provider's token", x.token(t, "alice"), true}, {"our token", forUs, true}, {"a secret", own, d.secret}, {"a tool token", forTools, false}} {
			a := x.knock(t, d, key.token)
			if opened := a.Status != http.StatusUnauthorized; opened != key.opens || a.Status >= 500 {
				t.Errorf("%s at %s %s: HTTP %d %.200s, want it to open: %v", key.name, d.method, d.path, a.Status, a.Body, key.opens)
			}
		}
	}
	x.unseen(t, own, forUs, forTools)
}

// E07: a secret, an access token and the key of a link, with each of their bits
// flipped in turn, and cut short.
func TestEveryBit(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true, env: map[string]string{"LOG_LEVEL": "error"}})
	var file wireAttachment
	h.upload(t, "alice", "a.png", "image/png", pngFile).ok(t, 200).decode(t, &file)
	path, key, _ := strings.Cut(h.local(file.Preview), "?key=")
	stack := h.Server.handler()
	ask := func(method, path, token string) int {
		r := httptest.NewRequest(method, path, nil)
		r.Host, r.RemoteAddr = strings.TrimPrefix(h.Base, "http://"), "127.0.0.1:1"
		if token != "" {
			r.Header["Authorization"] = []string{"Bearer " + token} // bytes that no client would send
		}
		w := httptest.NewRecorder()
		stack.ServeHTTP(w, r)
		return w.Code
	}
	link := func(key string) int {
		r := httptest.NewRequest("GET", path, nil)
		r.Host, r.RemoteAddr = strings.TrimPrefix(h.Base, "http://"), "127.0.0.1:1"
		r.URL.RawQuery = "key=" + urlEncoded(key)
		w := httptest.NewRecorder()
		stack.ServeHTTP(w, r)
		return w.Code
	}
	bits, taken := 0, 0
	for name, c := range map[string]struct {
		good string
		use  func(string) int
		want int
	}{
		"a secret":       {h.secret(t, "alice"), func(s string) int { return ask("POST", "/api/chatkit/beacon", s) }, 204},
		"a token":        {h.token(t, "alice"), func(s string) int { return ask("GET", "/api/chatkit/threads", s) }, 200},
		"a preview link": {key, link, 200},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.use(c.good); got != c.want {
				t.Fatalf("unchanged: HTTP %d, want %d", got, c.want)
			}
			bits += len(c.good) * 8
			for i := range len(c.good) * 8 {
				flipped := []byte(c.good)
				flipped[i/8] ^= 1 << (i % 8)
				if got := c.use(string(flipped)); got != 401 {
					taken++
					t.Errorf("bit %d flipped: HTTP %d, want 401", i, got)
				}
			}
			last := len(c.good) - 1
			for _, b := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") { // its low bits may stand for nothing
				if got := c.use(c.good[:last] + string(b)); got != 401 && b != c.good[last] {
					t.Errorf("ending in %q: HTTP %d, want 401", b, got)
				}
			}
			for n := 1; n < len(c.good); n++ {
				if got := c.use(c.good[:n]); got != 401 {
					t.Errorf("cut to %d bytes: HTTP %d, want 401", n, got)
				}
			}
			for _, longer := range []string{c.good + "A", "A" + c.good, c.good + "=", c.good + ".", c.good + c.good, c.good + "\n", " " + c.good} {
				if got := c.use(longer); got != 401 {
					t.Errorf("made longer: HTTP %d, want 401", got)
				}
			}
		})
	}
	tally.Counted(t, tally.Entry{Promise: "P8", What: "bits flipped", Runs: bits, Broken: taken})
}

// urlEncoded writes every byte in hexadecimal.
func urlEncoded(s string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		fmt.Fprintf(&out, "%%%02X", b)
	}
	return out.String()
}

// J07, J11, J31: unknown keys cost few fetches, a new key is taken at once, and
// a storm of bad tokens holds up nobody.
func TestStormAtTheDoor(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	good := h.as(t, "alice")
	h.send(t, "GET", "/api/chatkit/threads", "", good).ok(t, 200)
	h.Provider.Rotate(t, "EdDSA")
	h.send(t, "GET", "/api/chatkit/threads", "", h.as(t, "alice")).ok(t, 200)
	fetches := h.Provider.Fetches()
	claims := h.Provider.Claims("mallory", audience)
	var all sync.WaitGroup
	begun := time.Now()
	for worker := range 8 {
		bogus := make([]header, 100)
		for i := range bogus {
			bogus[i] = header{"Authorization": "Bearer " + h.Provider.Sign(t, claims, map[string]any{"kid": fmt.Sprint("bogus-", worker, "-", i)})}
		}
		all.Go(func() {
			for i, bad := range bogus {
				a, err := exchange(t.Context(), "POST", h.Base+"/api/chatkit", say("hi"), bad)
				if err != nil || a.Status != 401 {
					t.Errorf("a bad token: HTTP %d, %v", a.Status, err)
				}
				if i%10 == 0 {
					if a, err := exchange(t.Context(), "GET", h.Base+"/api/chatkit/threads", "", good); err != nil || a.Status != 200 {
						t.Errorf("a good token: HTTP %d, %v", a.Status, err)
					}
				}
			}
		})
	}
	all.Wait()
	took := time.Since(begun)
	if n := h.Provider.Fetches() - fetches; n > 4+int(took/time.Second) { // one a second
		t.Errorf("800 unknown keys cost %d fetches in %v", n, took)
	}
	h.goesOn(t)
}
