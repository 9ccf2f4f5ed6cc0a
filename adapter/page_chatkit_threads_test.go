package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"taskwire/adapter/web/chatkittest"
)

// An id that is none, or of a thread that is gone, opens a new one.
func TestChatKitForgetsThread(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: chatKit(t, chatkittest.Works, nil)})
	k := h.openKit(t)
	k.Expect("HTTP 404: POST .*/api/chatkit")
	k.says("add buy milk")
	gone := k.thread()
	h.dev(t, http.MethodPost, "/api/chatkit", `{"type":"threads.delete","params":{"thread_id":"`+gone+`"}}`).ok(t, http.StatusOK)
	for _, id := range []string{gone, "not even an id"} {
		k.Eval(fmt.Sprintf(`localStorage.setItem("chatkit-thread-id", %q)`, id), nil)
		k.opensNew(t)
	}
}

// F02: what was one person's is not another's, in the same browser.
func TestChatKitForgetsOthersThread(t *testing.T) {
	t.Parallel()
	h, auth := signsIn(t, map[string]string{"CHATKIT_ENABLED": "true", "CHATKIT_SCRIPT_URL": chatkittest.Serve(t, chatkittest.Works)})
	auth.user.Store("alice")
	k := h.openKit(t)
	k.says("add alice's secret")
	thread := k.thread()
	auth.user.Store("bob")
	k.opensNew(t)
	k.Expect("HTTP 404: POST .*/api/chatkit")
	k.Eval(fmt.Sprintf(`localStorage.setItem("chatkit-thread-id", %q); localStorage.setItem("chatkit-user", "bob")`, thread), nil)
	k.opensNew(t)
	k.says("show my tasks")
	if got := strings.Join(k.texts(), "|"); strings.Contains(got, "secret") || k.thread() == thread {
		t.Errorf("bob sees %q", got)
	}
}

// opensNew loads the page anew, which is to show a new thread and keep none.
func (k kit) opensNew(t *testing.T) {
	t.Helper()
	k.Reload()
	k.ready()
	k.Find("region", "ChatKit start").WaitText("How can I help you with your tasks?")
	if open, kept := k.thread(), k.stored("chatkit-thread-id"); open != "" || kept != "" {
		t.Errorf("open is %q, kept is %q, want a new thread", open, kept)
	}
	k.check(t)
}
