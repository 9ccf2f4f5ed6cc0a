package edge

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

// NewLogger writes lines of JSON to w, or of text where the settings say so or
// say nothing and w is a terminal.
func NewLogger(w io.Writer, s Settings, isTerminal bool) *slog.Logger {
	opts := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "text" || s.LogFormat == "" && isTerminal {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

// A LogWriter stands between a logger and an output that may block (a pipe
// nobody reads): it keeps up to 1,024 lines, then drops new ones, so that
// requests go on. Close it last.
type LogWriter struct {
	out   io.Writer
	lines chan []byte
	done  chan struct{}

	mu      sync.Mutex
	closed  bool
	dropped int64
}

// NewLogWriter starts the goroutine that writes to out.
func NewLogWriter(out io.Writer) *LogWriter {
	w := &LogWriter{out: out, lines: make(chan []byte, 1024), done: make(chan struct{})}
	go w.run()
	return w
}

func (w *LogWriter) run() {
	defer close(w.done)
	for line := range w.lines {
		_, _ = w.out.Write(line) // a full disk must not stop requests, and where would we say so
	}
}

// Write takes one line, as slog's handlers write them. It never blocks or fails.
func (w *LogWriter) Write(line []byte) (int, error) {
	own := append([]byte(nil), line...)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		w.dropped++
		return len(line), nil
	}
	select {
	case w.lines <- own:
	default:
		w.dropped++
	}
	return len(line), nil
}

// Dropped says how many lines were lost.
func (w *LogWriter) Dropped() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dropped
}

// Close waits up to a second for the lines that are kept to be written. Lines
// written later are dropped.
func (w *LogWriter) Close() error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.lines)
	}
	w.mu.Unlock()
	select {
	case <-w.done:
	case <-time.After(time.Second):
	}
	return nil
}
