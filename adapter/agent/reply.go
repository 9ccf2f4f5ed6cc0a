package agent

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A reply is what a model answered to one request.
type reply struct {
	text    string
	calls   []modelCall
	dropped int    // calls beyond MaxCalls
	finish  string // as the provider says it; "" where it says nothing
	usage   Usage  // zero where the provider gives none
	raw     json.RawMessage
}

// A modelCall is a call as it came: nothing about it has been checked.
type modelCall struct {
	id        string
	name      string
	arguments []byte // at most MaxArguments+1 bytes
	extra     json.RawMessage
}

// cut reports whether the provider stopped the reply before its end. Its calls
// are then not run.
func (r *reply) cut() (Limit, bool) {
	switch r.finish {
	case "length", "max_tokens", "max_output_tokens":
		return LimitLength, true
	case "content_filter":
		return LimitFilter, true
	}
	return "", false
}

// nameCalls gives every call an id of its own, for the provider matches calls
// and results by it.
func (r *reply) nameCalls(prefix string) {
	seen := map[string]bool{}
	for i := range r.calls {
		c := &r.calls[i]
		if c.id == "" || len(c.id) > 256 || !utf8.ValidString(c.id) || seen[c.id] {
			c.id = fmt.Sprintf("call_%s_%d", prefix, i)
		}
		seen[c.id] = true
	}
}

// An accumulator puts a reply together from what comes over the wire. What it
// is given is valid JSON.
type accumulator interface {
	// add takes the data of an event.
	add(data []byte) error
	// whole takes a reply that is no stream.
	whole(data []byte) error
	// finished reports whether the provider has said that the reply is over.
	finished() bool
	// end shows what text was held back.
	end() error
	// pause tells that the next event is not yet at hand.
	pause() error
	// reply gives what there is, also after an error.
	reply() reply
}

// speech is the text of a reply. It is handed on as it comes.
type speech struct {
	think thinkFilter
	text  strings.Builder
	room  int // characters that the run may still say
	hear  func(string) error
	heard bool // since the last pause
}

// pause tells, by an empty text, that the next one is not yet at hand.
func (s *speech) pause() error {
	if !s.heard {
		return nil
	}
	s.heard = false
	return s.hear("")
}

// say takes the next piece of text. U+0000 is shown as what it is, no character
// of a text: PostgreSQL keeps none.
func (s *speech) say(piece string) error {
	return s.show(s.think.add(strings.ReplaceAll(piece, "\x00", "\uFFFD")))
}

// end shows what was held back.
func (s *speech) end() error { return s.show(s.think.end()) }

func (s *speech) show(piece string) error {
	if piece == "" {
		return nil
	}
	shown := piece
	n := utf8.RuneCountInString(piece)
	if n > s.room {
		shown, n = firstRunes(piece, s.room), s.room
	}
	s.room -= n
	if shown != "" {
		s.text.WriteString(shown)
		s.heard = true
		if err := s.hear(shown); err != nil {
			return err
		}
	}
	if len(shown) < len(piece) {
		return failure(KindTooLong, nil)
	}
	return nil
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
