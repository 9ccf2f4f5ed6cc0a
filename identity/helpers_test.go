package identity_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// distinctKeys counts the key ids that tokens name.
func distinctKeys(t *testing.T, tokens []string) int {
	t.Helper()
	kids := make(map[string]bool)
	for _, token := range tokens {
		head, _, _ := strings.Cut(token, ".")
		var h struct{ Kid string }
		decodePart(t, head, &h)
		kids[h.Kid] = true
	}
	return len(kids)
}

func decodePart(t *testing.T, part string, v any) {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatalf("token part: %v", err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("token part: %v", err)
	}
}
