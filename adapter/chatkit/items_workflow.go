package chatkit

// A WorkflowItem shows steps of work that belong together.
type WorkflowItem struct {
	Base
	Workflow Workflow
}

// A TaskItem shows one step of work.
type TaskItem struct {
	Base
	Task Task
}

// WorkflowType is the kind of a workflow.
type WorkflowType string

// The kinds of workflows.
const (
	WorkflowCustom    WorkflowType = "custom"
	WorkflowReasoning WorkflowType = "reasoning"
)

// A Workflow is a list of tasks, open while it runs.
type Workflow struct {
	Type     WorkflowType
	Tasks    []Task
	Summary  *Summary // shown instead of the last task once the workflow is over
	Expanded bool
}

// A Summary is a title with an icon or, when Title is empty, a duration.
type Summary struct {
	Title   string
	Icon    string
	Seconds int // how long it took, whole seconds; only without Title
}

// TaskType is the kind of a task.
type TaskType string

// The kinds of tasks.
const (
	TaskCustom    TaskType = "custom"
	TaskWebSearch TaskType = "web_search"
	TaskThought   TaskType = "thought"
	TaskFile      TaskType = "file"
	TaskImage     TaskType = "image"
)

// TaskStatus is the indicator beside a task.
type TaskStatus string

// The states of a task.
const (
	TaskNone     TaskStatus = "none"
	TaskLoading  TaskStatus = "loading"
	TaskComplete TaskStatus = "complete"
)

// A Task is a step of a workflow. Fields that do not belong to its kind are
// not written.
type Task struct {
	Type    TaskType
	Status  TaskStatus // empty is written as none
	Title   string
	Icon    string // TaskCustom
	Content string // TaskCustom and TaskThought; Markdown

	TitleQuery string   // TaskWebSearch
	Queries    []string // TaskWebSearch
	Sources    []Source // TaskWebSearch: of type SourceURL; TaskFile: of type SourceFile
}

// Kind returns KindWorkflow.
func (*WorkflowItem) Kind() ItemKind { return KindWorkflow }

// Kind returns KindTask.
func (*TaskItem) Kind() ItemKind { return KindTask }

func (w *WorkflowItem) fields(c *codec) { c.record("workflow", &w.Workflow) }

func (t *TaskItem) fields(c *codec) { c.record("task", &t.Task) }

func (w *Workflow) fields(c *codec) {
	word(c, "type", &w.Type, WorkflowCustom, WorkflowReasoning)
	list(c, "tasks", &w.Tasks)
	optional(c, "summary", &w.Summary)
	c.flag("expanded", &w.Expanded)
}

func (s *Summary) fields(c *codec) {
	c.optText("title", &s.Title)
	if s.Title == "" {
		c.integer("duration", &s.Seconds)
		return
	}
	c.optText("icon", &s.Icon)
}

func (t *Task) fields(c *codec) {
	wordOr(c, "status_indicator", &t.Status, TaskNone, TaskLoading, TaskComplete)
	word(c, "type", &t.Type, TaskCustom, TaskWebSearch, TaskThought, TaskFile, TaskImage)
	c.optText("title", &t.Title)
	switch t.Type {
	case TaskCustom:
		c.optText("icon", &t.Icon)
		c.optText("content", &t.Content)
	case TaskWebSearch:
		c.optText("title_query", &t.TitleQuery)
		c.texts("queries", &t.Queries)
		list(c, "sources", &t.Sources)
	case TaskThought:
		c.text("content", &t.Content)
	case TaskFile:
		list(c, "sources", &t.Sources)
	}
}
