package main

import (
	"net/http"
	"regexp"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/web/browsertest"
)

// An error that may pass can be tried again, one that stays cannot (F06).
func TestPageErrors(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: plays(t,
		agenttest.Refuse(http.StatusBadGateway, 0), agenttest.Refuse(http.StatusBadGateway, 0), agenttest.Refuse(http.StatusBadGateway, 0),
		agenttest.Text("Now it works."), agenttest.Refuse(http.StatusUnauthorized, 0),
	), change: impatient})
	tab := h.visit(t)
	ask(t, tab, "does it work?")
	tab.Alert().Button("Retry").Wait()
	tab.Axe(t)
	for tab.Alert().Count() > 0 { // the server may ask the model more than once itself
		tab.Alert().Button("Retry").Click()
		tab.Button("Stop").Gone()
	}
	log := tab.Log("Conversation")
	log.WaitText("Now it works.")
	if got := log.Find("article", "You").Count(); got != 1 {
		t.Errorf("there are %d questions, want the one", got)
	}

	ask(t, tab, "and again?")
	tab.Alert().Wait()
	if tab.Alert().Button("Retry").Count() > 0 {
		t.Errorf("what cannot be tried again has a button: %s", tab.Alert().Text())
	}
	tab.Textbox("Message").Type("one can go on")
	tab.Button("Send").WaitState("disabled", "false")
}

// Each state in which nothing can be sent is told, loses nothing, and ends.
func TestPageOutages(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t)
	ask(t, tab, "add buy milk")

	tab.Expect("ERR_INTERNET_DISCONNECTED")
	tab.Offline(true)
	tab.Alert().WaitText("offline")
	sendOn(t, tab, "add buy bread")
	tab.Alert().Button("Retry").Wait()
	tab.Alert().WaitText("offline")
	tab.Axe(t)
	checkUnsent(t, tab, "add buy bread")
	tab.Offline(false)
	tab.Alert().Gone()
	tab.Button("Send").Click()
	h.oneTask(t, "buy bread")
	tab.Button("Stop").Gone()
	tab.Alert().Gone()

	tab.Expect("failed request: .*inspector POST .*/api/chatkit")
	tab.Block("http://127.0.0.1:*/api/*")
	sendOn(t, tab, "add buy eggs")
	tab.Alert().Button("Retry").Wait()
	checkUnsent(t, tab, "add buy eggs")
	tab.Block()
	tab.Alert().Button("Retry").Click()
	h.oneTask(t, "buy eggs")
	tab.Button("Stop").Gone()
	tab.Alert().Gone()
}

// A message that was taken, but whose answer never came, takes effect once
// however often it is sent.
func TestPageSendsOnce(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t)
	ask(t, tab, "help")
	tab.Eval(`{ const send = fetch; window.fetch = async (url, init) => {
		const answer = await send(url, init);
		if (String(init?.body).includes("buy milk")) {
			window.fetch = send;
			await answer.text();
			throw new TypeError("the connection broke");
		}
		return answer;
	} }`, nil)
	ask(t, tab, "add buy milk")
	checkUnsent(t, tab, "add buy milk")
	tab.Alert().Button("Retry").Click()
	tab.Log("Conversation").Checkbox("buy milk").Wait()
	tab.Button("Stop").Gone()
	h.oneTask(t, "buy milk")
}

// checkUnsent: what could not be sent is the writer's again.
func checkUnsent(t *testing.T, tab *browsertest.Tab, text string) {
	t.Helper()
	if got := tab.Textbox("Message").Value(); got != text {
		t.Errorf("after a failure %q stands in the box, want %q", got, text)
	}
}

// Over the limit, the page says when to come back, and a message is not lost.
func TestPageLimit(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(map[string]string{"RATE_TURNS_PER_MINUTE": "1"})})
	tab := h.visit(t)
	tab.Expect("HTTP 429: POST .*/api/chatkit$")
	ask(t, tab, "add buy milk")
	for tab.Alert().Count() == 0 { // the first ones may be within the burst
		ask(t, tab, "add buy bread")
	}
	text := tab.Alert().Text()
	if !regexp.MustCompile(`limit.* \d+ s`).MatchString(text) {
		t.Errorf("the limit is told as %q, want when to come back", text)
	}
	tab.Alert().Button("Retry").Wait()
	checkUnsent(t, tab, "add buy bread")
	tab.Axe(t)
}
