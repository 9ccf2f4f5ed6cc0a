package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// A routeRow is how a route names what somebody owns: a path and a body with ID
// in one place of it, and what kind of id belongs there.
type routeRow struct {
	path, body string
	of         func(things) string
	status     int // of an id that is not the user's
}

// ownedRoutes are those that name something, each once for every place of an id.
var ownedRoutes = map[string][]routeRow{
	"POST /api/chatkit/cancel":                    {{"/api/chatkit/cancel", `{"thread_id":"ID"}`, ofThread, 404}},
	"POST /api/chatkit/refresh":                   {{"/api/chatkit/refresh", `{"session_id":"ID"}`, ofThread, 404}, {"/api/chatkit/refresh", `{"client_secret":"ID"}`, ofThread, 404}},
	"GET /api/chatkit/threads/:thread_id":         {{"/api/chatkit/threads/ID", "", ofThread, 404}},
	"PUT /api/chatkit/upload/:id":                 {{"/api/chatkit/upload/ID", "mine", ofFile, 404}},
	"POST /api/chatkit/upload/:id":                {{"/api/chatkit/upload/ID", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nmine\r\n--x--\r\n", ofFile, 404}},
	"GET /api/chatkit/attachments/:id":            {{"/api/chatkit/attachments/ID", "", ofFile, 404}},
	"POST /api/chat":                              {{"/api/chat", `{"message":"hello","thread_id":"ID"}`, ofThread, 404}},
	"GET /api/:user_id/tasks":                     {{"/api/USER/tasks", "", ofUser, 403}},
	"POST /api/:user_id/tasks":                    {{"/api/USER/tasks", `{"title":"mine"}`, ofUser, 403}},
	"GET /api/:user_id/stats":                     {{"/api/USER/stats", "", ofUser, 403}},
	"GET /api/:user_id/tasks/:task_id":            {{"/api/alice/tasks/ID", "", ofTask, 404}, {"/api/USER/tasks/TASK", "", ofUser, 403}},
	"PUT /api/:user_id/tasks/:task_id":            {{"/api/alice/tasks/ID", `{"title":"mine"}`, ofTask, 404}, {"/api/USER/tasks/TASK", `{"title":"mine"}`, ofUser, 403}},
	"DELETE /api/:user_id/tasks/:task_id":         {{"/api/alice/tasks/ID", "", ofTask, 404}, {"/api/USER/tasks/TASK", "", ofUser, 403}},
	"PATCH /api/:user_id/tasks/:task_id/complete": {{"/api/alice/tasks/ID/complete", "", ofTask, 404}, {"/api/USER/tasks/TASK/complete", "", ofUser, 403}},
}

// ownerlessRoutes name nothing that somebody could own. What the first takes is
// in the table of ChatKit's requests; the list is looked through below.
var ownerlessRoutes = []string{"POST /api/chatkit", "GET /api/chatkit/threads", "POST /api/chatkit/session", "POST /api/chatkit/beacon", "POST /api/chatkit/upload"}

func ofThread(t things) string { return t.Thread }
func ofFile(t things) string   { return t.File }
func ofTask(t things) string   { return t.Task }
func ofUser(things) string     { return "bob" }

// TestRoutesOfOthers takes every route that is served: one without a row here
// fails. What is another's, and what was deleted, gets byte for byte what an id
// gets that never was, and nothing changes.
func TestRoutesOfOthers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		x := startTarget(t, setup{engine: engine})
		alice, bob := x.furnish(t, "alice"), x.furnish(t, "bob")
		cells := 0
		x.unharmed(t, func() {
			for _, route := range x.Server.routes().Routes() {
				name := route.Method + " " + route.Path
				rows := ownedRoutes[name]
				if len(rows) == 0 && !slices.Contains(open, name) && !slices.Contains(ownerlessRoutes, name) {
					t.Errorf("nobody asks %s for what is another's", name)
				}
				for _, row := range rows {
					cells += x.othersAt(t, route.Method, row, alice, bob)
				}
			}
			for _, query := range []string{"", "?q=" + canary, "?q=bob", "?after=" + bob.Thread, "?q=%25", "?q=_"} {
				a := x.send(t, "GET", "/api/chatkit/threads"+query, "", x.as(t, "alice")).ok(t, 200)
				if cells++; strings.Contains(a.Body, bob.Thread) || strings.Contains(a.Body, "by bob") {
					t.Errorf("threads%s shows what is bob's: %s", query, a.Body)
				}
			}
		})
		tally.Counted(t, tally.Entry{Promise: "P5", What: "matrix of routes and requests", Runs: cells, Note: "routes"})
	})
}

// othersAt asks at one place with ids that are not Alice's, and counts them.
func (x *target) othersAt(t *testing.T, method string, row routeRow, alice, bob things) (cells int) {
	t.Helper()
	hd := x.as(t, "alice").with("X-Request-Id", "same")
	if strings.HasPrefix(row.body, "--x") {
		hd = hd.with("Content-Type", "multipart/form-data; boundary=x")
	}
	ask := func(id string) (answer, string) {
		path := strings.NewReplacer("ID", url.PathEscape(id), "USER", url.PathEscape(id), "TASK", bob.Task).Replace(row.path)
		a := x.send(t, method, path, strings.ReplaceAll(row.body, "ID", id), hd)
		a.Header.Del("Date")
		return a, strings.ReplaceAll(fmt.Sprint(a.Status, a.Header, a.Body), id, "-")
	}
	missing, want := ask("thr_00000000000000000000000never")
	if missing.Status != row.status {
		t.Errorf("%s %s: HTTP %d %s, want %d", method, row.path, missing.Status, missing.Body, row.status)
	}
	kind := row.of(bob)
	for what, id := range map[string]string{
		"another's": kind, "another's, in capitals": strings.ToUpper(kind), "another's, and a space": kind + " ", "own, deleted": alice.Deleted,
		"another's, of another kind": bob.Widget, "half own": row.of(alice)[:len(row.of(alice))/2] + kind[len(kind)/2:] + "x",
	} {
		cells++
		if a, got := ask(id); got != want {
			t.Errorf("%s %s of %s: %s\nwant %s", method, row.path, what, got, want)
		} else if strings.Contains(a.Body, canary) {
			t.Errorf("%s %s of %s shows %s", method, row.path, what, a.Body)
		}
	}
	return cells + 1
}
