package faultproxy

import (
	"strings"
	"sync"
)

// A commitCut waits for its commit.
type commitCut struct {
	about string
	left  int
	done  chan struct{}
}

// CutAfterCommit lets the n-th commit from now on through to the server, of a
// transaction in which a statement has about in its text, and cuts that
// connection when the server has answered, but before the answer goes back: the
// client cannot know. done is closed then. One that still waits is forgotten.
func (p *Proxy) CutAfterCommit(n int, about string) (done <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = &commitCut{about: about, left: n, done: make(chan struct{})}
	return p.cut.done
}

// LeaveCommits forgets the cut that still waits.
func (p *Proxy) LeaveCommits() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = nil
}

// awaits reports whether the commit of these statements may be the one to cut.
func (p *Proxy) awaits(texts []string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut != nil && mentions(texts, p.cut.about)
}

// committed counts a commit, and reports whether it is the one.
func (p *Proxy) committed(texts []string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut == nil || !mentions(texts, p.cut.about) {
		return false
	}
	if p.cut.left--; p.cut.left > 0 {
		return false
	}
	close(p.cut.done)
	p.cut = nil
	return true
}

func mentions(texts []string, about string) bool {
	for _, text := range texts {
		if strings.Contains(text, about) {
			return true
		}
	}
	return false
}

// A watch follows one connection's protocol, both directions of it.
type watch struct {
	mu      sync.Mutex
	client  frames
	server  frames
	started bool // the start-up message was seen
	opaque  bool // not a protocol that can be followed: encrypted, or a request to cancel

	statements map[string]string // text by name
	portals    map[string]string // text by name
	texts      []string          // executed since the transaction began
	explicit   bool              // inside BEGIN
	midway     bool              // something was executed since the last Sync
	batch      batch             // until its Sync
	pending    []batch           // whose answers have not ended

	held []byte // of an answer that may not go back
}

// A batch is what the server answers with one ReadyForQuery.
type batch struct {
	commits bool
	texts   []string // of the transaction that it commits
	failed  bool
}

// fromClient sees what the client sends before the server does.
func (l *link) fromClient(data []byte) ([]byte, bool) {
	w := &l.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.opaque {
		w.client.add(data)
		w.readClient()
	}
	return data, true
}

// fromServer holds back the answer to a commit that may be the one to cut.
func (l *link) fromServer(data []byte) (pass []byte, ok bool) {
	w := &l.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.opaque || !w.started {
		return data, true
	}
	w.server.add(data)
	for {
		kind, body, ok := w.server.next(true)
		if !ok {
			break
		}
		w.held = append(w.held, w.server.raw...)
		if len(w.pending) == 0 {
			pass, w.held = append(pass, w.held...), nil
			continue
		}
		front := &w.pending[0]
		switch kind {
		case 'E':
			front.failed = true
		case 'Z':
			whole := front.commits && !front.failed
			if whole && l.p.committed(front.texts) {
				return nil, false
			}
			w.pending = w.pending[1:]
			if len(w.pending) == 0 && !w.midway && len(body) > 0 {
				w.explicit = body[0] != 'I' // the server knows best
			}
		}
		if kind == 'Z' || !front.commits || !l.p.awaits(front.texts) {
			pass, w.held = append(pass, w.held...), nil
		}
	}
	return pass, true
}
