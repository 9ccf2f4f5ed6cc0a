package demo

import (
	"strings"
	"time"
	"unicode/utf8"
)

// A question is what the model asked last, with what it was about to do.
type question struct {
	kind    questionKind
	command command // what was asked for, and could not be done yet
	tasks   []task  // those that the question named, in its order
}

type questionKind int

const (
	noQuestion  questionKind = iota
	whichOne                 // of the tasks that it lists
	whichTask                // no title was said
	whatTitle                // of a new task
	newTitle                 // of a task to be renamed
	whetherToDo              // what was asked about
)

// maxAsked bounds how many questions in a row are followed back.
const maxAsked = 4

// read understands the last message: as the answer to a question of ours that
// stands right before it, else by itself.
func (c *conversation) read() command {
	cmd := understand(c.said, c.now)
	if strings.TrimSpace(c.said) == "" || utf8.RuneCountInString(c.said) > maxTitle {
		return cmd
	}
	if q := c.asked(); q.kind != noQuestion {
		if answered, ok := q.answer(c.said, cmd, c.now); ok {
			answered.tongue = cmd.tongue
			return answered
		}
	}
	return cmd
}

// asked reads the question that the last answer of the model was, if it was
// one, with the command that led to it.
func (c *conversation) asked() question {
	text := c.before()
	kind := kindOf(text)
	if kind == noQuestion || c.depth >= maxAsked {
		return question{}
	}
	then := readMessages(c.req, c.earlier, c.now)
	then.depth = c.depth + 1
	return question{kind, then.read(), c.told(text)}
}

// kindOf tells what a text of ours asks, in whichever language it was said.
func kindOf(text string) questionKind {
	for _, v := range voices {
		before, after, _ := strings.Cut(v.askNewTitle, "%s")
		switch {
		case text == "":
		case strings.HasPrefix(text, v.askWhich+"\n"):
			return whichOne
		case text == v.askTarget:
			return whichTask
		case text == v.askTitle:
			return whatTitle
		case text == v.confirm:
			return whetherToDo
		case strings.HasPrefix(text, before) && strings.HasSuffix(text, after):
			return newTitle
		}
	}
	return noQuestion
}

// told are the tasks that a text of ours lists, as the tools gave them.
func (c *conversation) told(text string) []task {
	var known []task
	steps := readSteps(c.earlier)
	for i := len(steps) - 1; i >= 0; i-- {
		known = append(known, steps[i].result.tasks...)
	}
	var out []task
	used := map[string]bool{}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, bullet) {
			continue
		}
		best := task{}
		for _, one := range known {
			if !used[one.ID] && strings.HasPrefix(strings.TrimSpace(line), bullet+plain(one.Title)) && len(one.Title) > len(best.Title) {
				best = one
			}
		}
		if best.ID != "" {
			used[best.ID] = true
			out = append(out, best)
		}
	}
	return out
}

// answer reads a message as the answer to the question. cmd is what the message
// is by itself; ok is false when that is what it is.
func (q question) answer(said string, cmd command, now time.Time) (command, bool) {
	s := newSentence(said).trim(nothing)
	if cmd.do == refrain {
		return cmd, true
	}
	switch q.kind {
	case whichOne, whichTask:
		return q.pick(s, cmd)
	case whetherToDo:
		if yes(s) && q.command.then != nil {
			return *q.command.then, true
		}
	case newTitle:
		if cmd.do != list && cmd.do != count && cmd.do != help && q.command.do == rename {
			q.command.title = s.unquoted().string()
			return q.command, true
		}
	case whatTitle:
		if cmd.do == list || cmd.do == count || cmd.do == help || q.command.do != create {
			return cmd, false
		}
		if cmd.do == create && cmd.title != "" {
			return cmd, true
		}
		return q.titled(said, now), true
	}
	return cmd, false
}

// titled is a new task that gets what was said as its title, less the values
// in it; those of the first sentence stay.
func (q question) titled(said string, now time.Time) command {
	p := parser{now: now, full: newSentence(said)}
	p.readValues()
	c := p.values(create)
	if c.title = createTitle(p.rest); p.full.tongue != english {
		c.title = titleUrdu(p.rest, p.rest.part(0, 0))
	}
	first := q.command
	c.priority, c.category = either(c.priority, first.priority), either(c.category, first.category)
	c.due, c.description = either(c.due, first.due), either(c.description, first.description)
	return c
}

// pick reads which task is meant: by its place in the list, by its title, or
// "yes" to the only one. Words that fit none of them are looked for among all
// tasks, unless they are a command of their own.
func (q question) pick(s *sentence, cmd command) (command, bool) {
	c := q.command
	if !c.changes() || c.do == create {
		return cmd, false
	}
	target := targetOf(s)
	switch fits := matching(target.text, q.tasks); {
	case len(q.tasks) == 1 && yes(s):
		c.chosen = q.tasks
	case len(q.tasks) > 0 && lengthAt(s, 0, allWords) > 0 && len(s.part(lengthAt(s, 0, allWords), len(s.words)).trim(targetEdge).trim(itWords).words) == 0:
		c.chosen = q.tasks
	case target.nth != 0 || place(s) != 0:
		n, ok := pick(either(target.nth, place(s)), len(q.tasks))
		if !ok {
			return command{do: unknown}, true
		}
		c.chosen = q.tasks[n : n+1]
	case target.text != "" && len(fits) == 1:
		c.chosen = fits
	case target.text != "" && len(fits) > 1 || cmd.do == unknown && target.text != "":
		c.target = target
	default:
		return cmd, false
	}
	return c, true
}

// place reads a bare number word: "two", "دو".
func place(s *sentence) int {
	s = s.trim(numbered).trim(targetEdge)
	if n, length := number(s, 0); length == len(s.words) && length > 0 {
		return n
	}
	return 0
}
