package schema_test

import (
	"embed"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"testing"

	"taskwire/schema"
)

// firstToSay is the migration that made the table in which it and all after it
// say which programs may serve.
const firstToSay = 4

var says = regexp.MustCompile(`(?m)^INSERT INTO taskwire_programs \(schema_version, oldest_program\) VALUES \((\d+), (\d+)\);$`)

// TestEveryMigrationServesTheReleaseBefore: each file says so once, for its own
// number, and the same for both databases.
func TestEveryMigrationServesTheReleaseBefore(t *testing.T) {
	postgres, sqlite := said(t, schema.Postgres), said(t, schema.SQLite)
	if len(postgres) < firstToSay || len(postgres) != len(sqlite) {
		t.Fatalf("%d migrations for PostgreSQL, %d for SQLite", len(postgres), len(sqlite))
	}
	for version, oldest := range postgres {
		if sqlite[version] != oldest {
			t.Errorf("version %d: programs from %d on may serve PostgreSQL, from %d on SQLite", version, oldest, sqlite[version])
		}
		if oldest >= version {
			t.Errorf("version %d: programs from %d on may serve it, but those of version %d are to: see the package's comment", version, oldest, version-1)
		}
	}
	if newest := len(postgres); schema.ServesFrom >= newest {
		t.Errorf("ServesFrom is %d: this program is to serve version %d", schema.ServesFrom, newest-1)
	}
}

// said is what each migration says.
func said(t testing.TB, files embed.FS) map[int]int {
	t.Helper()
	oldest := map[int]int{}
	err := fs.WalkDir(files, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return err
		}
		version := number(t, path.Base(file)[:5])
		oldest[version] = 0
		found := says.FindAllStringSubmatch(string(text), -1)
		switch {
		case version < firstToSay && len(found) == 0:
		case len(found) == 1 && number(t, found[0][1]) == version:
			oldest[version] = number(t, found[0][2])
		default:
			t.Errorf("%s: says %d times which programs may serve it, want once, as of version %d", file, len(found), version)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return oldest
}

func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
