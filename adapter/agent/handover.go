package agent

import (
	"encoding/json"
	"slices"
)

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

// transferTo gives the agent that a tool hands over to, nil for other tools.
func (r *run) transferTo(tool string) *Agent {
	for _, name := range r.agent.HandsTo {
		if other := r.agentNamed(name); other != nil && other.Transfer == tool {
			return other
		}
	}
	return nil
}

// handOver lets the agent speak that the first hand-over of a reply named.
func (r *run) handOver(planned []*plannedCall) error {
	at := slices.IndexFunc(planned, func(c *plannedCall) bool { return c.to != nil })
	if at < 0 {
		return nil
	}
	r.former = append(r.former, r.agent.Name)
	r.agent = planned[at].to
	return r.tell(AgentStarted{r.agent.Name, r.agent.Label})
}
