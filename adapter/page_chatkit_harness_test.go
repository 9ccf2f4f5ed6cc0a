package main

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"taskwire/adapter/web"
	"taskwire/adapter/web/browsertest"
	"taskwire/adapter/web/chatkittest"
)

// chatKit are the settings of a stack without sign-in whose page shows ChatKit,
// and what a test adds to them.
func chatKit(t testing.TB, script chatkittest.Script, more map[string]string) map[string]string {
	t.Helper()
	env := maps.Clone(devEnv)
	maps.Copy(env, more)
	env["CHATKIT_ENABLED"] = "true"
	env["CHATKIT_SCRIPT_URL"] = chatkittest.Serve(t, script)
	return env
}

// A kit is the page with ChatKit on it.
type kit struct{ *browsertest.Tab }

// openKit opens the page and waits for ChatKit.
func (h *harness) openKit(t testing.TB, before ...func(*browsertest.Tab)) kit {
	t.Helper()
	k := kit{browsertest.Open(t, h.Base+web.Root, before...)}
	k.ready()
	t.Cleanup(func() { k.check(t) })
	return k
}

// ready waits until ChatKit is seen.
func (k kit) ready() {
	k.WaitEval(`document.querySelector("openai-chatkit").checkVisibility({visibilityProperty: true})
		&& __chatkit.events.some(([type]) => type === "chatkit.ready") && !__chatkit.conversation.busy`)
}

// check fails the test for what ChatKit would have refused.
func (k kit) check(t testing.TB) {
	t.Helper()
	var refused []string
	if k.Eval("__chatkit.refused", &refused); len(refused) > 0 {
		t.Errorf("ChatKit refuses: %s", strings.Join(refused, "\n"))
	}
}

// says sends a message and waits until the answer has ended.
func (k kit) says(text string) {
	k.Eval(fmt.Sprintf(`__chatkit.element.sendUserMessage({text: %q})`, text), nil)
}

// begins sends a message and does not wait for the answer.
func (k kit) begins(text string) {
	k.Eval(fmt.Sprintf(`void __chatkit.element.sendUserMessage({text: %q})`, text), nil)
}

// presses a button of ChatKit's, or ticks a box.
func (k kit) presses(name string) {
	k.WaitEval(fmt.Sprintf(`(el => el && (el.click(), true))([...__chatkit.element.shadowRoot.querySelectorAll("button, input")]
		.find(el => (el.ariaLabel ?? el.textContent) === %q))`, name))
}

// texts are those of the thread's messages.
func (k kit) texts() (texts []string) {
	k.Eval(`__chatkit.conversation.items.map(item => (item.content ?? []).map(part => part.text).join(""))`, &texts)
	return texts
}

func (k kit) thread() (id string) {
	k.Eval(`__chatkit.conversation.threadId ?? ""`, &id)
	return id
}

func (k kit) stored(key string) (value string) {
	k.Eval(fmt.Sprintf(`localStorage.getItem(%q) ?? ""`, key), &value)
	return value
}
