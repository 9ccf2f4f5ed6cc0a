package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"taskwire/store"
)

// maxCancelBody is ample for a thread's id.
const maxCancelBody = 4 << 10

// cancel stops the answer that runs on a thread, in this process or in another
// one, which hears of it a moment later.
func (s *server) cancel(c *gin.Context, user string) error {
	var body struct {
		ThreadID string `json:"thread_id"`
	}
	if err := readJSON(c, maxCancelBody, &body, "thread_id"); err != nil {
		return err
	}
	if body.ThreadID == "" {
		return invalidField("thread_id", "is missing")
	}
	ctx := c.Request.Context()
	err := s.isThere(ctx, user, body.ThreadID)
	if err != nil {
		return err
	}
	cancelled := s.chat.Cancel(user, body.ThreadID)
	if !cancelled {
		if cancelled, err = s.chats.RequestCancel(ctx, user, body.ThreadID); err != nil {
			return err
		}
	}
	writeJSON(c, http.StatusOK, map[string]bool{"cancelled": cancelled})
	return nil
}

// isThere refuses a thread that the user does not have.
func (s *server) isThere(ctx context.Context, user, thread string) error {
	_, err := s.chats.Session(ctx, user, thread)
	if errors.Is(err, store.ErrInvalid) { // no id that can be
		return errNotFound
	}
	return err
}
