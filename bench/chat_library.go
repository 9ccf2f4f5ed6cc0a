package main

import (
	"context"
	"fmt"
	"path/filepath"

	"taskwire/store/storetest"
)

// The library alone, adapter/chatkit with its memory store, runs beside the
// npm package that does the same, and beside net/http that writes as many
// bytes. There is no model behind: the handlers have the words.

// libraryCell is one of these servers under one load.
type libraryCell struct {
	server  *server
	clients int
}

const (
	libraryOurs  = "adapter/chatkit"
	libraryBare  = "net/http"
	libraryGuide = "chatkit-node"
	libraryLean  = "chatkit-node lean"
)

func (b *bench) launchLibraries(ctx context.Context) (all []*server, err error) {
	node := filepath.Join(b.root, "testdata/node/node_modules/node/bin/node")
	script := filepath.Join(b.root, "bench/peers/chatkit-node/server.mjs")
	for _, p := range []struct {
		name    string
		command []string // to which the address is added
	}{
		{libraryOurs, []string{b.binary("chatkit"), "ours"}},
		{libraryGuide, []string{node, script, "guide"}},
		{libraryLean, []string{node, script, "lean"}},
		{libraryBare, []string{b.binary("chatkit"), "bare"}},
	} {
		addr, err := storetest.FreeAddress()
		if err != nil {
			return nil, err
		}
		s, err := launch(ctx, b.dir, "library-"+filepath.Base(p.name), addr, []string{"NODE_ENV=production"}, append(p.command, addr)...)
		if err != nil {
			return nil, err
		}
		b.cleanup(s.proc.end)
		s.name = p.name
		all = append(all, s)
	}
	return all, nil
}

// runLibraries measures every server once a round, under each load.
func (b *bench) runLibraries(ctx context.Context) (map[libraryCell][]turnSample, error) {
	var err error
	if b.libraries, err = b.launchLibraries(ctx); err != nil {
		return nil, err
	}
	load := &turnLoad{bench: b}
	results := map[libraryCell][]turnSample{}
	for round := range b.scale.chatRounds + 1 {
		b.say("round %d of %d", round, b.scale.chatRounds)
		for _, clients := range loads {
			for _, s := range b.libraries {
				got, err := load.measure(ctx, s, plainTurn, clients, b.scale.libraryTurns)
				if err != nil {
					return nil, fmt.Errorf("%s, %d clients: %w", s.name, clients, err)
				}
				if round > 0 { // the one before the first warms up
					c := libraryCell{s, clients}
					results[c] = append(results[c], got)
				}
			}
		}
	}
	return results, nil
}
