package store

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Due says when a task is due: a calendar date, which is that whole day
// wherever the user is, or an instant. The zero Due is no due time.
type Due struct {
	Text string // as it came

	at  time.Time // the instant in UTC, or 00:00 UTC of the date
	day bool
}

// IsZero reports whether there is no due time.
func (d Due) IsZero() bool { return d.Text == "" }

// IsDay reports whether this is a calendar date rather than an instant.
func (d Due) IsDay() bool { return d.day }

var errDue = errors.New("neither a calendar date such as 2026-12-01 nor an RFC 3339 time such as 2026-12-01T09:30:00Z")

// ParseDue reads a calendar date (2026-12-01) or an RFC 3339 instant with up to
// nine digits of a second, in the years 1 to 9999 (of UTC too). An empty text
// is the zero Due. Its error is fit for the user.
func ParseDue(text string) (Due, error) {
	if text == "" {
		return Due{}, nil
	}
	d := Due{Text: text}
	if len(text) == len(time.DateOnly) {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return Due{}, errDue
		}
		d.at, d.day = at, true
	} else if err := d.parseInstant(text); err != nil {
		return Due{}, err
	}
	if year := d.at.Year(); year < 1 || year > 9999 {
		return Due{}, errors.New("not within the years 1 to 9999")
	}
	return d, nil
}

// instant is the shape of RFC 3339, which time.Parse takes loosely: it lets
// 9:30:00, a comma for the point, and +24:00 through, UnmarshalText as well.
var instant = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.(\d+))?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$`)

func (d *Due) parseInstant(text string) error {
	m := instant.FindStringSubmatch(text)
	if m == nil {
		return errDue
	}
	if len(m[1]) > 9 {
		return errors.New("finer than a nanosecond")
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return errDue
	}
	d.at = at.UTC()
	return nil
}

// storedDue reads back what ParseDue accepted when it was stored.
func storedDue(text, key string, day bool) (Due, error) {
	if text == "" {
		return Due{}, nil
	}
	at, err := time.Parse(dueKeyLayout, key)
	if err != nil {
		return Due{}, fmt.Errorf("stored due date %q: %w", text, err)
	}
	return Due{Text: text, at: at, day: day}, nil
}

const dueKeyLayout = "2006-01-02T15:04:05.000000000Z"

// Keys of due times lie between these two; an undated task has the empty key.
const (
	beforeAllDue = "0"
	afterAllDue  = "~"
)

// key is what due times sort and compare by: UTC in fixed width.
func (d Due) key() string {
	if d.IsZero() {
		return ""
	}
	return dueKey(d.at)
}

// dueKey also serves bounds, which a zone can push past the years it can say.
func dueKey(at time.Time) string {
	at = at.UTC()
	switch year := at.Year(); {
	case year < 0:
		return beforeAllDue
	case year > 9999:
		return afterAllDue
	}
	return at.Format(dueKeyLayout)
}

// dayKey is the key of a task that is due on at's day in its own zone.
func dayKey(at time.Time) string {
	y, m, d := at.Date()
	return dueKey(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
}

// dueRange is a filter by due time, ready for SQL to compare: one pair of keys
// for tasks due on a day, one for tasks due at an instant, bounds included.
type dueRange struct {
	any                bool
	dayFrom, dayUntil  string
	timeFrom, timeTill string
}

// newDueRange: a date is that whole day in zone, as a bound and as a due time.
// A task matches when its due time does not end before after begins, nor begin
// after before ends.
func newDueRange(after, before Due, zone *time.Location) dueRange {
	r := dueRange{
		any:     after.IsZero() && before.IsZero(),
		dayFrom: beforeAllDue, dayUntil: afterAllDue,
		timeFrom: beforeAllDue, timeTill: afterAllDue,
	}
	if !after.IsZero() {
		r.dayFrom, r.timeFrom = after.key(), after.key()
		if after.day {
			r.timeFrom = dueKey(startOfDay(after.at, 0, zone))
		} else {
			r.dayFrom = dayKey(after.at.In(zone))
		}
	}
	if !before.IsZero() {
		r.dayUntil, r.timeTill = before.key(), before.key()
		if before.day {
			r.timeTill = dueKey(startOfDay(before.at, 1, zone).Add(-time.Nanosecond))
		} else {
			r.dayUntil = dayKey(before.at.In(zone))
		}
	}
	return r
}

// startOfDay is the first instant in zone of the date that utc names, plus
// days. time.Date alone may be an hour off where the clock changes at
// midnight: there a day begins at 01:00, or has two midnights.
func startOfDay(utc time.Time, days int, zone *time.Location) time.Time {
	y, m, d := utc.Date()
	midnight := time.Date(y, m, d+days, 0, 0, 0, 0, time.UTC)
	before := midnight.Add(-16 * time.Hour).In(zone) // no zone is further east
	for t := before; ; {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		start := midnight.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || start.Before(end) {
			if start.Before(t) { // the change itself skipped midnight
				return t
			}
			return start.In(zone)
		}
		t = end
	}
}
