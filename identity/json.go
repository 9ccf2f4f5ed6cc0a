package identity

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a header or of claims.
const maxDepth = 16

// strictObject decodes one JSON object with exact member names. encoding/json
// into a struct would let SUB or ſub stand for sub, and would take the last of
// two equal members; both let one text mean two users to two readers. Numbers
// stay json.Number.
func strictObject(data []byte) (map[string]any, bool) {
	// Valid first: Decoder.Token alone is laxer about commas, and bad UTF-8
	// would be replaced in silence.
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	value, ok := strictValue(dec, 0)
	if !ok {
		return nil, false
	}
	object, ok := value.(map[string]any)
	return object, ok
}

// strictValue reads the next value. It is called on valid JSON only, so
// whatever is wrong is either too deep or a member that appears twice.
func strictValue(dec *json.Decoder, depth int) (any, bool) {
	token, err := dec.Token()
	if err != nil || depth > maxDepth {
		return nil, false
	}
	switch token {
	case json.Delim('{'):
		return strictMembers(dec, depth+1)
	case json.Delim('['):
		return strictElements(dec, depth+1)
	}
	return token, true
}

func strictMembers(dec *json.Decoder, depth int) (any, bool) {
	object := make(map[string]any)
	for dec.More() {
		token, err := dec.Token()
		name, isName := token.(string)
		if err != nil || !isName {
			return nil, false
		}
		if _, twice := object[name]; twice {
			return nil, false
		}
		value, ok := strictValue(dec, depth)
		if !ok {
			return nil, false
		}
		object[name] = value
	}
	_, err := dec.Token()
	return object, err == nil
}

func strictElements(dec *json.Decoder, depth int) (any, bool) {
	array := []any{}
	for dec.More() {
		value, ok := strictValue(dec, depth)
		if !ok {
			return nil, false
		}
		array = append(array, value)
	}
	_, err := dec.Token()
	return array, err == nil
}
