package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
)

// A ledger has what is wrong, and what the model was told. What people were
// told each of them keeps for himself.
type ledger struct {
	mu     sync.Mutex
	faults []string
	made   map[string][]*task // by user: tasks that came back to the model, since the last comparison
}

func (l *ledger) fault(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

// faulty reports whether anything is wrong.
func (l *ledger) faulty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.faults) > 0
}

// take gives the tasks that came back to the model for a user since it was
// asked last.
func (l *ledger) take(user string) []*task {
	l.mu.Lock()
	defer l.mu.Unlock()
	tasks := l.made[user]
	delete(l.made, user)
	return tasks
}

// A thread is what somebody was told of a conversation.
type thread struct {
	id      string
	items   map[string]string // announced as done: their JSON by id
	titles  []string          // it has one of these; none: any
	deleted bool
	unsure  bool // nobody knows whether it is deleted
	stopped bool // answers may end anywhere
}

// A task is what somebody was told of one: how it may be now. More than one
// state is where an answer was lost.
type task struct {
	id  string
	may []state
}

// A state is that of a task.
type state struct {
	gone    bool
	title   string
	done    bool
	updated string // empty: at whatever time
}

// matches reports whether what is there may be.
func (t *task) matches(is state) bool {
	for _, s := range t.may {
		if s == is || s.updated == "" && s == (state{is.gone, is.title, is.done, ""}) {
			return true
		}
	}
	return false
}

// taskJSON is a task on the wire, as far as it is looked at.
type taskJSON struct {
	ID, Title, Status string
	Updated           string `json:"updated_at"`
}

func (t taskJSON) state() state {
	return state{title: t.Title, done: t.Status == "completed", updated: t.Updated}
}

// canonical gives JSON in one way of writing it.
func canonical(data []byte) string {
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return string(data)
	}
	again, err := json.Marshal(v)
	if err != nil {
		panic(err) // what was JSON encodes
	}
	return string(again)
}
