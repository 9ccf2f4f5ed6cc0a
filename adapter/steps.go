package main

import (
	"fmt"

	"taskwire/adapter/agent"
	"taskwire/adapter/chatkit"
)

// steps shows tool calls as a workflow with a task for each.
type steps struct {
	flow   *chatkit.WorkflowStream // nil: none is open
	tasks  []chatkit.Task
	places map[string]int // of a call, in tasks
}

func (s *steps) begin(t *chatkit.Turn, e agent.ToolStarted) (err error) {
	task := chatkit.Task{Type: chatkit.TaskCustom, Status: chatkit.TaskLoading, Title: or(e.Title, e.Name)}
	if s.flow == nil {
		s.tasks, s.places = nil, map[string]int{}
		s.flow, err = t.StartWorkflow(chatkit.Workflow{Tasks: []chatkit.Task{task}})
	} else {
		_, err = s.flow.Add(task)
	}
	s.places[e.CallID] = len(s.tasks)
	s.tasks = append(s.tasks, task)
	return err
}

// end says how a call ended. ChatKit has no sign for failure: words say it.
func (s *steps) end(e agent.ToolFinished) error {
	place, begun := s.places[e.CallID]
	if !begun || s.flow == nil {
		return nil
	}
	task := &s.tasks[place]
	task.Status = chatkit.TaskComplete
	if e.Err != "" {
		task.Status, task.Content = chatkit.TaskNone, "Failed: "+e.Err
	}
	return s.flow.Update(place, *task)
}

// close ends the steps. A call that has no end yet, because the time was over,
// may still take effect.
func (s *steps) close() error {
	if s.flow == nil {
		return nil
	}
	for place := range s.tasks {
		task := &s.tasks[place]
		if task.Status != chatkit.TaskLoading {
			continue
		}
		task.Status, task.Content = chatkit.TaskNone, "Failed: it is not known whether this was done."
		if err := s.flow.Update(place, *task); err != nil {
			return err
		}
	}
	if err := s.flow.End(&chatkit.Summary{Title: s.summary()}); err != nil {
		return err // perhaps the answer was stopped: then interrupt ends them
	}
	s.flow = nil
	return nil
}

// interrupt ends the steps of an answer that was stopped.
func (s *steps) interrupt() error {
	if s.flow == nil {
		return nil
	}
	flow := s.flow
	s.flow = nil
	return flow.EndAtEnd(&chatkit.Summary{Title: s.summary() + ", stopped"})
}

func (s *steps) summary() string {
	failed := 0
	for _, task := range s.tasks {
		if task.Content != "" {
			failed++
		}
	}
	text := s.tasks[0].Title
	if len(s.tasks) > 1 {
		text = fmt.Sprintf("%d steps", len(s.tasks))
	}
	switch {
	case failed == 0:
		return text
	case len(s.tasks) == 1:
		return text + " failed"
	}
	return fmt.Sprintf("%s, %d failed", text, failed)
}
