package agent

import (
	"strings"
	"testing"
	"unicode"
)

func user(texts ...string) (out []Message) {
	for _, text := range texts {
		out = append(out, Message{Role: RoleUser, Text: text}, Message{Role: RoleAssistant, Text: "میں حاضر ہوں۔"})
	}
	return out
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name    string
		request Request
		want    string
	}{
		{"nothing said", Request{}, Orchestrator},
		{"English", Request{Input: user("show my tasks")}, Orchestrator},
		{"Urdu", Request{Input: user("میرے کام دکھائیں")}, UrduSpecialist},
		{"Roman Urdu", Request{Input: user("mere saare kaam dikhao")}, UrduSpecialist},
		{"a short word after Urdu", Request{History: user("میرے کام دکھائیں"), Input: user("ok")}, UrduSpecialist},
		{"a short word after English", Request{History: user("میرے کام دکھائیں", "what is due today?"), Input: user("2")}, Orchestrator},
		{"a short word after short words", Request{History: user("mera naam Ali hai", "ok", "3"), Input: user("👍")}, UrduSpecialist},
		{"English after Urdu", Request{History: user("میرے کام دکھائیں"), Input: user("please show me the list")}, Orchestrator},
		{"nothing new, after Urdu", Request{History: user("میرے کام دکھائیں")}, UrduSpecialist},
		{"as the user prefers", Request{Prefer: UrduSpecialist, Input: user("show my tasks")}, UrduSpecialist},
		{"as the user prefers, against the letters", Request{Prefer: Orchestrator, Input: user("میرے کام دکھائیں")}, Orchestrator},
		{"an agent that there is not", Request{Prefer: "admin", Input: user("میرے کام دکھائیں")}, UrduSpecialist},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Choose(c.request); got != c.want {
				t.Errorf("Choose = %q, want %q", got, c.want)
			}
		})
	}
}

func TestAgentsFitTogether(t *testing.T) {
	agents := map[string]Agent{}
	for _, a := range Agents() {
		agents[a.Name] = a
	}
	if len(agents) != 2 || Agents()[0].Name != Orchestrator {
		t.Fatalf("agents are %v, want the orchestrator first and the specialist", agents)
	}
	for _, a := range agents {
		if !toolName.MatchString(a.Transfer) || !strings.HasPrefix(a.Transfer, handOverPrefix) || a.TransferWhen == "" {
			t.Errorf("%s cannot be handed over to by %q", a.Name, a.Transfer)
		}
		for _, other := range a.HandsTo {
			if _, ok := agents[other]; !ok || other == a.Name {
				t.Errorf("%s hands over to %q", a.Name, other)
			}
		}
		if a.Label == "" || len(a.Instructions) < 500 || len(a.Instructions) > 6000 {
			t.Errorf("%s: label %q, instructions of %d bytes", a.Name, a.Label, len(a.Instructions))
		}
	}
	if agents[UrduSpecialist].Transfer != "transfer_to_urdu_specialist" || agents[Orchestrator].Transfer != "transfer_to_orchestrator" {
		t.Error("the tools for handing over are called otherwise than promised")
	}
	if !strings.ContainsFunc(agents[UrduSpecialist].Instructions, func(r rune) bool { return unicode.Is(unicode.Arabic, r) }) {
		t.Error("the specialist is not spoken to in Urdu")
	}
}

func TestLettersNote(t *testing.T) {
	note := func(text string) string { return lettersNote(Request{Input: user(text)}) }
	if got := note("mere kaam dikhao"); !strings.Contains(got, "Roman Urdu") {
		t.Errorf("for Roman letters: %q", got)
	}
	if got := note("میرے کام دکھائیں"); !strings.Contains(got, "in Urdu letters") {
		t.Errorf("for Urdu letters: %q", got)
	}
	if got := note("hello, how are you"); got != "" {
		t.Errorf("for English: %q", got)
	}
}
