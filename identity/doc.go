// Package identity turns a bearer token into a user, and signs the adapter's own
// tokens.
//
// A [Verifier] holds a list of trusted issuers, each with its exact name, its
// audience, its algorithms and its keys. What is not listed is refused. The
// package knows neither HTTP requests nor scopes' meaning: callers map
// [ErrInvalid] to 401, [ErrUnavailable] to 503 and read [Principal.Scopes].
//
// It parses tokens itself and leaves only the signature to golang-jwt: that
// library (5.3.1, in its strictest set-up) takes an empty or missing sub, an
// unknown crit, any typ, line feeds inside the signature, tokens of any
// length and the last of two equal claims. Keys are read and cached here too:
// a key set that waits its turn before it refreshes lets one bogus key id hold
// up everybody else's request.
package identity

import "time"

// The rules a token is held to, the same for every issuer.
const (
	// Leeway is how far the issuer's clock and ours may disagree.
	Leeway = 30 * time.Second
	// MaxLife is how far ahead exp may lie. A token that lives longer cannot
	// be taken back in any reasonable time, so it is refused.
	MaxLife = 24 * time.Hour
	// MaxTokenBytes is checked before anything else is looked at.
	MaxTokenBytes = 16 << 10
)
