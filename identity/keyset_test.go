package identity_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/identity"
	"taskwire/identity/identitytest"
)

// inBubble runs a test on synctest's clock, with a provider that is reached by
// function call and a verifier that trusts it.
func inBubble(t *testing.T, f func(t *testing.T, p *identitytest.Provider, v *identity.Verifier)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := identitytest.New(t, "https://auth.example.com")
		v := newVerifier(t, identity.Options{Client: p.Client()}, p.Trust(resource))
		synctest.Wait()
		f(t, p, v)
	})
}

func verify(t *testing.T, v *identity.Verifier, token string) error {
	t.Helper()
	_, err := v.Verify(t.Context(), token)
	return err
}

// J11: a key made a moment ago is found, twice within a minute, and the old
// ones work as long as they are published.
func TestRotation(t *testing.T) {
	inBubble(t, func(t *testing.T, p *identitytest.Provider, v *identity.Verifier) {
		first := p.Key()
		tokens := []string{p.Token(t, "alice", resource)}
		for range 2 {
			p.Rotate(t, "EdDSA")
			tokens = append(tokens, p.Token(t, "alice", resource))
			for i, token := range tokens {
				if err := verify(t, v, token); err != nil {
					t.Errorf("token %d of %d: %v", i+1, len(tokens), err)
				}
			}
			time.Sleep(20 * time.Second)
		}
		if n := p.Fetches(); n != 3 {
			t.Errorf("two rotations cost %d fetches, want 3 with the first", n)
		}

		p.Withdraw(first)
		time.Sleep(identity.RefreshEvery)
		synctest.Wait()
		if err := verify(t, v, tokens[0]); reason(t, err) != identity.ReasonKey {
			t.Errorf("a withdrawn key after RefreshEvery: Verify = %v, want unknown", err)
		}
		if err := verify(t, v, tokens[2]); err != nil {
			t.Errorf("the key beside it: %v", err)
		}
	})
}

// TestWithdrawnKeyLeavesCache verifies a token a second before its key goes:
// the cache must not outlive the key.
func TestWithdrawnKeyLeavesCache(t *testing.T) {
	inBubble(t, func(t *testing.T, p *identitytest.Provider, v *identity.Verifier) {
		old := p.Key()
		token := p.Token(t, "alice", resource)
		time.Sleep(identity.RefreshEvery - time.Second)
		if err := verify(t, v, token); err != nil {
			t.Fatalf("Verify: %v", err)
		}
		p.Rotate(t, "EdDSA")
		p.Withdraw(old)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if err := verify(t, v, token); reason(t, err) != identity.ReasonKey {
			t.Errorf("Verify = %v, want an unknown key", err)
		}
	})
}

// TestWithdrawnWhileAway: a refresh that fails is tried again within a minute
// or so, not ten minutes later.
func TestWithdrawnWhileAway(t *testing.T) {
	inBubble(t, func(t *testing.T, p *identitytest.Provider, v *identity.Verifier) {
		token, old := p.Token(t, "alice", resource), p.Key()
		p.Break(identitytest.Down)
		time.Sleep(identity.RefreshEvery + time.Second)
		p.Rotate(t, "EdDSA")
		p.Withdraw(old)
		p.Break(identitytest.None)
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if err := verify(t, v, token); reason(t, err) != identity.ReasonKey {
			t.Errorf("Verify = %v, want an unknown key", err)
		}
	})
}

// TestEveryKeyWithdrawn: an empty list is an owner who has pulled the plug.
func TestEveryKeyWithdrawn(t *testing.T) {
	inBubble(t, func(t *testing.T, p *identitytest.Provider, v *identity.Verifier) {
		token := p.Token(t, "alice", resource)
		p.Withdraw(p.Key())
		time.Sleep(identity.RefreshEvery)
		synctest.Wait()
		if err := verify(t, v, token); reason(t, err) != identity.ReasonKey {
			t.Errorf("Verify = %v, want an unknown key", err)
		}
		if err := v.Ready(t.Context()); !errors.Is(err, identity.ErrUnavailable) {
			t.Errorf("Ready = %v, want ErrUnavailable", err)
		}
	})
}

// TestDownAtStart: no error at start, 503 until the provider is up, and then
// no restart.
func TestDownAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := identitytest.New(t, "https://auth.example.com")
		p.Break(identitytest.Down)
		v := newVerifier(t, identity.Options{Client: p.Client()}, p.Trust(resource))
		token := p.Token(t, "alice", resource)
		for range 1000 {
			if err := verify(t, v, token); !errors.Is(err, identity.ErrUnavailable) {
				t.Fatalf("Verify = %v, want ErrUnavailable", err)
			}
		}
		if err := v.Ready(t.Context()); !errors.Is(err, identity.ErrUnavailable) {
			t.Errorf("Ready = %v, want ErrUnavailable", err)
		}
		if n := p.Fetches(); n > 4 {
			t.Errorf("a provider that is down was asked %d times at once, want at most 4", n)
		}
		p.Break(identitytest.None)
		time.Sleep(time.Second)
		if err := verify(t, v, token); err != nil {
			t.Errorf("Verify a second after: %v", err)
		}
		if err := v.Ready(t.Context()); err != nil {
			t.Errorf("Ready: %v", err)
		}
	})
}

// J09: whatever the key endpoint does, known keys go on, unknown ones are a
// 503, and nobody is led astray.
func TestFaults(t *testing.T) {
	for name, fault := range map[string]identitytest.Fault{
		"down": identitytest.Down, "slow": identitytest.Slow, "huge": identitytest.Huge, "garbage": identitytest.Garbage,
		"redirect": identitytest.Redirect, "no usable keys": identitytest.NoUsableKeys, "cut": identitytest.Cut,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := identitytest.Start(t)
			hosts := &recorder{seen: make(map[string]bool)}
			clock := newClock()
			v := newVerifier(t, identity.Options{Client: &http.Client{Transport: hosts}, Now: clock.now}, p.Trust(resource))
			t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
			if err := verify(t, v, p.Token(t, "alice", resource)); err != nil {
				t.Fatalf("Verify: %v", err)
			}
			old, oldKey := p.Token(t, "bob", resource), p.Key()
			p.Break(fault)
			p.Rotate(t, "EdDSA")
			if err := verify(t, v, p.Token(t, "carol", resource)); !errors.Is(err, identity.ErrUnavailable) {
				t.Errorf("unknown key: Verify = %v, want ErrUnavailable", err)
			}
			if err := verify(t, v, old); err != nil {
				t.Errorf("known key: %v", err)
			}
			if err := v.Ready(t.Context()); err != nil {
				t.Errorf("Ready with keys at hand: %v", err)
			}
			if hosts.seen["169.254.169.254"] {
				t.Error("the redirect was followed")
			}
			clock.advance(identity.StaleFor + time.Second)
			late := p.Claims("bob", resource)
			late["iat"], late["exp"] = clock.now().Unix(), clock.now().Add(time.Hour).Unix()
			header := jsonOf(t, map[string]any{"alg": "EdDSA", "kid": oldKey.ID})
			if err := verify(t, v, oldKey.SignRaw(t, header, jsonOf(t, late))); !errors.Is(err, identity.ErrUnavailable) {
				t.Errorf("known key after StaleFor: Verify = %v, want ErrUnavailable", err)
			}
			if err := v.Ready(t.Context()); !errors.Is(err, identity.ErrUnavailable) {
				t.Errorf("Ready after StaleFor = %v, want ErrUnavailable", err)
			}
		})
	}
}

// recorder notes which hosts are asked.
type recorder struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	r.seen[req.URL.Hostname()] = true
	r.mu.Unlock()
	return http.DefaultTransport.RoundTrip(req)
}

// TestOneFetchForAll: a hundred requests wait for one fetch, and one whose
// client has gone does not.
func TestOneFetchForAll(t *testing.T) {
	inBubble(t, func(t *testing.T, p *identitytest.Provider, v *identity.Verifier) {
		p.Break(identitytest.Slow)
		p.Rotate(t, "EdDSA")
		token := p.Token(t, "alice", resource)
		before := p.Fetches()
		var all sync.WaitGroup
		start := time.Now()
		for range 100 {
			all.Go(func() {
				if _, err := v.Verify(t.Context(), token); !errors.Is(err, identity.ErrUnavailable) {
					t.Errorf("Verify = %v, want ErrUnavailable", err)
				}
			})
		}
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := v.Verify(ctx, token); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Verify of a client that has gone = %v, want its context's error", err)
			}
			if took := time.Since(start); took != time.Second {
				t.Errorf("a client that has gone waited %v, want 1s", took)
			}
		})
		all.Wait()
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("they waited %v, want the fetch's 3s", took)
		}
		if n := p.Fetches() - before; n != 1 {
			t.Errorf("a hundred requests cost %d fetches, want 1", n)
		}
	})
}

// TestKeyMadeDuringFetch rotates while a fetch is under way that has read the
// old set already. The new key's token joins that fetch, and asks again.
func TestKeyMadeDuringFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := identitytest.New(t, "https://auth.example.com")
		slow := &http.Client{Transport: lateAnswer{p.Client().Transport}}
		v := newVerifier(t, identity.Options{Client: slow}, p.Trust(resource))
		time.Sleep(time.Minute)
		go func() {
			_, _ = v.Verify(t.Context(), p.Sign(t, p.Claims("x", resource), map[string]any{"kid": "bogus"}))
		}()
		time.Sleep(500 * time.Millisecond)
		p.Rotate(t, "EdDSA")
		if err := verify(t, v, p.Token(t, "alice", resource)); err != nil {
			t.Errorf("Verify: %v", err)
		}
	})
}

// lateAnswer answers with what was true a second ago.
type lateAnswer struct{ next http.RoundTripper }

func (l lateAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := l.next.RoundTrip(r)
	time.Sleep(time.Second)
	return res, err
}

// TestReadyLeavesOutOptional: the adapter may be down, the provider may not.
func TestReadyLeavesOutOptional(t *testing.T) {
	p, adapter := identitytest.Start(t), identitytest.Start(t)
	adapter.Break(identitytest.Down)
	optional := adapter.Trust(resource)
	optional.Optional = true
	v := newVerifier(t, identity.Options{}, p.Trust(resource), optional)
	if err := v.Ready(t.Context()); err != nil {
		t.Errorf("Ready without the optional one: %v", err)
	}
	v = newVerifier(t, identity.Options{}, p.Trust(resource), adapter.Trust(resource))
	err := v.Ready(t.Context())
	if !errors.Is(err, identity.ErrUnavailable) || !strings.Contains(err.Error(), adapter.Issuer) {
		t.Errorf("Ready = %v, want ErrUnavailable that names %s", err, adapter.Issuer)
	}
}
