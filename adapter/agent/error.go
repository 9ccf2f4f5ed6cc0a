package agent

import (
	"fmt"
	"strings"
)

// Kind says what went wrong, for logs and metrics: a word of a small set.
type Kind string

const (
	KindConnection Kind = "connection" // no connection: refused, DNS, TLS
	KindTimeout    Kind = "timeout"    // no byte, or silence in the middle
	KindCut        Kind = "cut"        // the reply ended before its end
	KindStatus     Kind = "status"     // an HTTP status of 400 or above
	KindProvider   Kind = "provider"   // an error inside the stream
	KindReply      Kind = "reply"      // nothing that can be read as a reply
	KindEmpty      Kind = "empty"      // neither text nor tool calls
	KindTooLong    Kind = "too_long"   // more than MaxAnswer characters
	KindTime       Kind = "time"       // Limits.Time is over
	KindTools      Kind = "tools"      // the tools are out of reach
)

// An Error is why an answer failed, in words that may be shown. It never holds
// a provider's own text, which may quote keys and prompts.
type Error struct {
	Kind      Kind
	Retryable bool   // asking again may help
	Message   string // a sentence for the user
	Status    int    // of KindStatus, and of KindProvider where it told one; else 0
	Code      string // the provider's code for it, only letters, digits, '_', '-', '.'; may be empty
	err       error  // what is behind it; never a provider's text
}

// Error is for logs.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "model: %s", e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&b, " %d", e.Status)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	}
	if e.err != nil {
		fmt.Fprintf(&b, ": %v", e.err)
	}
	return b.String()
}

// Unwrap gives what is behind the error, nil if nothing of ours is.
func (e *Error) Unwrap() error { return e.err }
