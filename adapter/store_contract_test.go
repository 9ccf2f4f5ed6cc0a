package main

import (
	"testing"

	"taskwire/adapter/chatkit"
	chatkittest "taskwire/adapter/chatkit/storetest"
	"taskwire/store/storetest"
)

// The product's own store keeps what chatkit asks of any store, on every kind
// of database.
func TestStoreContract(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		chatkittest.Run(t, func(t *testing.T) chatkit.Store { return newChatStore(t, engine) })
		chatkittest.RunTurns(t, func(t *testing.T) chatkit.TurnStore { return newChatStore(t, engine) })
	})
}
