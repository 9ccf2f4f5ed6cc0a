package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
	"taskwire/adapter/web/browsertest"
)

// The page tells the server how long it took until it was usable, and how long
// its answers did.
func TestPageTellsItsTimes(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t)
	tab.Eval(`{ window.told = {}; const send = fetch; window.fetch = (url, init) => {
		if (String(url).endsWith("/beacon")) Object.assign(told, JSON.parse(init.body).timings);
		return send(url, init);
	} }`, nil)
	ask(t, tab, "help")
	tab.WaitEval(`["page_ready_ms", "first_render_ms", "session_ms", "first_event_ms", "first_text_ms", "turn_ms"].every(name => told[name] >= 0)`)
	var told map[string]float64
	tab.Eval("told", &told)
	var painted float64
	tab.Eval(`performance.getEntriesByName("first-contentful-paint")[0].startTime`, &painted)
	t.Logf("first text on screen after %.0f ms; then %v", painted, told)
	waitFor(t, "the beacon to be taken", func() bool { return strings.Contains(h.Log.String(), `"route":"POST /api/chatkit/beacon","status":2`) })
}

// A conversation of 500 messages opens at its end with a page of them, and the
// rest come as one scrolls.
func TestPageLongThread(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	const count = 500
	var items []chatkit.Item
	for i := range count {
		if i%2 == 0 {
			items = append(items, userSaid("thr_long", i, fmt.Sprintf("Question %d: what is to be done?", i)))
		} else {
			items = append(items, assistantSaid("thr_long", i, fmt.Sprintf("Answer %d:\n\n1. **Buy milk**\n2. `call` the [bank](https://bank.example)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nThat is all for number %d.", i, i)))
		}
	}
	h.putThread(t, "thr_long", "Long", items...)
	tab := h.visit(t)
	tab.Button("History").Click()
	tab.Button("Long…").Click()
	tab.WaitText("number 499.")

	tab.Reload()
	scrollsThrough(t, tab, count)
}

// scrollsThrough waits for the end of a thread of so many messages, scrolls up
// to its first one, and tells what took long in that.
func scrollsThrough(t *testing.T, tab *browsertest.Tab, count int) {
	t.Helper()
	tab.WaitText(fmt.Sprintf("number %d.", count-1))
	opening := tab.LongTasks()
	var state struct {
		Shown int
		AtEnd bool
	}
	tab.Eval(`(log => ({shown: log.querySelectorAll("article").length, atEnd: [...log.querySelectorAll("article")].at(-1).getBoundingClientRect().bottom <= log.getBoundingClientRect().bottom}))(document.querySelector("[role=log]"))`, &state)
	if state.Shown > 60 || state.Shown < 10 || !state.AtEnd {
		t.Errorf("it opens with %d messages, at the end: %v; want a page of them, and its end", state.Shown, state.AtEnd)
	}
	began := time.Now()
	// As a hand does it: a frame at a time, until the first message is there.
	tab.Eval(`new Promise((done, fail) => {
		const log = document.querySelector("[role=log]"), late = performance.now() + 14000;
		(function up() {
			if (log.querySelector("article").textContent.includes("Question 0:")) return done();
			if (performance.now() > late) return fail(new Error("it stops at " + log.querySelector("article").textContent));
			log.scrollBy({top: -600, behavior: "instant"});
			requestAnimationFrame(up);
		})();
	})`, nil)
	took := time.Since(began).Round(time.Millisecond)
	scrolling := tab.LongTasks()
	tab.Eval(`document.querySelectorAll("[role=log] article").length`, &state.Shown)
	if state.Shown != count {
		t.Errorf("%d messages are there at last, want %d", state.Shown, count)
	}
	t.Logf("%d messages: tasks over 50 ms while opening %v, while scrolling through all of it in %v %v", count, opening, took, scrolling)
}
