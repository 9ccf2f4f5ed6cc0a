package upgrade

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"taskwire/promises/fleet"
)

// A release is the source as it is, with other migrations: so the release
// before and the one after this can be built where there is no history.
type release struct {
	name    string
	version int64  // of the schema that it knows
	overlay string // file for go build -overlay; empty: today's
}

const root = "../.."

// folders of migrations, for each kind of database.
var folders = []string{"postgres", "sqlite"}

// migrations lists the files of a folder, oldest first.
func migrations(t testing.TB, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "schema", folder, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations in %s: %v", folder, err)
	}
	slices.Sort(files)
	return files
}

func today(t testing.TB) release {
	t.Helper()
	files := migrations(t, folders[0])
	number, err := strconv.ParseInt(filepath.Base(files[len(files)-1])[:5], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return release{name: "today", version: number}
}

// before is the release that does not know the last migration yet.
func before(t testing.TB) release {
	t.Helper()
	without := map[string]string{}
	for _, folder := range folders {
		files := migrations(t, folder)
		without[files[len(files)-1]] = ""
	}
	return release{"before", today(t).version - 1, overlay(t, without)}
}

// next is the release with one migration more: testdata/postgres/expand.sql and
// its like for SQLite.
func next(t testing.TB) release {
	t.Helper()
	const name = "expand"
	version := today(t).version + 1
	with := map[string]string{}
	for _, folder := range folders {
		file := filepath.Join(t.TempDir(), folder+".sql")
		if err := os.WriteFile(file, []byte(migration(t, folder, name, version)), 0o600); err != nil {
			t.Fatal(err)
		}
		with[filepath.Join(root, "schema", folder, fmt.Sprintf("%05d_%s.sql", version, name))] = file
	}
	return release{"next", version, overlay(t, with)}
}

// migration is the text of one in testdata, with the numbers that it would have
// as the next.
func migration(t testing.TB, folder, name string, version int64) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", folder, name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	return numbered(string(text), version)
}

func numbered(sql string, version int64) string {
	return strings.NewReplacer("{version}", fmt.Sprint(version), "{before}", fmt.Sprint(version-1)).Replace(sql)
}

// overlay writes the file that tells the go command which files to take for
// which; one replaced by nothing is not there.
func overlay(t testing.TB, replace map[string]string) string {
	t.Helper()
	absolute := map[string]string{}
	for file, by := range replace {
		path, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		absolute[path] = by
	}
	data, err := json.Marshal(map[string]any{"Replace": absolute})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

var releases struct {
	mu    sync.Mutex
	dir   string
	built map[string]string
}

func removeReleases() error { return os.RemoveAll(releases.dir) }

// program builds one of a release, once for all tests.
func (r release) program(t testing.TB, name string) string {
	t.Helper()
	if r.overlay == "" {
		return fleet.Program(t, name)
	}
	releases.mu.Lock()
	defer releases.mu.Unlock()
	key := name + "-" + r.name
	if path, ok := releases.built[key]; ok {
		return path
	}
	if releases.dir == "" {
		dir, err := os.MkdirTemp("", "taskwire-releases-")
		if err != nil {
			t.Fatal(err)
		}
		releases.dir, releases.built = dir, map[string]string{}
	}
	path := filepath.Join(releases.dir, key)
	if out, err := exec.Command("go", "build", "-overlay", r.overlay, "-o", path, "taskwire/"+name).CombinedOutput(); err != nil {
		t.Fatalf("build %s of release %s: %v\n%s", name, r.name, err, out)
	}
	releases.built[key] = path
	return path
}
