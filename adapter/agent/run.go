package agent

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// Config is what a Runner works with. Model, Tools and Agents are required.
type Config struct {
	Model *Model
	Tools Tools
	// Agents are those who answer; the first one does unless Choose says
	// another.
	Agents []Agent
	// Choose gives the Name of the agent that answers first; nil: the first
	// of Agents.
	Choose func(Request) string
	// Trim makes a history fit into a number of tokens; nil: it goes whole.
	Trim   func(history []Message, tokens int) []Message
	Limits Limits
	Logger *slog.Logger // nil: nothing is logged
}

// A Runner answers messages. It keeps nothing of anybody between runs and may
// serve many at once.
type Runner struct {
	cfg    Config
	naming *brief                   // for titles
	briefs atomic.Pointer[[]*brief] // the latest that were made
}

// A Request asks for one answer.
type Request struct {
	User string // whose tools are called; never told to the model
	// TurnID, a step and an index make the call ids of tools: with the same
	// TurnID a run that is repeated after a crash doubles no effect. 1 to 200
	// printable characters.
	TurnID string
	// History is what was said before, oldest first: the messages of users and
	// what the runs before gave as Result.Messages.
	History []Message
	// Input is what is answered now: usually one user's message. It may be
	// empty, when an answer is to go on after a client's own tool.
	Input []Message
	// Timezone is the user's (IANA); empty: UTC.
	Timezone string
	Now      func() time.Time // nil: time.Now
	// ToolChoice names a tool that the first reply must call; empty: as the
	// model likes.
	ToolChoice string
	Model      string // in place of the configured one
	Prefer     string // the Name of the agent that the user or the thread asks for
}

// A Result is what a run gave, whole or up to where it failed.
type Result struct {
	Agent string // who spoke last, by Name
	// Text is all that was said, texts of several steps joined by blank lines.
	Text string
	// Messages are what the run adds to the history: the assistant's messages
	// with their calls, and the results. Every call has a result, even after
	// an error.
	Messages []Message
	Usage    Usage
	// FinishReason is the provider's for the last reply: "stop", "length", …;
	// empty after an error.
	FinishReason string
}

// Usage counts tokens: the provider's figures, or a quarter of the characters
// where it gives none.
type Usage struct{ Input, Output int }

// Total is the sum of both.
func (u Usage) Total() int { return u.Input + u.Output }

// NewRunner makes a Runner.
func NewRunner(cfg Config) *Runner {
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Runner{cfg: cfg, naming: cfg.Model.newBrief(titleInstructions, nil)}
}

// Run answers. It calls emit from its own goroutine, one event at a time, and
// stops when emit fails, returning that error.
//
// The error is an *Error when the answer failed. When ctx ends, Run emits
// nothing more and returns what there was with the context's error.
func (r *Runner) Run(ctx context.Context, req Request, emit func(Event) error) (Result, error) {
	return newRun(r, req, emit).do(ctx)
}

// Title names a conversation after its first message and answer: one line of at
// most 60 characters, in the user's language. The model gets no tools. What that
// took is told after an error too.
func (r *Runner) Title(ctx context.Context, user, firstUser, firstAnswer string) (string, Usage, error) {
	return r.title(ctx, user, firstUser, firstAnswer)
}
