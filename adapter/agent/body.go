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

// A sentBody is the body of one attempt. It is let go once the provider answers:
// net/http would keep it for as long as the answer takes.
type sentBody struct {
	dog   *watchdog
	mu    sync.Mutex // a provider may answer before it has read everything
	parts body
}

func (b *sentBody) reader() io.ReadCloser { return &sentReader{body: b} }

func (b *sentBody) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parts = nil
}

// A sentReader reads a sentBody from its beginning, as often as net/http tries.
type sentReader struct {
	body *sentBody
	part int // the one that is being read
	at   int // how far
}

// Read gives as much as there is room for. That it is called shows that there is
// a connection to send the body over.
func (r *sentReader) Read(p []byte) (n int, err error) {
	r.body.dog.connect()
	r.body.mu.Lock()
	defer r.body.mu.Unlock()
	for n < len(p) && r.part < len(r.body.parts) {
		part := r.body.parts[r.part]
		copied := copy(p[n:], part[r.at:])
		n, r.at = n+copied, r.at+copied
		if r.at == len(part) {
			r.part, r.at = r.part+1, 0
		}
	}
	if n == 0 && len(p) > 0 { // the end, or it was dropped
		return 0, io.EOF
	}
	return n, nil
}

func (r *sentReader) Close() error { return nil }
