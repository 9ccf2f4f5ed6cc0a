package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestProbes(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	if a := h.send(t, "GET", "/healthz", "", nil).ok(t, 200); a.Body != `{"status":"ok"}` {
		t.Errorf("healthz says %s", a.Body)
	}
	h.send(t, "HEAD", "/healthz", "", nil).ok(t, 200)
	a := h.send(t, "GET", "/.well-known/jwks.json", "", header{"Host": "adapter.internal"}).ok(t, 200)
	if !strings.Contains(a.Body, `"crv":"Ed25519"`) || strings.Contains(a.Body, `"d"`) {
		t.Errorf("the key set is %s", a.Body)
	}
}

func TestUnknownAndWrongMethod(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	for _, path := range []string{"/nothing", "/debug/pprof", "/debug/vars", "/swagger", "/.env", "/.git/config", "/healthz/", "//healthz", "/healthz/..", "/%2e%2e/etc/passwd"} {
		h.send(t, "GET", path, "", nil).refused(t, 404, "not_found")
	}
	for path, allow := range map[string]string{"/healthz": "GET, HEAD", "/.well-known/jwks.json": "GET, HEAD"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
			a := h.send(t, method, path, "", nil)
			a.refused(t, 405, "method_not_allowed")
			if got := a.Header.Get("Allow"); got != allow {
				t.Errorf("%s %s: Allow %q, want %q", method, path, got, allow)
			}
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true, env: map[string]string{"ALLOWED_ORIGINS": "https://good.example", "PUBLIC_URL": "https://chat.example.com"}})
	preflight := header{"Access-Control-Request-Method": "POST"}
	for _, origin := range []string{"https://good.example", "https://chat.example.com"} {
		a := h.send(t, "GET", "/healthz", "", header{"Origin": origin}).ok(t, 200)
		if got := a.Header.Get("Access-Control-Allow-Origin"); got != origin || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("Origin %s: allowed %q", origin, got)
		}
		for _, want := range []string{"X-Request-Id", "Link", "ETag", "Retry-After"} {
			if exposed := a.Header.Get("Access-Control-Expose-Headers"); !strings.Contains(exposed, want) {
				t.Errorf("exposed are %s, want %s too", exposed, want)
			}
		}
		a = h.send(t, "OPTIONS", "/api/chatkit", "", preflight.with("Origin", origin)).ok(t, 204)
		for _, want := range []string{"Authorization", "Content-Type", "Idempotency-Key", "X-Stream-Detach", "X-Timezone", "If-Match"} {
			if allowed := a.Header.Get("Access-Control-Allow-Headers"); !strings.Contains(allowed, want) {
				t.Errorf("allowed are %s, want %s too", allowed, want)
			}
		}
	}
	for _, origin := range []string{"null", "https://good.example.evil", "https://good.example/", "http://good.example", "https://evil.example"} {
		for _, a := range []answer{
			h.send(t, "POST", "/api/chatkit", "{}", header{"Origin": origin}),
			h.send(t, "OPTIONS", "/api/chatkit", "", preflight.with("Origin", origin)),
		} {
			a.refused(t, 403, "origin_not_allowed")
			if got := a.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("Origin %s: allowed %q", origin, got)
			}
		}
	}
	h.send(t, "POST", "/api/chatkit", "{}", header{"Sec-Fetch-Site": "cross-site"}).refused(t, 403, "origin_not_allowed")
}

// A link from another site leads to the page, and the page gets its modules and
// calls the server; nobody else gets either.
func TestOriginsOfThePage(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true, env: map[string]string{"PUBLIC_URL": "https://Chat.example.com:443"}})
	const module, cross, same = "/chatbot/x/js/main.js", "cross-site", "same-origin"
	for _, r := range []struct {
		method, path, site, mode, origin string
		status                           int
	}{
		{"GET", "/chatbot", cross, "navigate", "", 200},
		{"GET", "/", cross, "navigate", "", 200},
		{"GET", "/chatbot/", cross, "navigate", "", 200},
		{"HEAD", "/chatbot", cross, "navigate", "", 200},
		{"GET", "/chatbot", "none", "navigate", "", 200},
		{"GET", module, same, "cors", "", 200},
		{"GET", module, cross, "no-cors", "", 403},
		{"GET", module, cross, "cors", "https://evil.example", 403},
		{"POST", "/api/chatkit/session", same, "cors", "https://chat.example.com", 200},
		{"POST", "/api/chatkit/session", cross, "cors", "https://evil.example", 403},
		{"POST", "/api/chatkit/session", cross, "navigate", "null", 403}, // a form
	} {
		hd := header{"Sec-Fetch-Site": r.site, "Sec-Fetch-Mode": r.mode, "Origin": r.origin, "Host": "chat.example.com", "Authorization": "Bearer " + h.token(t, "alice")}
		if a := h.send(t, r.method, r.path, "", hd); a.Status != r.status {
			t.Errorf("%+v: HTTP %d %.200s", r, a.Status, a.Body)
		}
	}
}

// Dev mode asks for no token, so it answers to this machine alone.
func TestDevModeIsLocal(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true, env: devEnv})
	h.send(t, "GET", "/healthz", "", header{"Host": "localhost"}).ok(t, 200)
	h.send(t, "GET", "/healthz", "", header{"Host": "evil.example"}).refused(t, 403, "loopback_only")
}

// devEnv turns the harness's settings into those of dev mode.
var devEnv = map[string]string{"AUTH_MODE": "dev", "AUTH_ISSUER": "", "AUTH_JWKS_URL": "", "AUTH_AUDIENCE": ""}

func TestHosts(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true, env: map[string]string{"PUBLIC_URL": "https://chat.example.com"}})
	for host, want := range map[string]int{
		"chat.example.com": 404, "chat.example.com:443": 404, "CHAT.example.com": 404, "127.0.0.1": 404, "localhost:1": 404,
		"evil.example": 403, "chat.example.com.evil.example": 403, "chat.example.com:80": 403,
	} {
		if a := h.send(t, "GET", "/nothing", "", header{"Host": host, "X-Forwarded-Host": "chat.example.com"}); a.Status != want {
			t.Errorf("Host %s: %d, want %d", host, a.Status, want)
		}
	}
	for _, path := range []string{"/healthz", "/.well-known/jwks.json"} {
		h.send(t, http.MethodGet, path, "", header{"Host": "10.0.0.7:8080"}).ok(t, 200)
	}
}
