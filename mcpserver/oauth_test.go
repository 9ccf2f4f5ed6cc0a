package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"taskwire/identity/identitytest"
	"taskwire/store/storetest"
)

// freeAddress is a loopback address that nobody listened on just now: the
// authorization server has to know the resource before the resource starts.
func freeAddress(t testing.TB) string {
	t.Helper()
	addr, err := storetest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// withBetterAuth starts a real authorization server and the program that
// trusts it, set up with nothing but its address.
func withBetterAuth(t testing.TB) (*identitytest.BetterAuth, *httpProcess) {
	t.Helper()
	addr := freeAddress(t)
	provider := identitytest.StartBetterAuth(t, "http://"+addr+"/mcp")
	p := launch(t, map[string]string{"AUTH_MODE": "jwks", "BETTER_AUTH_URL": provider.URL}, "-http", addr)
	p.ready(t)
	return provider, p
}

// keyID is the id of the key that signed a token.
func keyID(t testing.TB, token string) string {
	t.Helper()
	text, _, _ := strings.Cut(token, ".")
	data, err := base64.RawURLEncoding.DecodeString(text)
	var header struct{ Kid string }
	if err != nil || json.Unmarshal(data, &header) != nil || header.Kid == "" {
		t.Fatalf("no JWT with a key id: %q", token)
	}
	return header.Kid
}

func TestBetterAuth(t *testing.T) {
	t.Parallel()
	provider, p := withBetterAuth(t)
	alice := provider.SignUp(t, "Alice")
	tokens := alice.Authorize(t, p.URL, "openid", scopeRead, scopeWrite)
	stats := toolCall{tool: "get_stats"}.params()

	t.Run("an access token serves both eras", func(t *testing.T) {
		doors := []*door{
			statelessDoor("HTTP", p, tokens.Access, "alice"), sessionDoor(t, "HTTP", p, tokens.Access, "alice"),
		}
		for i, d := range doors {
			task := taskOf(t, d.call(t, "create_task", map[string]any{"title": d.name}, nil))
			// The same person by the other door.
			if got := taskOf(t, doors[1-i].call(t, "get_task", map[string]any{"task_id": task.ID}, nil)); got != task {
				t.Errorf("%s sees %+v, want %+v", doors[1-i].name, got, task)
			}
		}
	})

	t.Run("other tokens are none", func(t *testing.T) {
		for name, token := range map[string]string{
			"session token": alice.SessionToken(t), "id_token": tokens.ID,
			"opaque token": alice.Authorize(t, "", scopeRead, scopeWrite).Access,
		} {
			if token == "" {
				t.Fatalf("the server gave no %s", name)
			}
			for era, a := range map[string]answer{
				"stateless": p.rpc(t, token, "tools/call", stats),
				"session":   p.send(t, http.MethodPost, p.URL, initializeMessage, map[string]string{"Authorization": "Bearer " + token}),
			} {
				challenge := a.Header.Get("WWW-Authenticate")
				if a.Status != http.StatusUnauthorized || !strings.Contains(challenge, `error="invalid_token"`) || !strings.Contains(challenge, p.Base+"/.well-known/oauth-protected-resource/mcp") {
					t.Errorf("%s, %s: HTTP %d, challenge %q; want 401", name, era, a.Status, challenge)
				}
			}
		}
	})

	t.Run("without scopes there are only the lists", func(t *testing.T) {
		bare := alice.Authorize(t, p.URL, "openid").Access
		for _, method := range []string{"server/discover", "tools/list", "prompts/list", "resources/templates/list"} {
			if a := p.rpc(t, bare, method, nil); a.Status != http.StatusOK || a.Message.Result == nil {
				t.Errorf("%s: HTTP %d, %s", method, a.Status, a.Body)
			}
		}
		for tool, need := range map[string]string{"get_stats": scopeRead, "create_task": scopeWrite} {
			a := p.rpc(t, bare, "tools/call", toolCall{tool: tool, args: map[string]any{"title": "x"}}.params())
			challenge := a.Header.Get("WWW-Authenticate")
			if a.Status != http.StatusForbidden || !strings.Contains(challenge, `error="insufficient_scope"`) || !strings.Contains(challenge, need) {
				t.Errorf("%s: HTTP %d, challenge %q; want 403 and %s", tool, a.Status, challenge, need)
			}
		}
	})
}

// The authorization server takes a new key twice in a few moments. Everybody
// goes on, whichever key signed their token.
func TestBetterAuthRotation(t *testing.T) {
	t.Parallel()
	provider, p := withBetterAuth(t)
	alice := provider.SignUp(t, "Alice")
	var inUse []string
	kids := map[string]bool{}
	for round := range 3 {
		if round > 0 {
			provider.Rotate(t)
		}
		token := alice.Authorize(t, p.URL, scopeRead, scopeWrite).Access
		inUse, kids[keyID(t, token)] = append(inUse, token), true
		for age, token := range inUse {
			a := p.rpc(t, token, "tools/call", toolCall{tool: "get_stats"}.params())
			if a.Status != http.StatusOK {
				t.Errorf("after %d rotations, token %d: HTTP %d, %s", round, age, a.Status, a.Body)
			}
		}
	}
	if len(kids) != 3 {
		t.Errorf("the tokens were signed by %d keys, want 3", len(kids))
	}
}

// A browser is a person who has signed in at the authorization server.
type browser struct {
	server string
	client *http.Client
}

func openBrowser(t testing.TB, provider *identitytest.BetterAuth) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{server: provider.URL, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(b.client.CloseIdleConnections)
	err = b.post(t.Context(), "/api/auth/sign-up/email", map[string]any{
		"name": "Carol", "email": "carol@example.com", "password": "correct horse battery",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// agree opens the page that a host sends the person to, agrees to what is
// asked there, and returns what the host gets back in the redirect.
func (b *browser) agree(ctx context.Context, page string) (url.Values, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return nil, err
	}
	res, err := b.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	target, err := res.Location()
	if err != nil {
		return nil, fmt.Errorf("%s: status %d: %w", page, res.StatusCode, err)
	}
	if strings.HasPrefix(target.Path, "/consent") {
		var answer struct{ URL string }
		if err := b.post(ctx, "/api/auth/oauth2/consent", map[string]any{"accept": true, "oauth_query": target.RawQuery}, &answer); err != nil {
			return nil, err
		}
		if target, err = url.Parse(answer.URL); err != nil {
			return nil, err
		}
	}
	return target.Query(), nil
}

func (b *browser) post(ctx context.Context, path string, body map[string]any, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.server+path, bytes.NewReader(mustMarshal(body)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", b.server)
	res, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		return fmt.Errorf("%s: status %d, %v: %s", path, res.StatusCode, err, data)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(data, into)
}

// A host that knows nothing but the URL finds its way: 401, metadata of the
// resource, metadata of the authorization server, registration, PKCE, token.
func TestHostSignsInByItself(t *testing.T) {
	t.Parallel()
	provider, p := withBetterAuth(t)
	carol := openBrowser(t, provider)
	const redirect = "http://127.0.0.1:9/callback"
	for _, version := range []string{"2025-11-25", statelessEra} {
		t.Run(version, func(t *testing.T) {
			asked := 0
			handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
				RedirectURL: redirect,
				DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{
					Metadata: &oauthex.ClientRegistrationMetadata{
						ClientName: "go host", RedirectURIs: []string{redirect}, TokenEndpointAuthMethod: "none",
						GrantTypes: []string{"authorization_code"}, ResponseTypes: []string{"code"},
						Scope: scopeRead + " " + scopeWrite,
					},
				},
				AuthorizationCodeFetcher: func(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
					asked++
					back, err := carol.agree(ctx, args.URL)
					if err != nil {
						return nil, err
					}
					return &auth.AuthorizationResult{Code: back.Get("code"), State: back.Get("state"), Iss: back.Get("iss")}, nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			client := mcp.NewClient(&mcp.Implementation{Name: "go host", Version: "1"}, nil)
			session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: p.URL, OAuthHandler: handler},
				&mcp.ClientSessionOptions{ProtocolVersion: version})
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			out, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "create_task", Arguments: map[string]any{"title": version}})
			if err != nil || out.IsError {
				t.Fatalf("create_task: %v, %+v", err, out)
			}
			if asked != 1 {
				t.Errorf("the person was asked %d times, want once", asked)
			}
		})
	}
}
