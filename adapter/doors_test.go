package main

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"taskwire/identity/identitytest"
)

// open are the routes that ask nobody who they are.
var open = []string{
	"GET /healthz", "HEAD /healthz", "GET /readyz", "HEAD /readyz", "GET /.well-known/jwks.json", "HEAD /.well-known/jwks.json",
	"GET /openapi.json", "GET /api/chatkit/health", "GET /api/chat/health",
	"GET /", "HEAD /", "GET /chatbot", "HEAD /chatbot", "GET /chatbot/*file", "HEAD /chatbot/*file",
}

// fill puts something in the place of each parameter.
func fill(path string) string {
	return strings.NewReplacer(":user_id", "alice", ":task_id", "task_x", ":thread_id", "thr_x", ":id", "atc_x", "*file", "x/icon.svg").Replace(path)
}

// H10: every route but the open ones wants a token, and every route knows its
// methods.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	methods := map[string][]string{}
	for _, route := range h.Server.routes().Routes() {
		methods[route.Path] = append(methods[route.Path], route.Method)
	}
	before := h.hash(t)
	for path, served := range methods {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
			name := method + " " + path
			switch {
			case !slices.Contains(served, method):
				a := h.send(t, method, fill(path), "", h.as(t, "alice"))
				if allow := strings.Split(a.Header.Get("Allow"), ", "); a.Status != http.StatusMethodNotAllowed || !equalSets(allow, served) {
					t.Errorf("%s: HTTP %d, Allow %v, want 405 and %v", name, a.Status, allow, served)
				}
			case !slices.Contains(open, name):
				h.send(t, method, fill(path), "", nil).refused(t, 401, "token_missing")
				h.send(t, method, fill(path), "", header{"Authorization": "Bearer x"}).refused(t, 401, "token_invalid")
				h.send(t, method, fill(path), "", header{"X-User-Id": "alice", "Cookie": "session=x", "X-Forwarded-User": "alice"}).refused(t, 401, "token_missing")
			}
		}
	}
	if h.hash(t) != before {
		t.Error("something changed")
	}
}

func equalSets(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// Tokens that are not made for us open nothing.
func TestForeignTokens(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	p := h.Provider
	good := p.Claims("alice", audience)
	changed := func(name string, value any) string {
		claims := maps.Clone(good)
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
		return p.Sign(t, claims)
	}
	toolToken, err := newToolTokens(h.Server.signer, "https://tasks.example.com/mcp").token(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	valid := p.Sign(t, good)
	head, rest, _ := strings.Cut(valid, ".")
	body, _, _ := strings.Cut(rest, ".")
	for name, token := range map[string]string{
		"another issuer": identitytest.New(t, p.Issuer).Sign(t, good), "no issuer": changed("iss", nil), "ours by name": changed("iss", h.Base),
		"no audience": changed("aud", nil), "another audience": changed("aud", "https://tasks.example.com/mcp"), "a prefix": changed("aud", audience+"/"),
		"no subject": changed("sub", nil), "an empty subject": changed("sub", ""), "a number": changed("sub", 7), "NUL": changed("sub", "a\x00"),
		"expired": changed("exp", time.Now().Add(-31*time.Second).Unix()), "no end": changed("exp", nil), "for a year": changed("exp", time.Now().AddDate(1, 0, 0).Unix()),
		"not yet":  changed("nbf", time.Now().Add(time.Minute).Unix()),
		"unsigned": head + "." + body + ".", "cut": valid[:len(valid)-10], "five parts": valid + ".a.b",
		"for the tools": toolToken, "another's secret": strings.Replace(h.secret(t, "alice"), ".", "..", 1),
	} {
		a := h.send(t, "POST", "/api/chatkit/session", "", header{"Authorization": "Bearer " + token})
		if a.Status != 401 {
			t.Errorf("%s: HTTP %d, %s", name, a.Status, a.Body)
		}
	}
	h.send(t, "POST", "/api/chatkit/session", "", header{"Authorization": "Bearer " + changed("exp", time.Now().Add(-20*time.Second).Unix())}).ok(t, 200)
	h.send(t, "POST", "/api/chatkit/session", "", header{"Authorization": "bearer " + changed("aud", []string{"x", audience})}).ok(t, 200)
}

// Keys out of reach are nobody's bad token.
func TestKeysAway(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	other := identitytest.Start(t)
	other.Break(identitytest.Down)
	away := start(t, setup{env: map[string]string{"AUTH_ISSUER": other.Issuer, "AUTH_JWKS_URL": other.JWKSURL}})
	away.send(t, "POST", "/api/chatkit/session", "", header{"Authorization": "Bearer " + other.Token(t, "alice", audience)}).refused(t, 503, "keys_unavailable")
	away.send(t, "GET", "/readyz", "", nil).refused(t, 503, "not_ready")
	// Our own tokens need no provider.
	own := header{"Authorization": "Bearer " + away.secret(t, "alice")}
	away.send(t, "POST", "/api/chatkit/beacon", "{}", own).ok(t, 204)
	h.send(t, "GET", "/healthz", "", nil).ok(t, 200)
}

func TestDevMode(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: devEnv})
	made := h.send(t, "POST", "/api/dev-user/tasks", `{"title":"Tea"}`, nil).ok(t, 201)
	if !strings.Contains(made.Body, `"userId":"dev-user"`) {
		t.Errorf("made %s", made.Body)
	}
	h.send(t, "GET", "/api/alice/tasks", "", nil).refused(t, 403, "forbidden")
	h.send(t, "GET", "/api/dev-user/tasks", "", header{"Authorization": "Bearer junk"}).refused(t, 401, "token_invalid")
	h.send(t, "GET", "/api/dev-user/tasks", "", header{"Authorization": ""}).ok(t, 200)
}

// One line a request, whatever it holds, and nothing of a token in it.
func TestLogLines(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	token := h.token(t, "alice")
	evil := "%0a%7b%22level%22:%22error%22%7d%1b[31m" + strings.Repeat("x", 2000)
	h.send(t, "GET", "/"+evil, "", header{"Authorization": "Bearer " + token, "User-Agent": "{\"level\":" + strings.Repeat("y", 1000), "X-Request-Id": "a b"})
	h.send(t, "GET", "/api/alice/tasks/secret-task?key="+token, "", nil)
	h.send(t, "POST", "/api/chatkit/session", "", header{"Authorization": "Bearer " + token})
	log := h.Log.String()
	for _, never := range []string{token, token[:40], "\x1b", "\n{\"level\"", "secret-task", strings.Repeat("x", 300)} {
		if strings.Contains(log, never) {
			t.Errorf("the log holds %q", never)
		}
	}
	if !strings.Contains(log, `"route":"GET /api/:user_id/tasks/:task_id"`) || !strings.Contains(log, `"user":"alice"`) {
		t.Errorf("the log lacks route or user: %s", log)
	}
}
