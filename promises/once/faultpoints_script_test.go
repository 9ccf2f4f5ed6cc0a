package once

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"taskwire/adapter/agent/agenttest"
)

// A script is a model that, told to "work NAME", makes two tasks, completes the
// first, deletes the second, deletes it once more and says so; told to "hold",
// it begins to speak and is then silent. What it does next it takes from the
// conversation alone, so that whoever asks again hears the same.
type script struct {
	mu   sync.Mutex
	told map[string][]toldTask // by name: what tools have answered
}

// A toldTask is a task as a tool has told the model of it.
type toldTask struct {
	ID        string
	Title     string
	Completed bool
}

func newScript() *script { return &script{told: map[string][]toldTask{}} }

func (s *script) reply(w *agenttest.Writer, r agenttest.Request) {
	s.next(r)(w, r)
}

func (s *script) next(r agenttest.Request) agenttest.Reply {
	text, steps, answers := whereWeAre(r.Messages)
	order, name, _ := strings.Cut(text, " ")
	switch {
	case len(r.Tools) == 0:
		return agenttest.Text("A title")
	case order == "hold":
		return agenttest.Stall("Wait ")
	case order != "work":
		return agenttest.Text("Fine.")
	}
	tasks := s.hear(name, answers)
	switch {
	case steps == 0:
		return agenttest.Calls(
			agenttest.Call{ID: "a", Name: "create_task", Arguments: fmt.Sprintf(`{"title":"%s a"}`, name)},
			agenttest.Call{ID: "b", Name: "create_task", Arguments: fmt.Sprintf(`{"title":"%s b"}`, name)})
	case steps == 1 && len(tasks) == 2:
		return agenttest.Calls(
			agenttest.Call{ID: "c", Name: "toggle_complete", Arguments: fmt.Sprintf(`{"task_id":%q}`, tasks[0].ID)},
			agenttest.Call{ID: "d", Name: "delete_task", Arguments: fmt.Sprintf(`{"task_id":%q}`, tasks[1].ID)})
	case steps == 2 && len(tasks) == 2:
		return agenttest.Calls(agenttest.Call{ID: "e", Name: "delete_task", Arguments: fmt.Sprintf(`{"task_id":%q}`, tasks[1].ID)})
	case steps == 3:
		return agenttest.Text("All ", "done.")
	}
	return agenttest.Text("Something is not as it should be.")
}

// whereWeAre gives what the user said last, how many replies with calls came
// since, and what the tools answered to the last of them.
func whereWeAre(messages []agenttest.Message) (text string, steps int, answers []string) {
	for _, m := range messages {
		switch {
		case m.Role == "user":
			text, steps, answers = said(m), 0, nil
		case m.Role == "assistant" && len(m.ToolCalls) > 0:
			steps++
			answers = nil
		case m.Role == "tool":
			answers = append(answers, m.Text())
		}
	}
	return text, steps, answers
}

// said is the line of a user's message that is an order to us; files come with
// lines of their own.
func said(m agenttest.Message) string {
	var parts []struct{ Text string }
	text := m.Text()
	if json.Unmarshal(m.Content, &parts) == nil {
		text = ""
		for _, p := range parts {
			text += p.Text + "\n"
		}
	}
	for line := range strings.Lines(text) {
		if order, _, _ := strings.Cut(line, " "); order == "work" || order == "hold" {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// hear keeps the tasks that tools have told of, and gives those.
func (s *script) hear(name string, answers []string) (tasks []toldTask) {
	for _, a := range answers {
		var result struct{ Task *toldTask }
		if json.Unmarshal([]byte(a), &result) == nil && result.Task != nil {
			tasks = append(tasks, *result.Task)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told[name] = append(s.told[name], tasks...)
	return tasks
}

func (s *script) toldTo(name string) []toldTask {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told[name]
}
