package agent

import "slices"

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
