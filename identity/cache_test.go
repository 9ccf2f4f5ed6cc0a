package identity_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/identity"
	"taskwire/identity/identitytest"
)

// TestCachedTokenExpires: a token in the cache is held to its exp all the same.
func TestCachedTokenExpires(t *testing.T) {
	inBubble(t, func(t *testing.T, p *identitytest.Provider, v *identity.Verifier) {
		claims := p.Claims("alice", resource)
		claims["exp"] = time.Now().Add(10 * time.Second).Unix()
		token := p.Sign(t, claims)
		for second := range 45 {
			err := verify(t, v, token)
			if want := identity.Reason(""); second < 40 && reason(t, err) != want {
				t.Fatalf("after %d s: Verify = %v, want good until exp and the leeway", second, err)
			}
			if second >= 40 && reason(t, err) != identity.ReasonExpired {
				t.Fatalf("after %d s: Verify = %v, want expired", second, err)
			}
			time.Sleep(time.Second)
		}
	})
}

// TestPrincipalExpires agrees with Verify: the token is good before that
// instant and refused from it on.
func TestPrincipalExpires(t *testing.T) {
	p := identitytest.Start(t)
	clock := newClock()
	v := newVerifier(t, identity.Options{Now: clock.now}, p.Trust(resource))
	token := p.Token(t, "alice", resource)
	got, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	clock.advance(got.Expires.Sub(clock.now()) - time.Nanosecond)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("just before Expires: %v", err)
	}
	clock.advance(time.Nanosecond)
	if _, err := v.Verify(t.Context(), token); reason(t, err) != identity.ReasonExpired {
		t.Errorf("at Expires: Verify = %v, want expired", err)
	}
}

// TestCacheIsBounded runs more tokens through than the cache holds, twice, and
// minutes apart: what it forgets is verified again.
func TestCacheIsBounded(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	clock := newClock()
	iss := identity.Issuer{Issuer: "https://a.example", Audience: resource, Algorithms: []string{"HS256"}, Secret: secret}
	v := newVerifier(t, identity.Options{Now: clock.now}, iss)
	tokens := make([]string, 2*identity.CacheSize+100)
	for i := range tokens {
		tokens[i] = identitytest.SignHS256(t, secret, map[string]any{"alg": "HS256"}, map[string]any{
			"iss": iss.Issuer, "aud": resource, "sub": fmt.Sprint("user-", i), "exp": clock.now().Add(time.Hour).Unix(),
		})
	}
	for range 2 {
		for i, token := range tokens {
			if got, err := v.Verify(t.Context(), token); err != nil || got.User != fmt.Sprint("user-", i) {
				t.Fatalf("token %d: Verify = %q, %v", i, got.User, err)
			}
		}
		if n, limit := identity.CacheLen(v), 2*identity.CacheSize; n > limit {
			t.Errorf("the cache holds %d tokens, want at most %d", n, limit)
		}
		clock.advance(2 * time.Minute)
	}
}

// TestUnchangedKeysKeepCache: a refresh that brings the same set leaves the
// ring, and with it the cache, as it is.
func TestUnchangedKeysKeepCache(t *testing.T) {
	inBubble(t, func(t *testing.T, p *identitytest.Provider, v *identity.Verifier) {
		time.Sleep(identity.RefreshEvery - time.Second)
		token := p.Token(t, "alice", resource)
		if err := verify(t, v, token); err != nil {
			t.Fatal(err)
		}
		before := p.Fetches()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if p.Fetches() == before {
			t.Fatal("no refresh: the test shows nothing")
		}
		if !identity.Cached(v, token) {
			t.Error("the token left the cache, want it kept")
		}
	})
}

func TestHitDoesNotAllocate(t *testing.T) {
	p := identitytest.Start(t)
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	token := p.Token(t, "alice", resource, "tasks:read", "tasks:write")
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { _, _ = v.Verify(ctx, token) }); n != 0 {
		t.Errorf("a hit allocates %v times, want 0", n)
	}
}
