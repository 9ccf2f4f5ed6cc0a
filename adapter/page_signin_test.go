package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"taskwire/adapter/web"
	"taskwire/identity/identitytest"
)

// An auth is the token endpoint of a sign-in server elsewhere: it gives a token
// for whoever is signed in.
type auth struct {
	*httptest.Server
	user atomic.Value // string; empty: nobody
}

// signsIn starts a stack whose page gets its token from elsewhere.
func signsIn(t *testing.T, more map[string]string) (*harness, *auth) {
	t.Helper()
	a := &auth{}
	a.user.Store("")
	var h *harness
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Allow-Headers", "accept, authorization")
		user := a.user.Load().(string)
		switch {
		case r.URL.Path == "/sign-in":
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte(`<!doctype html><title>Sign in</title><link rel="icon" href="data:,">Who are you?`))
		case user == "":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(`{"token":"` + h.token(t, user) + `"}`))
		}
	}))
	t.Cleanup(a.Close)
	env := map[string]string{"CHATKIT_ENABLED": "false", "AUTH_TOKEN_URL": a.URL + "/api/auth/token", "AUTH_SIGNIN_URL": a.URL + "/sign-in"}
	for key, value := range more {
		env[key] = value
	}
	h = start(t, setup{env: env})
	return h, a
}

// Who is signed out is told so and where to sign in, sees nothing of anybody's,
// and is at home after signing in. The next person at the same browser sees
// nothing of the last one's.
func TestPageSignIn(t *testing.T) {
	t.Parallel()
	h, auth := signsIn(t, nil)
	tab := h.visit(t)
	tab.Expect("HTTP 401")
	tab.WaitText("You are not signed in")
	tab.Textbox("Message").WaitState("disabled", "true")
	tab.Button("Attach").WaitState("disabled", "true")
	tab.Axe(t)
	tab.Link("Sign in").Click()
	tab.WaitText("Who are you?")

	auth.user.Store("alice")
	tab.Go(h.Base + web.Root)
	ask(t, tab, "add alice's secret")
	log := tab.Log("Conversation")
	log.Checkbox("alice's secret").Wait()
	tab.Textbox("Message").Type("alice's draft")
	tab.Reload()
	log.Checkbox("alice's secret").Wait()

	tab.Button("New chat").Click()
	tab.Textbox("Message").Type("alice's beginning")

	auth.user.Store("bob")
	tab.Reload()
	tab.WaitText("How can I help you")
	if text := tab.Body(); strings.Contains(text, "alice") || tab.Textbox("Message").Value() != "" {
		t.Errorf("bob sees %q", text)
	}
	tab.WaitEval(`!JSON.stringify({...localStorage}).includes("alice's")`)
	ask(t, tab, "show my tasks")
	if strings.Contains(tab.Body(), "secret") {
		t.Error("bob sees alice's task")
	}

	auth.user.Store("")
	tab.Reload()
	tab.WaitText("You are not signed in")
	if strings.Contains(tab.Body(), "show my tasks") {
		t.Error("who is signed out sees bob's conversation")
	}
}

// With Better Auth itself: the page takes the JWT of whoever has the session's
// cookie, and greets them by their name there.
func TestPageWithBetterAuth(t *testing.T) {
	t.Parallel()
	provider := identitytest.StartBetterAuth(t, "http://127.0.0.1:9/mcp")
	h := start(t, setup{env: map[string]string{
		"CHATKIT_ENABLED": "false", "BETTER_AUTH_URL": provider.URL, "AUTH_ISSUER": "", "AUTH_JWKS_URL": "", "AUTH_AUDIENCE": "",
	}})
	tab := h.visit(t)
	tab.Expect("HTTP 401")
	tab.WaitText("You are not signed in")
	post := func(path, body string) {
		t.Helper()
		var status int
		tab.Eval(fmt.Sprintf(`fetch(%q, {method: "POST", credentials: "include", headers: {"content-type": "application/json"}, body: %q}).then(r => r.status)`, provider.URL+"/api/auth"+path, body), &status)
		if status != http.StatusOK {
			t.Fatalf("POST %s = %d", path, status)
		}
	}
	post("/sign-up/email", `{"name":"Ada Lovelace","email":"ada@example.com","password":"correct horse battery"}`)
	tab.Reload()
	tab.WaitText("Hello Ada Lovelace! How can I help you with your tasks?")
	ask(t, tab, "add buy milk")
	tab.Checkbox("buy milk").Click()
	tab.Checkbox("buy milk").WaitState("checked", "true")

	post("/sign-out", "{}")
	tab.Reload()
	tab.WaitText("You are not signed in")
	if strings.Contains(tab.Body(), "milk") {
		t.Error("who is signed out sees Ada's conversation")
	}
}

// As make run starts it, in a browser that reaches nothing beyond this machine:
// ChatKit's script does not come, and the built-in chat is there in its stead
// within 6 s (F04).
func TestPageWithoutTheNetwork(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: devEnv})
	tab := h.visit(t)
	tab.Expect("foreign request: GET https://cdn.platform.openai.com/deployments/chatkit/chatkit.js")
	tab.Allow("cdn.platform.openai.com|ChatKit cannot be shown")
	ask(t, tab, "Create a task: buy milk")
	box := tab.Log("Conversation").Checkbox("buy milk")
	box.Click()
	box.WaitState("checked", "true")
	var shown float64
	tab.Eval(`performance.now()`, &shown)
	t.Logf("a task was made and ticked off %.1f s after the page was opened", shown/1000)
	if shown > 12_000 {
		t.Errorf("it took %.1f s", shown/1000)
	}
	tab.Reload()
	box.WaitState("checked", "true")
}
