package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// A names is what a request can name.
type names struct{ thread, item, file string }

// An operation is one type of request: how it is written, what it names of a
// user's own things, and what answers it where these are not there.
type operation struct {
	params string // with THREAD, ITEM and FILE in the place of ids
	own    func(things) names
	gone   int // 200: deleting what is not there is no error
}

const someInput = `{"content":[{"type":"input_text","text":"` + canary + `"}],"attachments":["FILE"],"inference_options":{}}`

// operations are those that name something. The others are below.
var operations = map[chatkit.RequestType]operation{
	chatkit.TypeCreateThread:        {`{"input":` + someInput + `}`, func(t things) names { return names{file: t.File} }, 404},
	chatkit.TypeAddUserMessage:      {`{"thread_id":"THREAD","input":` + someInput + `}`, func(t things) names { return names{t.Thread, "", t.File} }, 404},
	chatkit.TypeAddClientToolOutput: {`{"thread_id":"THREAD","result":{"x":1}}`, func(t things) names { return names{thread: t.CallThread} }, 404},
	chatkit.TypeAddStructuredInput:  {`{"thread_id":"THREAD","item_id":"ITEM","input":{"answers":{"q":{"values":["x"]}}}}`, func(t things) names { return names{t.AskThread, t.Ask, ""} }, 404},
	chatkit.TypeRetryAfterItem:      {`{"thread_id":"THREAD","item_id":"ITEM"}`, func(t things) names { return names{t.Thread, t.Message, ""} }, 404},
	chatkit.TypeCustomAction:        {`{"thread_id":"THREAD","item_id":"ITEM","action":{"type":"task.toggle","payload":{"task_id":"TASK"}}}`, func(t things) names { return names{t.Thread, t.Widget, ""} }, 404},
	chatkit.TypeSyncCustomAction:    {`{"thread_id":"THREAD","item_id":"ITEM","action":{"type":"task.toggle","payload":{"task_id":"TASK"}}}`, func(t things) names { return names{t.Thread, t.Widget, ""} }, 404},
	chatkit.TypeGetThread:           {`{"thread_id":"THREAD"}`, func(t things) names { return names{thread: t.Thread} }, 404},
	chatkit.TypeUpdateThread:        {`{"thread_id":"THREAD","title":"x"}`, func(t things) names { return names{thread: t.Thread} }, 404},
	chatkit.TypeDeleteThread:        {`{"thread_id":"THREAD"}`, func(t things) names { return names{thread: t.Thread} }, 200},
	chatkit.TypeListItems:           {`{"thread_id":"THREAD"}`, func(t things) names { return names{thread: t.Thread} }, 404},
	chatkit.TypeFeedback:            {`{"thread_id":"THREAD","item_ids":["ITEM"],"kind":"positive"}`, func(t things) names { return names{t.Thread, t.Answer, ""} }, 404},
	chatkit.TypeDeleteAttachment:    {`{"attachment_id":"FILE"}`, func(t things) names { return names{file: t.File} }, 200},
}

// nameless operations name nothing that somebody could own.
var nameless = []chatkit.RequestType{chatkit.TypeListThreads, chatkit.TypeCreateAttachment, chatkit.TypeTranscribe}

// TestNoOperationIsForgotten reads the list of request types.
func TestNoOperationIsForgotten(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "chatkit/requests.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Type") {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found++
		kind := chatkit.RequestType(value)
		if _, named := operations[kind]; !named && !slices.Contains(nameless, kind) {
			t.Errorf("nobody attacks %s", kind)
		}
		return true
	})
	if found != 16 {
		t.Errorf("%d types of requests, want 16", found)
	}
}

func operate(kind chatkit.RequestType, params string) string {
	return fmt.Sprintf(`{"type":%q,"params":%s}`, kind, params)
}

func (o operation) request(kind chatkit.RequestType, n names, task string) string {
	return operate(kind, strings.NewReplacer("THREAD", n.thread, "ITEM", n.item, "FILE", n.file, "TASK", task).Replace(o.params))
}

// Ids of which there was never one, in our own form and in any other that the
// protocol lets pass.
var never = []string{
	"thr_00000000000000000000000000", "msg_0000000000000000000000000000", "x", "0", "-1", "NaN", "null", " ", "\u202e", "%", "' OR 1=1--", "../x",
	`a\nb`, `\u001b[31m`, `\u0001`, strings.Repeat("x", 200), strings.Repeat("🙈", 200), "\ufffd", "\u0627\u0644",
}

// variations are the ways to name something that is not the user's to name.
func (o operation) variations(mine, theirs things) (out map[string]names) {
	own, other := o.own(mine), o.own(theirs)
	elsewhere := names{mine.AskThread, mine.Ask, ""}
	if own.thread == mine.AskThread {
		elsewhere = names{mine.Thread, mine.Message, ""}
	}
	out = map[string]names{}
	slot := func(what string, has string, set func(*names, string), ids map[string]string) {
		if has == "" {
			return
		}
		for name, id := range ids {
			n := own
			set(&n, id)
			out[what+" "+name] = n
		}
		for _, id := range never {
			n := own
			set(&n, id)
			out[what+" "+id] = n
		}
	}
	slot("a thread", own.thread, func(n *names, id string) { n.thread = id }, map[string]string{"of another user": other.thread, "that was deleted": mine.Deleted})
	slot("an item", own.item, func(n *names, id string) { n.item = id }, map[string]string{"of another user": other.item, "of another thread": elsewhere.item})
	slot("a file", own.file, func(n *names, id string) { n.file = id }, map[string]string{"of another user": other.file})
	if own.thread != "" && own.item != "" {
		out["another's thread and item"] = other
		out["another thread of one's own, for the item"] = names{elsewhere.thread, own.item, own.file}
	}
	if own.thread != "" && own.file != "" {
		out["another's thread and file"] = other
	}
	return out
}

// C09, C11, C13, C15: every type of request with every id that is another's,
// that is gone, that never was, or that belongs elsewhere. All get one answer,
// byte for byte; nothing changes and the model is not asked.
func TestNothingOfOthers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		x := startTarget(t, setup{engine: engine})
		alice, bob := x.furnish(t, "alice"), x.furnish(t, "bob")
		hd := x.as(t, "alice").with("X-Request-Id", "same")
		cells := 0
		defer func() {
			tally.Counted(t, tally.Entry{Promise: "P5", What: "matrix of routes and requests", Runs: cells, Note: "ChatKit requests"})
		}()
		x.unharmed(t, func() {
			for kind, o := range operations {
				first := x.chatkit(t, o.request(kind, names{"never", "never", "never"}, alice.Task), hd)
				if first.Status != o.gone || o.gone == 200 && first.Body != "{}" {
					t.Errorf("%s of nothing: HTTP %d %s, want %d", kind, first.Status, first.Body, o.gone)
				}
				if o.gone == 404 {
					first.refusedAs(t, string(kind), 404, "not_found", "")
				}
				first.Header.Del("Date")
				for name, n := range o.variations(alice, bob) {
					a := x.chatkit(t, o.request(kind, n, alice.Task), hd)
					cells++
					a.Header.Del("Date")
					if a.Status != first.Status || a.Body != first.Body || fmt.Sprint(a.Header) != fmt.Sprint(first.Header) {
						t.Errorf("%s, %s:\n %d %v %s, want\n %d %v %s", kind, name, a.Status, a.Header, a.Body, first.Status, first.Header, first.Body)
					}
				}
			}
		})
		x.usable(t, alice)
	})
}

// usable checks that the requests that were refused are sound: with things of
// one's own they are served. The order keeps what later ones need.
func (x *target) usable(t *testing.T, own things) {
	t.Helper()
	hd := x.as(t, "alice")
	order := []chatkit.RequestType{
		chatkit.TypeGetThread, chatkit.TypeListItems, chatkit.TypeFeedback, chatkit.TypeUpdateThread, chatkit.TypeSyncCustomAction, chatkit.TypeCustomAction,
		chatkit.TypeAddClientToolOutput, chatkit.TypeAddStructuredInput, chatkit.TypeCreateThread, chatkit.TypeDeleteAttachment,
		chatkit.TypeRetryAfterItem, chatkit.TypeDeleteThread,
	}
	for _, kind := range order {
		o := operations[kind]
		if a := x.chatkit(t, o.request(kind, o.own(own), own.Task), hd); a.Status != http.StatusOK || strings.Contains(a.Body, `"type":"error"`) {
			t.Errorf("%s of one's own: HTTP %d %s", kind, a.Status, a.Body)
		}
	}
}

// A badRequest is a body that asks for something which nobody gets.
type badRequest struct {
	name, body string
	status     int
	code, word string // of the problem; empty: any
}

// say with something in the place of the message's parts.
func sayRaw(input string) string { return operate(chatkit.TypeCreateThread, `{"input":`+input+`}`) }

func sayText(text string) string {
	return sayRaw(`{"content":[{"type":"input_text","text":"` + text + `"}],"attachments":[],"inference_options":{}}`)
}

func nested(depth int) string {
	return strings.Repeat(`{"a":`, depth-1) + `{}` + strings.Repeat(`}`, depth-1)
}

// C01 to C05, C17 to C23, C35, C39 and what is near to them: requests that are
// malformed, or ask for what cannot be. The own things are real, so that
// nothing but what is wrong stands between them and an effect.
func badRequests(own things) []badRequest {
	on := func(params string) string { return strings.Replace(params, "THREAD", own.Thread, 1) }
	rows := []badRequest{
		{"C01 empty", "", 400, "invalid_json", ""},
		{"C01 blank", " ", 400, "invalid_json", ""},
		{"C01 null", "null", 400, "invalid_request", "object"},
		{"C01 a list", "[]", 400, "invalid_request", "object"},
		{"C01 a string", `"x"`, 400, "invalid_request", "object"},
		{"C01 a number", `7`, 400, "invalid_request", "object"},
		{"C01 an object", "{}", 400, "invalid_request", "type"},
		{"C01 a batch", `[{"type":"threads.list","params":{}}]`, 400, "invalid_request", "object"},
		{"C01 no params", `{"type":"threads.list"}`, 400, "invalid_request", "params"},
		{"C01 null params", `{"type":"threads.list","params":null}`, 400, "invalid_request", "params"},
		{"C01 params a list", `{"type":"threads.list","params":[]}`, 400, "invalid_request", "params"},
		{"C01 an unknown type", `{"type":"threads.drop","params":{}}`, 400, "invalid_request", "type"},
		{"C01 a type in capitals", `{"type":"THREADS.LIST","params":{}}`, 400, "invalid_request", "type"},
		{"C01 a type with a blank", `{"type":"threads.list ","params":{}}`, 400, "invalid_request", "type"},
		{"C01 a type of 100 KiB", `{"type":"` + strings.Repeat("x", 100<<10) + `","params":{}}`, 400, "invalid_request", "type"},
		{"C01 a type that is a number", `{"type":1,"params":{}}`, 400, "invalid_request", "type"},
		{"C01 Type", `{"Type":"threads.list","params":{}}`, 400, "invalid_request", "type"},
		{"C03 type twice", `{"type":"threads.list","type":"threads.delete","params":{"thread_id":"` + own.Thread + `"}}`, 400, "invalid_json", "twice"},
		{"C03 type twice, escaped", `{"type":"threads.list","typ\u0065":"threads.delete","params":{"thread_id":"` + own.Thread + `"}}`, 400, "invalid_json", "twice"},
		{"C03 params twice", `{"type":"threads.delete","params":{"thread_id":"x"},"params":{"thread_id":"` + own.Thread + `"}}`, 400, "invalid_json", "twice"},
		{"C03 thread_id twice", operate("threads.delete", on(`{"thread_id":"x","thread_id":"THREAD"}`)), 400, "invalid_json", "twice"},
		{"C03 twice where nobody looks", `{"type":"threads.list","params":{},"x":[{"a":1,"a":2}]}`, 400, "invalid_json", "twice"},
		{"C05 junk behind", operate("threads.delete", on(`{"thread_id":"THREAD"}`)) + "x", 400, "invalid_json", ""},
		{"C05 another behind", `{"type":"threads.list","params":{}}` + operate("threads.delete", on(`{"thread_id":"THREAD"}`)), 400, "invalid_json", ""},
		{"C05 a NUL behind", operate("threads.delete", on(`{"thread_id":"THREAD"}`)) + "\x00", 400, "invalid_json", ""},
		{"half", `{"type":"threads.list",`, 400, "invalid_json", ""},
		{"no JSON", `type=threads.list`, 400, "invalid_json", ""},
		{"bad UTF-8", sayText("\xff"), 400, "invalid_json", "UTF-8"},
		{"half a surrogate pair", sayText(`\ud83d`), 400, "invalid_json", "surrogate"},
		{"a byte order mark", "\ufeff" + say("hi"), 400, "invalid_json", ""},
		{"C17 empty", sayText(""), 400, "invalid_request", "content"},
		{"C17 blanks", sayText(` \t\n\u00a0\u3000`), 400, "invalid_request", "content"},
		{"C17 zero width", sayText(`\u200b\ufeff\u2060\u200d`), 400, "invalid_request", "content"},
		{"C17 fillers", sayText(`\u3164\u115f\u2800`), 400, "invalid_request", "content"},
		{"C17 no part", sayRaw(`{"content":[],"attachments":[],"inference_options":{}}`), 400, "invalid_request", "content"},
		{"C17 null parts", sayRaw(`{"content":null,"attachments":[],"inference_options":{}}`), 400, "invalid_request", "content"},
		{"C17 no input", operate("threads.create", `{}`), 400, "invalid_request", "input"},
		{"C17 blanks on a thread", strings.Replace(sayOn(own.Thread, "X"), "X", " ", 1), 400, "invalid_request", "content"},
		{"C19 NUL", sayText(`a\u0000b`), 400, "invalid_request", "U+0000"},
		{"C19 NUL in a quote", sayRaw(`{"content":[{"type":"input_text","text":"a"}],"quoted_text":"\u0000"}`), 400, "invalid_request", "U+0000"},
		{"C19 NUL in a title", operate("threads.update", on(`{"thread_id":"THREAD","title":"a\u0000"}`)), 400, "invalid_request", "U+0000"},
		{"C19 NUL in a file's name", operate("attachments.create", `{"name":"a\u0000.txt","size":1,"mime_type":"text/plain"}`), 400, "invalid_request", ""},
		{"C19 NUL in a cursor", operate("threads.list", `{"after":"\u0000"}`), 400, "invalid_request", "U+0000"},
		{"C19 NUL in metadata", `{"type":"threads.list","params":{},"metadata":{"a":"\u0000"}}`, 400, "invalid_request", "U+0000"},
		{"C21 20,000 deep", `{"type":"threads.list","params":{},"metadata":` + nested(20_000) + `}`, 400, "invalid_json", "64"},
		{"C21 1e400000", `{"type":"threads.list","params":{},"metadata":{"n":1e400000}}`, 400, "invalid_json", "too large"},
		{"C23 a model", sayRaw(`{"content":[{"type":"input_text","text":"a"}],"inference_options":{"model":"gpt-9"}}`), 400, "invalid", "model"},
		{"C23 another's model, on a thread", operate("threads.add_user_message", on(`{"thread_id":"THREAD","input":{"content":[{"type":"input_text","text":"a"}],"inference_options":{"model":"M"}}}`)), 400, "invalid", "model"},
		{"C23 a model that is a number", sayRaw(`{"content":[{"type":"input_text","text":"a"}],"inference_options":{"model":7}}`), 400, "invalid_request", "model"},
		{"C23 a tool", sayRaw(`{"content":[{"type":"input_text","text":"a"}],"inference_options":{"tool_choice":{"id":"rm"}}}`), 400, "invalid", "tool_choice"},
		{"C23 a tool in capitals", sayRaw(`{"content":[{"type":"input_text","text":"a"}],"inference_options":{"tool_choice":{"id":"CREATE_TASK"}}}`), 400, "invalid", "tool_choice"},
		{"C23 handing over", sayRaw(`{"content":[{"type":"input_text","text":"a"}],"inference_options":{"tool_choice":{"id":"transfer_to_orchestrator"}}}`), 400, "invalid", "tool_choice"},
		{"C23 a tool without id", sayRaw(`{"content":[{"type":"input_text","text":"a"}],"inference_options":{"tool_choice":{}}}`), 400, "invalid_request", "tool_choice"},
		{"C29 retry of an answer", operate("threads.retry_after_item", `{"thread_id":"`+own.Thread+`","item_id":"`+own.Answer+`"}`), 400, "not_a_user_message", "item_id"},
		{"C29 retry of a widget", operate("threads.retry_after_item", `{"thread_id":"`+own.Thread+`","item_id":"`+own.Widget+`"}`), 400, "not_a_user_message", "item_id"},
		{"C29 retry of nothing", operate("threads.retry_after_item", on(`{"thread_id":"THREAD"}`)), 400, "invalid_request", "item_id"},
		{"C29 retry of an empty id", operate("threads.retry_after_item", on(`{"thread_id":"THREAD","item_id":""}`)), 400, "invalid_request", "item_id"},
		{"C39 no pending call", operate("threads.add_client_tool_output", on(`{"thread_id":"THREAD","result":1}`)), 409, "not_pending", ""},
		{"answers to what is no question", operate("threads.add_structured_input", `{"thread_id":"`+own.Thread+`","item_id":"`+own.Answer+`","input":{"answers":{}}}`), 409, "not_pending", ""},
		{"answers of an odd kind", operate("threads.add_structured_input", `{"thread_id":"`+own.AskThread+`","item_id":"`+own.Ask+`","input":{"status":"maybe"}}`), 400, "invalid_request", "status"},
		{"answers as a list", operate("threads.add_structured_input", `{"thread_id":"`+own.AskThread+`","item_id":"`+own.Ask+`","input":{"answers":[]}}`), 400, "invalid_request", "answers"},
		{"feedback of an odd kind", operate("items.feedback", `{"thread_id":"`+own.Thread+`","item_ids":["`+own.Answer+`"],"kind":"meh"}`), 400, "invalid_request", "kind"},
		{"feedback on a string", operate("items.feedback", `{"thread_id":"`+own.Thread+`","item_ids":"`+own.Answer+`","kind":"positive"}`), 400, "invalid_request", "item_ids"},
		{"feedback on something and nothing", operate("items.feedback", `{"thread_id":"`+own.Thread+`","item_ids":["`+own.Answer+`","msg_x"],"kind":"positive"}`), 404, "not_found", ""},
		{"a thread id that is a number", operate("threads.delete", `{"thread_id":7}`), 400, "invalid_request", "thread_id"},
		{"a thread id that is a list", operate("threads.delete", on(`{"thread_id":["THREAD"]}`)), 400, "invalid_request", "thread_id"},
		{"a thread id that is null", operate("threads.delete", `{"thread_id":null}`), 400, "invalid_request", "thread_id"},
		{"no thread id", operate("threads.get_by_id", `{}`), 400, "invalid_request", "thread_id"},
		{"a title that is a number", operate("threads.update", on(`{"thread_id":"THREAD","title":7}`)), 400, "invalid_request", "title"},
		{"no title", operate("threads.update", on(`{"thread_id":"THREAD"}`)), 400, "invalid_request", "title"},
		{"an unknown action", operate("threads.custom_action", `{"thread_id":"`+own.Thread+`","item_id":"`+own.Widget+`","action":{"type":"task.explode","payload":{"task_id":"`+own.Task+`"}}}`), 400, "invalid", "action.type"},
		{"an action without a sender", operate("threads.custom_action", on(`{"thread_id":"THREAD","action":{"type":"task.delete","payload":{"task_id":"`+own.Task+`"}}}`)), 400, "invalid", "item_id"},
		{"an action of a message", operate("threads.sync_custom_action", `{"thread_id":"`+own.Thread+`","item_id":"`+own.Answer+`","action":{"type":"task.delete","payload":{"task_id":"`+own.Task+`"}}}`), 400, "", "item_id"},
		{"an action without type", operate("threads.sync_custom_action", `{"thread_id":"`+own.Thread+`","item_id":"`+own.Widget+`","action":{}}`), 400, "invalid_request", "type"},
		{"a file without a name", operate("attachments.create", `{"name":"","size":1,"mime_type":"text/plain"}`), 400, "", "name"},
		{"a file with a path", operate("attachments.create", `{"name":"../x","size":1,"mime_type":"text/plain"}`), 400, "", "name"},
		{"an empty file", operate("attachments.create", `{"name":"a","size":0,"mime_type":"text/plain"}`), 400, "", "size"},
		{"half a byte", operate("attachments.create", `{"name":"a","size":1.5,"mime_type":"text/plain"}`), 400, "", "size"},
		{"no media type", operate("attachments.create", `{"name":"a","size":1,"mime_type":"x"}`), 400, "", "mime_type"},
		{"transcribing nothing", operate("input.transcribe", `{"audio_base64":"","mime_type":"audio/webm"}`), 400, "invalid_request", "audio_base64"},
		{"transcribing no Base64", operate("input.transcribe", `{"audio_base64":"!","mime_type":"audio/webm"}`), 400, "invalid_request", "audio_base64"},
		{"transcribing text", operate("input.transcribe", `{"audio_base64":"AAAA","mime_type":"text/plain"}`), 400, "invalid_request", "mime_type"},
		{"transcribing where it is not set up", operate("input.transcribe", `{"audio_base64":"AAAA","mime_type":"audio/webm"}`), 501, "not_configured", ""},
	}
	for _, kind := range []chatkit.RequestType{chatkit.TypeListThreads, chatkit.TypeListItems} {
		for _, paging := range []struct{ field, value string }{
			{"limit", `-1`}, {"limit", `2.5`}, {"limit", `"10"`}, {"limit", `true`}, {"limit", `[]`}, {"limit", `-0.5`},
			{"order", `"x"`}, {"order", `"DESC"`}, {"order", `1`}, {"after", `7`}, {"after", `[]`}, {"after", `"` + strings.Repeat("x", 201) + `"`},
		} {
			rows = append(rows, badRequest{
				fmt.Sprintf("C35 %s, %s %.20s", kind, paging.field, paging.value),
				operate(kind, on(`{"thread_id":"THREAD","`+paging.field+`":`+paging.value+`}`)), 400, "invalid_request", paging.field,
			})
		}
	}
	return rows
}

func TestBadChatRequests(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		x := startTarget(t, setup{engine: engine})
		own := x.furnish(t, "alice")
		hd := x.as(t, "alice").with("Content-Type", "application/json")
		x.unharmed(t, func() {
			for _, c := range badRequests(own) {
				x.chatkit(t, c.body, hd).refusedAs(t, c.name, c.status, c.code, c.word)
			}
			for _, contentType := range []string{"", "text/plain", "application/json; charset=utf-16", "application/jsonp", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "json"} {
				x.chatkit(t, say("hi"), hd.with("Content-Type", contentType)).refusedAs(t, "type "+contentType, 415, "unsupported_media_type", "application/json")
			}
			x.chatkit(t, say("hi"), hd.with("Content-Encoding", "gzip")).refusedAs(t, "packed", 415, "unsupported_media_type", "application/json")
			for _, zone := range []string{"Mars/Crater", "../../etc/passwd", "Europe/Berlin\x7f", strings.Repeat("x", 10_000)} {
				if a, err := exchange(t.Context(), "POST", x.Base+"/api/chatkit", say("hi"), hd.with("X-Timezone", zone)); err == nil {
					a.refusedAs(t, "zone "+zone[:8], 400, "", "")
				}
			}
		})
		for _, contentType := range []string{"application/json; charset=UTF-8", "Application/JSON", `application/json;charset="utf-8"`} {
			x.chatkit(t, operate(chatkit.TypeListThreads, "{}"), hd.with("Content-Type", contentType)).ok(t, 200)
		}
	})
}
