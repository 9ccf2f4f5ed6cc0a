package edge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestWriteProblem(t *testing.T) {
	h := WithRequestID(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", "99")
		WriteProblem(w, r, http.StatusTooManyRequests, "too_many", "Wait \"a\" bit.\n")
	}))
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("X-Request-Id", "abc-1")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	want := `{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"Wait \"a\" bit.\n","code":"too_many","request_id":"abc-1"}`
	if rec.Code != 429 || rec.Body.String() != want {
		t.Errorf("answer = %d %s, want 429 %s", rec.Code, rec.Body, want)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/problem+json", "Cache-Control": "no-store", "X-Request-Id": "abc-1",
		"Retry-After": "3", "Content-Encoding": "", "Content-Length": fmt.Sprint(len(want)), "X-Content-Type-Options": "nosniff",
	} {
		if got := rec.Header().Get(name); got != value {
			t.Errorf("%s = %q, want %q", name, got, value)
		}
	}
}

func TestWriteProblemOutsideWithRequestID(t *testing.T) {
	rec := httptest.NewRecorder()
	WriteProblem(rec, httptest.NewRequest("GET", "/", nil), 404, "not_found", "Nothing here.")
	var p Problem
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if p.RequestID == "" || p.RequestID != rec.Header().Get("X-Request-Id") {
		t.Errorf("request_id = %q, header %q, want the same", p.RequestID, rec.Header().Get("X-Request-Id"))
	}
}

func TestWriteError(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		status int
		code   string
	}{
		{"a refusal, wrapped", fmt.Errorf("read: %w", &Refusal{413, "too_large", "Too large.", io.EOF}), 413, "too_large"},
		{"bad JSON", CheckJSON([]byte("{")), 400, "invalid_json"},
		{"anything else", errors.New("dial tcp 10.0.0.7: secret"), 500, "internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			WriteError(rec, httptest.NewRequest("GET", "/", nil), c.err)
			if rec.Code != c.status || !strings.Contains(rec.Body.String(), c.code) || strings.Contains(rec.Body.String(), "secret") {
				t.Errorf("answer = %d %s, want %d %s", rec.Code, rec.Body, c.status, c.code)
			}
		})
	}
}

func TestSetRetryAfter(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "1", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60"} {
		h := http.Header{}
		SetRetryAfter(h, d)
		if got := h.Get("Retry-After"); got != want {
			t.Errorf("Retry-After of %v = %q, want %q", d, got, want)
		}
	}
}

func TestWithRequestID(t *testing.T) {
	for _, c := range []struct {
		name  string
		given []string
		kept  bool
	}{
		{"none", nil, false},
		{"a good one", []string{"Ab9._-"}, true},
		{"64 characters", []string{strings.Repeat("a", 64)}, true},
		{"65 characters", []string{strings.Repeat("a", 65)}, false},
		{"an empty one", []string{""}, false},
		{"a forged log line", []string{"a\n{\"level\":\"error\"}"}, false},
		{"other scripts", []string{"شناخت"}, false},
		{"two", []string{"a", "b"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := ""
			h := WithRequestID(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = RequestID(r.Context()) }))
			r := httptest.NewRequest("GET", "/", nil)
			if c.given != nil {
				r.Header["X-Request-Id"] = c.given
			}
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			got := rec.Header().Get("X-Request-Id")
			if got != seen || !validRequestID(got) {
				t.Errorf("answered %q, context %q, want the same valid one", got, seen)
			}
			if kept := len(c.given) == 1 && got == c.given[0]; kept != c.kept {
				t.Errorf("id = %q, kept = %v, want %v", got, kept, c.kept)
			}
		})
	}
	if first, second := newRequestID(), newRequestID(); first == second {
		t.Error("two fresh ids are equal")
	}
}
