package demo

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// answerTo is what the model answers to a request.
func answerTo(req *request) answer {
	if title, ok := titleFor(req); ok {
		return say(title)
	}
	c := readConversation(req, time.Now)
	return c.answer()
}

// A turn is a conversation with its last message understood.
type turn struct {
	*conversation
	command
	voice *voice
}

func (c *conversation) answer() answer {
	t := turn{c, c.command(), nil}
	t.voice = voices[c.speaks(t.tongue)]
	if n := len(c.steps); n > 0 && c.steps[n-1].result.failure != "" && len(t.made()) < 2 {
		return say(fmt.Sprintf(t.voice.failed, c.steps[n-1].result.failure))
	}
	if text := t.friendly(); text != "" {
		return say(text)
	}
	switch t.do {
	case create:
		return t.create()
	case list, more:
		return t.list()
	case count:
		return t.count()
	case tell:
		return t.tell()
	}
	return t.change()
}

// friendly is what is said where nothing is to be done.
func (t *turn) friendly() string {
	v := t.voice
	if t.do == unknown && utf8.RuneCountInString(t.said) > maxSentence {
		return v.tooLong
	}
	return map[act]string{
		unknown: v.notUnderstood, help: v.help, hello: v.hello, thanks: v.thanks, okay: v.okay, bye: v.bye,
		refrain: v.refrained, suppose: v.supposed, confirm: v.confirm, separate: v.separate,
	}[t.do]
}

// command understands the last message: as the answer to a question of ours if
// it is one, and as a wish for a tool if the request forces one that needs
// nothing to be said.
func (c *conversation) command() command {
	cmd := c.read()
	switch c.req.ToolChoice.name {
	case toolList:
		if cmd.do != list {
			cmd = command{do: list, tongue: cmd.tongue}
		}
	case toolStats:
		cmd = command{do: count, tongue: cmd.tongue}
	}
	return cmd
}

// call makes an answer of a tool call, or says that the tool is not there.
func (t *turn) call(tool string, args map[string]any) answer {
	if !t.req.offers(tool) {
		return say(fmt.Sprintf(t.voice.noTool, tool))
	}
	for name, value := range args {
		if value == "" {
			delete(args, name)
		}
	}
	return answer{calls: []call{{tool, args}}}
}

// last is the last step of the turn if it called the tool.
func (t *turn) last(tool string) (step, bool) {
	if n := len(t.steps); n > 0 && t.steps[n-1].tool == tool {
		return t.steps[n-1], true
	}
	return step{}, false
}

// Limits of the tools, in characters.
const (
	maxTitle       = 255
	maxDescription = 1000
	maxSearch      = 200
)

func shorten(s string, limit int) string { return s[:runeOffset(s, limit)] }

func (t *turn) create() answer {
	if s, ok := t.last(toolCreate); ok {
		if s.result.task == nil {
			return say(t.voice.unreadable)
		}
		text := t.voice.end(t.voice.saying(t.voice.created, s.result.task.Title), t.details(*s.result.task))
		if utf8.RuneCountInString(t.title) > maxTitle {
			text += " " + t.voice.shortened
		}
		return say(text)
	}
	if t.title == "" {
		return say(t.voice.askTitle)
	}
	return t.call(toolCreate, map[string]any{
		"title": shorten(t.title, maxTitle), "description": shorten(t.description, maxDescription),
		"priority": t.priority, "category": t.category, "due_date": t.due,
	})
}

// details are what a task has beside its title, but for what most have.
func (t *turn) details(of task) []string {
	var out []string
	if of.Priority != "medium" && of.Priority != "" {
		out = append(out, either(t.voice.priority(of.Priority), of.Priority))
	}
	if of.Category != "other" && of.Category != "" {
		out = append(out, either(t.voice.category(of.Category), of.Category))
	}
	if of.DueDate != "" {
		out = append(out, t.sayDue(of.DueDate))
	}
	return out
}

// sayDue tells a due date in words; an instant in the user's zone.
func (t *turn) sayDue(due string) string {
	text := plain(due)
	if at, err := time.Parse(time.RFC3339, due); err == nil {
		at = at.In(t.now.Location())
		text = t.voice.inWords(at) + at.Format(", 15:04")
	} else if day, err := time.Parse(time.DateOnly, due); err == nil {
		text = t.voice.inWords(day)
	}
	return fmt.Sprintf(t.voice.due, text)
}

func (t *turn) count() answer {
	s, ok := t.last(toolStats)
	switch {
	case !ok:
		return t.call(toolStats, map[string]any{})
	case s.result.stats == nil:
		return say(t.voice.unreadable)
	}
	n := s.result.stats
	text := t.voice.stats
	if n.Total == 1 {
		text = t.voice.statsOne
	}
	lines := []string{}
	if have, known := n.ByPriority[t.priority]; known {
		lines = append(lines, fmt.Sprintf(t.voice.countOf, t.voice.priority(t.priority), have))
	}
	if have, known := n.ByCategory[t.category]; known {
		lines = append(lines, fmt.Sprintf(t.voice.countOf, t.voice.category(t.category), have))
	}
	return say(strings.Join(append(lines, fmt.Sprintf(text, n.Total, n.Pending, n.Completed, n.Overdue)), " "))
}

// maxListed is how many tasks are told by title: a page of the tool, so that
// the text and the widget beside it show the same.
const maxListed = 20

func (t *turn) list() answer {
	s, ok := t.last(toolList)
	switch {
	case !ok && t.do == more:
		return t.listMore()
	case !ok:
		return t.call(toolList, t.listArguments())
	case s.result.tasks == nil:
		return say(t.voice.unreadable)
	}
	tasks := s.result.tasks
	if t.overdue {
		tasks = t.onlyOverdue(tasks)
	}
	return say(t.listed(tasks, s.result.more != "" || s.result.cut))
}

// listMore asks for the page after the one that was shown last.
func (t *turn) listMore() answer {
	steps := readSteps(t.earlier)
	for i := len(steps) - 1; i >= 0; i-- {
		switch s := steps[i]; {
		case s.tool == toolList && s.result.more != "":
			return t.nextPage(s)
		case s.tool == toolList:
			return say(t.voice.noMore)
		}
	}
	return say(t.voice.noMore)
}

// listArguments are the filters of the sentence.
func (t *turn) listArguments() map[string]any {
	args := map[string]any{
		"status": t.status, "priority": t.priority, "category": t.category,
		"search": shorten(t.search, maxSearch), "due_after": t.from, "due_before": t.until,
	}
	if t.from != "" || t.overdue {
		args["sort_by"], args["sort_order"] = "due_date", "asc"
	}
	if t.sortBy != "" {
		args["sort_by"], args["sort_order"] = t.sortBy, t.order
	}
	if t.overdue {
		args["status"], args["due_before"] = "pending", t.now.Format(time.RFC3339)
	}
	return args
}

// onlyOverdue leaves out what is due today: the filter counts a day that has
// begun, but a task of today is not late yet.
func (t *turn) onlyOverdue(tasks []task) []task {
	out := []task{}
	for _, task := range tasks {
		if task.DueDate != t.now.Format(time.DateOnly) {
			out = append(out, task)
		}
	}
	return out
}

// listed tells how many tasks there are, and the first of them.
func (t *turn) listed(tasks []task, goesOn bool) string {
	v := t.voice
	shown := tasks[:min(len(tasks), maxListed)]
	var b strings.Builder
	switch {
	case len(tasks) == 0 && t.filtered():
		return v.noneFound
	case len(tasks) == 0 && t.do == more:
		return v.noMore
	case len(tasks) == 0:
		return v.noTasks
	case t.do == more:
		fmt.Fprintf(&b, v.nextOf, len(shown))
	case goesOn:
		fmt.Fprintf(&b, v.firstOf, len(shown))
	case len(tasks) == 1:
		b.WriteString(v.oneTask)
	default:
		fmt.Fprintf(&b, v.manyTasks, len(tasks))
	}
	b.WriteString("\n\n" + t.bullets(shown))
	if !goesOn && len(shown) < len(tasks) {
		b.WriteString("\n- …")
	}
	return b.String()
}

func (t *turn) filtered() bool {
	return t.status+t.priority+t.category+t.search+t.from != "" || t.overdue
}

// bullets is a Markdown list of tasks.
func (t *turn) bullets(tasks []task) string {
	lines := make([]string, len(tasks))
	for i, task := range tasks {
		details := t.details(task)
		if task.Completed {
			details = append(details, t.voice.done)
		}
		lines[i] = bullet + plain(task.Title)
		if len(details) > 0 {
			lines[i] += " (" + strings.Join(details, t.voice.comma) + ")"
		}
	}
	return strings.Join(lines, "\n")
}

// bullet begins the line of a task.
const bullet = "- "
