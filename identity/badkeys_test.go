package identity_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"taskwire/identity"
	"taskwire/identity/identitytest"
)

// J09: keys that should not be in a set are left out, and those beside them
// go on working. Each case publishes an entry and signs with its private half.
func TestBadKeysAreLeftOut(t *testing.T) {
	edwards, elliptic, rsa := identitytest.NewKey(t, "EdDSA"), identitytest.NewKey(t, "ES256"), identitytest.NewKey(t, "RS256")
	entry := func(k *identitytest.Key, changes map[string]any) map[string]any {
		m := k.Public()
		maps.Copy(m, changes)
		maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
		return m
	}
	for name, c := range map[string]struct {
		key   *identitytest.Key
		entry map[string]any
	}{
		"use enc":               {edwards, entry(edwards, map[string]any{"use": "enc"})},
		"key_ops without":       {edwards, entry(edwards, map[string]any{"key_ops": []string{"sign"}})},
		"private half included": {edwards, entry(edwards, map[string]any{"d": "c2VjcmV0"})},
		"another alg":           {edwards, entry(edwards, map[string]any{"alg": "ES256"})},
		"kty oct":               {edwards, map[string]any{"kty": "oct", "kid": edwards.ID, "k": edwards.Public()["x"]}},
		"X25519":                {edwards, entry(edwards, map[string]any{"crv": "X25519"})},
		"short x":               {edwards, entry(edwards, map[string]any{"x": "AAAA"})},
		"padded x":              {edwards, entry(edwards, map[string]any{"x": edwards.Public()["x"].(string) + "="})},
		"no kty":                {edwards, entry(edwards, map[string]any{"kty": nil})},
		"kty in capitals":       {edwards, entry(edwards, map[string]any{"kty": nil, "KTY": "OKP"})},
		"off the curve":         {elliptic, entry(elliptic, map[string]any{"y": elliptic.Public()["x"]})},
		"wrong curve":           {elliptic, entry(elliptic, map[string]any{"crv": "P-384"})},
		"RSA of 1,024 bits":     {rsa, entry(rsa, map[string]any{"n": strings.Repeat("_", 170) + "w"})},
		"RSA of 16,384 bits":    {rsa, entry(rsa, map[string]any{"n": strings.Repeat("_", 2730) + "8"})},
		"RSA exponent 1":        {rsa, entry(rsa, map[string]any{"e": "AQ"})},
		"RSA exponent huge":     {rsa, entry(rsa, map[string]any{"e": "_____w8"})},
		"RSA used as PS256":     {rsa, entry(rsa, map[string]any{"alg": "PS256"})},
		"not even an object":    {edwards, nil},
	} {
		p := identitytest.Start(t)
		good := p.Token(t, "alice", resource)
		p.Publish(c.entry)
		v := newVerifier(t, identity.Options{}, p.Trust(resource, "EdDSA", "ES256", "RS256"))
		header := jsonOf(t, map[string]any{"alg": c.key.Alg, "kid": c.key.ID})
		token := c.key.SignRaw(t, header, jsonOf(t, p.Claims("mallory", resource)))
		if _, err := v.Verify(t.Context(), token); reason(t, err) != identity.ReasonKey {
			t.Errorf("%s: Verify = %v, want an unknown key", name, err)
		}
		if _, err := v.Verify(t.Context(), good); err != nil {
			t.Errorf("%s: the good key beside it: %v", name, err)
		}
	}
}

// J09: of two keys with one id neither is used.
func TestTwoKeysWithOneID(t *testing.T) {
	p := identitytest.Start(t)
	first := p.Key()
	token := p.Token(t, "alice", resource)
	p.Rotate(t, "EdDSA")
	intruder := identitytest.NewKey(t, "EdDSA")
	intruder.ID = first.ID
	p.Publish(intruder.Public())
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	forged := intruder.SignRaw(t, jsonOf(t, map[string]any{"alg": "EdDSA", "kid": first.ID}), jsonOf(t, p.Claims("alice", resource)))
	refuse(t, v, identity.ReasonKey, map[string]string{"the first": token, "the second": forged})
	if _, err := v.Verify(t.Context(), p.Token(t, "alice", resource)); err != nil {
		t.Errorf("the key beside them: %v", err)
	}
}

// TestIDOfAnUnusableKey: an id is ambiguous even if only one key of that name
// could be used.
func TestIDOfAnUnusableKey(t *testing.T) {
	p := identitytest.Start(t)
	twin := p.Key().Public()
	twin["use"] = "enc"
	p.Publish(twin, identitytest.NewKey(t, "EdDSA").Public())
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	refuse(t, v, identity.ReasonKey, map[string]string{"the usable one": p.Token(t, "alice", resource)})
}

// TestNoKeyID: a token without kid is good when one key alone can be meant.
func TestNoKeyID(t *testing.T) {
	p := identitytest.Start(t)
	p.Publish(identitytest.NewKey(t, "ES256").Public())
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	token := p.Sign(t, p.Claims("alice", resource), map[string]any{"kid": nil})
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("one key fits: %v", err)
	}
	p.Rotate(t, "EdDSA")
	if _, err := v.Verify(t.Context(), p.Token(t, "alice", resource)); err != nil {
		t.Errorf("the new key: %v", err)
	}
	again := p.Sign(t, p.Claims("bob", resource), map[string]any{"kid": nil})
	if _, err := v.Verify(t.Context(), again); reason(t, err) != identity.ReasonKey {
		t.Errorf("two keys fit: Verify = %v, want an unknown key", err)
	}
}

// TestTooManyKeys: a set of a thousand keys is nobody's, and is not read.
func TestTooManyKeys(t *testing.T) {
	p := identitytest.Start(t)
	p.Publish(make([]map[string]any, 1000)...)
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	if _, err := v.Verify(t.Context(), p.Token(t, "alice", resource)); !errors.Is(err, identity.ErrUnavailable) {
		t.Errorf("Verify = %v, want ErrUnavailable", err)
	}
}

// TestRedirects: within the origin they are followed, to another port of the
// same machine they are not.
func TestRedirects(t *testing.T) {
	p := identitytest.Start(t)
	var target string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			p.ServeHTTP(w, r)
			return
		}
		http.Redirect(w, r, target, http.StatusFound)
	}))
	t.Cleanup(server.Close)
	issuer := p.Trust(resource)
	issuer.JWKSURL = server.URL + "/moved"
	token := p.Token(t, "alice", resource)

	target = "/keys"
	if _, err := newVerifier(t, identity.Options{}, issuer).Verify(t.Context(), token); err != nil {
		t.Errorf("within the origin: %v", err)
	}
	for _, target = range []string{p.JWKSURL, "/moved", identitytest.RedirectTarget} {
		before := p.Fetches()
		if _, err := newVerifier(t, identity.Options{}, issuer).Verify(t.Context(), token); !errors.Is(err, identity.ErrUnavailable) {
			t.Errorf("to %s: Verify = %v, want ErrUnavailable", target, err)
		}
		if p.Fetches() != before {
			t.Errorf("the redirect to %s was followed", target)
		}
	}
}
