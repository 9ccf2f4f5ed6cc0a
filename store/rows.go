package store

import (
	"fmt"

	"taskwire/store/internal/db"
)

// fromRow is the task in a row.
func fromRow(row db.Task) (Task, error) {
	due, err := storedDue(row.DueDate, row.DueKey, row.DueIsDay)
	if err != nil {
		return Task{}, err
	}
	if row.Priority < 1 || int(row.Priority) > len(Priorities()) {
		return Task{}, fmt.Errorf("stored priority %d is none", row.Priority)
	}
	return Task{
		ID: row.TaskID, Title: row.Title, Description: row.Description,
		Priority: Priorities()[row.Priority-1], Category: Category(row.Category),
		Completed: row.Completed, Due: due,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}, nil
}

// newRow is the row of a new task, but for id and times.
func newRow(user string, in NewTask) (db.Task, error) {
	if in.Priority == "" {
		in.Priority = Medium
	}
	if in.Category == "" {
		in.Category = Other
	}
	ch := Changes{Title: &in.Title, Description: &in.Description, Priority: &in.Priority, Category: &in.Category, Due: &in.Due}
	p, err := ch.params()
	if err != nil {
		return db.Task{}, err
	}
	return db.Task{
		UserID: user,
		Title:  *p.Title, TitleFold: *p.TitleFold,
		Description: *p.Description, DescriptionFold: *p.DescriptionFold,
		Priority: *p.Priority, Category: *p.Category,
		DueDate: *p.DueDate, DueKey: *p.DueKey, DueIsDay: *p.DueIsDay,
	}, nil
}

// params checks the changes and works out what the database keeps beside them.
func (ch Changes) params() (p db.UpdateTaskParams, err error) {
	if ch.Title != nil {
		if err := checkText("title", *ch.Title, maxTitle); err != nil {
			return p, err
		}
		p.Title, p.TitleFold = ch.Title, new(fold(*ch.Title))
	}
	if ch.Description != nil {
		if err := checkText("description", *ch.Description, maxDescription); err != nil {
			return p, err
		}
		p.Description, p.DescriptionFold = ch.Description, new(fold(*ch.Description))
	}
	if ch.Priority != nil {
		if ch.Priority.rank() == 0 {
			return p, fmt.Errorf("%w: priority %q is none", ErrInvalid, *ch.Priority)
		}
		p.Priority = new(ch.Priority.rank())
	}
	if ch.Category != nil {
		if !ch.Category.known() {
			return p, fmt.Errorf("%w: category %q is none", ErrInvalid, *ch.Category)
		}
		p.Category = new(string(*ch.Category))
	}
	if ch.Due != nil {
		p.DueDate, p.DueKey, p.DueIsDay = &ch.Due.Text, new(ch.Due.key()), &ch.Due.day
	}
	return p, nil
}
