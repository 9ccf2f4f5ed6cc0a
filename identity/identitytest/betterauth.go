package identitytest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// BetterAuth is a running Better Auth server: the identity provider that most
// deployments have. It is for one test, keeps everything in memory, and takes
// sign-ups and client registrations from anybody on this machine.
type BetterAuth struct {
	URL      string // BETTER_AUTH_URL
	Resource string // the MCP resource it makes access tokens for
}

// StartBetterAuth starts a Better Auth server for one MCP resource and stops
// it when the test ends. It needs Node and npm, installs the packages the
// first time, and fails the test with the cure where it cannot.
func StartBetterAuth(t testing.TB, resource string) *BetterAuth {
	t.Helper()
	dir := filepath.Join(moduleRoot(t), "identity", "testdata", "betterauth")
	install(t, dir)
	cmd := exec.Command("node", "server.mjs", resource)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start Better Auth: %v", err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // the server ends with it
		overdue := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		defer overdue.Stop()
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Logf("Better Auth ended (%v) and said: %s", err, &stderr)
		}
	})
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatalf("Better Auth did not say where it listens: %v; it said: %s", err, &stderr)
	}
	b := &BetterAuth{Resource: resource}
	if err := json.Unmarshal(line, b); err != nil {
		t.Fatalf("Better Auth printed %q: %v", line, err)
	}
	return b
}

// Rotate makes the server sign with a new key from the next token on. The
// earlier keys stay published.
func (b *BetterAuth) Rotate(t testing.TB) { b.test(t, "rotate") }

// Withdraw takes every key but the newest out of the published set.
func (b *BetterAuth) Withdraw(t testing.TB) { b.test(t, "withdraw") }

func (b *BetterAuth) test(t testing.TB, what string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Post(b.URL+"/test/"+what, "", nil)
	if err != nil {
		t.Fatalf("%s keys: %v", what, err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		t.Fatalf("%s keys: status %d", what, res.StatusCode)
	}
}

// install runs npm ci where node_modules does not belong to the lock file. Test
// binaries of several packages may come here at once; the lock lets one work.
func install(t testing.TB, dir string) {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing: install Node 20 or later with npm (https://nodejs.org, or apt-get install nodejs npm)", program)
		}
	}
	lock, err := os.OpenFile(filepath.Join(dir, "package-lock.json"), os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close() // and with it the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatalf("lock %s: %v", lock.Name(), err)
	}
	wanted, err := os.ReadFile(lock.Name())
	if err != nil {
		t.Fatal(err)
	}
	stamp := filepath.Join(dir, "node_modules", ".installed-from")
	if have, err := os.ReadFile(stamp); err == nil && bytes.Equal(have, wanted) {
		return
	}
	cmd := exec.Command("npm", "ci", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci in %s: %v (it needs an npm registry; npm config get registry names it)\n%s", dir, err, out)
	}
	if err := os.WriteFile(stamp, wanted, 0o644); err != nil {
		t.Fatal(err)
	}
}

// moduleRoot finds go.mod above the directory in which go test runs us.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the working directory")
		}
		dir = parent
	}
}
