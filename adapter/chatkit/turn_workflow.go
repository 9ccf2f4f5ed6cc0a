package chatkit

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// A WorkflowStream shows steps of work as they go on. End must end it: a
// workflow that a handler leaves open is not stored. Safe for concurrent use.
type WorkflowStream struct {
	turn  *Turn
	begun time.Time

	mu   sync.Mutex
	item *WorkflowItem
}

// StartWorkflow announces a workflow with its first tasks. Without a type it is
// a custom one.
func (t *Turn) StartWorkflow(w Workflow) (*WorkflowStream, error) {
	if w.Type == "" {
		w.Type = WorkflowCustom
	}
	w.Tasks = cloneTasks(w.Tasks)
	s := &WorkflowStream{turn: t, begun: time.Now(), item: &WorkflowItem{Workflow: w}}
	return s, t.Send(&ItemAdded{s.item})
}

// ID returns the workflow's id.
func (s *WorkflowStream) ID() string { return s.item.ID }

// Add adds a task and returns its index.
func (s *WorkflowStream) Add(task Task) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.item.Workflow
	index := len(w.Tasks)
	if err := s.turn.Send(&ItemUpdated{s.item.ID, &TaskAdded{index, task}}); err != nil {
		return 0, err
	}
	w.Tasks = append(w.Tasks, task.clone())
	return index, nil
}

// Update replaces the task at an index that Add returned, or of those that the
// workflow began with.
func (s *WorkflowStream) Update(index int, task Task) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if index < 0 || index >= len(s.item.Workflow.Tasks) {
		return fmt.Errorf("chatkit: the workflow has no task %d", index)
	}
	if err := s.turn.Send(&ItemUpdated{s.item.ID, &TaskUpdated{index, task}}); err != nil {
		return err
	}
	s.item.Workflow.Tasks[index] = task.clone()
	return nil
}

// End closes the workflow and stores it. Without a summary it says how long the
// work took.
func (s *WorkflowStream) End(summary *Summary) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sumUp(summary)
	return s.turn.Send(&ItemDone{s.item})
}

// EndAtEnd closes the workflow when the turn ends: see [Turn.AtEnd]. A task that
// was still loading is shown without an indicator: in what is stored it would
// turn for ever.
func (s *WorkflowStream) EndAtEnd(summary *Summary) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sumUp(summary)
	for i := range s.item.Workflow.Tasks {
		if task := &s.item.Workflow.Tasks[i]; task.Status == TaskLoading {
			task.Status = TaskNone
		}
	}
	return s.turn.AtEnd(s.item)
}

func (s *WorkflowStream) sumUp(summary *Summary) {
	if summary == nil {
		summary = &Summary{Seconds: int(time.Since(s.begun).Seconds())}
	}
	kept := *summary
	s.item.Workflow.Summary = &kept
}

func cloneTasks(tasks []Task) []Task {
	c := make([]Task, len(tasks))
	for i, task := range tasks {
		c[i] = task.clone()
	}
	return c
}

// clone copies the lists too, so that what was announced stays as it was.
func (t Task) clone() Task {
	t.Queries, t.Sources = slices.Clone(t.Queries), slices.Clone(t.Sources)
	return t
}
