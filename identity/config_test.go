package identity_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"taskwire/identity"
)

const secret = "0123456789abcdef0123456789abcdef"

var (
	edwards  = []string{"EdDSA"}
	provider = []string{"EdDSA", "ES256", "ES384", "ES512", "PS256", "RS256"}
	hmac     = []string{"HS256"}
)

// TestForMCP: whose tokens mcpserver takes, by what is set.
func TestForMCP(t *testing.T) {
	adapter := func(issuer string) identity.Issuer {
		return identity.Issuer{Issuer: issuer, Audience: resource, Algorithms: edwards, JWKSURL: strings.TrimSuffix(issuer, "/") + "/.well-known/jwks.json", Optional: true}
	}
	betterAuth := identity.Issuer{Issuer: "https://auth.example.com/api/auth", Audience: resource, Algorithms: provider, JWKSURL: "https://auth.example.com/api/auth/jwks"}
	oidc := identity.Issuer{Issuer: "https://op.example.com/", Audience: resource, Algorithms: provider, JWKSURL: "https://op.example.com/keys"}
	shared := identity.Issuer{Issuer: "https://auth.example.com", Audience: resource, Algorithms: hmac, Secret: identity.Secret(secret)}
	oauth := map[string]string{"OAUTH_ISSUER": oidc.Issuer, "OAUTH_JWKS_URL": oidc.JWKSURL}
	for name, c := range map[string]struct {
		env    map[string]string
		want   []identity.Issuer
		server string
	}{
		"dev alone":               {env("dev"), []identity.Issuer{adapter("http://127.0.0.1:8080")}, ""},
		"dev with a provider":     {env("dev", oauth), []identity.Issuer{oidc, adapter("http://127.0.0.1:8080")}, ""},
		"Better Auth":             {env("jwks", "BETTER_AUTH_URL", "https://auth.example.com"), []identity.Issuer{betterAuth}, betterAuth.Issuer},
		"Better Auth, with slash": {env("jwks", "BETTER_AUTH_URL", "https://auth.example.com/"), []identity.Issuer{betterAuth}, betterAuth.Issuer},
		"any OIDC provider":       {env("jwks", oauth), []identity.Issuer{oidc}, oidc.Issuer},
		"OAUTH_ over BETTER_AUTH": {env("jwks", oauth, "BETTER_AUTH_URL", "https://auth.example.com"), []identity.Issuer{oidc}, oidc.Issuer},
		"AUTH_ is the adapter's":  {env("jwks", oauth, "AUTH_ISSUER", "https://x.example", "AUTH_AUDIENCE", "y"), []identity.Issuer{oidc}, oidc.Issuer},
		"with PUBLIC_URL":         {env("jwks", oauth, "PUBLIC_URL", "https://chat.example.com"), []identity.Issuer{oidc, adapter("https://chat.example.com")}, oidc.Issuer},
		"with ADAPTER_ISSUER":     {env("jwks", oauth, "ADAPTER_ISSUER", "https://a.example/"), []identity.Issuer{oidc, adapter("https://a.example/")}, oidc.Issuer},
		"a shared secret": {env("hs256", "AUTH_ISSUER", shared.Issuer, "BETTER_AUTH_SECRET", secret, "PUBLIC_URL", "http://localhost:8080"),
			[]identity.Issuer{shared, adapter("http://localhost:8080")}, shared.Issuer},
	} {
		got, server, err := configFrom(t, c.env).ForMCP(resource)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" || server != c.server {
			t.Errorf("%s: authorization server %q, want %q; issuers (-want +got):\n%s", name, server, c.server, diff)
		}
	}
}

// TestForAdapter: whose tokens the adapter takes beside its own.
func TestForAdapter(t *testing.T) {
	betterAuth := identity.Issuer{Issuer: "https://auth.example.com", Audience: "https://auth.example.com", Algorithms: provider, JWKSURL: "https://auth.example.com/api/auth/jwks"}
	oidc := identity.Issuer{Issuer: "https://op.example.com", Audience: "chat", Algorithms: provider, JWKSURL: "https://op.example.com/keys"}
	shared := identity.Issuer{Issuer: "legacy", Audience: "chat", Algorithms: hmac, Secret: identity.Secret(secret)}
	explicit := map[string]string{"AUTH_ISSUER": oidc.Issuer, "AUTH_JWKS_URL": oidc.JWKSURL, "AUTH_AUDIENCE": "chat"}
	for name, c := range map[string]struct {
		env  map[string]string
		want []identity.Issuer
	}{
		"dev alone":           {env("dev"), nil},
		"dev with a provider": {env("dev", explicit), []identity.Issuer{oidc}},
		"Better Auth":         {env("jwks", "BETTER_AUTH_URL", "https://auth.example.com"), []identity.Issuer{betterAuth}},
		"any OIDC provider":   {env("jwks", explicit), []identity.Issuer{oidc}},
		"a shared secret":     {env("hs256", "AUTH_ISSUER", "legacy", "AUTH_AUDIENCE", "chat", "BETTER_AUTH_SECRET", secret), []identity.Issuer{shared}},
	} {
		got, err := configFrom(t, c.env).ForAdapter("https://chat.example.com")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestConfigProblems: each wrong setting is named, with what to do, and all of
// them at once.
func TestConfigProblems(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want []string // each in the joined error
	}{
		"nothing set":          {env(""), []string{"AUTH_MODE is not set", "dev", "jwks"}},
		"an unknown mode":      {env("oauth"), []string{`AUTH_MODE is "oauth"`, "dev, jwks or hs256"}},
		"hs256 with nothing":   {env("hs256"), []string{"BETTER_AUTH_SECRET", "32 bytes", "AUTH_ISSUER"}},
		"a short secret":       {env("hs256", "BETTER_AUTH_SECRET", secret[1:], "AUTH_ISSUER", "x"), []string{"32 bytes"}},
		"plain http":           {env("jwks", "BETTER_AUTH_URL", "http://auth.example.com"), []string{"BETTER_AUTH_URL must be https://"}},
		"looks like loopback":  {env("jwks", "BETTER_AUTH_URL", "http://127.0.0.1.example.com"), []string{"must be https://"}},
		"no URL":               {env("dev", "PUBLIC_URL", "chat.example.com"), []string{"PUBLIC_URL is no absolute URL"}},
		"with a password":      {env("dev", "PUBLIC_URL", "https://u:p@chat.example.com"), []string{"PUBLIC_URL is no absolute URL"}},
		"half of OAUTH_":       {env("jwks", "OAUTH_ISSUER", "https://op.example.com"), []string{"OAUTH_ISSUER and OAUTH_JWKS_URL go together"}},
		"keys without adapter": {env("jwks", "ADAPTER_JWKS_URL", "https://a.example/k"), []string{"ADAPTER_JWKS_URL is set without ADAPTER_ISSUER"}},
		"several at once": {env("jwks", "BETTER_AUTH_URL", "ftp://a", "PUBLIC_URL", "b", "AUTH_JWKS_URL", "http://c.example"),
			[]string{"BETTER_AUTH_URL", "PUBLIC_URL", "AUTH_JWKS_URL"}},
	} {
		_, err := identity.ConfigFromEnv(getenv(c.env))
		contains(t, name, err, c.want...)
	}

	jwks := configFrom(t, env("jwks"))
	_, _, err := jwks.ForMCP("")
	contains(t, "mcpserver, jwks alone", err, "MCP_PUBLIC_URL", "OAUTH_ISSUER and OAUTH_JWKS_URL are not set", "BETTER_AUTH_URL")
	_, err = jwks.ForAdapter("https://chat.example.com")
	contains(t, "adapter, jwks alone", err, "AUTH_ISSUER, AUTH_JWKS_URL and AUTH_AUDIENCE", "BETTER_AUTH_URL")
	shared := configFrom(t, env("hs256", "AUTH_ISSUER", "legacy", "BETTER_AUTH_SECRET", secret))
	_, err = shared.ForAdapter("https://chat.example.com")
	contains(t, "adapter, hs256 without audience", err, "AUTH_AUDIENCE is not set")
	_, _, err = shared.ForMCP(resource)
	contains(t, "mcpserver, an issuer that is no address", err, "AUTH_ISSUER is no absolute URL")
	same := configFrom(t, env("jwks", "BETTER_AUTH_URL", "https://chat.example.com"))
	_, err = same.ForAdapter("https://chat.example.com")
	contains(t, "adapter under the provider's name", err, "AUTH_ISSUER is PUBLIC_URL")
}

// TestSecretDoesNotPrint: a settings struct in a log takes no secret with it.
func TestSecretDoesNotPrint(t *testing.T) {
	cfg := configFrom(t, env("hs256", "AUTH_ISSUER", "https://auth.example.com", "BETTER_AUTH_SECRET", secret))
	issuers, _, err := cfg.ForMCP(resource)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	logger.Info("settings", "config", cfg, "issuers", issuers, "secret", cfg.Secret)
	slog.New(slog.NewTextHandler(&out, nil)).Info("settings", "config", cfg, "issuers", issuers, "secret", cfg.Secret)
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x %v", cfg, cfg, cfg, cfg, cfg, cfg, issuers)
	for _, trace := range []string{secret, "MDEyMzQ1Njc4", "30313233", "48 49 50", "0x30"} {
		if strings.Contains(out.String(), trace) {
			t.Errorf("the secret shows as %q in %s", trace, &out)
		}
	}
}

// env builds an environment from a mode and maps or name, value pairs.
func env(mode string, more ...any) map[string]string {
	m := map[string]string{"AUTH_MODE": mode}
	for len(more) > 0 {
		if set, ok := more[0].(map[string]string); ok {
			for name, value := range set {
				m[name] = value
			}
			more = more[1:]
			continue
		}
		m[more[0].(string)] = more[1].(string)
		more = more[2:]
	}
	return m
}

func getenv(m map[string]string) func(string) string {
	return func(name string) string { return m[name] }
}

func contains(t *testing.T, name string, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", name)
		return
	}
	missing := slices.DeleteFunc(want, func(s string) bool { return strings.Contains(err.Error(), s) })
	if len(missing) > 0 {
		t.Errorf("%s: error %q does not say %q", name, err, missing)
	}
}
