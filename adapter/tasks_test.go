package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func (h *harness) tasks(user string) string { return "/api/" + user + "/tasks" }

// makeTask makes a task through the front door.
func (h *harness) makeTask(t testing.TB, user, title string) restTask {
	t.Helper()
	var made restTask
	h.send(t, "POST", h.tasks(user), fmt.Sprintf(`{"title":%q}`, title), h.as(t, user)).ok(t, 201).decode(t, &made)
	return made
}

func TestTasks(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice")
	a := h.send(t, "POST", "/api/alice/tasks", `{"title":"Tea","description":"green","priority":"high","category":"home","dueDate":"2026-12-01"}`, alice).ok(t, 201)
	var made restTask
	a.decode(t, &made)
	want := restTask{
		ID: made.ID, UserID: "alice", Title: "Tea", Description: "green", Priority: "high", Category: "home",
		Status: "pending", DueDate: "2026-12-01", CreatedAt: made.CreatedAt, UpdatedAt: made.UpdatedAt,
	}
	path := "/api/alice/tasks/" + made.ID
	if made != want || made.ID == "" || a.Header.Get("Location") != path || a.Header.Get("ETag") != `"`+made.UpdatedAt+`"` {
		t.Errorf("made %+v, %v", made, a.Header)
	}
	for _, name := range []string{`"userId"`, `"dueDate"`, `"createdAt"`, `"updatedAt"`} {
		if !strings.Contains(a.Body, name) {
			t.Errorf("%s lacks %s", a.Body, name)
		}
	}
	read := func() (got restTask) {
		t.Helper()
		h.send(t, "GET", path, "", alice).ok(t, 200).decode(t, &got)
		return got
	}
	if got := read(); got != made {
		t.Errorf("read %+v, want %+v", got, made)
	}
	h.send(t, "PUT", path, `{"title":"Coffee","description":"","priority":null}`, alice).ok(t, 200)
	if got := read(); got.Title != "Coffee" || got.Description != "" || got.Priority != "high" {
		t.Errorf("changed to %+v", got)
	}
	h.send(t, "PATCH", path+"/complete", "", alice).ok(t, 200)
	if got := read(); !got.Completed || got.Status != "completed" {
		t.Errorf("completed: %+v", got)
	}
	h.send(t, "PATCH", path+"/complete", `{"completed":true}`, alice).ok(t, 200)
	if got := read(); !got.Completed {
		t.Errorf("set: %+v", got)
	}
	h.send(t, "PATCH", path+"/complete", `{}`, alice).ok(t, 200)
	if got := read(); got.Completed {
		t.Errorf("flipped: %+v", got)
	}
	var stats restStats
	h.send(t, "GET", "/api/alice/stats", "", alice).ok(t, 200).decode(t, &stats)
	if stats.Total != 1 || stats.Pending != 1 || stats.ByPriority["high"] != 1 || len(stats.ByPriority) != 3 || stats.ByCategory["home"] != 1 || len(stats.ByCategory) != 4 {
		t.Errorf("stats are %+v", stats)
	}
	if a := h.send(t, "DELETE", path, "", alice).ok(t, 204); a.Body != "" {
		t.Errorf("deleting says %q", a.Body)
	}
	h.send(t, "GET", path, "", alice).refused(t, 404, "not_found")
	h.send(t, "DELETE", path, "", alice).refused(t, 404, "not_found")
}

func TestTaskList(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice")
	if a := h.send(t, "GET", "/api/alice/tasks", "", alice).ok(t, 200); a.Body != "[]" {
		t.Errorf("no tasks: %s", a.Body)
	}
	for i := range 5 {
		h.makeTask(t, "alice", fmt.Sprint("Task ", i))
	}
	var titles []string
	next := "/api/alice/tasks?limit=2&sortBy=title&sortOrder=asc&search=TASK"
	for next != "" {
		a := h.send(t, "GET", next, "", alice).ok(t, 200)
		var page []restTask
		a.decode(t, &page)
		for _, task := range page {
			titles = append(titles, task.Title)
		}
		link := a.Header.Get("Link")
		next = ""
		if link != "" {
			address, rel, _ := strings.Cut(link, ">")
			if next = strings.TrimPrefix(address, "<"+h.Base); rel != `; rel="next"` || next == address {
				t.Fatalf("Link: %s", link)
			}
		}
	}
	if want := []string{"Task 0", "Task 1", "Task 2", "Task 3", "Task 4"}; !slices.Equal(titles, want) {
		t.Errorf("paged through %v, want %v", titles, want)
	}
	for query, word := range map[string]string{
		"limit=0": "limit", "limit=ten": "limit", "limit=2.5": "limit", "limit=101": "limit", "limit=1&limit=2": "limit",
		"sortBy=size": "sortBy", "status=open": "status", "dueAfter=soon": "dueAfter", "page=2": "page", "due_after=2026-01-01": "due_after",
		"cursor=x": "cursor", "user_id=bob": "user_id", "search=" + strings.Repeat("x", 201): "search",
	} {
		a := h.send(t, "GET", "/api/alice/tasks?"+query, "", alice)
		if a.refused(t, 400, "invalid"); !strings.HasPrefix(a.problem().Detail, word) {
			t.Errorf("%s: %s", query, a.Body)
		}
	}
}

// Nobody gets at another's tasks, by any verb: the path is refused, and another's
// id in the own path is one that never was.
func TestTasksOfOthers(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	task := h.makeTask(t, "alice", "Secret")
	before := h.hash(t)
	bob := h.as(t, "bob")
	requests := []struct{ method, suffix, body string }{
		{"GET", "", ""}, {"PUT", "", `{"title":"x"}`}, {"DELETE", "", ""}, {"PATCH", "/complete", ""},
	}
	for _, r := range requests {
		h.send(t, r.method, "/api/alice/tasks/"+task.ID+r.suffix, r.body, bob).refused(t, 403, "forbidden")
		same := bob.with("X-Request-Id", "same")
		theirs := h.send(t, r.method, "/api/bob/tasks/"+task.ID+r.suffix, r.body, same)
		never := h.send(t, r.method, "/api/bob/tasks/task_never"+r.suffix, r.body, same)
		if theirs.refused(t, 404, "not_found"); theirs.Body != never.Body {
			t.Errorf("%s: %s, but %s", r.method, theirs.Body, never.Body)
		}
		h.send(t, r.method, "/api/bob/tasks/"+task.ID+r.suffix, r.body, bob.with("If-Match", `"`+task.UpdatedAt+`"`)).refused(t, 404, "not_found")
		h.send(t, r.method, "/api/alice/tasks/"+task.ID+r.suffix, r.body, nil).refused(t, 401, "token_missing")
		secret := header{"Authorization": "Bearer " + h.secret(t, "alice")}
		h.send(t, r.method, "/api/alice/tasks/"+task.ID+r.suffix, r.body, secret).refused(t, 401, "token_invalid")
		h.send(t, r.method, "/api/alice/tasks/"+task.ID+r.suffix, r.body, bob.with("X-User-Id", "alice").with("X-Original-URL", "/api/bob/tasks")).refused(t, 403, "forbidden")
	}
	for _, path := range []string{"/api/alice/tasks", "/api/alice/stats", "/api/Bob/tasks", "/api/bob%20/tasks", "/api/%62ob%2f/tasks"} {
		h.send(t, "GET", path, "", bob).refused(t, 403, "forbidden")
	}
	h.send(t, "POST", "/api/alice/tasks", `{"title":"x"}`, bob).refused(t, 403, "forbidden")
	h.send(t, "POST", "/api/bob/tasks", `{"title":"x","userId":"alice"}`, bob).refused(t, 400, "invalid")
	if h.hash(t) != before {
		t.Error("something changed")
	}
}

// User ids may hold what paths are made of.
func TestTasksOfOddUsers(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	for _, user := range []string{"auth0|5f7c", "a/b", "x@example.com", "a b", "علی", "100%", "tasks", "chatkit", "?#"} {
		var made restTask
		path := tasksPath(user)
		h.send(t, "POST", path, `{"title":"Tea"}`, h.as(t, user)).ok(t, 201).decode(t, &made)
		if made.UserID != user {
			t.Errorf("%q: made %+v", user, made)
		}
		h.send(t, "GET", path+"/"+made.ID, "", h.as(t, user)).ok(t, 200)
	}
}

// H14: what was changed since it was read is not written over.
func TestTaskVersions(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice")
	task := h.makeTask(t, "alice", "Tea")
	path := "/api/alice/tasks/" + task.ID
	old := `"` + task.UpdatedAt + `"`
	h.send(t, "GET", path, "", alice.with("If-None-Match", old)).ok(t, 304)
	now := h.send(t, "PUT", path, `{"title":"Coffee"}`, alice.with("If-Match", old)).ok(t, 200).Header.Get("ETag")
	before := h.hash(t)
	for name, tag := range map[string]string{
		"old": old, "weak": "W/" + now, "bare": strings.Trim(now, `"`), "junk": `"x"`, "of another form": `"2026-11-23T00:00:00+00:00"`,
		"several old": old + `, "x"`, "empty": `""`, "year zero": `"0001-01-01T00:00:00Z"`,
	} {
		for _, r := range []struct{ method, suffix, body string }{{"PUT", "", `{"title":"x"}`}, {"PATCH", "/complete", ""}, {"DELETE", "", ""}} {
			if a := h.send(t, r.method, path+r.suffix, r.body, alice.with("If-Match", tag)); a.problem().Status != 412 || a.problem().Code != "stale" {
				t.Errorf("%s, %s: HTTP %d, %s", name, r.method, a.Status, a.Body)
			}
		}
	}
	if h.hash(t) != before {
		t.Error("something changed")
	}
	h.send(t, "GET", path, "", alice.with("If-None-Match", old)).ok(t, 200)
	now = h.send(t, "PATCH", path+"/complete", "", alice.with("If-Match", `"x", `+now)).ok(t, 200).Header.Get("ETag")
	h.send(t, "PUT", path, `{"title":"Milk"}`, alice.with("If-Match", "*")).ok(t, 200)
	h.send(t, "DELETE", path, "", alice.with("If-Match", now)).refused(t, 412, "stale")
}

func TestTaskInput(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice")
	task := h.makeTask(t, "alice", "Tea")
	before := h.hash(t)
	for name, c := range map[string]struct {
		body, word string
	}{
		"no title": {`{}`, "title"}, "blank": {`{"title":" \u200b"}`, "title"}, "NUL": {`{"title":"a\u0000"}`, "title"}, "a number": {`{"title":1}`, "title"},
		"long": {`{"title":"` + strings.Repeat("x", 256) + `"}`, "title"}, "priority": {`{"title":"x","priority":"urgent"}`, "priority"},
		"due": {`{"title":"x","dueDate":"tomorrow"}`, "dueDate"}, "snake": {`{"title":"x","due_date":"2026-01-01"}`, "due_date"},
		"id": {`{"title":"x","id":"1"}`, "id"}, "twice": {`{"title":"x","title":"y"}`, "twice"}, "case": {`{"Title":"x"}`, "letter case"},
		"list": {`[]`, "object"}, "half": {`{"title":`, "ends too early"}, "depth": {strings.Repeat("[", 100), "64"},
	} {
		a := h.send(t, "POST", "/api/alice/tasks", c.body, alice)
		if a.problem().Status != 400 || !strings.Contains(a.problem().Detail, c.word) {
			t.Errorf("%s: HTTP %d, %s", name, a.Status, a.Body)
		}
	}
	path := "/api/alice/tasks/" + task.ID
	h.send(t, "PUT", path, `{}`, alice).refused(t, 400, "invalid")
	if a := h.send(t, "PUT", path, `{"completed":true}`, alice); !strings.Contains(a.problem().Detail, "PATCH") {
		t.Errorf("completed by PUT: %s", a.Body)
	}
	h.send(t, "PATCH", path+"/complete", `{"completed":"yes"}`, alice).refused(t, 400, "invalid")
	h.send(t, "POST", "/api/alice/tasks", `{"title":"x"}`, alice.with("X-Timezone", "Mars/Base")).refused(t, 400, "invalid")
	h.send(t, "POST", "/api/alice/tasks", `{"title":"x"}`, alice.with("Content-Type", "text/plain")).refused(t, 415, "unsupported_media_type")
	h.send(t, "POST", "/api/alice/tasks", `{"title":"`+strings.Repeat("x", maxTaskBody)+`"}`, alice).refused(t, 413, "too_large")
	for _, id := range []string{"0", "-1", "NaN", strings.Repeat("x", 300), "%00", "..%2f..", "%ff"} {
		if a := h.send(t, "GET", "/api/alice/tasks/"+id, "", alice); a.Status != 404 && a.Status != 400 {
			t.Errorf("id %s: HTTP %d, %s", id, a.Status, a.Body)
		}
	}
	if h.hash(t) != before {
		t.Error("something changed")
	}
}

func TestIdempotentTask(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice").with("Idempotency-Key", "key 1")
	first := h.send(t, "POST", "/api/alice/tasks", `{"title":"Tea"}`, alice).ok(t, 201)
	again := h.send(t, "POST", "/api/alice/tasks", `{"title":"Tea"}`, alice).ok(t, 201)
	if again.Body != first.Body || again.Header.Get("Location") != first.Header.Get("Location") || again.Header.Get("ETag") != first.Header.Get("ETag") {
		t.Errorf("again: %s, %v", again.Body, again.Header)
	}
	h.send(t, "POST", "/api/alice/tasks", `{"title":"Coffee"}`, alice).refused(t, 422, "key_reused")
	var task restTask
	first.decode(t, &task)
	flip := h.as(t, "alice").with("Idempotency-Key", "key 2")
	for range 3 {
		h.send(t, "PATCH", "/api/alice/tasks/"+task.ID+"/complete", "", flip).ok(t, 200).decode(t, &task)
		if !task.Completed {
			t.Error("a repeated flip flipped again")
		}
	}
	h.makeTask(t, "bob", "Bob's")
	h.send(t, "POST", "/api/bob/tasks", `{"title":"Tea"}`, h.as(t, "bob").with("Idempotency-Key", "key 1")).ok(t, 201)
	var tasks []restTask
	h.send(t, "GET", "/api/alice/tasks", "", h.as(t, "alice")).ok(t, 200).decode(t, &tasks)
	if len(tasks) != 1 {
		t.Errorf("%d tasks, want 1", len(tasks))
	}
}

// "Overdue" is a matter of where the user is: between the two zones lie 26
// hours, so what is due today in the one is always past in the other.
func TestTaskTimezone(t *testing.T) {
	t.Parallel()
	const ahead, behind = "Pacific/Kiritimati", "Etc/GMT+12"
	h := start(t, setup{env: map[string]string{"TZ": ahead}})
	alice := h.as(t, "alice")
	zone, err := time.LoadLocation(behind)
	if err != nil {
		t.Fatal(err)
	}
	h.send(t, "POST", "/api/alice/tasks", fmt.Sprintf(`{"title":"Tea","dueDate":%q}`, time.Now().In(zone).Format(time.DateOnly)), alice).ok(t, 201)
	for name, want := range map[string]int{"": 1, ahead: 1, behind: 0} {
		var stats restStats
		h.send(t, "GET", "/api/alice/stats", "", alice.with("X-Timezone", name)).ok(t, 200).decode(t, &stats)
		if stats.Overdue != want {
			t.Errorf("in %q: %d overdue, want %d", name, stats.Overdue, want)
		}
	}
}

func TestToolsAway(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	h.MCP.stop(t)
	a := h.send(t, "GET", "/api/alice/tasks", "", h.as(t, "alice"))
	if a.refused(t, 503, "tools_unavailable"); strings.Contains(a.Body, "127.0.0.1") {
		t.Errorf("an address is told: %s", a.Body)
	}
	h.send(t, "GET", "/readyz", "", nil).refused(t, 503, "not_ready")
}

// What the tools are asked bears a token of ours for this user, and never the
// browser's.
func TestTokensStayApart(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	users := []string{"alice", "bob"}
	var wait sync.WaitGroup
	for _, user := range users {
		hd := h.as(t, user)
		for i := range 50 {
			wait.Go(func() {
				a, err := exchange(t.Context(), http.MethodPost, h.Base+h.tasks(user), fmt.Sprintf(`{"title":"%s %d"}`, user, i), hd)
				if err != nil || a.Status != 201 {
					t.Errorf("%v, HTTP %d, %s", err, a.Status, a.Body)
				}
			})
		}
	}
	wait.Wait()
	for _, user := range users {
		var tasks []restTask
		h.send(t, "GET", h.tasks(user)+"?limit=100", "", h.as(t, user)).ok(t, 200).decode(t, &tasks)
		if len(tasks) != 50 || slices.ContainsFunc(tasks, func(task restTask) bool { return !strings.HasPrefix(task.Title, user) }) {
			t.Errorf("%s has %d tasks, or another's", user, len(tasks))
		}
	}
}
