package main

import (
	"testing"
	"time"

	"taskwire/adapter/web/browsertest"
	"taskwire/adapter/web/chatkittest"
)

// F04: however ChatKit fails, the built-in chat comes, and soon.
func TestChatKitFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		script chatkittest.Script
		reason string
		soon   time.Duration // else it takes five seconds to be sure
		expect []string
	}{
		{chatkittest.Missing, "script_failed", 3 * time.Second, []string{"GET .*/chatkit.js"}},
		{chatkittest.Slow, "not_defined", 0, nil},
		{chatkittest.Undefined, "not_defined", 0, nil},
		{chatkittest.Unready, "not_ready", 0, nil},
		{chatkittest.Refuses, "fatal", 3 * time.Second, nil},
		{chatkittest.Fatal, "fatal", 3 * time.Second, nil},
		{chatkittest.Domain, "fatal", 3 * time.Second, nil},
		{chatkittest.Unmounts, "fatal", 3 * time.Second, nil},
	} {
		t.Run(string(c.script), func(t *testing.T) {
			t.Parallel()
			h := start(t, setup{env: chatKit(t, c.script, nil)})
			tab := h.visit(t)
			for _, pattern := range c.expect {
				tab.Expect(pattern)
			}
			h.fallsBack(t, tab, c.reason, c.soon)
		})
	}
	t.Run("blocked", func(t *testing.T) {
		t.Parallel()
		h := start(t, setup{env: chatKit(t, chatkittest.Works, nil)})
		tab := h.visit(t, func(tab *browsertest.Tab) { tab.Block("*://*:*/chatkit.js") })
		tab.Expect("failed request: .*inspector GET .*/chatkit.js")
		h.fallsBack(t, tab, "script_failed", 3*time.Second)
	})
}

// fallsBack waits for the built-in chat and uses it.
func (h *harness) fallsBack(t *testing.T, tab *browsertest.Tab, reason string, soon time.Duration) {
	t.Helper()
	tab.Textbox("Message").Wait()
	var shown float64
	tab.Eval(`performance.now()`, &shown)
	limit := 9 * time.Second // on a machine that is busy
	if soon > 0 {
		limit = soon
	}
	if took := time.Duration(shown) * time.Millisecond; took > limit {
		t.Errorf("the built-in chat is there after %v, want at most %v", took, limit)
	}
	ask(t, tab, "add buy milk")
	h.oneTask(t, "buy milk")
	var left int
	if tab.Eval(`document.querySelectorAll("openai-chatkit").length`, &left); left > 0 {
		t.Error("ChatKit's element is still there")
	}
	if reason != "script_failed" {
		reason = "chatkit_" + reason
	}
	tab.Eval(`dispatchEvent(new Event("pagehide"))`, nil) // tells at once
	waitFor(t, "the page to tell "+reason, func() bool {
		h.Server.beacons.mu.Lock()
		defer h.Server.beacons.mu.Unlock()
		return h.Server.beacons.errors[reason] == 1
	})
}
