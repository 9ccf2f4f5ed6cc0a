package identity_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/identity"
	"taskwire/identity/identitytest"
)

// J07: ten thousand key ids that never were, ten a millisecond, cost their
// issuer three fetches and one a second.
func TestBogusKeysCauseNoStorm(t *testing.T) {
	inBubble(t, func(t *testing.T, p *identitytest.Provider, v *identity.Verifier) {
		before := p.Fetches()
		rest := "." + claimsPart(t, p, p.Claims("mallory", resource)) + ".AAAA" // no key, so no signature is looked at
		for i := range 10_000 {
			token := part(fmt.Sprintf(`{"alg":"EdDSA","kid":"bogus-%d"}`, i)) + rest
			if err := verify(t, v, token); reason(t, err) != identity.ReasonKey {
				t.Fatalf("bogus key %d: Verify = %v, want refused", i, err)
			}
			if i%10 == 9 {
				time.Sleep(time.Millisecond)
			}
		}
		synctest.Wait()
		if n := p.Fetches() - before; n > 4 {
			t.Errorf("10,000 bogus keys in one second cost %d fetches, want at most 4", n)
		}
		// The storm is over, and a rotation goes as unnoticed as ever.
		time.Sleep(time.Second)
		p.Rotate(t, "EdDSA")
		if err := verify(t, v, p.Token(t, "alice", resource)); err != nil {
			t.Errorf("a new key after the storm: %v", err)
		}
	})
}

// TestStormHoldsUpNobody has strangers wait for a provider that does not
// answer, while users with known keys, cached and not, must not wait at all.
func TestStormHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := identitytest.New(t, "https://auth.example.com")
		v := newVerifier(t, identity.Options{Client: p.Client()}, p.Trust(resource))
		synctest.Wait()
		p.Break(identitytest.Slow)
		var strangers sync.WaitGroup
		claims := p.Claims("mallory", resource)
		var waiting atomic.Int64
		for i := range 500 {
			token := p.Sign(t, claims, map[string]any{"kid": fmt.Sprint("bogus-", i)})
			strangers.Go(func() {
				waiting.Add(1)
				_, _ = v.Verify(t.Context(), token)
				waiting.Add(-1)
			})
		}
		synctest.Wait()
		if waiting.Load() == 0 {
			t.Fatal("nobody waits: the test shows nothing")
		}
		start := time.Now()
		for i := range 200 {
			if err := verify(t, v, p.Token(t, fmt.Sprint("user-", i%100), resource)); err != nil {
				t.Fatalf("a known key in a storm: %v", err)
			}
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("users with known keys waited %v, want not at all", waited)
		}
		strangers.Wait()
	})
}

// J31, as far as it concerns us: many bad tokens of every kind at once leave
// nothing behind, and the good ones in between are taken.
func TestManyAtOnce(t *testing.T) {
	p := identitytest.Start(t)
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	good := make([]string, 50)
	for i := range good {
		good[i] = p.Token(t, fmt.Sprint("user-", i), resource)
	}
	forged := identitytest.NewKey(t, "EdDSA").SignRaw(t, goodHeader(p), jsonOf(t, p.Claims("user-1", resource)))
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			for i := range 50 {
				n := (worker + i) % len(good)
				if got, err := v.Verify(t.Context(), good[n]); err != nil || got.User != fmt.Sprint("user-", n) {
					t.Errorf("Verify = %q, %v, want user-%d", got.User, err, n)
				}
				if _, err := v.Verify(t.Context(), forged); reason(t, err) != identity.ReasonSignature {
					t.Errorf("a forged token: %v", err)
				}
			}
		})
	}
	all.Wait()
}
