package store

import (
	"context"
	"fmt"
	"time"

	"taskwire/store/internal/db"
)

// Task is one task of one user. Times are in UTC, to the microsecond.
type Task struct {
	ID          string
	Title       string
	Description string
	Priority    Priority
	Category    Category
	Completed   bool
	Due         Due
	CreatedAt   time.Time
	UpdatedAt   time.Time // moves with every change
}

// Priority is low, medium or high.
type Priority string

// The priorities, in the order in which they sort.
const (
	Low    Priority = "low"
	Medium Priority = "medium"
	High   Priority = "high"
)

// Priorities lists them all, lowest first.
func Priorities() []Priority { return []Priority{Low, Medium, High} }

// rank is what the database keeps, to sort by; 0 is no priority.
func (p Priority) rank() int16 {
	for i, known := range Priorities() {
		if p == known {
			return int16(i + 1)
		}
	}
	return 0
}

// Category is work, personal, home or other.
type Category string

// The categories.
const (
	Work     Category = "work"
	Personal Category = "personal"
	Home     Category = "home"
	Other    Category = "other"
)

// Categories lists them all.
func Categories() []Category { return []Category{Work, Personal, Home, Other} }

func (c Category) known() bool {
	return c == Work || c == Personal || c == Home || c == Other
}

// NewTask is what a user says of a task to be made; all but the title may be
// left out, which means medium and other.
type NewTask struct {
	Title       string
	Description string
	Priority    Priority
	Category    Category
	Due         Due
}

// Changes names what an update changes; nil stays as it is, a zero Due and an
// empty description clear.
type Changes struct {
	Title       *string
	Description *string
	Priority    *Priority
	Category    *Category
	Due         *Due
}

// Tasks is the store of tasks. Each method takes the user first; a task of
// another user is ErrNotFound, exactly as one that never was. Changes take a
// [Call], which may be zero.
type Tasks struct{ st *Store }

// Create makes a task; its id sorts by time of creation.
func (t *Tasks) Create(ctx context.Context, user string, in NewTask, call Call) (Task, error) {
	row, err := newRow(user, in)
	if err != nil {
		return Task{}, fmt.Errorf("create task: %w", err)
	}
	row.CreatedAt = t.st.clock.now()
	row.UpdatedAt, row.TaskID = row.CreatedAt, taskID(row.CreatedAt)
	task, err := t.change(ctx, user, call, func(ctx context.Context, q *db.Queries) (Task, error) {
		if err := q.CreateTask(ctx, db.CreateTaskParams(row)); err != nil {
			return Task{}, err
		}
		return fromRow(row)
	})
	if err != nil {
		return Task{}, fmt.Errorf("create task: %w", err)
	}
	return task, nil
}

// Get returns one task.
func (t *Tasks) Get(ctx context.Context, user, id string) (Task, error) {
	if err := checkText("task id", id, maxID); err != nil {
		return Task{}, fmt.Errorf("get task: %w", err)
	}
	var task Task
	err := t.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		task, err = get(ctx, q, user, id)
		return err
	})
	if err != nil {
		return Task{}, fmt.Errorf("get task %s: %w", id, err)
	}
	return task, nil
}

func get(ctx context.Context, q *db.Queries, user, id string) (Task, error) {
	row, err := q.GetTask(ctx, db.GetTaskParams{UserID: user, TaskID: id})
	if err != nil {
		return Task{}, err
	}
	return fromRow(row)
}

// Update changes what ch names. With a time in ifUpdatedAt it does so only if
// that is still the task's UpdatedAt, else ErrStale.
func (t *Tasks) Update(ctx context.Context, user, id string, ch Changes, ifUpdatedAt time.Time, call Call) (Task, error) {
	params, err := ch.params()
	if err == nil {
		err = checkText("task id", id, maxID)
	}
	if err != nil {
		return Task{}, fmt.Errorf("update task: %w", err)
	}
	params.UserID, params.TaskID = user, id
	params.AnyVersion, params.IfUpdatedAt = ifUpdatedAt.IsZero(), ifUpdatedAt
	task, err := t.change(ctx, user, call, func(ctx context.Context, q *db.Queries) (Task, error) {
		return t.forward(ctx, q, user, id, ifUpdatedAt, func(now time.Time) (db.Task, error) {
			params.UpdatedAt = now
			return q.UpdateTask(ctx, params)
		})
	})
	if err != nil {
		return Task{}, fmt.Errorf("update task %s: %w", id, err)
	}
	return task, nil
}

// Toggle sets completed, or flips it when completed is nil: one statement, so
// that callers at the same time lose nothing. ifUpdatedAt is as in Update.
func (t *Tasks) Toggle(ctx context.Context, user, id string, completed *bool, ifUpdatedAt time.Time, call Call) (Task, error) {
	if err := checkText("task id", id, maxID); err != nil {
		return Task{}, fmt.Errorf("toggle task: %w", err)
	}
	task, err := t.change(ctx, user, call, func(ctx context.Context, q *db.Queries) (Task, error) {
		return t.forward(ctx, q, user, id, ifUpdatedAt, func(now time.Time) (db.Task, error) {
			return q.ToggleTask(ctx, db.ToggleTaskParams{
				Completed: completed, UpdatedAt: now, UserID: user, TaskID: id,
				AnyVersion: ifUpdatedAt.IsZero(), IfUpdatedAt: ifUpdatedAt,
			})
		})
	})
	if err != nil {
		return Task{}, fmt.Errorf("toggle task %s: %w", id, err)
	}
	return task, nil
}

// Delete removes a task and returns it as it was. ifUpdatedAt is as in Update.
func (t *Tasks) Delete(ctx context.Context, user, id string, ifUpdatedAt time.Time, call Call) (Task, error) {
	if err := checkText("task id", id, maxID); err != nil {
		return Task{}, fmt.Errorf("delete task: %w", err)
	}
	task, err := t.change(ctx, user, call, func(ctx context.Context, q *db.Queries) (Task, error) {
		return t.forward(ctx, q, user, id, ifUpdatedAt, func(time.Time) (db.Task, error) {
			return q.DeleteTask(ctx, db.DeleteTaskParams{
				UserID: user, TaskID: id,
				AnyVersion: ifUpdatedAt.IsZero(), IfUpdatedAt: ifUpdatedAt,
			})
		})
	})
	if err != nil {
		return Task{}, fmt.Errorf("delete task %s: %w", id, err)
	}
	return task, nil
}

// forward runs a change at a time later than the task's last. No row means
// that there is no such task, that it is not the version asked for, or that a
// replica whose clock is ahead was here before: then the time goes past that.
func (t *Tasks) forward(ctx context.Context, q *db.Queries, user, id string, ifUpdatedAt time.Time,
	change func(now time.Time) (db.Task, error)) (Task, error) {
	for now := t.st.clock.now(); ; {
		row, err := change(now)
		if err == nil {
			return fromRow(row)
		}
		if !noRows(err) {
			return Task{}, err
		}
		task, err := get(ctx, q, user, id)
		if err != nil {
			return Task{}, err
		}
		if !ifUpdatedAt.IsZero() && !task.UpdatedAt.Equal(ifUpdatedAt) {
			return Task{}, ErrStale
		}
		now = later(t.st.clock.now(), task.UpdatedAt.Add(time.Microsecond))
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// IDsWithPrefix returns the newest ids that begin with prefix, or whose title
// does, letter case ignored in the title.
func (t *Tasks) IDsWithPrefix(ctx context.Context, user, prefix string, limit int) ([]string, error) {
	if err := checkText("prefix", prefix, maxSearch); err != nil {
		return nil, fmt.Errorf("find task ids: %w", err)
	}
	var ids []string
	err := t.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		ids, err = q.TaskIDsWithPrefix(ctx, db.TaskIDsWithPrefixParams{
			UserID: user, Prefix: prefix, TitlePattern: beginning(fold(prefix)),
			MaxRows: int32(min(max(limit, 1), maxLimit+1)), // one more than a page: to know that there are more
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find task ids: %w", err)
	}
	return ids, nil
}
