package main

import (
	"bytes"
	"encoding/json"

	"github.com/google/jsonschema-go/jsonschema"
)

// inputSchema publishes the parameters. Types are plain, never a list with
// "null": hosts that translate schemas for Gemini choke on those. Null is
// taken all the same.
func inputSchema(parameters []parameter) *jsonschema.Schema {
	schema := &jsonschema.Schema{
		Type:                 "object",
		Properties:           map[string]*jsonschema.Schema{},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, p := range parameters {
		schema.Properties[p.name] = p.schema()
		schema.PropertyOrder = append(schema.PropertyOrder, p.name)
		if p.required {
			schema.Required = append(schema.Required, p.name)
		}
	}
	return schema
}

func (p *parameter) schema() *jsonschema.Schema {
	s := &jsonschema.Schema{Type: string(p.kind), Description: p.description}
	for _, value := range p.enum {
		s.Enum = append(s.Enum, value)
	}
	if p.fallback != nil {
		s.Default = json.RawMessage(mustMarshal(p.fallback))
	}
	switch {
	case p.kind == kindInteger:
		s.Minimum, s.Maximum = new(float64(p.min)), new(float64(p.max))
	case p.kind == kindString && p.enum == nil:
		s.MaxLength = &p.max
		if p.title {
			s.MinLength = new(1)
		}
	}
	return s
}

// object describes a result object: the named properties in order, those that
// are not required marked by the caller.
func object(required []string, order []string, properties map[string]*jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{
		Type:                 "object",
		Properties:           properties,
		PropertyOrder:        order,
		Required:             required,
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
}

func typed(kind kind, description string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: string(kind), Description: description}
}

func oneOf(values []string, description string) *jsonschema.Schema {
	s := typed(kindString, description)
	for _, v := range values {
		s.Enum = append(s.Enum, v)
	}
	return s
}

// marshalPlain writes JSON without the HTML escapes of json.Marshal: models
// and people read it.
func marshalPlain(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}

func mustMarshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}
