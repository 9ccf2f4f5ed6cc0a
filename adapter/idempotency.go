package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"taskwire/adapter/chatkit"
	"taskwire/edge"
	"taskwire/store"
)

// once lets a request with an Idempotency-Key take effect once: the same key
// and body give the first answer again, for 24 hours and through crashes. It
// reads the body, of at most limit bytes; h finds it as it was.
func (s *server) once(limit int64, h handler) handler {
	return func(c *gin.Context, user string) error {
		key, err := idempotencyKey(c.Request)
		if key == "" || err != nil {
			if err == nil {
				err = h(c, user)
			}
			return err
		}
		body, err := edge.ReadBody(c.Writer, c.Request, limit)
		if err != nil {
			return err
		}
		c.Request.Body = io.NopCloser(bytes.NewReader(body))
		return s.onceAt(c, user, claim{endpoint: endpointOf(c), key: key, content: body}, h)
	}
}

// errRefused is for handlers that have answered themselves, with a refusal: it
// is sent, and the key is free, for nothing came of the request.
var errRefused = errors.New("refused")

// A claim is what a request says it is.
type claim struct {
	endpoint, key string
	content       []byte // tells it from others with this key
	// same looks at what content leaves out, and refuses where that differs from
	// the request that first answered. nil: content is all there is.
	same func(first store.Answer) error
}

func endpointOf(c *gin.Context) string { return c.Request.Method + " " + c.FullPath() }

// onceAt is once for those that know by what to tell one request from another.
func (s *server) onceAt(c *gin.Context, user string, cl claim, h handler) error {
	ctx := c.Request.Context()
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", c.Request.URL.RequestURI(), c.Request.Header.Get("X-Timezone"), cl.content))
	k := store.Key{Endpoint: cl.endpoint, Key: cl.key, Hash: sum[:]}
	first, err := s.chats.ClaimKey(ctx, user, k)
	switch {
	case errors.Is(err, store.ErrKeyReused):
		return errKeyReused
	case errors.Is(err, store.ErrKeyRunning):
		return errKeyRunning
	case err != nil:
		return err
	case first != nil && cl.same != nil:
		if err := cl.same(*first); err != nil {
			return err
		}
	}
	if first != nil {
		sendAnswer(c.Writer, c.Request, *first)
		return nil
	}
	kept := false
	defer func() {
		if !kept { // failed, or panicked: without effect, or with one that the tools remember
			s.releaseKey(ctx, user, k)
		}
	}()
	real := c.Writer
	draft := &draftWriter{ResponseWriter: real, header: http.Header{}, status: http.StatusOK}
	c.Writer = draft
	err = h(c, user)
	c.Writer = real
	answer := store.Answer{Status: draft.status, Header: draft.header, Body: draft.body.Bytes()}
	switch {
	case errors.Is(err, errRefused):
		sendAnswer(real, c.Request, answer)
		return nil
	case err != nil:
		return err
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyPatience)
	defer cancel()
	// Without the claim (ErrNotFound) another process has taken over, and keeps
	// its own answer.
	if err := s.chats.FinishKey(finish, user, k, answer); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	kept = true
	sendAnswer(real, c.Request, answer)
	return nil
}

// serveChatOnce is for ChatKit's requests that do not stream. Those that do are
// known by the path to the turns that they begin; a key is one request of
// either kind.
func (s *server) serveChatOnce(c *gin.Context, user, key string, body []byte) error {
	cl := claim{endpoint: c.Request.URL.Path, key: key, content: body}
	return s.onceAt(c, user, cl, func(c *gin.Context, user string) error {
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), actionKey{}, key))
		s.serveChatAs(c, user)
		if c.Writer.Status() >= http.StatusBadRequest {
			return errRefused
		}
		return nil
	})
}

// actionKey names the idempotency key of a request in its context.
type actionKey struct{}

// actionCall is the tools' name for what an action does: with a key the same
// one each time, for the answer to the first may have been lost.
func actionCall(ctx context.Context) string {
	if key, ok := ctx.Value(actionKey{}).(string); ok {
		return actionCallID(key)
	}
	return chatkit.NewID(chatkit.KindClientToolCall)
}

var (
	errKeyReused  = refuse(http.StatusUnprocessableEntity, "key_reused", "This Idempotency-Key came before with another request; take a new one.")
	errKeyRunning = refuse(http.StatusConflict, "key_running", "The first request with this Idempotency-Key still runs.")
)

func (s *server) releaseKey(ctx context.Context, user string, k store.Key) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyPatience)
	defer cancel()
	if err := s.chats.ReleaseKey(ctx, user, k); err != nil {
		s.logger.WarnContext(ctx, "idempotency key not released", "err", err)
	}
}

// sendAnswer gives an answer, perhaps again. A problem bears the id of the
// request that it answers now.
func sendAnswer(w http.ResponseWriter, r *http.Request, a store.Answer) {
	for name, values := range a.Header {
		if name != "X-Request-Id" && name != fileSum {
			w.Header()[name] = values
		}
	}
	var p edge.Problem
	if w.Header().Get("Content-Type") == "application/problem+json" && json.Unmarshal(a.Body, &p) == nil {
		edge.WriteProblem(w, r, p.Status, p.Code, p.Detail)
		return
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // a client that is gone needs no answer
}

// A draftWriter holds an answer back until it is kept.
type draftWriter struct {
	gin.ResponseWriter
	header http.Header
	status int
	body   bytes.Buffer
}

func (d *draftWriter) Header() http.Header                  { return d.header }
func (d *draftWriter) WriteHeader(status int)               { d.status = status }
func (d *draftWriter) WriteHeaderNow()                      {}
func (d *draftWriter) Write(p []byte) (int, error)          { return d.body.Write(p) }
func (d *draftWriter) WriteString(text string) (int, error) { return d.body.WriteString(text) }
func (d *draftWriter) Status() int                          { return d.status }
func (d *draftWriter) Size() int                            { return d.body.Len() }
func (d *draftWriter) Written() bool                        { return d.body.Len() > 0 }

// sweepEvery is how often what is over is removed.
const sweepEvery = 10 * time.Minute

// sweep removes what is past its time until ctx ends. Every replica does it;
// rows that another one removed first are no error.
func (s *server) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		err := edge.Safely(func() error {
			_, err := s.chats.Sweep(ctx, s.uploads.vault.remove)
			return err
		})
		if err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "sweep", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
