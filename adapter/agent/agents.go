package agent

import (
	_ "embed"
	"slices"
)

// The agents that there are, by Name.
const (
	Orchestrator   = "orchestrator"
	UrduSpecialist = "urdu"
)

var (
	//go:embed orchestrator.md
	orchestratorInstructions string
	//go:embed urdu.md
	urduInstructions string
)

// Agents gives those who answer. Both may use every tool; the Orchestrator
// answers unless Choose finds that the Urdu Specialist should.
func Agents() []Agent {
	return []Agent{
		{
			Name: Orchestrator, Label: "Orchestrator", Instructions: orchestratorInstructions,
			Transfer:     handOverPrefix + "orchestrator",
			TransferWhen: "Hands the conversation over to the Orchestrator, who answers in every language but Urdu. Call it, and nothing else, when the person writes in another language or asks for one.",
			HandsTo:      []string{UrduSpecialist},
		},
		{
			Name: UrduSpecialist, Label: "Urdu Specialist", Instructions: urduInstructions,
			Transfer:     handOverPrefix + "urdu_specialist",
			TransferWhen: "Hands the conversation over to the Urdu Specialist, who answers in Urdu, in Urdu or Roman letters. Call it, and nothing else, when the person writes Urdu or asks to be answered in Urdu.",
			HandsTo:      []string{Orchestrator},
			Note:         lettersNote,
		},
	}
}

// Choose says who answers first: whom the request prefers, else the agent for
// the language of the newest message that has one.
func Choose(req Request) string {
	switch {
	case req.Prefer == Orchestrator || req.Prefer == UrduSpecialist:
		return req.Prefer
	case spoken(req).IsUrdu():
		return UrduSpecialist
	}
	return Orchestrator
}

// spoken gives the language of the user's newest message. Where that is too
// short to tell, the ones before decide.
func spoken(req Request) Lang {
	lang := Unclear
	left := 20 // messages to look at
	for _, messages := range [][]Message{req.Input, req.History} {
		for _, msg := range slices.Backward(messages) {
			if msg.Role != RoleUser {
				continue
			}
			if lang = lang.Or(Language(msg.Text)); lang != Unclear || left == 0 {
				return lang
			}
			left--
		}
	}
	return lang
}

// lettersNote tells the specialist what the rule has found, for models forget
// in long conversations which letters they were to use.
func lettersNote(req Request) string {
	switch spoken(req) {
	case Urdu:
		return "The person writes Urdu letters now: answer in Urdu letters (اردو)."
	case RomanUrdu:
		return "The person writes Roman letters now: answer in Roman Urdu, without any Urdu letters."
	}
	return ""
}
