package edge

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"
	"unicode/utf8"
)

// LogRequests writes one line when a request ends: method, route (the pattern
// of http.ServeMux, else the path cut to 256 bytes), status, dur, bytes,
// request_id, remote, and what AddLogAttrs added. Never the query, a header or
// a body. Failures (5xx) are errors, probes of /healthz and /readyz debug. The
// remote is the peer: X-Forwarded-For is anybody's to invent.
func LogRequests(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		req := requestOf(r.Context())
		if req == nil {
			req = &request{id: w.Header().Get(requestIDHeader)}
			r = r.WithContext(context.WithValue(r.Context(), requestKey{}, req))
		}
		rec := &recorder{ResponseWriter: w}
		finished := false
		defer func() { // also when Recover aborts the connection by a panic
			logRequest(logger, r, rec, time.Since(start), finished)
		}()
		next.ServeHTTP(rec, r)
		finished = true
	})
}

func logRequest(logger *slog.Logger, r *http.Request, rec *recorder, dur time.Duration, finished bool) {
	status := rec.status
	if status == 0 && finished {
		status = http.StatusOK // what net/http sends for a handler that writes nothing
	}
	level := slog.LevelInfo
	switch {
	case status >= 500 || !finished:
		level = slog.LevelError
	case r.URL.Path == "/healthz" || r.URL.Path == "/readyz":
		level = slog.LevelDebug
	}
	ctx := context.WithoutCancel(r.Context())
	if !logger.Enabled(ctx, level) {
		return
	}
	req := requestOf(ctx)
	attrs := append(make([]slog.Attr, 0, 16),
		slog.String("method", cut(r.Method, 16)),
		slog.String("route", route(r)),
		slog.Int("status", status),
		slog.Duration("dur", dur),
		slog.Int64("bytes", rec.bytes),
		slog.String("request_id", req.id),
		slog.String("remote", peer(r)),
	)
	if !finished {
		attrs = append(attrs, slog.Bool("aborted", true))
	}
	req.mu.Lock()
	attrs = append(attrs, req.attrs...)
	req.mu.Unlock()
	logger.LogAttrs(ctx, level, "request", attrs...)
}

func route(r *http.Request) string {
	if r.Pattern != "" {
		return r.Pattern
	}
	return cut(r.URL.Path, 256)
}

func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return cut(r.RemoteAddr, 64)
	}
	return host
}

// cut shortens s to at most n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// Recover turns a panic into a 500 if nothing has been answered yet. After
// that it aborts the connection, for a clean end would pass for a whole answer.
// The panic and its stack go to the log alone.
func Recover(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec, ok := w.(*recorder)
		if !ok {
			rec = &recorder{ResponseWriter: w}
		}
		defer func() {
			caught := recover()
			if caught == nil {
				return
			}
			if err, ok := caught.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
			logger.ErrorContext(r.Context(), "panic", "request_id", RequestID(r.Context()),
				"err", caught, "stack", string(debug.Stack()))
			if rec.status != 0 {
				panic(http.ErrAbortHandler)
			}
			WriteProblem(rec, r, http.StatusInternalServerError, "internal", "internal error")
		}()
		next.ServeHTTP(rec, r)
	})
}
