package main

import (
	"context"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store"
)

var (
	changeHints = mcp.ToolAnnotations{DestructiveHint: new(false), OpenWorldHint: new(false)}
	updateHints = mcp.ToolAnnotations{DestructiveHint: new(false), OpenWorldHint: new(false), IdempotentHint: true}
	deleteHints = mcp.ToolAnnotations{DestructiveHint: new(true), OpenWorldHint: new(false)}
)

const (
	titleMax       = 255
	descriptionMax = 1000
)

var createTask = &tool{
	name:        "create_task",
	title:       "Create task",
	description: "Creates a task for the user and returns it.",
	parameters: []parameter{
		{name: "title", kind: kindString, required: true, max: titleMax, title: true, description: "What is to be done, in a few words"},
		{name: "description", kind: kindString, max: descriptionMax, description: "Details, if there are any"},
		{name: "priority", kind: kindString, enum: priorities, fallback: string(store.Medium), description: "How important it is"},
		{name: "category", kind: kindString, enum: categories, fallback: string(store.Other), description: "What part of life it belongs to"},
		{name: "due_date", kind: kindString, max: 64, check: checkDue, description: "When it is due: " + dueForms},
		{name: "idempotency_key", kind: kindString, max: 255, check: checkKey, description: "A key of your own (1 to 255 printable characters): for 24 hours the same key with the same arguments gives the same task and makes no second one"},
	},
	output: taskResultSchema(),
	hints:  changeHints,
	run: func(ts *toolset, ctx context.Context, c call) (any, error) {
		tasks, err := ts.tasks(ctx)
		if err != nil {
			return nil, err
		}
		return oneTask(tasks.Create(ctx, c.user, store.NewTask{
			Title:       c.args.text("title"),
			Description: c.args.text("description"),
			Priority:    store.Priority(c.args.text("priority")),
			Category:    store.Category(c.args.text("category")),
			Due:         c.args.due("due_date"),
		}, c.journal))
	},
}

var updateTask = &tool{
	name:        "update_task",
	title:       "Update task",
	description: "Changes the given fields of a task and returns it; what is left out stays. To complete or reopen a task use toggle_complete.",
	parameters: []parameter{
		taskID,
		{name: "title", kind: kindString, max: titleMax, title: true, description: "New title"},
		{name: "description", kind: kindString, max: descriptionMax, description: "New description; an empty string removes it"},
		{name: "priority", kind: kindString, enum: priorities, description: "New priority"},
		{name: "category", kind: kindString, enum: categories, description: "New category"},
		{name: "due_date", kind: kindString, max: 64, check: checkDue, description: "New due date, " + dueForms + "; an empty string removes it"},
	},
	output: taskResultSchema(),
	hints:  updateHints,
	run: func(ts *toolset, ctx context.Context, c call) (any, error) {
		changes, err := taskChanges(c.args)
		if err != nil {
			return nil, err
		}
		tasks, err := ts.tasks(ctx)
		if err != nil {
			return nil, err
		}
		return oneTask(tasks.Update(ctx, c.user, c.args.text("task_id"), changes, c.meta.ifUpdatedAt, c.journal))
	},
}

func taskChanges(args arguments) (store.Changes, error) {
	changes := store.Changes{Title: args.textPtr("title"), Description: args.textPtr("description")}
	if args.has("priority") {
		changes.Priority = new(store.Priority(args.text("priority")))
	}
	if args.has("category") {
		changes.Category = new(store.Category(args.text("category")))
	}
	if args.has("due_date") {
		changes.Due = new(args.due("due_date"))
	}
	if changes == (store.Changes{}) {
		return store.Changes{}, useError("nothing to change: give at least one of title, description, priority, category, due_date")
	}
	return changes, nil
}

var toggleComplete = &tool{
	name:        "toggle_complete",
	title:       "Complete or reopen task",
	description: "Marks a task as completed or as pending and returns it.",
	parameters: []parameter{
		taskID,
		{name: "completed", kind: kindBoolean, description: "true completes, false reopens; left out, it becomes what it is not"},
	},
	output: taskResultSchema(),
	hints:  changeHints,
	run: func(ts *toolset, ctx context.Context, c call) (any, error) {
		tasks, err := ts.tasks(ctx)
		if err != nil {
			return nil, err
		}
		var completed *bool
		if value, ok := c.args["completed"].(bool); ok {
			completed = &value
		}
		return oneTask(tasks.Toggle(ctx, c.user, c.args.text("task_id"), completed, c.meta.ifUpdatedAt, c.journal))
	},
}

type deleteResult struct {
	Deleted bool     `json:"deleted"`
	Task    wireTask `json:"task"`
}

var deleteTask = &tool{
	name:        "delete_task",
	title:       "Delete task",
	description: "Deletes a task for good and returns what it was. There is no undo.",
	parameters:  []parameter{taskID},
	output: object([]string{"deleted", "task"}, []string{"deleted", "task"}, map[string]*jsonschema.Schema{
		"deleted": {Type: "boolean", Enum: []any{true}},
		"task":    taskSchema(),
	}),
	hints: deleteHints,
	run: func(ts *toolset, ctx context.Context, c call) (any, error) {
		tasks, err := ts.tasks(ctx)
		if err != nil {
			return nil, err
		}
		task, err := tasks.Delete(ctx, c.user, c.args.text("task_id"), c.meta.ifUpdatedAt, c.journal)
		if err != nil {
			return nil, err
		}
		return deleteResult{Deleted: true, Task: toWire(task)}, nil
	},
}
