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
	if err != nil && ctx.Err() != nil { // stopped: what was shown is kept by ChatKit's server
		return errors.Join(n.interrupted(result), err)
	}
	if err != nil || !untitled || in == nil || s.cfg.model.demo() {
		noteFailure(ctx, err)
		return errors.Join(n.end(result), told(err))
	}
	if err := n.finish(result); err != nil {
		return err
	}
	s.betterTitle(ctx, t, in, result.Text)
	return nil
}

// turnZone is what "tomorrow" means to the user.
func (s *server) turnZone(t *chatkit.Turn) string {
	return or(t.Header("X-Timezone"), s.cfg.zone.String())
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
	title, used, err := s.runner.Title(ctx, t.User, textOfUser(in), answer)
	s.usage(ctx, t.User, used)
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
