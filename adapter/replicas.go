package main

import (
	"context"
	"time"

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
		s.chats.WatchCancels(s.life, func(user, session, turn string) { s.chat.CancelTurn(user, session, turn) })
	})
}

func (s *server) rescue(ctx context.Context) error {
	ended, err := s.chats.Rescue(ctx)
	if ended > 0 {
		s.logger.InfoContext(ctx, "ended answers that nobody runs any more", "count", ended)
	}
	return err
}

// every does something at once, and again after each pause, until the server
// closes. A failure is told and tried again.
func (s *server) every(pause time.Duration, what string, do func(context.Context) error) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		if err := do(s.life); err != nil && s.life.Err() == nil {
			s.logger.WarnContext(s.life, what+" failed", "err", err)
		}
		select {
		case <-s.life.Done():
			return
		case <-ticker.C:
		}
	}
}
