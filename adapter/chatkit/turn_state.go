package chatkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// An unfinished item was announced and is not done. Only the text of assistant
// messages is followed: of everything else, nothing is kept when a turn is
// stopped, and the client is told to remove it.
type unfinished struct {
	id      string
	created time.Time
	message bool
	hidden  bool
	parts   []unfinishedPart
}

type unfinishedPart struct {
	text        []byte
	annotations []Annotation
}

func (p unfinishedPart) visible() bool { return len(bytes.TrimSpace(p.text)) > 0 }

// visible reports whether there is text to keep.
func (u *unfinished) visible() bool { return slices.ContainsFunc(u.parts, unfinishedPart.visible) }

func newUnfinished(item Item) *unfinished {
	head := item.Head()
	u := &unfinished{id: head.ID, created: head.CreatedAt, hidden: item.Hidden()}
	if m, ok := item.(*AssistantMessage); ok {
		u.message = true
		for _, c := range m.Content {
			u.parts = append(u.parts, partOf(c))
		}
	}
	return u
}

func partOf(c AssistantContent) unfinishedPart {
	return unfinishedPart{[]byte(c.Text), slices.Clone(c.Annotations)}
}

// maxParts bounds what a wrong index can make us allocate.
const maxParts = 1000

// takes reports what is wrong with an update.
func (u *unfinished) takes(update Update) error {
	if i, ok := partIndex(update); u.message && ok && (i < 0 || i >= maxParts) {
		return fmt.Errorf("chatkit: content index %d is not between 0 and %d", i, maxParts-1)
	}
	return nil
}

// partIndex gives the part of a message that an update is about.
func partIndex(update Update) (i int, ok bool) {
	switch e := update.(type) {
	case *ContentAdded:
		return e.Index, true
	case *TextDelta:
		return e.Index, true
	case *AnnotationAdded:
		return e.Index, true
	case *ContentDone:
		return e.Index, true
	}
	return 0, false
}

// apply follows an update that it takes.
func (u *unfinished) apply(update Update) {
	i, ok := partIndex(update)
	if !u.message || !ok {
		return
	}
	for len(u.parts) <= i { // some may be missing before it
		u.parts = append(u.parts, unfinishedPart{})
	}
	p := &u.parts[i]
	switch e := update.(type) {
	case *ContentAdded:
		*p = partOf(e.Content)
	case *TextDelta:
		p.text = append(p.text, e.Delta...)
	case *AnnotationAdded:
		at := min(max(e.AnnotationIndex, 0), len(p.annotations))
		p.annotations = slices.Insert(p.annotations, at, e.Annotation)
	case *ContentDone:
		annotations := p.annotations
		if *p = partOf(e.Content); len(p.annotations) == 0 { // agents send the text alone
			p.annotations = annotations
		}
	}
}

// content returns a copy of what there is.
func (u *unfinished) content() []AssistantContent {
	content := make([]AssistantContent, len(u.parts))
	for i, p := range u.parts {
		content[i] = AssistantContent{string(p.text), slices.Clone(p.annotations)}
	}
	return content
}

// partial returns the unfinished messages that have text to see.
func (t *Turn) partial() []Item {
	var items []Item
	for _, u := range t.pending {
		if u.visible() {
			items = append(items, &AssistantMessage{Base{u.id, t.at.thread, u.created}, u.content()})
		}
	}
	return items
}

// message returns an unfinished message as it stands.
func (t *Turn) message(id string) *AssistantMessage {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := &AssistantMessage{Base: Base{ID: id}}
	if u := t.unfinished(id); u != nil {
		m.CreatedAt, m.Content = u.created, u.content()
	}
	return m
}

// A threadState is a copy of what may be changed in a thread.
type threadState struct {
	title    string
	status   Status
	domains  []string
	metadata map[string]any
}

func stateOf(t *Thread) threadState {
	return threadState{t.Title, t.Status, slices.Clone(t.AllowedImageDomains), cloneMap(t.Metadata)}
}

// patch tells what has changed since. It runs after each event.
func (s *threadState) patch(t *Thread) (p ThreadPatch, changed bool) {
	if t.Title != s.title {
		p.Title, changed = &t.Title, true
	}
	if t.Status != s.status {
		p.Status, changed = &t.Status, true
	}
	if !slices.Equal(t.AllowedImageDomains, s.domains) || (t.AllowedImageDomains == nil) != (s.domains == nil) {
		p.AllowedImageDomains, changed = &t.AllowedImageDomains, true
	}
	if !equalMap(t.Metadata, s.metadata) {
		p.Metadata, changed = &t.Metadata, true
	}
	return p, changed
}

func equalMap(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		w, ok := b[k]
		if !ok || !equalValue(v, w) {
			return false
		}
	}
	return true
}

// equalValue compares JSON values, those that usually occur without reflection.
func equalValue(a, b any) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case string, bool, float64, int, json.Number:
		return a == b
	case map[string]any:
		m, ok := b.(map[string]any)
		return ok && equalMap(a, m)
	case []any:
		l, ok := b.([]any)
		return ok && slices.EqualFunc(a, l, equalValue)
	}
	return reflect.DeepEqual(a, b)
}
