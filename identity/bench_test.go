package identity_test

import (
	"fmt"
	"testing"

	"taskwire/identity"
	"taskwire/identity/identitytest"
)

// BenchmarkHit is what a request costs whose token was seen within the minute.
func BenchmarkHit(b *testing.B) {
	p := identitytest.Start(b)
	v := newVerifier(b, identity.Options{}, p.Trust(resource))
	token := p.Token(b, "alice", resource, "tasks:read", "tasks:write")
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := v.Verify(ctx, token); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkMiss is what a token costs that was never seen: parsing, and one
// signature, which is nearly all of it.
func BenchmarkMiss(b *testing.B) {
	for _, alg := range []string{"EdDSA", "ES256", "RS256"} {
		b.Run(alg, func(b *testing.B) {
			p := identitytest.Start(b)
			p.Rotate(b, alg)
			v := newVerifier(b, identity.Options{}, p.Trust(resource, alg))
			tokens := make([]string, 0, 20_000) // more than the cache holds
			for i := range min(b.N, cap(tokens)) {
				tokens = append(tokens, p.Token(b, fmt.Sprint("user-", i), resource, "tasks:read"))
			}
			ctx := b.Context()
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if _, err := v.Verify(ctx, tokens[i%len(tokens)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRefused is what a stranger can make us do: junk costs next to
// nothing, a forged signature costs one verification.
func BenchmarkRefused(b *testing.B) {
	p := identitytest.Start(b)
	v := newVerifier(b, identity.Options{}, p.Trust(resource))
	stranger := identitytest.Start(b)
	forged := identitytest.NewKey(b, "EdDSA").SignRaw(b, goodHeader(p), jsonOf(b, p.Claims("alice", resource)))
	for name, token := range map[string]string{
		"junk": "8zmsATpJetLjn0weSqa6QItihbdayBfw", "unknown issuer": stranger.Token(b, "alice", resource),
		"wrong audience": p.Token(b, "alice", "other"), "forged": forged,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if _, err := v.Verify(b.Context(), token); err == nil {
					b.Fatal("taken")
				}
			}
		})
	}
}
