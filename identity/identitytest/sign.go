package identitytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Key is a signing key with an id of its own.
type Key struct {
	ID      string
	Alg     string
	private crypto.Signer
}

var keyCount atomic.Int64

// NewKey makes a key for EdDSA, ES256, ES384, ES512 or one of the RSA algorithms.
func NewKey(t testing.TB, alg string) *Key {
	t.Helper()
	var private crypto.Signer
	var err error
	switch alg {
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		private, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		t.Fatalf("no key for algorithm %q", alg)
	}
	if err != nil {
		t.Fatalf("make a key for %s: %v", alg, err)
	}
	return &Key{ID: fmt.Sprintf("key-%d", keyCount.Add(1)), Alg: alg, private: private}
}

// Public is the key's entry in a key set.
func (k *Key) Public() map[string]any {
	m := map[string]any{"kid": k.ID, "alg": k.Alg, "use": "sig"}
	switch public := k.private.Public().(type) {
	case ed25519.PublicKey:
		m["kty"], m["crv"], m["x"] = "OKP", "Ed25519", encode(public)
	case *ecdsa.PublicKey:
		point, _ := public.Bytes() // fails for curves that NewKey does not make
		half := len(point) / 2
		m["kty"], m["crv"] = "EC", public.Curve.Params().Name
		m["x"], m["y"] = encode(point[1:1+half]), encode(point[1+half:])
	case *rsa.PublicKey:
		m["kty"], m["n"] = "RSA", encode(public.N.Bytes())
		m["e"] = encode(big.NewInt(int64(public.E)).Bytes())
	}
	return m
}

// Claims are those of a good access token for an hour, to be changed at will.
func (p *Provider) Claims(user, audience string, scopes ...string) map[string]any {
	now := time.Now()
	claims := map[string]any{
		"iss": p.Issuer, "sub": user, "aud": audience,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	if len(scopes) > 0 {
		claims["scope"] = strings.Join(scopes, " ")
	}
	return claims
}

// Token is a good access token for an hour.
func (p *Provider) Token(t testing.TB, user, audience string, scopes ...string) string {
	t.Helper()
	return p.Sign(t, p.Claims(user, audience, scopes...))
}

// Sign signs claims with the provider's current key. Overrides change the
// header; a nil value takes a member out.
func (p *Provider) Sign(t testing.TB, claims map[string]any, overrides ...map[string]any) string {
	t.Helper()
	k := p.Key()
	header := map[string]any{"alg": k.Alg, "kid": k.ID, "typ": "at+jwt"}
	for _, o := range overrides {
		maps.Copy(header, o)
	}
	maps.DeleteFunc(header, func(_ string, v any) bool { return v == nil })
	return k.SignRaw(t, marshal(t, header), marshal(t, claims))
}

// SignRaw signs a header and claims as they are, with the key's own algorithm
// whatever the header says.
func (k *Key) SignRaw(t testing.TB, header, claims []byte) string {
	t.Helper()
	return signRaw(t, k.Alg, k.private, header, claims)
}

// SignHS256 signs a header and claims with a shared secret.
func SignHS256(t testing.TB, secret []byte, header, claims map[string]any) string {
	t.Helper()
	return signRaw(t, "HS256", secret, marshal(t, header), marshal(t, claims))
}

func signRaw(t testing.TB, alg string, key any, header, claims []byte) string {
	t.Helper()
	text := encode(header) + "." + encode(claims)
	signature, err := jwt.GetSigningMethod(alg).Sign(text, key)
	if err != nil {
		t.Fatalf("sign a token: %v", err)
	}
	return text + "." + encode(signature)
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encode a token: %v", err)
	}
	return data
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
