package agent

import "unicode/utf8"

// Notes that stand in Result.Messages behind an answer that did not come to its
// end, so that the model neither repeats nor relies on it.
const (
	NoteStopped    = "The person stopped this answer before its end."
	NoteUnfinished = "This answer broke off before its end because of a fault. The person saw what stands here."
)

// noteLeftOut stands in for what a conversation lost to Trim.
const noteLeftOut = "Earlier parts of this conversation are left out here."

// A stretch is a part of a history that is kept or dropped as a whole: a
// message, and behind an assistant's message the results of its calls.
type stretch struct {
	messages []int // indexes, rising
	tokens   int
}

// Trim makes a history fit into a number of tokens, as Config.Trim: it keeps
// the newest messages, always the user's last one, and never a call without its
// results or a result without its call. Where something is left out a note
// stands in for it. The history itself is not changed.
func Trim(history []Message, tokens int) []Message {
	stretches, lastUser := stretchesOf(history)
	total := 0
	for _, s := range stretches {
		total += s.tokens
	}
	left, keep := tokens, make([]bool, len(history))
	if total > tokens {
		left -= tokensOf(Message{Text: noteLeftOut})
	}
	if lastUser >= 0 {
		keep[lastUser] = true
		left -= tokensOf(history[lastUser])
	}
	dropped := false
	for i := len(stretches) - 1; i >= 0; i-- {
		s := stretches[i]
		if s.messages[0] == lastUser {
			continue
		}
		if dropped = dropped || s.tokens > left; dropped {
			break
		}
		left -= s.tokens
		for _, at := range s.messages {
			keep[at] = true
		}
	}
	var out []Message
	if dropped {
		out = append(out, Message{Role: RoleNote, Text: noteLeftOut})
	}
	for i, kept := range keep {
		if kept {
			out = append(out, history[i])
		}
	}
	return out
}

// stretchesOf parts a history, oldest first, and finds the user's last message,
// -1 if there is none. Results that belong to no call are in no stretch.
func stretchesOf(history []Message) (all []stretch, lastUser int) {
	lastUser = -1
	asked := -1 // the stretch of the newest assistant's message
	var open map[string]bool
	for i, msg := range history {
		if msg.Role == RoleTool {
			if open[msg.CallID] {
				delete(open, msg.CallID)
				all[asked].messages = append(all[asked].messages, i)
				all[asked].tokens += tokensOf(msg)
			}
			continue
		}
		all = append(all, stretch{[]int{i}, tokensOf(msg)})
		switch msg.Role {
		case RoleUser:
			lastUser = i
		case RoleAssistant:
			asked, open = len(all)-1, map[string]bool{}
			for _, c := range msg.Calls {
				open[c.ID] = true
			}
		}
	}
	return all, lastUser
}

// tokensOf guesses what a message costs: a quarter of its characters, and a
// little for what stands around them.
func tokensOf(msg Message) int {
	const around, image = 4, 1000
	characters := utf8.RuneCountInString(msg.Text) + len(msg.Raw)
	for _, c := range msg.Calls {
		characters += len(c.Name) + utf8.RuneCount(c.Arguments) + len(c.Extra)
	}
	tokens := around
	for _, p := range msg.Parts {
		characters += utf8.RuneCountInString(p.Text)
		if len(p.Data) > 0 {
			tokens += image
		}
	}
	return tokens + (characters+3)/4
}
