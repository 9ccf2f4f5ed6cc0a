package once

import (
	"encoding/json"
	"strings"
)

// A journalled call is one that took effect, as the tools keep it.
type journalled struct {
	tool string
	task toldTask
}

// check looks at what became of everything, once nothing runs any more.
func (u *sweptUser) check() {
	u.settles()
	tasks, calls := u.tasks(), u.journal()
	turns := u.count("SELECT COUNT(*) FROM chat_turns t WHERE t.user_id = $1 AND EXISTS (SELECT 1 FROM chat_messages m WHERE m.user_id = t.user_id AND m.session_id = t.session_id AND m.content LIKE 'work %')")
	if turns != 1+u.retries {
		u.fault("%d turns for one submit and %d retries", turns, u.retries)
	}
	if u.double = doubles(tasks, calls, turns); u.double > 0 {
		u.fault("%d effects too many: %+v, %+v", u.double, tasks, calls)
	}
	u.checkJournal(tasks, calls)
	for _, told := range append(u.script.toldTo(u.name), toldTask{ID: u.made, Title: u.name + " made"}) {
		now, there := tasks[told.ID]
		switch {
		case !there && !deletedBy(calls, told.ID):
			u.fault("acknowledged, and not there: %+v", told)
		case there && told.Completed && !now.Completed:
			u.fault("acknowledged as completed, and is not: %+v", told)
		}
	}
	if state, _, _ := u.lastTurn(); state != "done" {
		u.fault("the turn ended as %q after %d retries", state, u.retries)
	}
}

// settles waits until no turn of the user runs.
func (u *sweptUser) settles() {
	u.until("end of all turns", func() (bool, any) {
		n := u.count("SELECT COUNT(*) FROM chat_turns WHERE user_id = $1 AND state = 'running'")
		return n == 0, n
	})
}

// doubles counts effects beyond one for each call: a turn makes each of its two
// tasks once, and the task that was made without the model was made once.
func doubles(tasks map[string]toldTask, calls []journalled, turns int) (n int) {
	titles := map[string]int{}
	for _, t := range tasks {
		titles[t.Title]++
	}
	for _, c := range calls {
		if _, there := tasks[c.task.ID]; c.tool == "delete_task" && !there {
			titles[c.task.Title]++
		}
	}
	for title, made := range titles {
		most := turns
		if strings.HasSuffix(title, " made") {
			most = 1
		}
		n += max(0, made-most)
	}
	return n
}

// checkJournal compares what calls took effect with what is there: each made one
// task, completed it or deleted it.
func (u *sweptUser) checkJournal(tasks map[string]toldTask, calls []journalled) {
	made, flipped := map[string]int{}, map[string]int{}
	for _, c := range calls {
		switch c.tool {
		case "create_task":
			made[c.task.ID]++
		case "toggle_complete":
			flipped[c.task.ID]++
		}
	}
	for id, n := range made {
		if _, there := tasks[id]; n != 1 || !there && !deletedBy(calls, id) {
			u.fault("%d calls made %s; it is there: %v", n, id, there)
		}
	}
	for id, t := range tasks {
		if made[id] != 1 {
			u.fault("%d calls made %+v", made[id], t)
		}
		if t.Completed != (flipped[id]%2 == 1) {
			u.fault("%d calls flipped %+v", flipped[id], t)
		}
	}
}

func deletedBy(calls []journalled, id string) bool {
	for _, c := range calls {
		if c.tool == "delete_task" && c.task.ID == id {
			return true
		}
	}
	return false
}

func (u *sweptUser) tasks() map[string]toldTask {
	tasks := map[string]toldTask{}
	u.rows("SELECT task_id, title, CASE WHEN completed THEN 'yes' ELSE '' END FROM tasks WHERE user_id = $1", func(id, title, completed string) {
		tasks[id] = toldTask{id, title, completed != ""}
	})
	return tasks
}

func (u *sweptUser) journal() (calls []journalled) {
	u.rows("SELECT tool, call_key, result FROM tool_calls WHERE user_id = $1", func(tool, key, result string) {
		c := journalled{tool: tool}
		if err := json.Unmarshal([]byte(result), &c.task); err != nil || c.task.ID == "" {
			u.fault("journal of %s: %.300s", key, result)
		}
		calls = append(calls, c)
	})
	return calls
}

// rows reads three texts of each row of a query about the user.
func (u *sweptUser) rows(query string, each func(a, b, c string)) {
	result, err := u.db.QueryContext(u.Context(), query, u.name)
	if err != nil {
		u.fault("%v", err)
		return
	}
	defer result.Close()
	for result.Next() {
		var a, b, c string
		if err := result.Scan(&a, &b, &c); err != nil {
			u.fault("%v", err)
			return
		}
		each(a, b, c)
	}
	if err := result.Err(); err != nil {
		u.fault("%v", err)
	}
}

func (u *sweptUser) count(query string) (n int) {
	if err := u.db.QueryRowContext(u.Context(), query, u.name).Scan(&n); err != nil {
		u.fault("%v", err)
	}
	return n
}
