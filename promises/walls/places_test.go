package walls

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"taskwire/promises/fleet"
)

// A place takes an id.
type place struct {
	name string
	of   func(things) string // what kind of id belongs there
	// ask makes the request as somebody, with what they have of their own in the
	// other places.
	ask func(ctx context.Context, w *town, as *resident, id string) (fleet.Answer, error)
	// statuses are those of ids that are not the asker's.
	statuses []int
	// reads says that the owner's own request shows something of theirs.
	reads bool
}

// places are all that take an id, over all doors.
func places() []place {
	all := append(chatPlaces(), restPlaces()...)
	return append(all, toolPlaces()...)
}

func thread(own things) string  { return own.thread }
func message(own things) string { return own.message }
func answer(own things) string  { return own.answer }
func widget(own things) string  { return own.widget }
func task(own things) string    { return own.task }
func file(own things) string    { return own.file }
func session(own things) string { return own.session }
func cursor(own things) string  { return own.cursor }

var (
	refused = []int{400, 404}
	ignored = []int{200, 400} // deleting what is not there is no error; a cursor may be anything that sorts
)

func chatPlaces() (all []place) {
	add := func(name, params string, of func(things) string, statuses []int, reads bool) {
		all = append(all, place{name + " " + params, of, func(ctx context.Context, w *town, as *resident, id string) (fleet.Answer, error) {
			filled := strings.NewReplacer(`"ID"`, quoted(id), "THREAD", as.thread, "MESSAGE", as.message, "ANSWER", as.answer, "WIDGET", as.widget, "TASK", as.task).Replace(params)
			return fleet.Do(ctx, http.MethodPost, w.adapter.Base+"/api/chatkit", as.token, fmt.Sprintf(`{"type":%q,"params":%s}`, name, filled), nil)
		}, statuses, reads})
	}
	const input = `{"content":[{"type":"input_text","text":"hello"}],"attachments":[%s],"inference_options":{}}`
	const toggle = `"action":{"type":"task.toggle","payload":{"task_id":"TASK"}}`
	add("threads.get_by_id", `{"thread_id":"ID"}`, thread, refused, true)
	add("threads.update", `{"thread_id":"ID","title":"mine"}`, thread, refused, false)
	add("threads.delete", `{"thread_id":"ID"}`, thread, ignored, false)
	add("threads.add_user_message", `{"thread_id":"ID","input":`+fmt.Sprintf(input, "")+`}`, thread, refused, false)
	add("threads.add_user_message", `{"thread_id":"THREAD","input":`+fmt.Sprintf(input, `"ID"`)+`}`, file, refused, false)
	add("threads.create", `{"input":`+fmt.Sprintf(input, `"ID"`)+`}`, file, refused, false)
	add("threads.add_client_tool_output", `{"thread_id":"ID","result":{}}`, thread, refused, false)
	add("threads.add_structured_input", `{"thread_id":"ID","item_id":"MESSAGE","input":{"answers":{}}}`, thread, refused, false)
	add("threads.add_structured_input", `{"thread_id":"THREAD","item_id":"ID","input":{"answers":{}}}`, message, refused, false)
	add("threads.retry_after_item", `{"thread_id":"ID","item_id":"MESSAGE"}`, thread, refused, false)
	add("threads.retry_after_item", `{"thread_id":"THREAD","item_id":"ID"}`, message, refused, false)
	add("threads.custom_action", `{"thread_id":"ID","item_id":"WIDGET",`+toggle+`}`, thread, refused, false)
	add("threads.custom_action", `{"thread_id":"THREAD","item_id":"ID",`+toggle+`}`, widget, refused, false)
	add("threads.sync_custom_action", `{"thread_id":"THREAD","item_id":"ID",`+toggle+`}`, widget, refused, false)
	add("items.list", `{"thread_id":"ID"}`, thread, refused, true)
	add("items.list", `{"thread_id":"THREAD","after":"ID"}`, message, ignored, false)
	add("items.feedback", `{"thread_id":"ID","item_ids":["ANSWER"],"kind":"positive"}`, thread, refused, false)
	add("items.feedback", `{"thread_id":"THREAD","item_ids":["ID"],"kind":"positive"}`, answer, refused, false)
	add("threads.list", `{"after":"ID"}`, thread, ignored, false)
	add("attachments.delete", `{"attachment_id":"ID"}`, file, ignored, false)
	return all
}

func restPlaces() (all []place) {
	add := func(method, path, body string, of func(things) string, statuses []int, reads bool) {
		all = append(all, place{method + " " + path + " " + body, of, func(ctx context.Context, w *town, as *resident, id string) (fleet.Answer, error) {
			filled := strings.NewReplacer("ID", inPath(id), "QUERY", url.QueryEscape(id), "ME", as.name).Replace(path)
			return fleet.Do(ctx, method, w.adapter.Base+filled, as.token, strings.ReplaceAll(body, `"ID"`, quoted(id)), nil)
		}, statuses, reads})
	}
	// An empty id, or dots, make another path: 404 of the router, or 405.
	gone := []int{400, 404, 405}
	add("GET", "/api/chatkit/threads/ID", "", thread, gone, true)
	add("GET", "/api/chatkit/threads?after=QUERY", "", thread, ignored, false)
	add("GET", "/api/chatkit/threads?q=QUERY", "", thread, ignored, false)
	add("POST", "/api/chatkit/cancel", `{"thread_id":"ID"}`, thread, refused, false)
	add("POST", "/api/chatkit/refresh", `{"session_id":"ID"}`, session, refused, false)
	add("GET", "/api/chatkit/attachments/ID", "", file, gone, true)
	add("PUT", "/api/chatkit/upload/ID", "mine", file, append([]int{409, 415}, gone...), false)
	add("POST", "/api/chat", `{"message":"hello","thread_id":"ID"}`, thread, refused, false)
	add("GET", "/api/ME/tasks/ID", "", task, gone, true)
	add("PUT", "/api/ME/tasks/ID", `{"title":"mine"}`, task, gone, false)
	add("PATCH", "/api/ME/tasks/ID/complete", "", task, gone, false)
	add("DELETE", "/api/ME/tasks/ID", "", task, gone, false)
	add("GET", "/api/ME/tasks?cursor=QUERY", "", cursor, ignored, false)
	add("GET", "/api/ME/tasks?search=QUERY", "", task, ignored, false)
	return all
}

func toolPlaces() (all []place) {
	add := func(tool, arguments string, of func(things) string, reads bool) {
		all = append(all, place{tool + " " + arguments, of, func(ctx context.Context, w *town, as *resident, id string) (fleet.Answer, error) {
			return w.ask(ctx, as.mcp, "tools/call", tool, fmt.Sprintf(`"name":%q,"arguments":%s`, tool, strings.ReplaceAll(arguments, `"ID"`, quoted(id))))
		}, []int{200, 400}, reads})
	}
	add("get_task", `{"task_id":"ID"}`, task, true)
	add("update_task", `{"task_id":"ID","title":"mine"}`, task, false)
	add("toggle_complete", `{"task_id":"ID"}`, task, false)
	add("delete_task", `{"task_id":"ID"}`, task, false)
	add("list_tasks", `{"cursor":"ID"}`, cursor, false)
	add("list_tasks", `{"search":"ID"}`, task, false)
	all = append(all, place{"resources/read", task, func(ctx context.Context, w *town, as *resident, id string) (fleet.Answer, error) {
		uri := "task://" + inPath(id)
		return w.ask(ctx, as.mcp, "resources/read", uri, `"uri":`+quoted(uri))
	}, []int{200, 400, 404}, true})
	all = append(all, place{"completion/complete", task, func(ctx context.Context, w *town, as *resident, id string) (fleet.Answer, error) {
		return w.ask(ctx, as.mcp, "completion/complete", "", `"ref":{"type":"ref/resource","uri":"task://{task_id}"},"argument":{"name":"task_id","value":`+quoted(id)+`}`)
	}, []int{200, 400}, false})
	return all
}
