package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
	"taskwire/store/storetest"
)

// C25: one key, one request. The same again gives the same and does nothing;
// another one is refused, whatever its type.
func TestKeysOfChatRequests(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		x := startTarget(t, setup{engine: engine})
		own := x.furnish(t, "alice")
		bodies := map[string]string{
			"create":  say("hello"),
			"add":     sayOn(own.Thread, "hello"),
			"output":  operate(chatkit.TypeAddClientToolOutput, `{"thread_id":"`+own.CallThread+`","result":1}`),
			"answers": operations[chatkit.TypeAddStructuredInput].request(chatkit.TypeAddStructuredInput, names{own.AskThread, own.Ask, ""}, ""),
			"retry":   operate(chatkit.TypeRetryAfterItem, `{"thread_id":"`+own.Thread+`","item_id":"`+own.Message+`"}`),
			"rename":  operate(chatkit.TypeUpdateThread, `{"thread_id":"`+own.Thread+`","title":"Mine"}`),
			"list":    operate(chatkit.TypeListThreads, `{}`),
			"file":    operate(chatkit.TypeCreateAttachment, `{"name":"a.txt","size":1,"mime_type":"text/plain"}`),
			"delete":  operate(chatkit.TypeDeleteThread, `{"thread_id":"`+own.AskThread+`"}`),
		}
		hd := x.as(t, "alice")
		for _, name := range []string{"create", "add", "output", "answers", "retry", "rename", "list", "file", "delete"} {
			key := hd.with("Idempotency-Key", "key of "+name)
			first := x.chatkit(t, bodies[name], key).ok(t, 200)
			x.unharmed(t, func() {
				again := x.chatkit(t, bodies[name], key)
				if again.Status != 200 || !sameAgain(t, first, again) {
					t.Errorf("%s again: HTTP %d %s, want %s", name, again.Status, again.Body, first.Body)
				}
				for other, body := range bodies {
					if other != name {
						x.chatkit(t, body, key).refusedAs(t, other+" with the key of "+name, 422, "key_reused", "")
					}
				}
				x.chatkit(t, bodies[name]+" ", key).refusedAs(t, "a blank more", 422, "key_reused", "")
			})
		}
		// Nobody else's, and of this endpoint alone.
		bob := x.stream(t, bodies["create"], x.as(t, "bob").with("Idempotency-Key", "key of create"))
		if len(done[*chatkit.AssistantMessage](bob)) != 1 {
			t.Errorf("bob with alice's key: HTTP %d %s", bob.Status, bob.Body)
		}
		x.say(t, "hello", "", hd.with("Idempotency-Key", "key of create")).ok(t, 200)
		x.send(t, "POST", "/api/alice/tasks", `{"title":"a"}`, hd.with("Idempotency-Key", "key of create")).ok(t, 201)
	})
}

// sameAgain compares what came back. Of a stream the items count: they come
// as done, without the pieces in which they came first.
func sameAgain(t testing.TB, first, again answer) bool {
	t.Helper()
	if first.Header.Get("Content-Type") != again.Header.Get("Content-Type") {
		return false
	}
	if again.Header.Get("Content-Type") == "application/json" {
		return first.Body == again.Body
	}
	return strings.Join(itemIDs(t, first), " ") == strings.Join(itemIDs(t, again), " ")
}

// itemIDs are those of the items that an answer finished.
func itemIDs(t testing.TB, a answer) (ids []string) {
	t.Helper()
	for block := range strings.SplitSeq(a.Body, "\n\n") {
		data, ok := strings.CutPrefix(block, "data: ")
		if !ok {
			continue
		}
		e, err := chatkit.UnmarshalEvent([]byte(data))
		if err != nil {
			t.Fatal(err)
		}
		switch e := e.(type) {
		case *chatkit.ThreadCreated:
			ids = append(ids, e.Thread.ID)
		case *chatkit.ItemDone:
			ids = append(ids, e.Item.ItemID())
		}
	}
	return ids
}

// keyed are the POSTs that take an Idempotency-Key.
var keyed = map[string]string{
	"/api/chatkit":        say("hello"),
	"/api/chatkit/cancel": `{"thread_id":"thr_x"}`,
	"/api/chatkit/upload": "",
	"/api/chat":           `{"message":"hello"}`,
	"/api/alice/tasks":    `{"title":"a"}`,
}

func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{})
	token := x.token(t, "alice")
	form, file := formOf(t, "a.txt", "text/plain", "hello")
	post := func(path, body string, keys ...string) answer {
		t.Helper()
		contentType := "application/json"
		if path == "/api/chatkit/upload" {
			contentType, body = form, file
		}
		req, err := http.NewRequestWithContext(t.Context(), "POST", x.Base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {contentType}, "Idempotency-Key": keys}
		a, err := perform(req)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	bodies := map[string]string{"/api/chatkit without a stream": operate(chatkit.TypeUpdateThread, `{"thread_id":"x","title":"x"}`)}
	for path, body := range keyed {
		bodies[path] = body
	}
	x.unharmed(t, func() {
		for path, body := range bodies {
			path, _, _ := strings.Cut(path, " ")
			for name, keys := range map[string][]string{
				"empty": {""}, "too long": {strings.Repeat("k", 256)}, "a tab": {"a\tb"}, "not ASCII": {"schlüssel"}, "two": {"a", "b"}, "the same twice": {"a", "a"}, "latin-1": {"a\xe9"},
			} {
				post(path, body, keys...).refusedAs(t, path+", "+name, 400, "", "Idempotency-Key")
			}
		}
	})
	for path, body := range keyed {
		for name, key := range map[string]string{"the longest": strings.Repeat("k", 255), "odd": ` !"#$%&'()*+,/:;<=>?@[\]^_{|}~`, "one": "1"} {
			first := post(path, body, key)
			if again := post(path, body, key); again.Status != first.Status || again.Status >= 300 && path != "/api/chatkit/cancel" {
				t.Errorf("%s, %s: HTTP %d %s after %d", path, name, again.Status, again.Body, first.Status)
			}
		}
	}
	// These would store secrets, so they take none.
	for _, path := range []string{"/api/chatkit/session"} {
		if a, b := post(path, "{}", "k"), post(path, "{}", "k"); a.Status != 200 || a.Body == b.Body {
			t.Errorf("%s with a key: HTTP %d, the same answer twice: %v", path, a.Status, a.Body == b.Body)
		}
	}
}

// An answer that is given again bears the id of its own request, in the header
// and in a problem.
func TestKeysAndRequestIDs(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{})
	hd := x.as(t, "alice")
	for path, body := range map[string]string{
		"/api/chatkit": operate(chatkit.TypeGetThread, `{"thread_id":"thr_x"}`), "/api/chatkit/cancel": `{"thread_id":"thr_x"}`, "/api/chat": `{"message":"hello"}`,
		"/api/alice/tasks": `{"title":""}`,
	} {
		for i := range 2 {
			id := fmt.Sprint("mine-", i)
			a := x.send(t, "POST", path, body, hd.with("Idempotency-Key", "k").with("X-Request-Id", id))
			if got := a.Header.Get("X-Request-Id"); got != id {
				t.Errorf("%s, time %d: X-Request-Id %q, want %q", path, i, got, id)
			}
			if p := a.problem(); p.Status != 0 && p.RequestID != id {
				t.Errorf("%s, time %d: request_id %q, want %q", path, i, p.RequestID, id)
			}
		}
	}
}

// What failed because something was out of reach is tried anew.
func TestKeysOfFailures(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{})
	own := x.furnish(t, "alice")
	hd := x.as(t, "alice").with("Idempotency-Key", "k")
	body := operations[chatkit.TypeSyncCustomAction].request(chatkit.TypeSyncCustomAction, names{own.Thread, own.Widget, ""}, own.Task)
	tools := x.Server.tools
	away := start(t, setup{noTools: true})
	x.Server.tools = away.Server.tools
	x.chatkit(t, body, hd).refusedAs(t, "without tools", 503, "tools_unavailable", "")
	x.Server.tools = tools
	first := x.chatkit(t, body, hd).ok(t, 200)
	if again := x.chatkit(t, body, hd).ok(t, 200); again.Body != first.Body {
		t.Errorf("again %s, want %s", again.Body, first.Body)
	}
	var task restTask
	x.send(t, "GET", "/api/alice/tasks/"+own.Task, "", x.as(t, "alice")).ok(t, 200).decode(t, &task)
	if !task.Completed {
		t.Error("the task is not completed: it was toggled twice, or not at all")
	}
}
