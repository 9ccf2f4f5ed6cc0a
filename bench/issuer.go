package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"time"
)

// issuer stands for the identity provider: it publishes an Ed25519 key, as
// Better Auth does, and signs access tokens with it. Of the server's modes
// this is the dearer one, and the one that production uses.
type issuer struct {
	key ed25519.PrivateKey
	url string
	srv *http.Server
}

const keyID = "bench"

func newIssuer() (*issuer, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	is := &issuer{key: private, url: "http://" + l.Addr().String()}
	jwks := map[string]any{"keys": []map[string]string{{
		"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": keyID,
		"x": base64.RawURLEncoding.EncodeToString(public),
	}}}
	is.srv = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(jwks)
	})}
	go is.srv.Serve(l)
	return is, nil
}

func (is *issuer) end() { is.srv.Close() }

// token makes an access token of an hour, as an OAuth server would.
func (is *issuer) token(user, audience string) string {
	now := time.Now()
	part := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			panic(err) // only literals of this program come here
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	signed := part(map[string]string{"alg": "EdDSA", "typ": "at+jwt", "kid": keyID}) + "." +
		part(map[string]any{
			"iss": is.url, "aud": audience, "sub": user, "scope": "tasks:read tasks:write",
			"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		})
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(is.key, []byte(signed)))
}
