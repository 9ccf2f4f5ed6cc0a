package web

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// maxWeight is what the whole page may weigh on the wire, without ChatKit.
const maxWeight = 60_000 // bytes

func newPage(t *testing.T, cfg Config) *Page {
	t.Helper()
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func get(p *Page, path string, header ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	if path == Root {
		p.ServeDocument(w, r)
	} else if !p.ServeFile(w, r) {
		w.WriteHeader(http.StatusNotFound)
	}
	return w.Result()
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	var body io.Reader = res.Body
	if res.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			t.Fatal(err)
		}
		body = z
	}
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var address = regexp.MustCompile(`(?:href|src)="([^"]+)"`)

// Everything that the page names is there, the whole of it is light, and what
// the first answer holds fits into the first flight of a connection.
func TestPageIsWholeAndLight(t *testing.T) {
	p := newPage(t, Config{User: "ada"})
	document := get(p, Root, "Accept-Encoding", "gzip")
	weight := int(document.ContentLength)
	first := weight
	named := map[string]bool{}
	for _, found := range address.FindAllStringSubmatch(text(t, document), -1) {
		named[found[1]] = true
	}
	for path := range named {
		res := get(p, path, "Accept-Encoding", "gzip")
		if res.StatusCode != http.StatusOK {
			t.Errorf("GET %s = %d", path, res.StatusCode)
		}
		weight += int(res.ContentLength)
	}
	t.Logf("%d files, %d bytes compressed, %d of them in the first answer", len(named)+1, weight, first)
	if len(named) < 5 {
		t.Errorf("the page names %d files only", len(named))
	}
	if weight > maxWeight || first > 14_000 {
		t.Errorf("the page weighs %d bytes, %d of them in the first answer; it may have %d and 14000", weight, first, maxWeight)
	}
}

func TestFilesAreKept(t *testing.T) {
	p := newPage(t, Config{})
	script := p.prefix + "js/main.js"
	fresh := get(p, script)
	if got := fresh.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("Cache-Control of %s = %q", script, got)
	}
	if res := get(p, script, "If-None-Match", fresh.Header.Get("ETag")); res.StatusCode != http.StatusNotModified || text(t, res) != "" {
		t.Errorf("a file that is known already = %d", res.StatusCode)
	}
	small := get(p, script, "Accept-Encoding", "br, gzip;q=0.8")
	if small.Header.Get("Content-Encoding") != "gzip" || small.Header.Get("ETag") == fresh.Header.Get("ETag") || text(t, small) != text(t, fresh) {
		t.Errorf("compressed: %v", small.Header)
	}
	if res := get(p, script, "Accept-Encoding", "gzip;q=0, identity"); res.Header.Get("Content-Encoding") != "" {
		t.Errorf("gzip was sent to who does not take it")
	}
	if got := get(p, Root+"/of-another-release/js/main.js").Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("Cache-Control of another release's file = %q", got)
	}
	for _, path := range []string{Root + "/x", Root + "/", p.prefix, p.prefix + "page.html", p.prefix + "css/theme.css", p.prefix + "js", p.prefix + "../web.go", p.prefix + "js/../js/main.js"} {
		if res := get(p, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, res.StatusCode)
		}
	}
}

func TestPolicy(t *testing.T) {
	directives := func(cfg Config) map[string]string {
		found := map[string]string{}
		for d := range strings.SplitSeq(get(newPage(t, cfg), Root).Header.Get("Content-Security-Policy"), "; ") {
			name, value, _ := strings.Cut(d, " ")
			found[name] = value
		}
		return found
	}
	alone := directives(Config{TokenURL: "https://auth.example.com/api/auth/token", ChatKit: ChatKit{Script: "https://cdn.example.com/kit.js"}})
	for name, want := range map[string]string{
		"default-src": "'none'", "script-src": "'self'", "frame-src": "'none'", "connect-src": "'self' https://auth.example.com",
		"base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'", "trusted-types": "'none'",
	} {
		if alone[name] != want {
			t.Errorf("without ChatKit, %s = %q, want %q", name, alone[name], want)
		}
	}
	with := directives(Config{ChatKit: ChatKit{Enabled: true, Script: "https://cdn.example.com:8443/a/kit.js?v=1"}})
	for name, want := range map[string]string{
		"script-src": "'self' https://cdn.example.com:8443", "frame-src": "https://cdn.example.com:8443", "connect-src": "'self'",
	} {
		if with[name] != want {
			t.Errorf("with ChatKit, %s = %q, want %q", name, with[name], want)
		}
	}
	for name, value := range with {
		if strings.Contains(value, "unsafe") || strings.Contains(value, "*") {
			t.Errorf("%s = %s", name, value)
		}
	}
}

// What the settings say goes into the page as data, whatever it looks like.
func TestConfigIsData(t *testing.T) {
	p := newPage(t, Config{User: "</script><script>alert(1)</script>\u2028", SignInURL: "https://example.com/?a=1&b=\"'"})
	page := text(t, get(p, Root))
	if strings.Contains(page, "alert(1)</script>") || strings.Count(page, "</script>") != 2 {
		t.Errorf("the page has another script: %s", page[strings.Index(page, "<body"):])
	}
}

func TestLanguage(t *testing.T) {
	p := newPage(t, Config{})
	for _, c := range []struct{ name, accept, cookie, want string }{
		{"nothing said", "", "", "en"},
		{"the browser's", "ur-PK,ur;q=0.9,en;q=0.8", "", "ur"},
		{"another one", "de-DE,ur;q=0.5", "", "en"},
		{"chosen", "ur", "en", "en"},
		{"chosen Urdu", "en", "ur", "ur"},
		{"nonsense", "en", "<script>", "en"},
	} {
		page := text(t, get(p, Root, "Accept-Language", c.accept, "Cookie", languageCookie+"="+c.cookie))
		if c.cookie == "" {
			page = text(t, get(p, Root, "Accept-Language", c.accept))
		}
		if !strings.Contains(page, `<html lang="`+c.want+`"`) {
			t.Errorf("%s: %.60q, want %s", c.name, page, c.want)
		}
	}
}

// Both languages say everything, with the same values filled in.
func TestWordsAreTranslated(t *testing.T) {
	row := regexp.MustCompile(`(?m)^  "?([\w.]+)"?: "(.*)",$`)
	value := regexp.MustCompile(`\{\w+\}`)
	words := map[string]map[string][]string{}
	for _, l := range languages {
		source, err := files.ReadFile("js/words-" + l.Code + ".js")
		if err != nil {
			t.Fatal(err)
		}
		table, _, _ := strings.Cut(string(source), "\n};")
		words[l.Code] = map[string][]string{}
		for _, found := range row.FindAllStringSubmatch(table, -1) {
			values := value.FindAllString(found[2], -1)
			slices.Sort(values)
			words[l.Code][found[1]] = values
		}
	}
	if len(words["en"]) < 80 {
		t.Errorf("only %d words were read", len(words["en"]))
	}
	if diff := cmp.Diff(words["en"], words["ur"]); diff != "" {
		t.Errorf("English and Urdu differ (-English +Urdu):\n%s", diff)
	}
}

// Every word that a module says is there, and none that nobody says.
func TestWordsAreUsed(t *testing.T) {
	said := ""
	sources, err := fs.Glob(files, "js/*.js")
	if err != nil {
		t.Fatal(err)
	}
	more, err := fs.Glob(files, "js/chat/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(sources, more...) {
		if source, _ := files.ReadFile(name); !strings.HasPrefix(name, "js/words-") {
			said += string(source)
		}
	}
	english, err := files.ReadFile("js/words-en.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`(?m)^  "?([\w.]+)"?: "`).FindAllStringSubmatch(string(english), -1) {
		if !strings.Contains(said, `"`+found[1]+`"`) {
			t.Errorf("nobody says %q", found[1])
		}
	}
	for _, found := range regexp.MustCompile(`\bt\("([\w.]+)"`).FindAllStringSubmatch(said, -1) {
		if !regexp.MustCompile(`(?m)^  "?` + regexp.QuoteMeta(found[1]) + `"?: "`).Match(english) {
			t.Errorf("there are no words for %q", found[1])
		}
	}
}
