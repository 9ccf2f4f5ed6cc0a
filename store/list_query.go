package store

import (
	"context"

	"taskwire/store/internal/db"
)

// listQuery is a list ready to run. base holds what all ten queries take; each
// adds where to begin.
type listQuery struct {
	at    position
	limit int32
	base  db.ListByCreatedAscParams
}

func (q listQuery) run(ctx context.Context, queries *db.Queries) ([]db.Task, error) {
	switch asc := q.at.Ascending; {
	case q.at.Sort == ByDue && asc:
		return q.byDueAscending(ctx, queries)
	case q.at.Sort == ByDue:
		return queries.ListByDueDesc(ctx, db.ListByDueDescParams(q.byTitle()))
	case q.at.Sort == ByTitle && asc:
		return queries.ListByTitleAsc(ctx, q.byTitle())
	case q.at.Sort == ByTitle:
		return queries.ListByTitleDesc(ctx, db.ListByTitleDescParams(q.byTitle()))
	case q.at.Sort == ByUpdated && asc:
		return queries.ListByUpdatedAsc(ctx, q.byUpdated())
	case q.at.Sort == ByUpdated:
		return queries.ListByUpdatedDesc(ctx, db.ListByUpdatedDescParams(q.byUpdated()))
	case q.at.Sort == ByPriority && asc:
		return queries.ListByPriorityAsc(ctx, q.byPriority())
	case q.at.Sort == ByPriority:
		return queries.ListByPriorityDesc(ctx, db.ListByPriorityDescParams(q.byPriority()))
	case asc:
		return queries.ListByCreatedAsc(ctx, q.base)
	}
	return queries.ListByCreatedDesc(ctx, db.ListByCreatedDescParams(q.base))
}

// byDueAscending reads the dated tasks and, where they end, goes on with the
// undated ones: both are ranges of one index, but not in this order.
func (q listQuery) byDueAscending(ctx context.Context, queries *db.Queries) ([]db.Task, error) {
	var rows []db.Task
	if q.at.Key != "" {
		dated, err := queries.ListByDueAsc(ctx, q.byDue(afterAllDue))
		if err != nil || len(dated) > int(q.limit) {
			return dated, err
		}
		rows, q.at.Key, q.base.AfterID = dated, "", beforeAllIDs
		q.base.MaxRows -= int32(len(dated))
	}
	undated, err := queries.ListByDueAsc(ctx, q.byDue(""))
	return append(rows, undated...), err
}

func (q listQuery) byDue(until string) db.ListByDueAscParams {
	b := q.base
	return db.ListByDueAscParams{
		UserID: b.UserID, AfterKey: q.at.Key, AfterID: b.AfterID, DueUntil: until,
		Completed: b.Completed, Priority: b.Priority, Category: b.Category, Pattern: b.Pattern,
		AnyDue: b.AnyDue, DayFrom: b.DayFrom, DayUntil: b.DayUntil, AtFrom: b.AtFrom, AtUntil: b.AtUntil,
		MaxRows: b.MaxRows,
	}
}

func (q listQuery) byTitle() db.ListByTitleAscParams {
	b := q.base
	return db.ListByTitleAscParams{
		UserID: b.UserID, AfterKey: q.at.Key, AfterID: b.AfterID,
		Completed: b.Completed, Priority: b.Priority, Category: b.Category, Pattern: b.Pattern,
		AnyDue: b.AnyDue, DayFrom: b.DayFrom, DayUntil: b.DayUntil, AtFrom: b.AtFrom, AtUntil: b.AtUntil,
		MaxRows: b.MaxRows,
	}
}

func (q listQuery) byUpdated() db.ListByUpdatedAscParams {
	b := q.base
	return db.ListByUpdatedAscParams{
		UserID: b.UserID, AfterUpdated: q.at.updated(), AfterID: b.AfterID,
		Completed: b.Completed, Priority: b.Priority, Category: b.Category, Pattern: b.Pattern,
		AnyDue: b.AnyDue, DayFrom: b.DayFrom, DayUntil: b.DayUntil, AtFrom: b.AtFrom, AtUntil: b.AtUntil,
		MaxRows: b.MaxRows,
	}
}

func (q listQuery) byPriority() db.ListByPriorityAscParams {
	b := q.base
	return db.ListByPriorityAscParams{
		UserID: b.UserID, AfterRank: q.at.rank(), AfterID: b.AfterID,
		Completed: b.Completed, Priority: b.Priority, Category: b.Category, Pattern: b.Pattern,
		AnyDue: b.AnyDue, DayFrom: b.DayFrom, DayUntil: b.DayUntil, AtFrom: b.AtFrom, AtUntil: b.AtUntil,
		MaxRows: b.MaxRows,
	}
}
