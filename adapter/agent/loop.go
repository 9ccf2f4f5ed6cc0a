package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A run is one answer on its way. It belongs to one goroutine.
type run struct {
	*Runner
	req      Request
	emit     func(Event) error
	tools    []Tool // the user's, as they were when the run began
	agent    *Agent
	former   []string  // the agents that have handed over
	messages []Message // history and input, then what the run adds
	input    int       // where in messages the input begins
	added    int       // and what the run adds
	usage    Usage
	texts    []string
	room     int // characters that may still be said
	step     int
	emitErr  error
	finish   string
	until    time.Time // when Limits.Time is over
}

func newRun(r *Runner, req Request, emit func(Event) error) *run {
	if req.Now == nil {
		req.Now = time.Now
	}
	return &run{Runner: r, req: req, emit: emit, room: MaxAnswer, until: time.Now().Add(r.cfg.Limits.Time)}
}

func (r *run) do(ctx context.Context) (Result, error) {
	err := r.answer(ctx)
	switch {
	case err == nil:
		return r.result(), nil
	case ctx.Err() != nil:
		return r.result(), ctx.Err()
	case errors.Is(err, errTimeOver):
		err = failure(KindTime, nil)
	}
	r.finish = ""
	return r.result(), err
}

// inTime gives a context that also ends when the run's time is over. What waits
// for the model has none of its own: many do, and for long.
func (r *run) inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithDeadlineCause(ctx, r.until, errTimeOver)
}

func (r *run) result() Result {
	return Result{
		Agent: r.agent.Name, Text: strings.Join(r.texts, "\n\n"), Usage: r.usage, FinishReason: r.finish,
		Messages: slices.Clone(r.messages[r.added:]),
	}
}

func (r *run) answer(ctx context.Context) error {
	r.begin()
	if err := r.tell(AgentStarted{r.agent.Name, r.agent.Label}); err != nil {
		return err
	}
	if err := r.listTools(ctx); err != nil {
		return err
	}
	for r.step = range r.cfg.Limits.Steps {
		if r.usage.Total() >= r.cfg.Limits.Tokens {
			return r.sumUp(ctx, LimitTokens)
		}
		done, err := r.oneStep(ctx)
		if done || err != nil {
			return err
		}
	}
	return r.sumUp(ctx, LimitSteps)
}

func (r *run) listTools(ctx context.Context) (err error) {
	ctx, cancel := r.inTime(ctx)
	defer cancel()
	r.tools, err = r.cfg.Tools.List(ctx, r.req.User)
	var known *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known) || ctx.Err() != nil:
		return causeOr(ctx, err)
	}
	return failure(KindTools, err)
}

// begin chooses who answers and what they read.
func (r *run) begin() {
	history := r.req.History
	if r.cfg.Trim != nil {
		history = r.cfg.Trim(history, r.cfg.Limits.History)
	}
	r.messages = slices.Concat(history, r.req.Input)
	r.input, r.added = len(history), len(r.messages)
	r.req.History, r.req.Input = nil, nil // a run may take long, and one list is enough
	r.agent = &r.cfg.Agents[0]
	if r.cfg.Choose != nil {
		if chosen := r.agentNamed(r.cfg.Choose(r.request())); chosen != nil {
			r.agent = chosen
		}
	}
}

// request gives the request as it came, with the history that goes to the model.
func (r *run) request() Request {
	req := r.req
	req.History, req.Input = r.messages[:r.input], r.messages[r.input:r.added]
	return req
}

func (r *run) agentNamed(name string) *Agent {
	for i := range r.cfg.Agents {
		if r.cfg.Agents[i].Name == name {
			return &r.cfg.Agents[i]
		}
	}
	return nil
}

// oneStep asks the model once and runs what it calls; done says that it has
// answered.
func (r *run) oneStep(ctx context.Context) (done bool, err error) {
	p := r.prompt()
	if r.step == 0 && slices.ContainsFunc(p.tools(), func(t Tool) bool { return t.Name == r.req.ToolChoice }) {
		p.choice = r.req.ToolChoice
	}
	reply, err := r.ask(ctx, p)
	if err != nil {
		return false, err
	}
	if limit, cut := reply.cut(); cut {
		return true, r.endCut(reply, limit)
	}
	if len(reply.calls) == 0 {
		return true, r.endWhole(reply)
	}
	return false, r.runCalls(ctx, reply, p.tools())
}

func (r *run) prompt() *prompt {
	return &prompt{
		user: r.req.User, model: r.req.Model, brief: r.brief(), system: r.system(), messages: r.messages, room: r.room, until: r.until,
	}
}

// ask asks the model and tells the text as it comes. After an error the text so
// far has been kept and marked.
func (r *run) ask(ctx context.Context, p *prompt) (reply, error) {
	reply, err := r.cfg.Model.ask(ctx, p, func(text string) error {
		if text == "" {
			return r.tell(TextPaused{})
		}
		return r.tell(TextDelta{text})
	})
	if err == nil || reply.text != "" {
		r.count(p, &reply)
	}
	reply.nameCalls(fmt.Sprint(r.step))
	r.finish = reply.finish
	if err != nil {
		return reply, r.unfinished(ctx, reply.text, err)
	}
	if reply.text == "" {
		return reply, nil
	}
	r.said(reply.text)
	return reply, r.tell(TextDone{reply.text})
}

func (r *run) said(text string) {
	r.texts = append(r.texts, text)
	r.room -= utf8.RuneCountInString(text)
}

// mark ends a text that was cut off, so that nobody takes it for whole.
const mark = " …"

// unfinished keeps a text that was cut off, and says so to the user, unless
// nobody listens any more, and to the model that goes on from here.
func (r *run) unfinished(ctx context.Context, text string, err error) error {
	if text == "" {
		return err
	}
	stopped := ctx.Err() != nil
	note := NoteStopped
	if !stopped {
		text += mark
		note = NoteUnfinished
	}
	r.said(text)
	r.add(Message{Role: RoleAssistant, Text: text, Agent: r.agent.Name}, Message{Role: RoleNote, Text: note})
	if stopped || r.emitErr != nil {
		return err
	}
	if err := r.tell(TextDelta{mark}); err != nil {
		return err
	}
	if err := r.tell(TextUnfinished{text}); err != nil {
		return err
	}
	return err
}

// endWhole ends the run with a reply that calls nothing. A model that has said
// something beside its calls may have nothing to add.
func (r *run) endWhole(reply reply) error {
	if reply.text == "" && len(r.texts) == 0 {
		return failure(KindEmpty, nil)
	}
	if reply.text != "" {
		r.add(r.answered(reply))
	}
	return nil
}

// endCut ends the run with a reply that the provider cut: its calls, which may
// be cut too, are not run.
func (r *run) endCut(reply reply, limit Limit) error {
	if reply.text == "" && len(r.texts) == 0 {
		return failure(KindEmpty, nil)
	}
	if reply.text != "" {
		r.add(Message{Role: RoleAssistant, Text: reply.text, Agent: r.agent.Name})
	}
	return r.tell(LimitReached{limit, limitSentences[limit]})
}

var limitSentences = map[Limit]string{
	LimitSteps:  "This answer took as many steps as it may. Ask again to go on from here.",
	LimitTokens: "This answer used as many tokens as it may. Ask again to go on from here.",
	LimitLength: "The answer is not complete: it reached the longest that the model gives.",
	LimitFilter: "The answer is not complete: the model's provider withheld the rest.",
}

// sumUp asks once more, without tools, what has been reached so far. It need
// not work: what was done has been told as it happened.
func (r *run) sumUp(ctx context.Context, limit Limit) error {
	p := r.prompt()
	p.mute = true
	p.messages = append(slices.Clip(p.messages), Message{Role: RoleNote, Text: "There is no room for further tool calls in this answer. Tell the user briefly what has been done and what is still open."})
	reply, err := r.ask(ctx, p)
	switch {
	case r.emitErr != nil || ctx.Err() != nil || errors.Is(err, errTimeOver) || err != nil && reply.text != "":
		return err
	case err != nil:
		r.cfg.Logger.WarnContext(ctx, "summing up failed", "user", r.req.User, "err", err)
	case reply.text != "":
		r.add(Message{Role: RoleAssistant, Text: reply.text, Agent: r.agent.Name})
	}
	return r.tell(LimitReached{limit, limitSentences[limit]})
}

// tell emits an event. After the first that fails, none is emitted.
func (r *run) tell(e Event) error {
	if r.emitErr == nil {
		r.emitErr = r.emit(e)
	}
	return r.emitErr
}

func (r *run) add(messages ...Message) { r.messages = append(r.messages, messages...) }

// answered is a reply as a message of the conversation, without its calls.
func (r *run) answered(reply reply) Message {
	msg := Message{Role: RoleAssistant, Text: reply.text, Agent: r.agent.Name, Raw: reply.raw}
	if msg.Raw != nil {
		msg.Source = r.cfg.Model.sourceOf(r.req.Model)
	}
	return msg
}

// count adds what a request used: a quarter of the characters where the
// provider does not say.
func (r *run) count(p *prompt, reply *reply) {
	if reply.usage == (Usage{}) {
		reply.usage = estimate(p, reply)
	}
	r.usage.Input += reply.usage.Input
	r.usage.Output += reply.usage.Output
}

func estimate(p *prompt, reply *reply) Usage {
	in := utf8.RuneCountInString(p.brief.opening) + utf8.RuneCountInString(p.system)
	out := utf8.RuneCountInString(reply.text)
	for _, t := range p.tools() {
		in += len(t.Name) + utf8.RuneCountInString(t.Description) + len(t.Schema)
	}
	for _, msg := range p.messages {
		in += utf8.RuneCountInString(msg.Text)
		for _, part := range msg.Parts {
			in += utf8.RuneCountInString(part.Text)
		}
		for _, c := range msg.Calls {
			in += len(c.Name) + len(c.Arguments)
		}
	}
	for _, c := range reply.calls {
		out += len(c.name) + len(c.arguments)
	}
	return Usage{in / 4, out / 4}
}

// causeOr prefers the reason why ctx ended, if it did.
func causeOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
