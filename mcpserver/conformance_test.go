//go:build conformance

package main

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"taskwire/store/storetest"
)

// TestConformance runs the official suite against the whole HTTP stack, with
// authentication: the suite has no option for a token, so its requests are
// given one on their way out. The suite is scored whole or not at all.
func TestConformance(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mcpserver")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "conformance", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	d := deploy(t, storetest.Config(t, storetest.SQLite))
	delete(d.env, "MCP_PUBLIC_URL") // the suite connects to the listener itself, and says so in Origin
	p := launchFile(t, file, d.env)
	p.Provider = d.Provider
	p.ready(t)
	if a := p.send(t, http.MethodPost, p.URL, initializeMessage, nil); a.Status != http.StatusUnauthorized {
		t.Errorf("without a token: HTTP %d, want 401", a.Status)
	}
	preload, err := filepath.Abs(filepath.Join(nodeDir, "bearer.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"NODE_OPTIONS=--import=" + preload, "BEARER_TOKEN=" + p.token(t, "conformance")}
	output := runClient(t, env, "conformance.mjs", p.URL)
	for _, want := range []string{"2025-11-25: 30 of 30", "2026-07-28: 37 of 37"} {
		if !strings.Contains(output, want) {
			t.Errorf("the suite does not say %q: %s", want, output)
		}
	}
	t.Log(output)
}
