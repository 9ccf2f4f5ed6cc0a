package agent

import "encoding/json"

// A Role says who speaks in a Message.
type Role string

const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool" // a result, for the call that CallID names
	// RoleNote is what the application tells the model beside the
	// conversation: that the last answer was stopped, what a button changed.
	RoleNote Role = "note"
)

// A Message is one entry of a conversation as the model reads it. Its JSON is
// what Result.Messages is stored as and what Request.History is read from.
type Message struct {
	Role Role   `json:"role"`
	Text string `json:"text,omitempty"`
	// Parts follow the text of a user's message: attached files and images.
	Parts []Part `json:"parts,omitempty"`
	// Calls are the tool calls of an assistant's message, in order.
	Calls []Call `json:"calls,omitempty"`
	// CallID names, in a tool's message, the call that it answers.
	CallID string `json:"call_id,omitempty"`
	// Agent is the Name of the agent that spoke.
	Agent string `json:"agent,omitempty"`
	// Raw is what the provider wants to see again of an assistant's message
	// (reasoning_content, extra_content, reasoning items), in its own form.
	Raw json.RawMessage `json:"raw,omitempty"`
	// Source names the provider and model that Raw came from; Raw goes to no
	// other.
	Source string `json:"source,omitempty"`
}

// A Call is a tool call as a model made it.
type Call struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Arguments is a JSON object; {} where the model sent none that could be
	// used.
	Arguments json.RawMessage `json:"arguments"`
	// Extra holds what else the provider put into the call and wants to see
	// again.
	Extra json.RawMessage `json:"extra,omitempty"`
}

// A Part is a file that a user attached. Either Text or Data is set; with neither
// the model is told that there is a file which it cannot read.
type Part struct {
	Name      string `json:"name,omitempty"`
	MediaType string `json:"media_type,omitempty"`
	// Text is the beginning of a text file. It goes to the model as marked
	// data, cut at 64 KiB.
	Text string `json:"text,omitempty"`
	// Data is an image. It goes to models with vision; others are told that
	// there is one.
	Data []byte `json:"data,omitempty"`
}
