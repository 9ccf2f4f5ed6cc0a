package main

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"taskwire/adapter/agent/agenttest"
)

// A stream that ends in the middle of an answer, as if it were whole, is not the
// end of the answer: that is looked up.
func TestPageLosesItsStreamInSilence(t *testing.T) {
	t.Parallel()
	hold := make(pause)
	h := start(t, setup{env: plays(t, hold.says("Half ", "and whole."))}).behind(t, func(w http.ResponseWriter, r *http.Request, said string, pass http.Handler) {
		if strings.Contains(said, "go on") {
			cutAfter("Half", w, r, pass)
			return
		}
		pass.ServeHTTP(w, r)
	})
	tab := h.visit(t)
	sendOn(t, tab, "go on")
	tab.WaitText("The connection was lost")
	tab.Button("Stop").Wait()
	close(hold)
	log := tab.Log("Conversation")
	log.WaitText("Half and whole.")
	tab.Button("Stop").Gone()
	tab.Alert().Gone()
	tab.WaitEval(`!document.querySelector(".writing")`)
	if got := strings.Count(log.Text(), "Half"); got != 1 {
		t.Errorf("the answer is there %d times, want once", got)
	}
}

// What is no answer of the server's, though it says 200, is told as a failure,
// and the message is the writer's again.
func TestPageIsAnsweredBySomebodyElse(t *testing.T) {
	t.Parallel()
	for name, foreign := range map[string]struct{ kind, body string }{
		"a page":          {"text/html", "<!doctype html><title>Welcome to the hotel</title>"},
		"an empty stream": {"text/event-stream", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var in atomic.Bool // the way to the server is open
			h := start(t, setup{env: ownFace(nil)}).behind(t, func(w http.ResponseWriter, r *http.Request, said string, pass http.Handler) {
				if strings.Contains(said, "add buy bread") && !in.Load() {
					w.Header().Set("Content-Type", foreign.kind)
					_, _ = io.WriteString(w, foreign.body)
					return
				}
				pass.ServeHTTP(w, r)
			})
			tab := h.visit(t)
			ask(t, tab, "add buy bread")
			tab.Alert().Button("Retry").Wait()
			checkUnsent(t, tab, "add buy bread")
			in.Store(true)
			tab.Alert().Button("Retry").Click()
			tab.Log("Conversation").Checkbox("buy bread").Wait()
			tab.Alert().Gone()
			h.oneTask(t, "buy bread")
		})
	}
}

// A retry that is refused takes nothing away.
func TestPageRetryIsRefused(t *testing.T) {
	t.Parallel()
	var refused atomic.Bool
	h := start(t, setup{env: plays(t, agenttest.Text("The old answer."), agenttest.Text("The new answer."))}).behind(t, func(w http.ResponseWriter, r *http.Request, said string, pass http.Handler) {
		if strings.Contains(said, "threads.retry_after_item") && refused.CompareAndSwap(false, true) {
			turnAway(w, http.StatusTooManyRequests)
			return
		}
		pass.ServeHTTP(w, r)
	})
	tab := h.visit(t)
	tab.Expect("HTTP 429: POST .*/api/chatkit$")
	ask(t, tab, "well?")
	log := tab.Log("Conversation")
	log.WaitText("The old answer.")
	log.Button("Retry").Click()
	tab.Alert().WaitText("limit")
	if text := log.Text(); !strings.Contains(text, "The old answer.") {
		t.Errorf("after the refusal there is %q, want the old answer", text)
	}
	tab.Alert().Button("Retry").Click()
	log.WaitText("The new answer.")
	tab.WaitNoText("The old answer.")
}

// A question that got no answer says so when the page is loaded again, and can be
// asked again.
func TestPageQuestionWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: plays(t, agenttest.Refuse(http.StatusUnauthorized, 0), agenttest.Text("Now it works."))})
	tab := h.visit(t)
	ask(t, tab, "does it work?")
	tab.Alert().Wait()
	tab.Reload()
	log := tab.Log("Conversation")
	log.WaitText("does it work?")
	tab.Alert().WaitText("The answer failed.")
	tab.Axe(t)
	tab.Alert().Button("Retry").Click()
	log.WaitText("Now it works.")
	tab.Alert().Gone()
	if got := log.Find("article", "You").Count(); got != 1 {
		t.Errorf("there are %d questions, want the one", got)
	}
}
