package main

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// jsonObject is a JSON object as a test reads it.
type jsonObject = map[string]any

func structured(t testing.TB, o toolOutcome) jsonObject {
	t.Helper()
	var out jsonObject
	if err := json.Unmarshal(o.Structured, &out); err != nil {
		t.Fatalf("%v in %s", err, o.Structured)
	}
	return out
}

func TestCreateDefaults(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		out := alice.do(t, "create_task", map[string]any{"title": "Buy milk"})
		task := structured(t, out)["task"].(jsonObject)
		for _, name := range []string{"id", "created_at", "updated_at"} {
			if text, _ := task[name].(string); text == "" {
				t.Errorf("%s = %v", name, task[name])
			}
			delete(task, name)
		}
		want := jsonObject{"title": "Buy milk", "priority": "medium", "category": "other", "status": "pending", "completed": false}
		if diff := cmp.Diff(want, task); diff != "" {
			t.Errorf("a task with a title alone (-want +got):\n%s", diff)
		}
		full := map[string]any{
			"title": "Report", "description": "With figures", "priority": "high", "category": "work", "due_date": "2026-12-01",
		}
		got := structured(t, alice.do(t, "create_task", full))["task"].(jsonObject)
		for name, value := range full {
			if got[name] != value {
				t.Errorf("%s = %v, want %v", name, got[name], value)
			}
		}
	})
}

func TestTimes(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		task := alice.task(t, "create_task", map[string]any{"title": "x"})
		created, err := time.Parse(time.RFC3339Nano, task.CreatedAt)
		if err != nil || !strings.HasSuffix(task.CreatedAt, "Z") || task.CreatedAt != task.UpdatedAt {
			t.Errorf("created_at %q, updated_at %q: want one RFC 3339 time in UTC", task.CreatedAt, task.UpdatedAt)
		}
		last := created
		id := map[string]any{"task_id": task.ID}
		for _, change := range []struct {
			tool string
			args map[string]any
		}{
			{"update_task", map[string]any{"title": "y"}},
			{"update_task", map[string]any{"title": "y"}}, // the same again is a change too
			{"toggle_complete", nil},
			{"toggle_complete", map[string]any{"completed": true}},
		} {
			args := maps.Clone(id)
			maps.Copy(args, change.args)
			got := alice.task(t, change.tool, args)
			updated, err := time.Parse(time.RFC3339Nano, got.UpdatedAt)
			if err != nil || !updated.After(last) || got.CreatedAt != task.CreatedAt {
				t.Errorf("%s: updated_at %q, created_at %q; want one after %v, and %q", change.tool, got.UpdatedAt, got.CreatedAt, last, task.CreatedAt)
			}
			if again := alice.task(t, "get_task", id); again != got {
				t.Errorf("get_task = %+v, want what %s gave: %+v", again, change.tool, got)
			}
			last = updated
		}
	})
}

func TestTitleIsTrimmed(t *testing.T) {
	alice := memorySite(t, "sqlite", time.Now).as(t, "alice")
	cases := map[string]string{
		"  two blanks  ":          "two blanks",
		"\t\r\n lines \v\f\u0085": "lines",
		"\u00a0\u1680\u2000\u200a\u202f\u205f\u3000all blanks\u2028\u2029": "all blanks",
		"\u200b\ufeff\u2060zero width\u200c\u200d\u200b":                   "zero width",
		" \u200b \u3000mixed\u3000 \u200b ":                                "mixed",
		"in\u200bside \u00a0 stays":                                        "in\u200bside \u00a0 stays",
		"\u200fmarks stay\u200f":                                           "\u200fmarks stay\u200f",
		"\u202aembedded\u202c":                                             "\u202aembedded\u202c",
		"\u2067isolated\u2069":                                             "\u2067isolated\u2069",
		"\u061c\u0627":                                                     "\u061c\u0627",
		" \u200e left ":                                                    "\u200e left",
		"\u00adsoft hyphen":                                                "\u00adsoft hyphen",
	}
	for given, want := range cases {
		task := alice.task(t, "create_task", map[string]any{"title": given, "description": given})
		if task.Title != want {
			t.Errorf("title %q is stored as %q, want %q", given, task.Title, want)
		}
		if task.Description != given {
			t.Errorf("description %q is stored as %q", given, task.Description)
		}
		task = alice.task(t, "update_task", map[string]any{"task_id": task.ID, "title": given + "2 ", "description": " " + given})
		if got := alice.task(t, "get_task", map[string]any{"task_id": task.ID}); got != task || task.Title != trimTitle(given+"2") || task.Description != " "+given {
			t.Errorf("updated with %q: %q and %q", given, got.Title, got.Description)
		}
	}
}

func TestTextIsKeptByteForByte(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		for _, text := range awkwardTitles {
			made := alice.task(t, "create_task", map[string]any{"title": text, "description": "\n " + text + "\t"})
			for _, got := range []wireTask{made, alice.task(t, "get_task", map[string]any{"task_id": made.ID})} {
				if got.Title != text || got.Description != "\n "+text+"\t" {
					t.Errorf("%q came back as %q and %q", text, got.Title, got.Description)
				}
			}
		}
		for _, blank := range []string{" ", "\n", "\u200b", "\u3000"} { // only empty means none
			if got := alice.task(t, "create_task", map[string]any{"title": "x", "description": blank}); got.Description != blank {
				t.Errorf("description %q came back as %q", blank, got.Description)
			}
		}
	})
}

// Lengths count characters, whatever bytes they take, and folding makes some
// of these three times as long.
func TestLengths(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		for _, char := range []string{"x", "é", "ک", "ΐ", "𠮷", "\u0301"} {
			fits := func(n int) string { return "x" + strings.Repeat(char, n-1) }
			task := alice.task(t, "create_task", map[string]any{
				"title": " " + fits(255) + "\u200b", "description": fits(1000), "idempotency_key": strings.Repeat(char, 255),
			})
			if task.Title != fits(255) || task.Description != fits(1000) {
				t.Errorf("255 and 1,000 of %q came back with %d and %d bytes", char, len(task.Title), len(task.Description))
			}
			alice.refused(t, "create_task", map[string]any{"title": fits(256)}, nil, codeInvalid, "title: may have up to 255 characters, this has 256")
			alice.refused(t, "update_task", map[string]any{"task_id": task.ID, "title": fits(256)}, nil, codeInvalid, "title: may have up to 255")
			alice.refused(t, "create_task", map[string]any{"title": "x", "description": fits(1001)}, nil, codeInvalid, "description: may have up to 1000 characters, this has 1001")
			if got := alice.titles(t, map[string]any{"search": fits(200)}); !slices.Contains(got, task.Title) {
				t.Errorf("a search for 200 of %q finds %d tasks", char, len(got))
			}
			alice.refused(t, "list_tasks", map[string]any{"search": fits(201)}, nil, codeInvalid, "search: may have up to 200 characters, this has 201")
		}
	})
}

// Null is absent, for every argument of every tool and every key of ours.
func TestNullIsAbsent(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		noMeta := mcp.Meta{metaCallID: nil, metaTimezone: nil, metaIfUpdatedAt: nil}
		task := alice.task(t, "create_task", map[string]any{
			"title": "x", "description": nil, "priority": nil, "category": nil, "due_date": nil, "idempotency_key": nil,
		}, noMeta)
		if task.Priority != "medium" || task.Category != "other" || task.Description != "" || task.DueDate != "" {
			t.Errorf("created with nulls: %+v", task)
		}
		all := map[string]any{}
		for _, p := range listTasks.parameters {
			all[p.name] = nil
		}
		if got := alice.titles(t, all, noMeta); !slices.Equal(got, []string{"x"}) {
			t.Errorf("listed with nulls: %q", got)
		}
		changed := alice.task(t, "update_task", map[string]any{
			"task_id": task.ID, "title": nil, "description": "d", "priority": nil, "category": nil, "due_date": "2026-12-01",
		}, noMeta)
		changed = alice.task(t, "update_task", map[string]any{
			"task_id": task.ID, "title": "y", "description": nil, "priority": nil, "category": nil, "due_date": nil,
		})
		if changed.Title != "y" || changed.Description != "d" || changed.DueDate != "2026-12-01" {
			t.Errorf("updated with nulls: %+v", changed)
		}
		if got := alice.task(t, "toggle_complete", map[string]any{"task_id": task.ID, "completed": nil}, noMeta); !got.Completed {
			t.Error("toggle with completed null does not flip")
		}
		for _, tool := range allTools() {
			for _, p := range tool.parameters {
				if p.required {
					alice.refused(t, tool.name, map[string]any{p.name: nil}, nil, codeInvalid, p.name+": is required")
				}
			}
		}
	})
}

func TestUpdate(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		task := alice.task(t, "create_task", map[string]any{
			"title": "x", "description": "d", "priority": "low", "category": "home", "due_date": "2026-12-01T09:00:00+05:00",
		})
		change := func(want func(*wireTask), args map[string]any) {
			t.Helper()
			args["task_id"] = task.ID
			got := alice.task(t, "update_task", args)
			want(&task)
			task.UpdatedAt = got.UpdatedAt
			if got != task {
				t.Errorf("update_task %v = %+v, want %+v", args, got, task)
			}
			if _, ok := structured(t, alice.do(t, "get_task", map[string]any{"task_id": task.ID}))["task"].(jsonObject)["description"]; ok != (task.Description != "") {
				t.Errorf("description there: %v", ok)
			}
		}
		change(func(w *wireTask) { w.Title = "y" }, map[string]any{"title": " y "})
		change(func(w *wireTask) { w.Priority = "high" }, map[string]any{"priority": "high"})
		change(func(w *wireTask) { w.Category = "work" }, map[string]any{"category": "work"})
		change(func(w *wireTask) { w.DueDate = "2027-01-01" }, map[string]any{"due_date": "2027-01-01"})
		change(func(w *wireTask) { w.DueDate = "" }, map[string]any{"due_date": ""})
		change(func(w *wireTask) { w.DueDate = "" }, map[string]any{"due_date": ""}) // cleared already
		change(func(w *wireTask) { w.Description = "" }, map[string]any{"description": ""})
		change(func(w *wireTask) {
			w.Title, w.Description, w.Priority, w.Category, w.DueDate = "z", "e", "medium", "other", "2026-11-30"
		},
			map[string]any{"title": "z", "description": "e", "priority": "medium", "category": "other", "due_date": "2026-11-30"})

		const nothing = "nothing to change: give at least one of title, description, priority, category, due_date"
		alice.refused(t, "update_task", map[string]any{"task_id": task.ID}, nil, codeInvalid, nothing)
		alice.refused(t, "update_task", map[string]any{"task_id": task.ID, "title": nil, "due_date": nil}, nil, codeInvalid, nothing)
		alice.refused(t, "update_task", map[string]any{"task_id": task.ID}, mcp.Meta{metaCallID: "c"}, codeInvalid, nothing)
		alice.refused(t, "update_task", map[string]any{"task_id": "none", "title": "x"}, nil, codeNotFound, "task_id: no task with that id")
	})
}

func TestToggle(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		task := alice.task(t, "create_task", map[string]any{"title": "x", "due_date": "2026-12-01"})
		for i, step := range []struct {
			completed any
			want      bool
		}{{nil, true}, {nil, false}, {true, true}, {true, true}, {false, false}, {false, false}, {nil, true}} {
			args := map[string]any{"task_id": task.ID}
			if step.completed != nil {
				args["completed"] = step.completed
			}
			got := alice.task(t, "toggle_complete", args)
			if status := map[bool]string{true: "completed", false: "pending"}[step.want]; got.Completed != step.want || got.Status != status {
				t.Errorf("step %d: completed %v, status %s; want %v, %s", i, got.Completed, got.Status, step.want, status)
			}
			if got.Title != "x" || got.DueDate != "2026-12-01" {
				t.Errorf("step %d changed more: %+v", i, got)
			}
		}
		alice.refused(t, "toggle_complete", map[string]any{"task_id": "none"}, nil, codeNotFound, "task_id: no task with that id")
	})
}

func TestDelete(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		task := alice.task(t, "create_task", map[string]any{"title": "x", "description": "d", "due_date": "2026-12-01"})
		kept := alice.task(t, "create_task", map[string]any{"title": "kept"})
		id := map[string]any{"task_id": task.ID}
		out := alice.do(t, "delete_task", id)
		var got deleteResult
		if err := json.Unmarshal(out.Structured, &got); err != nil || got != (deleteResult{true, task}) {
			t.Errorf("delete_task = %s, want deleted and the task as it was", out.Structured)
		}
		for _, tool := range []string{"get_task", "delete_task", "toggle_complete"} {
			alice.refused(t, tool, id, nil, codeNotFound, "task_id: no task with that id")
		}
		if got := alice.list(t, nil).Tasks; !slices.Equal(got, []wireTask{kept}) {
			t.Errorf("left are %+v", got)
		}
	})
}

// What a tool gives matches the schema that it publishes, and is the same in
// the structured content and in the text.
func TestResultsMatchTheirSchemas(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		task := alice.task(t, "create_task", map[string]any{"title": "<b>&</b> \u2028 اردو", "description": "d", "due_date": "2026-12-01"})
		alice.task(t, "create_task", map[string]any{"title": "y"})
		id := map[string]any{"task_id": task.ID}
		calls := []struct {
			tool string
			args map[string]any
		}{
			{"create_task", map[string]any{"title": "z"}},
			{"list_tasks", nil},
			{"list_tasks", map[string]any{"limit": 1}},
			{"list_tasks", map[string]any{"search": "nothing is so"}},
			{"get_task", id},
			{"update_task", map[string]any{"task_id": task.ID, "priority": "low"}},
			{"toggle_complete", id},
			{"get_stats", nil},
			{"delete_task", id},
		}
		schemas := map[string]*jsonschema.Resolved{}
		for tool, err := range alice.Tools(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			var schema jsonschema.Schema
			if err := json.Unmarshal(mustMarshal(tool.OutputSchema), &schema); err != nil {
				t.Fatal(err)
			}
			if schemas[tool.Name], err = schema.Resolve(nil); err != nil {
				t.Fatal(err)
			}
		}
		if len(schemas) != 7 {
			t.Errorf("%d tools, want 7", len(schemas))
		}
		for _, call := range calls {
			out := alice.do(t, call.tool, call.args)
			if err := schemas[call.tool].Validate(structured(t, out)); err != nil {
				t.Errorf("%s %v does not match its schema: %v in %s", call.tool, call.args, err, out.Structured)
			}
			var text any
			if err := json.Unmarshal([]byte(out.text()), &text); err != nil || len(out.Content) != 1 || out.Content[0].Type != "text" {
				t.Fatalf("%s: %d blocks, the first %q", call.tool, len(out.Content), out.text())
			}
			if !reflect.DeepEqual(text, any(structured(t, out))) {
				t.Errorf("%s: the text is %s, structured %s", call.tool, out.text(), out.Structured)
			}
			if strings.Contains(out.text(), `\u003c`) {
				t.Errorf("%s: the text has HTML escapes: %s", call.tool, out.text())
			}
		}
	})
}

// Only delete_task is destructive, update_task and reading are idempotent, and
// nothing reaches into an open world.
func TestHints(t *testing.T) {
	alice := memorySite(t, "sqlite", time.Now).as(t, "alice")
	type hints struct{ ReadOnly, Destructive, Idempotent, Open bool }
	want := map[string]hints{
		"create_task": {}, "toggle_complete": {},
		"update_task": {Idempotent: true}, "delete_task": {Destructive: true},
		"list_tasks": {ReadOnly: true, Idempotent: true}, "get_task": {ReadOnly: true, Idempotent: true}, "get_stats": {ReadOnly: true, Idempotent: true},
	}
	got := map[string]hints{}
	for tool, err := range alice.Tools(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		a := tool.Annotations
		if a == nil || a.DestructiveHint == nil || a.OpenWorldHint == nil {
			t.Fatalf("%s: the hints are not all said; their defaults are the worst", tool.Name)
		}
		got[tool.Name] = hints{a.ReadOnlyHint, *a.DestructiveHint, a.IdempotentHint, *a.OpenWorldHint}
		if a.Title == "" || tool.Title == "" || tool.Description == "" {
			t.Errorf("%s has no title or description", tool.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hints (-want +got):\n%s", diff)
	}
}

// Each user has tasks of their own, in every tool.
func TestUsersAreApart(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice, bob := s.as(t, "alice"), s.as(t, "bob")
		task := alice.task(t, "create_task", map[string]any{"title": "Alice's", "due_date": "2020-01-01", "priority": "high"})
		if got := bob.list(t, nil); len(got.Tasks) != 0 {
			t.Errorf("Bob sees %+v", got)
		}
		if out := bob.do(t, "get_stats", nil); strings.ContainsAny(string(out.Structured), "123456789") {
			t.Errorf("Bob counts %s", out.Structured)
		}
		for _, tool := range []string{"get_task", "delete_task", "toggle_complete"} {
			bob.refused(t, tool, map[string]any{"task_id": task.ID}, nil, codeNotFound, "task_id: no task with that id")
		}
		bob.refused(t, "update_task", map[string]any{"task_id": task.ID, "title": "Bob's"}, nil, codeNotFound, "task_id: no task with that id")
		if got := alice.task(t, "get_task", map[string]any{"task_id": task.ID}); got != task {
			t.Errorf("Alice's task is %+v, was %+v", got, task)
		}
	})
}
