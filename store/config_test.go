package store_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"taskwire/store"
)

func env(pairs ...string) func(string) string {
	vars := map[string]string{"HOME": "/people/alice"}
	for i := 0; i < len(pairs); i += 2 {
		vars[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return vars[name] }
}

func TestConfigFromEnv(t *testing.T) {
	for name, c := range map[string]struct {
		env  func(string) string
		want store.Config
	}{
		"nothing set":   {env(), store.Config{DataDir: "/people/alice/.local/share/taskwire"}},
		"XDG_DATA_HOME": {env("XDG_DATA_HOME", "/data"), store.Config{DataDir: "/data/taskwire"}},
		"a relative XDG_DATA_HOME counts as unset": {env("XDG_DATA_HOME", "data"), store.Config{DataDir: "/people/alice/.local/share/taskwire"}},
		"TASKWIRE_DATA": {env("TASKWIRE_DATA", "/mine", "XDG_DATA_HOME", "/data"), store.Config{DataDir: "/mine"}},
		"everything of PostgreSQL": {
			env("TASKWIRE_DATA", "/d", "DATABASE_URL", "postgres://a:b@h/d", "DATABASE_DIRECT_URL", "postgresql://a:b@i/d",
				"DATABASE_POOLER", "transaction", "DATABASE_SCHEMA", "tw", "DATABASE_REQUIRE_RLS", "true", "DATABASE_MIGRATE", "false"),
			store.Config{KeepSchema: true, DataDir: "/d", URL: "postgres://a:b@h/d", DirectURL: "postgresql://a:b@i/d", Pooler: "transaction", Schema: "tw", RequireRLS: true},
		},
	} {
		got, err := store.ConfigFromEnv(c.env)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s (-want +got): %v\n%s", name, err, diff)
		}
	}
}

// TestConfigProblems: each is named with its cure, all at once, and none shows
// a password.
func TestConfigProblems(t *testing.T) {
	const secret = "hunter2"
	for _, c := range []struct {
		env  func(string) string
		want []string
	}{
		{env("DATABASE_URL", "mysql://a:"+secret+"@h/d"), []string{"DATABASE_URL must begin with postgres:// or sqlite:///"}},
		{env("DATABASE_URL", "postgres://a:"+secret+"%zz@h/d"), []string{"DATABASE_URL is not a URL"}},
		{env("DATABASE_URL", "postgres://a:"+secret+"@h:port/d"), []string{"DATABASE_URL is not a URL"}},
		{env("DATABASE_URL", "://"+secret), []string{"DATABASE_URL must begin"}},
		{env("DATABASE_URL", "sqlite://taskwire.db"), []string{"sqlite:///path/to/file"}},
		{env("DATABASE_URL", "sqlite:///a?mode=memory"), []string{"takes no options"}},
		{env("DATABASE_DIRECT_URL", "postgres://h/d"), []string{"DATABASE_DIRECT_URL goes with"}},
		{env("DATABASE_URL", "postgres://h/d", "DATABASE_DIRECT_URL", "sqlite:///a"), []string{"DATABASE_DIRECT_URL must begin"}},
		{env("DATABASE_REQUIRE_RLS", "true"), []string{"DATABASE_REQUIRE_RLS needs PostgreSQL"}},
		{
			env("DATABASE_REQUIRE_RLS", "maybe", "DATABASE_MIGRATE", "later", "DATABASE_POOLER", "session", "DATABASE_SCHEMA", `x"; DROP`, "DATABASE_URL", "postgres://a:"+secret+"@h/%zz"),
			[]string{"DATABASE_REQUIRE_RLS is neither", "DATABASE_MIGRATE is neither", "DATABASE_POOLER", "DATABASE_SCHEMA must be", "DATABASE_URL is not"},
		},
	} {
		_, err := store.ConfigFromEnv(c.env)
		if err == nil {
			t.Errorf("want %q, got no error", c.want)
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error %q does not say %q", err, part)
			}
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("error shows the password: %v", err)
		}
	}
}
