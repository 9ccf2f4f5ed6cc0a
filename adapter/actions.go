package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"taskwire/adapter/agent"
	"taskwire/adapter/chatkit"
)

// The buttons of our widgets call the tools themselves; the model is not asked.

// taskAction is the payload of our actions.
type taskAction struct {
	TaskID    string `json:"task_id"`
	Completed *bool  `json:"completed,omitempty"`
}

var (
	errAction = &chatkit.RequestError{Status: http.StatusBadRequest, Code: "invalid", Detail: "action.type: there are task.toggle and task.delete."}
	errSender = &chatkit.RequestError{Status: http.StatusBadRequest, Code: "invalid", Detail: "item_id: must name a widget that shows this task."}
	errTask   = &chatkit.RequestError{Status: http.StatusBadRequest, Code: "invalid", Detail: "action.payload: must be {task_id, completed?}."}
)

// checkAction refuses actions that no widget of ours sends.
func checkAction(_ context.Context, _ string, _ *chatkit.Thread, a chatkit.Action, sender *chatkit.WidgetItem) error {
	if a.Type != actionToggle && a.Type != actionDelete {
		return errAction
	}
	var in taskAction
	if json.Unmarshal(a.Payload, &in) != nil || in.TaskID == "" {
		return errTask
	}
	if sender == nil || findRow(sender.Widget, in.TaskID) == nil {
		return errSender
	}
	return nil
}

// streamAction answers with the widget as it is now, and leaves the model a
// note.
func (s *server) streamAction(ctx context.Context, t *chatkit.Turn, a chatkit.Action, sender *chatkit.WidgetItem) error {
	if err := t.Flush(); err != nil { // a tool may take its time
		return err
	}
	note, err := s.act(ctx, t.User, s.turnZone(t), a, sender)
	if err != nil {
		refusal, ok := errors.AsType[*chatkit.RequestError](asRequestError(err))
		if !ok {
			return err
		}
		return &chatkit.Error{Message: refusal.Detail, AllowRetry: refusal.Status >= http.StatusInternalServerError, Err: err}
	}
	if err := t.Send(&chatkit.ItemReplaced{Item: sender}); err != nil {
		return err
	}
	if note == "" {
		return nil
	}
	return t.Remember(storedRun{Kind: kindNote, Text: note})
}

// syncAction answers with the widget as it is now, which the server saves.
func (s *server) syncAction(ctx context.Context, user string, _ *chatkit.Thread, a chatkit.Action, sender *chatkit.WidgetItem) (chatkit.Item, error) {
	if _, err := s.act(ctx, user, s.cfg.zone.String(), a, sender); err != nil {
		return nil, asRequestError(err)
	}
	return sender, nil
}

// act calls the tool, changes the row of the task in the widget, and says in a
// sentence what was done, if anything was.
func (s *server) act(ctx context.Context, user, zone string, a chatkit.Action, sender *chatkit.WidgetItem) (string, error) {
	var in taskAction
	if err := json.Unmarshal(a.Payload, &in); err != nil {
		return "", errTask
	}
	call := agent.ToolCall{Name: "toggle_complete", Timezone: zone, CallID: actionCall(ctx)}
	if a.Type == actionDelete {
		call.Name, in.Completed = "delete_task", nil
	}
	var err error
	if call.Arguments, err = json.Marshal(in); err != nil {
		return "", err
	}
	result, err := s.tools.Call(ctx, user, call)
	switch {
	case err != nil:
		return "", toolsAway(err)
	case result.IsError && result.Code == agent.CodeNotFound:
		return "", strike(sender.Widget, in.TaskID) // deleted meanwhile, elsewhere: the user wants to see that
	case result.IsError:
		return "", toolProblem(result)
	}
	var out struct {
		Task task `json:"task"`
	}
	if err := json.Unmarshal(result.Structured, &out); err != nil {
		return "", err
	}
	if a.Type == actionDelete {
		return "The user deleted the task " + in.TaskID + " with a button.", strike(sender.Widget, in.TaskID)
	}
	row := findRow(sender.Widget, in.TaskID)
	if row == nil {
		return "", errSender
	}
	row["children"] = trees(taskRow(out.Task))
	if out.Task.Completed {
		return "The user completed the task " + in.TaskID + " with a checkbox.", nil
	}
	return "The user reopened the task " + in.TaskID + " with a checkbox.", nil
}

// strike shows a task that is no more: its title, struck through, and nothing
// to press.
func strike(w chatkit.Widget, taskID string) error {
	row := findRow(w, taskID)
	if row == nil {
		return errSender
	}
	row["children"] = trees([]chatkit.Component{chatkit.Text{Value: rowTitle(row), LineThrough: true, Color: "secondary"}})
	return nil
}

// rowTitle reads the title that a row shows.
func rowTitle(row map[string]any) string {
	children, _ := row["children"].([]any)
	if len(children) == 0 {
		return ""
	}
	first, _ := children[0].(map[string]any)
	label, _ := first["label"].(string) // of the checkbox
	value, _ := first["value"].(string) // of a title that is struck through already
	return or(label, value)
}

func trees(components []chatkit.Component) []any {
	out := make([]any, len(components))
	for i, c := range components {
		out[i] = map[string]any(c.Widget())
	}
	return out
}

// findRow finds the row of a task in a widget as taskList and taskCard make
// them: a root and its children.
func findRow(w chatkit.Widget, taskID string) map[string]any {
	children, _ := w["children"].([]any)
	for _, child := range children {
		row, ok := child.(map[string]any)
		if !ok {
			continue
		}
		kind, _ := row["type"].(string)
		if row["key"] == taskID && (kind == "ListViewItem" || kind == "Row") {
			return row
		}
	}
	return nil
}
