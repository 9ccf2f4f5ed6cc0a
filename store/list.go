package store

import (
	"context"
	"fmt"
	"time"

	"taskwire/store/internal/db"
)

// What a list can be sorted by.
const (
	ByCreated  = "created_at"
	ByUpdated  = "updated_at"
	ByDue      = "due_date"
	ByPriority = "priority"
	ByTitle    = "title"
)

// Filter says which tasks to list and in which order. Zero fields let
// everything through; the zero Filter is the first 20, newest first.
type Filter struct {
	Completed     *bool
	Priority      Priority
	Category      Category
	Search        string         // literal text in title or description, letter case ignored
	After, Before Due            // bounds of the due time, both included
	Zone          *time.Location // whose days calendar dates are; nil: UTC
	SortBy        string
	Ascending     bool
	Limit         int    // 1 to 100; 0: 20
	Cursor        string // Next of the page before
}

// Page is a part of a list. Next leads to the rest and is empty at the end.
type Page struct {
	Tasks []Task
	Next  string
}

const (
	defaultLimit = 20
	maxLimit     = 100
)

func clampLimit(limit int) int32 {
	if limit <= 0 {
		return defaultLimit
	}
	return int32(min(limit, maxLimit))
}

// List returns a page. Paging neither skips nor repeats a task that is there,
// and keeps its place in the order, all the time; ErrBadCursor reports a
// cursor that is not of this order.
func (t *Tasks) List(ctx context.Context, user string, f Filter) (Page, error) {
	q, err := f.query(user)
	if err != nil {
		return Page{}, fmt.Errorf("list tasks: %w", err)
	}
	var rows []db.Task
	err = t.st.For(user).run(ctx, func(ctx context.Context, queries *db.Queries) (err error) {
		rows, err = q.run(ctx, queries)
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("list tasks: %w", err)
	}
	return q.page(rows)
}

// page cuts off the one row too many that tells whether there are more.
func (q listQuery) page(rows []db.Task) (Page, error) {
	var page Page
	if len(rows) > int(q.limit) {
		rows = rows[:q.limit]
		page.Next = q.at.past(rows[len(rows)-1]).encode()
	}
	page.Tasks = make([]Task, 0, len(rows))
	for _, row := range rows {
		task, err := fromRow(row)
		if err != nil {
			return Page{}, fmt.Errorf("list tasks: %w", err)
		}
		page.Tasks = append(page.Tasks, task)
	}
	return page, nil
}

// query checks the filter and makes it comparable for SQL.
func (f Filter) query(user string) (listQuery, error) {
	if f.SortBy == "" {
		f.SortBy = ByCreated
	}
	if f.Zone == nil {
		f.Zone = time.UTC
	}
	at, err := f.position()
	if err != nil {
		return listQuery{}, err
	}
	if err := checkText("search", f.Search, maxSearch); err != nil {
		return listQuery{}, err
	}
	due := newDueRange(f.After, f.Before, f.Zone)
	q := listQuery{at: at, limit: clampLimit(f.Limit)}
	q.base = db.ListByCreatedAscParams{
		UserID: user, AfterID: at.ID, Completed: f.Completed,
		AnyDue: due.any, DayFrom: due.dayFrom, DayUntil: due.dayUntil, AtFrom: due.timeFrom, AtUntil: due.timeTill,
		MaxRows: q.limit + 1,
	}
	if f.Search != "" {
		q.base.Pattern = new(containing(f.Search))
	}
	if f.Priority != "" {
		q.base.Priority = new(f.Priority.rank())
	}
	if f.Category != "" {
		q.base.Category = new(string(f.Category))
	}
	return q, nil
}

func (f Filter) position() (position, error) {
	if f.Cursor != "" {
		return decodeCursor(f.Cursor, f.SortBy, f.Ascending)
	}
	switch f.SortBy {
	case ByCreated, ByUpdated, ByDue, ByPriority, ByTitle:
		return firstPosition(f.SortBy, f.Ascending), nil
	}
	return position{}, fmt.Errorf("%w: sort order %q is none", ErrInvalid, f.SortBy)
}
