package main

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"taskwire/adapter/agent"
	"taskwire/adapter/chatkit"
)

// respond answers a message: the agents' loop runs, and what happens in it
// becomes events of ChatKit.
func (s *server) respond(ctx context.Context, t *chatkit.Turn, in *chatkit.UserMessage) error {
	untitled := t.Thread.Title == ""
	if untitled && in != nil {
		if t.Thread.Title = firstWords(textOfUser(in)); t.Thread.Title != "" {
			if err := t.SaveThread(); err != nil {
				return err
			}
		}
	}
	before, input, err := s.history(ctx, t, in)
	if err != nil {
		return err
	}
	req := agent.Request{User: t.User, TurnID: t.ID(), History: before, Input: input, Timezone: s.turnZone(t)}
	if in != nil {
		req.ToolChoice = in.InferenceOptions.ToolChoice
	}
	n := &narrator{turn: t, voices: &s.threads.voices}
	result, err := s.runner.Run(ctx, req, n.tell)
	s.usage(ctx, t.User, result.Usage)
	if ctx.Err() != nil {
		return err // stopped: what was shown is kept by ChatKit's server
	}
	if err := errors.Join(n.closeSteps(), remember(t, result)); err != nil {
		return err
	}
	if err != nil {
		noteFailure(ctx, err)
		return told(err)
	}
	if untitled && in != nil && !s.cfg.model.demo() {
		s.betterTitle(ctx, t, in, result.Text)
	}
	return nil
}

// turnZone is what "tomorrow" means to the user.
func (s *server) turnZone(t *chatkit.Turn) string {
	return or(t.Header("X-Timezone"), s.cfg.zone.String())
}

// remember keeps what the model said and called, for the turns to come.
func remember(t *chatkit.Turn, r agent.Result) error {
	if len(r.Messages) == 0 {
		return nil
	}
	return t.Remember(storedRun{Kind: kindRun, Agent: r.Agent, Messages: r.Messages})
}

// told makes what the agents report an error that people read.
func told(err error) error {
	failed, ok := errors.AsType[*agent.Error](err)
	if !ok {
		return err
	}
	return &chatkit.Error{Message: failed.Message, AllowRetry: failed.Retryable, Err: failed}
}

// betterTitle lets the model name the conversation. That it does not is no
// reason to complain: there is a title.
func (s *server) betterTitle(ctx context.Context, t *chatkit.Turn, in *chatkit.UserMessage, answer string) {
	title, err := s.runner.Title(ctx, t.User, textOfUser(in), answer)
	if err != nil {
		s.logger.InfoContext(ctx, "no title from the model", "err", err)
		return
	}
	t.Thread.Title = title
	if err := t.SaveThread(); err != nil && ctx.Err() == nil {
		s.logger.WarnContext(ctx, "title not kept", "err", err)
	}
}

const maxFirstWords = 60 // characters

// firstWords makes a title of how a message begins.
func firstWords(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	title, length := "", 0
	for _, word := range words {
		length += 1 + len([]rune(word))
		if length > maxFirstWords {
			if title == "" {
				title = string([]rune(word)[:maxFirstWords-1])
			}
			return title + "…"
		}
		title = strings.TrimSpace(title + " " + word)
	}
	return title
}

// A narrator turns the events of one run into those of ChatKit: text as it
// comes, tool calls as the steps of a workflow, tasks as widgets.
type narrator struct {
	turn   *chatkit.Turn
	voices *voices

	text  *chatkit.MessageStream // open while text comes
	steps steps
	cards cards
}

func (n *narrator) tell(e agent.Event) error {
	switch e := e.(type) {
	case agent.AgentStarted:
		n.voices.speaks(n.turn.User, n.turn.Thread.ID, e.Name)
		return n.turn.Progress(e.Label, "agent")
	case agent.TextDelta:
		return n.write(e.Text)
	case agent.TextDone, agent.TextUnfinished:
		return n.endText()
	case agent.ToolStarted:
		return n.steps.begin(n.turn, e)
	case agent.ToolFinished:
		n.cards.note(e)
		return n.steps.end(e)
	case agent.LimitReached:
		return errors.Join(n.closeSteps(), n.turn.Notify(chatkit.NoticeWarning, e.Message))
	}
	return nil
}

// write appends to the answer. The steps that led to it are closed, and so
// stored, before it begins.
func (n *narrator) write(delta string) (err error) {
	if n.text == nil {
		if err := n.closeSteps(); err != nil {
			return err
		}
		if n.text, err = n.turn.StartMessage(); err != nil {
			return err
		}
	}
	return n.text.Write(delta)
}

func (n *narrator) endText() error {
	if n.text == nil {
		return nil
	}
	text := n.text
	n.text = nil
	return text.Done()
}

// closeSteps stores the workflow, and shows the tasks that it was about.
func (n *narrator) closeSteps() error {
	if err := n.steps.close(); err != nil {
		return err
	}
	return n.cards.show(n.turn)
}
