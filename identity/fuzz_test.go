package identity_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"taskwire/identity"
	"taskwire/identity/identitytest"
)

// FuzzVerify throws text at a verifier that has good tokens in its cache. The
// only text that may pass is a token that the provider signed.
func FuzzVerify(f *testing.F) {
	p := identitytest.Start(f)
	v := newVerifier(f, identity.Options{}, p.Trust(resource))
	good := p.Token(f, "alice", resource, "tasks:read")
	if _, err := v.Verify(f.Context(), good); err != nil {
		f.Fatal(err)
	}
	parts := strings.Split(good, ".")
	for _, seed := range []string{
		good, good + "\n", good[:len(good)-1], parts[0] + "." + parts[1] + ".", parts[0] + "..", "...", "", "e30.e30.AA",
		part(`{"alg":"none"}`) + "." + parts[1] + ".AA", part(`{"alg":"EdDSA"}`) + "." + parts[1] + "." + parts[2],
		parts[0] + "." + part(`{"iss":"`+p.Issuer+`","aud":["`+resource+`"],"sub":"a","exp":1e9}`) + "." + parts[2],
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		got, err := v.Verify(t.Context(), token)
		if err == nil && token != good {
			t.Fatalf("Verify took %q as %+v", token, got)
		}
		if err != nil && (token == good || !errors.Is(err, identity.ErrInvalid)) {
			t.Fatalf("Verify(%q) = %v", token, err)
		}
		if err != nil && got.User != "" {
			t.Fatalf("Verify(%q) = %+v beside an error", token, got)
		}
	})
}

// FuzzHeader signs good claims under any header, which the provider's key
// makes authentic: what is left to refuse it is our own reading.
func FuzzHeader(f *testing.F) {
	p := identitytest.Start(f)
	v := newVerifier(f, identity.Options{}, p.Trust(resource))
	claims := jsonOf(f, p.Claims("alice", resource))
	for _, seed := range []string{string(goodHeader(p)), `{}`, `{"alg":"EdDSA","crit":["x"]}`, `{"alg":"EdDSA","ALG":"none"}`, `{"alg":"EdDSA","kid":null}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		_, err := v.Verify(t.Context(), p.Key().SignRaw(t, []byte(header), claims))
		if err != nil {
			return
		}
		var h map[string]any
		if json.Unmarshal([]byte(header), &h) != nil || h["alg"] != "EdDSA" || h["crit"] != nil || h["b64"] != nil {
			t.Fatalf("Verify took the header %q", header)
		}
	})
}
