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

	"taskwire/store"
)

// A parameter is one argument of a tool, as published and as checked.
type parameter struct {
	name        string
	kind        kind
	description string
	required    bool
	enum        []string
	fallback    any                 // published default, used when the argument is absent
	min, max    int                 // length in characters, or value of an integer; 0 = no bound
	title       bool                // trimmed first, and something must be left to see
	check       func(string) string // says what is wrong with a text, empty for nothing
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

// due returns a date argument that has passed checkDue, zero when absent.
func (a arguments) due(name string) store.Due {
	due, _ := store.ParseDue(a.text(name))
	return due
}

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

// maxProblems bounds how much one answer says, and how much is done for it.
const maxProblems = 10

// decodeArguments checks raw against the parameters and reports every problem
// at once, each naming its field, so that a model can mend them in one go.
func decodeArguments(parameters []parameter, raw json.RawMessage) (arguments, error) {
	given, err := decodeObject(raw)
	if err != nil {
		return nil, err
	}
	problems := unknownArguments(parameters, given)
	args := make(arguments, len(parameters))
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
		return nil, useError(strings.Join(problems, "\n"))
	}
	return args, nil
}

// unknownArguments names what the tool does not take, be it null: a model that
// tries user_id should hear that there is no such thing.
func unknownArguments(parameters []parameter, given map[string]json.RawMessage) (problems []string) {
	for name := range given {
		if !slices.ContainsFunc(parameters, func(p parameter) bool { return p.name == name }) {
			problems = append(problems, clip(name)+": no such argument; ")
		}
		if len(problems) > maxProblems {
			break // a hostile call may have a hundred thousand
		}
	}
	slices.Sort(problems)
	for i := range problems {
		problems[i] += allowedNames(parameters)
	}
	return problems
}

// decodeObject reads the arguments as an object; absent and null are empty.
func decodeObject(raw json.RawMessage) (map[string]json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var given map[string]json.RawMessage
	if raw[0] != '{' || json.Unmarshal(raw, &given) != nil {
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
	if p.check != nil {
		if problem := p.check(s); problem != "" {
			return nil, useError(problem)
		}
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

// checkDue is the check of a date; an empty text is none.
func checkDue(text string) string {
	if _, err := store.ParseDue(text); err != nil {
		return "must be " + dueForms + ", in the years 1 to 9999 and at most to the nanosecond"
	}
	return ""
}

// checkKey is the check of an idempotency key.
func checkKey(key string) string {
	if !printable(key) {
		return "must have 1 to 255 printable characters"
	}
	return ""
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
