package main

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"taskwire/edge"
)

// checkAccepted holds what decodeArguments accepted against the limits.
func checkAccepted(t testing.TB, tool *tool, raw []byte, args arguments) {
	t.Helper()
	for name, value := range args {
		i := slices.IndexFunc(tool.parameters, func(p parameter) bool { return p.name == name })
		if i < 0 {
			t.Fatalf("%s accepts the unknown %q in %q", tool.name, name, raw)
		}
		switch p := tool.parameters[i]; v := value.(type) {
		case string:
			switch {
			case p.kind != kindString:
				t.Errorf("%s: %s is a string in %q", tool.name, name, raw)
			case p.enum != nil && !slices.Contains(p.enum, v):
				t.Errorf("%s: %s is %q, none of %v", tool.name, name, v, p.enum)
			case p.enum == nil && (utf8.RuneCountInString(v) > p.max || strings.ContainsRune(v, 0)):
				t.Errorf("%s: %s is too long or has NUL in %q", tool.name, name, raw)
			case p.title && (v == "" || v != trimTitle(v) || !strings.ContainsFunc(v, unicode.IsGraphic) && !visible(v)):
				t.Errorf("%s: %s is %q", tool.name, name, v)
			}
		case int:
			if p.kind != kindInteger || v < p.min || v > p.max {
				t.Errorf("%s: %s is %d", tool.name, name, v)
			}
		case bool:
			if p.kind != kindBoolean {
				t.Errorf("%s: %s is %v", tool.name, name, v)
			}
		default:
			t.Errorf("%s: %s is a %T", tool.name, name, value)
		}
	}
	for _, p := range tool.parameters {
		if (p.required || p.fallback != nil) && !args.has(p.name) {
			t.Errorf("%s accepts %q without %s", tool.name, raw, p.name)
		}
	}
}

// Whatever comes in: no panic, and what is accepted is within the limits and
// is accepted again in its canonical form.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{
		"", "null", "{}", "[]", "1", `"x"`, `{"title":"x"}`, `{"title":" \u200b"}`, `{"title":null,"user_id":1}`, `{"task_id":"task_1","completed":true}`,
		`{"limit":1e1,"sort_by":"title","sort_order":"asc","cursor":"e30"}`, `{"limit":2.5}`, `{"limit":1e400}`, `{"limit":-0}`, `{"search":"\u0000"}`,
		`{"task_id":"x","title":"\ud83d\ude00","due_date":"2026-12-01"}`, `{"title":"` + strings.Repeat("ک", 256) + `"}`, `{"completed":"true"}`, " {\n}\t",
		`{"title":"\ufffd"}`, `{"title":"\u115f\u3164"}`, `{"priority":"low","category":"work","status":"pending"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 0 && edge.CheckJSON(raw) != nil {
			return // the reader in front lets nothing else through
		}
		for _, tool := range allTools() {
			args, err := decodeArguments(tool.parameters, raw)
			if err != nil {
				if text := err.Error(); text == "" || !utf8.ValidString(text) || len(text) > 8000 || strings.ContainsFunc(strings.ReplaceAll(text, "\n", ""), unicode.IsControl) {
					t.Errorf("%s refuses %q in these words: %q", tool.name, raw, text)
				}
				continue
			}
			checkAccepted(t, tool, raw, args)
			canonical := args.canonical()
			again, err := decodeArguments(tool.parameters, canonical)
			if err != nil && !args.has("idempotency_key") {
				t.Errorf("%s accepts %q but not %q: %v", tool.name, raw, canonical, err)
			} else if err == nil && string(again.canonical()) != string(canonical) {
				t.Errorf("%s: %q is read as %q and then as %q", tool.name, raw, canonical, again.canonical())
			}
		}
	})
}

// The published schema and the check accept the same arguments. Three things
// are said in words only: null is absent, a title is trimmed first, and dates
// and keys have a form.
func TestSchemaAgreesWithDecoder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, tool := range allTools() {
		schema, err := inputSchema(tool.parameters).Resolve(nil)
		if err != nil {
			t.Fatal(err)
		}
		accepted, refused := 0, 0
		for range 3000 {
			given := randomArguments(random, tool.parameters)
			raw := mustMarshal(given)
			_, err := decodeArguments(withoutChecks(tool.parameters), raw)
			plain := plainArguments(t, tool.parameters, raw)
			valid := schema.Validate(plain)
			switch {
			case err == nil && valid != nil:
				t.Errorf("%s takes %.200s, its schema does not: %v", tool.name, raw, valid)
			case err != nil && valid == nil && !beyondSchema(tool.parameters, plain):
				t.Errorf("the schema of %s takes %.200s, the tool does not: %v", tool.name, raw, err)
			}
			if err == nil {
				accepted++
			} else {
				refused++
			}
		}
		if accepted < 50 || refused < 50 {
			t.Errorf("%s: %d accepted and %d refused say little", tool.name, accepted, refused)
		}
	}
}

// withoutChecks are the parameters without what no schema says: the form of
// dates and keys.
func withoutChecks(parameters []parameter) []parameter {
	plain := slices.Clone(parameters)
	for i := range plain {
		plain[i].check = nil
	}
	return plain
}

// plainArguments are the arguments as the schema means them: without nulls,
// titles trimmed.
func plainArguments(t testing.TB, parameters []parameter, raw []byte) map[string]any {
	t.Helper()
	var plain map[string]any
	if err := json.Unmarshal(raw, &plain); err != nil {
		t.Fatal(err)
	}
	for _, p := range parameters {
		value, given := plain[p.name]
		if text, ok := value.(string); ok && p.title {
			plain[p.name] = trimTitle(text)
		} else if given && value == nil {
			delete(plain, p.name)
		}
	}
	return plain
}

// beyondSchema reports what a schema cannot say: no NUL, and a title that
// shows something.
func beyondSchema(parameters []parameter, plain map[string]any) bool {
	return slices.ContainsFunc(parameters, func(p parameter) bool {
		text, ok := plain[p.name].(string)
		return ok && (strings.ContainsRune(text, 0) || p.title && !visible(text))
	})
}

func randomArguments(random *rand.Rand, parameters []parameter) map[string]any {
	given := map[string]any{}
	for _, p := range parameters {
		if random.IntN(3) > 0 || p.required && random.IntN(8) > 0 {
			given[p.name] = randomValue(random, p)
		}
	}
	if random.IntN(8) == 0 {
		given[[]string{"user_id", "Title", "id", "limit ", ""}[random.IntN(5)]] = "x"
	}
	if len(parameters) == 0 && random.IntN(2) == 0 {
		given["x"] = nil
	}
	return given
}

func randomValue(random *rand.Rand, p parameter) any {
	odd := []any{nil, "", " ", "x", "\u200b", "\x00", 0, 1, 2.5, 100, 101, -1, 1e9, json.Number("1e1"), json.Number("10.0"), json.Number("9223372036854775808"), true, false, []any{}, map[string]any{}, []any{"low"}}
	if random.IntN(20) == 0 {
		return odd[random.IntN(len(odd))]
	}
	switch {
	case p.enum != nil:
		return p.enum[random.IntN(len(p.enum))]
	case p.kind == kindBoolean:
		return random.IntN(2) == 0
	case p.kind == kindInteger:
		return p.min - 1 + random.IntN(p.max+3-p.min)
	}
	chars := []string{"x", "ک", "😀", "e\u0301"}
	char := chars[random.IntN(len(chars))]
	most := p.max / utf8.RuneCountInString(char)
	lengths := []int{1, 1, 1, 1, 2, 3, 5, 20, most - 1, most, most, most + 1}
	text := strings.Repeat(char, lengths[random.IntN(len(lengths))])
	if random.IntN(6) == 0 {
		text = " \u200b" + text + "\ufeff "
	}
	return text
}

// A schema that lies is noticed by the check above: here one does.
func TestSchemaCheckNotices(t *testing.T) {
	lying := inputSchema(createTask.parameters)
	lying.Properties["title"].MaxLength = new(254)
	schema, err := lying.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	raw := mustMarshal(map[string]any{"title": strings.Repeat("ک", 255)})
	if _, err := decodeArguments(createTask.parameters, raw); err != nil {
		t.Fatal(err)
	}
	if schema.Validate(plainArguments(t, createTask.parameters, raw)) == nil {
		t.Error("255 characters pass where 254 are the most")
	}
}
