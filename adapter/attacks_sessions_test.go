package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
	"taskwire/identity"
	"taskwire/store/storetest"
)

// E05: a secret opens the chat for ten minutes, give or take the leeway, and
// names its session for a day.
func TestSecretsRunOut(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *clocked) {
		session := func(path, body string, status int) (made clientSession) {
			t.Helper()
			f.exchange(t, post(path, body)).ok(t, status).decode(t, &made)
			return made
		}
		use := func(secret string) int {
			return f.exchange(t, post("/api/chatkit", operate(chatkit.TypeListThreads, "{}"), "Authorization: Bearer "+secret)).Status
		}
		made := session("/api/chatkit/session", "{}", 200)
		if life := time.Until(made.ExpiresAt); life > identity.SecretLife || life < identity.SecretLife-time.Second {
			t.Errorf("a secret lives %v, want 10 minutes", life)
		}
		steps := []struct {
			after time.Duration // since the secret was made
			want  int
		}{{0, 200}, {identity.SecretLife - time.Second, 200}, {identity.SecretLife + 29*time.Second, 200}, {identity.SecretLife + 31*time.Second, 401}, {time.Hour, 401}}
		start := time.Now()
		for _, step := range steps {
			time.Sleep(step.after - time.Since(start))
			if got := use(made.Secret); got != step.want {
				t.Errorf("after %v: HTTP %d, want %d", step.after, got, step.want)
			}
		}
		next := session("/api/chatkit/refresh", `{"client_secret":"`+made.Secret+`"}`, 200)
		if next.ID != made.ID || use(next.Secret) != 200 || use(made.Secret) != 401 {
			t.Errorf("renewed as %s, want %s; the new secret gives %d, the old one %d", next.ID, made.ID, use(next.Secret), use(made.Secret))
		}
		time.Sleep(identity.SessionLife)
		for _, body := range []string{`{"session_id":"` + made.ID + `"}`, `{"client_secret":"` + next.Secret + `"}`} {
			f.exchange(t, post("/api/chatkit/refresh", body)).refusedAs(t, "over: "+body[:12], 404, "not_found", "")
		}
	})
}

// E03: nobody but the token says whose session it is, wherever another name
// may stand.
func TestSessionsOfNobodyElse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		h := start(t, setup{noTools: true, engine: engine})
		hd := h.as(t, "alice")
		for name, a := range map[string]answer{
			"user":      h.send(t, "POST", "/api/chatkit/session", `{"user":"bob"}`, hd),
			"user_id":   h.send(t, "POST", "/api/chatkit/session", `{"user_id":"bob","userId":"bob","sub":"bob","owner":{"id":"bob"}}`, hd),
			"query":     h.send(t, "POST", "/api/chatkit/session?user=bob&user_id=bob", `{}`, hd),
			"headers":   h.send(t, "POST", "/api/chatkit/session", ``, hd.with("X-User-Id", "bob").with("X-Forwarded-User", "bob").with("Cookie", "user=bob")),
			"a session": h.send(t, "POST", "/api/chatkit/session", `{"session_id":"cksess_x","client_secret":"x","expires_at":"2099-01-01T00:00:00Z"}`, hd),
		} {
			var made clientSession
			a.ok(t, 200).decode(t, &made)
			p, err := h.Server.secrets.Verify(t.Context(), made.Secret)
			if err != nil || p.User != "alice" || made.ID == "cksess_x" || time.Until(made.ExpiresAt) > identity.SecretLife {
				t.Errorf("%s: a secret of %q, %v, until %v", name, p.User, err, made.ExpiresAt)
			}
			var fields map[string]any
			if a.decode(t, &fields); len(fields) != 3 || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: answered with %s, Cache-Control %q", name, a.Body, a.Header.Get("Cache-Control"))
			}
		}
		// E05: another's session is one that never was, by id, by secret, and both.
		made := h.newSession(t, "alice")
		bob := h.as(t, "bob").with("X-Request-Id", "same")
		before := h.hash(t)
		never := h.send(t, "POST", "/api/chatkit/refresh", `{"session_id":"cksess_00000000000000000000000000"}`, bob)
		never.refusedAs(t, "never was", 404, "not_found", "")
		for _, body := range []string{
			`{"session_id":"` + made.ID + `"}`, `{"client_secret":"` + made.Secret + `"}`, `{"session_id":"` + made.ID + `","client_secret":"` + made.Secret + `"}`,
			`{"session_id":" ` + made.ID + `"}`, `{"session_id":"\u202e"}`, `{"session_id":"` + strings.Repeat("x", 30_000) + `"}`, `{"client_secret":"..."}`,
			`{"client_secret":"` + h.token(t, "alice") + `"}`, `{"client_secret":"` + h.token(t, "bob") + `"}`,
		} {
			if a := h.send(t, "POST", "/api/chatkit/refresh", body, bob); a.Status != 404 || a.Body != never.Body {
				t.Errorf("%.60s: HTTP %d %s, want %s", body, a.Status, a.Body, never.Body)
			}
		}
		for _, body := range []string{`[]`, `"x"`, `null`, `{"session_id":{}}`, `{"session_id":["` + made.ID + `"]}`, `{"Session_id":"` + made.ID + `"}`, `{"session_id":"a","session_id":"b"}`, `{"session_id":""}`, `x`} {
			h.send(t, "POST", "/api/chatkit/refresh", body, bob).refusedAs(t, body, 400, "", "")
		}
		if h.hash(t) != before {
			t.Error("a row has changed")
		}
		h.goesOn(t)
	})
}

// E09: what OpenAI may answer beside what is meant to be.
func TestHostedSessionOddities(t *testing.T) {
	t.Parallel()
	o := startOpenAI(t)
	lured := make(chan string, 100)
	trap := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { lured <- r.URL.Path + r.Header.Get("Authorization") }))
	t.Cleanup(trap.Close)
	h := start(t, setup{noTools: true, env: hosted(o)})
	says := func(status int, header map[string]string, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for name, value := range header {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	made := func(change string) string {
		return `{"id":"cksess_9","object":"chatkit.session","client_secret":"ek_9","expires_at":` + fmt.Sprint(time.Now().Add(time.Minute).Unix()) + `,` + change + `"status":"active"}`
	}
	expires := func(value string) string {
		return `{"id":"cksess_9","client_secret":"ek_9","expires_at":` + value + `}`
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		status []int
		code   string
	}{
		"a redirect":           {says(307, map[string]string{"Location": trap.URL + "/latest/meta-data/"}, ""), []int{502, 503}, ""},
		"a redirect of old":    {says(302, map[string]string{"Location": trap.URL + "/latest/meta-data/"}, ""), []int{502, 503}, ""},
		"402":                  {openAIFails(402), []int{502}, "openai_refused"},
		"408":                  {openAIFails(408), []int{502}, "openai_failed"},
		"409":                  {openAIFails(409), []int{502}, ""},
		"422":                  {openAIFails(422), []int{502}, "openai_refused"},
		"529":                  {openAIFails(529), []int{502}, "openai_failed"},
		"429 for ever":         {openAIFails(429, "Retry-After", "99999999"), []int{429}, "openai_rate_limited"},
		"429 until a date":     {openAIFails(429, "Retry-After", "Wed, 21 Oct 2099 07:28:00 GMT"), []int{429}, "openai_rate_limited"},
		"429 in the past":      {openAIFails(429, "Retry-After", "-1"), []int{429}, "openai_rate_limited"},
		"401 in HTML":          {says(401, map[string]string{"Content-Type": "text/html"}, "<h1>"+openAIKey+"</h1>"), []int{502}, "openai_key_rejected"},
		"204":                  {says(204, nil, ""), []int{502, 503}, ""},
		"a list":               {says(200, nil, `[]`), []int{502, 503}, ""},
		"null":                 {says(200, nil, `null`), []int{502, 503}, ""},
		"half an answer":       {says(200, nil, made("")[:60]), []int{502, 503}, ""},
		"an empty secret":      {says(200, nil, `{"id":"cksess_9","client_secret":"","expires_at":4102444800}`), []int{502, 503}, ""},
		"an id with a NUL":     {says(200, nil, `{"id":"a\u0000b","client_secret":"ek_9","expires_at":4102444800}`), []int{502, 503}, ""},
		"an id of 10 KiB":      {says(200, nil, `{"id":"`+strings.Repeat("x", 10<<10)+`","client_secret":"ek_9","expires_at":4102444800}`), []int{502, 503}, ""},
		"no end":               {says(200, nil, `{"id":"cksess_9","client_secret":"ek_9"}`), []int{502, 503}, ""},
		"an end that is over":  {says(200, nil, expires("1000000000")), []int{502, 503}, ""},
		"an end before Christ": {says(200, nil, expires("-9223372036854775808")), []int{502, 503}, ""},
		"an end years away":    {says(200, nil, expires("4102444800")), []int{502, 503}, ""},
		"an end beyond dates":  {says(200, nil, expires("999999999999")), []int{502, 503}, ""},
		"an end that is text":  {says(200, nil, expires(`"soon"`)), []int{502, 503}, ""},
		"8 MiB":                {says(200, nil, made(`"x":"`+strings.Repeat("x", 8<<20)+`",`)), []int{502, 503}, ""},
	} {
		o.says(c.answer)
		before := h.hash(t)
		a := h.send(t, "POST", "/api/chatkit/session", "", h.as(t, "alice"))
		p := a.problem()
		if !slices.Contains(c.status, a.Status) || p.Status != a.Status || c.code != "" && p.Code != c.code || p.Detail == "" {
			t.Errorf("%s: HTTP %d %.300s, want one of %v %s", name, a.Status, a.Body, c.status, c.code)
		}
		if wait := a.Header.Get("Retry-After"); (a.Status == 429 || a.Status == 503) && (wait == "" || len(wait) > 3) {
			t.Errorf("%s: Retry-After %q", name, wait)
		}
		if strings.Contains(a.Body, "canary") || h.hash(t) != before {
			t.Errorf("%s: told the key, or stored something: %.300s", name, a.Body)
		}
	}
	if len(lured) > 0 {
		t.Errorf("a redirect was followed: %q", <-lured)
	}
	if strings.Contains(h.Log.String(), "canary") {
		t.Error("the key is in the log")
	}
	o.says(nil)
	h.newSession(t, "alice")
	h.goesOn(t)
}

// E11: what anybody may read says how things are, and nothing of whom or what.
func TestOpenDoorsTellLittle(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{env: map[string]string{"LLM_API_KEY": "sk-canary-0123456789", "OPENAI_API_KEY": openAIKey, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}})
	x.furnish(t, "alice")
	shape := map[string][]string{
		"/healthz": {"status"}, "/readyz": {"status"}, "/.well-known/jwks.json": {"keys"},
		"/api/chatkit/health": {"model", "openai_key_configured", "openai_key_status", "problems", "session_endpoint_available", "session_mode", "status", "store_implemented", "timestamp"},
	}
	shape["/api/chat/health"] = shape["/api/chatkit/health"]
	for path, want := range shape {
		for name, hd := range map[string]header{"nobody": nil, "alice": x.as(t, "alice"), "junk": {"Authorization": "Bearer junk"}} {
			a := x.send(t, "GET", path, "", hd)
			var fields map[string]json.RawMessage
			a.ok(t, 200).decode(t, &fields)
			var got []string
			for field := range fields {
				got = append(got, field)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s for %s: fields %v, want %v", path, name, got, want)
			}
			for _, private := range []string{"canary", "alice", "sk-", "127.0.0.1", "sqlite", "taskwire.db", `"d":`} {
				if strings.Contains(strings.ToLower(a.Body), private) {
					t.Errorf("%s for %s tells %q: %s", path, name, private, a.Body)
				}
			}
			if a.Header.Get("X-Request-Id") == "" || a.Header.Get("Server") != "" || a.Header.Get("X-Powered-By") != "" {
				t.Errorf("%s: headers %v", path, a.Header)
			}
		}
	}
}
