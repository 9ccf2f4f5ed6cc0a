package main

import (
	"encoding/json"
	"strings"
	"time"

	"taskwire/adapter/chatkit"
	"taskwire/store"
)

// unfinishedMark ends a text that was cut off.
const unfinishedMark = " …"

// noteDied is what the model reads of an answer whose process died.
const noteDied = "The answer above was cut off when the server stopped. It is not to be continued unless the user asks."

// mend gives what is kept of a turn that died with its process: the text so
// far, marked as unfinished, the steps that were taken, and a note to the model.
// Whoever ends the turn calls it, so it goes by what the checkpoint has.
func mend(u store.Unfinished) []store.Message {
	var kept []store.Message
	for _, m := range u.Messages {
		item, err := chatkit.UnmarshalItem(m.Item)
		if err != nil || !mended(item) {
			continue
		}
		if again, err := fromItem(item, m.SenderName); err == nil {
			kept = append(kept, again)
		}
	}
	note, err := json.Marshal(noteDied)
	if err != nil {
		panic(err) // a string always encodes
	}
	hidden := &chatkit.HiddenContext{
		Base:    chatkit.Base{ID: u.NewID(), ThreadID: u.SessionID, CreatedAt: time.Now().UTC()},
		Content: note,
	}
	if m, err := fromItem(hidden, ""); err == nil {
		kept = append(kept, m)
	}
	return kept
}

// mended makes an unfinished item one that can stay, and reports whether it
// can.
func mended(item chatkit.Item) bool {
	switch it := item.(type) {
	case *chatkit.AssistantMessage:
		if strings.TrimSpace(textOfAssistant(it)) == "" {
			return false
		}
		it.Content[len(it.Content)-1].Text += unfinishedMark
		return true
	case *chatkit.WorkflowItem:
		for i := range it.Workflow.Tasks {
			if task := &it.Workflow.Tasks[i]; task.Status == chatkit.TaskLoading {
				task.Status, task.Content = chatkit.TaskNone, "This step was cut off."
			}
		}
		return len(it.Workflow.Tasks) > 0
	}
	return false
}
