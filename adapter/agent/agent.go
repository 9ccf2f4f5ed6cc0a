// Package agent is the loop of model and tools: it asks a model of any
// OpenAI-compatible provider, runs the tools that the model calls, and tells
// what happens as events.
//
// It knows neither who serves it nor who keeps its messages: no HTTP server, no
// chat protocol, no store. The user is an argument of every call that needs one
// and never part of what a model reads.
package agent

// An Agent is one of those who answer: what the model is told when it speaks as
// this agent, and what it may use.
type Agent struct {
	// Name is how programs call it: "orchestrator", "urdu".
	Name string
	// Label is how people call it: "Urdu Specialist".
	Label string
	// Instructions open the system prompt. They name no user and no date: both
	// are none of their business, and the runner adds the date.
	Instructions string
	// Note gives what the agent is told of one request beside that; nil, or
	// an empty text: nothing.
	Note func(Request) string
	// Uses tells which tools the agent may use; nil: all of them.
	Uses func(Tool) bool
	// Transfer is the name of the tool by which others hand over to this agent,
	// as in "transfer_to_urdu_specialist".
	Transfer string
	// TransferWhen tells the others when to, as the description of that tool.
	TransferWhen string
	// HandsTo names the agents that this one may hand over to.
	HandsTo []string
}
