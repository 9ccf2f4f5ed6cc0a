package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
)

const maxKey = 255

// idempotencyKey reads the Idempotency-Key header, empty without one: 1 to 255
// printable ASCII characters.
func idempotencyKey(r *http.Request) (string, error) {
	values := r.Header["Idempotency-Key"]
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 || !printableASCII(values[0]) {
		return "", refuse(http.StatusBadRequest, "invalid", "Idempotency-Key: must be 1 to 255 printable characters, once.")
	}
	return values[0], nil
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxKey
}

// restCallID is the tools' name for a call with this key. It is a digest, so
// that it has room for what says where it comes from.
func restCallID(key string) string { return "rest-" + digest(key) }

// actionCallID is the same for a widget's action.
func actionCallID(key string) string { return "action-" + digest(key) }

func digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
