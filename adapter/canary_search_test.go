package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A tap stands before a server that we call and keeps every request whole.
type tap struct {
	URL string

	mu     sync.Mutex
	target *url.URL
	away   bool
	seen   []tapped
}

type tapped struct {
	line   string // method and URL
	header http.Header
	body   string
}

func startTap(t testing.TB) *tap {
	p := &tap{}
	server := httptest.NewServer(p)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	p.URL = server.URL
	return p
}

// leadsTo says where requests go on to.
func (p *tap) leadsTo(t testing.TB, base string) {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = u
}

// goesAway lets what is behind the tap seem gone, or come back.
func (p *tap) goesAway(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

func (p *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.mu.Lock()
	target := p.target
	if p.away {
		target = nil
	}
	p.seen = append(p.seen, tapped{r.Method + " " + r.URL.String(), r.Header.Clone(), string(body)})
	p.mu.Unlock()
	if target == nil {
		panic(http.ErrAbortHandler)
	}
	proxy := httputil.ReverseProxy{
		FlushInterval: -1, ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		Rewrite: func(pr *httputil.ProxyRequest) {
			pr.SetURL(target)
			pr.Out.URL.Path = pr.In.URL.Path
			pr.Out.Host = pr.In.Host // mcpserver knows itself by it
		},
	}
	proxy.ServeHTTP(w, r)
}

func (p *tap) requests() []tapped {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// text is all of a request, but for what stands in the headers named.
func (r tapped) text(but ...string) string {
	hd := r.header.Clone()
	for _, name := range but {
		hd.Del(name)
	}
	return fmt.Sprint(r.line, "\n", hd, "\n\n", r.body)
}

// canaries are texts that may not be somewhere, by what they are.
type canaries map[string]string

// all puts sets of canaries together.
func all(sets ...canaries) canaries {
	out := canaries{}
	for _, set := range sets {
		maps.Copy(out, set)
	}
	return out
}

// in names the canaries that a text holds, however they are spelled.
func (c canaries) in(text string) (found []string) {
	for name, value := range c {
		if strings.Contains(text, value) {
			found = append(found, name+" (as it is)")
			continue
		}
		for spelling, written := range spellings(value) {
			if strings.Contains(text, written) {
				found = append(found, fmt.Sprintf("%s (%s)", name, spelling))
			}
		}
	}
	slices.Sort(found)
	return found
}

// spellings are the ways in which a text comes out of programs.
func spellings(s string) map[string]string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	out := map[string]string{
		"in a URL": url.QueryEscape(s), "in a path": url.PathEscape(s), "in JSON": strings.Trim(string(quoted), `"`),
		"in hexadecimal": hex.EncodeToString([]byte(s)),
	}
	for shift := range 3 { // where the text begins in a group of three bytes
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, shift), s...))
		from, to := (shift*8+5)/6, (shift+len(s))*8/6 // characters that belong to it alone
		out[fmt.Sprintf("in Base64 +%d", shift)] = encoded[from:to]
		out[fmt.Sprintf("in Base64 of URLs +%d", shift)] = strings.NewReplacer("+", "-", "/", "_").Replace(encoded[from:to])
	}
	return out
}

// The search itself: each canary is found in each spelling, and none where none is.
func TestCanariesAreFound(t *testing.T) {
	t.Parallel()
	c := canaries{"key": "sk-/canary+0123456789", "words": "دودھ خریدیں \"canary\""}
	quoted, _ := json.Marshal(c["words"])
	for name, text := range map[string]string{
		"key, as it is":    "Bearer " + c["key"],
		"words, JSON":      `{"title":` + string(quoted) + `}`,
		"key, in a query":  "GET /x?k=" + url.QueryEscape(c["key"]),
		"words, in a path": "GET /" + url.PathEscape(c["words"]),
		"key, hexadecimal": fmt.Sprintf("%x", c["key"]),
		"key, Basic":       "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+c["key"]+"\n")),
		"words, a token":   base64.RawURLEncoding.EncodeToString([]byte(`{"name":"` + c["words"] + `"}`)),
		"key, shifted":     base64.RawURLEncoding.EncodeToString([]byte("12" + c["key"] + "3")),
	} {
		if found := c.in(text); len(found) == 0 || !strings.HasPrefix(name, strings.SplitN(found[0], " ", 2)[0]) {
			t.Errorf("%s: found %q", name, found)
		}
	}
	if found := c.in("sk-/canary+012345678 دودھ خریدیں canary"); len(found) > 0 {
		t.Errorf("found %q where there is none", found)
	}
}

// nobodyAt is an address where nobody listens.
func nobodyAt(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
