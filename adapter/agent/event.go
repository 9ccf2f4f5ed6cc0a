package agent

import "encoding/json"

// An Event is something that happened in a run. Events come one after the
// other, in the order in which they happened.
type Event interface{ event() }

// AgentStarted says who answers from now on: first in every run, and again
// after each hand-over.
type AgentStarted struct{ Name, Label string }

// TextDelta is a piece of the answer's text, valid UTF-8.
type TextDelta struct{ Text string }

// TextPaused says that no more text is at hand for the moment: what has been
// told of it should be seen now. Who shows every TextDelta at once need not care.
type TextPaused struct{}

// TextDone ends a text that began with a TextDelta. Text is all of it. What
// comes next in the same run is a text of its own.
type TextDone struct{ Text string }

// TextUnfinished ends a text that was cut off. Text is all there was, with the
// mark " …", which has been sent as a TextDelta. An error follows.
type TextUnfinished struct{ Text string }

// ToolStarted says that a tool runs.
type ToolStarted struct {
	CallID    string // unique within the turn, the same in ToolFinished
	Name      string
	Title     string
	Arguments json.RawMessage
}

// ToolFinished says how a call ended. Calls that ran at the same time finish in
// the order in which the model made them.
type ToolFinished struct {
	CallID string
	Name   string
	Result ToolResult
	// Err is empty when the call worked, else a sentence for the user.
	Err string
}

// StepDone says that a step which called tools is over, and that all of it has
// been told. Messages are its part of [Result.Messages]: who keeps them now has
// them even if the run is stopped in a later step.
type StepDone struct{ Messages []Message }

// Limit names what can stop an answer before its end.
type Limit string

const (
	LimitSteps  Limit = "steps"
	LimitTokens Limit = "tokens"
	// LimitLength and LimitFilter are the provider's: its finish_reason.
	LimitLength Limit = "length"
	LimitFilter Limit = "content_filter"
)

// LimitReached says that the answer is what there is, but not all that was
// asked for. The run ends well after it.
type LimitReached struct {
	Which   Limit
	Message string // a sentence for the user
}

func (AgentStarted) event()   {}
func (TextDelta) event()      {}
func (TextPaused) event()     {}
func (TextDone) event()       {}
func (TextUnfinished) event() {}
func (ToolStarted) event()    {}
func (ToolFinished) event()   {}
func (StepDone) event()       {}
func (LimitReached) event()   {}
