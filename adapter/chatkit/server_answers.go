package chatkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
)

var emptyObject = []byte("{}")

// answer does what needs no stream and returns the JSON to send.
func (c *call) answer(req *Request) ([]byte, error) {
	ctx, s := c.r.Context(), c.server
	switch p := req.Params.(type) {
	case *GetThread:
		return c.getThread(ctx, p)
	case *ListThreads:
		page, err := s.store.LoadThreads(ctx, c.user, p.page())
		if err != nil {
			return nil, err
		}
		return AppendThreads(nil, page)
	case *ListItems:
		return c.listItems(ctx, p)
	case *UpdateThread:
		thread, err := s.store.RenameThread(ctx, c.user, p.ThreadID, p.Title)
		if err != nil {
			return nil, err
		}
		return thread.AppendJSON(nil)
	case *DeleteThread:
		if err := s.store.DeleteThread(ctx, c.user, p.ThreadID); err != nil {
			return nil, err
		}
		s.stop(c.user, p.ThreadID, "", errDeleted)
		return emptyObject, nil
	case *Feedback:
		return c.feedback(ctx, p)
	case *SyncCustomAction:
		return c.syncAction(ctx, p)
	case *CreateAttachment:
		return c.createAttachment(ctx, p)
	case *DeleteAttachment:
		return c.deleteAttachment(ctx, p)
	case *Transcribe:
		return c.transcribe(ctx, p)
	}
	return nil, fmt.Errorf("no answer to %s", req.Type)
}

func (p Paging) page() PageParams {
	return PageParams{After: p.After, Limit: p.Limit, Ascending: p.Ascending}
}

// steadyTries is how often a thread is read anew that does not stand still.
const steadyTries = 5

// getThread answers with the oldest items: the client pages on from there. The
// thread is the same before and after its items were read, so that they belong
// together: between two reads others rename, answer and delete.
func (c *call) getThread(ctx context.Context, p *GetThread) ([]byte, error) {
	before, err := c.server.store.LoadThread(ctx, c.user, p.ThreadID)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		items, err := c.server.store.LoadThreadItems(ctx, c.user, p.ThreadID, PageParams{Limit: defaultLimit, Ascending: true})
		if err != nil {
			return nil, err
		}
		thread, err := c.server.store.LoadThread(ctx, c.user, p.ThreadID)
		if err != nil {
			return nil, err
		}
		if try == steadyTries || reflect.DeepEqual(thread, before) {
			return AppendThread(nil, thread, items)
		}
		before = thread
	}
}

// listItems looks for the thread after its items: one that is deleted in
// between is gone, not empty.
func (c *call) listItems(ctx context.Context, p *ListItems) ([]byte, error) {
	items, err := c.server.store.LoadThreadItems(ctx, c.user, p.ThreadID, p.page())
	if err != nil {
		return nil, err
	}
	if len(items.Data) == 0 {
		if _, err := c.server.store.LoadThread(ctx, c.user, p.ThreadID); err != nil {
			return nil, err
		}
	}
	return AppendItems(nil, items)
}

func (c *call) feedback(ctx context.Context, p *Feedback) ([]byte, error) {
	for _, id := range p.ItemIDs {
		item, err := c.server.store.LoadItem(ctx, c.user, p.ThreadID, id)
		if err != nil {
			return nil, err
		}
		if item.Hidden() {
			return nil, ErrNotFound
		}
	}
	if c.server.handlers.Feedback == nil {
		return emptyObject, nil
	}
	return emptyObject, c.server.handlers.Feedback(ctx, c.user, p.ThreadID, p.ItemIDs, p.Kind)
}

func (c *call) syncAction(ctx context.Context, p *SyncCustomAction) ([]byte, error) {
	store, handlers := c.server.store, &c.server.handlers
	thread, err := store.LoadThread(ctx, c.user, p.ThreadID)
	if err != nil {
		return nil, err
	}
	sender, err := c.checkAction(ctx, thread, (*CustomAction)(p), handlers.SyncAction != nil)
	if err != nil {
		return nil, err
	}
	item, err := handlers.SyncAction(ctx, c.user, thread, p.Action, sender)
	if err != nil || item == nil {
		return emptyObject, err
	}
	if _, err := store.LoadItem(ctx, c.user, p.ThreadID, item.ItemID()); err != nil {
		return nil, fmt.Errorf("sync action changed item %q: %v", item.ItemID(), err) // the handler's fault: not 404
	}
	item.Head().ThreadID = p.ThreadID
	if err := store.SaveItem(ctx, c.user, p.ThreadID, item); err != nil {
		return nil, err
	}
	if item.Hidden() {
		return emptyObject, nil
	}
	body, err := AppendItem([]byte(`{"updated_item":`), item)
	return append(body, '}'), err
}

// checkAction loads who sent an action, nil if it comes from no widget, and
// refuses what no handler takes.
func (c *call) checkAction(ctx context.Context, thread *Thread, p *CustomAction, handled bool) (*WidgetItem, error) {
	var sender *WidgetItem
	if p.ItemID != "" {
		item, err := c.server.store.LoadItem(ctx, c.user, p.ThreadID, p.ItemID)
		if err != nil {
			return nil, err
		}
		var ok bool
		if sender, ok = item.(*WidgetItem); !ok {
			if item.Hidden() {
				return nil, ErrNotFound
			}
			return nil, &RequestError{http.StatusBadRequest, "not_a_widget", "item_id must be a widget."}
		}
	}
	if !handled {
		return nil, &RequestError{http.StatusBadRequest, "unknown_action", "There is no such action."}
	}
	if check := c.server.handlers.CheckAction; check != nil {
		return sender, check(ctx, c.user, thread, p.Action, sender)
	}
	return sender, nil
}

func (c *call) createAttachment(ctx context.Context, p *CreateAttachment) ([]byte, error) {
	create := c.server.handlers.CreateAttachment
	if create == nil {
		return nil, notConfigured("This server takes no attachments.")
	}
	a, err := create(ctx, c.user, p)
	if err != nil {
		return nil, err
	}
	if err := c.server.store.SaveAttachment(ctx, c.user, a); err != nil {
		return nil, err
	}
	return a.AppendJSON(nil)
}

// deleteAttachment deletes the bytes first: a record without bytes can be
// deleted again, bytes without a record are lost from sight.
func (c *call) deleteAttachment(ctx context.Context, p *DeleteAttachment) ([]byte, error) {
	a, err := c.server.store.LoadAttachment(ctx, c.user, p.AttachmentID)
	if errors.Is(err, ErrNotFound) {
		return emptyObject, nil
	}
	if err != nil {
		return nil, err
	}
	if remove := c.server.handlers.DeleteAttachment; remove != nil {
		if err := remove(ctx, c.user, a); err != nil {
			return nil, err
		}
	}
	return emptyObject, c.server.store.DeleteAttachment(ctx, c.user, p.AttachmentID)
}

func (c *call) transcribe(ctx context.Context, p *Transcribe) ([]byte, error) {
	if c.server.handlers.Transcribe == nil {
		return nil, notConfigured("This server does not transcribe.")
	}
	text, err := c.server.handlers.Transcribe(ctx, c.user, p.Audio, p.MimeType)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Text string `json:"text"`
	}{text})
}

func notConfigured(detail string) error {
	return &RequestError{http.StatusNotImplemented, "not_configured", detail}
}
