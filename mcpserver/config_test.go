package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"taskwire/edge"
)

func load(t *testing.T, env map[string]string, args ...string) (config, error) {
	t.Helper()
	all := map[string]string{"TASKWIRE_DATA": t.TempDir(), "TASKWIRE_USER": "alice"}
	maps.Copy(all, env)
	return loadConfig(args, func(name string) string { return all[name] }, io.Discard)
}

var jwks = map[string]string{
	"AUTH_MODE": "jwks", "OAUTH_ISSUER": "https://auth.example.com", "OAUTH_JWKS_URL": "https://auth.example.com/keys",
}

func TestConfigProblems(t *testing.T) {
	for name, c := range map[string]struct {
		env   map[string]string
		args  []string
		words []string // each of them must be said
	}{
		"no AUTH_MODE":         {nil, []string{"-http", "127.0.0.1:0"}, []string{"AUTH_MODE is not set", "dev", "jwks", "hs256"}},
		"another AUTH_MODE":    {map[string]string{"AUTH_MODE": "none"}, []string{"-http", "127.0.0.1:0"}, []string{`AUTH_MODE is "none"`}},
		"address without port": {jwks, []string{"-http", "127.0.0.1"}, []string{"-http", "host and port"}},
		"dev on all addresses": {map[string]string{"AUTH_MODE": "dev"}, []string{"-http", ":8081"}, []string{"AUTH_MODE=dev", "this machine only", "127.0.0.1:8081"}},
		"dev on an address":    {map[string]string{"AUTH_MODE": "dev"}, []string{"-http", "192.168.1.7:8081"}, []string{"AUTH_MODE=dev"}},
		"dev on IPv6's all":    {map[string]string{"AUTH_MODE": "dev"}, []string{"-http", "[::]:8081"}, []string{"AUTH_MODE=dev"}},
		"dev on a host name":   {map[string]string{"AUTH_MODE": "dev"}, []string{"-http", "tasks.example.com:8081"}, []string{"AUTH_MODE=dev"}},
		"no public URL":        {jwks, []string{"-http", "0.0.0.0:8081"}, []string{"MCP_PUBLIC_URL is not set", "https://"}},
		"public URL a path":    {with(jwks, "MCP_PUBLIC_URL", "/mcp"), []string{"-http", "127.0.0.1:0"}, []string{"MCP_PUBLIC_URL"}},
		"jwks without issuer":  {map[string]string{"AUTH_MODE": "jwks"}, []string{"-http", "127.0.0.1:0"}, []string{"OAUTH_ISSUER", "OAUTH_JWKS_URL", "BETTER_AUTH_URL"}},
		"issuer over http":     {with(jwks, "OAUTH_ISSUER", "http://auth.example.com"), []string{"-http", "127.0.0.1:0"}, []string{"OAUTH_ISSUER"}},
		"short secret": {
			map[string]string{"AUTH_MODE": "hs256", "BETTER_AUTH_SECRET": "short"}, []string{"-http", "127.0.0.1:0"},
			[]string{"BETTER_AUTH_SECRET", "32 bytes", "AUTH_ISSUER"},
		},
		"short secret on another address": {
			map[string]string{"AUTH_MODE": "hs256", "BETTER_AUTH_SECRET": "short"}, []string{"-http", ":18081"},
			[]string{"BETTER_AUTH_SECRET", "32 bytes", "AUTH_ISSUER", "MCP_PUBLIC_URL is not set"},
		},
		"nonsense of an address, no AUTH_MODE": {nil, []string{"-http", "nonsense"}, []string{`-http "nonsense"`, "host and port", "AUTH_MODE is not set"}},
		"a port too high": {
			with(jwks, "MCP_PUBLIC_URL", "tasks"), []string{"-http", "127.0.0.1:99999"},
			[]string{`-http "127.0.0.1:99999"`, "host and port", "MCP_PUBLIC_URL: must be"},
		},
		"dev on all addresses and a bad public URL": {
			map[string]string{"AUTH_MODE": "dev", "MCP_PUBLIC_URL": "tasks"}, []string{"-http", ":8081"},
			[]string{"AUTH_MODE=dev", "MCP_PUBLIC_URL: must be"},
		},
		"a bad issuer and a bad public URL": {
			with(jwks, "OAUTH_ISSUER", "http://auth.example.com", "MCP_PUBLIC_URL", "tasks"), []string{"-http", "127.0.0.1:0"},
			[]string{"OAUTH_ISSUER", "MCP_PUBLIC_URL"},
		},
		"no tool at all": {
			nil, []string{"-tools", ""},
			[]string{"-tools", "create_task", "list_tasks", "get_task", "update_task", "delete_task", "toggle_complete", "get_stats"},
		},
		"-stateless over stdio":     {nil, []string{"-stateless"}, []string{"-stateless goes with -http"}},
		"-user where tokens say it": {jwks, []string{"-http", "127.0.0.1:0", "-user", "bob"}, []string{"-user", "token"}},
		"public URL with a user":    {with(jwks, "MCP_PUBLIC_URL", "https://u:hunter2@tasks.example.com/mcp"), []string{"-http", ":8081"}, []string{"MCP_PUBLIC_URL", "without user"}},
		"public URL with a query":   {with(jwks, "MCP_PUBLIC_URL", "https://tasks.example.com/mcp?a=b"), []string{"-http", ":8081"}, []string{"MCP_PUBLIC_URL", "query"}},
		"public URL with a ?":       {with(jwks, "MCP_PUBLIC_URL", "https://tasks.example.com/mcp?"), []string{"-http", ":8081"}, []string{"MCP_PUBLIC_URL", "query"}},
		"public URL with a #":       {with(jwks, "MCP_PUBLIC_URL", "https://tasks.example.com/mcp#a"), []string{"-http", ":8081"}, []string{"MCP_PUBLIC_URL", "fragment"}},
		"public URL of a file":      {with(jwks, "MCP_PUBLIC_URL", "file://tasks.example.com/mcp"), []string{"-http", ":8081"}, []string{"MCP_PUBLIC_URL"}},
		"three mistakes of the flags": {
			nil, []string{"-tools", "nope", "-stateless", "serve"}, []string{`"nope"`, "-stateless", `"serve"`},
		},
		"everything at once": {
			map[string]string{
				"AUTH_MODE": "hs256", "DATABASE_URL": "mysql://x", "RATE_READS_PER_MINUTE": "-1", "MAX_SESSIONS_PER_USER": "x",
				"MAX_STREAMS_PER_USER": "1.5", "SHUTDOWN_GRACE": "25", "ALLOWED_ORIGINS": "*", "LOG_LEVEL": "loud", "LOG_FORMAT": "xml",
			},
			[]string{"-http", "127.0.0.1:0", "-tools", "nope"},
			[]string{
				`"nope"`, "DATABASE_URL", "RATE_READS_PER_MINUTE", "MAX_SESSIONS_PER_USER", "MAX_STREAMS_PER_USER",
				"SHUTDOWN_GRACE", "ALLOWED_ORIGINS", "LOG_LEVEL", "LOG_FORMAT", "BETTER_AUTH_SECRET", "AUTH_ISSUER",
			},
		},
	} {
		_, err := load(t, c.env, c.args...)
		var stderr bytes.Buffer
		if status := edge.ExitStatus("mcpserver", err, &stderr); status != 2 {
			t.Errorf("%s: exit status %d (%v), want 2", name, status, err)
		}
		for _, word := range c.words {
			if !strings.Contains(stderr.String(), word) {
				t.Errorf("%s: %q is not said: %s", name, word, &stderr)
			}
		}
		if strings.Contains(stderr.String(), "hunter2") {
			t.Errorf("%s: the password is shown: %s", name, &stderr)
		}
		if secret := c.env["BETTER_AUTH_SECRET"]; secret != "" && strings.Contains(stderr.String(), secret+`"`) {
			t.Errorf("%s: the secret is shown: %s", name, &stderr)
		}
	}
}

func TestConfigDefaults(t *testing.T) {
	cfg, err := load(t, jwks, "-http", "127.0.0.1:8081")
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.publicURL.String(); got != "http://127.0.0.1:8081/mcp" {
		t.Errorf("resource %s", got)
	}
	if cfg.authority != "https://auth.example.com" || len(cfg.issuers) != 1 || cfg.issuers[0].Audience != "http://127.0.0.1:8081/mcp" {
		t.Errorf("authority %s, issuers %+v", cfg.authority, cfg.issuers)
	}
	want := edge.Settings{RateToolCalls: 600, RateReads: 600, MaxStreams: 16, MaxSessions: 100}
	if s := cfg.edge; s.RateToolCalls != want.RateToolCalls || s.RateReads != want.RateReads || s.MaxStreams != want.MaxStreams || s.MaxSessions != want.MaxSessions {
		t.Errorf("limits %+v", s)
	}
	if cfg.zone.String() != "UTC" || cfg.readOnly || cfg.stateless || cfg.tools != nil {
		t.Errorf("%+v", cfg)
	}

	cfg, err = load(t, with(jwks, "MCP_PUBLIC_URL", "https://tasks.example.com/taskwire/mcp", "TZ", "Asia/Karachi"),
		"-http", ":8081", "-read-only", "-tools", "get_task, list_tasks,create_task", "-stateless")
	if err != nil {
		t.Fatal(err)
	}
	h := &httpServer{cfg: cfg}
	if got, want := h.metadataURL(), "https://tasks.example.com/.well-known/oauth-protected-resource/taskwire/mcp"; got != want {
		t.Errorf("metadata at %s, want %s", got, want)
	}
	if paths := h.metadataPaths(); !slices.Contains(paths, "/.well-known/oauth-protected-resource/taskwire/mcp") || len(paths) != 3 {
		t.Errorf("metadata served at %v", paths)
	}
	var names []string
	for _, tool := range selectTools(cfg.readOnly, cfg.tools) {
		names = append(names, tool.name)
	}
	if !slices.Equal(names, []string{"list_tasks", "get_task"}) || cfg.zone.String() != "Asia/Karachi" || !cfg.stateless {
		t.Errorf("tools %v, zone %v, stateless %v", names, cfg.zone, cfg.stateless)
	}
}

// Over stdio nothing that HTTP needs stands in the way, and the user comes
// from the flag before the environment.
func TestConfigOverStdio(t *testing.T) {
	cfg, err := load(t, map[string]string{"AUTH_MODE": "nonsense", "MCP_PUBLIC_URL": ":"}, "-user", "bob")
	if err != nil || cfg.user != "bob" || cfg.httpAddr != "" {
		t.Errorf("user %q, %v", cfg.user, err)
	}
	if cfg, err = load(t, nil); err != nil || cfg.user != "alice" {
		t.Errorf("user %q, %v", cfg.user, err)
	}
	if cfg, err = load(t, map[string]string{"TASKWIRE_USER": ""}); err != nil || cfg.user == "" {
		t.Errorf("without a name: user %q, %v", cfg.user, err)
	}
	if cfg, err = load(t, nil, "migrate"); err != nil || !cfg.migrate {
		t.Errorf("migrate: %+v, %v", cfg, err)
	}
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	_, err := loadConfig([]string{"-help"}, func(string) string { return "" }, &out)
	if !errors.Is(err, flag.ErrHelp) || edge.ExitStatus("mcpserver", err, io.Discard) != 0 {
		t.Errorf("-help: %v", err)
	}
	for _, word := range []string{"-http", "-user", "-read-only", "-tools", "-stateless", "migrate", "AUTH_MODE"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("the help has no %s: %s", word, &out)
		}
	}
}

// A mistake is told in a few lines; the help comes only to who asks for it.
func TestUnknownFlagIsToldInBrief(t *testing.T) {
	var out, stderr bytes.Buffer
	_, err := loadConfig([]string{"-nonsense"}, func(name string) string {
		return map[string]string{"TASKWIRE_DATA": "x", "TASKWIRE_USER": "alice"}[name]
	}, &out)
	status := edge.ExitStatus("mcpserver", err, &stderr)
	out.Write(stderr.Bytes())
	if lines := strings.Count(out.String(), "\n"); status != 2 || lines > 5 || !strings.Contains(out.String(), "-nonsense") || !strings.Contains(out.String(), "-help") {
		t.Errorf("exit status %d and %d lines: %s", status, lines, &out)
	}
}

// What works, but perhaps not as meant, is said at the start.
func TestConfigWarnings(t *testing.T) {
	for name, c := range map[string]struct {
		env   map[string]string
		warns []string
	}{
		"nothing to say":            {nil, nil},
		"a zone":                    {map[string]string{"TZ": "Asia/Karachi"}, nil},
		"a zone after a colon":      {map[string]string{"TZ": ":Asia/Karachi"}, nil},
		"UTC":                       {map[string]string{"TZ": "UTC"}, nil},
		"Etc/UTC":                   {map[string]string{"TZ": "Etc/UTC"}, nil},
		"a zone that is none":       {map[string]string{"TZ": "PKT-5"}, []string{"TZ is no IANA time zone"}},
		"https":                     {map[string]string{"MCP_PUBLIC_URL": "https://tasks.example.com/mcp"}, nil},
		"http on this machine":      {map[string]string{"MCP_PUBLIC_URL": "http://localhost:8081/mcp"}, nil},
		"http on IPv6's loopback":   {map[string]string{"MCP_PUBLIC_URL": "http://[::1]:8081/mcp"}, nil},
		"http on a public host":     {map[string]string{"MCP_PUBLIC_URL": "http://tasks.example.com/mcp"}, []string{"MCP_PUBLIC_URL is http on a public host"}},
		"http on a look-alike host": {map[string]string{"MCP_PUBLIC_URL": "http://localhost.example.com/mcp", "TZ": "Local"}, []string{"TZ is no IANA", "MCP_PUBLIC_URL is http"}},
	} {
		env := maps.Clone(jwks)
		maps.Copy(env, c.env)
		cfg, err := load(t, env, "-http", "127.0.0.1:8081")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := cfg.warnings(func(name string) string { return env[name] })
		same := len(got) == len(c.warns)
		for i := range got {
			same = same && strings.HasPrefix(got[i], c.warns[i])
		}
		if !same {
			t.Errorf("%s: warnings %q, want %q", name, got, c.warns)
		}
	}
}
