package identity_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/identity"
)

const ownURL = "https://chat.example.com"

func newSigner(t testing.TB) *identity.Signer {
	t.Helper()
	key, err := identity.LoadKey(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return identity.NewSigner(ownURL+"/", key)
}

func verifierOf(t testing.TB, issuers ...identity.Issuer) *identity.Verifier {
	t.Helper()
	v, err := identity.NewVerifier(issuers, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func TestSignedTokens(t *testing.T) {
	s := newSigner(t)
	token, err := s.Token(identity.Grant{User: "alice", Audience: resource, Scopes: []string{"tasks:read", "tasks:write"}, Life: identity.ToolLife})
	if err != nil {
		t.Fatal(err)
	}
	p, err := verifierOf(t, s.Issuer(resource)).Verify(t.Context(), token)
	if err != nil || p.User != "alice" || strings.Join(p.Scopes, " ") != "tasks:read tasks:write" || p.Issuer != ownURL || p.Session != "" {
		t.Errorf("verified as %+v, %v", p, err)
	}
	if left := time.Until(p.Expires); left > identity.ToolLife+identity.Leeway {
		t.Errorf("good for %v", left)
	}
	for name, other := range map[string]identity.Issuer{
		"another audience":     s.Issuer(ownURL),
		"another key":          newSigner(t).Issuer(resource),
		"a secret's verifier":  s.SecretIssuer(0),
		"an exchange's":        s.SecretIssuer(identity.SessionLife),
		"a shared secret's":    {Issuer: ownURL, Audience: resource, Algorithms: []string{"HS256"}, Secret: make([]byte, 32)},
		"secrets of this name": {Issuer: ownURL, Audience: resource, Algorithms: []string{"EdDSA"}, KeySet: s.KeySet(), ClientSecrets: true},
	} {
		if p, err := verifierOf(t, other).Verify(t.Context(), token); !errors.Is(err, identity.ErrInvalid) {
			t.Errorf("taken by %s: %+v, %v", name, p, err)
		}
	}
}

// A secret is good for the one endpoint, and every bit of it counts.
func TestClientSecrets(t *testing.T) {
	s := newSigner(t)
	secret, expires, err := s.ClientSecret("alice", "sess_1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(expires); left <= identity.SecretLife-2*time.Second || left > identity.SecretLife {
		t.Errorf("good for %v, want %v", left, identity.SecretLife)
	}
	v := verifierOf(t, s.SecretIssuer(0))
	if p, err := v.Verify(t.Context(), secret); err != nil || p.User != "alice" || p.Session != "sess_1" || p.Scopes != nil {
		t.Errorf("verified as %+v, %v", p, err)
	}
	for _, audience := range []string{ownURL, resource, ownURL + "/api/chatkit"} {
		if p, err := verifierOf(t, s.Issuer(audience)).Verify(t.Context(), secret); !errors.Is(err, identity.ErrInvalid) {
			t.Errorf("taken as an access token for %s: %+v, %v", audience, p, err)
		}
	}
	for i := range len(secret) {
		for bit := range 8 {
			forged := []byte(secret)
			forged[i] ^= 1 << bit
			if p, err := v.Verify(t.Context(), string(forged)); !errors.Is(err, identity.ErrInvalid) {
				t.Fatalf("byte %d, bit %d flipped: %+v, %v", i, bit, p, err)
			}
		}
	}
}

// A secret that has run out is no use, but is known for as long as a session
// lives.
func TestSecretGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSigner(t)
		secret, _, err := s.ClientSecret("alice", "sess_1", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		use, exchange := verifierOf(t, s.SecretIssuer(0)), verifierOf(t, s.SecretIssuer(identity.SessionLife))
		check := func(v *identity.Verifier, want bool) {
			t.Helper()
			if _, err := v.Verify(t.Context(), secret); (err == nil) != want {
				t.Errorf("taken: %v, want %v", err == nil, want)
			}
		}
		check(use, true)
		time.Sleep(identity.SecretLife + identity.Leeway)
		check(use, false)
		check(exchange, true)
		time.Sleep(identity.SessionLife - time.Second)
		check(exchange, true)
		time.Sleep(2 * time.Second)
		check(exchange, false)
	})
}

func TestSignRefuses(t *testing.T) {
	s := newSigner(t)
	for name, g := range map[string]identity.Grant{
		"no user":         {Audience: resource, Life: time.Minute},
		"a blank user":    {User: " \u200b", Audience: resource, Life: time.Minute},
		"a control":       {User: "a\nb", Audience: resource, Life: time.Minute},
		"a long user":     {User: strings.Repeat("x", 256), Audience: resource, Life: time.Minute},
		"no life":         {User: "alice", Audience: resource},
		"a life too long": {User: "alice", Audience: resource, Life: identity.MaxLife + time.Second},
	} {
		if token, err := s.Token(g); err == nil {
			t.Errorf("%s: signed %s", name, token)
		}
	}
}

// Ed25519 keys have one form, so this is the test vector of RFC 8037 appendix A.
func TestKeyID(t *testing.T) {
	private := decodeSeed(t, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	s := identity.NewSigner(ownURL, ed25519.NewKeyFromSeed(private))
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(s.KeySet(), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("%s: %v", s.KeySet(), err)
	}
	k := set.Keys[0]
	if k["kid"] != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" || k["x"] != "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" {
		t.Errorf("the key set is %s", s.KeySet())
	}
	if strings.Contains(string(s.KeySet()), `"d"`) {
		t.Error("the private key is published")
	}
}

func TestLoadKey(t *testing.T) {
	t.Run("processes that start together share it", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "data")
		keys := make([]ed25519.PrivateKey, 16)
		var wait sync.WaitGroup
		for i := range keys {
			wait.Go(func() {
				var err error
				if keys[i], err = identity.LoadKey(dir); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		for _, k := range keys {
			if !k.Equal(keys[0]) {
				t.Fatal("two keys")
			}
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Fatalf("the folder holds %v, %v", entries, err)
		}
		if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, want 0600", info.Mode())
		}
	})
	t.Run("what is no key is told", func(t *testing.T) {
		for name, content := range map[string]string{
			"empty": "", "text": "hello", "cut": "-----BEGIN PRIVATE KEY-----\nMC4CAQ",
			"of another kind": "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIHBfFH1/Aw+jVhQ1oYHvTsFzLbQ1gYqJ7oqO3T6eW0tL\n-----END PRIVATE KEY-----\n",
		} {
			dir := t.TempDir()
			path := filepath.Join(dir, "signing-key.pem")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := identity.LoadKey(dir); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v, want an error that names the file", name, err)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != content {
				t.Errorf("%s: the file was touched", name)
			}
		}
	})
	t.Run("one for all to read is refused", func(t *testing.T) {
		dir := t.TempDir()
		if _, err := identity.LoadKey(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, "signing-key.pem"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := identity.LoadKey(dir); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("%v, want the cure", err)
		}
	})
}

func decodeSeed(t testing.TB, text string) []byte {
	t.Helper()
	seed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}
