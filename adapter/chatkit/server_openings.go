package chatkit

import (
	"context"
	"net/http"
	"slices"
	"time"
)

func (c *call) openThread(ctx context.Context, p *CreateThread) (*opening, error) {
	o, err := c.openMessage(ctx, "", &p.Input)
	if err != nil {
		return nil, err
	}
	o.start.NewThread = &Thread{
		ID:        c.server.store.GenerateThreadID(ctx, c.user),
		CreatedAt: o.start.Message.CreatedAt,
		Status:    Status{Type: StatusActive},
	}
	return o, nil
}

// openMessage checks the message and loads its attachments, so that one that is
// not there leaves nothing behind.
func (c *call) openMessage(ctx context.Context, threadID string, in *UserInput) (*opening, error) {
	if check := c.server.handlers.CheckInput; check != nil {
		if err := check(ctx, c.user, threadID, in); err != nil {
			return nil, err
		}
	}
	m := &UserMessage{
		Base:    Base{CreatedAt: time.Now().UTC()},
		Content: in.Content, QuotedText: in.QuotedText, InferenceOptions: in.InferenceOptions,
	}
	for _, id := range in.Attachments {
		a, err := c.server.store.LoadAttachment(ctx, c.user, id)
		if err != nil {
			return nil, err
		}
		m.Attachments = append(m.Attachments, *a)
	}
	return &opening{start: TurnStart{ThreadID: threadID, Message: m}, answer: c.respond(m)}, nil
}

func (c *call) respond(in *UserMessage) func(context.Context, *Turn) error {
	return func(ctx context.Context, t *Turn) error { return c.server.handlers.Respond(ctx, t, in) }
}

var errNotPending = &RequestError{http.StatusConflict, "not_pending", "Nothing of the kind is waiting for an answer."}

// recentItems is how far back pending tool calls are looked for.
const recentItems = 20

func (c *call) openToolOutput(p *AddClientToolOutput) *opening {
	var answered *ClientToolCall
	look := func(ctx context.Context) (Changes, error) {
		if _, err := c.server.store.LoadThread(ctx, c.user, p.ThreadID); err != nil {
			return Changes{}, err
		}
		page, err := c.server.store.LoadThreadItems(ctx, c.user, p.ThreadID, PageParams{Limit: recentItems})
		if err != nil {
			return Changes{}, err
		}
		if len(page.Data) == 0 || !isPendingCall(page.Data[0]) {
			return Changes{}, errNotPending
		}
		answered = page.Data[0].(*ClientToolCall)
		answered.Status, answered.Output = ToolCompleted, p.Result
		changes := Changes{Save: []Item{answered}}
		for _, item := range page.Data[1:] {
			if isPendingCall(item) {
				changes.Delete = append(changes.Delete, item.ItemID())
			}
		}
		return changes, nil
	}
	goOn := func(ctx context.Context, t *Turn) error {
		t.Answered = answered
		return c.server.handlers.Respond(ctx, t, nil)
	}
	return &opening{start: TurnStart{ThreadID: p.ThreadID}, look: look, answer: goOn}
}

func isPendingCall(item Item) bool {
	call, ok := item.(*ClientToolCall)
	return ok && call.Status != ToolCompleted
}

func (c *call) openStructuredInput(p *AddStructuredInput) *opening {
	o := &opening{start: TurnStart{ThreadID: p.ThreadID}}
	o.look = func(ctx context.Context) (Changes, error) {
		item, err := c.server.store.LoadItem(ctx, c.user, p.ThreadID, p.ItemID)
		if err != nil {
			return Changes{}, err
		}
		asked, ok := item.(*StructuredInput)
		switch {
		case item.Hidden():
			return Changes{}, ErrNotFound
		case !ok, asked.Status == InputAnswered, asked.Status == InputSkipped:
			return Changes{}, errNotPending
		}
		asked.answer(p)
		o.first = &ItemReplaced{asked}
		o.answer = func(ctx context.Context, t *Turn) error {
			t.Answered = asked
			return c.server.handlers.Respond(ctx, t, nil)
		}
		return Changes{Save: []Item{asked}}, nil
	}
	return o
}

// answer puts the user's answers to the questions. Answers to other questions
// are left out; a question without an answer counts as skipped.
func (s *StructuredInput) answer(p *AddStructuredInput) {
	s.Status = p.Status
	for i := range s.Inputs {
		q := &s.Inputs[i]
		given, ok := p.Answers[q.ID]
		if !ok || p.Status == InputSkipped || given.Skipped || len(given.Values) == 0 {
			q.Answer = &Answer{Skipped: true}
			continue
		}
		values := slices.Clone(given.Values)
		if q.Type == MultipleChoice && !q.Multiple {
			values = values[:1]
		}
		q.Answer = &Answer{Values: values}
	}
}

// openRetry removes what followed the user's message, so that it is answered
// anew.
func (c *call) openRetry(p *RetryAfterItem) *opening {
	o := &opening{start: TurnStart{ThreadID: p.ThreadID}}
	o.look = func(ctx context.Context) (Changes, error) {
		item, err := c.server.store.LoadItem(ctx, c.user, p.ThreadID, p.ItemID)
		if err != nil {
			return Changes{}, err
		}
		in, ok := item.(*UserMessage)
		switch {
		case item.Hidden():
			return Changes{}, ErrNotFound
		case !ok:
			return Changes{}, &RequestError{http.StatusBadRequest, "not_a_user_message", "item_id must be a message of the user."}
		}
		o.answer = c.respond(in)
		return Changes{DeleteAfter: p.ItemID}, nil
	}
	return o
}

func (c *call) openAction(p *CustomAction) *opening {
	o := &opening{start: TurnStart{ThreadID: p.ThreadID}}
	o.look = func(ctx context.Context) (Changes, error) {
		thread, err := c.server.store.LoadThread(ctx, c.user, p.ThreadID)
		if err != nil {
			return Changes{}, err
		}
		handle := c.server.handlers.Action
		sender, err := c.checkAction(ctx, thread, p, handle != nil)
		if err != nil {
			return Changes{}, err
		}
		o.answer = func(ctx context.Context, t *Turn) error { return handle(ctx, t, p.Action, sender) }
		return Changes{}, nil
	}
	return o
}
