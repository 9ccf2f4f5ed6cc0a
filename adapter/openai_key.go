package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/openai/openai-go/v3"

	"taskwire/edge"
)

// A keyStatus is what is known of OPENAI_API_KEY.
type keyStatus string

const (
	keyMissing      keyStatus = "missing"
	keyMalformed    keyStatus = "malformed" // no key looks like that; it was not tried
	keyRejected     keyStatus = "rejected"
	keyNoPermission keyStatus = "no_permission"
	keyOK           keyStatus = "ok"
	keyUnchecked    keyStatus = "unchecked" // OpenAI could not be asked
)

// keyAge is how long an answer of OpenAI's about the key holds.
const keyAge = time.Minute

// A keyCheck knows the state of the key. Asking it never waits: it looks again
// in the background, at most once in keyAge.
type keyCheck struct {
	api  openai.ModelService
	life context.Context // ends with the program
	end  context.CancelFunc
	wait sync.WaitGroup

	mu     sync.Mutex
	known  keyStatus
	looked time.Time // when the latest look began
}

func newKeyCheck(cfg sessionConfig) *keyCheck {
	k := &keyCheck{known: keyUnchecked, api: openai.NewModelService(openAIOptions(cfg, newOpenAIClient())...)}
	k.life, k.end = context.WithCancel(context.Background())
	switch {
	case cfg.openAIKey == "":
		k.known = keyMissing
	case !looksLikeKey(cfg.openAIKey):
		k.known = keyMalformed
	}
	return k
}

// looksLikeKey knows what all of OpenAI's keys have had in common.
func looksLikeKey(key string) bool {
	return strings.HasPrefix(key, "sk-") && len(key) >= 8 &&
		!strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' })
}

// status is what is known by now.
func (k *keyCheck) status() keyStatus {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known != keyMissing && k.known != keyMalformed && time.Since(k.looked) >= keyAge && k.life.Err() == nil {
		k.looked = time.Now()
		k.wait.Go(k.look)
	}
	return k.known
}

// look lists the models: the cheapest thing that needs the key.
func (k *keyCheck) look() {
	ctx, cancel := context.WithTimeout(k.life, hostedPatience)
	defer cancel()
	err := edge.Safely(func() error {
		_, err := k.api.List(ctx)
		return err
	})
	if ctx.Err() == nil || err == nil {
		k.learn(err)
	}
}

// learn draws the conclusion from an answer of OpenAI's to whatever call.
// Faults of the network say nothing about the key: what was known stays known.
func (k *keyCheck) learn(err error) {
	status := keyOK
	if failed, ok := errors.AsType[*openai.Error](err); ok {
		switch failed.StatusCode {
		case http.StatusUnauthorized:
			status = keyRejected
		case http.StatusForbidden:
			status = keyNoPermission
		default:
			return
		}
	} else if err != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known != keyMissing && k.known != keyMalformed {
		k.known = status
	}
}

func (k *keyCheck) close() {
	k.mu.Lock() // no look begins after the cancellation
	k.end()
	k.mu.Unlock()
	k.wait.Wait()
}
