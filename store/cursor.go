package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"taskwire/store/internal/db"
)

// maxCursor leaves room for the longest folded title and its escapes.
const maxCursor = 4096

// position is a place in one order of a list: after the task with this key and
// id, which need not exist any more. A cursor is its text.
type position struct {
	Version   int    `json:"v"`
	Sort      string `json:"s"`
	Ascending bool   `json:"a"`
	Key       string `json:"k"`
	ID        string `json:"i"`
}

const cursorVersion = 1

// firstPosition lies before every task. In order of due dates ascending, the
// key tells the dated tasks, which come first, from the undated.
func firstPosition(sort string, ascending bool) position {
	p := position{Version: cursorVersion, Sort: sort, Ascending: ascending, ID: beforeAllIDs}
	if !ascending {
		p.ID = afterAllIDs
	}
	switch {
	case sort == ByDue && ascending:
		p.Key = beforeAllDue
	case sort == ByDue:
		p.Key = afterAllDue
	case sort == ByTitle && !ascending:
		p.Key = afterAllTitles
	case sort == ByUpdated && ascending:
		p.Key = "0"
	case sort == ByUpdated:
		p.Key = strconv.FormatInt(maxMicros, 10)
	case sort == ByPriority && ascending:
		p.Key = "0"
	case sort == ByPriority:
		p.Key = "9"
	}
	return p
}

// afterAllTitles is longer than the longest title of the last character.
var afterAllTitles = strings.Repeat(string(utf8.MaxRune), maxTitle+1)

// maxMicros ends the year 9999.
var maxMicros = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() - 1

// past is the position after a row, in the same order.
func (p position) past(row db.Task) position {
	p.ID = row.TaskID
	switch p.Sort {
	case ByDue:
		p.Key = row.DueKey
	case ByTitle:
		p.Key = row.TitleFold
	case ByUpdated:
		p.Key = strconv.FormatInt(row.UpdatedAt.UnixMicro(), 10)
	case ByPriority:
		p.Key = strconv.Itoa(int(row.Priority))
	}
	return p
}

func (p position) updated() time.Time {
	micros, _ := strconv.ParseInt(p.Key, 10, 64) // sound has seen it
	return time.UnixMicro(micros).UTC()
}

func (p position) rank() int16 {
	rank, _ := strconv.ParseInt(p.Key, 10, 16) // sound has seen it
	return int16(rank)
}

func (p position) encode() string {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		panic(err) // strings, a number and a bool
	}
	return base64.RawURLEncoding.EncodeToString(bytes.TrimSpace(text.Bytes()))
}

// decodeCursor takes what encode gave for the same order, and nothing else:
// whatever does not encode to the same text again is not ours.
func decodeCursor(text, sort string, ascending bool) (position, error) {
	if len(text) > maxCursor {
		return position{}, ErrBadCursor
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return position{}, ErrBadCursor
	}
	var p position
	if err := json.Unmarshal(raw, &p); err != nil || p.encode() != text {
		return position{}, ErrBadCursor
	}
	if p.Version != cursorVersion || p.Sort != sort || p.Ascending != ascending || !p.sound() {
		return position{}, ErrBadCursor
	}
	return p, nil
}

// sound reports whether the fields are such as a row may have.
func (p position) sound() bool {
	if p.ID == "" || checkText("id", p.ID, maxID) != nil {
		return false
	}
	switch p.Sort {
	case ByCreated:
		return p.Key == ""
	case ByTitle:
		return checkText("key", p.Key, 3*maxTitle) == nil
	case ByDue:
		_, err := time.Parse(dueKeyLayout, p.Key)
		return p.Key == "" || err == nil && len(p.Key) == len(dueKeyLayout)
	case ByUpdated:
		micros, err := strconv.ParseInt(p.Key, 10, 64)
		return err == nil && micros >= 0 && micros <= maxMicros
	case ByPriority:
		return len(p.Key) == 1 && strings.Contains("123", p.Key)
	}
	return false
}
