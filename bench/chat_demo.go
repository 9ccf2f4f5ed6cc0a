package main

import (
	"context"
	"fmt"
)

// demoSentence is the first that the README has: the demo model reads it, the
// task is made over MCP, and the model says so.
const demoSentence = "Create a task: buy milk tomorrow, high priority"

// firstTexts measures how long people wait for the demo model, with nothing set
// up: one load after the other, each message on a new thread.
func (b *bench) firstTexts(ctx context.Context) (map[int][]turnSample, error) {
	s, err := b.launchTrial(ctx)
	if err != nil {
		return nil, err
	}
	defer s.end()
	load := &turnLoad{bench: b, sentence: demoSentence}
	results := map[int][]turnSample{}
	for range b.scale.chatRounds {
		for _, clients := range loads {
			got, err := load.measure(ctx, s.adapter, firstTurn, clients, b.scale.demoTurns)
			if err != nil {
				return nil, fmt.Errorf("demo model, %d clients: %w", clients, err)
			}
			results[clients] = append(results[clients], got)
		}
	}
	return results, nil
}
