package outage

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"

	"taskwire/promises/fleet"
)

// A door is one way into the programs that leads to the database.
type door struct {
	name  string
	reads bool // changes nothing
	tasks bool // touches tasks, else chats
	locks bool // touches attachments or the journal of calls
	ready bool // asks whether the program can serve
	ask   func(ctx context.Context, s *site) reply
}

// doors are one of each kind. The first are those of a short run.
var doors = []door{
	{name: "ChatKit, new thread", ask: newThread(false)},
	{name: "REST, create", tasks: true, ask: restCreate(false)},
	{name: "tool, create_task", tasks: true, ask: toolCreate(false)},
	{name: "upload", locks: true, ask: upload(false)},
	{name: "session", ask: post("/api/chatkit/session", "")},
	{name: "adapter's readyz", ready: true, reads: true, ask: get(func(s *site) string { return s.adapter.Base + "/readyz" })},

	{name: "tools' readyz", ready: true, reads: true, tasks: true, ask: get(func(s *site) string { return s.tools.Base + "/readyz" })},
	{name: "ChatKit, new thread with a key", ask: newThread(true)},
	{name: "ChatKit, threads", reads: true, ask: post("/api/chatkit", `{"type":"threads.list","params":{"limit":5,"order":"desc"}}`)},
	{name: "ChatKit, announced file", locks: true, ask: post("/api/chatkit", `{"type":"attachments.create","params":{"name":"a.txt","size":5,"mime_type":"text/plain"}}`)},
	{name: "POST /api/chat", ask: whole(post("/api/chat", `{"message":"hello"}`))},
	{name: "POST /api/chat with a key", ask: keyed(whole(post("/api/chat", `{"message":"hello"}`)))},
	{name: "search", reads: true, ask: get(func(s *site) string { return s.adapter.Base + "/api/chatkit/threads?q=tea" })},
	{name: "REST, create with a key", locks: true, tasks: true, ask: restCreate(true)},
	{name: "REST, list", reads: true, tasks: true, ask: get(func(s *site) string { return s.adapter.Base + "/api/" + s.user + "/tasks" })},
	{name: "upload with a key", locks: true, ask: upload(true)},
	{name: "tool, create_task with a call id", locks: true, tasks: true, ask: toolCreate(true)},
	{name: "tool, list_tasks", reads: true, tasks: true, ask: func(ctx context.Context, s *site) reply {
		return judgeTool(fleet.Call(ctx, s.tools.Base, s.mcp, "list_tasks", "", map[string]any{}))
	}},
	{name: "tool, update_task", tasks: true, ask: func(ctx context.Context, s *site) reply {
		return judgeTool(fleet.Call(ctx, s.tools.Base, s.mcp, "update_task", "", map[string]any{"task_id": s.held, "description": rand.Text()}))
	}},
}

type keyHeader struct{}

// keyed sends a key that is new each time.
func keyed(ask func(context.Context, *site) reply) func(context.Context, *site) reply {
	return func(ctx context.Context, s *site) reply {
		return ask(context.WithValue(ctx, keyHeader{}, rand.Text()), s)
	}
}

// whole is a door that gives a whole answer of the model's, which takes what
// time it needs once it was begun. A refusal does not.
func whole(ask func(context.Context, *site) reply) func(context.Context, *site) reply {
	return func(ctx context.Context, s *site) reply {
		r := ask(ctx, s)
		r.begun = r.works
		return r
	}
}

func headers(ctx context.Context) map[string]string {
	if key, ok := ctx.Value(keyHeader{}).(string); ok {
		return map[string]string{"Idempotency-Key": key}
	}
	return map[string]string{}
}

func post(path, body string) func(context.Context, *site) reply {
	return func(ctx context.Context, s *site) reply {
		return judgeHTTP(fleet.Do(ctx, http.MethodPost, s.adapter.Base+path, s.token, body, headers(ctx)))
	}
}

func get(url func(*site) string) func(context.Context, *site) reply {
	return func(ctx context.Context, s *site) reply {
		return judgeHTTP(fleet.Do(ctx, http.MethodGet, url(s), s.token, "", nil))
	}
}

// newThread begins one with a message. An answer that was begun may end with an
// error that says so: the message is stored by then.
func newThread(key bool) func(context.Context, *site) reply {
	ask := func(ctx context.Context, s *site) (r reply) {
		err := fleet.Stream(ctx, s.adapter.Base, s.token, fleet.NewThread("hello"), headers(ctx), func(e fleet.Event) {
			r.begun = true
			if e.Type == "error" {
				r.reason = string(e.Raw)
			}
		})
		if refused, ok := errors.AsType[*fleet.RefusedError](err); ok {
			return judgeHTTP(refused.Answer, nil)
		}
		if err != nil && (!r.begun || ctx.Err() == nil) { // an answer that was begun may outlast our patience
			r.fault = err.Error()
		}
		r.works = err == nil && r.reason == ""
		return r
	}
	if key {
		return keyed(ask)
	}
	return ask
}

func restCreate(key bool) func(context.Context, *site) reply {
	ask := func(ctx context.Context, s *site) reply {
		title := rand.Text()
		a, err := fleet.Do(ctx, http.MethodPost, s.adapter.Base+"/api/"+s.user+"/tasks", s.token, fmt.Sprintf(`{"title":%q}`, title), headers(ctx))
		r := judgeHTTP(a, err)
		if r.works {
			s.made(title)
		}
		return r
	}
	if key {
		return keyed(ask)
	}
	return ask
}

func toolCreate(id bool) func(context.Context, *site) reply {
	return func(ctx context.Context, s *site) reply {
		title, callID := rand.Text(), ""
		if id {
			callID = rand.Text()
		}
		r := judgeTool(fleet.Call(ctx, s.tools.Base, s.mcp, "create_task", callID, map[string]any{"title": title}))
		if r.works {
			s.made(title)
		}
		return r
	}
}

func upload(key bool) func(context.Context, *site) reply {
	ask := func(ctx context.Context, s *site) reply {
		header := headers(ctx)
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		header["Content-Type"] = w.FormDataContentType()
		file, err := w.CreateFormFile("file", "a.txt")
		if err == nil {
			_, err = file.Write([]byte("Hello"))
		}
		if err != nil {
			return reply{fault: err.Error()}
		}
		w.Close()
		return judgeHTTP(fleet.Do(ctx, http.MethodPost, s.adapter.Base+"/api/chatkit/upload", s.token, form.String(), header))
	}
	if key {
		return keyed(ask)
	}
	return ask
}

func taskID(structured json.RawMessage) string {
	var out struct{ Task struct{ ID string } }
	_ = json.Unmarshal(structured, &out) // a result without an id shows at its first use
	return out.Task.ID
}
