package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// openAI is a scripted stand-in for OpenAI's API: the one thing here that
// cannot be the real one.
type openAI struct {
	URL string

	mu        sync.Mutex
	answer    func(w http.ResponseWriter, r *http.Request) // nil: as it should be
	sessions  []string                                     // users of the sessions made
	cancelled []string
	looks     int // at the list of models
}

const openAIKey = "sk-canary-0123456789abcdef"

func startOpenAI(t testing.TB) *openAI {
	o := &openAI{}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	o.URL = server.URL + "/v1"
	return o
}

// says sets the answer to everything, nil to mend it.
func (o *openAI) says(answer func(w http.ResponseWriter, r *http.Request)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer = answer
}

func (o *openAI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.answer != nil {
		o.answer(w, r)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+openAIKey {
		openAIFails(http.StatusUnauthorized)(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch path := strings.TrimPrefix(r.URL.Path, "/v1"); {
	case path == "/models":
		o.looks++
		fmt.Fprint(w, `{"object":"list","data":[]}`)
	case path == "/chatkit/sessions":
		var body struct {
			User     string
			Workflow struct{ ID string }
		}
		_ = json.NewDecoder(r.Body).Decode(&body)
		o.sessions = append(o.sessions, body.User+" "+body.Workflow.ID)
		fmt.Fprintf(w, `{"id":"cksess_%d","object":"chatkit.session","client_secret":"ek_%d","expires_at":%d,"status":"active","user":%q}`,
			len(o.sessions), len(o.sessions), time.Now().Add(10*time.Minute).Unix(), body.User)
	case strings.HasSuffix(path, "/cancel"):
		o.cancelled = append(o.cancelled, strings.Split(path, "/")[3])
		fmt.Fprint(w, `{"id":"x","object":"chatkit.session","status":"cancelled"}`)
	default:
		http.NotFound(w, r)
	}
}

// openAIFails answers as OpenAI does, which may repeat the key.
func openAIFails(status int, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"message":"Incorrect API key provided: %s","type":"invalid_request_error","code":"invalid_api_key","param":null}}`, openAIKey)
	}
}

func hosted(o *openAI) map[string]string {
	return map[string]string{
		"CHATKIT_SESSION_MODE": "openai", "OPENAI_API_KEY": openAIKey, "CHATKIT_WORKFLOW_ID": "wf_1", "OPENAI_BASE_URL": o.URL,
	}
}

func TestHostedSessions(t *testing.T) {
	t.Parallel()
	o := startOpenAI(t)
	h := start(t, setup{noTools: true, env: hosted(o)})
	made := h.newSession(t, "alice")
	if made.Secret != "ek_1" || made.ID != "cksess_1" || time.Until(made.ExpiresAt) < 9*time.Minute {
		t.Errorf("a session %+v", made)
	}
	var next clientSession
	h.send(t, "POST", "/api/chatkit/refresh", `{"session_id":"cksess_1"}`, h.as(t, "alice")).ok(t, 200).decode(t, &next)
	if next.Secret != "ek_2" || next.ID != "cksess_2" {
		t.Errorf("followed by %+v", next)
	}
	for _, user := range []string{"alice", "bob"} { // the first is over, the second alice's
		h.send(t, "POST", "/api/chatkit/refresh", `{"session_id":"cksess_1"}`, h.as(t, user)).refused(t, 404, "not_found")
	}
	h.send(t, "POST", "/api/chatkit/refresh", `{"session_id":"cksess_2"}`, h.as(t, "bob")).refused(t, 404, "not_found")
	o.mu.Lock()
	defer o.mu.Unlock()
	if got := strings.Join(o.sessions, ", "); got != "alice wf_1, alice wf_1" {
		t.Errorf("OpenAI made sessions for %q", got)
	}
	if got := strings.Join(o.cancelled, ", "); got != "cksess_1" {
		t.Errorf("OpenAI cancelled %q", got)
	}
}

// E01: who is nobody costs nothing: OpenAI is not asked.
func TestHostedSessionNeedsAToken(t *testing.T) {
	t.Parallel()
	o := startOpenAI(t)
	h := start(t, setup{noTools: true, env: hosted(o)})
	made := h.newSession(t, "alice")
	before := h.hash(t)
	for path, body := range map[string]string{"/api/chatkit/session": "", "/api/chatkit/refresh": `{"session_id":"` + made.ID + `"}`} {
		h.send(t, "POST", path, body, nil).refused(t, 401, "token_missing")
		for _, token := range []string{"junk", made.Secret, openAIKey, h.secret(t, "alice"), h.Provider.Token(t, "alice", "https://tasks.example.com")} {
			h.send(t, "POST", path, body, header{"Authorization": "Bearer " + token}).refused(t, 401, "token_invalid")
		}
	}
	if h.hash(t) != before {
		t.Error("something was stored")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.sessions) != 1 || len(o.cancelled) != 0 {
		t.Errorf("OpenAI made sessions for %q and cancelled %q", o.sessions, o.cancelled)
	}
}

// E09: whatever OpenAI does, the caller hears what to do, and never the key.
func TestHostedSessionFaults(t *testing.T) {
	t.Parallel()
	o := startOpenAI(t)
	h := start(t, setup{noTools: true, env: hosted(o)})
	text := func(status int, contentType, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		status int
		code   string
		word   string
	}{
		"key rejected":     {openAIFails(401), 502, "openai_key_rejected", "OPENAI_API_KEY"},
		"no permission":    {openAIFails(403), 502, "openai_no_permission", "permission"},
		"no such workflow": {openAIFails(404), 502, "openai_refused", "CHATKIT_WORKFLOW_ID"},
		"bad request":      {openAIFails(400), 502, "openai_refused", "CHATKIT_WORKFLOW_ID"},
		"rate limited":     {openAIFails(429, "Retry-After", "1"), 429, "openai_rate_limited", "Try again"},
		"500":              {openAIFails(500), 502, "openai_failed", "Try again"},
		"503 in HTML":      {text(503, "text/html", "<h1>"+openAIKey+"</h1>"), 502, "openai_failed", "Try again"},
		"200 in HTML":      {text(200, "text/html", "<h1>"+openAIKey+"</h1>"), 503, "openai_unavailable", "Try again"},
		"200 and nothing":  {text(200, "application/json", ""), 503, "openai_unavailable", "Try again"},
		"no secret":        {text(200, "application/json", `{"id":"x"}`), 503, "openai_unavailable", "Try again"},
		"cut off":          {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 503, "openai_unavailable", "Try again"},
	} {
		o.says(c.answer)
		before := h.hash(t)
		a := h.send(t, "POST", "/api/chatkit/session", "", h.as(t, "alice"))
		a.refused(t, c.status, c.code)
		if !strings.Contains(a.problem().Detail, c.word) {
			t.Errorf("%s: %s, want %q in it", name, a.Body, c.word)
		}
		if strings.Contains(a.Body, "canary") || h.hash(t) != before {
			t.Errorf("%s: told the key, or stored something: %s", name, a.Body)
		}
	}
	if strings.Contains(h.Log.String(), "canary") {
		t.Error("the key is in the log")
	}
}

func TestHostedSessionTimeout(t *testing.T) {
	t.Parallel()
	o := startOpenAI(t)
	h := start(t, setup{noTools: true, env: hosted(o)})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // before that, nobody sees a client go
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	cfg := h.Server.cfg.sessions
	cfg.openAIBase = server.URL
	slow := newHostedSessions(cfg, h.Server.chats, h.Server.key, quiet)
	slow.patience = 50 * time.Millisecond
	_, err := slow.create(t.Context(), "alice")
	if err == nil || !strings.Contains(err.Error(), "did not answer in time") {
		t.Errorf("%v, want it said that OpenAI did not answer", err)
	}
}

func TestHostedSessionsNotSetUp(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true, env: map[string]string{"CHATKIT_SESSION_MODE": "openai"}})
	a := h.send(t, "POST", "/api/chatkit/session", "", h.as(t, "alice"))
	a.refused(t, 501, "not_configured")
	for _, word := range []string{"OPENAI_API_KEY", "CHATKIT_WORKFLOW_ID", "CHATKIT_SESSION_MODE=self"} {
		if !strings.Contains(a.Body, word) {
			t.Errorf("%s, want %q in it", a.Body, word)
		}
	}
}

func (h *harness) chatHealth(t testing.TB) (int, chatHealth) {
	t.Helper()
	var health chatHealth
	a := h.send(t, "GET", "/api/chatkit/health", "", nil)
	a.decode(t, &health)
	return a.Status, health
}

func TestChatHealthKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key    string
		answer func(http.ResponseWriter, *http.Request)
		want   keyStatus
		status string
	}{
		"missing":       {"", nil, keyMissing, statusDegraded},
		"malformed":     {"my key", nil, keyMalformed, statusDegraded},
		"rejected":      {"sk-wrong-0123456789abcdef", nil, keyRejected, statusDegraded},
		"no permission": {openAIKey, openAIFails(403), keyNoPermission, statusDegraded},
		"ok":            {openAIKey, nil, keyOK, statusOK},
		"unchecked":     {openAIKey, openAIFails(500), keyUnchecked, statusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := startOpenAI(t)
			o.says(c.answer)
			h := start(t, setup{env: map[string]string{"OPENAI_API_KEY": c.key, "OPENAI_BASE_URL": o.URL}})
			var health chatHealth
			waitFor(t, "the key to be "+string(c.want), func() bool {
				_, health = h.chatHealth(t)
				return health.KeyStatus == c.want
			})
			if health.KeyConfigured != (c.key != "") || health.Status != c.status || health.SessionMode != "self" ||
				!health.SessionEndpoint || !health.StoreImplemented || (c.status != statusOK) != (len(health.Problems) > 0) {
				t.Errorf("health is %+v", health)
			}
			if a := h.send(t, "GET", "/api/chatkit/health", "", nil); strings.Contains(a.Body, "canary") || c.key != "" && strings.Contains(a.Body, c.key) {
				t.Errorf("the key is told: %s", a.Body)
			}
		})
	}
}

// However often people ask, OpenAI is asked once a minute.
func TestChatHealthAsksSeldom(t *testing.T) {
	t.Parallel()
	o := startOpenAI(t)
	h := start(t, setup{env: map[string]string{"OPENAI_API_KEY": openAIKey, "OPENAI_BASE_URL": o.URL}})
	waitFor(t, "the key to be known", func() bool { _, health := h.chatHealth(t); return health.KeyStatus == keyOK })
	for range 50 {
		h.chatHealth(t)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.looks != 1 {
		t.Errorf("OpenAI was asked %d times", o.looks)
	}
}

func TestChatHealthUnavailable(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: map[string]string{"CHATKIT_SESSION_MODE": "openai"}})
	status, health := h.chatHealth(t)
	if status != 503 || health.Status != statusUnavailable || health.SessionEndpoint || len(health.Problems) == 0 {
		t.Errorf("HTTP %d, %+v", status, health)
	}
}
