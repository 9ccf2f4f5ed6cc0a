package walls

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"taskwire/promises/fleet"
)

// A recorder stands between the adapter and the tools, and looks at the token of
// every request.
type recorder struct {
	*httptest.Server
	proxy    *httputil.ReverseProxy
	audience string

	mu      sync.Mutex
	swap    func(*http.Request, []byte) []byte // meddles with a request
	owners  map[string]string                  // task id: user
	foreign map[string]bool                    // tokens of browsers
	calls   map[string]int                     // tool calls, by the user of the token
	wrong   []string
}

func record(t testing.TB, to, audience string) *recorder {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	r := &recorder{audience: audience, owners: map[string]string{}, foreign: map[string]bool{}, calls: map[string]int{}}
	r.proxy = &httputil.ReverseProxy{
		Transport: transport, FlushInterval: -1,
		Rewrite:      func(p *httputil.ProxyRequest) { p.SetURL(target) },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	r.Server = httptest.NewServer(r)
	t.Cleanup(func() { r.CloseClientConnections(); r.Close(); transport.CloseIdleConnections() })
	return r
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	swap := r.swap
	r.look(req.Header, body)
	r.mu.Unlock()
	if swap != nil {
		body = swap(req, body)
	}
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.proxy.ServeHTTP(w, req)
}

// maxLife is how long a token for the tools may be good for, in seconds.
const maxLife = 300

// look judges a request. Callers hold mu.
func (r *recorder) look(header http.Header, body []byte) {
	token := strings.TrimPrefix(header.Get("Authorization"), "Bearer ")
	if token == "" && !bytes.Contains(body, []byte(`"tools/`)) {
		return // a look whether somebody is there
	}
	claims := read(token)
	var message struct {
		Method string
		Params struct {
			Arguments struct {
				Task string `json:"task_id"`
			}
		}
	}
	_ = json.Unmarshal(body, &message) // not ours to judge
	if message.Method == "tools/call" {
		r.calls[claims.Sub]++
	}
	owner, known := r.owners[message.Params.Arguments.Task]
	for reason, bad := range map[string]bool{
		"a browser's token":      r.foreign[token],
		"several tokens":         len(header["Authorization"]) != 1,
		"another issuer":         claims.Iss != fleet.Address,
		"another audience":       claims.Aud != r.audience,
		"a token for longer":     claims.Exp <= claims.Iat || claims.Exp-claims.Iat > maxLife,
		"a token of another's":   known && claims.Sub != owner,
		"a cookie or a session":  header.Get("Cookie")+header.Get("Mcp-Session-Id") != "",
		"a token without a user": claims.Sub == "",
	} {
		if bad {
			r.wrong = append(r.wrong, fmt.Sprintf("%s: %s %+v", reason, message.Method, claims))
		}
	}
}

// faults gives what was wrong so far, and how many calls there were.
func (r *recorder) faults() (calls int, wrong []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.calls {
		calls += n
	}
	return calls, slices.Clone(r.wrong)
}

// callsOf counts a user's tool calls.
func (r *recorder) callsOf(user string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[user]
}

type claims struct {
	Iss, Aud, Sub string
	Iat, Exp      int64
}

// read gives what a token says, without a look at its signature.
func read(token string) (c claims) {
	if parts := strings.Split(token, "."); len(parts) == 3 {
		data, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(data, &c)
	}
	return c
}
