package main

import (
	"context"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
)

// sessions knows the sessions of the older protocol era: whose each is, and
// how many each user has. The SDK neither counts nor names them. They live in
// this process; a host that comes to another replica initializes anew.
type sessions struct {
	max int // per user, 0 = no limit

	mu      sync.Mutex
	count   map[string]int // by user, those being opened included
	owners  map[string]string
	live    map[string]*mcp.ServerSession
	streams map[string]*listening // which hosts opened with GET, by session
}

// listening is the stream of a session: nil while it is being opened.
type listening struct{ stream *edge.HeldStream }

func newSessions(limit int) *sessions {
	return &sessions{
		max: limit, count: map[string]int{}, owners: map[string]string{},
		live: map[string]*mcp.ServerSession{}, streams: map[string]*listening{},
	}
}

// owner returns whose session it is, empty when there is none: no user has an
// empty name.
func (s *sessions) owner(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.owners[id]
}

// reserve makes room for one more session of the user.
func (s *sessions) reserve(user string) (*sessionSlot, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.max > 0 && s.count[user] >= s.max {
		return nil, false
	}
	s.count[user]++
	return &sessionSlot{sessions: s, user: user}, true
}

// A sessionSlot is room for a session that is being opened.
type sessionSlot struct {
	sessions *sessions
	user     string
	taken    bool   // guarded by sessions.mu
	session  string // the id of the session that took it, likewise
}

type slotKey struct{}

func (slot *sessionSlot) inContext(ctx context.Context) context.Context {
	return context.WithValue(ctx, slotKey{}, slot)
}

// release gives the room back unless a session has taken it.
func (slot *sessionSlot) release() {
	slot.sessions.mu.Lock()
	defer slot.sessions.mu.Unlock()
	if !slot.taken {
		slot.taken = true
		slot.sessions.leave(slot.user)
	}
}

// leave counts one session less. The lock is held.
func (s *sessions) leave(user string) {
	if s.count[user]--; s.count[user] == 0 {
		delete(s.count, user)
	}
}

// track notes a session when it is initialized and forgets it when it ends,
// however that comes about. The context of initialize is the one of the
// request that opened the session, which holds its slot.
func (s *sessions) track(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		result, err := next(ctx, method, req)
		if method != "initialize" || err != nil {
			return result, err
		}
		slot, _ := ctx.Value(slotKey{}).(*sessionSlot)
		session, _ := req.GetSession().(*mcp.ServerSession)
		if slot != nil && session != nil && session.ID() != "" {
			s.begin(slot, session)
		}
		return result, err
	}
}

func (s *sessions) begin(slot *sessionSlot, session *mcp.ServerSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slot.taken {
		return
	}
	id := session.ID()
	slot.taken, slot.session = true, id
	s.owners[id], s.live[id] = slot.user, session
	go func() {
		_ = session.Wait() // why it ended does not matter
		s.end(id)
	}()
}

// end forgets a session that has ended. It may be called more than once.
func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if user, open := s.owners[id]; open {
		delete(s.owners, id)
		delete(s.live, id)
		s.leave(user)
	}
	if to := s.streams[id]; to != nil && to.stream != nil {
		to.stream.End()
	}
}

// listen opens the stream of a session and reports whether it may: there is one
// per session at a time. open is given what to call when the stream is over.
func (s *sessions) listen(id string, open func(over func()) (*edge.HeldStream, error)) (first bool, err error) {
	own := &listening{}
	s.mu.Lock()
	taken := s.streams[id] != nil
	if !taken {
		s.streams[id] = own
	}
	s.mu.Unlock()
	if taken {
		return false, nil
	}
	over := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.streams[id] == own { // the host may have opened the next one
			delete(s.streams, id)
		}
	}
	stream, err := open(over)
	if err != nil {
		over()
		return true, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	own.stream = stream
	if _, lives := s.owners[id]; !lives {
		stream.End() // end could not, for it did not know of it
	}
	return true, nil
}

// abandon ends the session that took the slot: the host hung up before it could
// learn the session's id, and would be charged for it until it is idle.
func (slot *sessionSlot) abandon() {
	slot.sessions.mu.Lock()
	id := slot.session
	slot.sessions.mu.Unlock()
	slot.sessions.close(id)
}

// close ends a session, if there is one of that id.
func (s *sessions) close(id string) {
	s.mu.Lock()
	session := s.live[id]
	s.mu.Unlock()
	if session != nil {
		_ = session.Close() // it only waits for what runs
		s.end(id)
	}
}

// closeAll ends what is left when the program stops.
func (s *sessions) closeAll() {
	s.mu.Lock()
	var open []*mcp.ServerSession
	for _, session := range s.live {
		open = append(open, session)
	}
	s.mu.Unlock()
	for _, session := range open {
		_ = session.Close()
	}
}
