package chatkit_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{})
	for _, c := range []struct {
		name, method, contentType, body string
		status                          int
		code                            string
	}{
		{"GET", "GET", "application/json", "", 405, "method_not_allowed"},
		{"PUT", "PUT", "application/json", "{}", 405, "method_not_allowed"},
		{"DELETE", "DELETE", "application/json", "{}", 405, "method_not_allowed"},
		{"no type", "POST", "", "{}", 415, "unsupported_media_type"},
		{"a form", "POST", "application/x-www-form-urlencoded", "{}", 415, "unsupported_media_type"},
		{"text", "POST", "text/plain", "{}", 415, "unsupported_media_type"},
		{"another charset", "POST", "application/json; charset=utf-16", "{}", 415, "unsupported_media_type"},
		{"a broken type", "POST", "application/json; charset", "{}", 415, "unsupported_media_type"},
		{"no body", "POST", "application/json", "", 400, "invalid_json"},
		{"UTF-8 by name", "POST", "application/json; charset=UTF-8", "{}", 400, "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), c.method, r.url, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.contentType != "" {
				req.Header.Set("Content-Type", c.contentType)
			}
			resp, err := r.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			checkProblem(t, resp, c.status, c.code)
			if allow := resp.Header.Get("Allow"); (c.status == 405) != (allow == "POST") {
				t.Errorf("Allow = %q", allow)
			}
		})
	}
}

func checkProblem(t *testing.T, resp *http.Response, status int, code string) {
	t.Helper()
	var p struct {
		Type, Title, Detail, Code string
		Status                    int
	}
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != status || p.Status != status || p.Code != code ||
		p.Type != "about:blank" || p.Title != http.StatusText(status) || p.Detail == "" {
		t.Errorf("answer = %d %+v, want %d %s", resp.StatusCode, p, status, code)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q", got)
	}
}

func TestBodyLimits(t *testing.T) {
	t.Parallel()
	transcribe := chatkit.Handlers{Transcribe: func(context.Context, string, []byte, string) (string, error) { return "ok", nil }}
	small := func(o *chatkit.Options) { o.MaxBody, o.MaxAudio = 4<<10, 16<<10 }
	pad := func(body string, size int) string { return body + strings.Repeat(" ", size-len(body)) }
	recording := func(bytes int) string {
		return request("input.transcribe", `{"mime_type":"audio/webm","audio_base64":"`+base64.StdEncoding.EncodeToString(make([]byte, bytes))+`"}`)
	}
	list := request("threads.list", "{}")
	for _, c := range []struct {
		name, body string
		rig        *rig
		status     int
	}{
		{"a request at the limit", pad(list, 4<<10), newRig(t, transcribe, small), 200},
		{"a request above it", pad(list, 4<<10+1), newRig(t, transcribe, small), 413},
		{"a recording at the limit", pad(recording(8<<10), 16<<10), newRig(t, transcribe, small), 200},
		{"a recording above it", pad(recording(8<<10), 16<<10+1), newRig(t, transcribe, small), 413},
		{"a recording where none are taken", recording(8 << 10), newRig(t, chatkit.Handlers{}, small), 413},
		{"a small one where none are taken", recording(10), newRig(t, chatkit.Handlers{}, small), 501},
		{"256 KiB", pad(list, 256<<10), newRig(t, transcribe), 200},
		{"more than 256 KiB", pad(list, 256<<10+1), newRig(t, transcribe), 413},
		{"more than 256 KiB of text", createBody(strings.Repeat("x", 256<<10)), newRig(t, transcribe), 413},
		{"more than 256 KiB of junk", strings.Repeat("x", 256<<10+1), newRig(t, transcribe), 413},
		{"a type in another case", strings.Replace(pad(list, 300<<10), "}", `,"Type":"input.transcribe"}`, 1), newRig(t, transcribe), 413},
		{"a large recording of a wrong kind", strings.Replace(recording(300<<10), "audio/", "text/", 1), newRig(t, transcribe), 400},
		{"a recording of 300 KiB", recording(300 << 10), newRig(t, transcribe), 200},
		{"more than 10 MiB", pad(recording(10), 10<<20+1), newRig(t, transcribe), 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, chunked := range []bool{false, true} {
				var body io.Reader = strings.NewReader(c.body)
				if chunked {
					body = struct{ io.Reader }{body} // hides its length
				}
				resp, err := c.rig.client.Post(c.rig.url, "application/json", body)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if resp.StatusCode != c.status {
					t.Errorf("status = %d, want %d", resp.StatusCode, c.status)
				}
			}
		})
	}
}

func TestUserHook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user   string
		err    error
		status int
		code   string
	}{
		"nobody":         {"", nil, 401, "unauthorized"},
		"an error":       {"ann", errors.New("secret detail"), 401, "unauthorized"},
		"its own answer": {"", &chatkit.RequestError{Status: 403, Code: "banned", Detail: "No."}, 403, "banned"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, chatkit.Handlers{}, func(o *chatkit.Options) {
				o.User = func(*http.Request) (string, error) { return c.user, c.err }
			})
			r.refused(c.status, c.code, request("threads.list", "{}"))
			r.refused(c.status, c.code, createBody("hello"))
		})
	}
}

func TestCheckJSONHook(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{}, func(o *chatkit.Options) {
		o.CheckJSON = func(body []byte) error {
			switch {
			case bytes.Contains(body, []byte("words")):
				return errors.New("in words")
			case bytes.Contains(body, []byte("answer")):
				return &chatkit.RequestError{Status: 418, Code: "teapot", Detail: "Short and stout."}
			}
			return nil
		}
	})
	r.refused(400, "invalid_json", createBody("words"))
	r.refused(418, "teapot", createBody("answer"))
	r.create("fine")
}

func TestFailHook(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{}, func(o *chatkit.Options) {
		o.Fail = func(w http.ResponseWriter, _ *http.Request, e *chatkit.RequestError) {
			w.WriteHeader(e.Status)
			_, _ = io.WriteString(w, `{"code":"our own `+e.Code+`"}`)
		}
	})
	r.refused(404, "our own not_found", about("threads.get_by_id", "thread_id", "thr_nope"))
}

// Whatever belongs to another user answers byte for byte like what never was,
// and stays as it is.
func TestAnotherUsersThings(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{
		Respond: func(_ context.Context, t *chatkit.Turn, _ *chatkit.UserMessage) error {
			if err := t.ShowWidget(chatkit.Card{}, ""); err != nil {
				return err
			}
			if err := t.Send(&chatkit.ItemDone{Item: &chatkit.StructuredInput{}}); err != nil {
				return err
			}
			return t.Send(&chatkit.ItemDone{Item: &chatkit.ClientToolCall{CallID: "c", Name: "n"}})
		},
		Action: func(context.Context, *chatkit.Turn, chatkit.Action, *chatkit.WidgetItem) error {
			t.Error("the action ran")
			return nil
		},
		CreateAttachment: func(_ context.Context, _ string, in *chatkit.CreateAttachment) (*chatkit.Attachment, error) {
			return &chatkit.Attachment{ID: chatkit.NewID(chatkit.KindAttachment), Name: in.Name, MimeType: in.MimeType}, nil
		},
	})
	thread, _ := r.create("hello")
	items := r.items(thread)
	_, attachment := r.get(request("attachments.create", `{"name":"a.txt","size":1,"mime_type":"text/plain"}`))
	ids := strings.NewReplacer("THREAD", thread, "USER", items[0].ItemID(), "WIDGET", items[1].ItemID(),
		"INPUT", items[2].ItemID(), "ATTACHMENT", attachment["id"].(string))
	never := strings.NewReplacer("THREAD", chatkit.NewID(chatkit.KindThread), "USER", chatkit.NewID(chatkit.KindUserMessage),
		"WIDGET", chatkit.NewID(chatkit.KindWidget), "INPUT", chatkit.NewID(chatkit.KindStructuredInput),
		"ATTACHMENT", chatkit.NewID(chatkit.KindAttachment))
	bobs, _ := r.create("hi", "X-User", bob)
	before := r.items(thread)
	for _, body := range []string{
		about("threads.get_by_id", "thread_id", "THREAD"),
		about("items.list", "thread_id", "THREAD"),
		about("threads.update", "thread_id", "THREAD", "title", "x"),
		about("threads.delete", "thread_id", "THREAD"),
		about("threads.retry_after_item", "thread_id", "THREAD", "item_id", "USER"),
		about("threads.retry_after_item", "thread_id", bobs, "item_id", "USER"),
		about("threads.add_client_tool_output", "thread_id", "THREAD"),
		request("threads.add_structured_input", `{"thread_id":"THREAD","item_id":"INPUT","input":{"status":"skipped"}}`),
		request("threads.add_structured_input", `{"thread_id":"`+bobs+`","item_id":"INPUT","input":{"status":"skipped"}}`),
		request("threads.custom_action", `{"thread_id":"THREAD","item_id":"WIDGET","action":{"type":"x"}}`),
		request("threads.custom_action", `{"thread_id":"`+bobs+`","item_id":"WIDGET","action":{"type":"x"}}`),
		request("threads.sync_custom_action", `{"thread_id":"THREAD","item_id":"WIDGET","action":{"type":"x"}}`),
		request("threads.sync_custom_action", `{"thread_id":"`+bobs+`","item_id":"WIDGET","action":{"type":"x"}}`),
		request("items.feedback", `{"thread_id":"THREAD","item_ids":["USER"],"kind":"positive"}`),
		request("items.feedback", `{"thread_id":"`+bobs+`","item_ids":["USER"],"kind":"positive"}`),
		about("attachments.delete", "attachment_id", "ATTACHMENT"),
		message(`{"content":[],"attachments":["ATTACHMENT"]}`),
		addBody("THREAD", "hello"),
	} {
		theirs, nobodys := r.whole(ids.Replace(body), bob), r.whole(never.Replace(body), bob)
		if theirs != nobodys {
			t.Errorf("%s: of another %s\nof nobody %s", body, theirs, nobodys)
		}
	}
	if after := r.items(thread); len(after) != len(before) {
		t.Errorf("ann's thread has %d items, had %d", len(after), len(before))
	}
	if _, a := r.get(about("threads.get_by_id", "thread_id", thread)); a["title"] != nil {
		t.Errorf("ann's thread is called %v", a["title"])
	}
	if _, err := r.store.LoadAttachment(t.Context(), ann, attachment["id"].(string)); err != nil {
		t.Errorf("ann's attachment: %v", err)
	}
	if _, page := r.get(request("threads.list", "{}"), "X-User", bob); len(page["data"].([]any)) != 1 {
		t.Errorf("bob has %v, want his own thread alone", page["data"])
	}
}

// whole gives the status and body of an answer.
func (r *rig) whole(body, user string) string {
	r.Helper()
	resp := r.send(body, "X-User", user)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp.Status + " " + string(text)
}

func TestPanicsBeforeTheStream(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{
		CheckInput: func(_ context.Context, _, _ string, in *chatkit.UserInput) error {
			if in.Content[0].Text == "check" {
				panic("secret words")
			}
			return nil
		},
		AllowCancel: func(_ string, thread *chatkit.Thread) bool {
			if thread.Title == "panic" {
				panic("secret words")
			}
			return true
		},
		SyncAction: func(context.Context, string, *chatkit.Thread, chatkit.Action, *chatkit.WidgetItem) (chatkit.Item, error) {
			panic("secret words")
		},
	})
	thread, _ := r.create("hello")
	r.refused(500, "internal", createBody("check"))
	r.refused(500, "internal", request("threads.sync_custom_action", `{"thread_id":`+quote(thread)+`,"action":{"type":"x"}}`))
	for _, title := range []string{"panic", "fine"} {
		r.get(about("threads.update", "thread_id", thread, "title", title))
		if title == "panic" {
			r.refused(500, "internal", addBody(thread, "again"))
			continue
		}
		r.stream(addBody(thread, "again")) // it is not busy
	}
	if n := strings.Count(r.log.String(), "secret words"); n != 3 {
		t.Errorf("the log tells of %d panics, want 3:\n%s", n, r.log)
	}
	if !strings.Contains(r.log.String(), "server_http_test.go") {
		t.Errorf("the log has no stack:\n%s", r.log)
	}
}
