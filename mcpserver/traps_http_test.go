package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"taskwire/edge"
	"taskwire/store/storetest"
)

// Cure: CheckOrigin in front of everything. The SDK checks none, and
// http.CrossOriginProtection neither GET nor an Origin that is there but empty.
func TestOrigins(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, map[string]string{"ALLOWED_ORIGINS": "https://app.example.com"})
	session := h.open(t, h.token(t, "alice"))
	host := strings.TrimPrefix(h.Base, "http://")
	port := host[strings.LastIndex(host, ":"):]
	for origin, allowed := range map[string]bool{
		"": false, "null": false, "https://evil.example": false, "https://app.example.com.evil.example": false,
		"http://app.example.com": false, "https://app.example.com:444": false, "https://app.example.com/": false,
		"https://app.example.com": true, h.Base: true, "http://localhost" + port: true, "http://[::1]" + port: true,
	} {
		for _, method := range []string{"POST", "GET", "DELETE", "OPTIONS"} {
			if allowed && method == "DELETE" {
				continue // the session is needed
			}
			c := dialRaw(t, h)
			body := ""
			if method == "POST" {
				body = ask(1, "ping", "")
			}
			c.send(t, method, "/mcp", body, with(session, "Origin", origin, "Host", host, "Access-Control-Request-Method", "POST"))
			res := c.begin(t)
			c.Close()
			if got := res.StatusCode != http.StatusForbidden; got != allowed {
				t.Errorf("%s with Origin %q: HTTP %d", method, origin, res.StatusCode)
			}
			if got := res.Header.Get("Access-Control-Allow-Origin"); allowed && got != origin || !allowed && got != "" {
				t.Errorf("%s with Origin %q: Access-Control-Allow-Origin %q", method, origin, got)
			}
		}
	}
	for _, path := range []string{"/healthz", "/.well-known/oauth-protected-resource/mcp"} {
		if a := h.send(t, http.MethodGet, h.Base+path, "", map[string]string{"Origin": "https://evil.example"}); a.Status != http.StatusForbidden {
			t.Errorf("%s for another origin: HTTP %d", path, a.Status)
		}
	}
	for site, want := range map[string]int{"cross-site": 403, "same-origin": 200, "none": 200} {
		if a := h.send(t, http.MethodPost, h.URL, ask(1, "ping", ""), with(session, "Sec-Fetch-Site", site)); a.Status != want {
			t.Errorf("Sec-Fetch-Site %s: HTTP %d, want %d", site, a.Status, want)
		}
	}
}

// E13, E15. Cure: the challenge and the metadata are ours. The SDK's challenge names no
// error, and hosts look for the metadata at either path.
func TestChallengeAndMetadata(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, map[string]string{"MCP_PUBLIC_URL": "https://tasks.example.com/mcp"})
	forged := map[string]string{"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "ftp", "Forwarded": "host=evil.example"}
	for _, path := range []string{"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"} {
		a := h.send(t, http.MethodGet, h.Base+path, "", forged)
		sound(t, path, a)
		var metadata struct {
			Resource string   `json:"resource"`
			Servers  []string `json:"authorization_servers"`
			Scopes   []string `json:"scopes_supported"`
			Methods  []string `json:"bearer_methods_supported"`
		}
		if err := json.Unmarshal([]byte(a.Body), &metadata); err != nil || a.Status != http.StatusOK {
			t.Fatalf("%s: HTTP %d %s", path, a.Status, a.Body)
		}
		if metadata.Resource != "https://tasks.example.com/mcp" || !slices.Equal(metadata.Servers, []string{h.Provider.Issuer}) ||
			!slices.Equal(metadata.Scopes, []string{scopeRead, scopeWrite}) || !slices.Equal(metadata.Methods, []string{"header"}) {
			t.Errorf("%s: %s", path, a.Body)
		}
		if strings.Contains(a.Body, "evil.example") {
			t.Errorf("%s repeats a host that anybody can name: %s", path, a.Body)
		}
	}
	forged["Host"] = ""
	const metadata = `resource_metadata="https://tasks.example.com/.well-known/oauth-protected-resource/mcp"`
	for name, c := range map[string]struct{ token, want string }{
		"no token":  {"", `Bearer ` + metadata + `, scope="tasks:read tasks:write"`},
		"bad token": {"Bearer x.y.z", `error="invalid_token"`},
	} {
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
			a := h.send(t, method, h.URL, "{}", with(forged, "Authorization", c.token))
			got := a.Header.Get("WWW-Authenticate")
			if a.Status != http.StatusUnauthorized || !strings.Contains(got, metadata) || !strings.Contains(got, c.want) {
				t.Errorf("%s, %s: HTTP %d, challenge %s", name, method, a.Status, got)
			}
		}
	}
	for path, allow := range map[string]string{
		"/healthz": "GET, HEAD", "/readyz": "GET, HEAD", "/.well-known/oauth-protected-resource": "GET",
		"/.well-known/oauth-protected-resource/mcp": "GET", "/mcp": "GET, POST, DELETE",
	} {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodHead, http.MethodOptions, "BREW"} {
			if method == http.MethodHead && strings.Contains(allow, method) {
				continue
			}
			a := h.send(t, method, h.Base+path, "", nil)
			if a.Status != http.StatusMethodNotAllowed || a.Header.Get("Allow") != allow || a.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s: HTTP %d, Allow %q, want 405 with %q", method, path, a.Status, a.Header.Get("Allow"), allow)
			}
		}
	}
	for _, path := range []string{"/", "/mcp/", "/nothing", "/debug/pprof", "/metrics"} {
		a := h.send(t, http.MethodGet, h.Base+path, "", nil)
		sound(t, path, a)
		if a.Status != http.StatusNotFound || a.Message.Code != "not_found" {
			t.Errorf("%s: HTTP %d %s, want 404", path, a.Status, a.Body)
		}
	}
}

// Cure: KeepAlive round /mcp, and deadlines for each write instead of
// http.Server.WriteTimeout, which would cut a good stream: it is silent for
// two hours here, but for comments, and takes an answer in the end.
func TestStreamStaysOpen(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *fakeTime) {
		claims := f.Provider.Claims("alice", f.URL)
		claims["exp"] = time.Now().Add(3 * time.Hour).Unix()
		session := as(f.Provider.Sign(t, claims), headerVersion, "2025-11-25")
		session[headerSession] = f.post(t, initializeMessage, session).Header.Get(headerSession)
		c := f.dial(t)
		c.send(t, "GET", "/mcp", "", session)
		res := c.begin(t)
		if res.StatusCode != http.StatusOK || res.Header.Get("X-Accel-Buffering") != "no" ||
			res.Header.Get("Cache-Control") != "no-cache, no-transform" || res.Header.Get("X-Request-Id") == "" {
			t.Fatalf("HTTP %d %v", res.StatusCode, res.Header)
		}
		if hello, err := io.ReadAll(io.LimitReader(res.Body, 6)); err != nil || string(hello) != ": ok\n\n" {
			t.Fatalf("the stream begins with %q %v", hello, err)
		}
		for i := range 2 * 60 * 4 {
			if i%60 == 0 { // else the session would end as idle
				if a := f.post(t, ask(1, "ping", ""), session); a.Status != http.StatusOK {
					t.Fatalf("ping: HTTP %d %s", a.Status, a.Body)
				}
			}
			start := time.Now()
			ping := make([]byte, len(": ping\n\n"))
			if _, err := io.ReadFull(res.Body, ping); err != nil || string(ping) != ": ping\n\n" || time.Since(start) > edge.PingInterval {
				t.Fatalf("comment %d came after %v: %q %v", i, time.Since(start), ping, err)
			}
		}
	})
}

// Cure: EndOnDrain round the streams that only wait, or each would hold up the
// stop for the whole grace.
func TestStreamsEndOnDrain(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *fakeTime) {
		token := f.token(t, "alice")
		session := as(token, headerVersion, "2025-11-25")
		session[headerSession] = f.post(t, initializeMessage, session).Header.Get(headerSession)
		stream := f.dial(t)
		stream.send(t, "GET", "/mcp", "", session)
		res := stream.begin(t)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("HTTP %d", res.StatusCode)
		}
		go func() { _, _ = io.Copy(io.Discard, res.Body) }()
		synctest.Wait()
		start := time.Now()
		f.stop()
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("a stream that only waits held up the stop for %v", took)
		}
	})
}

// Cure: DisableLocalhostProtection and a Host check of our own. The SDK
// refuses the public host on a loopback listener, that is, behind a proxy on
// the same machine; and on another listener nobody checks it.
func TestHosts(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, map[string]string{"MCP_PUBLIC_URL": "https://tasks.example.com/mcp"})
	good := as(h.Provider.Token(t, "alice", "https://tasks.example.com/mcp", scopeRead))
	outside := *h.Server
	outside.loopback = false
	public := httptest.NewServer(outside.routes())
	t.Cleanup(public.Close)
	for host, want := range map[string][2]int{ // on loopback, elsewhere
		"tasks.example.com": {200, 200}, "TASKS.example.com": {200, 200}, "tasks.example.com:443": {200, 200},
		"127.0.0.1:8081": {200, 403}, "localhost": {200, 403}, "[::1]:1": {200, 403},
		"tasks.example.com:80": {403, 403}, "evil.example": {403, 403}, "127.0.0.1.evil.example": {403, 403},
		"taſks.example.com": {400, 400}, "10.0.0.1": {403, 403}, "localhost.": {403, 403},
	} {
		for i, url := range []string{h.URL, public.URL + "/mcp"} {
			c := dialRaw(t, &harness{Base: strings.TrimSuffix(url, "/mcp")})
			c.send(t, "POST", "/mcp", initializeMessage, with(good, "Host", host))
			if got := c.begin(t).StatusCode; got != want[i] {
				t.Errorf("Host %s, loopback %v: HTTP %d, want %d", host, i == 0, got, want[i])
			}
		}
		for _, path := range []string{"/healthz", "/.well-known/oauth-protected-resource"} { // probes come by address
			c := dialRaw(t, &harness{Base: public.URL})
			c.send(t, "GET", path, "", map[string]string{"Host": host})
			if got := c.begin(t).StatusCode; got != 200 && want[1] != 400 {
				t.Errorf("%s with Host %s: HTTP %d", path, host, got)
			}
		}
	}
}

// Cure: problemWriter. The SDK refuses in plain text; hosts look for the words
// "Unsupported protocol version", so those stay. And: the SDK takes any level.
func TestRefusalsAreProblems(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	session := h.open(t, token)
	gone := h.open(t, token)
	h.send(t, http.MethodDelete, h.URL, "", gone)
	for name, c := range map[string]struct {
		method, body string
		header       map[string]string
		status       int
		code         string
	}{
		"a stream that is not accepted": {http.MethodGet, "", with(session, "Accept", "text/html"), 400, "bad_request"},
		"a stream of no session":        {http.MethodGet, "", as(token), 400, "bad_request"},
		"events to be replayed":         {http.MethodGet, "", with(session, "Last-Event-ID", "_0"), 400, "bad_request"},
		"an event id that is none":      {http.MethodGet, "", with(session, "Last-Event-ID", "<>"), 400, "bad_request"},
		"a session that has ended":      {http.MethodPost, ask(1, "ping", ""), gone, 404, "session_not_found"},
		"an id where none belongs":      {http.MethodPost, ask(1, "notifications/initialized", ""), session, 400, "bad_request"},
	} {
		a := h.send(t, c.method, h.URL, c.body, c.header)
		sound(t, name, a)
		if a.Status != c.status || a.Message.Code != c.code || a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: HTTP %d %s, want %d %s", name, a.Status, a.Body, c.status, c.code)
		}
	}
	rec := httptest.NewRecorder()
	w := &problemWriter{ResponseWriter: rec, request: httptest.NewRequest(http.MethodPost, "/mcp", nil)}
	http.Error(w, "Bad Request: Unsupported protocol version (supported versions: 2025-11-25)", http.StatusBadRequest)
	w.finish()
	var problem struct{ Detail string }
	if json.Unmarshal(rec.Body.Bytes(), &problem) != nil || !strings.Contains(problem.Detail, "Unsupported protocol version") {
		t.Errorf("the SDK's words are lost: %s", rec.Body)
	}
	rec = httptest.NewRecorder()
	w = &problemWriter{ResponseWriter: rec, request: httptest.NewRequest(http.MethodPost, "/mcp", nil)}
	http.Error(w, "dial tcp 10.0.0.1:5432", http.StatusInternalServerError)
	w.finish()
	if strings.Contains(rec.Body.String(), "10.0.0.1") || rec.Code != http.StatusInternalServerError {
		t.Errorf("a failure inside shows: %s", rec.Body)
	}
	for level, fine := range map[string]bool{"debug": true, "emergency": true, "loud": false, "": false, "DEBUG": false} {
		a := h.send(t, http.MethodPost, h.URL, ask(1, "logging/setLevel", `{"level":`+quotedJSON(level)+`}`), session)
		if (a.Message.Error == nil) != fine || !fine && a.Message.Error.Code != jsonrpc.CodeInvalidParams {
			t.Errorf("level %q: %s", level, a.Body)
		}
	}
}
