package main

import (
	"strings"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/web"
)

// An answer is shown while it is written, and read aloud once it is whole.
func TestPageStreams(t *testing.T) {
	t.Parallel()
	hold := make(pause)
	pieces := strings.SplitAfter(strings.Repeat("word by word ", 20)+"and the **end**.", " ")
	h := start(t, setup{env: plays(t, hold.says(pieces...))})
	tab := h.visit(t)
	tab.WaitText("How can I help you")
	tab.Eval(`{ window.spoken = 0;
		for (const el of document.querySelectorAll("[role=status], [role=alert], [aria-live=polite], [aria-live=assertive]"))
			new MutationObserver(() => spoken++).observe(el, {childList: true, characterData: true, subtree: true}) }`, nil)
	sendOn(t, tab, "talk to me")
	log := tab.Log("Conversation")
	log.WaitText("word by word and the")
	tab.Button("Stop").Wait()
	if text := log.Text(); strings.Contains(text, "end") {
		t.Errorf("the end is there before it was said: %q", text)
	}
	tab.Axe(t)
	close(hold)
	log.WaitText("and the end.")
	tab.Button("Stop").Gone()
	var spoken int
	if tab.Eval("spoken", &spoken); spoken == 0 || spoken > 8 {
		t.Errorf("live regions changed %d times, want a few", spoken)
	}
	if said := strings.Join(tab.Find("status", "").Texts(), "\n"); !strings.Contains(said, "Orchestrator: word by word") || !strings.HasSuffix(said, "and the end.") {
		t.Errorf("what is read aloud is %q, want the answer without the signs of Markdown", said)
	}
}

// Stop ends an answer; what was said stays, now and after a reload. Retry has
// the question answered anew.
func TestPageStops(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: plays(t, agenttest.Stall("As far as"), agenttest.Text("The whole answer."))})
	tab := h.visit(t)
	sendOn(t, tab, "how far?")
	log := tab.Log("Conversation")
	log.WaitText("As far as")
	tab.Textbox("Message").Type("the next question")
	tab.Button("Stop").Click()
	tab.Button("Stop").Gone()
	log.WaitText("As far as")
	if got := tab.Textbox("Message").Value(); got != "the next question" {
		t.Errorf("Stop leaves %q in the box, want what was being written", got)
	}
	tab.Reload()
	log.WaitText("As far as")
	log.Button("Retry").Click()
	log.WaitText("The whole answer.")
	tab.WaitNoText("As far as")
	if got := log.Find("article", "You").Count(); got != 1 {
		t.Errorf("after Retry there are %d questions, want the one", got)
	}
}

// An answer goes on when the page is loaded again in its middle, and is there
// when it has ended, without a hand; in a second tab as well.
func TestPageReloadInTheMiddle(t *testing.T) {
	t.Parallel()
	hold := make(pause)
	h := start(t, setup{env: plays(t, call("create_task", `{"title":"water the plants"}`), hold.says("Half ", "and whole."))})
	tab := h.visit(t)
	sendOn(t, tab, "add water the plants")
	log := tab.Log("Conversation")
	log.WaitText("Half")
	tab.Reload()
	log.WaitText("add water the plants")
	tab.Button("Stop").Wait()
	second := tab.Beside(h.Base + web.Root)
	second.Button("Stop").Wait()
	close(hold)
	second.Log("Conversation").WaitText("Half and whole.")
	second.Button("Stop").Gone()
	log.WaitText("Half and whole.")
	tab.Button("Stop").Gone()
	log.Checkbox("water the plants").Wait()
	for _, want := range []string{"Half and whole.", "Create task"} {
		if got := strings.Count(log.Text(), want); got != 1 {
			t.Errorf("%q is there %d times, want once", want, got)
		}
	}
}

// A stream that breaks while the answer goes on is followed to its end.
func TestPageLosesItsStream(t *testing.T) {
	t.Parallel()
	hold := make(pause)
	h := start(t, setup{env: plays(t, hold.says("Half ", "and whole."))})
	tab := h.visit(t)
	tab.Allow("ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_INCOMPLETE|ERR_FAILED")
	tab.Eval(`{ const send = fetch; window.fetch = async (url, init) => {
		const answer = await send(url, init);
		if (!String(init?.headers?.get?.("accept")).includes("event-stream")) return answer;
		const reader = answer.body.getReader();
		return new Response(new ReadableStream({async pull(out) {
			const {done, value} = await reader.read();
			if (window.cut) return reader.cancel(), out.error(new TypeError("network error"));
			if (done) out.close(); else out.enqueue(value);
			if (new TextDecoder().decode(value).includes("Half")) { window.cut = true; reader.cancel(); out.error(new TypeError("network error")); }
		}}), {headers: answer.headers});
	} }`, nil)
	sendOn(t, tab, "go on")
	tab.WaitEval("window.cut")
	tab.Log("Conversation").WaitText("go on")
	tab.Button("Stop").Wait()
	close(hold)
	tab.Log("Conversation").WaitText("Half and whole.")
	tab.Button("Stop").Gone()
	tab.Alert().Gone()
}
