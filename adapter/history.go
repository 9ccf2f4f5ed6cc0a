package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"taskwire/adapter/agent"
	"taskwire/adapter/chatkit"
)

// What hidden items hold, by the "kind" in them.
const (
	kindRun  = "run"  // what the model said and called since the record before
	kindNote = "note" // what the model is to know beside the conversation
)

// storedRun is a hidden item of ours.
type storedRun struct {
	Kind     string          `json:"kind"`
	Agent    string          `json:"agent,omitempty"`
	Messages []agent.Message `json:"messages,omitempty"`
	Text     string          `json:"text,omitempty"` // of a note
}

func (r storedRun) item() (*chatkit.HiddenContext, error) {
	content, err := json.Marshal(r)
	return &chatkit.HiddenContext{Content: content}, err
}

// historyItems is how far back a model can look, in items; they are read in
// pages.
const (
	historyItems = 200
	historyPage  = 100
)

// history gives what was said on the thread before the message that is answered
// now, and that message.
func (s *server) history(ctx context.Context, t *chatkit.Turn, in *chatkit.UserMessage) (before, input []agent.Message, err error) {
	items, err := itemsBefore(ctx, t, in)
	if err != nil {
		return nil, nil, err
	}
	if in != nil && len(in.Attachments) > 0 || slices.ContainsFunc(items, hasFiles) {
		if err := t.Flush(); err != nil { // a storage may take its time
			return nil, nil, err
		}
	}
	files := s.filesOf(ctx, t.User, items, in)
	if in != nil {
		input = []agent.Message{userMessage(in, files)}
	}
	for len(items) > 0 {
		n := 1 + slices.IndexFunc(items[1:], isUserMessage)
		if n == 0 {
			n = len(items)
		}
		before = append(before, spoken(items[:n], files)...)
		items = items[n:]
	}
	return before, input, nil
}

// itemsBefore gives the newest items before a message, oldest first.
func itemsBefore(ctx context.Context, t *chatkit.Turn, in *chatkit.UserMessage) (items []chatkit.Item, err error) {
	page, err := t.History(ctx)
	if err != nil {
		return nil, err
	}
	items = page.Data
	for page.HasMore && len(items) < historyItems {
		page, err = apart(func() (chatkit.Page[chatkit.Item], error) {
			return t.Items(ctx, chatkit.PageParams{After: page.After, Limit: historyPage, Hidden: true})
		})
		if err != nil {
			return nil, err
		}
		items = append(items, page.Data...)
	}
	slices.Reverse(items)
	if in == nil {
		return items, nil
	}
	if at := slices.IndexFunc(items, func(item chatkit.Item) bool { return item.ItemID() == in.ID }); at >= 0 {
		items = items[:at]
	}
	return items, nil
}

func isUserMessage(item chatkit.Item) bool { return item.Kind() == chatkit.KindUserMessage }

func hasFiles(item chatkit.Item) bool {
	m, ok := item.(*chatkit.UserMessage)
	return ok && len(m.Attachments) > 0
}

// spoken gives what the model reads of one message and what was answered. The
// records of a run have the calls and their results besides the texts before
// them; a text behind the last, of an answer that was stopped, stands alone.
func spoken(items []chatkit.Item, files files) (messages []agent.Message) {
	recorded, runs := -1, make([]storedRun, len(items))
	for i, item := range items {
		if hidden, ok := item.(*chatkit.HiddenContext); ok {
			if runs[i] = readHidden(hidden); runs[i].Kind == kindRun {
				recorded = i
			}
		}
	}
	for i, item := range items {
		switch it := item.(type) {
		case *chatkit.UserMessage:
			messages = append(messages, userMessage(it, files))
		case *chatkit.AssistantMessage:
			if i > recorded {
				messages = append(messages, agent.Message{Role: agent.RoleAssistant, Text: textOfAssistant(it)})
			}
		case *chatkit.ClientToolCall:
			messages = append(messages, clientCall(it)...)
		case *chatkit.StructuredInput:
			messages = append(messages, agent.Message{Role: agent.RoleNote, Text: answersOf(it)})
		case *chatkit.SDKHiddenContext:
			messages = append(messages, agent.Message{Role: agent.RoleNote, Text: it.Content})
		case *chatkit.HiddenContext:
			messages = append(messages, hiddenMessages(it, runs[i])...)
		}
	}
	return messages
}

func readHidden(item *chatkit.HiddenContext) (run storedRun) {
	_ = json.Unmarshal(item.Content, &run) // one of another shape has no kind
	return run
}

func hiddenMessages(item *chatkit.HiddenContext, run storedRun) []agent.Message {
	var text string
	switch {
	case run.Kind == kindRun:
		return run.Messages
	case run.Kind == kindNote:
		text = run.Text
	case json.Unmarshal(item.Content, &text) != nil:
		return nil
	}
	return []agent.Message{{Role: agent.RoleNote, Text: text}}
}

// clientCall gives a tool that the page ran. One that it never answered is not
// told: a call needs its result.
func clientCall(call *chatkit.ClientToolCall) []agent.Message {
	if call.Status != chatkit.ToolCompleted {
		return nil
	}
	return []agent.Message{
		{Role: agent.RoleAssistant, Calls: []agent.Call{{ID: call.CallID, Name: call.Name, Arguments: call.Arguments}}},
		{Role: agent.RoleTool, CallID: call.CallID, Text: string(call.Output)},
	}
}

// answersOf tells what the user answered to questions.
func answersOf(in *chatkit.StructuredInput) string {
	var b strings.Builder
	b.WriteString("The user was asked:")
	for _, q := range in.Inputs {
		answer := "not answered"
		switch {
		case q.Answer != nil && q.Answer.Skipped:
			answer = "skipped"
		case q.Answer != nil:
			answer = strings.Join(q.Answer.Values, ", ")
		}
		b.WriteString("\n- " + q.Text + ": " + answer)
	}
	return b.String()
}
