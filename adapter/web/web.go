// Package web serves the chat page: plain HTML, CSS and ES modules, embedded,
// with no build step. The page is one answer, its style in it, so that something
// stands on the screen after a single round trip; its modules, joined when the
// program starts, lie under a path that names their content and may be kept for
// good.
//
// What the package does not know: sessions, threads, models. The page's modules
// find those behind /api/chatkit.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed page.html icon.svg css js
var files embed.FS

// Root is where the page lies, and its files under it.
const Root = "/chatbot"

// Config is what the page has to know of its server.
type Config struct {
	User        string // who is served without a token (dev mode); empty: a token is needed
	TokenURL    string // where the page gets the user's token, with credentials
	SignInURL   string // where people are sent to sign in
	SessionMode string // self or openai
	Dictation   bool   // the server turns speech into text
	ChatKit     ChatKit
}

// ChatKit says whether and from where OpenAI's script is loaded. Without it the
// page shows its own chat.
type ChatKit struct {
	Enabled   bool
	Script    string
	DomainKey string
}

// A Page is the page and its files, ready to be sent. It is safe for concurrent
// use.
type Page struct {
	csp       string
	documents map[string]*file // by language
	assets    map[string]*file // by path under the page's root and version
	scripts   bundle
	prefix    string // Root/version/
}

// New makes the page.
func New(cfg Config) (*Page, error) {
	joined, err := scripts()
	if err != nil {
		return nil, err
	}
	assets, err := makeAssets(joined)
	if err != nil {
		return nil, err
	}
	style, err := readStyle()
	if err != nil {
		return nil, err
	}
	p := &Page{csp: policy(cfg, style), documents: map[string]*file{}, assets: assets, scripts: joined}
	p.prefix = Root + "/" + version(assets) + "/"
	for _, l := range languages {
		if p.documents[l.Code], err = p.document(cfg, l, style); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// ServeDocument answers with the page, in the language that was chosen before or
// else in the browser's.
func (p *Page) ServeDocument(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", p.csp)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	h.Add("Vary", "Cookie, Accept-Language")
	p.documents[chooseLanguage(r)].serve(w, r)
}

// ServeFile answers with a file of the page and reports whether there is one.
// A page of another release may ask for files under its own version: it gets
// ours, but is not to keep them.
func (p *Page) ServeFile(w http.ResponseWriter, r *http.Request) bool {
	rest, under := strings.CutPrefix(r.URL.Path, Root+"/")
	_, name, nested := strings.Cut(rest, "/")
	asset := p.assets[name]
	if !under || !nested || asset == nil {
		return false
	}
	cache := "public, max-age=31536000, immutable"
	if !strings.HasPrefix(r.URL.Path, p.prefix) {
		cache = "no-cache"
	}
	w.Header().Set("Cache-Control", cache)
	asset.serve(w, r)
	return true
}

// A file is an answer, as it is and compressed.
type file struct {
	kind         string
	plain, small []byte
	tag          string // of the plain form, without quotes
}

func newFile(kind string, data []byte) *file {
	var small bytes.Buffer
	z, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is one
	}
	_, _ = z.Write(data) // into memory
	_ = z.Close()
	sum := sha256.Sum256(data)
	return &file{kind: kind, plain: data, small: small.Bytes(), tag: hex.EncodeToString(sum[:8])}
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	body, tag := f.plain, `"`+f.tag+`"`
	h.Add("Vary", "Accept-Encoding")
	if takesGzip(r.Header.Get("Accept-Encoding")) {
		body, tag = f.small, `"`+f.tag+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a browser that is gone needs no page
	}
}

// takesGzip reads Accept-Encoding as far as it matters: gzip, not at q=0.
func takesGzip(accept string) bool {
	for coding := range strings.SplitSeq(accept, ",") {
		name, q, _ := strings.Cut(strings.ReplaceAll(coding, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			return strings.Trim(strings.TrimPrefix(q, "q="), "0.") != "" || q == ""
		}
	}
	return false
}

var kinds = map[string]string{".js": "text/javascript; charset=utf-8", ".map": "application/json", ".svg": "image/svg+xml"}

func makeAssets(scripts bundle) (map[string]*file, error) {
	icon, err := files.ReadFile("icon.svg")
	if err != nil {
		return nil, err
	}
	assets := map[string]*file{"icon.svg": newFile(kinds[".svg"], icon)}
	for name, data := range scripts.files {
		assets[name] = newFile(kinds[path.Ext(name)], data)
	}
	return assets, nil
}

// styles are the parts of the page's style, in their order.
var styles = []string{"theme", "layout", "thread", "composer", "history", "markdown", "widgets"}

func readStyle() (string, error) {
	var style strings.Builder
	for _, name := range styles {
		data, err := files.ReadFile("css/" + name + ".css")
		if err != nil {
			return "", err
		}
		style.Write(data)
	}
	return smallStyle(style.String())
}

// version names the content of all assets.
func version(assets map[string]*file) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(assets)) {
		fmt.Fprintf(sum, "%s %s\n", name, assets[name].tag)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

var document = template.Must(template.ParseFS(files, "page.html"))

func (p *Page) document(cfg Config, l lang, style string) (*file, error) {
	entries := []string{"js/main.js", "js/app.js", "js/words-" + l.Code + ".js"}
	if cfg.ChatKit.Enabled {
		entries = append(entries, "js/chatkit-face.js")
	}
	var modules []string
	for _, name := range p.scripts.needed(entries...) {
		modules = append(modules, p.prefix+name)
	}
	var out bytes.Buffer
	err := document.Execute(&out, map[string]any{
		"Lang": l, "Style": template.CSS(style), "Prefix": p.prefix, "Modules": modules, "Config": cfg.forPage(),
	})
	return newFile("text/html; charset=utf-8", out.Bytes()), err
}

// forPage is the configuration as the page's modules read it.
func (cfg Config) forPage() map[string]any {
	return map[string]any{
		"user": cfg.User, "tokenUrl": cfg.TokenURL, "signInUrl": cfg.SignInURL, "mode": cfg.SessionMode, "dictation": cfg.Dictation,
		"chatkit": map[string]any{"enabled": cfg.ChatKit.Enabled, "script": cfg.ChatKit.Script, "domainKey": cfg.ChatKit.DomainKey},
	}
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
