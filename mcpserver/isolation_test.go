package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// TestIsolation asks for everything that the lists offer, through every door,
// with ids of the user's own, of another, of nobody and of what was deleted.
// What is another's must look exactly like what never was.
func TestIsolation(t *testing.T) {
	t.Parallel()
	users := []string{"alice", "bob"}
	t.Run("two replicas on PostgreSQL", func(t *testing.T) {
		t.Parallel()
		d := deploy(t, storetest.Config(t, storetest.Postgres))
		var doors []*door
		for _, name := range []string{"A", "B"} {
			p := d.replica(t)
			for _, user := range users {
				token := d.token(t, user)
				doors = append(doors, statelessDoor(name, p, token, user), sessionDoor(t, name, p, token, user))
			}
		}
		newMatrix(t, d, doors).run(t)
	})
	t.Run("HTTP and stdio on one SQLite file", func(t *testing.T) {
		t.Parallel()
		d := deploy(t, storetest.Config(t, storetest.SQLite))
		p := d.replica(t)
		var doors []*door
		for _, user := range users {
			doors = append(doors, statelessDoor("HTTP", p, d.token(t, user), user), stdioDoor(t, d, user))
		}
		newMatrix(t, d, doors).run(t)
	})
}

// A matrix is the doors of two users, and what each user has.
type matrix struct {
	deployment *deployment
	doors      []*door
	accounts   map[string]*account
	cells      int // requests that were looked at
}

// An account is what a user has, and what others might try to use of it.
type account struct {
	canary  string   // in all titles and descriptions
	ids     []string // of tasks
	deleted string   // id of a task that was
	cursor  string   // of the user's list
	calls   map[string]string
	keyed   wireTask // made with idempotencyKey
}

const idempotencyKey = "the key that both users take"

func newMatrix(t *testing.T, d *deployment, doors []*door) *matrix {
	t.Helper()
	m := &matrix{deployment: d, doors: doors, accounts: map[string]*account{}}
	for _, door := range doors {
		if m.accounts[door.user] == nil {
			m.accounts[door.user] = furnish(t, door)
		}
	}
	return m
}

// furnish gives a user tasks that show up in every list, prompt and count.
func furnish(t *testing.T, d *door) *account {
	t.Helper()
	a := &account{canary: "canary of " + d.user, calls: map[string]string{}}
	today := time.Now().UTC().Format(time.DateOnly)
	for i, due := range []string{today, "2001-01-01", "", "2099-12-31"} {
		out := d.call(t, "create_task", map[string]any{
			"title": fmt.Sprintf("%s %d", a.canary, i), "description": a.canary, "priority": "high", "due_date": due,
		}, nil)
		a.ids = append(a.ids, taskOf(t, out).ID)
	}
	a.keyed = taskOf(t, d.call(t, "create_task", map[string]any{"title": "the same", "idempotency_key": idempotencyKey}, nil))
	a.ids = append(a.ids, a.keyed.ID)
	gone := taskOf(t, d.call(t, "create_task", map[string]any{"title": a.canary}, nil))
	a.deleted = gone.ID
	d.call(t, "delete_task", map[string]any{"task_id": gone.ID}, nil)
	var list listResult
	out := d.call(t, "list_tasks", map[string]any{"limit": 1}, nil)
	if err := json.Unmarshal(out.Structured, &list); err != nil || list.NextCursor == "" {
		t.Fatalf("no cursor for %d tasks: %s", len(a.ids), out.text())
	}
	a.cursor = list.NextCursor
	return a
}

func (m *matrix) run(t *testing.T) {
	defer func() {
		tally.Counted(t, tally.Entry{
			Promise: "P5", What: "matrix of tools, prompts and resources", Runs: m.cells, Note: fmt.Sprintf("%d doors", len(m.doors)),
		})
	}()
	for _, d := range m.doors {
		t.Run(d.name, func(t *testing.T) {
			v := m.visit(d)
			v.tools(t)
			v.sameKey(t)
			v.prompts(t)
			v.resources(t)
		})
	}
}

// A visit is one user at one door, trying for what another user has.
type visit struct {
	*door
	mine, theirs *account
	cells        *int
	hash         func(testing.TB) string
}

func (m *matrix) visit(d *door) *visit {
	v := &visit{door: d, mine: m.accounts[d.user], cells: &m.cells}
	for user, account := range m.accounts {
		if user != d.user {
			v.theirs = account
		}
	}
	v.hash = func(t testing.TB) string { return storetest.Hash(t, m.deployment.Database) }
	return v
}

// look asks, and finds nothing of the other user in the answer beyond what
// was asked with.
func (v *visit) look(t testing.TB, method string, params map[string]any) answer {
	t.Helper()
	*v.cells++
	a := v.ask(t, method, params)
	asked := string(mustMarshal(params))
	for _, secret := range append([]string{v.theirs.canary}, v.theirs.ids...) {
		if strings.Contains(a.Body, secret) && !strings.Contains(asked, secret) {
			t.Errorf("%s %s shows %q of the other user: %s", method, asked, secret, a.Body)
		}
	}
	return a
}

// foreign lists ids that are not the user's, by what they are.
func (v *visit) foreign() map[string]string {
	theirs := v.theirs.ids[0]
	return map[string]string{
		"another's": theirs, "another's deleted": v.theirs.deleted, "own deleted": v.mine.deleted,
		"another's, another case": strings.ToUpper(theirs), "another's, as a pattern": theirs[:len(theirs)-1] + "%",
		"another's, one character": theirs[:len(theirs)-1] + "_", "another's, with a space": theirs + " ",
		"half own, half another's": v.mine.ids[0][:len(theirs)/2] + theirs[len(theirs)/2:],
	}
}

// sameAsNever asks with every foreign id: the answers must be what an id gets
// that never was, and nothing may change.
func (v *visit) sameAsNever(t *testing.T, what, method string, params func(id string) map[string]any) {
	t.Helper()
	before := v.hash(t)
	never := randomLike(v.theirs.ids[0])
	want := plainly(v.look(t, method, params(never)), never)
	for kind, id := range v.foreign() {
		if got := plainly(v.look(t, method, params(id)), id); got != want {
			t.Errorf("%s, %s id: %s\nwant what an id gets that never was: %s", what, kind, got, want)
		}
	}
	if v.hash(t) != before {
		t.Errorf("%s with foreign ids has changed rows", what)
	}
}

// publishedTool is a tool as tools/list describes it.
type publishedTool struct {
	Name        string `json:"name"`
	InputSchema struct {
		Required   []string `json:"required"`
		Properties map[string]struct {
			Type    string   `json:"type"`
			Enum    []any    `json:"enum"`
			Minimum *float64 `json:"minimum"`
		} `json:"properties"`
	} `json:"inputSchema"`
	Annotations struct {
		ReadOnly bool `json:"readOnlyHint"`
	} `json:"annotations"`
}

func (p *publishedTool) takesID() bool { _, ok := p.InputSchema.Properties["task_id"]; return ok }

// arguments gives every argument of the tool a value that the schema allows.
func (p *publishedTool) arguments(t testing.TB, texts map[string]string) map[string]any {
	t.Helper()
	args := map[string]any{}
	for name, schema := range p.InputSchema.Properties {
		text, known := texts[name]
		switch {
		case known && text != "":
			args[name] = text
		case known: // left out
		case len(schema.Enum) > 0:
			args[name] = schema.Enum[0]
		case schema.Type == "boolean":
			args[name] = true
		case schema.Type == "integer":
			args[name] = *schema.Minimum
		default:
			t.Fatalf("%s has an argument %q that this test knows no value for", p.Name, name)
		}
	}
	return args
}

func (v *visit) tools(t *testing.T) {
	t.Helper()
	var list struct{ Tools []publishedTool }
	v.result(t, "tools/list", nil, &list)
	if len(list.Tools) == 0 {
		t.Fatal("tools/list is empty")
	}
	for _, tool := range list.Tools {
		if tool.takesID() {
			v.toolWithID(t, &tool)
		} else {
			v.toolWithoutID(t, &tool)
		}
	}
}

func (v *visit) toolWithID(t *testing.T, tool *publishedTool) {
	t.Helper()
	arguments := func(id string) map[string]any {
		return tool.arguments(t, map[string]string{
			"task_id": id, "title": "changed", "description": "changed", "due_date": "2031-01-01",
		})
	}
	v.sameAsNever(t, tool.Name, "tools/call", func(id string) map[string]any {
		return toolCall{tool: tool.Name, args: arguments(id)}.params()
	})
	mine := v.task(t)
	callID := map[string]any{metaCallID: "call " + mine.ID}
	out := v.call(t, tool.Name, arguments(mine.ID), callID)
	if got := taskOf(t, out); got.ID != mine.ID {
		t.Errorf("%s of %s gives %s", tool.Name, mine.ID, got.ID)
	}
	v.look(t, "tools/call", toolCall{tool.Name, arguments(mine.ID), callID}.params())
	if tool.Annotations.ReadOnly {
		return
	}
	// The other user repeats the call word for word.
	v.theirs.calls[tool.Name] = mine.ID
	if id := v.mine.calls[tool.Name]; id != "" {
		before, never := v.hash(t), randomLike(id)
		meta := map[string]any{metaCallID: "call " + id}
		want := plainly(v.look(t, "tools/call", toolCall{tool.Name, arguments(never), meta}.params()), never)
		if got := plainly(v.look(t, "tools/call", toolCall{tool.Name, arguments(id), meta}.params()), id); got != want {
			t.Errorf("%s with another's call id: %s\nwant %s", tool.Name, got, want)
		}
		if v.hash(t) != before {
			t.Errorf("%s with another's call id has changed rows", tool.Name)
		}
	}
}

// task makes a task for one try.
func (v *visit) task(t testing.TB) wireTask {
	t.Helper()
	return taskOf(t, v.call(t, "create_task", map[string]any{"title": v.mine.canary}, nil))
}

func (v *visit) toolWithoutID(t *testing.T, tool *publishedTool) {
	t.Helper()
	for what, texts := range map[string]map[string]string{
		"another's words":  {"search": v.theirs.canary, "title": "mine", "description": "", "cursor": "", "idempotency_key": "", "due_date": "", "due_after": "", "due_before": ""},
		"another's cursor": {"cursor": v.theirs.cursor, "search": "", "title": "mine", "description": "", "idempotency_key": "", "due_date": "", "due_after": "", "due_before": ""},
	} {
		args := tool.arguments(t, texts)
		for _, name := range []string{"status", "priority", "category", "sort_by", "sort_order", "limit"} {
			if tool.Annotations.ReadOnly {
				delete(args, name) // filters hide, here all is to be seen
			}
		}
		a := v.look(t, "tools/call", toolCall{tool: tool.Name, args: args}.params())
		for _, id := range v.theirs.ids {
			if strings.Contains(a.Body, id) {
				t.Errorf("%s with %s shows %s: %s", tool.Name, what, id, a.Body)
			}
		}
	}
	if tool.Name == "get_stats" {
		v.stats(t)
	}
}

// stats counts what the user can list, and nothing else.
func (v *visit) stats(t *testing.T) {
	t.Helper()
	var stats statsResult
	var list listResult
	if err := json.Unmarshal(v.call(t, "get_stats", nil, nil).Structured, &stats); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(v.call(t, "list_tasks", map[string]any{"limit": 100}, nil).Structured, &list); err != nil {
		t.Fatal(err)
	}
	if stats.Total != len(list.Tasks) || stats.ByPriority["high"] == 0 {
		t.Errorf("get_stats = %+v, want the %d tasks of the user", stats, len(list.Tasks))
	}
}

// sameKey makes a task with the key that the other user has used too.
func (v *visit) sameKey(t *testing.T) {
	t.Helper()
	args := map[string]any{"title": "the same", "idempotency_key": idempotencyKey}
	if got := taskOf(t, v.call(t, "create_task", args, nil)); got.ID != v.mine.keyed.ID {
		t.Errorf("create_task with an own key again = %s, want %s", got.ID, v.mine.keyed.ID)
	}
}

func (v *visit) prompts(t *testing.T) {
	t.Helper()
	var list struct {
		Prompts []struct {
			Name      string
			Arguments []struct{ Name string }
		}
	}
	v.result(t, "prompts/list", nil, &list)
	if len(list.Prompts) == 0 {
		t.Fatal("prompts/list is empty")
	}
	for _, prompt := range list.Prompts {
		if len(prompt.Arguments) == 0 {
			v.look(t, "prompts/get", map[string]any{"name": prompt.Name})
		}
		for _, argument := range prompt.Arguments {
			values := v.complete(t, map[string]any{"type": "ref/prompt", "name": prompt.Name}, argument.Name, "")
			if len(values) == 0 {
				t.Errorf("prompt %s: no value for %s", prompt.Name, argument.Name)
			}
			for _, value := range values {
				a := v.look(t, "prompts/get", map[string]any{"name": prompt.Name, "arguments": map[string]any{argument.Name: value}})
				if !strings.Contains(a.Body, v.mine.canary) {
					t.Errorf("prompt %s in %s has no task of the user: %s", prompt.Name, value, a.Body)
				}
			}
		}
	}
}

// complete returns the completions of an argument.
func (v *visit) complete(t testing.TB, ref map[string]any, name, value string) []string {
	t.Helper()
	var out struct{ Completion struct{ Values []string } }
	params := map[string]any{"ref": ref, "argument": map[string]any{"name": name, "value": value}}
	a := v.look(t, "completion/complete", params)
	if err := json.Unmarshal(a.Message.Result, &out); err != nil {
		t.Fatalf("complete %s %q: HTTP %d, %s", name, value, a.Status, a.Body)
	}
	return out.Completion.Values
}

func (v *visit) resources(t *testing.T) {
	t.Helper()
	v.look(t, "resources/list", nil)
	var list struct {
		ResourceTemplates []struct{ URITemplate string }
	}
	v.result(t, "resources/templates/list", nil, &list)
	if len(list.ResourceTemplates) == 0 {
		t.Fatal("resources/templates/list is empty")
	}
	for _, template := range list.ResourceTemplates {
		uri := func(id string) map[string]any {
			id = strings.NewReplacer(" ", "%20", "%", "%25").Replace(id)
			return map[string]any{"uri": strings.ReplaceAll(template.URITemplate, "{task_id}", id)}
		}
		v.sameAsNeverRead(t, uri)
		if a := v.look(t, "resources/read", uri(v.mine.ids[0])); !strings.Contains(a.Body, v.mine.canary) {
			t.Errorf("an own task as a resource: HTTP %d, %s", a.Status, a.Body)
		}
		v.completions(t, map[string]any{"type": "ref/resource", "uri": template.URITemplate})
	}
}

// sameAsNeverRead is sameAsNever for URIs, which answers repeat.
func (v *visit) sameAsNeverRead(t *testing.T, uri func(string) map[string]any) {
	t.Helper()
	read := func(id string) string {
		params := uri(id)
		return plainly(v.look(t, "resources/read", params), params["uri"].(string))
	}
	want := read(randomLike(v.theirs.ids[0]))
	for kind, id := range v.foreign() {
		if got := read(id); got != want {
			t.Errorf("resources/read of %s id: %s\nwant what an id gets that never was: %s", kind, got, want)
		}
	}
}

func (v *visit) completions(t *testing.T, ref map[string]any) {
	t.Helper()
	theirs, mine := v.theirs.ids[0], v.mine.ids[0]
	for _, value := range []string{theirs, theirs[:len(theirs)-1], theirs[:len(theirs)-1] + "_", v.theirs.deleted, v.theirs.canary, strings.ToUpper(v.theirs.canary)} {
		if values := v.complete(t, ref, "task_id", value); len(values) > 0 {
			t.Errorf("completion of %q = %q, want none", value, values)
		}
	}
	for _, value := range []string{"", mine[:5], mine, v.mine.canary} {
		values := v.complete(t, ref, "task_id", value)
		if !slices.Contains(values, mine) {
			t.Errorf("completion of %q = %q, want %s among them", value, values, mine)
		}
		for _, id := range v.theirs.ids {
			if slices.Contains(values, id) {
				t.Errorf("completion of %q has %s, which is another's", value, id)
			}
		}
	}
}
