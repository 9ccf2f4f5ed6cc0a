package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// conversation draws a history, with faults: results without a call, calls
// without a result, results twice.
func conversation() *rapid.Generator[[]Message] {
	return rapid.Custom(func(t *rapid.T) []Message {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab ش😀")), 0, 80, -1)
		var out []Message
		for i := range rapid.IntRange(0, 15).Draw(t, "turns") {
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0, 1:
				out = append(out, Message{Role: RoleUser, Text: text.Draw(t, "user")})
			case 2:
				out = append(out, Message{Role: RoleNote, Text: text.Draw(t, "note")})
			case 3:
				out = append(out, Message{Role: RoleTool, CallID: fmt.Sprint("stray", i), Text: text.Draw(t, "stray")})
			case 4:
				answer := Message{Role: RoleAssistant, Text: text.Draw(t, "answer")}
				for j := range rapid.IntRange(0, 3).Draw(t, "calls") {
					answer.Calls = append(answer.Calls, Call{ID: fmt.Sprint(i, "-", j), Name: "list_tasks", Arguments: []byte("{}")})
				}
				out = append(out, answer)
				for _, c := range answer.Calls {
					for range rapid.IntRange(0, 2).Draw(t, "results") {
						out = append(out, Message{Role: RoleTool, CallID: c.ID, Text: text.Draw(t, "result")})
					}
				}
			}
		}
		for i := range out { // every message can be told from every other
			out[i].Agent = fmt.Sprint(i)
		}
		return out
	})
}

func tokensOfAll(messages []Message) (total int) {
	for _, msg := range messages {
		total += tokensOf(msg)
	}
	return total
}

func TestTrimKeepsWhatBelongsTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history := conversation().Draw(t, "history")
		budget := rapid.IntRange(0, 300).Draw(t, "budget")
		before := slices.Clone(history)
		out := Trim(history, budget)
		if !cmp.Equal(before, history) {
			t.Fatal("the history was changed")
		}
		cut := len(out) > 0 && out[0].Text == noteLeftOut
		kept := out
		if cut {
			kept = out[1:]
		}

		last := -1 // the kept ones stand in the old order
		for _, msg := range kept {
			at := slices.IndexFunc(history, func(h Message) bool { return h.Agent == msg.Agent })
			if at <= last {
				t.Fatalf("message %d stands behind message %d", at, last)
			}
			last = at
		}
		checkCalls(t, history, kept)
		user := lastUserOf(history)
		if user != nil && !slices.ContainsFunc(kept, func(m Message) bool { return m.Agent == user.Agent }) {
			t.Fatal("the user's last message is gone")
		}
		if total := tokensOfAll(out); total > budget {
			alone := tokensOf(Message{Text: noteLeftOut})
			if user != nil {
				alone += tokensOf(*user)
			}
			if total > alone {
				t.Fatalf("%d tokens of %d, and more than the user's last message", total, budget)
			}
		}
		if !cut && len(kept) != len(withoutStrays(history)) {
			t.Fatalf("%d of %d messages are left out without a note", len(withoutStrays(history))-len(kept), len(history))
		}
		if again := Trim(withoutStrays(history), tokensOfAll(history)); len(again) != len(withoutStrays(history)) {
			t.Fatal("something is left out of what fits")
		}
	})
}

// checkCalls fails when a call has lost a result, or a result its call.
func checkCalls(t *rapid.T, history, kept []Message) {
	results := func(messages []Message, id string) int {
		n := 0
		for _, msg := range messages {
			if msg.Role == RoleTool && msg.CallID == id {
				n++
			}
		}
		return n
	}
	open := map[string]bool{}
	for _, msg := range kept {
		for _, c := range msg.Calls {
			open[c.ID] = true
			if want := min(1, results(history, c.ID)); results(kept, c.ID) != want {
				t.Fatalf("call %s has %d results, want %d", c.ID, results(kept, c.ID), want)
			}
		}
		if msg.Role == RoleTool && !open[msg.CallID] {
			t.Fatalf("the result of %s has no call before it", msg.CallID)
		}
	}
}

func withoutStrays(history []Message) (out []Message) {
	open := map[string]bool{}
	for _, msg := range history {
		if msg.Role == RoleTool && !open[msg.CallID] {
			continue
		}
		delete(open, msg.CallID)
		for _, c := range msg.Calls {
			open[c.ID] = true
		}
		out = append(out, msg)
	}
	return out
}

func lastUserOf(history []Message) *Message {
	for _, msg := range slices.Backward(history) {
		if msg.Role == RoleUser {
			return &msg
		}
	}
	return nil
}

func TestTrimKeepsTheNewest(t *testing.T) {
	long := strings.Repeat("x", 400) // 104 tokens
	history := []Message{
		{Role: RoleUser, Text: "first" + long},
		{Role: RoleAssistant, Calls: []Call{{ID: "1", Name: "list_tasks"}}},
		{Role: RoleTool, CallID: "1", Text: long},
		{Role: RoleAssistant, Text: "here they are"},
		{Role: RoleNote, Text: NoteStopped},
		{Role: RoleUser, Text: "and now?"},
	}
	for _, c := range []struct {
		name   string
		budget int
		want   []Message
	}{
		{"all of it", 1000, history},
		{"the newest turn", 60, append([]Message{{Role: RoleNote, Text: noteLeftOut}}, history[3:]...)},
		{"no room for a result", 150, append([]Message{{Role: RoleNote, Text: noteLeftOut}}, history[3:]...)},
		{"room for the call and its result", 200, append([]Message{{Role: RoleNote, Text: noteLeftOut}}, history[1:]...)},
		{"no room", 0, []Message{{Role: RoleNote, Text: noteLeftOut}, history[5]}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Trim(history, c.budget)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
