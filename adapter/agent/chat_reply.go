package agent

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// chatReply puts together a streamed chat completion. Providers differ in how
// they number, name and repeat things; the rules here take all of them.
type chatReply struct {
	speech
	calls   []*chatCall // at most MaxCalls, and the last of those that are dropped
	dropped int
	finish  string
	usage   Usage
	extra   extraFields
}

// A chatCall is a tool call that is still coming in.
type chatCall struct {
	modelCall
	index int // -1: the provider gave none
	extra extraFields
}

func (c *chatReply) finished() bool { return c.finish != "" }

func (c *chatReply) whole(data []byte) error {
	err := c.add(data)
	if c.finish == "" && (c.text.Len() > 0 || len(c.calls) > 0) {
		c.finish = "stop"
	}
	return err
}

func (c *chatReply) add(data []byte) error {
	for key, value := range members(data) {
		switch key {
		case "choices":
			if err := c.choices(value); err != nil {
				return err
			}
		case "usage":
			c.count(value)
		case "error":
			if !isNull(value) {
				return streamError(value)
			}
		}
	}
	return nil
}

// choices takes the first choice. Nobody asked for more.
func (c *chatReply) choices(list []byte) error {
	for choice := range elements(list) {
		if intOf(member(choice, "index")) > 0 {
			continue
		}
		for key, value := range members(choice) {
			switch key {
			case "delta", "message": // message: of a reply that is no stream
				if err := c.delta(value); err != nil {
					return err
				}
			case "finish_reason":
				if reason := stringOf(value); reason != "" {
					c.finish = reason
				}
			case "error":
				if !isNull(value) {
					return streamError(value)
				}
			}
		}
	}
	if c.finish == "error" {
		return failure(KindProvider, nil)
	}
	return nil
}

func (c *chatReply) delta(delta []byte) error {
	for key, value := range members(delta) {
		if isNull(value) {
			continue
		}
		switch key {
		case "content", "refusal":
			if err := c.content(value); err != nil {
				return err
			}
		case "tool_calls":
			for call := range elements(value) {
				c.call(call, intOf(member(call, "index")))
			}
		case "function_call": // what calls were before there were several
			c.call(append(append([]byte(`{"function":`), value...), '}'), -1)
		case "role", "annotations":
		default:
			c.extra.add(key, value)
		}
	}
	return nil
}

// content takes text, or a list of parts.
func (c *chatReply) content(value []byte) error {
	if value[0] == '"' {
		return c.say(stringOf(value))
	}
	for part := range elements(value) {
		for _, name := range []string{"text", "refusal"} {
			if err := c.say(stringOf(member(part, name))); err != nil {
				return err
			}
		}
	}
	return nil
}

// call takes a piece of a tool call.
func (c *chatReply) call(piece []byte, index int) {
	function := member(piece, "function")
	id, name := stringOf(member(piece, "id")), stringOf(member(function, "name"))
	arguments := member(function, "arguments")
	call := c.slot(index)
	if call == nil || call.isOther(id, name, arguments) {
		call = &chatCall{index: index}
		c.open(call)
	}
	call.take(id, name, arguments)
	for key, value := range members(piece) {
		switch key {
		case "id", "index", "type", "function":
		default:
			if !isNull(value) {
				call.extra.add(key, value)
			}
		}
	}
}

func (c *chatReply) open(call *chatCall) {
	if len(c.calls) >= MaxCalls {
		c.dropped++
	}
	c.calls = append(c.calls[:min(len(c.calls), MaxCalls)], call)
}

// slot gives the call that a piece may go on: the last one of that index, and
// without an index the last one of all.
func (c *chatReply) slot(index int) *chatCall {
	for i := len(c.calls) - 1; i >= 0; i-- {
		if index < 0 || c.calls[i].index == index {
			return c.calls[i]
		}
	}
	return nil
}

// isOther reports whether a piece opens a new call although its slot is taken:
// some providers give every call the index 0, or none. It takes a name to open
// a call, for others send a fresh id with every piece.
func (c *chatCall) isOther(id, name string, arguments []byte) bool {
	switch {
	case name == "" || c.name == "":
		return false
	case id != "" && c.id != "":
		return id != c.id
	default:
		return name != c.name || !isNull(arguments) && json.Valid(c.arguments)
	}
}

func (c *chatCall) take(id, name string, arguments []byte) {
	if c.id == "" {
		c.id = id
	}
	if c.name == "" {
		c.name = name
	}
	if isNull(arguments) {
		return
	}
	piece := arguments // an object, from some
	if arguments[0] == '"' {
		piece = []byte(stringOf(arguments))
	}
	if room := MaxArguments + 1 - len(c.arguments); len(piece) > room {
		piece = piece[:room]
	}
	c.arguments = append(c.arguments, piece...)
}

func (c *chatReply) count(usage []byte) {
	in, out := intOf(member(usage, "prompt_tokens")), intOf(member(usage, "completion_tokens"))
	if in >= 0 && out >= 0 {
		c.usage = Usage{in, out}
	}
}

func (c *chatReply) reply() reply {
	r := reply{text: c.text.String(), dropped: c.dropped, finish: c.finish, usage: c.usage, raw: c.extra.object()}
	for _, call := range c.calls[:min(len(c.calls), MaxCalls)] {
		call.modelCall.extra = call.extra.object()
		r.calls = append(r.calls, call.modelCall)
	}
	return r
}

// extraFields are fields that we know nothing about except that the provider
// wants to see them again: reasoning_content, extra_content and their kin. What
// comes in pieces is put together: strings and lists one after the other, of
// anything else the last.
type extraFields struct {
	fields []extraField
	size   int
}

type extraField struct {
	key   string
	value []byte // a string or a list without its last character
}

// maxExtra bounds the extra fields of a message or a call. Past it none are
// kept: half a signature is worth less than none.
const maxExtra = 1 << 20

func (e *extraFields) add(key string, value []byte) {
	if e.size += len(key) + len(value); e.size > maxExtra {
		e.fields = nil
		return
	}
	if !utf8.Valid(value) {
		value = bytes.ToValidUTF8(value, []byte("\uFFFD"))
	}
	for i := range e.fields {
		if f := &e.fields[i]; f.key == key {
			f.join(value)
			return
		}
	}
	e.fields = append(e.fields, extraField{key, unclosed(value)})
}

// unclosed takes the closing quote or bracket off, so that more can follow.
func unclosed(value []byte) []byte {
	switch value[0] {
	case '"':
		value = value[:len(value)-1]
	case '[':
		value = bytes.TrimRight(value[:len(value)-1], " \t\r\n")
	}
	return bytes.Clone(value)
}

func (f *extraField) join(value []byte) {
	switch {
	case f.value[0] == '"' && value[0] == '"':
		f.value = append(f.value, value[1:len(value)-1]...)
	case f.value[0] == '[' && value[0] == '[':
		for element := range elements(value) {
			f.value = append(appendComma(f.value), element...)
		}
	default:
		f.value = unclosed(value)
	}
}

// object gives the fields as a JSON object, nil if there are none.
func (e *extraFields) object() json.RawMessage {
	if len(e.fields) == 0 {
		return nil
	}
	out := []byte("{")
	for _, f := range e.fields {
		out = append(append(appendComma(out), '"'), f.key...)
		out = append(append(out, '"', ':'), f.value...)
		switch f.value[0] {
		case '"':
			out = append(out, '"')
		case '[':
			out = append(out, ']')
		}
	}
	return append(out, '}')
}
