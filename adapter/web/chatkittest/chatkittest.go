// Package chatkittest plays OpenAI's ChatKit script for tests of the page: a
// server on loopback has a small <openai-chatkit>, which refuses whatever the
// types of the pinned @openai/chatkit do not have and speaks the protocol as
// ChatKit does. It can also fail in the ways in which ChatKit fails.
package chatkittest

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

//go:embed standin/*.js
var standin embed.FS

// A Script is how ChatKit's script behaves.
type Script string

// The ways of the script: one works, the others fail.
const (
	Works     Script = "works"
	Missing   Script = "missing"   // 404
	Slow      Script = "slow"      // comes after 30 s
	Undefined Script = "undefined" // defines no element
	Unready   Script = "unready"   // its frame never loads
	Refuses   Script = "refuses"   // takes no options
	Fatal     Script = "fatal"     // an error before it is ready
	Domain    Script = "domain"    // ready, and then an error: the domain is not on OpenAI's list
	Unmounts  Script = "unmounts"  // ready, and then its frame is gone without a word
)

// Serve serves the script until the test ends and returns its address.
func Serve(t testing.TB, script Script) string {
	t.Helper()
	types, err := allowed()
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Sub(standin, "standin")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /frame.html", func(w http.ResponseWriter, r *http.Request) {
		if script == Unready {
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><html lang="en"><title>ChatKit</title>`)
	})
	mux.HandleFunc("GET /chatkit.js", func(w http.ResponseWriter, r *http.Request) {
		switch script {
		case Missing:
			http.NotFound(w, r)
			return
		case Slow:
			select {
			case <-r.Context().Done():
				return
			case <-time.After(30 * time.Second):
			}
		}
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		if script == Undefined {
			return
		}
		settings := fmt.Sprintf(`{behave: %q, frame: new URL("frame.html", src).href, types: %s}`, script, types)
		fmt.Fprintf(w, "{ const { src } = document.currentScript; import(new URL(\"element.js\", src)).then(({ define }) => define(%s)); }\n", settings)
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*") // modules are fetched with CORS
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections() // those that wait for ever
		s.Close()
	})
	return s.URL + "/chatkit.js"
}

// allowed is what ChatKit's types allow, as JSON.
var allowed = sync.OnceValues(func() (json.RawMessage, error) {
	return Node("testdata/node/chatkit-types.mjs")
})

// Node runs the Node of the test packages in the root of the module and gives
// what it prints.
func Node(args ...string) ([]byte, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(filepath.Join(root, "testdata/node/node_modules/node/bin/node"), args...)
	cmd.Dir = root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("node %s: %w\n%s%s\nscripts/node-needs.sh installs what this needs", strings.Join(args, " "), err, out, stderr.String())
	}
	return out, nil
}

func moduleRoot() (string, error) {
	gomod, err := exec.Command("go", "env", "GOMOD").Output()
	return filepath.Dir(strings.TrimSpace(string(gomod))), err
}
