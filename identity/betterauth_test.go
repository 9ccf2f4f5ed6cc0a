package identity_test

import (
	"slices"
	"testing"

	"taskwire/identity"
	"taskwire/identity/identitytest"
)

// forMCP is a verifier set up as mcpserver sets it up: from BETTER_AUTH_URL alone.
func forMCP(t *testing.T, server *identitytest.BetterAuth) *identity.Verifier {
	t.Helper()
	cfg := configFrom(t, map[string]string{"AUTH_MODE": "jwks", "BETTER_AUTH_URL": server.URL})
	issuers, authorizationServer, err := cfg.ForMCP(server.Resource)
	if err != nil {
		t.Fatalf("ForMCP: %v", err)
	}
	if want := server.URL + "/api/auth"; authorizationServer != want {
		t.Errorf("authorization server = %q, want %q", authorizationServer, want)
	}
	return newVerifier(t, identity.Options{}, issuers...)
}

func configFrom(t *testing.T, env map[string]string) identity.Config {
	t.Helper()
	cfg, err := identity.ConfigFromEnv(func(name string) string { return env[name] })
	if err != nil {
		t.Fatalf("ConfigFromEnv: %v", err)
	}
	return cfg
}

func TestBetterAuthTokens(t *testing.T) {
	server := identitytest.StartBetterAuth(t, resource)
	alice := server.SignUp(t, "Alice")
	v := forMCP(t, server)
	if err := v.Ready(t.Context()); err != nil {
		t.Errorf("Ready: %v", err)
	}

	tokens := alice.Authorize(t, resource, "openid", "tasks:read", "tasks:write")
	got, err := v.Verify(t.Context(), tokens.Access)
	if err != nil {
		t.Fatalf("access token: %v", err)
	}
	if len(got.User) != 32 || !slices.Contains(got.Scopes, "tasks:write") {
		t.Errorf("access token is for %q with scopes %q, want 32 letters and digits with tasks:write", got.User, got.Scopes)
	}

	unscoped := alice.Authorize(t, resource, "openid")
	other, err := v.Verify(t.Context(), unscoped.Access)
	if err != nil {
		t.Fatalf("access token without task scopes: %v", err)
	}
	if other.User != got.User || slices.ContainsFunc(other.Scopes, func(s string) bool { return s != "openid" }) {
		t.Errorf("access token without task scopes = %+v, want the same user and openid alone", other)
	}

	for name, c := range map[string]struct {
		token string
		want  identity.Reason
	}{
		"session token":              {alice.SessionToken(t), identity.ReasonIssuer},
		"id token":                   {tokens.ID, identity.ReasonAudience},
		"opaque token (no resource)": {alice.Authorize(t, "", "tasks:read").Access, identity.ReasonMalformed},
	} {
		if c.token == "" {
			t.Errorf("%s: the server gave none", name)
		}
		if _, err := v.Verify(t.Context(), c.token); reason(t, err) != c.want {
			t.Errorf("%s: Verify = %v, want refused for %s", name, err, c.want)
		}
	}
}

// TestBetterAuthSession is the adapter's side: session tokens and nothing else.
func TestBetterAuthSession(t *testing.T) {
	server := identitytest.StartBetterAuth(t, resource)
	alice := server.SignUp(t, "Alice")
	cfg := configFrom(t, map[string]string{"AUTH_MODE": "jwks", "BETTER_AUTH_URL": server.URL + "/"})
	issuers, err := cfg.ForAdapter("https://chat.example.com")
	if err != nil {
		t.Fatalf("ForAdapter: %v", err)
	}
	v := newVerifier(t, identity.Options{}, issuers...)
	got, err := v.Verify(t.Context(), alice.SessionToken(t))
	if err != nil || len(got.User) != 32 || len(got.Scopes) != 0 {
		t.Errorf("session token = %+v, %v, want a user without scopes", got, err)
	}
	access := alice.Authorize(t, resource, "tasks:read").Access
	if _, err := v.Verify(t.Context(), access); reason(t, err) != identity.ReasonIssuer {
		t.Errorf("access token: Verify = %v, want refused for its issuer", err)
	}
}

// TestBetterAuthRotation rotates twice in a few seconds, with three people's
// tokens in use all the time. Nobody may notice.
func TestBetterAuthRotation(t *testing.T) {
	server := identitytest.StartBetterAuth(t, resource)
	alice := server.SignUp(t, "Alice")
	v := forMCP(t, server)
	var inUse []string
	for round := range 3 {
		if round > 0 {
			server.Rotate(t)
		}
		inUse = append(inUse, alice.Authorize(t, resource, "tasks:read").Access)
		for age, token := range inUse {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Errorf("after %d rotations, token %d: %v", round, age, err)
			}
		}
	}
	if kids := distinctKeys(t, inUse); kids != 3 {
		t.Errorf("the tokens were signed by %d keys, want 3: the server did not rotate", kids)
	}
}
