package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"taskwire/store/storetest"
)

const nodeDir = "../testdata/node"

// node finds the program that runs the clients: the one in PATH, else the one
// that comes with the packages.
func node(t testing.TB) string {
	t.Helper()
	own, err := filepath.Abs(filepath.Join(nodeDir, "node_modules/node/bin/node"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(nodeDir, "node_modules/@modelcontextprotocol/sdk")); errors.Is(err, fs.ErrNotExist) {
		t.Fatal("the packages of testdata/node are not installed: run make test-needs")
	}
	if path, err := exec.LookPath("node"); err == nil {
		return path
	}
	if _, err := os.Stat(own); err != nil {
		t.Fatal("node is missing: run make test-needs")
	}
	return own
}

// runClient runs a script of testdata/node, which must exit with 0. Env is
// added to the test's own.
func runClient(t testing.TB, env []string, script string, args ...string) (output string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), node(t), append([]string{script}, args...)...)
	cmd.Dir = nodeDir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("node %s: %v\n%s", script, err, out)
	}
	return string(out)
}

// TestClients lets other people's programs live with the built binary, over
// both transports.
func TestClients(t *testing.T) {
	t.Parallel()
	d := deploy(t, storetest.Config(t, storetest.SQLite))
	server := d.replica(t)
	for _, client := range []struct {
		name   string
		script []string
	}{
		{"TypeScript SDK v1", []string{"clients/v1.mjs"}},
		{"TypeScript SDK v2, older era", []string{"clients/v2.mjs", "--era", "legacy"}},
		{"TypeScript SDK v2, either era", []string{"clients/v2.mjs", "--era", "auto"}},
		{"TypeScript SDK v2, newer era", []string{"clients/v2.mjs", "--era", statelessEra}},
		{"Inspector, strict", []string{"inspect.mjs"}},
	} {
		t.Run(client.name+", HTTP", func(t *testing.T) {
			t.Parallel()
			args := slices.Concat(client.script[1:], []string{"--token", d.token(t, client.name), "--http", server.URL})
			runClient(t, nil, client.script[0], args...)
		})
		t.Run(client.name+", stdio", func(t *testing.T) {
			t.Parallel()
			args := slices.Concat(client.script[1:], []string{"--stdio", builtBinary(t)})
			// The scripts hand their environment on, as hosts do.
			runClient(t, []string{"HOME=" + t.TempDir(), "TASKWIRE_USER=alice"}, client.script[0], args...)
		})
	}
}
