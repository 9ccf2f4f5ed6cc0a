package main

import (
	"context"
	"sync"
	"time"

	"taskwire/identity"
)

// toolScopes are those of a token for the tools: there are no others.
var toolScopes = []string{"tasks:read", "tasks:write"}

const (
	// tokenMargin is how long before its end a token is used no more: a call
	// takes time, and clocks differ.
	tokenMargin = time.Minute
	// tokensKept bounds each of the two generations.
	tokensKept = 10_000
)

// toolTokens gives each user a token for the tools: signed by us, for this user
// and this resource alone, good for five minutes. A browser's own token never
// goes further than this program. The cache is for mcpserver, which then need
// not verify a signature for each call.
type toolTokens struct {
	signer   *identity.Signer
	resource string
	now      func() time.Time

	mu           sync.Mutex
	newer, older map[string]toolToken
}

type toolToken struct {
	text  string
	until time.Time
}

func newToolTokens(signer *identity.Signer, resource string) *toolTokens {
	return &toolTokens{signer: signer, resource: resource, now: time.Now, newer: map[string]toolToken{}}
}

// token returns one that is good for at least a minute more.
func (t *toolTokens) token(_ context.Context, user string) (string, error) {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, kept := range []map[string]toolToken{t.newer, t.older} {
		if have, ok := kept[user]; ok && now.Before(have.until) {
			return have.text, nil
		}
	}
	text, err := t.signer.Token(identity.Grant{
		User: user, Audience: t.resource, Scopes: toolScopes, Life: identity.ToolLife,
	})
	if err != nil {
		return "", err
	}
	if len(t.newer) >= tokensKept {
		t.older, t.newer = t.newer, make(map[string]toolToken)
	}
	t.newer[user] = toolToken{text: text, until: now.Add(identity.ToolLife - tokenMargin)}
	return text, nil
}
