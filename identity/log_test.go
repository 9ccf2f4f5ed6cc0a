package identity_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"taskwire/identity"
	"taskwire/identity/identitytest"
)

// TestLogsHoldNoToken reads every log line and every error of a verifier in
// trouble, for any piece of the tokens and claims that went through it.
func TestLogsHoldNoToken(t *testing.T) {
	p := identitytest.Start(t)
	var out lockedBuffer
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	v := newVerifier(t, identity.Options{Logger: logger}, p.Trust(resource))
	claims := p.Claims("canary-user", resource, "canary:scope")
	canary := map[string]any{"kid": "canary-kid"}
	good := p.Sign(t, claims)
	try := func(tokens ...string) {
		for _, token := range tokens {
			if _, err := v.Verify(t.Context(), token); err != nil {
				logger.Warn("refused", "err", err)
			}
		}
	}
	try(good, good+"x", p.Sign(t, claims, canary), p.Sign(t, with(claims, map[string]any{"iss": "canary-issuer"})),
		p.Sign(t, with(claims, map[string]any{"aud": "canary-audience"})), p.Sign(t, claims, map[string]any{"alg": "canary-alg"}))
	p.Break(identitytest.Garbage)
	try(p.Sign(t, claims, canary), p.Sign(t, claims, canary))

	text := out.String()
	if !strings.Contains(text, "refused") || !strings.Contains(text, "out of reach") {
		t.Fatalf("nothing was logged: the test shows nothing: %s", text)
	}
	for _, piece := range append(strings.Split(good, "."), "canary", "doctype") {
		if strings.Contains(text, piece) {
			t.Errorf("the log holds %q: %s", piece, text)
		}
	}
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
