package main

import (
	"context"
	"time"

	"taskwire/edge"
	"taskwire/store"
)

const (
	beatEvery   = store.SilentAfter * 4 / 15 // three may be lost
	rescueEvery = 5 * time.Second
)

// joinReplicas takes this process's part among all that serve the same
// database: it tells that it lives, ends the answers of those that died, and
// stops its own when another one is asked to. Such a word may come when the
// answer is over and the next one runs: so it names the turn.
func (s *server) joinReplicas() {
	s.background.Go(func() { s.every(beatEvery, "heartbeat", s.chats.Beat) })
	s.background.Go(func() { s.every(rescueEvery, "rescue", s.rescue) })
	s.background.Go(func() {
		s.every(time.Second, "watch for cancellations", func(ctx context.Context) error {
			s.chats.WatchCancels(ctx, s.chat.CancelTurn) // to the end, unless it panics
			return nil
		})
	})
}

// rescue says first that this process lives: who is not heard judges nobody, and
// where all are killed again and again there may be no second round.
func (s *server) rescue(ctx context.Context) error {
	if err := s.chats.Beat(ctx); err != nil {
		return err
	}
	ended, err := s.chats.Rescue(ctx)
	if ended > 0 {
		s.logger.InfoContext(ctx, "ended answers that nobody runs any more", "count", ended)
	}
	return err
}

// failedPause is how long a failure is left alone: others take a process for dead
// that is not heard of, and wait for what a dead one has left.
const failedPause = time.Second

// every does something at once, and again after each pause, until the server
// closes. A failure is told and soon tried again.
func (s *server) every(pause time.Duration, what string, do func(context.Context) error) {
	for {
		wait := pause
		if err := edge.Safely(func() error { return do(s.life) }); err != nil && s.life.Err() == nil {
			s.logger.WarnContext(s.life, what+" failed", "err", err)
			wait = min(pause, failedPause)
		}
		select {
		case <-s.life.Done():
			return
		case <-time.After(wait):
		}
	}
}
