package main

import (
	"strings"
	"testing"
)

func TestBeacon(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	secret := header{"Authorization": "Bearer " + h.secret(t, "alice")}
	h.send(t, "POST", "/api/chatkit/beacon", `{"timings":{"first_text_ms":812.5},"errors":{"stream_failed":2}}`, secret).ok(t, 204)
	h.send(t, "POST", "/api/chatkit/beacon", `{"timings":{"first_text_ms":100}}`, h.as(t, "bob")).ok(t, 204)
	if got := h.Server.beacons.timings["first_text_ms"]; got.count != 2 || got.sumMS != 912.5 || h.Server.beacons.errors["stream_failed"] != 2 {
		t.Errorf("counted %+v, %v", h.Server.beacons.timings, h.Server.beacons.errors)
	}
	for name, body := range map[string]string{
		"an unknown timing": `{"timings":{"user_alice":1}}`, "an unknown error": `{"errors":{"x":1}}`, "negative": `{"timings":{"turn_ms":-1}}`,
		"a day": `{"timings":{"turn_ms":86400000}}`, "no error": `{"errors":{"script_error":0}}`, "text": `{"timings":{"turn_ms":"1"}}`, "a list": `[]`,
		"half an error": `{"errors":{"script_error":0.5}}`, "another case": `{"Timings":{}}`, "an unknown kind": `{"zap":{}}`,
	} {
		if a := h.send(t, "POST", "/api/chatkit/beacon", body, secret); a.problem().Status != 400 {
			t.Errorf("%s: HTTP %d, %s", name, a.Status, a.Body)
		}
	}
	h.send(t, "POST", "/api/chatkit/beacon", `{"x":"`+strings.Repeat("x", maxBeacon)+`"}`, secret).refused(t, 413, "too_large")
	h.send(t, "POST", "/api/chatkit/beacon", `{}`, nil).refused(t, 401, "token_missing")
}

func TestReadsAreLimited(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true, env: map[string]string{"RATE_READS_PER_MINUTE": "3"}})
	beacon := func(user string) answer {
		return h.send(t, "POST", "/api/chatkit/beacon", `{}`, h.as(t, user).with("X-Forwarded-For", "10.0.0.1"))
	}
	for range 3 {
		beacon("alice").ok(t, 204)
	}
	beacon("alice").refused(t, 429, "rate_limited")
	h.send(t, "POST", "/api/chatkit/session", "", h.as(t, "alice")).refused(t, 429, "rate_limited")
	beacon("bob").ok(t, 204)
}
