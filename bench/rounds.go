package main

import (
	"context"
	"fmt"
	"slices"
)

// cell is one figure of the table: a tool of a server, under one load.
type cell struct {
	server  *server
	era     era
	tool    string
	callers int
}

// of is the cell of a peer under the same load. A peer has one tool.
func (c cell) of(peer *server) cell { return cell{peer, c.era, "get_task", c.callers} }

func (c cell) String() string {
	return fmt.Sprintf("%s %s, %s, %d callers", c.server.name, c.tool, c.era.name, c.callers)
}

// requestsEach is how many different requests a caller takes turns with.
const requestsEach = 16

// prepare makes the callers of a cell, each a host of its own: its own
// connection and, in the older era, its own session.
func (b *bench) prepare(ctx context.Context, c cell) ([]*caller, error) {
	user := reader
	if c.tool == "create_task" {
		user = writer
	}
	token := c.server.token(b, user)
	var callers []*caller
	for i := range c.callers {
		session := ""
		if c.era.sessions {
			var err error
			if session, err = c.server.session(ctx, c.era, user, token, i); err != nil {
				return nil, err
			}
		}
		host := &caller{addr: c.server.addr}
		for j := range requestsEach {
			body := c.era.callBody(c.tool, b.args(c, i*requestsEach+j))
			host.requests = append(host.requests,
				prepare(c.server.addr, c.server.path(c.era), c.era.headers(c.tool, session, token), body))
		}
		callers = append(callers, host)
	}
	return callers, nil
}

func (b *bench) args(c cell, i int) map[string]any {
	switch c.tool {
	case "create_task":
		return taskArgs(i)
	case "list_tasks":
		return map[string]any{} // the first 20
	default:
		// The peers only say hello to the id; it is as long as a real one.
		ids := b.ours[0].taskIDs
		if c.server.ours {
			ids = c.server.taskIDs
		}
		return map[string]any{"task_id": ids[i%len(ids)]}
	}
}

// cells lists what a round measures, in order. What is compared stands close
// together in time.
func (b *bench) cells() []cell {
	var all []cell
	for _, callers := range []int{1, 64} {
		for _, e := range eras {
			for _, s := range slices.Concat(b.peers, b.ours) {
				all = append(all, cell{s, e, "get_task", callers})
			}
			for _, tool := range []string{"list_tasks", "create_task"} {
				for _, s := range b.ours {
					all = append(all, cell{s, e, tool, callers})
				}
			}
		}
	}
	return all
}

// runRounds measures every cell once a round, A B C D, A B C D, and so on.
func (b *bench) runRounds(ctx context.Context) (map[cell][]sample, error) {
	cells := b.cells()
	ready := map[cell][]*caller{}
	for _, c := range cells {
		callers, err := b.prepare(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", c, err)
		}
		ready[c] = callers
	}
	b.say("warming up")
	for _, c := range cells {
		if c.tool != "get_task" || c.callers == 1 {
			continue
		}
		if _, err := measure(ctx, c.server.proc.pid(), ready[c], 0, b.scale.warmUp); err != nil {
			return nil, fmt.Errorf("%v: %w", c, err)
		}
	}
	results := map[cell][]sample{}
	for round := range b.scale.rounds {
		b.say("round %d of %d", round+1, b.scale.rounds)
		for _, c := range cells {
			got, err := measure(ctx, c.server.proc.pid(), ready[c], b.scale.settle, b.scale.window)
			if err != nil {
				return nil, fmt.Errorf("%v: %w", c, err)
			}
			results[c] = append(results[c], got)
		}
	}
	return results, nil
}
