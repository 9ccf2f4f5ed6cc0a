package main

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"taskwire/adapter/chatkit"
	"taskwire/store"
)

// A threadState is what ChatKit's protocol has no place for, and a page wants
// when it shows a thread anew.
type threadState struct {
	Answering bool                 `json:"answering"` // in whichever process
	Items     map[string]itemState `json:"items"`     // of the page, those that have something
}

type itemState struct {
	Sender   string `json:"sender,omitempty"`   // the agent that sent it
	Feedback string `json:"feedback,omitempty"` // store.Positive or store.Negative
}

// threadState tells of a page of a thread's items, which is asked for as in
// items.list.
func (s *server) threadState(c *gin.Context, user string) error {
	query, err := readQuery(c.Request, "after", "limit", "order")
	if err != nil {
		return err
	}
	wanted, err := readPage(query)
	if err != nil {
		return err
	}
	state, err := s.stateOf(c.Request.Context(), user, c.Param("thread_id"), wanted)
	if err != nil {
		return err
	}
	writeJSON(c, http.StatusOK, state)
	return nil
}

// stateOf asks for the turn before the items: where none runs any more, its
// items are there.
func (s *server) stateOf(ctx context.Context, user, thread string, wanted chatkit.PageParams) (state threadState, err error) {
	if err := s.isThere(ctx, user, thread); err != nil {
		return state, err
	}
	if state.Answering, err = s.chats.Answering(ctx, user, thread); err != nil {
		return state, err
	}
	page, err := s.chats.Messages(ctx, user, thread, store.PageParams(wanted))
	if err != nil {
		return state, err
	}
	feedback, err := s.chats.Feedback(ctx, user, thread)
	if err != nil {
		return state, err
	}
	state.Items = itemStates(page.Rows, feedback)
	return state, nil
}

func itemStates(rows []store.Message, feedback []store.Feedback) map[string]itemState {
	kinds := make(map[string]string, len(feedback))
	for _, f := range feedback {
		kinds[f.MessageID] = f.Kind
	}
	items := map[string]itemState{}
	for _, row := range rows {
		item := itemState{Feedback: kinds[row.ID]}
		if row.SenderType == store.FromAssistant {
			item.Sender = row.SenderName
		}
		if item != (itemState{}) {
			items[row.ID] = item
		}
	}
	return items
}
