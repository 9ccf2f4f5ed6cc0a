package chatkit

import "sync"

// A MessageStream writes an assistant message of one part as it comes. Done or
// DoneAtEnd must end it: a message that a handler leaves open is not stored.
// Safe for concurrent use.
type MessageStream struct {
	turn *Turn
	id   string

	mu    sync.Mutex
	notes int // annotations so far
}

// StartMessage announces an assistant message without text.
func (t *Turn) StartMessage() (*MessageStream, error) {
	m := &AssistantMessage{}
	if err := t.Send(&ItemAdded{m}); err != nil {
		return nil, err
	}
	s := &MessageStream{turn: t, id: m.ID}
	return s, s.update(&ContentAdded{})
}

func (s *MessageStream) update(u Update) error { return s.turn.Send(&ItemUpdated{s.id, u}) }

// ID returns the message's id.
func (s *MessageStream) ID() string { return s.id }

// Write appends to the text.
func (s *MessageStream) Write(delta string) error { return s.update(&TextDelta{Delta: delta}) }

// Annotate adds an annotation.
func (s *MessageStream) Annotate(a Annotation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.update(&AnnotationAdded{AnnotationIndex: s.notes, Annotation: a})
	if err == nil {
		s.notes++
	}
	return err
}

// Done ends the message and stores it.
func (s *MessageStream) Done() error {
	m, err := s.whole()
	if err != nil {
		return err
	}
	return s.turn.Send(&ItemDone{m})
}

// DoneAtEnd ends the message when the turn ends: see [Turn.AtEnd].
func (s *MessageStream) DoneAtEnd() error {
	m, err := s.whole()
	if err != nil {
		return err
	}
	return s.turn.AtEnd(m)
}

// whole ends the parts of the message.
func (s *MessageStream) whole() (*AssistantMessage, error) {
	m := s.turn.message(s.id)
	for i, part := range m.Content {
		if err := s.update(&ContentDone{Index: i, Content: part}); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Say sends a whole assistant message.
func (t *Turn) Say(text string) error {
	s, err := t.StartMessage()
	if err != nil {
		return err
	}
	if err := s.Write(text); err != nil {
		return err
	}
	return s.Done()
}
