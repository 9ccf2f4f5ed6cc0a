package main

import (
	"strings"
	"testing"
)

// TestTheDemoModelSpeaksAsItsAgent holds the demo model against the agents'
// instructions: by their wording it knows who it is and in which letters to
// answer, so that what is announced and what is said agree.
func TestTheDemoModelSpeaksAsItsAgent(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice")
	for _, c := range []struct{ said, then, agent, says string }{
		{"ok", "", "orchestrator", "All right!"},
		{"bijli ka bill de diya", "", "orchestrator", "I found no task about"},
		{"mark bijli ka bill as incomplete", "", "orchestrator", "I found no task about"},
		{"أظهر مهامي", "", "orchestrator", "I am the demo model"},
		{"delete دودھ لانا", "", "urdu", "کے بارے میں کوئی کام نہیں ملا"},
		{"ok bhai", "", "urdu", "Theek hai!"},
		{"mere kaam dikhao", "", "urdu", "Abhi aap ka koi kaam nahi."},
		{"mera “دودھ” wala kaam mukammal kar do", "", "urdu", "ke bare mein koi kaam nahi mila"},
		{"میرے کام دکھائیں", "ok", "urdu", "ٹھیک ہے!"},
	} {
		a := h.say(t, c.said, "", alice).chat(t)
		if c.then != "" {
			a = h.say(t, c.then, a.ThreadID, alice).chat(t)
		}
		if a.Agent != c.agent || !strings.Contains(a.Response, c.says) {
			t.Errorf("%q %q: %s said %q, want %s to say %q", c.said, c.then, a.Agent, a.Response, c.agent, c.says)
		}
	}
}

// TestTheDemoModelHearsTheAnswer asks which task is meant, with what the store
// keeps of a thread, and goes on with what was asked for.
func TestTheDemoModelHearsTheAnswer(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice")
	for _, said := range []string{"add milk the cow", "add buy milk", "add buy oat milk"} {
		h.say(t, said, "", alice).chat(t)
	}
	for _, c := range []struct{ said, then, says string }{
		{"delete milk", "the first one", "Deleted “buy oat milk”."},
		{"complete milk", "buy milk", "“buy milk” is completed."},
		{"can I delete buy milk?", "yes", "Deleted “buy milk”."},
	} {
		asked := h.say(t, c.said, "", alice).chat(t)
		if len(asked.ToolCalls) > 2 || strings.Contains(asked.Response, "Deleted") {
			t.Errorf("%q: %+v, want a question", c.said, asked)
		}
		if a := h.say(t, c.then, asked.ThreadID, alice).chat(t); !strings.Contains(a.Response, c.says) {
			t.Errorf("%q after %q: %q, want %q", c.then, asked.Response, a.Response, c.says)
		}
	}
	both := h.say(t, "add gym", "", alice).chat(t)
	both = h.say(t, "delete gym and milk the cow", both.ThreadID, alice).chat(t)
	deleted := 0
	for _, call := range both.ToolCalls {
		if call.Name == "delete_task" && call.OK {
			deleted++
		}
	}
	if deleted != 2 || !strings.Contains(both.Response, "Deleted “gym”. Deleted “milk the cow”.") {
		t.Errorf("two tasks at once: %+v", both)
	}
}
