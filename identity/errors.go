package identity

import "errors"

var (
	// ErrInvalid reports a token that no retry will make good: 401.
	ErrInvalid = errors.New("invalid token")
	// ErrUnavailable reports that nobody can tell yet: the token's key is not
	// known and its issuer cannot be asked. It is a 503 and never a 401, for
	// which hosts would send their users to sign in again.
	ErrUnavailable = errors.New("signing keys out of reach")
)

// Reason says in one fixed word why a token was refused, for logs and metrics.
// It never holds anything of the token.
type Reason string

// The reasons, in the order in which they are looked for.
const (
	ReasonTooLong   Reason = "too_long"
	ReasonMalformed Reason = "malformed"     // parts, base64url, JSON, a key that appears twice
	ReasonHeader    Reason = "header"        // typ, crit, b64, or a member of the wrong type
	ReasonIssuer    Reason = "issuer"        // not one of ours
	ReasonAlgorithm Reason = "algorithm"     // not one of that issuer's
	ReasonAudience  Reason = "audience"      // made for somebody else
	ReasonSubject   Reason = "subject"       // missing, blank, too long, control characters
	ReasonExpired   Reason = "expired"       // exp is past
	ReasonLifetime  Reason = "lifetime"      // exp is missing, no number, or too far ahead
	ReasonNotYet    Reason = "not_yet_valid" // nbf or iat lies ahead
	ReasonKey       Reason = "unknown_key"   // the issuer publishes no such key
	ReasonSignature Reason = "signature"
)

// InvalidError is the error of every refused token. errors.Is(err, ErrInvalid)
// holds for it.
type InvalidError struct{ Reason Reason }

// Error names the reason, and is safe to log.
func (e *InvalidError) Error() string { return "invalid token: " + string(e.Reason) }

// Unwrap makes every InvalidError an ErrInvalid.
func (e *InvalidError) Unwrap() error { return ErrInvalid }

func invalid(r Reason) error { return &InvalidError{Reason: r} }
