package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store/storetest"
)

// The same key with the same arguments gives the same task and no second one.
func TestIdempotencyKey(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice, bob := s.as(t, "alice"), s.as(t, "bob")
		args := map[string]any{"title": "Pay rent", "due_date": "2026-12-01", "idempotency_key": "rent 12/2026"}
		first := alice.do(t, "create_task", args)
		task := taskOf(t, first)
		before := s.digest(t)
		for _, same := range []any{
			args,
			json.RawMessage(`{"idempotency_key":"rent 12/2026","due_date":"2026-12-01","title":"Pay rent"}`),
			map[string]any{"title": " Pay rent\u200b", "due_date": "2026-12-01", "idempotency_key": "rent 12/2026"},
			map[string]any{"title": "Pay rent", "due_date": "2026-12-01", "idempotency_key": "rent 12/2026", "priority": "medium", "category": nil, "description": nil},
		} {
			if again := alice.do(t, "create_task", same); again.text() != first.text() {
				t.Errorf("create_task %v again = %s, want %s", same, again.text(), first.text())
			}
		}
		if s.digest(t) != before {
			t.Error("the same call again has changed something")
		}
		for name, value := range map[string]any{"title": "Pay Rent", "description": "d", "priority": "high", "category": "home", "due_date": "2026-12-01T00:00:00Z"} {
			other := maps.Clone(args)
			other[name] = value
			alice.refused(t, "create_task", other, nil, codeReused, "idempotency_key", "other arguments")
		}
		// Another user's key of the same name is another key.
		if bobs := bob.task(t, "create_task", args); bobs.ID == task.ID {
			t.Error("Bob was given Alice's task")
		}
		bob.task(t, "create_task", map[string]any{"title": "other", "idempotency_key": "Rent 12/2026"})

		// What became of the task later does not matter.
		alice.do(t, "update_task", map[string]any{"task_id": task.ID, "title": "changed"})
		if again := alice.do(t, "create_task", args); again.text() != first.text() {
			t.Errorf("after an update: %s, want %s", again.text(), first.text())
		}
		alice.do(t, "delete_task", map[string]any{"task_id": task.ID})
		if again := alice.do(t, "create_task", args); again.text() != first.text() {
			t.Errorf("after it was deleted: %s, want %s", again.text(), first.text())
		}
		alice.refused(t, "get_task", map[string]any{"task_id": task.ID}, nil, codeNotFound)
	})
}

// Keys and call ids have 1 to 255 printable characters.
func TestKeyForm(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		for i, good := range []string{"k", " ", "a b", "0", "null", strings.Repeat("x", 255), strings.Repeat("ک", 255), strings.Repeat("😀", 255), "'; --", "é", "e\u0301", "%", `\`} {
			title := fmt.Sprint("by key ", i)
			first := alice.task(t, "create_task", map[string]any{"title": title, "idempotency_key": good})
			if again := alice.task(t, "create_task", map[string]any{"title": title, "idempotency_key": good}); again != first {
				t.Errorf("key %q: a second task", good)
			}
			title = fmt.Sprint("by id ", i)
			first = alice.task(t, "create_task", map[string]any{"title": title}, mcp.Meta{metaCallID: good})
			if again := alice.task(t, "create_task", map[string]any{"title": title}, mcp.Meta{metaCallID: good}); again != first {
				t.Errorf("call id %q: a second task", good)
			}
		}
		long := strings.Repeat("x", 256)
		for _, bad := range []any{"", long, strings.Repeat("ک", 256), "a\nb", "\t", "\u200b", "\u202e", "\u00a0", "a\x7f", "\x1b[0m", "\ue000", 5, true, []any{}} {
			alice.refused(t, "create_task", map[string]any{"title": "x", "idempotency_key": bad}, nil, codeInvalid, "idempotency_key: ")
			alice.refused(t, "create_task", map[string]any{"title": "x"}, mcp.Meta{metaCallID: bad}, codeInvalid, "_meta taskwire/call-id: must be a string of 1 to 255 printable characters")
		}
	})
}

// A retried change has one effect and the same answer, for each tool.
func TestCallIDs(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice, bob := s.as(t, "alice"), s.as(t, "bob")
		task := alice.task(t, "create_task", map[string]any{"title": "x"})
		id := map[string]any{"task_id": task.ID}
		steps := []struct {
			tool        string
			args, other map[string]any
		}{
			{"create_task", map[string]any{"title": "made"}, map[string]any{"title": "made otherwise"}},
			{"update_task", map[string]any{"task_id": task.ID, "title": "updated"}, map[string]any{"task_id": task.ID, "title": "otherwise"}},
			{"toggle_complete", id, map[string]any{"task_id": task.ID, "completed": true}},
			{"delete_task", id, map[string]any{"task_id": task.ID + "x"}},
		}
		changing := 0
		for _, tool := range allTools() {
			if !tool.readOnly() {
				changing++
			}
		}
		if changing != len(steps) {
			t.Fatalf("%d tools change something, this test knows %d", changing, len(steps))
		}
		const call = "call-1" // for every tool: ids are per tool
		first := make([]toolOutcome, len(steps))
		for i, step := range steps {
			first[i] = alice.do(t, step.tool, step.args, mcp.Meta{metaCallID: call})
			before := s.digest(t)
			for range 2 {
				if again := alice.do(t, step.tool, step.args, mcp.Meta{metaCallID: call}); again.text() != first[i].text() {
					t.Errorf("%s again = %s, want %s", step.tool, again.text(), first[i].text())
				}
			}
			if s.digest(t) != before {
				t.Errorf("%s again has changed something", step.tool)
			}
			alice.refused(t, step.tool, step.other, mcp.Meta{metaCallID: call}, codeReused, "call id", "other arguments")
		}
		for i, step := range steps { // also after all else has happened
			if again := alice.do(t, step.tool, step.args, mcp.Meta{metaCallID: call}); again.text() != first[i].text() {
				t.Errorf("%s at the end = %s, want %s", step.tool, again.text(), first[i].text())
			}
		}
		// Bob's call of the same name is another call.
		if made := bob.task(t, "create_task", map[string]any{"title": "Bob's"}, mcp.Meta{metaCallID: call}); made.Title != "Bob's" {
			t.Errorf("Bob was given %+v", made)
		}
		bob.refused(t, "delete_task", id, mcp.Meta{metaCallID: call}, codeNotFound)
		// A reading tool takes a call id and does not mind.
		alice.do(t, "get_stats", nil, mcp.Meta{metaCallID: call})
		alice.refused(t, "get_task", id, mcp.Meta{metaCallID: call}, codeNotFound)
	})
}

// A refused call leaves nothing behind: its id is good for another try.
func TestFailedCallIsForgotten(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		task := alice.task(t, "create_task", map[string]any{"title": "x"})
		call := mcp.Meta{metaCallID: "c"}
		alice.refused(t, "delete_task", map[string]any{"task_id": "none"}, call, codeNotFound)
		alice.refused(t, "create_task", map[string]any{"title": ""}, call, codeInvalid)
		stale := mcp.Meta{metaCallID: "c", metaIfUpdatedAt: "2020-01-01T00:00:00Z"}
		alice.refused(t, "delete_task", map[string]any{"task_id": task.ID}, stale, codeStale)
		alice.do(t, "delete_task", map[string]any{"task_id": task.ID}, call)
		alice.do(t, "create_task", map[string]any{"title": "y"}, call)
	})
}

// A key and a call id on one call: either one finds it again.
func TestKeyAndCallID(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		withKey := func(key string) map[string]any { return map[string]any{"title": "x", "idempotency_key": key} }
		first := alice.task(t, "create_task", withKey("k1"), mcp.Meta{metaCallID: "c1"})
		for _, again := range []struct {
			args map[string]any
			call string
		}{{withKey("k1"), "c1"}, {withKey("k1"), "c2"}, {withKey("k2"), "c1"}, {map[string]any{"title": "x"}, "c1"}, {map[string]any{"title": "x"}, "c2"}} {
			if got := alice.task(t, "create_task", again.args, mcp.Meta{metaCallID: again.call}); got != first {
				t.Errorf("%v with %s made another task", again.args, again.call)
			}
		}
		if got := alice.task(t, "create_task", withKey("k1")); got != first {
			t.Error("the key alone made another task")
		}
		if got := alice.task(t, "create_task", map[string]any{"title": "x"}); got == first {
			t.Error("without key and call id the task was found again")
		}
	})
}

// Fifty callers with one id: one effect, fifty equal answers.
func TestParallelRetries(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		task := alice.task(t, "create_task", map[string]any{"title": "x"})
		calls := []struct {
			tool string
			args map[string]any
			meta mcp.Meta
		}{
			{"create_task", map[string]any{"title": "once", "idempotency_key": "k"}, nil},
			{"create_task", map[string]any{"title": "once more"}, mcp.Meta{metaCallID: "c"}},
			{"toggle_complete", map[string]any{"task_id": task.ID}, mcp.Meta{metaCallID: "c"}},
			{"update_task", map[string]any{"task_id": task.ID, "title": "y"}, mcp.Meta{metaCallID: "c"}},
			{"delete_task", map[string]any{"task_id": task.ID}, mcp.Meta{metaCallID: "c"}},
		}
		for _, call := range calls {
			texts := make([]string, 50)
			var callers sync.WaitGroup
			for i := range texts {
				callers.Go(func() {
					// A busy database may say that it is; such a call is tried again, as a host would.
					for range 100 {
						result, err := alice.CallTool(t.Context(), &mcp.CallToolParams{Name: call.tool, Arguments: call.args, Meta: maps.Clone(call.meta)})
						if err != nil {
							texts[i] = err.Error()
							return
						}
						texts[i] = result.Content[0].(*mcp.TextContent).Text
						if !result.IsError || result.Meta["taskwire/error"] != codeUnavailable {
							return
						}
					}
				})
			}
			callers.Wait()
			slices.Sort(texts)
			if distinct := slices.Compact(texts); len(distinct) != 1 || !strings.Contains(distinct[0], `"task":{`) {
				t.Errorf("%s: %d different answers: %.300q", call.tool, len(distinct), distinct)
			}
		}
		if n := storetest.Count(t, s.Database, "tasks"); n != 2 {
			t.Errorf("%d tasks are there, want the 2 that were made and not deleted", n)
		}
	})
}

// With if-updated-at a task changes only if it is still as it was read.
func TestIfUpdatedAt(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		task := alice.task(t, "create_task", map[string]any{"title": "x"})
		read := task.UpdatedAt
		as := func(text any) mcp.Meta { return mcp.Meta{metaIfUpdatedAt: text} }
		tools := map[string]map[string]any{
			"update_task": {"task_id": task.ID, "title": "y"}, "toggle_complete": {"task_id": task.ID}, "delete_task": {"task_id": task.ID},
		}
		const stale = "the task has changed since it was read"
		const invalid = "_meta taskwire/if-updated-at: must be the updated_at of the task as it was read"
		at, err := time.Parse(time.RFC3339Nano, read)
		if err != nil {
			t.Fatal(err)
		}
		for tool, args := range tools {
			for _, other := range []time.Time{at.Add(time.Microsecond), at.Add(-time.Microsecond), at.Add(time.Hour), at.AddDate(-20, 0, 0), at.AddDate(500, 0, 0)} {
				alice.refused(t, tool, args, as(other.Format(time.RFC3339Nano)), codeStale, stale)
			}
			for _, bad := range []any{
				"", "x", "2026-12-01", 5, true, []any{}, "2026-12-01T00:00:00", `"` + read + `"`, strings.Repeat("9", 1000),
				"0001-01-01T00:00:00Z",                           // no task was changed then, and no version must not mean any
				at.Add(time.Nanosecond).Format(time.RFC3339Nano), // finer than any updated_at
			} {
				alice.refused(t, tool, args, as(bad), codeInvalid, invalid)
			}
			missing := maps.Clone(args)
			missing["task_id"] = "none"
			alice.refused(t, tool, missing, as(read), codeNotFound)
		}
		// The same instant in another zone's words is the same version.
		karachi := at.In(time.FixedZone("", 5*3600)).Format(time.RFC3339Nano)
		task = alice.task(t, "update_task", tools["update_task"], as(karachi))
		alice.refused(t, "update_task", tools["update_task"], as(read), codeStale, stale)
		task = alice.task(t, "toggle_complete", tools["toggle_complete"], as(task.UpdatedAt))
		if !task.Completed || task.Title != "y" {
			t.Errorf("changed to %+v", task)
		}
		// A retried call is the call that succeeded, stale or not by now.
		meta := mcp.Meta{metaCallID: "c", metaIfUpdatedAt: task.UpdatedAt}
		first := alice.task(t, "update_task", tools["update_task"], meta)
		if again := alice.task(t, "update_task", tools["update_task"], meta); again != first {
			t.Errorf("retried: %+v, want %+v", again, first)
		}
		alice.refused(t, "delete_task", tools["delete_task"], as(task.UpdatedAt), codeStale, stale)
		alice.do(t, "delete_task", tools["delete_task"], as(first.UpdatedAt))
	})
}

// Of many who change what they read at the same time, each version lets one
// through.
func TestIfUpdatedAtInParallel(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		task := alice.task(t, "create_task", map[string]any{"title": "x"})
		meta := mcp.Meta{metaIfUpdatedAt: task.UpdatedAt}
		kinds := make([]string, 20)
		var callers sync.WaitGroup
		for i := range kinds {
			callers.Go(func() {
				for range 100 {
					result, err := alice.CallTool(t.Context(), &mcp.CallToolParams{Name: "toggle_complete", Arguments: map[string]any{"task_id": task.ID}, Meta: maps.Clone(meta)})
					if err != nil {
						kinds[i] = err.Error()
						return
					}
					if kinds[i] = fmt.Sprint(result.Meta["taskwire/error"]); kinds[i] != codeUnavailable {
						return
					}
				}
			})
		}
		callers.Wait()
		slices.Sort(kinds)
		want := append([]string{"<nil>"}, slices.Repeat([]string{codeStale}, 19)...)
		if !slices.Equal(kinds, want) {
			t.Errorf("%q, want one success and 19 stale", kinds)
		}
	})
}

// Who uses a name again for something else hears which name it was.
func TestReusedNameIsTold(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		call, both := mcp.Meta{metaCallID: "call"}, mcp.Meta{metaCallID: "both"}
		alice.do(t, "create_task", map[string]any{"title": "a"}, call)
		alice.do(t, "create_task", map[string]any{"title": "b", "idempotency_key": "key"})
		alice.do(t, "create_task", map[string]any{"title": "c", "idempotency_key": "both"}, both)
		const rest = " was used before with other arguments; take a new one"
		for want, c := range map[string]struct {
			args map[string]any
			meta mcp.Meta
		}{
			"_meta taskwire/call-id: this call id" + rest:                           {map[string]any{"title": "x"}, call},
			"idempotency_key: this key" + rest:                                      {map[string]any{"title": "x", "idempotency_key": "key"}, nil},
			"idempotency_key or _meta taskwire/call-id: this key or call id" + rest: {map[string]any{"title": "x", "idempotency_key": "both"}, both},
		} {
			if got := alice.refused(t, "create_task", c.args, c.meta, codeReused); got != want {
				t.Errorf("%v, %v: %q, want %q", c.args, c.meta, got, want)
			}
		}
	})
}
