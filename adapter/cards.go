package main

import (
	"encoding/json"
	"strings"
	"unicode"

	"taskwire/adapter/agent"
	"taskwire/adapter/chatkit"
)

// The actions of our widgets. Their payload is {task_id, completed?}.
const (
	actionToggle = "task.toggle"
	actionDelete = "task.delete"
)

// maxCards bounds the widgets of one answer.
const maxCards = 5

// cards gathers the tasks that an answer was about, to show them as widgets
// whose buttons act without the model.
type cards struct {
	list    []task // of the last list, when nothing was changed after it
	listed  bool
	changed []task
}

// note takes in what a tool gave.
func (c *cards) note(e agent.ToolFinished) {
	if e.Err != "" || e.Result.IsError {
		return
	}
	var got struct {
		Deleted bool   `json:"deleted"`
		Task    *task  `json:"task"`
		Tasks   []task `json:"tasks"`
	}
	if json.Unmarshal(e.Result.Structured, &got) != nil {
		return
	}
	switch {
	case e.Name == "list_tasks":
		c.list, c.listed = got.Tasks, true
	case e.Name == "get_task" || got.Task == nil:
	case got.Deleted:
		c.forget(got.Task.ID)
	default:
		c.forget(got.Task.ID)
		c.changed = append(c.changed, *got.Task)
	}
}

// forget drops what is known of a task that has changed since: a list from
// before would show it as it was.
func (c *cards) forget(id string) {
	c.list, c.listed = nil, false
	kept := c.changed[:0]
	for _, t := range c.changed {
		if t.ID != id {
			kept = append(kept, t)
		}
	}
	c.changed = kept
}

// show sends the widgets, once.
func (c *cards) show(t *chatkit.Turn) error {
	list, listed, changed := c.list, c.listed, c.changed
	*c = cards{}
	if listed && len(list) > 0 {
		if err := t.ShowWidget(taskList(list), titles(list)); err != nil {
			return err
		}
	}
	for i, one := range changed {
		if i == maxCards {
			break
		}
		if err := t.ShowWidget(taskCard(one), one.Title); err != nil {
			return err
		}
	}
	return nil
}

func titles(tasks []task) string {
	lines := make([]string, len(tasks))
	for i, t := range tasks {
		lines[i] = t.Title
	}
	return strings.Join(lines, "\n")
}

func taskList(tasks []task) chatkit.ListView {
	list := chatkit.ListView{Children: make([]chatkit.ListViewItem, len(tasks))}
	for i, t := range tasks {
		list.Children[i] = chatkit.ListViewItem{Named: named(t), Children: taskRow(t)}
	}
	return list
}

func taskCard(t task) chatkit.Card {
	return chatkit.Card{Size: "sm", Children: []chatkit.Component{
		chatkit.Row{Layout: chatkit.Layout{Gap: 2, Align: "center"}, Named: named(t), Children: taskRow(t)},
	}}
}

// named ties a row to its task, for the actions.
func named(t task) chatkit.Named { return chatkit.Named{Key: t.ID} }

// shownTitle is a title without the characters that turn the direction of what
// stands beside it: a title must not dress up as something else.
func shownTitle(t task) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, t.Title)
}

// taskRow shows a task: a checkbox named by the title, what else there is to
// know, and a button to delete it.
func taskRow(t task) []chatkit.Component {
	row := []chatkit.Component{chatkit.Checkbox{
		Name: "done-" + t.ID, Label: shownTitle(t), DefaultChecked: t.Completed,
		OnChange: &chatkit.ActionConfig{
			Type: actionToggle, Sync: true, Payload: map[string]any{"task_id": t.ID, "completed": !t.Completed},
		},
	}}
	if t.Completed {
		row = append(row, chatkit.Badge{Label: "done", Color: "success", Variant: "soft"})
	}
	if t.Priority == "high" && !t.Completed {
		row = append(row, chatkit.Badge{Label: "high", Color: "danger", Variant: "soft"})
	}
	if t.DueDate != "" {
		row = append(row, chatkit.Caption{Value: t.DueDate})
	}
	return append(row, chatkit.Spacer{}, chatkit.Button{
		Label: "Delete", Variant: "ghost", Size: "sm", Color: "secondary",
		OnClick: &chatkit.ActionConfig{
			Type: actionDelete, Sync: true, Loading: chatkit.LoadingSelf, Payload: map[string]any{"task_id": t.ID},
		},
	})
}
