package identity

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// How long the tokens live that the adapter signs.
const (
	SecretLife = 10 * time.Minute // a client secret
	ToolLife   = 5 * time.Minute  // a token for the tools
	// SessionLife is how long a session's secrets may be renewed: one that has
	// run out is still known for as long.
	SessionLife = 24 * time.Hour
)

// secretType is the typ of client secrets. No other verifier takes it (it is no
// type of access tokens, RFC 9068 section 4), and the one that does takes no
// other: neither kind of token ever passes for the other.
const secretType = "chatkit-secret+jwt"

// secretAudience ends the audience of client secrets: the one endpoint.
const secretAudience = "/api/chatkit"

// A Signer signs with one Ed25519 key, under one issuer's name. It is safe for
// concurrent use.
type Signer struct {
	issuer string
	key    ed25519.PrivateKey
	keyID  string
	now    func() time.Time
}

// NewSigner returns a signer for a key that LoadKey gave. Issuer is PUBLIC_URL.
func NewSigner(issuer string, key ed25519.PrivateKey) *Signer {
	issuer = strings.TrimRight(issuer, "/")
	return &Signer{issuer: issuer, key: key, keyID: thumbprint(key), now: time.Now}
}

// A Grant is what a token says.
type Grant struct {
	User     string // 1 to 255 characters, as in Principal
	Audience string
	Scopes   []string
	Life     time.Duration // at most MaxLife
}

// Token signs an access token.
func (s *Signer) Token(g Grant) (string, error) {
	claims := jwt.MapClaims{"aud": g.Audience}
	if len(g.Scopes) > 0 {
		claims["scope"] = strings.Join(g.Scopes, " ")
	}
	token, _, err := s.sign("at+jwt", g.User, g.Life, claims)
	return token, err
}

// ClientSecret signs a secret for the ChatKit endpoint, bound to a user and a
// session. It is good until expires: for life, at most SecretLife.
func (s *Signer) ClientSecret(user, session string, life time.Duration) (secret string, expires time.Time, err error) {
	return s.sign(secretType, user, min(life, SecretLife), jwt.MapClaims{"aud": s.issuer + secretAudience, "sid": session})
}

func (s *Signer) sign(typ, user string, life time.Duration, claims jwt.MapClaims) (string, time.Time, error) {
	if !ValidUser(user) {
		return "", time.Time{}, errors.New("sign: no user that a token can name")
	}
	if life <= 0 || life > MaxLife {
		return "", time.Time{}, fmt.Errorf("sign: a life of %v is not between 0 and %v", life, MaxLife)
	}
	now := s.now().Truncate(time.Second)
	expires := now.Add(life)
	claims["iss"], claims["sub"] = s.issuer, user
	claims["iat"], claims["exp"] = now.Unix(), expires.Unix()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["typ"], token.Header["kid"] = typ, s.keyID
	text, err := token.SignedString(s.key)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign: %w", err)
	}
	return text, expires, nil
}

// KeySet is the public key as a JSON Web Key Set (RFC 7517), for
// /.well-known/jwks.json.
func (s *Signer) KeySet() []byte {
	data, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "OKP", "crv": "Ed25519", "x": publicX(s.key), "use": "sig", "alg": "EdDSA", "kid": s.keyID,
	}}})
	if err != nil {
		panic(err) // strings always encode
	}
	return data
}

// Issuer is the signer as a verifier sees it, for tokens of one audience.
func (s *Signer) Issuer(audience string) Issuer {
	return Issuer{Issuer: s.issuer, Audience: audience, Algorithms: slices.Clone(edwardsOnly), KeySet: s.KeySet()}
}

// SecretIssuer is the signer for a verifier of client secrets and nothing else.
// Grace is how long past their end they are still taken: 0 for use, SessionLife
// where they are exchanged for new ones.
func (s *Signer) SecretIssuer(grace time.Duration) Issuer {
	iss := s.Issuer(s.issuer + secretAudience)
	iss.ClientSecrets, iss.Grace = true, grace
	return iss
}

// ValidUser reports whether a token can name this user: 1 to 255 characters,
// no control characters, something to be seen.
func ValidUser(user string) bool { return validSubject(user) }

func publicX(key ed25519.PrivateKey) string {
	return base64.RawURLEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

// thumbprint is the key's id (RFC 7638, RFC 8037 appendix A.3): every process
// that has the key gives it the same name.
func thumbprint(key ed25519.PrivateKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + publicX(key) + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Derive gives a secret of 32 bytes for another purpose, the same in every
// process that has the key, from which the key cannot be found.
func (s *Signer) Derive(purpose string) []byte {
	secret, err := hkdf.Key(sha256.New, s.key.Seed(), nil, "taskwire "+purpose, 32)
	if err != nil {
		panic(err) // 32 bytes are always within what HKDF gives
	}
	return secret
}
