package demo

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// A conversation is a request as the rules see it.
type conversation struct {
	req     *request
	now     time.Time // the user's, in the user's zone
	said    string    // what the user wrote last
	steps   []step    // what was called since, and what came of it
	earlier []message // all before it
	depth   int       // how many questions led here, of one asked about another
}

// A step is a tool call with its result.
type step struct {
	tool   string
	args   map[string]any
	result result
}

func readConversation(req *request, clock func() time.Time) *conversation {
	return readMessages(req, req.Messages, userTime(req, clock))
}

// readMessages reads the conversation as it stood after some of the messages.
func readMessages(req *request, messages []message, now time.Time) *conversation {
	c := &conversation{req: req, now: now}
	last := -1
	for i, m := range messages {
		if m.Role == "user" {
			last = i
		}
	}
	if last < 0 {
		return c
	}
	c.said = withoutNotes(messages[last].Content.first())
	c.earlier = messages[:last]
	c.steps = readSteps(messages[last+1:])
	return c
}

// noteOpening is how the agents' loop puts a note of the application into a
// user's message, in front of what the user wrote.
const noteOpening = "[Note from the application: "

func withoutNotes(text string) string {
	for strings.HasPrefix(text, noteOpening) {
		_, rest, closed := strings.Cut(text, "]\n\n")
		if !closed {
			break
		}
		text = rest
	}
	return text
}

// readSteps pairs calls with their results. Calls that no result followed are
// left out, and so are tools that are not ours, such as those that hand over.
func readSteps(messages []message) []step {
	var steps []step
	calls := map[string]functionCall{}
	for _, m := range messages {
		for _, call := range m.ToolCalls {
			calls[call.ID] = call.Function
		}
		call, known := calls[m.ToolCallID]
		if m.Role != "tool" || !known || !ours(call.Name) {
			continue
		}
		s := step{tool: call.Name, result: readResult(m.Content.all())}
		// Arguments that are no object are nobody's we know: they stay empty.
		_ = json.Unmarshal([]byte(call.Arguments), &s.args)
		steps = append(steps, s)
	}
	return steps
}

// The tools that the rules can call.
const (
	toolCreate = "create_task"
	toolList   = "list_tasks"
	toolUpdate = "update_task"
	toolDelete = "delete_task"
	toolToggle = "toggle_complete"
	toolStats  = "get_stats"
	toolGet    = "get_task"
)

func ours(tool string) bool {
	switch tool {
	case toolCreate, toolList, toolUpdate, toolDelete, toolToggle, toolStats, toolGet:
		return true
	}
	return false
}

// lastTask is the id of the task that was spoken of last, before this message;
// empty when there is none, or when it was deleted.
func (c *conversation) lastTask() string {
	steps := readSteps(c.earlier)
	for i := len(steps) - 1; i >= 0; i-- {
		switch r := steps[i].result; {
		case r.deleted:
			return ""
		case r.task != nil:
			return r.task.ID
		case len(r.tasks) == 1 && steps[i].tool == toolList:
			return r.tasks[0].ID
		}
	}
	return ""
}

// lastShown are the tasks of the last list that a person read, in its order:
// those that an answer told by title, else all that a tool gave.
func (c *conversation) lastShown() []task {
	if shown := c.told(c.before()); len(shown) > 0 {
		return shown
	}
	return c.lastList()
}

// lastList is the list that a tool gave last.
func (c *conversation) lastList() []task {
	steps := readSteps(c.earlier)
	for i := len(steps) - 1; i >= 0; i-- {
		if len(steps[i].result.tasks) > 0 {
			return steps[i].result.tasks
		}
	}
	return nil
}

// before is the text with which the model answered last.
func (c *conversation) before() string {
	for i := len(c.earlier) - 1; i >= 0; i-- {
		switch m := c.earlier[i]; {
		case m.Role == "user":
			return ""
		case m.Role == "assistant" && m.Content.first() != "":
			return m.Content.first()
		}
	}
	return ""
}

var (
	instantShape = regexp.MustCompile(`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})`)
	zoneShape    = regexp.MustCompile(`\b[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+\b|\bUTC\b`)
)

// userTime reads the time and the user's zone (IANA) from the instructions:
// from the last line that holds both, else from wherever they are. Without a
// time it asks the clock, without a zone it takes the offset of the time.
func userTime(req *request, clock func() time.Time) time.Time {
	var instant, zone string
	for _, m := range req.Messages {
		if !m.instructs() {
			continue
		}
		for line := range strings.Lines(m.Content.all()) {
			i, z := instantShape.FindString(line), zoneIn(line)
			if i != "" && z != "" || instant == "" || zone == "" {
				instant, zone = either(i, instant), either(z, zone)
			}
		}
	}
	now, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		now = clock().UTC()
	}
	if zone == "" {
		return now
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return now
	}
	return now.In(location)
}

// either is a, or b if a is nothing.
func either[T comparable](a, b T) T {
	var none T
	if a != none {
		return a
	}
	return b
}

// zoneIn finds the name of a time zone that there is.
func zoneIn(line string) string {
	for _, name := range zoneShape.FindAllString(line, 8) {
		if _, err := time.LoadLocation(name); err == nil {
			return name
		}
	}
	return ""
}
