package store

import (
	"context"
	"fmt"
	"time"

	"taskwire/store/internal/db"
)

// Stats counts a user's tasks. The maps name every priority and category,
// those without tasks too.
type Stats struct {
	Total, Pending, Completed, Overdue int

	ByPriority map[Priority]int
	ByCategory map[Category]int
}

// Stats counts at one instant. Overdue means pending, and the instant is past,
// or the day is in zone.
func (t *Tasks) Stats(ctx context.Context, user string, now time.Time, zone *time.Location) (Stats, error) {
	if zone == nil {
		zone = time.UTC
	}
	var row db.TaskStatsRow
	err := t.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		row, err = q.TaskStats(ctx, db.TaskStatsParams{UserID: user, Today: dayKey(now.In(zone)), Now: dueKey(now)})
		return err
	})
	if err != nil {
		return Stats{}, fmt.Errorf("count tasks: %w", err)
	}
	return Stats{
		Total: int(row.Total), Pending: int(row.Total - row.Completed),
		Completed: int(row.Completed), Overdue: int(row.Overdue),
		ByPriority: map[Priority]int{Low: int(row.Low), Medium: int(row.Medium), High: int(row.High)},
		ByCategory: map[Category]int{
			Work: int(row.Work), Personal: int(row.Personal), Home: int(row.Home), Other: int(row.Other),
		},
	}, nil
}
