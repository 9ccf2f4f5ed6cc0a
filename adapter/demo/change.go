package demo

import (
	"fmt"
	"slices"
	"strings"
)

// A change goes in steps: look for the task, change it, tell what was done.
// Which step comes next follows from those that were made.
func (t *turn) change() answer {
	if made := t.made(); len(made) > 0 {
		return t.changed(made)
	}
	if t.do == rename && t.title == "" && (t.target.text != "" || t.target.it) {
		return say(t.voice.saying(t.voice.askNewTitle, either(t.target.text, "…")))
	}
	if t.target.all || len(t.target.each) > 0 && t.do == rename {
		return say(t.voice.askOne)
	}
	if len(t.chosen) > 0 {
		return t.changeAll(t.chosen)
	}
	if len(t.target.each) > 0 {
		return t.findEach()
	}
	if id, known := t.fromHistory(); known {
		if id == "" {
			return say(t.voice.askTarget)
		}
		return t.changeTask(task{ID: id})
	}
	return t.find()
}

// made are the changes of this turn, which come after all looking.
func (t *turn) made() []step {
	n := len(t.steps)
	for n > 0 && t.steps[n-1].tool != toolList && t.steps[n-1].tool != toolGet {
		n--
	}
	return t.steps[n:]
}

// fromHistory finds the task that a sentence means by "it" or by its place in
// the list that was shown. known is false when titles have to be looked up.
func (t *turn) fromHistory() (id string, known bool) {
	switch {
	case t.target.it:
		return t.lastTask(), true
	case t.target.nth != 0 && t.target.text == "":
		tasks := t.lastShown()
		if n, ok := pick(t.target.nth, len(tasks)); ok {
			return tasks[n].ID, true
		}
		return "", true // a place in a list that nobody has seen
	case t.target.text == "" && !t.narrowed():
		return "", true
	}
	return "", false
}

// narrowed reports whether values in the sentence say which task is meant.
func (t *turn) narrowed() bool {
	if t.do == update || t.do == rename { // there they are what is to be set
		return false
	}
	return t.status+t.priority+t.category+t.from != "" || t.overdue
}

// pick is the index of the nth of so many, from the end when n is below zero.
func pick(n, of int) (int, bool) {
	if n < 0 {
		n += of + 1
	}
	return n - 1, n >= 1 && n <= of
}

const (
	// pageSize keeps a page below what a model is given of a tool's answer.
	pageSize = 50
	maxPages = 6
)

// find looks for the task: first by its longest word, then, because a search
// is literal and people are not, through all tasks.
func (t *turn) find() answer {
	s, ok := t.last(toolList)
	switch {
	case !ok && t.target.text == "":
		args := t.listArguments()
		args["limit"] = pageSize
		return t.call(toolList, args)
	case !ok:
		return t.call(toolList, map[string]any{"search": shorten(searchWord(t.target.text), maxSearch), "limit": pageSize})
	case s.result.tasks == nil:
		return say(t.voice.unreadable)
	}
	searched := s.args["search"] != nil
	tasks, pages := t.seen(searched)
	found := t.narrow(matching(t.target.text, tasks))
	if t.target.text == "" {
		found = tasks
		if t.overdue {
			found = t.onlyOverdue(tasks)
		}
	}
	switch {
	case s.result.more != "" && pages < maxPages && !s.result.cut:
		return t.nextPage(s)
	case len(found) == 0 && searched && t.target.text != "":
		return t.call(toolList, map[string]any{"limit": pageSize})
	}
	if near := near(t.target.text, tasks); len(found) == 0 && len(near) > 0 {
		if t.do == tell {
			return t.tellOf(near)
		}
		return t.ask(near)
	}
	return t.resolve(found, s.result.cut || s.result.more != "")
}

// seen are the tasks of all pages of the last look, and how many pages it had.
func (t *turn) seen(searched bool) (tasks []task, pages int) {
	for _, s := range t.steps {
		if s.tool == toolList && (s.args["search"] != nil) == searched {
			tasks = append(tasks, s.result.tasks...)
			pages++
		}
	}
	return tasks, pages
}

// narrow prefers, of tasks that fit equally well, those that the change makes
// sense for: one completes what is open.
func (t *turn) narrow(found []task) []task {
	if len(found) < 2 || t.do != complete && t.do != reopen {
		return found
	}
	var out []task
	for _, task := range found {
		if task.Completed == (t.do == reopen) {
			out = append(out, task)
		}
	}
	if len(out) > 0 {
		return out
	}
	return found
}

// resolve changes the one task that was found, or asks.
func (t *turn) resolve(found []task, incomplete bool) answer {
	if n, ok := pick(t.target.nth, len(found)); ok && t.target.nth != 0 {
		found = found[n : n+1]
	}
	switch {
	case t.do == tell && len(found) > 0:
		return t.tellOf(found)
	case len(found) == 0 && t.target.text == "":
		return say(t.voice.noneFound)
	case len(found) == 0 && incomplete:
		return say(t.voice.saying(t.voice.noMatchCut, t.target.text))
	case len(found) == 0:
		return say(t.voice.saying(t.voice.noMatch, t.target.text))
	case len(found) > 1:
		return t.ask(found)
	}
	return t.changeAll(found)
}

// changeAll changes the tasks that were found, in one go.
func (t *turn) changeAll(found []task) answer {
	var all answer
	var told []string
	seen := map[string]bool{}
	for _, task := range found {
		one := answer{}
		switch {
		case seen[task.ID]:
			continue
		case t.do == complete && task.Completed:
			one = say(t.voice.saying(t.voice.alreadyDone, task.Title))
		case t.do == reopen && !task.Completed:
			one = say(t.voice.saying(t.voice.alreadyOpen, task.Title))
		default:
			one = t.changeTask(task)
		}
		seen[task.ID] = true
		all.calls = append(all.calls, one.calls...)
		if one.text != "" && !slices.Contains(told, one.text) {
			told = append(told, one.text)
		}
	}
	if len(all.calls) == 0 {
		all.text = strings.Join(told, " ")
	}
	return all
}

// ask asks which of several tasks is meant.
func (t *turn) ask(tasks []task) answer {
	more := ""
	if len(tasks) > maxListed {
		tasks, more = tasks[:maxListed], "\n- …"
	}
	return say(t.voice.askWhich + "\n\n" + t.bullets(tasks) + more)
}

// changeTask calls the tool that makes the change.
func (t *turn) changeTask(of task) answer {
	switch t.do {
	case complete, reopen:
		return t.call(toolToggle, map[string]any{"task_id": of.ID, "completed": t.do == complete})
	case remove:
		return t.call(toolDelete, map[string]any{"task_id": of.ID})
	case rename:
		return t.call(toolUpdate, map[string]any{"task_id": of.ID, "title": shorten(t.title, maxTitle)})
	}
	if t.due+t.priority+t.category+t.description == "" && !t.clearDue && !t.clearText {
		return say(t.voice.askValue)
	}
	a := t.call(toolUpdate, map[string]any{
		"task_id": of.ID, "priority": t.priority, "category": t.category,
		"due_date": t.due, "description": shorten(t.description, maxDescription),
	})
	// An empty string clears a field; call leaves empty ones out.
	if len(a.calls) > 0 && t.clearDue {
		a.calls[0].args["due_date"] = ""
	}
	if len(a.calls) > 0 && t.clearText {
		a.calls[0].args["description"] = ""
	}
	return a
}

// changed tells what was done, from what the tools gave back.
func (t *turn) changed(made []step) answer {
	lines := make([]string, len(made))
	for i, s := range made {
		lines[i] = t.changedText(s.result)
	}
	return say(strings.Join(lines, " "))
}

func (t *turn) changedText(r result) string {
	v := t.voice
	switch {
	case r.failure != "":
		return fmt.Sprintf(v.failed, r.failure)
	case r.task == nil:
		return v.unreadable
	case t.do == complete:
		return v.saying(v.completed, r.task.Title)
	case t.do == reopen:
		return v.saying(v.reopened, r.task.Title)
	case t.do == remove:
		return v.saying(v.deleted, r.task.Title)
	case t.do == rename:
		return v.saying(v.renamed, t.oldTitle(r.task.ID), r.task.Title)
	}
	return v.updatedText(r.task.Title, t.news(*r.task))
}

// oldTitle is what a task was called when it was looked up.
func (t *turn) oldTitle(id string) string {
	for _, s := range append(t.steps, readSteps(t.earlier)...) {
		for _, task := range s.result.tasks {
			if task.ID == id {
				return task.Title
			}
		}
	}
	return either(t.target.text, "…")
}

// news are the values that an update set.
func (t *turn) news(of task) []string {
	var out []string
	if t.priority != "" {
		out = append(out, t.voice.priority(of.Priority))
	}
	if t.category != "" {
		out = append(out, t.voice.category(of.Category))
	}
	switch {
	case t.clearDue:
		out = append(out, t.voice.off)
	case t.due != "":
		out = append(out, t.sayDue(of.DueDate))
	}
	switch {
	case t.clearText:
		out = append(out, t.voice.noText)
	case t.description != "":
		out = append(out, t.voice.text)
	}
	return out
}
