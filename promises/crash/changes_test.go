package crash

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"taskwire/promises/fleet"
)

// calls calls a tool of one of the servers. sure: what became of it is known.
func (p *person) calls(tool, callID string, arguments map[string]any) (is state, id string, sure bool) {
	ctx, cancel := waiting()
	defer cancel()
	p.crowd.calls.Add(1)
	r, err := fleet.Call(ctx, p.site.tools[p.rnd.IntN(2)].base, p.toolKey, tool, callID, arguments)
	p.crowd.calls.Add(-1)
	if p.lost(tool, err) {
		return state{}, "", false
	}
	if r.IsError {
		switch {
		case strings.Contains(r.Text, "no task with"):
			return state{gone: true}, "", true
		case !strings.Contains(r.Text, "temporarily unavailable"):
			p.fault("%s: %s %v says %s", p.name, tool, arguments, r.Text)
		}
		return state{}, "", false
	}
	var result struct{ Task taskJSON }
	if err := json.Unmarshal(r.Structured, &result); err != nil || result.Task.ID == "" {
		p.fault("%s: %s returns %s", p.name, tool, r.Structured)
		return state{}, "", false
	}
	return result.Task.state(), result.Task.ID, true
}

// creates a task: with an id of the call until it is known, without one once.
func (p *person) creates() {
	title := p.newName()
	try := func(callID string) bool {
		is, id, sure := p.calls("create_task", callID, map[string]any{"title": title})
		if sure {
			p.has(id, is)
		}
		return sure
	}
	if p.one(3) {
		try("")
		return
	}
	callID := p.newKey()
	if !try(callID) {
		p.later("create "+title, func() bool { return try(callID) })
	}
}

// has notes a new task.
func (p *person) has(id string, is state) {
	t := &task{id: id, may: []state{is}}
	p.tasks = append(p.tasks, t)
	p.freshTasks[t] = true
}

// asksREST creates a task by way of the adapter.
func (p *person) asksREST() {
	title := p.newName()
	key := map[string]string{"Idempotency-Key": p.newKey()}
	try := func() bool {
		a, err := p.asks(http.MethodPost, "/api/"+p.name+"/tasks", fmt.Sprintf(`{"title":%q}`, title), key)
		if p.lost("asks for a task", err) {
			return false
		}
		var t struct {
			ID, Title, UpdatedAt string
			Completed            bool
		}
		if err := json.Unmarshal(a.Body, &t); err != nil || t.ID == "" {
			p.fault("%s: a new task is %s", p.name, a.Body)
			return true
		}
		p.has(t.ID, state{title: t.Title, done: t.Completed, updated: t.UpdatedAt})
		return true
	}
	if !try() {
		p.later("ask for "+title, try)
	}
}

// changes renames, ticks or deletes a task. What fails is tried again if it may
// be, and else the task is left alone: it is as it was, or as it was to be.
func (p *person) changes(t *task) {
	if len(t.may) > 1 || t.may[0].gone {
		return
	}
	was := t.may[0]
	tool, arguments := "toggle_complete", map[string]any{"task_id": t.id}
	then := state{title: was.title, done: !was.done}
	switch p.rnd.IntN(5) {
	case 0:
		then = state{gone: true}
		tool = "delete_task"
	case 1, 2:
		then = state{title: p.newName(), done: was.done}
		tool, arguments["title"] = "update_task", then.title
	}
	callID := p.newKey()
	try := func() bool {
		is, _, sure := p.calls(tool, callID, arguments)
		if !sure {
			t.may = []state{was, then}
			return false
		}
		if tool == "delete_task" && !is.gone { // the call gives what it has deleted, and the same again
			is = state{gone: true}
		} else if is.gone {
			p.fault("%s: %s %v: the task %+v is not there", p.name, tool, arguments, was)
		}
		if want := then; is.title != want.title || is.done != want.done || is.gone != want.gone {
			p.fault("%s: %s %v makes of %+v %+v, want %+v", p.name, tool, arguments, was, is, want)
		}
		t.may = []state{is}
		p.freshTasks[t] = true
		return true
	}
	p.freshTasks[t] = true
	if !try() && p.one(2) {
		p.later(fmt.Sprint(tool, arguments), try)
	}
}
