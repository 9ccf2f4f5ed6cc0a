package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"taskwire/adapter/web/browsertest"
	"taskwire/adapter/web/chatkittest"
)

// What the samples of front ends name, instead of what a test has.
const (
	sampleAPI    = "https://chat.example.com/api/chatkit"
	sampleScript = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
)

// The samples of front ends, in React and in plain HTML, work as the README
// shows them: at another origin, with a token of the provider's.
func TestChatKitFrontEnds(t *testing.T) {
	t.Parallel()
	plain, err := os.ReadFile("web/testdata/frontend/plain.html")
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := chatkittest.Node("testdata/node/bundle.mjs", "adapter/web/testdata/frontend/main.jsx")
	if err != nil {
		t.Fatal(err)
	}
	react := `<!doctype html><html lang="en"><title>Tasks</title><script src="` + sampleScript + `"></script><main></main><script src="/bundle.js"></script>`
	for name, page := range map[string]string{"plain HTML": string(plain), "React": react} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testFrontEnd(t, page, string(bundle))
		})
	}
}

func testFrontEnd(t *testing.T, page, bundle string) {
	script := chatkittest.Serve(t, chatkittest.Works)
	var h *harness
	mux := http.NewServeMux()
	give := func(path, kind string, content func() string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, strings.NewReplacer(sampleScript, script, sampleAPI, h.Base+"/api/chatkit").Replace(content()))
		})
	}
	give("/{$}", "text/html; charset=utf-8", func() string { return page })
	give("/favicon.ico", "image/x-icon", func() string { return "" })
	give("/bundle.js", "text/javascript", func() string { return bundle })
	give("/api/auth/token", "application/json", func() string { return `{"token":"` + h.token(t, "u1") + `"}` })
	mux.HandleFunc("GET /chatkit-config.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "web/js/chatkit-config.js") })
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	h = start(t, setup{env: map[string]string{"ALLOWED_ORIGINS": front.URL}})

	k := kit{browsertest.Open(t, front.URL)}
	k.ready()
	k.Find("region", "ChatKit start").WaitText("Hello Ada! How can I help you with your tasks?")
	k.says("add buy milk")
	if tasks := h.send(t, http.MethodGet, "/api/u1/tasks", "", h.as(t, "u1")).Body; !strings.Contains(tasks, "buy milk") {
		t.Errorf("tasks = %s", tasks)
	}
	thread := k.thread()
	k.Reload()
	k.ready()
	if k.thread() != thread {
		t.Errorf("after a reload the thread is %q, want %q", k.thread(), thread)
	}
	k.Expect("HTTP 404: POST .*/api/chatkit")
	k.Eval(`localStorage.setItem("chatkit-thread-id", "thr_of_nobody")`, nil)
	k.opensNew(t)
}
