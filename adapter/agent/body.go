package agent

import (
	"io"
	"sync"
)

// A body is what a request says, in parts: many requests share the largest.
type body [][]byte

func (b body) size() int64 {
	n := 0
	for _, part := range b {
		n += len(part)
	}
	return int64(n)
}

// A sentBody is the body of one attempt. Once the provider answers nobody begins
// to read it any more, and it is let go: net/http would keep it for as long as the
// answer takes.
type sentBody struct {
	dog   *watchdog
	mu    sync.Mutex
	parts body
}

// reader reads the body from its beginning. net/http takes one each time it tries.
func (b *sentBody) reader() io.ReadCloser {
	b.mu.Lock()
	defer b.mu.Unlock()
	return &sentReader{dog: b.dog, parts: b.parts}
}

func (b *sentBody) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parts = nil
}

// A sentReader keeps what it reads until it is closed, which net/http does when
// all is sent: a provider may answer before.
type sentReader struct {
	dog   *watchdog
	mu    sync.Mutex
	parts body
	at    int // how far the first is read
}

// Read gives as much as there is room for. That it is called shows that there is
// a connection to send the body over.
func (r *sentReader) Read(p []byte) (n int, err error) {
	r.dog.connect()
	r.mu.Lock()
	defer r.mu.Unlock()
	for n < len(p) && len(r.parts) > 0 {
		part := r.parts[0]
		copied := copy(p[n:], part[r.at:])
		n, r.at = n+copied, r.at+copied
		if r.at == len(part) {
			r.parts, r.at = r.parts[1:], 0
		}
	}
	if len(r.parts) == 0 {
		r.parts = nil // an empty rest would keep them all, and HTTP/2 closes late
	}
	if n == 0 && len(p) > 0 { // the end, or it was closed
		return 0, io.EOF
	}
	return n, nil
}

func (r *sentReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.parts = nil
	return nil
}
