package identity_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/identity/identitytest"
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

// with returns the claims changed; a nil value takes a claim out.
func with(claims map[string]any, changes map[string]any) map[string]any {
	changed := maps.Clone(claims)
	maps.Copy(changed, changes)
	maps.DeleteFunc(changed, func(_ string, v any) bool { return v == nil })
	return changed
}

func part(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func jsonOf(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func goodHeader(p *identitytest.Provider) []byte {
	return []byte(`{"alg":"` + p.Key().Alg + `","kid":"` + p.Key().ID + `"}`)
}

func claimsPart(t testing.TB, p *identitytest.Provider, claims map[string]any) string {
	t.Helper()
	return strings.Split(p.Sign(t, claims), ".")[1]
}

// clock is a clock that a test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
