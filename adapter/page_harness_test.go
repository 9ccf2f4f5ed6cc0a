package main

import (
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/web"
	"taskwire/adapter/web/browsertest"
)

// ownFace are the settings of a stack without sign-in whose page shows the
// built-in chat, and what a test adds to them.
func ownFace(more map[string]string) map[string]string {
	env := maps.Clone(devEnv)
	env["CHATKIT_ENABLED"] = "false"
	maps.Copy(env, more)
	return env
}

// visit opens the page.
func (h *harness) visit(t testing.TB, before ...func(*browsertest.Tab)) *browsertest.Tab {
	t.Helper()
	return browsertest.Open(t, h.Base+web.Root, before...)
}

// sendOn writes a message and sends it. When it returns, the page has taken it.
func sendOn(t testing.TB, tab *browsertest.Tab, text string) {
	t.Helper()
	tab.Textbox("Message").Type(text)
	tab.Press("Enter")
}

// ask sends a message and waits until the answer has ended.
func ask(t testing.TB, tab *browsertest.Tab, text string) {
	t.Helper()
	sendOn(t, tab, text)
	tab.Button("Stop").Gone()
}

// dev sends a request as the user who needs no token.
func (h *harness) dev(t testing.TB, method, path, body string) answer {
	t.Helper()
	return h.send(t, method, path, body, nil)
}

// newestThread is the id of the user's newest thread.
func (h *harness) newestThread(t testing.TB) string {
	t.Helper()
	var page struct{ Data []struct{ ID string } }
	h.dev(t, http.MethodGet, "/api/chatkit/threads", "").ok(t, http.StatusOK).decode(t, &page)
	if len(page.Data) == 0 {
		t.Fatal("there is no thread")
	}
	return page.Data[0].ID
}

// plays gives the settings of a stack whose model gives these replies one after
// the other and then says "All done."
func plays(t testing.TB, replies ...agenttest.Reply) map[string]string {
	t.Helper()
	return ownFace(modelAt(playing(t, replies...)))
}

// playing starts that model.
func playing(t testing.TB, replies ...agenttest.Reply) *agenttest.Provider {
	t.Helper()
	var mu sync.Mutex
	model := scripted(t)
	model.Otherwise(agenttest.By(func(r agenttest.Request) agenttest.Reply {
		mu.Lock()
		defer mu.Unlock()
		if len(r.Tools) == 0 { // asked for a title
			return agenttest.Text("A better title")
		}
		if len(replies) == 0 {
			return agenttest.Text("All done.")
		}
		next := replies[0]
		replies = replies[1:]
		return next
	}))
	return model
}

// A pause lets a model say the beginning of an answer, and the rest when the
// test has seen that.
type pause chan struct{}

// says is the answer; the pause comes before the last of its pieces.
func (p pause) says(pieces ...string) agenttest.Reply {
	return func(w *agenttest.Writer, _ agenttest.Request) {
		w.Begin()
		for i, piece := range pieces {
			if i == len(pieces)-1 {
				<-p
			}
			w.Delta(piece)
		}
		w.Finish("stop")
	}
}

// oneTask waits until the user has exactly one task of a title.
func (h *harness) oneTask(t testing.TB, title string) {
	t.Helper()
	waitFor(t, "one task "+title, func() bool {
		return strings.Count(h.dev(t, http.MethodGet, "/api/dev-user/tasks?limit=100", "").Body, `"title":"`+title+`"`) == 1
	})
}
