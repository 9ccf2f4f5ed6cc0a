package identity

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
)

// minSecretBytes is the shortest secret for HS256 (RFC 7518 section 3.2).
const minSecretBytes = 32

// Secret is a shared signing secret. It prints as a mark, so that a settings
// struct that ends up in a log takes no secret with it.
type Secret []byte

const redacted = "[redacted]"

// String hides the secret from fmt.
func (Secret) String() string { return redacted }

// GoString hides the secret from fmt's %#v.
func (Secret) GoString() string { return redacted }

// LogValue hides the secret from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the secret from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// publicAlgorithms are those that published keys may be used with.
var publicAlgorithms = []string{
	"EdDSA", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512",
}

// checkIssuers reports everything that is wrong with a list of issuers.
func checkIssuers(issuers []Issuer) error {
	var errs []error
	seen := make(map[string]bool)
	for _, iss := range issuers {
		if seen[iss.Issuer] {
			errs = append(errs, fmt.Errorf("issuer %q is listed twice: one issuer has one audience and one kind of key", iss.Issuer))
		}
		seen[iss.Issuer] = true
		for _, problem := range iss.problems() {
			errs = append(errs, fmt.Errorf("issuer %q: %s", iss.Issuer, problem))
		}
	}
	return errors.Join(errs...)
}

func (iss Issuer) problems() []string {
	var list []string
	if iss.Issuer == "" {
		list = append(list, "has no name")
	}
	if iss.Audience == "" {
		list = append(list, "has no audience")
	}
	sources := 0
	for _, given := range []bool{iss.JWKSURL != "", len(iss.Secret) > 0, iss.KeySet != nil} {
		if given {
			sources++
		}
	}
	if sources != 1 {
		return append(list, "needs the address of its keys, the keys or a secret, one of the three")
	}
	if len(iss.Secret) > 0 {
		if len(iss.Secret) < minSecretBytes {
			list = append(list, fmt.Sprintf("secret is under %d bytes", minSecretBytes))
		}
		if !slices.Equal(iss.Algorithms, []string{"HS256"}) {
			list = append(list, "a secret goes with HS256 and nothing else")
		}
		return list
	}
	if iss.KeySet != nil {
		if _, err := parseKeySet(iss.KeySet); err != nil {
			list = append(list, err.Error())
		}
	} else if err := secureURL(iss.JWKSURL); err != nil {
		list = append(list, "address of its keys "+err.Error())
	}
	if len(iss.Algorithms) == 0 {
		list = append(list, "has no algorithm")
	}
	for _, alg := range iss.Algorithms {
		if !slices.Contains(publicAlgorithms, alg) {
			list = append(list, fmt.Sprintf("algorithm %q is none for published keys", alg))
		}
	}
	return list
}

// loopback reports whether a host name stays on this machine. Names are not
// resolved: what a name server says today it may not say tomorrow.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
