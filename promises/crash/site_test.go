package crash

import (
	"sync/atomic"
	"testing"

	"taskwire/promises/fleet"
	"taskwire/store"
)

// A site is what is killed here: two adapters and two tool servers, each with
// an address of its own, over one database. Each adapter has a tool server to
// itself, so that the loss of one is felt.
type site struct {
	*fleet.Fleet
	adapters, tools [2]*seat
	left            atomic.Pointer[seat] // where nobody is to serve any more
}

// A seat is where one process serves after the other.
type seat struct {
	base  string
	now   *fleet.Process
	start func(t testing.TB) *fleet.Process
}

// sit starts the next process.
func (s *seat) sit(t testing.TB) {
	t.Helper()
	s.now = s.start(t)
}

func open(t testing.TB, database store.Config) *site {
	t.Helper()
	s := &site{Fleet: fleet.New(t, database)}
	for i := range s.adapters {
		at, toolsAt := fleet.FreeAddress(t), fleet.FreeAddress(t)
		s.adapters[i] = &seat{base: "http://" + at, start: func(t testing.TB) *fleet.Process {
			return s.AdapterAt(t, at, map[string]string{"MCP_URL": "http://" + toolsAt + "/mcp"})
		}}
		s.adapters[i].sit(t)
		keys := s.adapters[i].now
		s.tools[i] = &seat{base: "http://" + toolsAt, start: func(t testing.TB) *fleet.Process {
			return s.ToolServerAt(t, toolsAt, keys)
		}}
		s.tools[i].sit(t)
	}
	s.ready(t)
	return s
}

// ready waits until everybody serves.
func (s *site) ready(t testing.TB) {
	t.Helper()
	for _, seat := range s.seats() {
		if seat != s.left.Load() {
			seat.now.Ready(t)
		}
	}
}

func (s *site) seats() []*seat {
	return []*seat{s.adapters[0], s.adapters[1], s.tools[0], s.tools[1]}
}

// anAdapter is one that serves, or is about to.
func (s *site) anAdapter(i int) *seat {
	if s.adapters[i] == s.left.Load() {
		return s.adapters[1-i]
	}
	return s.adapters[i]
}
