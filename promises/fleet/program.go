package fleet

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Programs are built once for all tests of a binary.
var built struct {
	mu   sync.Mutex
	dir  string
	path map[string]string
}

// Program builds one of ours, "adapter" or "mcpserver", and returns its path.
// tags are build tags. RemovePrograms removes what was built.
func Program(t testing.TB, name string, tags ...string) string {
	t.Helper()
	built.mu.Lock()
	defer built.mu.Unlock()
	key := strings.Join(append([]string{name}, tags...), "-")
	if path, ok := built.path[key]; ok {
		return path
	}
	if built.dir == "" {
		dir, err := os.MkdirTemp("", "taskwire-fleet-")
		if err != nil {
			t.Fatal(err)
		}
		built.dir, built.path = dir, map[string]string{}
		readSource(t)
	}
	path := filepath.Join(built.dir, key)
	out, err := exec.Command("go", "build", "-tags", strings.Join(tags, ","), "-o", path, "taskwire/"+name).CombinedOutput()
	if err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	built.path[key] = path
	return path
}

// RemovePrograms is for the end of the test binary.
func RemovePrograms() error { return os.RemoveAll(built.dir) }

// readSource looks at every file that a program may be made of. The go command
// keeps the result of a test until something changes that the test has looked at,
// and knows nothing of what is built in it.
func readSource(t testing.TB) {
	t.Helper()
	root, err := os.Getwd()
	for err == nil && root != filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		root = filepath.Dir(root)
	}
	others := []string{".git", "bin", "bench", "dist", "docs", "node_modules", "promises", "testdata"}
	walked := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(others, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		_, err = os.Stat(path)
		return err
	})
	if err != nil || walked != nil {
		t.Fatalf("look at the source: %v, %v", err, walked)
	}
}
