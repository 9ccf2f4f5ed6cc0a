package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store/storetest"
)

func TestTaskResource(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		task := alice.task(t, "create_task", map[string]any{"title": "<b> اردو", "description": "d", "due_date": "2026-12-01"})
		templates, err := alice.ListResourceTemplates(t.Context(), nil)
		if err != nil || len(templates.ResourceTemplates) != 1 || templates.ResourceTemplates[0].URITemplate != "task://{task_id}" {
			t.Fatalf("templates: %+v, %v", templates, err)
		}
		for _, uri := range []string{"task://" + task.ID, "task://" + strings.Replace(task.ID, "_", "%5F", 1)} {
			result, err := alice.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
			if err != nil {
				t.Errorf("%s: %v", uri, err)
				continue
			}
			var got wireTask
			content := result.Contents[0]
			if err := json.Unmarshal([]byte(content.Text), &got); err != nil || got != task || content.URI != uri || content.MIMEType != "application/json" || len(result.Contents) != 1 {
				t.Errorf("%s = %+v, %v; want %+v", uri, content, err, task)
			}
		}
	})
}

// Whatever the URI is, the answer is an error that says so, never an empty
// one and never a failure of ours.
func TestBadResourceURIs(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice, bob := s.as(t, "alice"), s.as(t, "bob")
		task := alice.task(t, "create_task", map[string]any{"title": "x"})
		uris := []string{
			"", " ", "x", "task", "task:", "task:/", "task://", "task:///", "task://none", "task://" + task.ID + "/", "task://" + task.ID + "/x", "task://" + task.ID + "?x=1", "task://" + task.ID + "#x",
			"TASK://" + task.ID, "task://" + strings.ToUpper(task.ID), "task:" + task.ID, "task://%", "task://%zz", "task://%00", "task://%ff", "task://%ed%a0%80", "task://%0a", "task://%25", "task://%2e%2e%2f",
			"task://" + task.ID + "%00", "task://" + task.ID + "%20", "task://{task_id}", "task://*", "task://'--", `task://"quoted"`, `task://back\slash`, "task://a b", "task://a\nb", "task://a\x00b", "task://\x1b[31m",
			"task://اردو", "task://%D8%A7", "file:///etc/passwd", "http://169.254.169.254/", "task://user:pass@" + task.ID, "task://" + task.ID + ":80", "task://[::1]",
			"task://" + strings.Repeat("x", 255), "task://" + strings.Repeat("x", 256), "task://" + strings.Repeat("x", 2041), "task://" + strings.Repeat("x", 2042), "task://" + strings.Repeat("%41", 300), strings.Repeat("x", 100000),
		}
		for _, uri := range uris {
			result, err := alice.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
			code := codeOf(err)
			if s.era == statelessEra && err != nil && (code == 0 || strings.Contains(err.Error(), "rejected by transport")) {
				continue // the URI is a header there: what cannot be one does not arrive
			}
			if code != jsonrpc.CodeInvalidParams {
				t.Errorf("%.60q = %v, %v; want invalid params or not found", uri, result, err)
			}
		}
		_, theirs := bob.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "task://" + task.ID})
		if codeOf(theirs) != jsonrpc.CodeInvalidParams {
			t.Errorf("Bob reads Alice's task: %v", theirs)
		}
	})
}

func (p *person) complete(t testing.TB, ref *mcp.CompleteReference, name, value string) (mcp.CompletionResultDetails, error) {
	t.Helper()
	result, err := p.Complete(t.Context(), &mcp.CompleteParams{Ref: ref, Argument: mcp.CompleteParamsArgument{Name: name, Value: value}})
	if err != nil {
		return mcp.CompletionResultDetails{}, err
	}
	return result.Completion, nil
}

func TestCompletion(t *testing.T) {
	taskRef := &mcp.CompleteReference{Type: "ref/resource", URI: taskTemplate}
	everywhere(t, func(t *testing.T, s *site) {
		alice, bob := s.as(t, "alice"), s.as(t, "bob")
		milk := alice.task(t, "create_task", map[string]any{"title": "Buy milk"}).ID
		bread := alice.task(t, "create_task", map[string]any{"title": "buy Bread 100%"}).ID
		street := alice.task(t, "create_task", map[string]any{"title": "STRASSE fegen"}).ID
		bobs := bob.task(t, "create_task", map[string]any{"title": "Buy boots"}).ID
		for _, c := range []struct {
			value string
			want  []string
		}{
			{"", []string{street, bread, milk}},
			{"buy", []string{bread, milk}},
			{"BUY M", []string{milk}},
			{"straße", []string{street}},
			{"task_", []string{street, bread, milk}},
			{milk, []string{milk}},
			{milk[:len(milk)-1], []string{milk}},
			{"milk", []string{}}, // begins so, not contains
			{"%", []string{}}, {"_", []string{}}, {"task%", []string{}}, {`\`, []string{}}, {"Buy_", []string{}},
			{bobs, []string{}},
			{milk + "x", []string{}},
			{"\x00", []string{}},
			{strings.Repeat("x", 255), []string{}}, {strings.Repeat("x", 1010), []string{}}, {strings.Repeat("ک", 1001), []string{}}, {strings.Repeat("x", 60000), []string{}},
		} {
			got, err := alice.complete(t, taskRef, "task_id", c.value)
			if err != nil || !slices.Equal(got.Values, c.want) || got.HasMore {
				t.Errorf("task_id %.40q = %q, more %v, %v; want %q", c.value, got.Values, got.HasMore, err, c.want)
			}
		}
		for _, prompt := range []string{"plan_my_day", "weekly_review"} {
			for value, want := range map[string][]string{"": {"en", "ur"}, "e": {"en"}, "ur": {"ur"}, "x": {}, "EN": {}} {
				got, err := alice.complete(t, &mcp.CompleteReference{Type: "ref/prompt", Name: prompt}, "language", value)
				if err != nil || !slices.Equal(got.Values, want) {
					t.Errorf("%s language %q = %q, %v; want %q", prompt, value, got.Values, err, want)
				}
			}
		}
		for _, bad := range []struct {
			ref  *mcp.CompleteReference
			name string
		}{
			{&mcp.CompleteReference{Type: "ref/prompt", Name: "no_such"}, "language"},
			{&mcp.CompleteReference{Type: "ref/prompt", Name: "plan_my_day"}, "task_id"},
			{&mcp.CompleteReference{Type: "ref/prompt", Name: "plan_my_day"}, ""},
			{&mcp.CompleteReference{Type: "ref/resource", URI: "file:///{path}"}, "task_id"},
			{&mcp.CompleteReference{Type: "ref/resource", URI: "task://" + milk}, "task_id"},
			{taskRef, "language"},
		} {
			if _, err := alice.complete(t, bad.ref, bad.name, "x"); codeOf(err) != jsonrpc.CodeInvalidParams {
				t.Errorf("completing %q of %+v = %v, want -32602", bad.name, *bad.ref, err)
			}
		}
	})
}

// An answer has 100 values at the most and says that there are more.
func TestCompletionOfMany(t *testing.T) {
	onEach(t, time.Now, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		ref := &mcp.CompleteReference{Type: "ref/resource", URI: taskTemplate}
		var ids []string
		for i := range 101 {
			if i == 100 {
				if got, err := alice.complete(t, ref, "task_id", "t"); err != nil || len(got.Values) != 100 || got.HasMore {
					t.Errorf("of 100: %d values, more %v, %v", len(got.Values), got.HasMore, err)
				}
			}
			ids = append([]string{alice.task(t, "create_task", map[string]any{"title": fmt.Sprint("t", i)}).ID}, ids...)
		}
		got, err := alice.complete(t, ref, "task_id", "t")
		if err != nil || !slices.Equal(got.Values, ids[:100]) || !got.HasMore {
			t.Errorf("of 101: %d values, more %v, %v; want the 100 newest and more", len(got.Values), got.HasMore, err)
		}
	})
}

// What a wrong type in a reference does not do is reach the user's tasks.
func TestBadReferences(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	for _, d := range waysIn(t, h, "alice") {
		for _, params := range []string{
			`{}`, `{"ref":null,"argument":null}`, `{"ref":{},"argument":{}}`, `{"ref":"task://{task_id}","argument":{"name":"task_id","value":""}}`,
			`{"ref":{"type":"ref/tool","name":"get_task"},"argument":{"name":"task_id","value":""}}`,
			`{"ref":{"type":"ref/resource","uri":5},"argument":{"name":"task_id","value":""}}`,
			`{"ref":{"type":"ref/resource","uri":"task://{task_id}"},"argument":{"name":"task_id","value":5}}`,
			`{"ref":{"type":"ref/resource","uri":"task://{task_id}"},"argument":[]}`,
		} {
			var p map[string]any
			if err := json.Unmarshal([]byte(params), &p); err != nil {
				t.Fatal(err)
			}
			msg := d.rpc(t, "completion/complete", p)
			if msg.Error == nil || msg.Error.Code != jsonrpc.CodeInvalidParams {
				t.Errorf("%s: %s = %s %+v, want -32602", d.name, params, msg.Result, msg.Error)
			}
		}
	}
}
