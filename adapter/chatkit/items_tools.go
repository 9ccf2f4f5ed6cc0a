package chatkit

import "encoding/json"

// ToolStatus says whether the client has answered a tool call.
type ToolStatus string

// The states of a client tool call.
const (
	ToolPending   ToolStatus = "pending"
	ToolCompleted ToolStatus = "completed"
)

// A ClientToolCall asks the client to do something. It ends the turn: only the
// newest item of a thread can be answered, so nothing but hidden items may
// follow it. The client answers with threads.add_client_tool_output, which
// begins a turn with Turn.Answered and takes older calls without an answer away.
type ClientToolCall struct {
	Base
	Status    ToolStatus // empty is written as pending
	CallID    string     // empty: a turn puts the item's id
	Name      string
	Arguments json.RawMessage // an object; nil is written as {}
	Output    json.RawMessage // any JSON; nil and null are the same, and left out
}

// InputStatus says what became of a structured input.
type InputStatus string

// The states of a structured input.
const (
	InputPending  InputStatus = "pending"
	InputAnswered InputStatus = "answered"
	InputSkipped  InputStatus = "skipped"
)

// A StructuredInput asks the user questions. It ends the turn; the client
// answers with threads.add_structured_input, which begins a turn with
// Turn.Answered.
type StructuredInput struct {
	Base
	Status InputStatus // empty is written as pending
	Inputs []Question
}

// QuestionType is the kind of a question.
type QuestionType string

// The kinds of questions.
const (
	MultipleChoice QuestionType = "multiple_choice"
	Freeform       QuestionType = "freeform"
)

// A Question of a structured input.
type Question struct {
	Type   QuestionType
	ID     string
	Text   string
	Answer *Answer // nil: not yet answered

	Options  []Option // MultipleChoice; the client offers an answer of one's own besides
	Multiple bool     // MultipleChoice: more than one may be chosen

	Description string // Freeform
}

// An Option of a multiple choice.
type Option struct{ Value string }

// An Answer to a question.
type Answer struct {
	Values  []string
	Skipped bool
}

// Kind returns KindClientToolCall.
func (*ClientToolCall) Kind() ItemKind { return KindClientToolCall }

// Kind returns KindStructuredInput.
func (*StructuredInput) Kind() ItemKind { return KindStructuredInput }

func (t *ClientToolCall) fields(c *codec) {
	wordOr(c, "status", &t.Status, ToolPending, ToolCompleted)
	c.text("call_id", &t.CallID)
	c.text("name", &t.Name)
	c.object("arguments", &t.Arguments)
	c.optRaw("output", &t.Output)
}

func (s *StructuredInput) fields(c *codec) {
	wordOr(c, "status", &s.Status, InputPending, InputAnswered, InputSkipped)
	list(c, "inputs", &s.Inputs)
}

func (q *Question) fields(c *codec) {
	word(c, "type", &q.Type, MultipleChoice, Freeform)
	c.text("id", &q.ID)
	c.text("question", &q.Text)
	optional(c, "answer", &q.Answer)
	if q.Type == Freeform {
		c.optText("description", &q.Description)
		return
	}
	list(c, "options", &q.Options)
	c.flag("multiple", &q.Multiple)
}

func (o *Option) fields(c *codec) { c.text("value", &o.Value) }

func (a *Answer) fields(c *codec) {
	c.texts("values", &a.Values)
	c.flag("skipped", &a.Skipped)
}
