package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"math"
	"math/big"
)

const (
	// maxKeys is the largest key set we read. Real ones hold a handful.
	maxKeys = 64
	// minRSABits and maxRSABits: below is broken, above lets a hostile set
	// make every verification slow.
	minRSABits = 2048
	maxRSABits = 8192
)

// key is one public key and what it may verify.
type key struct {
	id     string // empty when the set names none
	alg    string // empty when the set leaves it open
	public crypto.PublicKey
}

// fits reports whether the key may verify alg. Type and curve decide, so a
// public key never serves as an HMAC secret, and the key's own alg narrows it.
func (k key) fits(alg string) bool {
	if k.alg != "" && k.alg != alg {
		return false
	}
	switch public := k.public.(type) {
	case ed25519.PublicKey:
		return alg == "EdDSA"
	case *ecdsa.PublicKey:
		return alg == curveAlgorithm(public.Curve)
	case *rsa.PublicKey:
		return alg == "RS256" || alg == "RS384" || alg == "RS512" ||
			alg == "PS256" || alg == "PS384" || alg == "PS512"
	}
	return false
}

func curveAlgorithm(curve elliptic.Curve) string {
	switch curve {
	case elliptic.P256():
		return "ES256"
	case elliptic.P384():
		return "ES384"
	case elliptic.P521():
		return "ES512"
	}
	return ""
}

// keyring is one reading of an issuer's key set. It never changes, so that
// "is this the ring the token was verified with" is a pointer comparison.
type keyring struct{ keys []key }

// find returns the key for a token. A token without a key id gets the one key
// that fits its algorithm; when there are several nobody can say which.
func (r *keyring) find(kid, alg string) (key, bool) {
	var found key
	n := 0
	for _, k := range r.keys {
		if (kid == "" || k.id == kid) && k.fits(alg) {
			found = k
			n++
		}
	}
	return found, n == 1
}

var (
	errNotAKeySet   = errors.New("not a JSON Web Key Set")
	errTooManyKeys  = errors.New("key set holds too many keys")
	errNoUsableKeys = errors.New("key set holds no key that we can use")
)

// parseKeySet reads a JSON Web Key Set (RFC 7517 section 5). Keys that are not
// for us are left out and the rest is used. An empty list is a set: its owner
// has withdrawn every key. A list of which nothing is usable is a mistake, and
// an error, so that the caller keeps the keys it has.
func parseKeySet(data []byte) (*keyring, error) {
	set, ok := strictObject(data)
	if !ok {
		return nil, errNotAKeySet
	}
	list, ok := set["keys"].([]any)
	if !ok {
		return nil, errNotAKeySet
	}
	if len(list) > maxKeys {
		return nil, errTooManyKeys
	}
	var keys []key
	times := make(map[string]int)
	for _, entry := range list {
		members, _ := entry.(map[string]any)
		if id, ok := members["kid"].(string); ok {
			times[id]++
		}
		if k, ok := parseKey(members); ok {
			keys = append(keys, k)
		}
	}
	keys = unambiguous(keys, times)
	if len(keys) == 0 && len(list) > 0 {
		return nil, errNoUsableKeys
	}
	return &keyring{keys: keys}, nil
}

// unambiguous leaves out every key whose id stands more than once in the set,
// be the other one usable or not: which of the two the issuer means cannot be
// told, and trying each would let whoever can add a key sign under an old name.
func unambiguous(keys []key, times map[string]int) []key {
	kept := keys[:0]
	for _, k := range keys {
		if k.id == "" || times[k.id] == 1 {
			kept = append(kept, k)
		}
	}
	return kept
}

// parseKey reads one public signature key. Anything else is left out:
// encryption keys, shared secrets (kty oct), private keys that should not be
// lying there, unknown curves, weak RSA. x5u and x5c are not read.
func parseKey(m map[string]any) (key, bool) {
	for _, private := range []string{"d", "k", "p", "q", "oth"} {
		if _, leaked := m[private]; leaked {
			return key{}, false
		}
	}
	if !forVerifying(m) {
		return key{}, false
	}
	var k key
	k.id, _ = m["kid"].(string)
	k.alg, _ = m["alg"].(string)
	switch m["kty"] {
	case "OKP":
		k.public = edwardsKey(m)
		if k.alg == "Ed25519" { // the newer name of the same thing, RFC 9864
			k.alg = "EdDSA"
		}
	case "EC":
		k.public = curveKey(m)
	case "RSA":
		k.public = rsaKey(m)
	}
	return k, k.public != nil
}

// forVerifying reads use and key_ops, both optional (RFC 7517 section 4.2, 4.3).
func forVerifying(m map[string]any) bool {
	if use, present := m["use"]; present && use != "sig" {
		return false
	}
	ops, present := m["key_ops"]
	if !present {
		return true
	}
	list, _ := ops.([]any)
	for _, op := range list {
		if op == "verify" {
			return true
		}
	}
	return false
}

func edwardsKey(m map[string]any) crypto.PublicKey {
	x, ok := octets(m, "x")
	if !ok || m["crv"] != "Ed25519" || len(x) != ed25519.PublicKeySize {
		return nil
	}
	return ed25519.PublicKey(x)
}

func curveKey(m map[string]any) crypto.PublicKey {
	var curve elliptic.Curve
	switch m["crv"] {
	case "P-256":
		curve = elliptic.P256()
	case "P-384":
		curve = elliptic.P384()
	case "P-521":
		curve = elliptic.P521()
	default:
		return nil
	}
	x, okX := octets(m, "x")
	y, okY := octets(m, "y")
	if size := (curve.Params().BitSize + 7) / 8; !okX || !okY || len(x) != size || len(y) != size {
		return nil
	}
	// ParseUncompressedPublicKey refuses points that are not on the curve.
	public, err := ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil
	}
	return public
}

func rsaKey(m map[string]any) crypto.PublicKey {
	n, okN := octets(m, "n")
	e, okE := octets(m, "e")
	if !okN || !okE || len(e) > 4 {
		return nil
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e).Int64()
	bits := modulus.BitLen()
	if bits < minRSABits || bits > maxRSABits || exponent < 3 || exponent%2 == 0 || exponent > math.MaxInt32 {
		return nil
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent)}
}

func octets(m map[string]any, name string) ([]byte, bool) {
	s, ok := m[name].(string)
	if !ok || s == "" {
		return nil, false
	}
	data, err := strictBase64.DecodeString(s)
	return data, err == nil
}
