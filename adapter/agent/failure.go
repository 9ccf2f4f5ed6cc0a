package agent

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"syscall"
)

// failure makes the error of a kind that says all by itself.
func failure(kind Kind, err error) *Error {
	return &Error{Kind: kind, Retryable: true, Message: sentences[kind], err: err}
}

var sentences = map[Kind]string{
	KindConnection: "The language model cannot be reached at the moment. Please try again.",
	KindTimeout:    "The language model did not answer in time. Please try again.",
	KindCut:        "The answer was cut off before its end. Please try again.",
	KindProvider:   "The language model reported a problem. Please try again.",
	KindReply:      "The language model sent something that is not an answer. Please try again.",
	KindEmpty:      "The language model gave no answer. Please try again.",
	KindTooLong:    "The answer was longer than it may be and was cut. Please ask for a shorter one.",
	KindTime:       "The answer took longer than it may. Please try again, or ask for less at a time.",
	KindTools:      "The tasks cannot be reached at the moment. Please try again.",
}

// statusError makes the error of an HTTP status.
func statusError(kind Kind, status int, code string) *Error {
	e := &Error{Kind: kind, Status: status, Code: code}
	switch {
	case status == 408 || status == 409 || status >= 500:
		e.Retryable, e.Message = true, "The language model has a problem at the moment. Please try again."
	case status == 429:
		e.Retryable, e.Message = true, "The language model is busy at the moment. Please try again shortly."
	case status == 401 || status == 403:
		e.Message = "The language model does not let this service in. Please tell whoever runs it."
	case status == 404:
		e.Message = "The language model that is set up does not exist at its provider. Please tell whoever runs this service."
	default:
		e.Message = "The language model could not work with this conversation. Please start a new one."
	}
	return e
}

// streamError makes the error of an error object, or text, inside a reply. It
// takes a status and a code from it and leaves its words alone.
func streamError(value []byte) *Error {
	status := intOf(member(value, "status"))
	code := member(value, "code")
	word := stringOf(code)
	if status < 0 {
		status = max(intOf(code), intOf([]byte(word)))
	}
	if word == "" {
		word = stringOf(member(value, "type"))
	}
	if status >= 400 && status < 600 {
		return statusError(KindProvider, status, codeWord(word))
	}
	e := failure(KindProvider, nil)
	e.Code = codeWord(word)
	return e
}

// codeWord lets through what looks like a code. Anything else may be a text,
// and a text may quote anything.
func codeWord(word string) string {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_-.", r)
	}
	if len(word) > 40 || strings.ContainsFunc(word, odd) || strings.HasPrefix(word, "sk-") {
		return ""
	}
	return word
}

// connectionError makes the error of a connection that did not come about. The
// text of err may name hosts and is not kept; what it was becomes the code.
func connectionError(err error) *Error {
	e := failure(KindConnection, nil)
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &dns):
		e.Code = "dns"
	case errors.As(err, &certificate), errors.As(err, &record):
		e.Code = "tls"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Code = "refused"
	case errors.Is(err, syscall.ECONNRESET):
		e.Code = "reset"
	}
	return e
}
