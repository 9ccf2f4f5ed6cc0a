package main

import (
	"context"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store"
)

var readHints = mcp.ToolAnnotations{
	ReadOnlyHint: true, IdempotentHint: true,
	DestructiveHint: new(false), OpenWorldHint: new(false),
}

var taskID = parameter{
	name: "task_id", kind: kindString, required: true, max: 255,
	description: "Id of the task, as create_task or list_tasks gave it",
}

const dueForms = "a calendar date (2026-12-01) or an RFC 3339 instant (2026-12-01T09:00:00Z)"

var getTask = &tool{
	name:        "get_task",
	title:       "Get task",
	description: "Returns one task of the user by its id.",
	parameters:  []parameter{taskID},
	output:      taskResultSchema(),
	hints:       readHints,
	run: func(ts *toolset, ctx context.Context, c call) (any, error) {
		tasks, err := ts.tasks(ctx)
		if err != nil {
			return nil, err
		}
		return oneTask(tasks.Get(ctx, c.user, c.args.text("task_id")))
	},
}

const (
	listDefault = 20  // small: hosts cut long results
	listMax     = 100 // about 40 kB
)

var listTasks = &tool{
	name:  "list_tasks",
	title: "List tasks",
	description: "Lists the user's tasks, newest first unless sorted otherwise, with filters that all must hold. " +
		"When next_cursor is in the result there are more: call again with it as cursor and the same other arguments.",
	parameters: []parameter{
		{name: "status", kind: kindString, enum: statuses, description: "Only tasks with this status"},
		{name: "priority", kind: kindString, enum: priorities, description: "Only tasks with this priority"},
		{name: "category", kind: kindString, enum: categories, description: "Only tasks in this category"},
		{name: "search", kind: kindString, max: 200, description: "Only tasks with this text in title or description; taken literally, letter case ignored"},
		{name: "due_after", kind: kindString, max: 64, check: checkDue, description: "Only tasks due at or after this: " + dueForms},
		{name: "due_before", kind: kindString, max: 64, check: checkDue, description: "Only tasks due at or before this: " + dueForms},
		{name: "sort_by", kind: kindString, enum: []string{"created_at", "updated_at", "due_date", "priority", "title"}, fallback: "created_at", description: "What to sort by; tasks without a due date come last"},
		{name: "sort_order", kind: kindString, enum: []string{"desc", "asc"}, fallback: "desc", description: "desc: newest, latest, highest or last letter first"},
		{name: "limit", kind: kindInteger, min: 1, max: listMax, fallback: listDefault, description: "How many tasks at the most"},
		{name: "cursor", kind: kindString, max: 4096, description: "next_cursor of the page before"},
	},
	output: object([]string{"tasks"}, []string{"tasks", "next_cursor"}, map[string]*jsonschema.Schema{
		"tasks":       {Type: "array", Items: taskSchema()},
		"next_cursor": typed(kindString, "Where the next page begins; absent on the last page"),
	}),
	hints: readHints,
	run:   runListTasks,
}

type listResult struct {
	Tasks      []wireTask `json:"tasks"`
	NextCursor string     `json:"next_cursor,omitempty"`
}

func runListTasks(ts *toolset, ctx context.Context, c call) (any, error) {
	tasks, err := ts.tasks(ctx)
	if err != nil {
		return nil, err
	}
	page, err := tasks.List(ctx, c.user, listFilter(c))
	if err != nil {
		return nil, err
	}
	out := listResult{Tasks: make([]wireTask, len(page.Tasks)), NextCursor: page.Next}
	for i, t := range page.Tasks {
		out.Tasks[i] = toWire(t)
	}
	return out, nil
}

func listFilter(c call) store.Filter {
	filter := store.Filter{
		Priority:  store.Priority(c.args.text("priority")),
		Category:  store.Category(c.args.text("category")),
		Search:    c.args.text("search"),
		After:     c.args.due("due_after"),
		Before:    c.args.due("due_before"),
		Zone:      c.meta.zone,
		SortBy:    c.args.text("sort_by"),
		Ascending: c.args.text("sort_order") == "asc",
		Limit:     c.args.number("limit"),
		Cursor:    c.args.text("cursor"),
	}
	if c.args.has("status") {
		filter.Completed = new(c.args.text("status") == statusCompleted)
	}
	return filter
}

var getStats = &tool{
	name:        "get_stats",
	title:       "Task statistics",
	description: "Counts the user's tasks: in all, pending, completed, overdue, and by priority and category.",
	output:      statsSchema(),
	hints:       readHints,
	run: func(ts *toolset, ctx context.Context, c call) (any, error) {
		tasks, err := ts.tasks(ctx)
		if err != nil {
			return nil, err
		}
		stats, err := tasks.Stats(ctx, c.user, ts.now(), c.meta.zone)
		if err != nil {
			return nil, err
		}
		return statsResult{
			Total: stats.Total, Pending: stats.Pending, Completed: stats.Completed, Overdue: stats.Overdue,
			ByPriority: stats.ByPriority, ByCategory: stats.ByCategory,
		}, nil
	},
}

type statsResult struct {
	Total      int                    `json:"total"`
	Pending    int                    `json:"pending"`
	Completed  int                    `json:"completed"`
	Overdue    int                    `json:"overdue"`
	ByPriority map[store.Priority]int `json:"by_priority"`
	ByCategory map[store.Category]int `json:"by_category"`
}

func statsSchema() *jsonschema.Schema {
	counts := func(names []string) *jsonschema.Schema {
		properties := map[string]*jsonschema.Schema{}
		for _, name := range names {
			properties[name] = typed(kindInteger, "")
		}
		return object(names, names, properties)
	}
	order := []string{"total", "pending", "completed", "overdue", "by_priority", "by_category"}
	return object(order, order, map[string]*jsonschema.Schema{
		"total":       typed(kindInteger, "All tasks"),
		"pending":     typed(kindInteger, "Not completed"),
		"completed":   typed(kindInteger, ""),
		"overdue":     typed(kindInteger, "Pending, and the due day or instant is past"),
		"by_priority": counts(priorities),
		"by_category": counts(categories),
	})
}
