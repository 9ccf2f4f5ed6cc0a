// Package identitytest is an identity provider for tests: it signs tokens,
// publishes its keys on loopback, and breaks in the ways that providers break.
// It also starts a real Better Auth server (StartBetterAuth).
package identitytest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"taskwire/identity"
)

// Fault is a way in which the key endpoint goes wrong.
type Fault int

// The faults of the key endpoint.
const (
	None         Fault = iota
	Down               // 503
	Slow               // no answer until the client gives up
	Huge               // a good key set and 10 MiB of blanks
	Garbage            // 200 and HTML
	Redirect           // to RedirectTarget
	Cut                // the connection is cut in mid-answer
	NoUsableKeys       // a set of keys that nobody should use
)

// RedirectTarget is where a provider with the fault Redirect sends people: the
// address at which clouds hand out credentials.
const RedirectTarget = "http://169.254.169.254/latest/meta-data/"

// Provider is an issuer. Its zero value is of no use; see Start and New.
type Provider struct {
	Issuer  string
	JWKSURL string

	mu      sync.Mutex
	keys    []*Key           // signing keys, newest last
	extra   []map[string]any // further entries of the published set
	fault   Fault
	fetches atomic.Int64
}

// Start returns a provider that listens on loopback until the test ends, with
// one Ed25519 key.
func Start(t testing.TB) *Provider {
	t.Helper()
	p := New(t, "")
	server := httptest.NewServer(p)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	p.Issuer = server.URL
	p.JWKSURL = server.URL + "/.well-known/jwks.json"
	return p
}

// New returns a provider without a listener, for tests that bring their own:
// it is an http.Handler, and Client reaches it without a network.
func New(t testing.TB, issuer string) *Provider {
	t.Helper()
	p := &Provider{Issuer: issuer, JWKSURL: issuer + "/.well-known/jwks.json"}
	p.Rotate(t, "EdDSA")
	return p
}

// Trust returns the issuer for a verifier, for one audience and with the
// algorithms given, EdDSA if none is.
func (p *Provider) Trust(audience string, algorithms ...string) identity.Issuer {
	if len(algorithms) == 0 {
		algorithms = []string{"EdDSA"}
	}
	return identity.Issuer{Issuer: p.Issuer, Audience: audience, Algorithms: algorithms, JWKSURL: p.JWKSURL}
}

// Rotate makes a new key and signs with it from now on. The old ones stay
// published until they are withdrawn.
func (p *Provider) Rotate(t testing.TB, alg string) *Key {
	t.Helper()
	k := NewKey(t, alg)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, k)
	return k
}

// Key is the key that the provider signs with now.
func (p *Provider) Key() *Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[len(p.keys)-1]
}

// Withdraw takes a key out of the published set.
func (p *Provider) Withdraw(k *Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = slices.DeleteFunc(slices.Clone(p.keys), func(other *Key) bool { return other == k })
}

// Publish adds entries to the published set that the provider does not sign
// with. Without any, it removes those of earlier calls.
func (p *Provider) Publish(entries ...map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.extra = entries
}

// Break sets how the key endpoint fails, None to mend it.
func (p *Provider) Break(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

// Fetches counts the requests for keys so far.
func (p *Provider) Fetches() int { return int(p.fetches.Load()) }

// ServeHTTP answers every path with the key set, or with the fault.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.fetches.Add(1)
	p.mu.Lock()
	fault, set := p.fault, p.set()
	p.mu.Unlock()
	switch fault {
	case Down:
		http.Error(w, "down", http.StatusServiceUnavailable)
	case Slow:
		<-r.Context().Done()
	case Huge:
		writeSet(w, set)
		_, _ = w.Write([]byte(strings.Repeat(" ", 10<<20))) // what is cut off still looks whole
	case Garbage:
		_, _ = w.Write([]byte("<!doctype html><title>Bad gateway</title>"))
	case Redirect:
		http.Redirect(w, r, RedirectTarget, http.StatusFound)
	case Cut:
		w.Header().Set("Content-Length", "4096")
		_, _ = w.Write([]byte(`{"keys":[`))
		panic(http.ErrAbortHandler)
	case NoUsableKeys:
		writeSet(w, []map[string]any{{"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}})
	default:
		writeSet(w, set)
	}
}

func (p *Provider) set() []map[string]any {
	set := []map[string]any{}
	for _, k := range p.keys {
		set = append(set, k.Public())
	}
	return append(set, p.extra...)
}

func writeSet(w http.ResponseWriter, keys []map[string]any) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": keys})
}

// Client reaches the provider by function call: for tests in a synctest
// bubble, where a real connection would keep the clock from moving.
func (p *Provider) Client() *http.Client { return &http.Client{Transport: direct{p}} }

type direct struct{ p *Provider }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	d.p.ServeHTTP(rec, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	res := rec.Result()
	res.Request = r
	return res, nil
}
