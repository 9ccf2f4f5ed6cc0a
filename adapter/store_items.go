package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"taskwire/adapter/chatkit"
	"taskwire/store"
)

// fromItem gives an item its row. The columns beside the item are for people
// who look at the table, and for the search; agent is who speaks.
func fromItem(item chatkit.Item, agent string) (store.Message, error) {
	data, err := chatkit.MarshalItem(item)
	if err != nil {
		return store.Message{}, err
	}
	m := store.Message{
		ID: item.ItemID(), SenderType: store.FromAssistant, SenderName: agent,
		Timestamp: item.Head().CreatedAt, Hidden: item.Hidden(), Item: data,
	}
	switch it := item.(type) {
	case *chatkit.UserMessage:
		m.SenderType, m.SenderName, m.Content = store.FromUser, "", textOfUser(it)
	case *chatkit.AssistantMessage:
		m.Content = textOfAssistant(it)
	case *chatkit.WidgetItem:
		m.Content = it.CopyText
	case *chatkit.ClientToolCall:
		m.SenderType, m.SenderName = store.FromTool, it.Name
	case *chatkit.HiddenContext, *chatkit.SDKHiddenContext:
		m.SenderType = store.FromTool
	}
	return m, nil
}

// textOfUser is what the user wrote, tags by their names.
func textOfUser(m *chatkit.UserMessage) string {
	var parts []string
	for _, part := range m.Content {
		parts = append(parts, part.Text)
	}
	return strings.Join(parts, "\n")
}

func textOfAssistant(m *chatkit.AssistantMessage) string {
	var parts []string
	for _, part := range m.Content {
		parts = append(parts, part.Text)
	}
	return strings.Join(parts, "\n\n")
}

// toItems reads items. One that cannot be read, because a row was damaged or is
// of a later release, is left out and told: the others still load.
func (s *chatStore) toItems(ctx context.Context, user string, rows []store.Message) []chatkit.Item {
	items := make([]chatkit.Item, 0, len(rows))
	for _, row := range rows {
		item, err := chatkit.UnmarshalItem(row.Item)
		if err != nil {
			s.logger.ErrorContext(ctx, "item left out", "item", row.ID, "err", err)
			continue
		}
		s.freshen(user, item)
		items = append(items, item)
	}
	return items
}

func (s *chatStore) toItemPage(ctx context.Context, user string, page store.PageOf[store.Message]) chatkit.Page[chatkit.Item] {
	out := chatkit.Page[chatkit.Item]{Data: s.toItems(ctx, user, page.Rows), HasMore: page.More}
	if page.More {
		out.After = page.Rows[len(page.Rows)-1].ID
	}
	return out
}

// toThreads leaves out what cannot be read, as toItems does.
func (s *chatStore) toThreads(ctx context.Context, page store.PageOf[store.Session]) chatkit.Page[*chatkit.Thread] {
	out := chatkit.Page[*chatkit.Thread]{HasMore: page.More}
	for _, session := range page.Rows {
		thread, err := toThread(session)
		if err != nil {
			s.logger.ErrorContext(ctx, "thread left out", "thread", session.ID, "err", err)
			continue
		}
		out.Data = append(out.Data, thread)
	}
	if page.More {
		out.After = page.Rows[len(page.Rows)-1].ID
	}
	return out
}

// threadStatus is a thread's state as it is stored.
type threadStatus struct {
	Type   chatkit.StatusType `json:"type"`
	Reason string             `json:"reason,omitempty"`
}

func toThread(s store.Session) (*chatkit.Thread, error) {
	t := &chatkit.Thread{ID: s.ID, Title: s.Title, CreatedAt: s.CreatedAt, AllowedImageDomains: s.AllowedImageDomains}
	var status threadStatus
	if err := json.Unmarshal(s.Status, &status); err != nil {
		return nil, fmt.Errorf("status of thread %s: %w", s.ID, err)
	}
	t.Status = chatkit.Status{Type: status.Type, Reason: status.Reason}
	numbers := json.NewDecoder(bytes.NewReader(s.Metadata))
	numbers.UseNumber()
	if err := numbers.Decode(&t.Metadata); err != nil {
		return nil, fmt.Errorf("metadata of thread %s: %w", s.ID, err)
	}
	if len(t.Metadata) == 0 {
		t.Metadata = nil
	}
	return t, nil
}

func fromThread(t *chatkit.Thread) (store.Session, error) {
	patch, err := fromPatch(chatkit.ThreadPatch{Status: &t.Status, Metadata: &t.Metadata})
	return store.Session{
		ID: t.ID, Title: t.Title, CreatedAt: t.CreatedAt, AllowedImageDomains: t.AllowedImageDomains,
		Status: patch.Status, Metadata: patch.Metadata,
	}, err
}

func fromPatch(p chatkit.ThreadPatch) (out store.SessionPatch, err error) {
	out = store.SessionPatch{Title: p.Title, AllowedImageDomains: p.AllowedImageDomains}
	if p.Status != nil {
		status := threadStatus{p.Status.Type, p.Status.Reason}
		if status.Type == "" {
			status.Type = chatkit.StatusActive
		}
		if out.Status, err = json.Marshal(status); err != nil {
			return out, err
		}
	}
	if p.Metadata != nil {
		metadata := *p.Metadata
		if metadata == nil {
			metadata = map[string]any{}
		}
		out.Metadata, err = json.Marshal(metadata)
	}
	return out, err
}
