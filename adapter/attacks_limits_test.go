package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
)

// pad makes a body as long as wanted, without changing what it says.
func pad(body string, size int) string { return body + strings.Repeat(" ", size-len(body)) }

func repeated(n int, entry string) string {
	return strings.TrimSuffix(strings.Repeat(entry+",", n), ",")
}

func soundOf(bytes int) string {
	return operate(chatkit.TypeTranscribe, `{"mime_type":"audio/webm","audio_base64":"`+base64.StdEncoding.EncodeToString(make([]byte, bytes))+`"}`)
}

// What every limit lets pass, and what lies one beyond it. C07, C39: how large
// a request may be is looked at before what is in it.
func TestSizesAtTheEdge(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{})
	own := x.furnish(t, "alice")
	hd := x.as(t, "alice")
	list := operate(chatkit.TypeListThreads, "{}")
	text := func(n int) string { return sayText(strings.Repeat("ک", n)) }
	parts := func(n int) string {
		return sayRaw(`{"content":[` + repeated(n, `{"type":"input_text","text":"a"}`) + `]}`)
	}
	quote := func(n int) string {
		return sayRaw(`{"content":[{"type":"input_text","text":"a"}],"quoted_text":"` + strings.Repeat("q", n) + `"}`)
	}
	title := func(n int) string {
		return operate(chatkit.TypeUpdateThread, `{"thread_id":"`+own.Thread+`","title":"`+strings.Repeat("ت", n)+`"}`)
	}
	cursor := func(n int) string {
		return operate(chatkit.TypeListThreads, `{"after":"`+strings.Repeat("x", n)+`"}`)
	}
	feedback := func(n int) string {
		return operate(chatkit.TypeFeedback, `{"thread_id":"`+own.Thread+`","item_ids":[`+repeated(n, `"`+own.Answer+`"`)+`],"kind":"negative"}`)
	}
	deep := func(n int) string { return `{"type":"threads.list","params":{},"metadata":` + nested(n-1) + `}` }
	name := func(n int) string {
		return operate(chatkit.TypeCreateAttachment, `{"name":"`+strings.Repeat("ن", n)+`","size":1,"mime_type":"text/plain"}`)
	}
	size := func(n int) string {
		return operate(chatkit.TypeCreateAttachment, fmt.Sprintf(`{"name":"a","size":%d,"mime_type":"text/plain"}`, n))
	}
	chat := func(n int) string { return `{"message":"` + strings.Repeat("ک", n) + `"}` }
	type edge struct {
		name, path   string
		fits, larger string
		ok, refused  int
	}
	cases := []edge{
		{"a request", "/api/chatkit", pad(list, 256<<10), pad(list, 256<<10+1), 200, 413},
		{"a request for a thread of text", "/api/chatkit", text(32_000), text(150_000), 200, 413},
		{"no JSON at all", "/api/chatkit", "", strings.Repeat("x", 256<<10+1), 415, 413},
		{"an unknown type", "/api/chatkit", "", pad(`{"type":"x","params":{}}`, 256<<10+1), 415, 413},
		{"a recording", "/api/chatkit", pad(soundOf(1000), 10<<20), pad(soundOf(1000), 10<<20+1), 501, 413},
		{"20 MiB", "/api/chatkit", "", pad(list, 20<<20), 415, 413},
		{"a tool's output", "/api/chatkit", "", operate(chatkit.TypeAddClientToolOutput, `{"thread_id":"`+own.CallThread+`","result":"`+strings.Repeat("x", 5<<20)+`"}`), 415, 413},
		{"text", "/api/chatkit", text(32_000), text(32_001), 200, 400},
		{"parts", "/api/chatkit", parts(64), parts(65), 200, 400},
		{"a quote", "/api/chatkit", quote(32_000), quote(32_001), 200, 400},
		{"a title", "/api/chatkit", title(255), title(256), 200, 400},
		{"no title", "/api/chatkit", title(0), title(1000), 200, 400},
		{"a cursor", "/api/chatkit", cursor(200), cursor(201), 200, 400},
		{"feedback", "/api/chatkit", feedback(100), feedback(101), 200, 400},
		{"feedback on nothing", "/api/chatkit", feedback(1), feedback(0), 200, 400},
		{"depth", "/api/chatkit", deep(64), deep(65), 200, 400},
		{"the name of a file", "/api/chatkit", name(255), name(256), 200, 400},
		{"a file", "/api/chatkit", size(maxUpload), size(maxUpload + 1), 200, 413},
		{"a file of nothing", "/api/chatkit", size(1), size(-1), 200, 400},
		{"a message of /api/chat", "/api/chat", chat(10_000), chat(10_001), 200, 400},
		{"the body of /api/chat", "/api/chat", pad(chat(1), maxChatBody), pad(chat(1), maxChatBody+1), 200, 413},
		{"a beacon", "/api/chatkit/beacon", pad("{}", 4<<10), pad("{}", 4<<10+1), 204, 413},
		{"a cancel", "/api/chatkit/cancel", pad(`{"thread_id":"`+own.Thread+`"}`, maxCancelBody), pad("{}", maxCancelBody+1), 200, 413},
		{"a session", "/api/chatkit/session", pad("{}", maxSessionBody), pad("{}", maxSessionBody+1), 200, 413},
		{"a refresh", "/api/chatkit/refresh", pad("{}", maxSessionBody), pad("{}", maxSessionBody+1), 400, 413},
		{"a task", "/api/alice/tasks", pad(`{"title":"a"}`, maxTaskBody), pad(`{"title":"a"}`, maxTaskBody+1), 201, 413},
		{"the title of a task", "/api/alice/tasks", `{"title":"` + strings.Repeat("ت", 255) + `"}`, `{"title":"` + strings.Repeat("ت", 256) + `"}`, 201, 400},
		{"the description of a task", "/api/alice/tasks", `{"title":"a","description":"` + strings.Repeat("ت", 1000) + `"}`, `{"title":"a","description":"` + strings.Repeat("ت", 1001) + `"}`, 201, 400},
	}
	x.unharmed(t, func() {
		for _, c := range cases {
			x.send(t, http.MethodPost, c.path, c.larger, hd).refusedAs(t, c.name, c.refused, "", "")
			a, err := chunked(t, x.Base+c.path, c.larger, hd) // announces nothing
			if err != nil {
				t.Errorf("%s in chunks: %v", c.name, err)
			}
			a.refusedAs(t, c.name+" in chunks", c.refused, "", "")
		}
	})
	for _, c := range cases {
		if a := x.send(t, http.MethodPost, c.path, c.fits, hd); a.Status != c.ok || strings.Contains(a.Body, `"type":"error"`) {
			t.Errorf("%s that fits: HTTP %d %.200s, want %d", c.name, a.Status, a.Body, c.ok)
		}
	}
	for _, c := range []struct {
		path   string
		status int
	}{
		{"/api/chatkit/threads?q=" + strings.Repeat("x", 200), 200}, {"/api/chatkit/threads?q=" + strings.Repeat("x", 201), 400},
		{"/api/chatkit/threads?q=" + strings.Repeat("%DA%A9", 200), 200}, {"/api/chatkit/threads?after=" + strings.Repeat("x", 201), 400},
		{"/api/chatkit/threads?limit=100", 200}, {"/api/chatkit/threads?limit=-1", 400},
		{"/api/alice/tasks?limit=100", 200}, {"/api/alice/tasks?limit=101", 400}, {"/api/alice/tasks?limit=0", 400}, {"/api/alice/tasks?limit=1e1", 400},
		{"/api/alice/tasks?search=" + strings.Repeat("x", 200), 200}, {"/api/alice/tasks?search=" + strings.Repeat("x", 201), 400},
	} {
		if a := x.send(t, "GET", c.path, "", hd); a.Status != c.status {
			t.Errorf("GET %.60s: HTTP %d %s, want %d", c.path, a.Status, a.Body, c.status)
		}
	}
}

// chunked sends a body without saying how long it is. The server may answer,
// and close, before it has all of it.
func chunked(t testing.TB, url, body string, hd header) (answer, error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, struct{ *bytes.Reader }{bytes.NewReader([]byte(body))})
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range hd {
		req.Header.Set(name, value)
	}
	req.ContentLength = -1
	return perform(req)
}

// C35: what a limit may be, and how many entries it gives.
func TestPageLimits(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{noTools: true})
	hd := x.as(t, "alice")
	thread := x.stream(t, say("hello"), hd).thread(t)
	for i := range 101 {
		made := &chatkit.AssistantMessage{Content: []chatkit.AssistantContent{{Text: fmt.Sprint(i)}}}
		made.Base = chatkit.Base{ID: x.Server.chats.NewMessageID(), ThreadID: thread, CreatedAt: time.Now().UTC()}
		if err := x.Server.threads.AddThreadItem(t.Context(), "alice", thread, made); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[string]int{
		"null": 20, "0": 20, "0.0": 20, "-0": 20, "1": 1, "1.0": 1, "1e1": 10, "20": 20, "99": 99, "100": 100, "101": 100, "1e9": 100, "1e308": 100, "99999999999999999999": 100,
	} {
		var page struct {
			Data  []any  `json:"data"`
			More  bool   `json:"has_more"`
			After string `json:"after"`
		}
		x.chatkit(t, operate(chatkit.TypeListItems, `{"thread_id":"`+thread+`","limit":`+limit+`}`), hd).ok(t, 200).decode(t, &page)
		if len(page.Data) != want || !page.More || page.After == "" {
			t.Errorf("limit %s: %d items, more %v after %q, want %d", limit, len(page.Data), page.More, page.After, want)
		}
	}
	var whole struct {
		Items struct {
			Data []any `json:"data"`
		} `json:"items"`
	}
	if x.chatkit(t, operate(chatkit.TypeGetThread, `{"thread_id":"`+thread+`","limit":7,"order":null,"after":null}`), hd).ok(t, 200).decode(t, &whole); len(whole.Items.Data) != 20 {
		t.Errorf("a thread comes with %d items, want 20", len(whole.Items.Data))
	}
}

// What is no JSON, or JSON that two parsers could read in two ways, is refused
// by every endpoint that reads any, with a key or without.
func TestBodiesAtEveryDoor(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{})
	doors := x.doors(t)
	alice := x.as(t, "alice")
	x.unharmed(t, func() {
		for _, d := range doors {
			if !strings.HasPrefix(d.body, "{") {
				continue
			}
			name := d.method + " " + d.path
			for _, hd := range []header{alice, alice.with("Idempotency-Key", "k")} {
				for _, contentType := range []string{"text/plain", "application/json; charset=utf-16", "multipart/form-data; boundary=x", "application/xml", "x"} {
					x.send(t, d.method, d.path, d.body, hd.with("Content-Type", contentType)).refusedAs(t, name+" as "+contentType, 415, "unsupported_media_type", "")
				}
				for _, body := range []string{
					`[]`, `"x"`, `7`, `true`, `{`, `}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"x":[{"a":1,"a":2}]}`, d.body + d.body, d.body + "x", "\ufeff" + d.body,
					"{\"\xff\":1}", `{"\ud800":1}`, `{"x":` + nested(64) + `}`, `{"x":01}`, `{"x":NaN}`, `{'x':1}`, `{"x":1,}`, "{\"x\":\"\n\"}", "\x00",
				} {
					x.send(t, d.method, d.path, body, hd).refusedAs(t, fmt.Sprintf("%s, %.30q", name, body), 400, "", "")
				}
			}
		}
	})
}
