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
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/edge"
	"taskwire/identity"
	"taskwire/identity/identitytest"
	"taskwire/store"
	"taskwire/store/storetest"
)

func TestMain(m *testing.M) {
	storetest.Main(m, func() error { return os.RemoveAll(binaryDir) })
}

// binaryDir is where the program was built for this run, if it was.
var binaryDir string

// binary builds the program once for all tests of this run.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "mcpserver")
	if err != nil {
		return "", err
	}
	binaryDir = dir
	path := filepath.Join(dir, "mcpserver")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: "go build: " + string(out), Err: err}
	}
	return path, nil
})

func builtBinary(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A harness is the whole HTTP stack on a loopback port, over a real database,
// trusting a provider of its own.
type harness struct {
	URL      string // of /mcp
	Base     string
	Provider *identitytest.Provider
	Database store.Config
	Store    *store.Store
	Server   *httpServer
	Log      *syncBuffer
	env      map[string]string
}

// startHTTP starts the stack. Env adds to or replaces the settings.
func startHTTP(t testing.TB, engine storetest.Engine, env map[string]string, flags ...string) *harness {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{
		Base:     "http://" + ln.Addr().String(),
		Provider: identitytest.Start(t),
		Database: storetest.Config(t, engine),
		Log:      &syncBuffer{},
	}
	h.URL = h.Base + "/mcp"
	h.env = map[string]string{
		"AUTH_MODE": "jwks", "OAUTH_ISSUER": h.Provider.Issuer, "OAUTH_JWKS_URL": h.Provider.JWKSURL,
		"TASKWIRE_DATA": t.TempDir(), "TASKWIRE_USER": "dev-user", "LOG_LEVEL": "debug",
		"RATE_READS_PER_MINUTE": "0", "RATE_TOOL_CALLS_PER_MINUTE": "0",
	}
	maps.Copy(h.env, env)
	cfg, err := loadConfig(append([]string{"-http", ln.Addr().String()}, flags...), func(k string) string { return h.env[k] }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	logger := edge.NewLogger(h.Log, cfg.edge, false)
	verifier, err := identity.NewVerifier(cfg.issuers, identity.Options{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	h.Store = storetest.OpenConfig(t, h.Database)
	h.Server = newHTTPServer(cfg, ln.Addr(), h.Store, verifier, logger)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- edge.Serve(ctx, ln, h.Server.routes(), edge.ServeOptions{Grace: 5 * time.Second, Logger: logger})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		h.Server.close()
		verifier.Close()
	})
	return h
}

// token is a good access token with both scopes, or with those given.
func (h *harness) token(t testing.TB, user string, scopes ...string) string {
	if scopes == nil {
		scopes = []string{scopeRead, scopeWrite}
	}
	return h.Provider.Token(t, user, h.URL, scopes...)
}

// An answer is what came back over HTTP.
type answer struct {
	Status  int
	Header  http.Header
	Body    string
	Message rpcMessage // of a JSON body, or of the last event of a stream
}

type rpcMessage struct {
	ID     json.RawMessage `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	} `json:"error"`
	// Of a problem answer.
	Detail    string `json:"detail"`
	Code      string `json:"code"`
	RequestID string `json:"request_id"`
}

// toolOutcome is the result of a tool call.
type toolOutcome struct {
	IsError    bool            `json:"isError"`
	Structured json.RawMessage `json:"structuredContent"`
	Content    []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	} `json:"content"`
	Meta map[string]any `json:"_meta"`
}

func (o toolOutcome) text() string {
	if len(o.Content) == 0 {
		return ""
	}
	return o.Content[0].Text
}

// send makes a request and reads the whole answer. A header with an empty
// value is taken out of the defaults.
func (h *harness) send(t testing.TB, method, url string, body string, header map[string]string) answer {
	t.Helper()
	a, err := exchange(t.Context(), method, url, body, header)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// exchange is send for goroutines, and for servers that may be gone.
func exchange(ctx context.Context, method, url string, body string, header map[string]string) (answer, error) {
	resp, err := request(ctx, method, url, body, header)
	if err != nil {
		return answer{}, err
	}
	return readAnswer(resp)
}

func readAnswer(resp *http.Response) (answer, error) {
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{Status: resp.StatusCode, Header: resp.Header, Body: string(data)}
	last := data
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		for line := range strings.SplitSeq(a.Body, "\n") {
			if rest, ok := strings.CutPrefix(line, "data: "); ok {
				last = []byte(rest)
			}
		}
	}
	_ = json.Unmarshal(last, &a.Message) // not every answer has a JSON body
	return a, nil
}

// request makes a request and leaves its answer to be read.
func request(ctx context.Context, method, url string, body string, header map[string]string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json, text/event-stream")
	for k, v := range header {
		switch {
		case v == "":
			req.Header.Del(k)
		case strings.EqualFold(k, "Host"):
			req.Host = v
		default:
			req.Header.Set(k, v)
		}
	}
	return http.DefaultClient.Do(req)
}

// modern builds a request of the stateless era with its headers.
func modern(token, method string, params map[string]any) (body string, header map[string]string) {
	all := map[string]any{}
	maps.Copy(all, params)
	meta := map[string]any{
		"io.modelcontextprotocol/protocolVersion":    statelessEra,
		"io.modelcontextprotocol/clientCapabilities": map[string]any{},
	}
	if own, ok := params["_meta"].(map[string]any); ok {
		maps.Copy(meta, own)
	}
	all["_meta"] = meta
	data, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": all})
	if err != nil {
		panic(err)
	}
	header = map[string]string{headerVersion: statelessEra, "Mcp-Method": method}
	for _, key := range []string{"name", "uri"} {
		if name, ok := params[key].(string); ok {
			header["Mcp-Name"] = name
		}
	}
	if token != "" {
		header["Authorization"] = "Bearer " + token
	}
	return string(data), header
}

// rpc makes one request of the stateless era.
func (h *harness) rpc(t testing.TB, token, method string, params map[string]any) answer {
	t.Helper()
	body, header := modern(token, method, params)
	return h.send(t, http.MethodPost, h.URL, body, header)
}

// call calls a tool in the stateless era. Args may be a map or raw JSON.
func (h *harness) call(t testing.TB, token, tool string, args any) toolOutcome {
	t.Helper()
	return h.callMeta(t, token, tool, args, nil)
}

func (h *harness) callMeta(t testing.TB, token, tool string, args any, meta map[string]any) toolOutcome {
	t.Helper()
	a := h.rpc(t, token, "tools/call", map[string]any{"name": tool, "arguments": args, "_meta": meta})
	var out toolOutcome
	if a.Message.Result == nil || json.Unmarshal(a.Message.Result, &out) != nil {
		t.Fatalf("%s: HTTP %d, %s", tool, a.Status, a.Body)
	}
	return out
}

// create makes a task and returns its id.
func (h *harness) create(t testing.TB, token, title string) string {
	t.Helper()
	return taskOf(t, h.call(t, token, "create_task", map[string]any{"title": title})).ID
}

func taskOf(t testing.TB, o toolOutcome) wireTask {
	t.Helper()
	var out taskResult
	if o.IsError || json.Unmarshal(o.Structured, &out) != nil || out.Task.ID == "" {
		t.Fatalf("no task: %s", o.text())
	}
	return out.Task
}

// open initializes a session of the older era and returns the headers for
// further requests in it.
func (h *harness) open(t testing.TB, token string) map[string]string {
	t.Helper()
	header := map[string]string{}
	if token != "" {
		header["Authorization"] = "Bearer " + token
	}
	a := h.send(t, http.MethodPost, h.URL, initializeMessage, header)
	session := a.Header.Get(headerSession)
	if a.Status != http.StatusOK || session == "" {
		t.Fatalf("initialize: HTTP %d, %s", a.Status, a.Body)
	}
	header[headerSession], header[headerVersion] = session, "2025-11-25"
	h.send(t, http.MethodPost, h.URL, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, header)
	return header
}

const initializeMessage = `{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`

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
