package store

import (
	"strings"
	"testing"
	"time"

	"taskwire/store/internal/db"
)

// FuzzCursor: whatever is taken as a cursor is exactly what would have been
// given, fits every later query, and nothing else is taken.
func FuzzCursor(f *testing.F) {
	row := db.Task{TaskID: taskID(time.UnixMicro(1)), TitleFold: "کام \u2028<>&", DueKey: dueKey(time.Unix(0, 1)), Priority: 2, UpdatedAt: time.UnixMicro(5)}
	for _, sort := range []string{ByCreated, ByUpdated, ByDue, ByPriority, ByTitle} {
		for _, ascending := range []bool{true, false} {
			f.Add(firstPosition(sort, ascending).past(row).encode(), sort, ascending)
		}
	}
	f.Add("eyJ2IjoxfQ", ByTitle, true)
	f.Add("", ByCreated, false)
	f.Add("AAAA", "user_id", false)
	f.Fuzz(func(t *testing.T, text, sort string, ascending bool) {
		p, err := decodeCursor(text, sort, ascending)
		if err != nil {
			if err != ErrBadCursor {
				t.Fatalf("error %v", err)
			}
			return
		}
		if p.encode() != text || p.Sort != sort || p.Ascending != ascending || len(text) > maxCursor {
			t.Fatalf("%q was taken as %+v", text, p)
		}
		if strings.ContainsRune(p.Key+p.ID, 0) || checkText("key", p.Key, 3*maxTitle) != nil {
			t.Fatalf("%+v cannot go to a database", p)
		}
		if sort == ByUpdated && p.updated().Year() > 9999 {
			t.Fatalf("%v is no time of ours", p.updated())
		}
	})
}

func TestCursorIsStrict(t *testing.T) {
	good := firstPosition(ByPriority, false).past(db.Task{TaskID: "task_1", Priority: 2})
	if _, err := decodeCursor(good.encode(), ByPriority, false); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*position){
		"another version": func(p *position) { p.Version = 2 },
		"no id":           func(p *position) { p.ID = "" },
		"NUL in the id":   func(p *position) { p.ID = "task_\x00" },
		"no rank":         func(p *position) { p.Key = "" },
		"rank of nothing": func(p *position) { p.Key = "7" },
		"long id":         func(p *position) { p.ID = strings.Repeat("x", 300) },
	} {
		p := good
		change(&p)
		if _, err := decodeCursor(p.encode(), ByPriority, false); err != ErrBadCursor {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestIDs: ids sort as they were made, and all have one length.
func TestIDs(t *testing.T) {
	c := newClock()
	last, lastAt := "", time.Time{}
	for range 10_000 {
		at := c.now()
		id := taskID(at)
		if id <= last || len(id) != 32 || !at.After(lastAt) {
			t.Fatalf("%s at %v after %s at %v", id, at, last, lastAt)
		}
		last, lastAt = id, at
	}
	if early, late := taskID(time.UnixMicro(1)), taskID(time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)); early >= last || late <= last || late >= afterAllIDs {
		t.Errorf("%s, %s, %s are not in order", early, last, late)
	}
}
