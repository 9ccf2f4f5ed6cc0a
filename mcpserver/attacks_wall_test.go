package main

import (
	"strings"
	"testing"

	"taskwire/store/storetest"
)

// TestLoginsThatGoRoundTheWall (attack D17): the program drops to a role that
// cannot go round row-level security; where the tables do not have it, it warns,
// or refuses to start where it is told to.
func TestLoginsThatGoRoundTheWall(t *testing.T) {
	for engine, role := range map[storetest.Engine]string{
		storetest.Postgres: `"role":""`, storetest.Superuser: `"role":"taskwire_rows"`, storetest.BypassRLS: `"role":"taskwire_rows"`,
	} {
		t.Run(string(engine), func(t *testing.T) {
			cfg := storetest.Config(t, engine)
			env := databaseEnv(cfg)
			env["HOME"] = t.TempDir()
			starts := func(require string, wantStatus int, words ...string) {
				t.Helper()
				env["DATABASE_REQUIRE_RLS"] = require
				_, stderr, status := runBinary(t, env, "", "-user", "alice")
				if status != wantStatus {
					t.Errorf("exit status %d, want %d: %s", status, wantStatus, stderr)
				}
				for _, word := range words {
					if !strings.Contains(stderr, word) {
						t.Errorf("stderr does not say %q: %s", word, stderr)
					}
				}
			}
			starts("false", 0, "row-level security holds", role)
			starts("true", 0, "row-level security holds", role)
			if _, err := storetest.Behind(t, cfg).Exec("ALTER TABLE chat_messages NO FORCE ROW LEVEL SECURITY"); err != nil {
				t.Fatal(err)
			}
			starts("false", 0, "WARN", "row-level security does not hold", "SUPERUSER and BYPASSRLS")
			starts("true", 1, "row-level security cannot hold", "SUPERUSER and BYPASSRLS")
		})
	}
}
