package edge

import (
	"net/http"
)

// A recorder notes what has been answered.
type recorder struct {
	http.ResponseWriter
	status int // 0 while the header is not written
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	// 1xx are hints before the answer, all but 101.
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// FlushError is what http.ResponseController calls.
func (w *recorder) FlushError() error {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush is for those who ask for an http.Flusher.
func (w *recorder) Flush() { _ = w.FlushError() }

// Unwrap lets http.ResponseController reach the deadlines.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
