package agent

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// A brief is what a model is told that is the same from one request to the next,
// and that is most of it: how the system prompt begins, and the tools. It is made
// once, as JSON too, and shared by all that are under way.
type brief struct {
	agent  *Agent   // what it was made of: who speaks,
	former []string // who has handed over before,
	listed []Tool   // and the tools that there are

	opening string
	tools   []Tool
	// As they stand in a body, the tools to its end.
	openingJSON             []byte
	toolsJSON, strictlyJSON func() []byte
}

// newBrief makes a brief for the model's API. Its tools may not change any more.
func (m *Model) newBrief(opening string, tools []Tool) *brief {
	return &brief{
		opening: opening, tools: tools, openingJSON: appendText(nil, opening),
		toolsJSON:    sync.OnceValue(func() []byte { return m.toolsJSON(tools, false) }),
		strictlyJSON: sync.OnceValue(func() []byte { return m.toolsJSON(tools, true) }),
	}
}

// maxBriefs is how many briefs a Runner keeps: one for each agent and way to it,
// and some while a list of tools takes the place of another.
const maxBriefs = 16

// brief gives the brief of who speaks now.
func (r *run) brief() *brief {
	var kept []*brief
	if known := r.briefs.Load(); known != nil {
		kept = *known
	}
	for _, b := range kept {
		if b.agent == r.agent && slices.Equal(b.former, r.former) && slices.EqualFunc(b.listed, r.tools, Tool.equal) {
			return b
		}
	}
	b := r.cfg.Model.newBrief(strings.TrimSpace(r.agent.Instructions)+"\n\n"+dataRule+"\n\n", r.offered())
	b.agent, b.former, b.listed = r.agent, slices.Clone(r.former), r.tools
	kept = append(slices.Clone(kept), b)
	kept = kept[max(0, len(kept)-maxBriefs):]
	r.briefs.Store(&kept) // what another run stores meanwhile is made again
	return b
}

func (t Tool) equal(other Tool) bool {
	return t.Name == other.Name && t.Title == other.Title && t.Description == other.Description &&
		t.ReadOnly == other.ReadOnly && bytes.Equal(t.Schema, other.Schema)
}

// offered lists the tools of the agent that speaks: its own, and those that
// hand over to others. Nobody hands back to who has handed over: the two would
// go on for ever.
func (r *run) offered() []Tool {
	var tools []Tool
	for _, t := range r.tools {
		if r.agent.Uses == nil || r.agent.Uses(t) {
			tools = append(tools, t)
		}
	}
	if len(r.former) >= r.cfg.Limits.HandOvers {
		return tools
	}
	for _, name := range r.agent.HandsTo {
		if other := r.agentNamed(name); other != nil && other != r.agent && !slices.Contains(r.former, name) {
			tools = append(tools, Tool{
				Name: other.Transfer, Description: other.TransferWhen,
				Schema: json.RawMessage(`{"type":"object","properties":{}}`),
			})
		}
	}
	return tools
}

// toolsJSON is the end of a body, from its tools on.
func (m *Model) toolsJSON(tools []Tool, strict bool) []byte {
	if len(tools) == 0 {
		return []byte("}")
	}
	before, after := `{"type":"function","function":{`, "}}"
	if m.cfg.API == APIResponses {
		before, after = `{"type":"function"`, "}"
	}
	b := []byte(`,"tools":[`)
	for _, t := range tools {
		b = append(m.appendFunction(append(appendComma(b), before...), t, strict), after...)
	}
	return append(b, "]}"...)
}

// appendFunction appends the fields that describe a tool. An API whose default
// is strict is always told.
func (m *Model) appendFunction(b []byte, t Tool, strict bool) []byte {
	b = appendField(b, "name", t.Name)
	b = appendField(b, "description", t.Description)
	schema := []byte(t.Schema)
	if strict {
		schema, strict = strictSchema(schema)
	}
	if len(schema) == 0 {
		schema = []byte(`{"type":"object","properties":{}}`)
	}
	b = append(appendKey(b, "parameters"), schema...)
	switch {
	case strict:
		b = append(appendKey(b, "strict"), "true"...)
	case m.cfg.API == APIResponses:
		b = append(appendKey(b, "strict"), "false"...)
	}
	return b
}
