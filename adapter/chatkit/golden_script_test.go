package chatkit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"taskwire/adapter/chatkit"
)

// A script is what the handler did in one step of a recording, read from the
// events that it sent and from the hidden items that lay in the store after it.
type script struct {
	acts        []act
	err         error // what the handler ended with
	allowCancel bool
	waits       bool          // for the client to leave
	started     chan struct{} // closed before the last act, if not nil
	release     chan struct{} // waited for before the last act, if not nil
}

// An act is one event, with what was changed in the thread before it.
type act struct {
	event  chatkit.Event // nil: only the thread changes
	id     string        // recorded id of the event's item
	change object        // recorded thread after the event; nil: no change
}

// scriptOf reads a step. own counts the server's own events after the options.
func (p *player) scriptOf(step *step, own int) (*script, error) {
	s := &script{waits: step.Response.Closed > 0, allowCancel: true}
	at := slices.IndexFunc(step.Response.Events, func(e object) bool { return e["type"] == "stream_options" })
	if at < 0 {
		return nil, nil
	}
	s.allowCancel = step.Response.Events[at]["stream_options"].(object)["allow_cancel"].(bool)
	events := step.Response.Events[at+1+own:]
	hidden := p.hiddenItems(step)
	for i, e := range events {
		switch {
		case e["type"] == "thread.updated":
			s.changeBefore(e["thread"].(object))
		case e["type"] == "error" && isEnd(events[i:]):
			s.err = errorOf(e)
			if id := p.usedAgain(events[:i]); id != "" {
				s.err = nil
				s.acts = append(s.acts, act{event: doneOf(events[:i], id), id: id})
			}
		default:
			if e["type"] == "thread.item.done" {
				s.acts = append(s.acts, hidden[idOf(e)]...)
			}
			event, err := decodeEvent(e)
			if err != nil {
				return nil, err
			}
			s.acts = append(s.acts, act{event: event, id: idOf(e)})
		}
	}
	return s, nil
}

// changeBefore notes that the thread was changed before the last act, since it
// is announced behind it.
func (s *script) changeBefore(thread object) {
	if len(s.acts) == 0 || s.acts[len(s.acts)-1].change != nil {
		s.acts = append(s.acts, act{})
	}
	s.acts[len(s.acts)-1].change = thread
}

// isEnd reports whether nothing but changes of the thread follows the error.
func isEnd(events []object) bool {
	return !slices.ContainsFunc(events[1:], func(e object) bool { return e["type"] != "thread.updated" })
}

func errorOf(e object) error {
	code, _ := e["code"].(string)
	text, _ := e["message"].(string)
	if code == "stream.error" && e["allow_retry"] == true {
		return errors.New("an error of the handler")
	}
	return &chatkit.Error{Code: chatkit.ErrorCode(code), Message: text, AllowRetry: e["allow_retry"] == true}
}

func idOf(e object) string {
	if item, ok := e["item"].(object); ok {
		return item["id"].(string)
	}
	id, _ := e["item_id"].(string)
	return id
}

// usedAgain finds the open message of an id that an earlier turn used: the
// reference failed to store it, so its last event is not in the recording.
func (p *player) usedAgain(events []object) string {
	for _, e := range events {
		if e["type"] == "thread.item.added" && p.done[idOf(e)] {
			return idOf(e)
		}
	}
	return ""
}

// doneOf ends a message with the text that was streamed.
func doneOf(events []object, id string) chatkit.Event {
	var text strings.Builder
	for _, e := range events {
		if update, ok := e["update"].(object); ok && e["item_id"] == id {
			if delta, ok := update["delta"].(string); ok {
				text.WriteString(delta)
			}
		}
	}
	return &chatkit.ItemDone{Item: &chatkit.AssistantMessage{Content: []chatkit.AssistantContent{{Text: text.String()}}}}
}

// hiddenItems reads from the store's next listing which hidden items were stored
// right before an item that this step finished.
func (p *player) hiddenItems(step *step) map[string][]act {
	found := map[string][]act{}
	listing := p.nextListing(step)
	var waiting []act
	for _, item := range listing {
		kind := item["type"].(string)
		if !strings.Contains(kind, "hidden") {
			found[item["id"].(string)] = waiting
			waiting = nil
			continue
		}
		event, err := decodeEvent(object{"type": "thread.item.done", "item": item})
		if err != nil {
			p.t.Fatal(err)
		}
		waiting = append(waiting, act{event: event, id: item["id"].(string)})
	}
	return found
}

// nextListing gives the items of the first listing behind a step.
func (p *player) nextListing(step *step) (items []object) {
	from := slices.Index(p.steps, step)
	for _, later := range p.steps[from+1:] {
		if !strings.HasPrefix(later.Request.Path, "/__items/") {
			continue
		}
		for _, item := range later.Response.Body.(object)["data"].([]any) {
			items = append(items, item.(object))
		}
		return items
	}
	return nil
}

func decodeEvent(e object) (chatkit.Event, error) {
	return chatkit.UnmarshalEvent([]byte(strings.ReplaceAll(plainJSON(e), `"<time>"`, `"2026-11-23T04:18:04.973234Z"`)))
}

// plainJSON leaves the brackets of placeholders as they are.
func plainJSON(v any) string {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return text.String()
}

// play is the handler.
func (p *player) play(ctx context.Context, t *chatkit.Turn) error {
	p.mu.Lock()
	s := p.script
	p.script = nil
	p.mu.Unlock()
	if s == nil {
		return errors.New("the handler is called in a step that has no script")
	}
	for i, a := range s.acts {
		if i == len(s.acts)-1 && s.release != nil {
			close(s.started)
			<-s.release
		}
		p.change(t, a.change)
		if err := p.act(t, a); err != nil {
			return fmt.Errorf("act %d: %w", i, err)
		}
	}
	if s.waits {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.err
}

func (p *player) act(t *chatkit.Turn, a act) error {
	if a.event == nil {
		return t.SaveThread()
	}
	switch e := a.event.(type) {
	case *chatkit.ItemAdded:
		return p.own(t, a.id, e.Item, e)
	case *chatkit.ItemDone:
		return p.own(t, a.id, e.Item, e)
	case *chatkit.ItemReplaced:
		e.Item.Head().ID = p.ourID(a.id)
	case *chatkit.ItemUpdated:
		e.ItemID = p.ourID(a.id)
	case *chatkit.ItemRemoved:
		e.ItemID = p.ourID(a.id)
	}
	return t.Send(a.event)
}

// own sends an item under an id of our own: the one that it was announced with
// in this turn, or a new one.
func (p *player) own(t *chatkit.Turn, recorded string, item chatkit.Item, e chatkit.Event) error {
	head := item.Head()
	head.ID = ""
	p.mu.Lock()
	if p.announced[recorded] == t {
		head.ID = p.c.ours[recorded]
	}
	p.mu.Unlock()
	if head.ID == "" {
		head.ID = t.NewID(item.Kind())
		p.mu.Lock()
		p.announced[recorded] = t
		p.c.bind(recorded, head.ID)
		p.mu.Unlock()
	}
	if call, ok := item.(*chatkit.ClientToolCall); ok {
		call.CallID = p.ourID(call.CallID)
	}
	return t.Send(e)
}

func (p *player) ourID(recorded string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.c.translate(recorded)
}

// change does to the thread what the recorded one shows. When it shows nothing
// new, the metadata was changed.
func (p *player) change(t *chatkit.Turn, recorded object) {
	if recorded == nil {
		return
	}
	if title, ok := recorded["title"].(string); ok && title != t.Thread.Title {
		t.Thread.Title = title
		return
	}
	if t.Thread.Metadata == nil {
		t.Thread.Metadata = map[string]any{}
	}
	p.changes++
	t.Thread.Metadata["changes"] = p.changes
}
