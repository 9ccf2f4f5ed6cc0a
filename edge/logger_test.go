package edge

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
)

func TestNewLogger(t *testing.T) {
	for _, c := range []struct {
		format   string
		terminal bool
		begins   string
	}{
		{"", false, "{"}, {"", true, "time="}, {"json", true, "{"}, {"text", false, "time="},
	} {
		var out bytes.Buffer
		logger := NewLogger(&out, Settings{LogFormat: c.format, LogLevel: slog.LevelWarn}, c.terminal)
		logger.Info("not this")
		logger.Warn("this")
		if got := out.String(); !strings.HasPrefix(got, c.begins) || strings.Count(got, "\n") != 1 {
			t.Errorf("format %q, terminal %v: %q, want one line that begins with %q", c.format, c.terminal, got, c.begins)
		}
	}
}

// stuck blocks until it is let go, like a pipe that nobody reads.
type stuck struct {
	gate chan struct{}
	got  bytes.Buffer
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.gate
	return s.got.Write(p)
}

// R18: a log that blocks must not block requests.
func TestLogWriterNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stuck{gate: make(chan struct{})}
		w := NewLogWriter(out)
		logger := NewLogger(w, Settings{}, false)
		for range 3000 {
			logger.Info("line")
		}
		if w.Dropped() < 1900 {
			t.Errorf("dropped = %d, want nearly 2,000", w.Dropped())
		}
		_ = w.Close() // gives up after a second of fake time
		close(out.gate)
		<-w.done
		if got := int64(strings.Count(out.got.String(), "\n")); got+w.Dropped() != 3000 {
			t.Errorf("%d lines written and %d dropped, want 3,000 together", got, w.Dropped())
		}
		logger.Info("after the end")
		_ = w.Close()
	})
}
