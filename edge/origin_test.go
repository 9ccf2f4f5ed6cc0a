package edge

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestCheckOrigin(t *testing.T) {
	h := CheckOrigin("https://own.example", []string{"https://good.example", "http://localhost:3000"},
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		name    string
		origins []string
		site    string
		good    bool
	}{
		{"no browser", nil, "", true},
		{"the same origin without Origin", nil, "same-origin", true},
		{"typed in", nil, "none", true},
		{"its own", []string{"https://own.example"}, "same-origin", true},
		{"allowed", []string{"https://good.example"}, "cross-site", true},
		{"allowed with a port", []string{"http://localhost:3000"}, "", true},
		{"evil (M01)", []string{"https://evil.example"}, "", false},
		{"empty", []string{""}, "", false},
		{"null", []string{"null"}, "", false},
		{"two", []string{"https://own.example", "https://own.example"}, "", false},
		{"none of a list", []string{}, "", false},
		{"cross-site without Origin (M03)", nil, "cross-site", false},
		{"a suffix (C41)", []string{"https://good.example.evil"}, "", false},
		{"a prefix", []string{"https://good.exampl"}, "", false},
		{"another scheme", []string{"http://own.example"}, "", false},
		{"another port", []string{"http://localhost:3001"}, "", false},
		{"another letter case", []string{"https://Own.example"}, "", false},
		{"a list in one", []string{"https://own.example, https://good.example"}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/mcp", nil)
			if c.origins != nil {
				r.Header["Origin"] = c.origins
			}
			if c.site != "" {
				r.Header.Set("Sec-Fetch-Site", c.site)
			}
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			if good := rec.Code == http.StatusNoContent; good != c.good || !good && rec.Code != http.StatusForbidden {
				t.Errorf("status = %d, want good = %v", rec.Code, c.good)
			}
			acao := rec.Header().Get("Access-Control-Allow-Origin")
			if want := c.good && len(c.origins) == 1; (acao != "") != want {
				t.Errorf("Access-Control-Allow-Origin = %q, want one: %v", acao, want)
			}
			if rec.Header().Get("Vary") != "Origin" {
				t.Error("the answer does not vary by Origin")
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	reached := false
	h := CheckOrigin("", []string{"https://good.example"}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	for origin, want := range map[string]int{"https://good.example": 204, "https://good.example.evil": 403} {
		r := httptest.NewRequest("OPTIONS", "/mcp", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "mcp-session-id")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		header := rec.Header()
		if rec.Code != want || reached {
			t.Errorf("%s: status = %d, handler reached = %v, want %d", origin, rec.Code, reached, want)
		}
		headers := strings.Split(header.Get("Access-Control-Allow-Headers"), ", ")
		if want == 204 && (!slices.Contains(headers, "Mcp-Session-Id") || !strings.Contains(header.Get("Access-Control-Allow-Methods"), "DELETE") ||
			header.Get("Access-Control-Allow-Credentials") != "") {
			t.Errorf("preflight = %v", header)
		}
		if want == 403 && header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("a foreign preflight got %v", header)
		}
	}
}

func TestExpose(t *testing.T) {
	h := CheckOrigin("https://own.example", nil, http.NotFoundHandler())
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Origin", "https://own.example")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	for _, name := range []string{"Mcp-Session-Id", "WWW-Authenticate", "X-Request-Id"} {
		if !strings.Contains(rec.Header().Get("Access-Control-Expose-Headers"), name) {
			t.Errorf("%s is not exposed", name)
		}
	}
}

func TestNavigation(t *testing.T) {
	for _, c := range []struct {
		method, mode string
		allow        bool
		want         int
	}{
		{"GET", "navigate", true, 404}, {"GET", "navigate", false, 403}, {"POST", "navigate", true, 403}, {"GET", "cors", true, 403},
	} {
		r := httptest.NewRequest(c.method, "/", nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Sec-Fetch-Mode", c.mode)
		rec := httptest.NewRecorder()
		Origins{Navigation: c.allow}.Check(http.NotFoundHandler()).ServeHTTP(rec, r)
		if rec.Code != c.want {
			t.Errorf("%+v: status = %d", c, rec.Code)
		}
	}
}

func TestParseOrigins(t *testing.T) {
	got, err := ParseOrigins(" https://a.example, http://localhost:3000 ,,HTTPS://B.example:443,http://b.example:80,https://a.example,http://[::1]:8080")
	want := []string{"https://a.example", "http://localhost:3000", "https://b.example", "http://b.example", "http://[::1]:8080"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("ParseOrigins = %q, %v, want %q", got, err, want)
	}
	for _, bad := range []string{
		"*", "https://*.example", "a.example", "https://", "//a.example", "https://a.example/", "https://a.example/x", "https://a.example?x",
		"https://a.example#", "https://u:p@a.example", "ftp://a.example", "null", "file:///x", "https://bücher.example", "https://a.example:", "https://a b",
		"https://a.example:x", "https://a%41.example",
	} {
		if got, err := ParseOrigins(bad); err == nil {
			t.Errorf("ParseOrigins(%q) = %q, want an error", bad, got)
		}
	}
	if _, err := ParseOrigins("*,https://good.example,x"); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("ParseOrigins = %v, want both mistakes", err)
	}
}

func TestCheckHost(t *testing.T) {
	h := CheckHost([]string{"tasks.example", "127.0.0.1:8081", "[::1]:8081"}, http.NotFoundHandler())
	for host, want := range map[string]int{
		"tasks.example": 404, "TASKS.example": 404, "127.0.0.1:8081": 404, "[::1]:8081": 404,
		"tasks.example:443": 403, "taſks.example": 403, "evil.example": 403, "127.0.0.1": 403, "": 403, "tasks.example.evil.example": 403,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Code != want {
			t.Errorf("Host %q: status = %d, want %d", host, rec.Code, want)
		}
	}
}

func TestLoopbackOnly(t *testing.T) {
	for _, c := range []struct {
		peer, host string
		want       int
	}{
		{"127.0.0.1:4711", "127.0.0.1:8081", 404}, {"[::1]:4711", "localhost:8081", 404}, {"[::ffff:127.0.0.1]:1", "LOCALHOST", 404},
		{"10.0.0.7:4711", "127.0.0.1:8081", 403}, {"127.0.0.1:4711", "evil.example", 403}, {"127.0.0.1:4711", "localhost.evil.example", 403},
		{"127.0.0.1:4711", "", 403},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Host = c.peer, c.host
		rec := httptest.NewRecorder()
		LoopbackOnly(http.NotFoundHandler()).ServeHTTP(rec, r)
		if rec.Code != c.want {
			t.Errorf("%+v: status = %d", c, rec.Code)
		}
	}
}

func TestIsLoopbackAddr(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:8080": true, "127.9.9.9": true, "[::1]:0": true, "[::1]": true, "::1": true, "localhost:8080": true,
		":8080": false, "": false, "0.0.0.0:8080": false, "[::]:8080": false, "example.org:80": false, "127.0.0.1.evil.example:80": false,
		"localhoſt": false, "2130706433": false, "127.1": false,
	} {
		if got := IsLoopbackAddr(addr); got != want {
			t.Errorf("IsLoopbackAddr(%q) = %v, want %v", addr, got, want)
		}
	}
}
