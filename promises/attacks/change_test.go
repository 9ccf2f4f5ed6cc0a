package attacks

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, fleet.RemovePrograms) }

// A step is a request that is good, with what it changes.
type step struct{ name, method, path, body string }

// TestEveryAttackNoticesAChange: the digest by which the tests of attacks see
// that nothing has changed sees every change that the programs can make, and
// none in a request that only reads. Had an attack such an effect, its test
// would fail.
func TestEveryAttackNoticesAChange(t *testing.T) {
	f := fleet.New(t, storetest.Config(t, storetest.Postgres))
	adapter := f.Adapter(t)
	tools := f.ToolServer(t, adapter)
	adapter.Ready(t)
	tools.Ready(t)
	token := f.Token(t, "alice")
	last := storetest.Hash(t, f.Database)
	// do makes a request, and says whether the digest has changed.
	do := func(s step) (answer fleet.Answer, changed bool) {
		t.Helper()
		a, err := fleet.Do(t.Context(), s.method, adapter.Base+s.path, token, s.body, map[string]string{"Content-Type": "application/json"})
		if err != nil || a.Status >= 300 || strings.Contains(string(a.Body), `"type":"error"`) {
			t.Fatalf("%s: HTTP %d %s, %v", s.name, a.Status, a.Body, err)
		}
		now := storetest.Hash(t, f.Database)
		changed, last = now != last, now
		return a, changed
	}
	made, _ := do(step{"a task", http.MethodPost, "/api/alice/tasks", `{"title":"tea"}`})
	said, _ := do(step{"a thread", http.MethodPost, "/api/chatkit", fleet.NewThread("hello")})
	task, thread, message := between(made, `"id":"`), between(said, `"thread":{"id":"`), messageID(said)
	for _, s := range changes(task, thread, message) {
		if _, changed := do(s); !changed {
			t.Errorf("%s: the digest is the same", s.name)
		}
	}
	for _, s := range []step{
		{"the tasks", http.MethodGet, "/api/alice/tasks", ""},
		{"the numbers", http.MethodGet, "/api/alice/stats", ""},
		{"the threads", http.MethodPost, "/api/chatkit", `{"type":"threads.list","params":{}}`},
		{"a search", http.MethodGet, "/api/chatkit/threads?q=hello", ""},
		{"health", http.MethodGet, "/api/chatkit/health", ""},
	} {
		if _, changed := do(s); changed {
			t.Errorf("%s: the digest has changed", s.name)
		}
	}
	if !t.Failed() {
		tally.Caught(t, "P6", "a change is noticed")
	}
}

// changes are what a user can change, each of them once.
func changes(task, thread, message string) []step {
	const chat, post = "/api/chatkit", http.MethodPost
	of := func(request, params string) string {
		return fmt.Sprintf(`{"type":%q,"params":%s}`, request, fmt.Sprintf(params, thread))
	}
	return []step{
		{"another task", post, "/api/alice/tasks", `{"title":"tea"}`},
		{"a word of a task", http.MethodPut, "/api/alice/tasks/" + task, `{"title":"teas"}`},
		{"a task done", http.MethodPatch, "/api/alice/tasks/" + task + "/complete", `{}`},
		{"a task gone", http.MethodDelete, "/api/alice/tasks/" + task, ""},
		{"a message", post, chat, fleet.AddMessage(thread, "and now?")},
		{"an answer anew", post, chat, of("threads.retry_after_item", `{"thread_id":%q,"item_id":"`+message+`"}`)},
		{"a title", post, chat, of("threads.update", `{"thread_id":%q,"title":"Tea"}`)},
		{"feedback", post, chat, of("items.feedback", `{"thread_id":%q,"item_ids":["`+message+`"],"kind":"positive"}`)},
		{"a file announced", post, chat, `{"type":"attachments.create","params":{"name":"a.txt","size":1,"mime_type":"text/plain"}}`},
		{"a session", post, "/api/chatkit/session", "{}"},
		{"a thread gone", post, chat, of("threads.delete", `{"thread_id":%q}`)},
	}
}

// between gives what stands behind the first mark, up to the next quote.
func between(a fleet.Answer, mark string) string {
	_, rest, _ := strings.Cut(string(a.Body), mark)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// messageID is that of the user's message, on which an answer and feedback can be
// had.
func messageID(a fleet.Answer) string {
	for line := range strings.Lines(string(a.Body)) {
		if strings.Contains(line, "thread.item.done") && strings.Contains(line, "user_message") {
			return between(fleet.Answer{Body: []byte(line)}, `"id":"`)
		}
	}
	return ""
}
