package identity_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"taskwire/identity"
	"taskwire/identity/identitytest"
	"taskwire/promises/tally"
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

// flipped gives the bits of a good token without which it is still taken.
func flipped(good string, takes func(token string) bool) (bits []int) {
	for i := range len(good) * 8 {
		bad := []byte(good)
		bad[i/8] ^= 1 << (i % 8)
		if takes(string(bad)) {
			bits = append(bits, i)
		}
	}
	return bits
}

// TestEveryBit flips each bit of a good token's text. None may be taken, by a
// verifier that has the good one in its cache and by one that has not.
func TestEveryBit(t *testing.T) {
	runs, broken := 0, 0
	for _, alg := range []string{"EdDSA", "ES256", "RS256"} {
		p := identitytest.Start(t)
		p.Rotate(t, alg)
		good := p.Token(t, "alice", resource, "tasks:read")
		for _, seen := range []bool{true, false} {
			v := newVerifier(t, identity.Options{}, p.Trust(resource, alg))
			known := good
			if !seen {
				known = p.Token(t, "bob", resource)
			}
			if _, err := v.Verify(t.Context(), known); err != nil {
				t.Fatalf("%s: %v", alg, err)
			}
			bits := flipped(good, func(token string) bool {
				_, err := v.Verify(t.Context(), token)
				return !errors.Is(err, identity.ErrInvalid)
			})
			if runs += len(good) * 8; len(bits) > 0 {
				t.Errorf("%s, seen before: %v: taken with bits %v flipped", alg, seen, bits)
			}
			broken += len(bits)
		}
	}
	tally.Counted(t, tally.Entry{Promise: "P8", What: "bits flipped", Runs: runs, Broken: broken})
}

// A verifier that looks at everything but the signature takes many of them.
func TestEveryBitControl(t *testing.T) {
	p := identitytest.Start(t)
	bits := flipped(p.Token(t, "alice", resource), func(token string) bool {
		parts := strings.Split(token, ".")
		if len(parts) != 3 {
			return false
		}
		var claims struct {
			Iss, Aud string
			Exp      int64
		}
		body, err := base64.RawURLEncoding.DecodeString(parts[1])
		return err == nil && json.Unmarshal(body, &claims) == nil &&
			claims.Iss == p.Issuer && claims.Aud == resource && time.Now().Before(time.Unix(claims.Exp, 0))
	})
	if len(bits) < 100 {
		t.Fatalf("a verifier without signatures is caught by %d bits", len(bits))
	}
	tally.Caught(t, "P8", "a verifier that skips the signature")
}

// TestUnknownIssuer asks nobody for keys on a stranger's word.
func TestUnknownIssuer(t *testing.T) {
	p, stranger := identitytest.Start(t), identitytest.Start(t)
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	for _, iss := range []any{stranger.Issuer, p.Issuer + "/", strings.ToUpper(p.Issuer), "", nil, 7, []string{p.Issuer}} {
		token := stranger.Sign(t, with(stranger.Claims("alice", resource), map[string]any{"iss": iss}))
		if _, err := v.Verify(t.Context(), token); reason(t, err) != identity.ReasonIssuer {
			t.Errorf("iss %v: Verify = %v, want refused for its issuer", iss, err)
		}
	}
	if n := stranger.Fetches(); n != 0 {
		t.Errorf("the stranger's keys were fetched %d times", n)
	}
}

// TestSecretBesideKeys shows that a shared secret of one issuer and published
// keys of another stay apart: the exact iss chooses, and with it the algorithm.
func TestSecretBesideKeys(t *testing.T) {
	const name = "https://auth.example.com"
	secret := []byte("0123456789abcdef0123456789abcdef")
	p := identitytest.Start(t)
	v := newVerifier(t, identity.Options{}, p.Trust(resource),
		identity.Issuer{Issuer: name, Audience: resource, Algorithms: []string{"HS256"}, Secret: secret})
	shared := with(p.Claims("alice", resource), map[string]any{"iss": name})
	header := map[string]any{"alg": "HS256", "kid": "../../etc/passwd"}

	if got, err := v.Verify(t.Context(), identitytest.SignHS256(t, secret, header, shared)); err != nil || got.User != "alice" {
		t.Errorf("shared secret: Verify = %+v, %v", got, err)
	}
	if got, err := v.Verify(t.Context(), p.Token(t, "bob", resource)); err != nil || got.User != "bob" {
		t.Errorf("published key: Verify = %+v, %v", got, err)
	}
	refuse(t, v, identity.ReasonAlgorithm, map[string]string{
		"the secret in the other's name": identitytest.SignHS256(t, secret, header, p.Claims("alice", resource)),
		"a key in the secret's name":     p.Sign(t, shared),
	})
	refuse(t, v, identity.ReasonSignature, map[string]string{
		"another secret": identitytest.SignHS256(t, []byte("another secret of thirty-two byte"), header, shared),
		"an empty one":   identitytest.SignHS256(t, []byte{}, header, shared),
	})
	// What else Better Auth signs with the same secret has no issuer.
	mail := map[string]any{"email": "alice@example.com", "iat": shared["iat"], "exp": shared["exp"]}
	refuse(t, v, identity.ReasonIssuer, map[string]string{
		"an e-mail verification token": identitytest.SignHS256(t, secret, map[string]any{"alg": "HS256"}, mail),
	})
}

func TestScopes(t *testing.T) {
	p := identitytest.Start(t)
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	for name, c := range map[string]struct {
		scope any
		want  []string
	}{
		"none":         {nil, nil},
		"one":          {"tasks:read", []string{"tasks:read"}},
		"unsorted":     {" tasks:write  tasks:read tasks:write", []string{"tasks:read", "tasks:write"}},
		"empty":        {"", []string{}},
		"an array":     {[]string{"tasks:read"}, nil},
		"a number":     {7, nil},
		"upper case":   {"TASKS:READ", []string{"TASKS:READ"}},
		"comma listed": {"tasks:read,tasks:write", []string{"tasks:read,tasks:write"}},
	} {
		got, err := v.Verify(t.Context(), p.Sign(t, with(p.Claims("alice", resource), map[string]any{"scope": c.scope, "scp": "tasks:write"})))
		if err != nil || !slices.Equal(got.Scopes, c.want) {
			t.Errorf("%s: scopes = %q, %v, want %q", name, got.Scopes, err, c.want)
		}
	}
}

func TestNewVerifierRefuses(t *testing.T) {
	good := identity.Issuer{Issuer: "https://a.example", Audience: "x", Algorithms: []string{"EdDSA"}, JWKSURL: "https://a.example/jwks"}
	change := func(f func(*identity.Issuer)) []identity.Issuer { c := good; f(&c); return []identity.Issuer{c} }
	long := bytes.Repeat([]byte("s"), 32)
	for name, issuers := range map[string][]identity.Issuer{
		"the same issuer twice": {good, good},
		"no name":               change(func(i *identity.Issuer) { i.Issuer = "" }),
		"no audience":           change(func(i *identity.Issuer) { i.Audience = "" }),
		"no algorithm":          change(func(i *identity.Issuer) { i.Algorithms = nil }),
		"none":                  change(func(i *identity.Issuer) { i.Algorithms = []string{"none"} }),
		"HS256 with keys":       change(func(i *identity.Issuer) { i.Algorithms = []string{"EdDSA", "HS256"} }),
		"keys over plain http":  change(func(i *identity.Issuer) { i.JWKSURL = "http://a.example/jwks" }),
		"keys and secret":       change(func(i *identity.Issuer) { i.Secret = long }),
		"neither":               change(func(i *identity.Issuer) { i.JWKSURL = "" }),
		"a short secret":        change(func(i *identity.Issuer) { i.JWKSURL, i.Secret, i.Algorithms = "", long[:31], []string{"HS256"} }),
		"a secret with EdDSA":   change(func(i *identity.Issuer) { i.JWKSURL, i.Secret = "", long }),
	} {
		if v, err := identity.NewVerifier(issuers, identity.Options{}); err == nil {
			v.Close()
			t.Errorf("%s: NewVerifier took it", name)
		}
	}
}
