package identity_test

import (
	"errors"
	"testing"

	"taskwire/identity"
	"taskwire/identity/identitytest"
)

const resource = "https://tasks.example.com/mcp"

// newVerifier returns a verifier that the test closes.
func newVerifier(t testing.TB, opts identity.Options, issuers ...identity.Issuer) *identity.Verifier {
	t.Helper()
	v, err := identity.NewVerifier(issuers, opts)
	if err != nil {
		t.Fatalf("NewVerifier: %v", err)
	}
	t.Cleanup(v.Close)
	return v
}

// reason says why a token was refused, or "" if it was not.
func reason(t testing.TB, err error) identity.Reason {
	t.Helper()
	if err == nil {
		return ""
	}
	var refused *identity.InvalidError
	if !errors.As(err, &refused) || !errors.Is(err, identity.ErrInvalid) {
		t.Fatalf("error = %v, want an InvalidError", err)
	}
	return refused.Reason
}

func TestVerifyEveryAlgorithm(t *testing.T) {
	for _, alg := range []string{"EdDSA", "ES256", "ES384", "ES512", "RS256", "PS256"} {
		t.Run(alg, func(t *testing.T) {
			p := identitytest.Start(t)
			p.Rotate(t, alg)
			v := newVerifier(t, identity.Options{}, p.Trust(resource, alg))
			got, err := v.Verify(t.Context(), p.Token(t, "alice", resource, "tasks:write", "tasks:read"))
			if err != nil {
				t.Fatalf("Verify: %v", err)
			}
			if got.User != "alice" || got.Issuer != p.Issuer || len(got.Scopes) != 2 || got.Scopes[0] != "tasks:read" {
				t.Errorf("Verify = %+v, want alice with both scopes", got)
			}
		})
	}
}
