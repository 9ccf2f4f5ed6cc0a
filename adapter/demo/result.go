package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// A task is what the tools tell of one.
type task struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Priority  string `json:"priority"`
	Category  string `json:"category"`
	Completed bool   `json:"completed"`
	DueDate   string `json:"due_date"`
}

// A result is what a tool answered, as far as we read it.
type result struct {
	failure string // the text of a refusal; empty when the tool worked
	task    *task
	deleted bool
	tasks   []task
	cut     bool // the answer was cut in the middle of its tasks
	more    string
	stats   *stats
}

type stats struct {
	Total     int `json:"total"`
	Pending   int `json:"pending"`
	Completed int `json:"completed"`
	Overdue   int `json:"overdue"`

	ByPriority map[string]int `json:"by_priority"`
	ByCategory map[string]int `json:"by_category"`
}

// maxBraces is how many places are tried as the beginning of the JSON.
const maxBraces = 32

// readResult reads what stands in a tool's message: the first JSON object in it
// that one of our tools can have answered, whatever is written around it. A
// text without one is a refusal in words.
func readResult(text string) result {
	for from, tries := 0, 0; tries < maxBraces; tries++ {
		i := strings.IndexByte(text[from:], '{')
		if i < 0 {
			break
		}
		if r, ok := readObject(text[from+i:]); ok {
			return r
		}
		from += i + 1
	}
	return result{failure: refusal(text)}
}

// readObject reads an object at the beginning of a text, member by member, so
// that of a list that was cut short the beginning still counts.
func readObject(text string) (result, bool) {
	var r result
	known := false
	dec := json.NewDecoder(strings.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return r, false
	}
	counts := map[string]json.RawMessage{}
	for dec.More() {
		key, err := dec.Token()
		name, isName := key.(string)
		if err != nil || !isName {
			break
		}
		ok, err := r.member(dec, name, counts)
		known = known || ok
		if err != nil {
			break
		}
	}
	if counts["total"] != nil && r.task == nil && r.tasks == nil {
		data, _ := json.Marshal(counts)
		r.stats = new(stats)
		known = json.Unmarshal(data, r.stats) == nil
	}
	return r, known
}

// member reads the value of one name.
func (r *result) member(dec *json.Decoder, name string, counts map[string]json.RawMessage) (known bool, err error) {
	switch name {
	case "tasks":
		return true, r.readTasks(dec)
	case "task":
		r.task = new(task)
		return true, dec.Decode(r.task)
	case "deleted":
		return true, dec.Decode(&r.deleted)
	case "next_cursor":
		return true, dec.Decode(&r.more)
	case "error":
		var raw json.RawMessage
		err := dec.Decode(&raw)
		r.failure = errorText(raw)
		return err == nil, err
	}
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return false, err
	}
	counts[name] = raw
	return false, nil
}

func (r *result) readTasks(dec *json.Decoder) error {
	r.tasks = []task{}
	start, err := dec.Token()
	if err != nil || start != json.Delim('[') {
		return errors.New("tasks is no list")
	}
	for dec.More() {
		var t task
		if err := dec.Decode(&t); err != nil {
			r.cut = true
			return err
		}
		r.tasks = append(r.tasks, t)
	}
	_, err = dec.Token()
	r.cut = err != nil
	return err
}

// errorText reads "error", which may be a sentence or an object with one.
func errorText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return refusal(text)
	}
	var object struct{ Message string }
	if json.Unmarshal(raw, &object) == nil && object.Message != "" {
		return refusal(object.Message)
	}
	return refusal(string(bytes.TrimSpace(raw)))
}

// maxRefusal is how much of a refusal is told, in characters.
const maxRefusal = 300

// refusal is the text of a refusal, cut to what people read.
func refusal(text string) string {
	text = plain(text)
	if end := runeOffset(text, maxRefusal); end < len(text) {
		text = text[:end] + "…"
	}
	if text == "" {
		text = "…"
	}
	return text
}
