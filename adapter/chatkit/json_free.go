package chatkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// MustJSON encodes v as free-form JSON, for Arguments, Data and the like. It
// panics when encoding/json cannot write v (a channel, a function, NaN).
func MustJSON(v any) json.RawMessage {
	data, err := marshal(v)
	if err != nil {
		panic(fmt.Errorf("chatkit: %w", err))
	}
	return data
}

// marshal is json.Marshal without escaping HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// raw is free-form JSON that is always there; nil is null.
func (c *codec) raw(name string, v *json.RawMessage) {
	if !c.reading {
		c.rawValue(name, *v, "null")
		return
	}
	if at, ok := c.find(name); ok {
		*v = c.readRaw(name, at)
	}
}

// optRaw is free-form JSON that is left out when null.
func (c *codec) optRaw(name string, v *json.RawMessage) {
	if c.reading || !isNull(*v) {
		c.raw(name, v)
	}
}

// object is a free-form object; nil is {}.
func (c *codec) object(name string, v *json.RawMessage) {
	if !c.reading {
		c.rawValue(name, *v, "{}")
		return
	}
	*v = json.RawMessage("{}")
	if at, ok := c.find(name); ok {
		if c.in[at.from] != '{' {
			c.failAt(name, "must be an object")
			return
		}
		*v = c.readRaw(name, at)
	}
}

func isNull(v json.RawMessage) bool { return len(v) == 0 || string(bytes.TrimSpace(v)) == "null" }

func (c *codec) rawValue(name string, v json.RawMessage, none string) {
	c.key(name)
	if isNull(v) {
		c.out = append(c.out, none...)
		return
	}
	if err := checkForm(v, maxFreeDepth); err != nil {
		c.failAt(name, "is malformed: %v", err)
		return
	}
	if none == "{}" && bytes.TrimSpace(v)[0] != '{' {
		c.failAt(name, "must be an object")
		return
	}
	c.out = appendCompact(c.out, v)
}

func (c *codec) readRaw(name string, at span) json.RawMessage {
	if c.noNUL && hasNUL(c.in[at.from:at.to]) {
		c.failAt(name, "must not contain U+0000")
		return nil
	}
	return appendCompact(make([]byte, 0, at.to-at.from), c.in[at.from:at.to])
}

// hasNUL reports whether a string in valid JSON contains U+0000, which there
// can only be as an escape.
func hasNUL(valid []byte) bool {
	for i := 0; i < len(valid); i++ {
		if valid[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(valid[i:], []byte(`\u0000`)) {
			return true
		}
		i++ // an escaped backslash begins nothing
	}
	return false
}

// appendCompact appends valid JSON without the white space between its tokens:
// an event must stay on one line.
func appendCompact(dst, valid []byte) []byte {
	inString := false
	for i := 0; i < len(valid); i++ {
		b := valid[i]
		switch {
		case inString && b == '\\':
			dst = append(dst, b)
			i++
			b = valid[i]
		case b == '"':
			inString = !inString
		case !inString && isSpace(b):
			continue
		}
		dst = append(dst, b)
	}
	return dst
}

// tree is a free-form object as Go values; nil is {}.
func (c *codec) tree(name string, m *map[string]any) {
	if !c.reading {
		c.key(name)
		c.treeValue(name, *m)
		return
	}
	at, ok := c.find(name)
	if !ok {
		return
	}
	if c.in[at.from] != '{' {
		c.failAt(name, "must be an object")
		return
	}
	if read := readTree(c.in[at.from:at.to]); len(read) > 0 {
		*m = read
	}
}

// widget is the tree of a widget. Its null props stay in the store and are not
// sent.
func (c *codec) widget(name string, w *Widget) {
	if c.reading {
		if _, ok := c.need(name); ok {
			c.tree(name, (*map[string]any)(w))
		}
		return
	}
	if w.Type() == "" {
		c.failAt(name, "has no type")
		return
	}
	c.key(name)
	c.treeValue(name, map[string]any(*w))
}

func (c *codec) treeValue(name string, m map[string]any) {
	if m == nil {
		m = map[string]any{}
	}
	var err error
	if c.out, err = appendFree(c.out, m, freeRules{dropNull: c.wire}); err != nil {
		c.failAt(name, "cannot be written: %v", err)
	}
}

// readTree reads a valid object, numbers as json.Number.
func readTree(object []byte) map[string]any {
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		panic(err) // the text has been checked
	}
	return m
}

// freeRules say how Go values become JSON.
type freeRules struct {
	dropNull bool // members that are null are left out, at any depth
	depth    int  // how deep the value lies
}

var errDeep = errors.New("nested too deep, or within itself")

// appendFree appends the Go value of free-form JSON, keys in order. Values of
// types that it does not know are written as encoding/json writes them.
func appendFree(dst []byte, v any, rules freeRules) ([]byte, error) {
	if rules.depth++; rules.depth > maxFreeDepth {
		return dst, errDeep
	}
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return appendString(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case map[string]any:
		return appendMap(dst, v, rules)
	case Component:
		return appendMap(dst, v.Widget(), rules)
	case []any:
		return appendList(dst, v, rules)
	case []Widget:
		return appendList(dst, v, rules)
	case []Component:
		return appendList(dst, v, rules)
	}
	return appendOther(dst, v, rules)
}

func appendMap(dst []byte, m map[string]any, rules freeRules) ([]byte, error) {
	if m == nil {
		return append(dst, "null"...), nil
	}
	dst = append(dst, '{')
	first := true
	for _, key := range sortedKeys(m) {
		if rules.dropNull && isNil(m[key]) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, key), ':')
		var err error
		if dst, err = appendFree(dst, m[key], rules); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func appendList[T any](dst []byte, l []T, rules freeRules) ([]byte, error) {
	if l == nil {
		return append(dst, "null"...), nil
	}
	dst = append(dst, '[')
	for i := range l {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendFree(dst, any(l[i]), rules); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// appendOther writes what encoding/json knows, and what it wrote by our rules.
func appendOther(dst []byte, v any, rules freeRules) ([]byte, error) {
	data, err := marshal(v)
	if err != nil {
		return dst, err
	}
	if err := checkForm(data, maxFreeDepth); err != nil {
		return dst, err
	}
	if !rules.dropNull || data[0] != '{' && data[0] != '[' {
		return appendCompact(dst, data), nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return dst, err
	}
	return appendFree(dst, tree, rules)
}

// isNil reports whether a value is written as null.
func isNil(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string, bool, int, float64, json.Number:
		return false
	case map[string]any:
		return v == nil
	case Widget:
		return v == nil
	case []any:
		return v == nil
	case []Widget:
		return v == nil
	case []Component:
		return v == nil
	case json.RawMessage:
		return isNull(v)
	}
	data, err := marshal(v)
	return err == nil && string(data) == "null"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
