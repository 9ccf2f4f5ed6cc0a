package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/adapter/web/browsertest"
	"taskwire/edge"
	"taskwire/identity"
	"taskwire/identity/identitytest"
	programs "taskwire/promises/fleet"
	"taskwire/store"
	"taskwire/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, programs.RemovePrograms, browsertest.Stop) }

// A harness is the whole HTTP stack on a loopback port, over a real database
// and a real mcpserver, trusting a provider of its own.
type harness struct {
	Base     string
	Provider *identitytest.Provider
	Database store.Config
	Server   *server
	Log      *syncBuffer
	MCP      *process // the tools
	env      map[string]string
}

// setup is what a test wants to be otherwise.
type setup struct {
	env     map[string]string // adds to or replaces the settings
	engine  storetest.Engine  // SQLite if empty
	noTools bool              // nobody serves the tools
	change  func(*config)     // what no setting says
	before  func(*server)     // changes parts while nothing runs yet that would use them
}

// audience of the provider's tokens.
const audience = "https://chat.example.com"

// start starts the stack.
func start(t testing.TB, s setup) *harness {
	t.Helper()
	if s.engine == "" {
		s.engine = storetest.SQLite
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{
		Base:     "http://" + ln.Addr().String(),
		Provider: identitytest.Start(t),
		Database: storetest.Config(t, s.engine),
		Log:      &syncBuffer{},
	}
	h.env = map[string]string{
		"AUTH_MODE": "jwks", "AUTH_ISSUER": h.Provider.Issuer, "AUTH_JWKS_URL": h.Provider.JWKSURL, "AUTH_AUDIENCE": audience,
		"TASKWIRE_DATA": t.TempDir(), "TASKWIRE_USER": "dev-user", "LOG_LEVEL": "debug",
		"RATE_READS_PER_MINUTE": "0", "RATE_TURNS_PER_MINUTE": "0",
		"MCP_PUBLIC_URL": "http://127.0.0.1:9/mcp",
	}
	if !s.noTools {
		h.MCP = startTools(t, h.Database, map[string]string{
			"AUTH_MODE": "jwks", "OAUTH_ISSUER": h.Provider.Issuer, "OAUTH_JWKS_URL": h.Provider.JWKSURL,
			"ADAPTER_ISSUER": h.Base, "RATE_READS_PER_MINUTE": "0", "RATE_TOOL_CALLS_PER_MINUTE": "0",
		})
		h.env["MCP_PUBLIC_URL"] = h.MCP.Base + "/mcp"
	}
	maps.Copy(h.env, s.env)
	cfg, err := loadConfig([]string{"-http", ln.Addr().String()}, func(k string) string { return h.env[k] }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if s.change != nil {
		s.change(&cfg)
	}
	logger := edge.NewLogger(h.Log, cfg.edge, false)
	if h.Server, err = newServer(cfg, ln.Addr(), storetest.OpenConfig(t, h.Database), logger); err != nil {
		t.Fatal(err)
	}
	if s.before != nil {
		s.before(h.Server)
	}
	h.Server.start()
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- edge.Serve(ctx, ln, h.Server.handler(), edge.ServeOptions{Grace: 5 * time.Second, WriteTimeout: cfg.writeTimeout, Logger: logger})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		h.Server.close()
		if t.Failed() {
			t.Logf("log: %s", programs.Complaints(h.Log.String()))
		}
	})
	return h
}

// token is a good token of the provider for a user.
func (h *harness) token(t testing.TB, user string) string {
	return h.Provider.Token(t, user, audience)
}

// secret is a good client secret for a user.
func (h *harness) secret(t testing.TB, user string) string {
	t.Helper()
	secret, _, err := h.Server.signer.ClientSecret(user, "sess_test", identity.SecretLife)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// An answer is what came back over HTTP.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// problem reads a problem answer; the zero value when it is none.
func (a answer) problem() (p edge.Problem) {
	if a.Header.Get("Content-Type") == "application/problem+json" {
		_ = json.Unmarshal([]byte(a.Body), &p)
	}
	return p
}

// decode reads a JSON answer.
func (a answer) decode(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		t.Fatalf("HTTP %d, %s: %v", a.Status, a.Body, err)
	}
}

// A header changes a request; an empty value takes a header out.
type header map[string]string

// as is the header of a user.
func (h *harness) as(t testing.TB, user string) header {
	return header{"Authorization": "Bearer " + h.token(t, user)}
}

// with adds to a copy.
func (hd header) with(key, value string) header {
	out := maps.Clone(hd)
	out[key] = value
	return out
}

// send makes a request and reads the whole answer.
func (h *harness) send(t testing.TB, method, path, body string, hd header) answer {
	t.Helper()
	a, err := exchange(t.Context(), method, h.Base+path, body, hd)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// exchange is send for goroutines, and for servers that may be gone.
func exchange(ctx context.Context, method, url, body string, hd header) (answer, error) {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, reader)
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range hd {
		switch {
		case strings.EqualFold(k, "Host"):
			req.Host = v
		case v == "":
			req.Header.Del(k)
		default:
			req.Header.Set(k, v)
		}
	}
	return perform(req)
}

func perform(req *http.Request) (answer, error) {
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{Status: resp.StatusCode, Header: resp.Header, Body: string(data)}, err
}

// client follows no redirect: none of ours has any.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// refused fails the test unless the answer is a whole problem with this status
// and code.
func (a answer) refused(t testing.TB, status int, code string) {
	t.Helper()
	p := a.problem()
	if a.Status != status || p.Status != status || p.Code != code || p.Detail == "" || p.RequestID != a.Header.Get("X-Request-Id") || p.RequestID == "" {
		t.Errorf("HTTP %d, %s, want a problem %d %s", a.Status, a.Body, status, code)
	}
	if again := a.Header.Get("Retry-After"); (status == 429 || status == 503) && again == "" {
		t.Errorf("HTTP %d without Retry-After", status)
	}
}

// ok fails the test unless the answer has this status.
func (a answer) ok(t testing.TB, status int) answer {
	t.Helper()
	if a.Status != status {
		t.Fatalf("HTTP %d, %s, want %d", a.Status, a.Body, status)
	}
	return a
}

// hash is the digest of all rows: equal before and after means no change.
func (h *harness) hash(t testing.TB) string { return storetest.Hash(t, h.Database) }

// syncBuffer is a log that a test reads while the server writes.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

var quiet = slog.New(slog.DiscardHandler)

// waitFor polls until the condition holds, and fails the test after 60 s.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// verifierFor trusts the adapter's tokens for an audience, as mcpserver does.
func (h *harness) verifierFor(t testing.TB, audience string) *identity.Verifier {
	t.Helper()
	v, err := identity.NewVerifier([]identity.Issuer{{
		Issuer: h.Server.cfg.publicURL, Audience: audience, Algorithms: []string{"EdDSA"}, JWKSURL: h.Base + "/.well-known/jwks.json",
	}}, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func request(token string) *http.Request {
	r, _ := http.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}
