package once

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"taskwire/promises/fleet"
)

// toolCounter works over MCP, at two tool servers.
type toolCounter struct {
	p      *pair
	bases  [2]string
	tokens []string
}

func newToolCounter(p *pair) *toolCounter {
	return &toolCounter{p: p, bases: [2]string{p.tools[0].Base, p.tools[1].Base}}
}

func (k *toolCounter) admit(t testing.TB, names []string) {
	k.tokens = nil
	for _, name := range names {
		k.tokens = append(k.tokens, k.p.ToolToken(t, name))
	}
}

// restart kills the second tool server; it comes back at its address.
func (k *toolCounter) restart() {
	k.p.tools[1].Kill()
	k.p.tools[1] = k.p.ToolServerAt(k.p.whole, strings.TrimPrefix(k.bases[1], "http://"), nil)
}

var toolOf = map[string]string{create: "create_task", get: "get_task", rename: "update_task", flip: "toggle_complete", remove: "delete_task"}

func (k *toolCounter) do(ctx context.Context, replica, user int, in taskIn, id, stamp string) (wireTask, verdict, error) {
	arguments, meta := map[string]any{}, map[string]any{}
	if id != "" {
		arguments["task_id"] = id
	}
	if in.title != "" {
		arguments["title"] = in.title
	}
	if in.version != 0 {
		meta["taskwire/if-updated-at"] = stamp
	}
	r, err := fleet.CallWith(ctx, k.bases[replica], k.tokens[user], toolOf[in.op], meta, arguments)
	switch {
	case err != nil:
		return wireTask{}, lost, err
	case r.IsError:
		v, err := verdictOf(r.Code, r.Text)
		return wireTask{}, v, err
	}
	var answer struct{ Task wireTask }
	err = json.Unmarshal(r.Structured, &answer)
	return answer.Task, done, err
}

// verdictOf reads the code of a refusal.
func verdictOf(code, text string) (verdict, error) {
	switch code {
	case "not_found":
		return missing, nil
	case "stale":
		return stale, nil
	}
	return lost, errors.New(code + ": " + text)
}

func (k *toolCounter) list(ctx context.Context, replica, user int) ([]wireTask, bool, error) {
	r, err := fleet.CallWith(ctx, k.bases[replica], k.tokens[user], "list_tasks", nil, map[string]any{"limit": 100})
	if err != nil || r.IsError {
		return nil, false, errors.Join(err, errors.New(r.Text))
	}
	var page struct {
		Tasks []wireTask
		Next  string `json:"next_cursor"`
	}
	err = json.Unmarshal(r.Structured, &page)
	return page.Tasks, page.Next == "", err
}

// restCounter works over REST, at two adapters.
type restCounter struct {
	*desk
	names []string
}

func (k *restCounter) admit(t testing.TB, names []string) {
	k.names = names
	k.desk.admit(t, names)
}

func (k *restCounter) do(ctx context.Context, replica, user int, in taskIn, id, stamp string) (wireTask, verdict, error) {
	method, path, body := http.MethodGet, "/api/"+k.names[user]+"/tasks/"+id, ""
	switch in.op {
	case create:
		method, path = http.MethodPost, strings.TrimSuffix(path, "/")
	case rename:
		method = http.MethodPut
	case flip:
		method, path, body = http.MethodPatch, path+"/complete", "{}"
	case remove:
		method = http.MethodDelete
	}
	if in.title != "" {
		body = `{"title":` + strconv.Quote(in.title) + `}`
	}
	header := map[string]string{}
	if in.version != 0 {
		header["If-Match"] = strconv.Quote(stamp)
	}
	a, err := fleet.Do(ctx, method, k.base(replica)+path, k.tokens[user], body, header)
	var task wireTask
	switch {
	case err != nil:
		return task, lost, err
	case a.Status == http.StatusNotFound:
		return task, missing, nil
	case a.Status == http.StatusPreconditionFailed:
		return task, stale, nil
	case a.Status == http.StatusNoContent:
		return task, done, nil
	case a.Status == http.StatusOK, a.Status == http.StatusCreated:
		err = json.Unmarshal(a.Body, &task)
		return task, done, err
	}
	return task, lost, &fleet.RefusedError{Answer: a}
}

func (k *restCounter) list(ctx context.Context, replica, user int) (tasks []wireTask, whole bool, err error) {
	a, err := fleet.Do(ctx, http.MethodGet, k.base(replica)+"/api/"+k.names[user]+"/tasks?limit=100", k.tokens[user], "", nil)
	if err != nil || a.Status != http.StatusOK {
		return nil, false, errors.Join(err, &fleet.RefusedError{Answer: a})
	}
	err = json.Unmarshal(a.Body, &tasks)
	return tasks, a.Header.Get("Link") == "", err
}
