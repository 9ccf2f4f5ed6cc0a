package once

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"testing"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// Without their ids, calls that are repeated because an answer was lost take
// effect twice, and the sweep must see it.
func TestFaultPointsControl(t *testing.T) {
	t.Parallel()
	l := newLane(t, storetest.Postgres)
	defer l.ends()
	l.first.env = fleet.With(l.first.env, map[string]string{"MCP_URL": forgetful(t, l.f.ToolsAt) + "/mcp"})
	if r := l.try(injection{program: "adapter"}); r.double != 0 {
		t.Fatalf("without a fault: %q", r.faults)
	}
	for n := 1; ; n++ {
		r := l.try(injection{"adapter", "after tools.send", n, "error"})
		if r.double > 0 {
			tally.Caught(t, "P4", "calls without an id are doubled")
			return
		}
		if !r.hit() {
			t.Fatalf("calls without an id were not doubled in %d tries", n)
		}
	}
}

// forgetful stands before the tools and loses the ids of calls.
func forgetful(t testing.TB, tools string) string {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: tools})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		var message map[string]any
		if json.Unmarshal(body, &message) == nil {
			params, _ := message["params"].(map[string]any)
			meta, _ := params["_meta"].(map[string]any)
			delete(meta, "taskwire/call-id")
			body, _ = json.Marshal(message) // what was JSON
		}
		r.Body, r.ContentLength, r.Host = io.NopCloser(bytes.NewReader(body)), int64(len(body)), tools
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// What is built for people holds no point and reads no variable of ours; what is
// built for the sweep does, or this test would see nothing.
func TestFaultPointsAreNotInPrograms(t *testing.T) {
	for _, c := range []struct {
		tags []string
		want bool
	}{{nil, false}, {[]string{"faultpoints"}, true}} {
		for program, point := range map[string]string{"adapter": "tools.send", "mcpserver": "pg.statement"} {
			data, err := os.ReadFile(fleet.Program(t, program, c.tags...))
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{"TASKWIRE_FAULTPOINT", point} {
				if bytes.Contains(data, []byte(text)) != c.want {
					t.Errorf("%s, tags %q: holds %s: %v, want %v", program, c.tags, text, !c.want, c.want)
				}
			}
		}
	}
}

func TestFaultPointsAreListed(t *testing.T) {
	doc, err := os.ReadFile("../../faultpoint/faultpoint.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, wait := range waitsInSource(t) {
		if !bytes.Contains(doc, []byte(wait)) {
			t.Errorf("%s is not in the list of the package's description", wait)
		}
	}
}
