package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/identity"
	"taskwire/identity/identitytest"
)

// Whatever the mode, mcpserver takes the tokens that the adapter signs for it,
// and takes them for this user alone.
func TestToolsTakeOurTokens(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 32)
	for mode, extra := range map[string]map[string]string{
		"dev":   devEnv,
		"jwks":  {},
		"hs256": {"AUTH_MODE": "hs256", "BETTER_AUTH_SECRET": secret, "AUTH_ISSUER": "https://auth.example.com", "AUTH_JWKS_URL": ""},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			h := start(t, setup{noTools: true, env: extra})
			provider := identitytest.Start(t)
			env := map[string]string{"AUTH_MODE": mode, "ADAPTER_ISSUER": h.Base}
			switch mode {
			case "hs256":
				maps.Copy(env, map[string]string{"BETTER_AUTH_SECRET": secret, "AUTH_ISSUER": "https://auth.example.com"})
			case "jwks":
				maps.Copy(env, map[string]string{"OAUTH_ISSUER": provider.Issuer, "OAUTH_JWKS_URL": provider.JWKSURL})
			}
			tools := startTools(t, h.Database, env)
			tokens := newToolTokens(h.Server.signer, tools.Base+"/mcp")
			token := func(user string) string {
				text, err := tokens.token(t.Context(), user)
				if err != nil {
					t.Fatal(err)
				}
				return text
			}
			if a := callTool(t, tools, token("alice"), "create_task", map[string]any{"title": "Tea"}).ok(t, 200); !strings.Contains(a.Body, `"Tea"`) {
				t.Fatalf("create_task: %s", a.Body)
			}
			if a := callTool(t, tools, token("alice"), "list_tasks", map[string]any{}).ok(t, 200); !strings.Contains(a.Body, `"Tea"`) {
				t.Errorf("alice sees %s", a.Body)
			}
			if a := callTool(t, tools, token("bob"), "list_tasks", map[string]any{}).ok(t, 200); strings.Contains(a.Body, `"Tea"`) {
				t.Errorf("bob sees %s", a.Body)
			}
			elsewhere, err := newToolTokens(h.Server.signer, "https://other.example/mcp").token(t.Context(), "alice")
			if err != nil {
				t.Fatal(err)
			}
			for what, bad := range map[string]string{"for another resource": elsewhere, "a client secret": h.secret(t, "alice")} {
				if a := callTool(t, tools, bad, "list_tasks", map[string]any{}); a.Status != 401 {
					t.Errorf("%s: HTTP %d, want 401", what, a.Status)
				}
			}
		})
	}
}

func TestToolTokensAreKept(t *testing.T) {
	key, err := identity.LoadKey(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		tokens := newToolTokens(identity.NewSigner("https://chat.example.com", key), "https://tasks.example.com/mcp")
		get := func(user string) string {
			text, err := tokens.token(t.Context(), user)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		first := get("alice")
		if get("bob") == first {
			t.Fatal("two users, one token")
		}
		time.Sleep(identity.ToolLife - tokenMargin - time.Second)
		if get("alice") != first {
			t.Error("a token that is good for a minute more was not kept")
		}
		time.Sleep(2 * time.Second)
		if get("alice") == first {
			t.Error("a token was given in its last minute")
		}
		for i := range 3 * tokensKept {
			get(fmt.Sprint("user", i))
		}
		if n := len(tokens.newer) + len(tokens.older); n > 2*tokensKept {
			t.Errorf("%d tokens are kept", n)
		}
	})
}

// The command signs with the key that the serving program publishes.
func TestTokenCommand(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	command := func(args ...string) string {
		t.Helper()
		env := map[string]string{"TASKWIRE_DATA": h.env["TASKWIRE_DATA"], "PUBLIC_URL": h.Base, "MCP_PUBLIC_URL": "https://tasks.example.com/mcp"}
		var stdout, stderr bytes.Buffer
		err := run(context.Background(), append([]string{"token"}, args...), func(k string) string { return env[k] }, &stdout, &stderr)
		if err != nil || stderr.Len() > 0 {
			t.Fatalf("%v, %s", err, &stderr)
		}
		return strings.TrimSpace(stdout.String())
	}
	forTools := h.verifierFor(t, "https://tasks.example.com/mcp")
	p, err := forTools.Verify(t.Context(), command("-user", "ci", "-ttl", "24h"))
	if err != nil || p.User != "ci" || strings.Join(p.Scopes, " ") != "tasks:read tasks:write" || time.Until(p.Expires) < 23*time.Hour {
		t.Errorf("%+v, %v", p, err)
	}
	p, err = forTools.Verify(t.Context(), command("-user", "ci", "-scope", "tasks:read"))
	if err != nil || strings.Join(p.Scopes, " ") != "tasks:read" || time.Until(p.Expires) > time.Hour+time.Minute {
		t.Errorf("%+v, %v", p, err)
	}
	own := command("-user", "ci", "-for", "adapter")
	if _, err := forTools.Verify(t.Context(), own); err == nil {
		t.Error("the tools would take a token for the adapter")
	}
	if user, err := h.Server.byToken(request(own)); err != nil || user != "ci" {
		t.Errorf("the adapter takes it for %q, %v", user, err)
	}
	if _, err := h.Server.byToken(request(command("-user", "ci"))); err == nil {
		t.Error("the adapter takes a token for the tools")
	}
}
