package main

import (
	"net/http"
	"strings"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/web/chatkittest"
)

// Stop stops the server's answer too; what was said is kept and the thread is
// free for the next question.
func TestChatKitStops(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: chatKit(t, chatkittest.Works, plays(t, agenttest.Stall("As far as"), agenttest.Text("The whole answer.")))})
	k := h.openKit(t)
	k.begins("how far?")
	k.Log("ChatKit conversation").WaitText("As far as")
	k.presses("ChatKit stop")
	k.Button("ChatKit send").Wait()
	waitFor(t, "the answer to end", func() bool {
		return strings.Contains(h.dev(t, http.MethodPost, "/api/chatkit", `{"type":"items.list","params":{"thread_id":"`+k.thread()+`"}}`).Body, "As far as")
	})
	k.says("and now?")
	if texts := k.texts(); texts[len(texts)-1] != "The whole answer." {
		t.Errorf("texts = %q", texts)
	}
}

// An answer goes on though the page is left in its middle.
func TestChatKitAnswerOutlivesPage(t *testing.T) {
	t.Parallel()
	hold := make(pause)
	h := start(t, setup{env: chatKit(t, chatkittest.Works, plays(t, hold.says("Half ", "and whole.")))})
	k := h.openKit(t)
	k.begins("how far?")
	k.Log("ChatKit conversation").WaitText("Half")
	k.Reload()
	k.ready()
	close(hold)
	waitFor(t, "the whole answer", func() bool {
		k.Eval(`__chatkit.element.fetchUpdates()`, nil)
		texts := k.texts()
		return texts[len(texts)-1] == "Half and whole."
	})
}

// A secret that is refused is renewed, unseen.
func TestChatKitRenewsSecret(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: chatKit(t, chatkittest.Works, nil)})
	k := h.openKit(t)
	k.says("add buy milk")
	k.Expect("HTTP 401: POST .*/api/chatkit")
	k.Eval(`{ const send = fetch; let spoilt = false; window.asked = [];
		window.fetch = (url, init) => {
			asked.push(String(url));
			if (url === "/api/chatkit" && !spoilt) { spoilt = true; init.headers.set("Authorization", "Bearer " + "spoilt"); }
			return send(url, init);
		} }`, nil)
	k.says("add buy bread")
	var asked string
	if k.Eval(`asked.join(" ")`, &asked); asked != "/api/chatkit /api/chatkit/refresh /api/chatkit" {
		t.Errorf("asked for %s", asked)
	}
	h.oneTask(t, "buy bread")
}
