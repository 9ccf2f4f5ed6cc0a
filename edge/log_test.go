package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// logged runs one request through the usual nest and gives the lines logged.
func logged(t *testing.T, level slog.Level, r *http.Request, h http.Handler) (*httptest.ResponseRecorder, []map[string]any) {
	t.Helper()
	var out bytes.Buffer
	logger := NewLogger(&out, Settings{LogLevel: level}, false)
	rec := httptest.NewRecorder()
	func() {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				t.Errorf("panic = %v, want http.ErrAbortHandler", p)
			}
		}()
		WithRequestID(LogRequests(logger, Recover(logger, h))).ServeHTTP(rec, r)
	}()
	var lines []map[string]any
	for line := range strings.Lines(out.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		lines = append(lines, fields)
	}
	return rec, lines
}

func TestLogRequests(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /tasks/{id}", func(w http.ResponseWriter, r *http.Request) {
		AddLogAttrs(r.Context(), slog.String("user", "alice"))
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "hello")
	})
	r := httptest.NewRequest("POST", "/tasks/7?access_token=hush", strings.NewReader("hush"))
	r.Header.Set("Authorization", "Bearer hush")
	r.Header.Set("X-Forwarded-For", "8.8.8.8")
	_, lines := logged(t, slog.LevelInfo, r, mux)
	if len(lines) != 1 {
		t.Fatalf("%d lines, want 1", len(lines))
	}
	for key, want := range map[string]any{
		"msg": "request", "level": "INFO", "method": "POST", "route": "POST /tasks/{id}", "status": 201.0,
		"bytes": 5.0, "remote": "192.0.2.1", "user": "alice",
	} {
		if got := lines[0][key]; got != want {
			t.Errorf("%s = %v, want %v", key, got, want)
		}
	}
	if all, _ := json.Marshal(lines); bytes.Contains(all, []byte("hush")) || lines[0]["request_id"] == "" {
		t.Errorf("line = %s, want no secret and a request id", all)
	}
}

func TestLogRequestsLevels(t *testing.T) {
	for _, c := range []struct {
		path   string
		status int
		level  string
	}{
		{"/x", 200, "INFO"}, {"/x", 404, "INFO"}, {"/x", 503, "ERROR"}, {"/healthz", 200, "DEBUG"}, {"/readyz", 503, "ERROR"}, {"/x", 0, "INFO"},
	} {
		_, lines := logged(t, slog.LevelDebug, httptest.NewRequest("GET", c.path, nil),
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.status != 0 {
					w.WriteHeader(c.status)
				}
			}))
		if len(lines) != 1 || lines[0]["level"] != c.level || lines[0]["status"] == 0.0 {
			t.Errorf("%s %d: %v, want level %s", c.path, c.status, lines, c.level)
		}
	}
}

// H18: one line for each event, escaped, cut.
func TestLogRequestsCannotBeForged(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.URL.Path = "/\n{\"level\":\"error\"}\x1b[31m" + strings.Repeat("é", 1<<19)
	_, lines := logged(t, slog.LevelInfo, r, http.NotFoundHandler())
	if len(lines) != 1 {
		t.Fatalf("%d lines, want 1", len(lines))
	}
	if n := len(lines[0]["route"].(string)); n > 256+len("…") {
		t.Errorf("route has %d bytes, want it cut", n)
	}
}

func TestLogNotesTheProblem(t *testing.T) {
	_, lines := logged(t, slog.LevelInfo, httptest.NewRequest("GET", "/", nil),
		CheckHost(nil, http.NotFoundHandler()))
	if len(lines) != 1 || lines[0]["code"] != "host_not_allowed" {
		t.Errorf("lines = %v, want the code host_not_allowed", lines)
	}
}

func TestRecover(t *testing.T) {
	for _, c := range []struct {
		name    string
		h       http.HandlerFunc
		status  int
		aborted bool
		panics  int // lines about one
	}{
		{"before anything is sent", func(http.ResponseWriter, *http.Request) { panic("boom") }, 500, false, 1},
		{"after the status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); panic("boom") }, 200, true, 1},
		{"after a flush", func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); panic("boom") }, 200, true, 1},
		{"an abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, true, 0},
		{"none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 204, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec, lines := logged(t, slog.LevelInfo, httptest.NewRequest("GET", "/", nil), c.h)
			panics := 0
			for _, line := range lines[:len(lines)-1] {
				if stack, _ := line["stack"].(string); line["msg"] == "panic" && strings.Contains(stack, "TestRecover") {
					panics++
				}
			}
			last := lines[len(lines)-1]
			aborted, _ := last["aborted"].(bool)
			if panics != c.panics || aborted != c.aborted || last["status"] != float64(c.status) {
				t.Errorf("lines = %v, want %d panics, aborted = %v, status %d", lines, c.panics, c.aborted, c.status)
			}
			if strings.Contains(rec.Body.String(), "boom") {
				t.Errorf("body = %s, want nothing of the panic", rec.Body)
			}
		})
	}
}

// The wrappers must not hide what streams need.
func TestWrappersKeepTheController(t *testing.T) {
	done := make(chan struct{})
	h := KeepAlive(PingInterval, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		_, flusher := w.(http.Flusher)
		if err := errors.Join(rc.Flush(), rc.SetWriteDeadline(time.Time{}), rc.SetReadDeadline(time.Time{})); err != nil || !flusher {
			t.Errorf("controller: %v, flusher %v", err, flusher)
		}
		close(done)
	}))
	logger := slog.New(slog.DiscardHandler)
	srv := httptest.NewServer(LogRequests(logger, Recover(logger, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(NewDeadlineWriter(w, 0), r)
	}))))
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	<-done
}

func TestRecorderIgnoresHints(t *testing.T) {
	rec := &recorder{ResponseWriter: httptest.NewRecorder()}
	rec.WriteHeader(http.StatusEarlyHints)
	if rec.status != 0 {
		t.Errorf("status = %d after 103, want none yet", rec.status)
	}
}
