package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A parameter is one argument of a tool, as published and as checked.
type parameter struct {
	name        string
	kind        kind
	description string
	required    bool
	enum        []string
	fallback    any  // published default, used when the argument is absent
	min, max    int  // length in characters, or value of an integer; 0 = no bound
	title       bool // trimmed first, and something must be left to see
}

// A kind is a JSON type that an argument may have.
type kind string

const (
	kindString  kind = "string"
	kindInteger kind = "integer"
	kindBoolean kind = "boolean"
)

// arguments are the checked arguments of a call by name: string, int or bool.
// What was absent or null and has no default is not in it.
type arguments map[string]any

func (a arguments) has(name string) bool { _, ok := a[name]; return ok }

// text returns a string argument, empty when absent.
func (a arguments) text(name string) string { s, _ := a[name].(string); return s }

// number returns an integer argument, 0 when absent.
func (a arguments) number(name string) int { n, _ := a[name].(int); return n }

// textPtr returns nil for an absent argument: update_task leaves that field.
func (a arguments) textPtr(name string) *string {
	if s, ok := a[name].(string); ok {
		return &s
	}
	return nil
}

// canonical returns the arguments in one fixed form, without the idempotency
// key: what two calls with the same key are compared by.
func (a arguments) canonical() []byte {
	rest := maps.Clone(a)
	delete(rest, "idempotency_key")
	data, err := json.Marshal(rest) // sorts the keys
	if err != nil {
		panic(err) // strings, ints and bools always marshal
	}
	return data
}

// decodeArguments checks raw against the parameters and reports every problem
// at once, each naming its field, so that a model can mend them in one go.
func decodeArguments(parameters []parameter, raw json.RawMessage) (arguments, error) {
	given, err := decodeObject(raw)
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(parameters, func(p parameter) bool { return p.name == name }) {
			problems = append(problems, fmt.Sprintf("%s: no such argument; %s", clip(name), allowedNames(parameters)))
		}
	}
	args := make(arguments, len(given))
	for i := range parameters {
		p := &parameters[i]
		value, err := p.decode(given[p.name])
		switch {
		case err != nil:
			problems = append(problems, p.name+": "+err.Error())
		case value != nil:
			args[p.name] = value
		}
	}
	if len(problems) > 0 {
		return nil, useError(strings.Join(problems[:min(len(problems), 10)], "\n"))
	}
	return args, nil
}

// decodeObject reads the arguments as an object; absent and null are empty.
func decodeObject(raw json.RawMessage) (map[string]json.RawMessage, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if trimmed := bytes.TrimLeft(raw, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, useError("arguments: must be an object")
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return nil, useError("arguments: must be an object")
	}
	return given, nil
}

// decode returns the value of one argument, its default, or nil. Null counts
// as absent: models in strict mode send null for what they leave out.
func (p *parameter) decode(raw json.RawMessage) (any, error) {
	if len(raw) == 0 || string(raw) == "null" {
		if p.required {
			return nil, useError("is required")
		}
		return p.fallback, nil
	}
	switch p.kind {
	case kindBoolean:
		var b bool
		if json.Unmarshal(raw, &b) != nil {
			return nil, useError("must be true or false")
		}
		return b, nil
	case kindInteger:
		return p.decodeInteger(raw)
	default:
		return p.decodeString(raw)
	}
}

func (p *parameter) decodeString(raw json.RawMessage) (any, error) {
	var s string
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return nil, useError("must be a string")
	}
	if len(p.enum) > 0 {
		if !slices.Contains(p.enum, s) {
			return nil, useError("must be one of " + strings.Join(p.enum, ", "))
		}
		return s, nil
	}
	if strings.ContainsRune(s, 0) {
		return nil, useError("must not contain the character U+0000")
	}
	if p.title {
		if s = trimTitle(s); !visible(s) {
			return nil, useError(fmt.Sprintf("must have 1 to %d characters, not only invisible ones", p.max))
		}
	}
	if n := utf8.RuneCountInString(s); n > p.max {
		return nil, useError(fmt.Sprintf("may have up to %d characters, this has %d", p.max, n))
	}
	return s, nil
}

// decodeInteger takes every JSON spelling of an integer (10, 10.0, 1e1), as
// JSON Schema does, and nothing that only looks like one ("10", 2.5).
func (p *parameter) decodeInteger(raw json.RawMessage) (any, error) {
	bad := useError(fmt.Sprintf("must be an integer from %d to %d", p.min, p.max))
	n, err := strconv.Atoi(string(raw))
	if err != nil {
		f, err := strconv.ParseFloat(string(raw), 64)
		if err != nil || f != math.Trunc(f) || math.Abs(f) > 1e15 {
			return nil, bad
		}
		n = int(f)
	}
	if n < p.min || n > p.max {
		return nil, bad
	}
	return n, nil
}

// printable reports whether s has 1 to 255 characters, all of them printable:
// the form of idempotency keys and call ids.
func printable(s string) bool {
	n := utf8.RuneCountInString(s)
	return n >= 1 && n <= 255 && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// clip makes a name from outside fit to be shown in a sentence.
func clip(name string) string {
	const limit = 40
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, name)
	if r := []rune(name); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return name
}

func allowedNames(parameters []parameter) string {
	if len(parameters) == 0 {
		return "this tool takes none"
	}
	names := make([]string, len(parameters))
	for i, p := range parameters {
		names[i] = p.name
	}
	return "allowed are " + strings.Join(names, ", ")
}
