package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"taskwire/edge"
)

// A plannedCall is a call of a reply that has been checked, and what came of it.
type plannedCall struct {
	call    Call
	tool    Tool
	to      *Agent // of a hand-over
	problem string // why it is not run, for the model
	key     string // its call id for the tools
	ran     bool   // to its end; then there is a result or an error
	result  ToolResult
	err     error
	done    chan struct{}
}

func (c *plannedCall) runs() bool { return c.problem == "" && c.to == nil }

// runCalls runs the calls of a reply and adds them, with their results, to the
// conversation. What is wrong with a call goes back to the model, which may
// then mend it.
func (r *run) runCalls(ctx context.Context, reply reply, tools []Tool) error {
	planned := r.plan(reply, tools)
	msg := r.answered(reply)
	for _, c := range planned {
		msg.Calls = append(msg.Calls, c.call)
	}
	if !echoes(reply, msg.Calls) {
		msg.Raw, msg.Source = nil, ""
	}
	err := r.runPlanned(ctx, planned)
	before := len(r.messages)
	r.add(msg)
	for i, c := range planned {
		text := c.forModel()
		if i == len(planned)-1 && reply.dropped > 0 {
			text = cutText(text, MaxToolResult-200) + fmt.Sprintf("\n[Only the first %d calls of a reply are run; %d more were not.]", MaxCalls, reply.dropped)
		}
		r.add(Message{Role: RoleTool, CallID: c.call.ID, Text: text, Agent: r.agent.Name})
	}
	if err != nil {
		return err
	}
	if err := r.tell(StepDone{slices.Clone(r.messages[before:])}); err != nil {
		return err
	}
	return r.handOver(planned)
}

// echoes reports whether the calls still are what the raw items say. Where one
// was mended, the items of the Responses API do not go back.
func echoes(reply reply, calls []Call) bool {
	if len(reply.raw) == 0 || reply.raw[0] != '[' {
		return true
	}
	for item := range elements(reply.raw) {
		if stringOf(member(item, "type")) != "function_call" {
			continue
		}
		came := callOf(item)
		if !slices.ContainsFunc(calls, func(c Call) bool { return c.ID == came.id && string(c.Arguments) == string(came.arguments) }) {
			return false
		}
	}
	return true
}

func (r *run) plan(reply reply, tools []Tool) []*plannedCall {
	planned := make([]*plannedCall, len(reply.calls))
	handsOver := false
	for i, came := range reply.calls {
		c := &plannedCall{
			call: Call{ID: came.id, Name: came.name, Arguments: json.RawMessage("{}"), Extra: came.extra},
			key:  fmt.Sprintf("%s.%d.%d", r.req.TurnID, r.step, i),
			done: make(chan struct{}),
		}
		at := slices.IndexFunc(tools, func(t Tool) bool { return t.Name == came.name })
		if at < 0 {
			c.problem = "There is no tool of this name. The tools are: " + names(tools) + "."
		} else {
			c.tool = tools[at]
			c.call.Arguments, c.problem = checkArguments(came.arguments, c.tool.Schema)
		}
		if to := r.transferTo(c.tool.Name); to != nil && handsOver {
			c.problem = "The conversation is handed over once in a reply."
		} else if to != nil {
			c.to, c.problem, handsOver = to, "", true
		}
		planned[i] = c
	}
	return planned
}

func names(tools []Tool) string {
	var all []string
	for _, t := range tools {
		all = append(all, t.Name)
	}
	return strings.Join(all, ", ")
}

// checkArguments gives arguments that a tool may get, or says to the model what
// is wrong with them. Nothing is guessed: only a tool without any arguments
// takes an empty text for none.
func checkArguments(arguments []byte, schema json.RawMessage) (json.RawMessage, string) {
	none := json.RawMessage("{}")
	trimmed := bytes.TrimSpace(arguments)
	switch {
	case len(arguments) > MaxArguments:
		return none, fmt.Sprintf("The arguments are longer than %d bytes.", MaxArguments)
	case len(trimmed) == 0 && takesNone(schema):
		return none, ""
	case len(trimmed) == 0 || trimmed[0] != '{':
		return none, "The arguments must be one JSON object."
	}
	if err := edge.CheckJSON(trimmed); err != nil {
		return none, "The arguments must be one JSON object: " + err.Error() + "."
	}
	return json.RawMessage(trimmed), ""
}

func takesNone(schema json.RawMessage) bool {
	if !json.Valid(schema) {
		return false
	}
	for range members(member(bytes.TrimSpace(schema), "properties")) {
		return false
	}
	return true
}

// runPlanned runs calls in order: reading ones that stand together at the same
// time, all others one by one.
func (r *run) runPlanned(ctx context.Context, planned []*plannedCall) error {
	ctx, cancel := r.inTime(ctx)
	defer cancel()
	for len(planned) > 0 {
		group := 1
		if planned[0].runs() && planned[0].tool.ReadOnly {
			for group < len(planned) && planned[group].runs() && planned[group].tool.ReadOnly {
				group++
			}
		}
		if err := r.runGroup(ctx, planned[:group]); err != nil {
			return err
		}
		planned = planned[group:]
	}
	return nil
}

func (r *run) runGroup(ctx context.Context, group []*plannedCall) error {
	if !group[0].runs() {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, c := range group {
		if err := r.tell(ToolStarted{c.key, c.tool.Name, c.tool.Title, c.call.Arguments}); err != nil {
			return err
		}
	}
	room := make(chan struct{}, r.cfg.Limits.Parallel)
	for _, c := range group {
		go func() {
			defer close(c.done)
			room <- struct{}{}
			defer func() { <-room }()
			r.call(ctx, c)
		}()
	}
	var failed error
	for _, c := range group { // all of them: none may outlive the run
		<-c.done
		c.ran = true
		if err := r.finished(ctx, c); failed == nil {
			failed = err
		}
	}
	return failed
}

func (r *run) call(ctx context.Context, c *plannedCall) {
	defer func() {
		if p := recover(); p != nil {
			c.err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	c.result, c.err = r.cfg.Tools.Call(ctx, r.req.User, ToolCall{
		Name: c.tool.Name, Arguments: c.call.Arguments, CallID: c.key, Timezone: r.req.Timezone,
	})
}

// finished tells how a call ended. The error ends the run.
func (r *run) finished(ctx context.Context, c *plannedCall) error {
	if ctx.Err() != nil && c.err != nil {
		return context.Cause(ctx)
	}
	if c.err != nil {
		r.cfg.Logger.ErrorContext(ctx, "tool failed", "user", r.req.User, "tool", c.tool.Name, "err", c.err)
	} else if c.result.IsError && c.result.Code == "" {
		r.cfg.Logger.WarnContext(ctx, "tool refused without a code", "user", r.req.User, "tool", c.tool.Name)
	}
	if err := r.tell(ToolFinished{c.key, c.tool.Name, c.result, c.forUser()}); err != nil {
		return err
	}
	var known *Error
	if errors.As(c.err, &known) {
		return known
	}
	return nil
}

// forUser gives the sentence that says why a call did not work, empty if it
// did. Only what a tool says with a code is meant to be read by people.
func (c *plannedCall) forUser() string {
	var known *Error
	switch {
	case errors.As(c.err, &known):
		return known.Message
	case c.err != nil:
		return "The tool could not be reached."
	case c.result.IsError && c.result.Code != "" && c.result.Text != "":
		return cutText(c.result.Text, 500)
	case c.result.IsError:
		return "The tool could not do this."
	}
	return ""
}

// forModel gives what the model reads of a call. A result is JSON wherever the
// tool gave it as such; what the application itself has to say is {"error": …}.
func (c *plannedCall) forModel() string {
	switch {
	case c.to != nil && c.problem == "":
		return `{"handed_over_to":` + quoted(c.to.Label) + `}`
	case c.problem != "":
		return errorObject(c.problem)
	case !c.ran:
		return noResult
	case c.err != nil:
		return errorObject("The tool could not be reached. It is not known whether the call took effect: look before you try again.")
	case c.result.IsError && c.result.Code == "":
		return errorObject(firstLine(c.result.Text))
	case c.result.IsError:
		return errorObject(cutText(c.result.Text, MaxToolResult/8))
	case len(c.result.Structured) > 0:
		return cutText(string(c.result.Structured), MaxToolResult)
	default:
		return `{"text":` + quotedWithin(c.result.Text, MaxToolResult-len(`{"text":}`)) + `}`
	}
}

// quotedWithin quotes as much of a text as fits into limit bytes.
func quotedWithin(text string, limit int) string {
	for size := limit - 2; ; {
		q := quoted(cutText(text, size))
		if len(q) <= limit {
			return q
		}
		size = size*limit/len(q) - 4 // what is escaped takes more
	}
}

func errorObject(text string) string { return `{"error":` + quoted(text) + `}` }

// firstLine gives the first line of what a tool said without a code: what
// follows may be a trace.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if line == "" {
		return "The tool could not do this."
	}
	return cutText(line, 300)
}
