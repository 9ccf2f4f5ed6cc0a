package upgrade

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"taskwire/promises/fleet"
)

// A sharer gives each request to the next replica in turn, as whatever stands
// before replicas does.
type sharer struct {
	*httptest.Server
	mu       sync.Mutex
	replicas []*replica
	turn     int
}

// A replica is one process behind a sharer.
type replica struct {
	*fleet.Process
	release string
	served  atomic.Int64 // answered, and not with a failure of the server's
	failed  atomic.Int64
	open    atomic.Int64 // now
}

// share listens at an address, any free one if that is empty.
func share(t testing.TB, address string) *sharer {
	t.Helper()
	s := &sharer{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	if address != "" {
		s.Listener.Close()
		ln, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		s.Listener = ln
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *sharer) serve(w http.ResponseWriter, req *http.Request) {
	r := s.next()
	if r == nil {
		http.Error(w, "no replica", http.StatusBadGateway)
		return
	}
	defer r.open.Add(-1)
	target, err := url.Parse(r.Base)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	// Whole, because what is read while the answer begins may be cut short.
	body, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	(&httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host
		},
		FlushInterval: -1,
		ModifyResponse: func(resp *http.Response) error {
			if resp.StatusCode >= 500 {
				r.failed.Add(1)
			} else {
				r.served.Add(1)
			}
			return nil
		},
	}).ServeHTTP(w, req)
}

func (s *sharer) next() *replica {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.replicas) == 0 {
		return nil
	}
	s.turn++
	r := s.replicas[s.turn%len(s.replicas)]
	r.open.Add(1)
	return r
}

// admit lets a replica have its share.
func (s *sharer) admit(r *replica) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replicas = append(s.replicas, r)
}

// dismiss gives a replica nothing new, and stops it when what it has is done.
func (s *sharer) dismiss(t testing.TB, r *replica) {
	t.Helper()
	s.mu.Lock()
	s.replicas = slices.DeleteFunc(s.replicas, func(other *replica) bool { return other == r })
	s.mu.Unlock()
	for deadline := time.Now().Add(30 * time.Second); r.open.Load() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s of release %s does not come to an end of its requests", r.Name, r.release)
		}
	}
	r.Stop(t)
}
