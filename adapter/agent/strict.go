package agent

import (
	"encoding/json"
	"maps"
	"slices"
)

// strictSchema gives a schema as OpenAI's strict mode wants it: every property
// required, those that may be missing nullable, nothing else let in. A schema
// that cannot be put so comes back as it was.
func strictSchema(schema []byte) (out []byte, strict bool) {
	var tree map[string]any
	if json.Unmarshal(schema, &tree) != nil || tree["type"] != "object" || !makeStrict(tree) {
		return schema, false
	}
	out, err := json.Marshal(tree)
	if err != nil {
		return schema, false
	}
	return out, true
}

// strictKeywords are those that strict mode knows. What else a schema says is
// left to the tool, which checks its arguments anyway; only what would change
// the shape makes a schema unfit.
var (
	strictKeywords = []string{"type", "properties", "required", "items", "enum", "description", "pattern", "minimum", "maximum", "multipleOf", "minItems", "maxItems"}
	unfitKeywords  = []string{"$ref", "anyOf", "oneOf", "allOf", "not", "if", "patternProperties", "dependentRequired", "dependentSchemas", "const"}
)

func makeStrict(node map[string]any) bool {
	for _, word := range unfitKeywords {
		if _, has := node[word]; has {
			return false
		}
	}
	if _, open := node["additionalProperties"].(map[string]any); open {
		return false
	}
	maps.DeleteFunc(node, func(word string, _ any) bool { return !slices.Contains(strictKeywords, word) })
	kind, ok := node["type"].(string)
	if !ok {
		return false
	}
	switch kind {
	case "object":
		return strictObject(node)
	case "array":
		items, ok := node["items"].(map[string]any)
		return ok && makeStrict(items)
	}
	return true
}

func strictObject(node map[string]any) bool {
	properties, _ := node["properties"].(map[string]any)
	if properties == nil {
		properties = map[string]any{}
	}
	required, _ := node["required"].([]any)
	for name, value := range properties {
		property, ok := value.(map[string]any)
		if !ok || !makeStrict(property) {
			return false
		}
		if !slices.Contains(required, any(name)) {
			property["type"] = []any{property["type"], "null"}
			if enum, ok := property["enum"].([]any); ok {
				property["enum"] = append(enum, nil)
			}
		}
	}
	node["properties"] = properties
	names := slices.AppendSeq([]string{}, maps.Keys(properties)) // none is [], not null
	slices.Sort(names)
	node["required"] = names
	node["additionalProperties"] = false
	return true
}
