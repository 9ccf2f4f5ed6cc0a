package chatkit_test

import (
	"testing"

	"taskwire/adapter/chatkit"
	"taskwire/adapter/chatkit/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) chatkit.Store { return new(chatkit.Memory) })
}

func TestKeptTurns(t *testing.T) {
	open := func(*testing.T) chatkit.TurnStore { return chatkit.KeepTurns(new(chatkit.Memory)) }
	storetest.Run(t, func(t *testing.T) chatkit.Store { return open(t) })
	storetest.RunTurns(t, open)
}
