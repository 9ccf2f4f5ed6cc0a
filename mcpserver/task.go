package main

import (
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"taskwire/store"
)

var (
	priorities = []string{string(store.Low), string(store.Medium), string(store.High)}
	categories = []string{string(store.Work), string(store.Personal), string(store.Home), string(store.Other)}
	statuses   = []string{statusPending, statusCompleted}
)

const (
	statusPending   = "pending"
	statusCompleted = "completed"
)

// wireTask is a task as hosts see it. What is unset is absent.
type wireTask struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Priority    string `json:"priority"`
	Category    string `json:"category"`
	Status      string `json:"status"`
	Completed   bool   `json:"completed"`
	DueDate     string `json:"due_date,omitempty"`
	CreatedAt   string `json:"created_at"`
	UpdatedAt   string `json:"updated_at"`
}

func toWire(t store.Task) wireTask {
	status := statusPending
	if t.Completed {
		status = statusCompleted
	}
	return wireTask{
		ID: t.ID, Title: t.Title, Description: t.Description,
		Priority: string(t.Priority), Category: string(t.Category),
		Status: status, Completed: t.Completed, DueDate: t.Due.Text,
		CreatedAt: formatTime(t.CreatedAt), UpdatedAt: formatTime(t.UpdatedAt),
	}
}

// formatTime gives RFC 3339 in UTC, to the microsecond that the store keeps.
func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// taskResult is what every tool about one task gives back.
type taskResult struct {
	Task wireTask `json:"task"`
}

func oneTask(t store.Task, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return taskResult{toWire(t)}, nil
}

func taskSchema() *jsonschema.Schema {
	order := []string{"id", "title", "description", "priority", "category", "status", "completed", "due_date", "created_at", "updated_at"}
	required := []string{"id", "title", "priority", "category", "status", "completed", "created_at", "updated_at"}
	return object(required, order, map[string]*jsonschema.Schema{
		"id":          typed(kindString, "Opaque id"),
		"title":       typed(kindString, "What is to be done"),
		"description": typed(kindString, "Details; absent when there are none"),
		"priority":    oneOf(priorities, ""),
		"category":    oneOf(categories, ""),
		"status":      oneOf(statuses, ""),
		"completed":   typed(kindBoolean, "The same as status completed"),
		"due_date":    typed(kindString, "Calendar date (2026-12-01) or RFC 3339 instant, as it was given; absent when there is none"),
		"created_at":  typed(kindString, "RFC 3339, UTC"),
		"updated_at":  typed(kindString, "RFC 3339, UTC; later with every change"),
	})
}

func taskResultSchema() *jsonschema.Schema {
	return object([]string{"task"}, []string{"task"}, map[string]*jsonschema.Schema{"task": taskSchema()})
}
