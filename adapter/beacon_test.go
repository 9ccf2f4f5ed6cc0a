package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestBeacon(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	secret := header{"Authorization": "Bearer " + h.secret(t, "alice")}
	h.send(t, "POST", "/api/chatkit/beacon", `{"timings":{"first_text_ms":812.5},"errors":{"stream_failed":2}}`, secret).ok(t, 204)
	h.send(t, "POST", "/api/chatkit/beacon", `{"timings":{"first_text_ms":100},"faces":{"builtin":1}}`, h.as(t, "bob")).ok(t, 204)
	h.send(t, "POST", "/api/chatkit/beacon", `{"timings":{"script_ms":1,"first_render_ms":2,"chatkit_ready_ms":3},`+
		`"errors":{"render_failed":1,"chatkit_failed":1},"faces":{"chatkit":1,"builtin":1}}`, secret).ok(t, 204)
	got := h.Server.beacons
	if text := got.timings["first_text_ms"]; text.count != 2 || text.sumMS != 912.5 || got.errors["stream_failed"] != 2 || got.faces["builtin"] != 2 || got.faces["chatkit"] != 1 {
		t.Errorf("counted %+v, %v, %v", got.timings, got.errors, got.faces)
	}
	for name, body := range map[string]string{
		"an unknown timing": `{"timings":{"user_alice":1}}`, "an unknown error": `{"errors":{"x":1}}`, "negative": `{"timings":{"turn_ms":-1}}`,
		"a day": `{"timings":{"turn_ms":86400000}}`, "no error": `{"errors":{"script_error":0}}`, "text": `{"timings":{"turn_ms":"1"}}`, "a list": `[]`,
		"half an error": `{"errors":{"script_error":0.5}}`, "another case": `{"Timings":{}}`, "an unknown kind": `{"zap":{}}`,
		"an unknown face": `{"faces":{"alice":1}}`, "no face": `{"faces":{"chatkit":0}}`, "too many faces": `{"faces":{"chatkit":1001}}`, "half a face": `{"faces":{"chatkit":1.5}}`,
	} {
		if a := h.send(t, "POST", "/api/chatkit/beacon", body, secret); a.problem().Status != 400 {
			t.Errorf("%s: HTTP %d, %s", name, a.Status, a.Body)
		}
	}
	h.send(t, "POST", "/api/chatkit/beacon", `{"x":"`+strings.Repeat("x", maxBeacon)+`"}`, secret).refused(t, 413, "too_large")
	h.send(t, "POST", "/api/chatkit/beacon", `{}`, nil).refused(t, 401, "token_missing")
}

// What the page tells is known here: one unknown name, and all that it tells at
// once is refused, where nobody sees it.
func TestPageTellsKnownNames(t *testing.T) {
	t.Parallel()
	kinds, told := map[string]string{"time": "timings", "error": "errors", "face": "faces"}, 0
	tells := regexp.MustCompile(`beacon\??\.(time|error|face)\("(\w+)"`)
	err := filepath.WalkDir("web/js", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		script, err := os.ReadFile(path)
		for _, call := range tells.FindAllStringSubmatch(string(script), -1) {
			if told++; !slices.Contains(beaconNames[kinds[call[1]]], call[2]) {
				t.Errorf("%s tells of %s, which is not known", path, call[2])
			}
		}
		return err
	})
	if err != nil || told == 0 {
		t.Errorf("%d names are told: %v", told, err)
	}
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
	h.send(t, "GET", "/api/chatkit/threads/thr_x", "", h.as(t, "alice")).refused(t, 429, "rate_limited")
	beacon("bob").ok(t, 204)
}
