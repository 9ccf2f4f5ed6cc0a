package identitytest

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// redirectURI is where the authorization code would arrive; nobody listens.
const redirectURI = "http://127.0.0.1:9/callback"

// Login is a person who has signed in at Better Auth with a browser.
type Login struct {
	server *BetterAuth
	client *http.Client // holds the session cookie, follows no redirect
}

// Tokens is what the token endpoint gives.
type Tokens struct {
	Access  string `json:"access_token"`
	ID      string `json:"id_token"`
	Refresh string `json:"refresh_token"`
	Scope   string `json:"scope"`
}

// SignUp makes an account and signs in.
func (b *BetterAuth) SignUp(t testing.TB, name string) *Login {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	l := &Login{server: b, client: &http.Client{
		Jar:           jar,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	l.post(t, "/sign-up/email", map[string]any{
		"name": name, "email": strings.ToLower(name) + "@example.com", "password": "correct horse battery",
	}, nil)
	return l
}

// SessionToken is the JWT that a browser gets for its session. It is made for
// the adapter: issuer and audience are the server's base URL.
func (l *Login) SessionToken(t testing.TB) string {
	t.Helper()
	var answer struct{ Token string }
	l.get(t, "/token", &answer)
	return answer.Token
}

// Authorize walks through OAuth 2.1 as an MCP host does: dynamic registration,
// an authorization code with PKCE, consent, token. Resource is RFC 8707's
// resource indicator, without which the access token is opaque.
func (l *Login) Authorize(t testing.TB, resource string, scopes ...string) Tokens {
	t.Helper()
	var registered struct {
		ID string `json:"client_id"`
	}
	l.post(t, "/oauth2/register", map[string]any{
		"client_name": "test host", "redirect_uris": []string{redirectURI},
		// Without "native" a loopback address over http is refused.
		"application_type": "native", "token_endpoint_auth_method": "none",
		"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
		"scope": strings.Join(scopes, " "),
	}, &registered)

	verifier := rand.Text() + rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {registered.ID}, "redirect_uri": {redirectURI},
		"code_challenge": {encode(challenge[:])}, "code_challenge_method": {"S256"}, "state": {rand.Text()},
	}
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {registered.ID},
		"redirect_uri": {redirectURI}, "code_verifier": {verifier},
	}
	if len(scopes) > 0 {
		query.Set("scope", strings.Join(scopes, " "))
	}
	if resource != "" {
		query.Set("resource", resource)
		form.Set("resource", resource)
	}
	form.Set("code", l.code(t, query))
	var tokens Tokens
	l.do(t, "/oauth2/token", "application/x-www-form-urlencoded", []byte(form.Encode()), &tokens)
	return tokens
}

// code asks for an authorization code, and agrees if the server wants consent.
func (l *Login) code(t testing.TB, query url.Values) string {
	t.Helper()
	res, err := l.client.Get(l.server.URL + "/api/auth/oauth2/authorize?" + query.Encode())
	if err != nil {
		t.Fatalf("authorize: %v", err)
	}
	defer res.Body.Close()
	target, err := res.Location()
	if err != nil {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("authorize: status %d and no redirect: %s", res.StatusCode, body)
	}
	if strings.HasPrefix(target.Path, "/consent") {
		var answer struct{ URL string }
		l.post(t, "/oauth2/consent", map[string]any{"accept": true, "oauth_query": target.RawQuery}, &answer)
		if target, err = url.Parse(answer.URL); err != nil {
			t.Fatalf("consent: %v", err)
		}
	}
	code := target.Query().Get("code")
	if code == "" {
		t.Fatalf("authorize: no code, but %s", target)
	}
	return code
}

func (l *Login) post(t testing.TB, path string, body map[string]any, answer any) {
	t.Helper()
	l.do(t, path, "application/json", marshal(t, body), answer)
}

func (l *Login) get(t testing.TB, path string, answer any) {
	t.Helper()
	l.do(t, path, "", nil, answer)
}

// do posts a body, or gets if there is none, as a page of the server would.
func (l *Login) do(t testing.TB, path, contentType string, body []byte, answer any) {
	t.Helper()
	method := http.MethodPost
	if body == nil {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(t.Context(), method, l.server.URL+"/api/auth"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Origin", l.server.URL)
	res, err := l.client.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s: status %d, %v: %s", path, res.StatusCode, err, data)
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal(data, answer); err != nil {
		t.Fatalf("%s: %v in %s", path, err, data)
	}
}
