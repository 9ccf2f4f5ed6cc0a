package agent

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// noResult stands for the result of a call that never gave one: the process
// ended, or the answer was stopped.
const noResult = `{"error":"There is no result: the answer was interrupted. It is not known whether this took effect."}`

// inOrder makes a conversation one that every provider takes: each call has one
// result, right behind it; a result without a call is left out; notes and the
// user's messages that follow each other are one message.
func inOrder(messages []Message) []Message {
	out := make([]Message, 0, len(messages))
	for i, msg := range messages {
		switch msg.Role {
		case RoleTool: // stands behind its call
		case RoleAssistant:
			if msg.Text == "" && len(msg.Calls) == 0 {
				continue
			}
			out = append(out, msg)
			for _, c := range msg.Calls {
				out = append(out, resultOf(c.ID, messages[i+1:]))
			}
		default:
			if last := len(out) - 1; last >= 0 && out[last].Role == RoleUser {
				out[last] = joined(out[last], msg)
			} else {
				msg.Text, msg.Role = asUser(msg), RoleUser
				out = append(out, msg)
			}
		}
	}
	return out
}

// resultOf finds the result of a call before the next assistant's message.
func resultOf(id string, following []Message) Message {
	for _, msg := range following {
		if msg.Role == RoleAssistant {
			break
		}
		if msg.Role == RoleTool && msg.CallID == id {
			return msg
		}
	}
	return Message{Role: RoleTool, CallID: id, Text: noResult}
}

func joined(a, b Message) Message {
	a.Text = strings.TrimLeft(a.Text+"\n\n"+asUser(b), "\n")
	a.Parts = slices.Concat(a.Parts, b.Parts)
	return a
}

// asUser gives the text of a message that goes out as the user's. Notes do, for
// many models refuse a system message in the middle.
func asUser(msg Message) string {
	if msg.Role == RoleNote {
		return "[Note from the application: " + msg.Text + "]"
	}
	return msg.Text
}

// cutText cuts a text to a number of bytes, mark included, and leaves no half
// character.
func cutText(text string, size int) string {
	const mark = "\n[cut: the rest is too long]"
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= size {
		return text
	}
	end := size - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
