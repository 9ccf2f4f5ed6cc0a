package demo

import (
	"strings"
	"unicode"
)

// How the instructions of our agents say who answers, and in which letters. A
// test of the adapter holds them against the agents.
const (
	orchestratorMark = "You are the assistant of Taskwire"
	specialistMark   = "You are the Urdu Specialist"
	urduLettersMark  = "The person writes Urdu letters now"
	romanLettersMark = "The person writes Roman letters now"
)

// speaks is the language to answer in. It is the one of the agent as whom the
// model is asked to speak, so that what is announced and what is said agree;
// only without such an agent it is the language of the sentence.
func (c *conversation) speaks(sentence tongue) tongue {
	for _, m := range c.req.Messages {
		if !m.instructs() {
			continue
		}
		text := strings.TrimSpace(m.Content.all())
		switch {
		case strings.HasPrefix(text, orchestratorMark):
			return english
		case !strings.HasPrefix(text, specialistMark):
		case strings.Contains(text, urduLettersMark):
			return urdu
		case strings.Contains(text, romanLettersMark), !hasUrduLetters(c.said):
			return romanUrdu
		default:
			return urdu
		}
	}
	return sentence
}

func hasUrduLetters(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r) })
}
