package main

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"taskwire/adapter/agent/agenttest"
)

// A message that is refused after its conversation was left is kept as the draft
// of that conversation, and the writer is told.
func TestPageRefusesWhatWasLeft(t *testing.T) {
	t.Parallel()
	barrier := newBarrier()
	h := start(t, setup{env: ownFace(nil)}).behind(t, func(w http.ResponseWriter, r *http.Request, said string, pass http.Handler) {
		if !strings.Contains(said, "add buy") {
			pass.ServeHTTP(w, r)
			return
		}
		barrier.stop(r)
		turnAway(w, http.StatusServiceUnavailable)
	})
	tab := h.visit(t)
	tab.Expect("HTTP 503: POST .*/api/chatkit$")
	ask(t, tab, "help")
	history := tab.Find("complementary", "History")
	tab.Button("History").Click()
	box := tab.Textbox("Message")

	sendOn(t, tab, "add buy bread")
	receive(t, "the message", barrier.came)
	tab.Button("New chat").Click()
	tab.WaitText("How can I help you")
	barrier.open <- struct{}{}
	tab.Alert().WaitText("kept as a draft")
	if got := box.Value(); got != "" {
		t.Errorf("%q stands in the box of another conversation", got)
	}

	sendOn(t, tab, "add buy milk")
	receive(t, "the message", barrier.came)
	history.Button("help…").Click()
	tab.WaitEval(`document.querySelector("textarea").value === "add buy bread"`)
	barrier.open <- struct{}{}
	tab.Alert().WaitText("kept as a draft")
	if got := box.Value(); got != "add buy bread" {
		t.Errorf("%q stands in the box, want the draft alone", got)
	}
	tab.Button("New chat").Click()
	tab.WaitEval(`document.querySelector("textarea").value === "add buy milk"`)
}

// Where Stop fails, that is told, and it can be pressed again.
func TestPageStopsAgain(t *testing.T) {
	t.Parallel()
	var failed atomic.Bool
	h := start(t, setup{env: plays(t, agenttest.Stall("As far as"))}).behind(t, func(w http.ResponseWriter, r *http.Request, _ string, pass http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/cancel") && failed.CompareAndSwap(false, true) {
			turnAway(w, http.StatusServiceUnavailable)
			return
		}
		pass.ServeHTTP(w, r)
	})
	tab := h.visit(t)
	tab.Expect("HTTP 503: POST .*/api/chatkit/cancel")
	sendOn(t, tab, "how far?")
	log := tab.Log("Conversation")
	log.WaitText("As far as")
	stop := tab.Button("Stop")
	stop.Click()
	tab.Alert().Wait()
	stop.WaitState("disabled", "false").Click()
	stop.Gone()
	log.WaitText("As far as")
}

// Stop works from the first moment: also before the server knows of the thread,
// or of the answer.
func TestPageStopsEarly(t *testing.T) {
	t.Parallel()
	var late atomic.Bool
	barrier, cancelled := newBarrier(), make(chan struct{}, 100)
	h := start(t, setup{env: plays(t, agenttest.Stall("The first"), agenttest.Stall("The second"))}).behind(t, func(w http.ResponseWriter, r *http.Request, said string, pass http.Handler) {
		if strings.Contains(said, "how far?") && late.Load() {
			barrier.stop(r)
		}
		pass.ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "/cancel") {
			cancelled <- struct{}{}
		}
	})
	tab := h.visit(t)
	late.Store(true)
	stop := tab.Button("Stop")

	sendOn(t, tab, "how far?") // makes a thread
	receive(t, "the message", barrier.came)
	stop.Click()
	stop.WaitState("disabled", "true")
	barrier.open <- struct{}{}
	stop.Gone()
	tab.Log("Conversation").WaitText("how far?")
	for len(cancelled) > 0 {
		<-cancelled
	}

	sendOn(t, tab, "how far? Again")
	receive(t, "the message", barrier.came)
	stop.Click()
	receive(t, "Stop, while there is nothing to stop", cancelled)
	barrier.open <- struct{}{}
	stop.Gone()
	tab.Log("Conversation").WaitText("how far? Again")
}
