package main

import (
	"strings"
	"testing"
	"time"

	"taskwire/identity"
	"taskwire/store/storetest"
)

// newSession makes a session through the front door.
func (h *harness) newSession(t testing.TB, user string) clientSession {
	t.Helper()
	var made clientSession
	h.send(t, "POST", "/api/chatkit/session", "", h.as(t, user)).ok(t, 200).decode(t, &made)
	return made
}

func TestSession(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	made := h.newSession(t, "alice")
	if left := time.Until(made.ExpiresAt); left < 9*time.Minute || left > 10*time.Minute || made.ID == "" {
		t.Errorf("a session %+v", made)
	}
	p, err := h.Server.secrets.Verify(t.Context(), made.Secret)
	if err != nil || p.User != "alice" || p.Session != made.ID {
		t.Errorf("the secret is %+v's, %v", p, err)
	}
	var renewed clientSession
	for name, body := range map[string]string{
		"by id":     `{"session_id":"` + made.ID + `"}`,
		"by secret": `{"client_secret":"` + made.Secret + `"}`,
		"by both":   `{"session_id":"` + made.ID + `","client_secret":"` + made.Secret + `"}`,
	} {
		h.send(t, "POST", "/api/chatkit/refresh", body, h.as(t, "alice")).ok(t, 200).decode(t, &renewed)
		if renewed.ID != made.ID || renewed.Secret == "" || renewed.ExpiresAt.Before(made.ExpiresAt) {
			t.Errorf("%s: %+v after %+v", name, renewed, made)
		}
	}
}

// The session is the token's user's, whoever the body names.
func TestSessionNamesNobody(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	var made clientSession
	h.send(t, "POST", "/api/chatkit/session", `{"user":"bob","user_id":"bob","sub":"bob"}`, h.as(t, "alice")).ok(t, 200).decode(t, &made)
	if p, err := h.Server.secrets.Verify(t.Context(), made.Secret); err != nil || p.User != "alice" {
		t.Errorf("the secret is %q's, %v", p.User, err)
	}
	for body, code := range map[string]string{`{"a":1,"a":2}`: "invalid_json", `[]`: "invalid", `"x"`: "invalid", `{}{}`: "invalid_json"} {
		h.send(t, "POST", "/api/chatkit/session", body, h.as(t, "alice")).refused(t, 400, code)
	}
	h.send(t, "POST", "/api/chatkit/session", "{}", h.as(t, "alice").with("Content-Type", "text/plain")).refused(t, 415, "unsupported_media_type")
	h.send(t, "POST", "/api/chatkit/session", `{"x":"`+strings.Repeat("x", 64<<10)+`"}`, h.as(t, "alice")).refused(t, 413, "too_large")
}

// E01: whoever has no token gets no session, and a secret is none.
func TestSessionNeedsAToken(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	before := h.hash(t)
	for path, body := range map[string]string{"/api/chatkit/session": "", "/api/chatkit/refresh": `{"session_id":"x"}`} {
		a := h.send(t, "POST", path, body, nil)
		if a.refused(t, 401, "token_missing"); a.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: challenged with %q", path, a.Header.Get("WWW-Authenticate"))
		}
		for name, token := range map[string]string{
			"a secret": h.secret(t, "alice"), "junk": "junk", "another audience's": h.Provider.Token(t, "alice", "https://tasks.example.com"),
			"many dots": strings.Repeat(".", 10_000),
		} {
			a := h.send(t, "POST", path, body, header{"Authorization": "Bearer " + token})
			if a.refused(t, 401, "token_invalid"); !strings.Contains(a.Header.Get("WWW-Authenticate"), "invalid_token") {
				t.Errorf("%s: %s challenged with %q", path, name, a.Header.Get("WWW-Authenticate"))
			}
		}
		h.send(t, "POST", path, body, header{"Authorization": "Basic eDp5"}).refused(t, 401, "token_invalid")
		h.send(t, "POST", path+"?access_token="+h.token(t, "alice"), body, nil).refused(t, 401, "token_missing")
	}
	if h.hash(t) != before {
		t.Error("something was stored")
	}
}

// Unknown, another's and over look alike.
func TestRefreshRefuses(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	made := h.newSession(t, "alice")
	stranger := start(t, setup{noTools: true, env: map[string]string{"PUBLIC_URL": h.Base}})
	forged, _, err := stranger.Server.signer.ClientSecret("bob", made.ID, identity.SecretLife)
	if err != nil {
		t.Fatal(err)
	}
	ofBob, _, err := h.Server.signer.ClientSecret("bob", "cksess_nobody", identity.SecretLife)
	if err != nil {
		t.Fatal(err)
	}
	var first string
	for name, body := range map[string]string{
		"another's":              `{"session_id":"` + made.ID + `"}`,
		"another's secret":       `{"client_secret":"` + made.Secret + `"}`,
		"unknown":                `{"session_id":"cksess_x"}`,
		"a forged secret":        `{"client_secret":"` + forged + `"}`,
		"a secret without one":   `{"client_secret":"` + ofBob + `"}`,
		"a long one":             `{"session_id":"` + strings.Repeat("x", 5000) + `"}`,
		"NUL":                    `{"session_id":"\u0000"}`,
		"an access token":        `{"client_secret":"` + h.token(t, "bob") + `"}`,
		"two that do not belong": `{"session_id":"cksess_x","client_secret":"` + made.Secret + `"}`,
	} {
		a := h.send(t, "POST", "/api/chatkit/refresh", body, h.as(t, "bob").with("X-Request-Id", "same"))
		a.refused(t, 404, "not_found")
		if first == "" {
			first = a.Body
		}
		if a.Body != first {
			t.Errorf("%s: %s, want %s", name, a.Body, first)
		}
	}
	for name, body := range map[string]string{"nothing": "", "neither": "{}", "null": `{"session_id":null}`, "a number": `{"session_id":1}`} {
		if a := h.send(t, "POST", "/api/chatkit/refresh", body, h.as(t, "bob")); a.Status != 400 {
			t.Errorf("%s: HTTP %d, %s", name, a.Status, a.Body)
		}
	}
}

// A secret that has run out still names its session, which is another thing
// than opening a door.
func TestRefreshByAnOldSecret(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true, engine: storetest.Postgres})
	made := h.newSession(t, "alice")
	old, _, err := h.Server.signer.ClientSecret("alice", made.ID, time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	var renewed clientSession
	h.send(t, "POST", "/api/chatkit/refresh", `{"client_secret":"`+old+`"}`, h.as(t, "alice")).ok(t, 200).decode(t, &renewed)
	if renewed.ID != made.ID {
		t.Errorf("renewed %+v", renewed)
	}
	if err := h.Server.chats.DeleteClientSession(t.Context(), "alice", made.ID); err != nil {
		t.Fatal(err)
	}
	h.send(t, "POST", "/api/chatkit/refresh", `{"client_secret":"`+old+`"}`, h.as(t, "alice")).refused(t, 404, "not_found")
}
