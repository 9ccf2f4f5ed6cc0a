package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/web"
)

// When somebody else signs in elsewhere while the page is open, and the first
// one's session ends, what the first one writes is not sent for the second: the
// page begins anew.
func TestPageOfAnotherUserMeanwhile(t *testing.T) {
	t.Parallel()
	stack, auth := signsIn(t, nil)
	auth.user.Store("ada")
	var ended atomic.Bool
	sent := make(chan struct{})
	said := sync.OnceFunc(func() { close(sent) })
	h := stack.behind(t, func(w http.ResponseWriter, r *http.Request, body string, pass http.Handler) {
		switch {
		case !ended.Load():
		case bearerOf(r, "ada"):
			turnAway(w, http.StatusUnauthorized)
			return
		case strings.Contains(body, "ada's"):
			said()
		case r.URL.Path == web.Root: // the page that begins anew takes its time
			select {
			case <-sent:
			case <-time.After(time.Second):
			}
		}
		pass.ServeHTTP(w, r)
	})
	tab := h.visit(t)
	ask(t, tab, "add ada's task")
	tab.Button("New chat").Click()
	tab.WaitText("How can I help you")
	tab.Eval(`window.old = true`, nil)
	tab.Expect("HTTP 401")
	auth.user.Store("bob")
	ended.Store(true)
	sendOn(t, tab, "add ada's secret")
	tab.WaitEval(`!window.old`)
	tab.WaitText("How can I help you")
	for path, empty := range map[string]string{"/api/chatkit/threads": `"data":[]`, "/api/bob/tasks": `[]`} {
		if got := stack.send(t, http.MethodGet, path, "", stack.as(t, "bob")).ok(t, http.StatusOK); !strings.Contains(got.Body, empty) {
			t.Errorf("GET %s for bob = %s, want nothing", path, got.Body)
		}
	}
	tab.WaitEval(`!JSON.stringify({...localStorage}).includes("ada")`)
	ask(t, tab, "show my tasks")
	if text := tab.Body(); strings.Contains(text, "ada's") {
		t.Errorf("bob sees %q", text)
	}
}

// Who signs out elsewhere leaves nothing on the page: not what was said, not
// what was being sent, and no draft.
func TestPageSignsOut(t *testing.T) {
	t.Parallel()
	stack, auth := signsIn(t, nil)
	auth.user.Store("ada")
	h := stack.behind(t, func(w http.ResponseWriter, r *http.Request, _ string, pass http.Handler) {
		if auth.user.Load() == "" && strings.HasPrefix(r.URL.Path, "/api/") {
			turnAway(w, http.StatusUnauthorized)
			return
		}
		pass.ServeHTTP(w, r)
	})
	for _, place := range []string{"in a conversation", "in a new one"} {
		t.Run(place, func(t *testing.T) {
			auth.user.Store("ada")
			tab := h.visit(t)
			tab.Expect("HTTP 401")
			tab.Button("History").Click()
			ask(t, tab, "add ada's task")
			tab.Find("complementary", "History").Button("add ada's task…").First().Wait()
			if place == "in a new one" {
				tab.Button("New chat").Click()
			}
			auth.user.Store("")
			sendOn(t, tab, "ada's last words")
			tab.WaitText("You are not signed in")
			tab.Rest()
			box := tab.Textbox("Message").WaitState("disabled", "true")
			if got := box.Value(); got != "" {
				t.Errorf("%q stands in the box, want nothing", got)
			}
			for _, name := range []string{"Send", "Attach", "New chat", "History"} {
				tab.Button(name).WaitState("disabled", "true")
			}
			var text, kept string
			tab.Eval(`document.body.textContent`, &text)
			tab.Eval(`JSON.stringify({...localStorage})`, &kept)
			if strings.Contains(text, "ada's") || strings.Contains(kept, "ada's") {
				t.Errorf("the page keeps %q and shows %q", kept, text)
			}
			tab.Axe(t)
		})
	}
}

// A page that the browser had put aside and takes out for Back loads anew: it may
// be somebody else's by now.
func TestPageComesBack(t *testing.T) {
	t.Parallel()
	h, auth := signsIn(t, nil)
	auth.user.Store("ada")
	tab := h.visit(t)
	ask(t, tab, "add ada's task")
	auth.user.Store("bob")
	tab.Eval(`dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}))`, nil)
	tab.WaitText("How can I help you")
	if text := tab.Body(); strings.Contains(text, "ada") {
		t.Errorf("bob sees %q", text)
	}
}

// A retry takes away what came after the question. Where the conversation went on
// in another tab it takes away nothing, and shows what came.
func TestPageRetryInAStaleTab(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: plays(t, agenttest.Text("The first answer."), agenttest.Text("The second answer."))})
	tab := h.visit(t)
	ask(t, tab, "the first question")
	second := tab.Beside(h.Base + web.Root)
	second.Log("Conversation").WaitText("The first answer.")
	ask(t, second, "the second question")
	second.Log("Conversation").WaitText("The second answer.")

	tab.Log("Conversation").Button("Retry").Click()
	tab.WaitText("went on elsewhere")
	tab.Button("Stop").Gone()
	items := h.dev(t, http.MethodPost, "/api/chatkit", `{"type":"items.list","params":{"thread_id":"`+h.newestThread(t)+`"}}`).ok(t, http.StatusOK).Body
	for _, said := range []string{"The first answer.", "the second question", "The second answer."} {
		tab.Log("Conversation").WaitText(said)
		if !strings.Contains(items, said) {
			t.Errorf("%q is no more: %s", said, items)
		}
	}
}

// The name in a token is whatever somebody once entered: the greeting shows it
// without the signs that turn the text around it, and not at any length.
func TestPageGreetsHostileNames(t *testing.T) {
	t.Parallel()
	var h *harness
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims := h.Provider.Claims("ada", audience)
		claims["name"] = "\u202eadA <b>bold</b>" + strings.Repeat("!", 500)
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"token":"` + h.Provider.Sign(t, claims) + `"}`))
	}))
	t.Cleanup(tokens.Close)
	h = start(t, setup{env: map[string]string{"CHATKIT_ENABLED": "false", "AUTH_TOKEN_URL": tokens.URL}})
	tab := h.visit(t)
	tab.WaitText("How can I help you", "adA <b>bold</b>!")
	if text := tab.Body(); strings.Contains(text, "\u202e") || strings.Contains(text, strings.Repeat("!", 100)) {
		t.Errorf("the greeting is %q", text)
	}
}
