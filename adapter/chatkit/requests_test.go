package chatkit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
)

// request is a body with params in JSON.
func request(kind, params string) string {
	return `{"type":"` + kind + `","params":` + params + `}`
}

// message is a threads.create with an input in JSON.
func message(input string) string { return request("threads.create", `{"input":`+input+`}`) }

func text(s string) string {
	return message(`{"content":[{"type":"input_text","text":` + string(chatkit.MustJSON(s)) + `}]}`)
}

func TestDecodeRequest(t *testing.T) {
	t.Parallel()
	input := chatkit.UserInput{Content: []chatkit.UserContent{{Type: chatkit.InputText, Text: "hi"}}}
	firstPage := chatkit.Paging{Limit: 20}
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	for _, c := range []struct {
		body string
		want chatkit.Params
	}{
		{text("hi"), &chatkit.CreateThread{Input: input}},
		{message(`{"content":[{"type":"input_text","text":"hi","extra":1}],"attachments":null,"quoted_text":null,"inference_options":null,"more":[]}`),
			&chatkit.CreateThread{Input: input}},
		{message(`{"content":null,"attachments":["atc_1","atc_2"],"quoted_text":"q","inference_options":{"tool_choice":{"id":"s"},"model":"m"}}`),
			&chatkit.CreateThread{Input: chatkit.UserInput{Attachments: []string{"atc_1", "atc_2"}, QuotedText: "q",
				InferenceOptions: chatkit.InferenceOptions{ToolChoice: "s", Model: "m"}}}},
		{message(`{"content":[{"type":"input_tag","id":"t","text":"Ann"},{"type":"input_tag","id":"t","text":"Ann","data":{"n":1.50, "z":null},"group":"g","interactive":true}]}`),
			&chatkit.CreateThread{Input: chatkit.UserInput{Content: []chatkit.UserContent{
				{Type: chatkit.InputTag, ID: "t", Text: "Ann", Data: raw("{}")},
				{Type: chatkit.InputTag, ID: "t", Text: "Ann", Data: raw(`{"n":1.50,"z":null}`), Group: "g", Interactive: true},
			}}}},
		{request("threads.add_user_message", `{"thread_id":"t","input":{"content":[{"type":"input_text","text":"hi"}]}}`), &chatkit.AddUserMessage{ThreadID: "t", Input: input}},
		{request("threads.add_client_tool_output", `{"thread_id":"t","result":null}`), &chatkit.AddClientToolOutput{ThreadID: "t"}},
		{request("threads.add_client_tool_output", `{"thread_id":"t"}`), &chatkit.AddClientToolOutput{ThreadID: "t"}},
		{request("threads.add_client_tool_output", `{"thread_id":"t","result":[1, 12345678901234567890]}`), &chatkit.AddClientToolOutput{ThreadID: "t", Result: raw(`[1,12345678901234567890]`)}},
		{request("threads.add_structured_input", `{"thread_id":"t","item_id":"i","input":{}}`), &chatkit.AddStructuredInput{ThreadID: "t", ItemID: "i", Status: chatkit.InputAnswered}},
		{request("threads.add_structured_input", `{"thread_id":"t","item_id":"i","input":{"status":"skipped","answers":{"a":{"values":["x"]},"b":{"skipped":true},"c":null}}}`),
			&chatkit.AddStructuredInput{ThreadID: "t", ItemID: "i", Status: chatkit.InputSkipped, Answers: map[string]chatkit.Answer{
				"a": {Values: []string{"x"}}, "b": {Skipped: true}, "c": {},
			}}},
		{request("threads.retry_after_item", `{"thread_id":"t","item_id":"i"}`), &chatkit.RetryAfterItem{ThreadID: "t", ItemID: "i"}},
		{request("threads.custom_action", `{"thread_id":"t","item_id":null,"action":{"type":"a","payload":{"x":null},"handler":"server"}}`),
			&chatkit.CustomAction{ThreadID: "t", Action: chatkit.Action{Type: "a", Payload: raw(`{"x":null}`)}}},
		{request("threads.sync_custom_action", `{"thread_id":"t","item_id":"i","action":{"type":"a"}}`),
			&chatkit.SyncCustomAction{ThreadID: "t", ItemID: "i", Action: chatkit.Action{Type: "a"}}},
		{request("threads.get_by_id", `{"thread_id":"t"}`), &chatkit.GetThread{ThreadID: "t"}},
		{request("threads.list", `{}`), &chatkit.ListThreads{Paging: firstPage}},
		{request("threads.list", `{"limit":0,"order":null,"after":null}`), &chatkit.ListThreads{Paging: firstPage}},
		{request("threads.list", `{"limit":1e9,"order":"asc","after":"thr_1"}`), &chatkit.ListThreads{Paging: chatkit.Paging{Limit: 100, Ascending: true, After: "thr_1"}}},
		{request("items.list", `{"thread_id":"t","limit":5.0,"order":"desc"}`), &chatkit.ListItems{ThreadID: "t", Paging: chatkit.Paging{Limit: 5}}},
		{request("threads.update", `{"thread_id":"t","title":""}`), &chatkit.UpdateThread{ThreadID: "t"}},
		{request("threads.delete", `{"thread_id":"t"}`), &chatkit.DeleteThread{ThreadID: "t"}},
		{request("items.feedback", `{"thread_id":"t","item_ids":["a","b"],"kind":"negative"}`),
			&chatkit.Feedback{ThreadID: "t", ItemIDs: []string{"a", "b"}, Kind: chatkit.FeedbackNegative}},
		{request("attachments.create", `{"name":"رپورٹ v1.pdf","size":1,"mime_type":null}`), &chatkit.CreateAttachment{Name: "رپورٹ v1.pdf", Size: 1, MimeType: "application/octet-stream"}},
		{request("attachments.create", `{"name":"a","size":9007199254740991,"mime_type":"text/plain; charset=utf-8"}`), &chatkit.CreateAttachment{Name: "a", Size: 9007199254740991, MimeType: "text/plain; charset=utf-8"}},
		{request("attachments.delete", `{"attachment_id":"a"}`), &chatkit.DeleteAttachment{AttachmentID: "a"}},
		{request("input.transcribe", `{"audio_base64":"AP\/\/","mime_type":"audio/ogg;codecs=opus"}`), &chatkit.Transcribe{Audio: []byte{0, 255, 255}, MimeType: "audio/ogg;codecs=opus"}},
	} {
		r, err := chatkit.DecodeRequest([]byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.body, err)
			continue
		}
		if !reflect.DeepEqual(r.Params, c.want) {
			t.Errorf("%s:\ngot %+v\nwant %+v", c.body, r.Params, c.want)
		}
		if prefix := `{"type":"` + string(r.Type) + `"`; !strings.HasPrefix(c.body, prefix) {
			t.Errorf("%s: type %q", c.body, r.Type)
		}
	}
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	r, err := chatkit.DecodeRequest([]byte(` { "metadata" : { "a" : [ 1.0 , null ] } , "params" : { } , "type" : "threads.list", "x": 1 } `))
	if err != nil || string(r.Metadata) != `{"a":[1.0,null]}` || r.Type != chatkit.TypeListThreads {
		t.Errorf("%+v, %v", r, err)
	}
	for _, body := range []string{`{"type":"threads.list","params":{}}`, `{"type":"threads.list","params":{},"metadata":null}`} {
		if r, err := chatkit.DecodeRequest([]byte(body)); err != nil || r.Metadata != nil {
			t.Errorf("%s: metadata %s, %v", body, r.Metadata, err)
		}
	}
}

func TestWhatStreams(t *testing.T) {
	t.Parallel()
	streams := 0
	for _, r := range readRecordings(t) {
		for _, step := range r.Steps {
			decoded, err := chatkit.DecodeRequest(step.Request.Body)
			if err != nil || step.Response.Status != 200 {
				continue
			}
			if got, want := decoded.Type.Streams(), step.Response.Body == nil; got != want {
				t.Errorf("%s, %s: %s streams: %v, recorded %v", r.Name, step.Label, decoded.Type, got, want)
			}
			if decoded.Type.Streams() {
				streams++
			}
		}
	}
	if streams < 40 {
		t.Errorf("only %d streams", streams)
	}
}

// refusedWith sees that a body is refused in words that name the place.
func refusedWith(t *testing.T, name, body, code, want string) {
	t.Helper()
	r, err := chatkit.DecodeRequest([]byte(body))
	bad, ok := errors.AsType[*chatkit.RequestError](err)
	if !ok || bad.Status != 400 || bad.Code != code || !strings.Contains(bad.Detail, want) || !strings.HasSuffix(bad.Detail, ".") {
		t.Errorf("%s: %+v, %+v; want 400 %s %q", name, r, err, code, want)
	}
}

func TestRequestsThatMissSomething(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`:                               "type is missing",
		`{"type":null,"params":{}}`:        "type is missing",
		`{"type":7,"params":{}}`:           "type must be a string",
		`{"type":"threads.nope"}`:          "type must be a known request type",
		`{"Type":"threads.list"}`:          "type is missing",
		`{"type":"threads.list"}`:          "params is missing",
		request("threads.list", `null`):    "params is missing",
		request("threads.list", `[]`):      "params must be an object",
		request("threads.create", `{}`):    "params.input is missing",
		request("threads.get_by_id", `{}`): "params.thread_id is missing",
		request("threads.get_by_id", `{"Thread_Id":"t","THREAD_ID":"t"}`):                                                       "params.thread_id is missing",
		request("threads.get_by_id", `{"thread_id":["t"]}`):                                                                     "params.thread_id must be a string",
		request("threads.get_by_id", `{"thread_id":""}`):                                                                        "params.thread_id must have 1 to 200 characters",
		request("threads.retry_after_item", `{"thread_id":"t"}`):                                                                "params.item_id is missing",
		request("threads.update", `{"thread_id":"t"}`):                                                                          "params.title is missing",
		request("threads.custom_action", `{"thread_id":"t"}`):                                                                   "params.action is missing",
		request("threads.custom_action", `{"thread_id":"t","item_id":"","action":{"type":"a"}}`):                                "params.item_id must have",
		request("threads.custom_action", `{"thread_id":"t","action":{"payload":{}}}`):                                           "params.action.type is missing",
		request("threads.add_structured_input", `{"thread_id":"t","item_id":"i"}`):                                              "params.input is missing",
		request("threads.add_structured_input", `{"thread_id":"t","item_id":"i","input":{"status":"pending"}}`):                 `params.input.status must be "answered" or "skipped"`,
		request("threads.add_structured_input", `{"thread_id":"t","item_id":"i","input":{"answers":[]}}`):                       "params.input.answers must be an object",
		request("threads.add_structured_input", `{"thread_id":"t","item_id":"i","input":{"answers":{"q":{"values":["a",1]}}}}`): "params.input.answers.q.values[1] must be a string",
		request("threads.add_structured_input", `{"thread_id":"t","item_id":"i","input":{"answers":{"q":{"skipped":"no"}}}}`):   "params.input.answers.q.skipped must be true or false",
		request("items.feedback", `{"thread_id":"t","kind":"positive"}`):                                                        "params.item_ids must name 1 to 100 items",
		request("items.feedback", `{"thread_id":"t","item_ids":["a",""],"kind":"positive"}`):                                    "params.item_ids[1] must have",
		request("items.feedback", `{"thread_id":"t","item_ids":["a"],"kind":"meh"}`):                                            `params.kind must be "positive" or "negative"`,
		request("attachments.create", `{"name":"a","mime_type":"image/png"}`):                                                   "params.size is missing",
		request("attachments.create", `{"name":"a","size":0,"mime_type":"image/png"}`):                                          "params.size must be at least 1",
		request("attachments.create", `{"name":"a","size":-1,"mime_type":"image/png"}`):                                         "params.size must be at least 1",
		request("attachments.create", `{"name":"a","size":1.5,"mime_type":"image/png"}`):                                        "params.size must be a whole number",
		request("attachments.create", `{"name":"a","size":"1","mime_type":"image/png"}`):                                        "params.size must be a whole number",
		request("attachments.create", `{"name":"a","size":1,"mime_type":"png"}`):                                                "params.mime_type must be a media type",
		request("attachments.create", `{"name":"a","size":1,"mime_type":"image/png\r\nX: y"}`):                                  "params.mime_type must be a media type",
		request("attachments.delete", `{}`):                                                                                     "params.attachment_id is missing",
		request("input.transcribe", `{"audio_base64":"!!","mime_type":"audio/webm"}`):                                           "params.audio_base64 must be",
		request("input.transcribe", `{"audio_base64":"","mime_type":"audio/webm"}`):                                             "params.audio_base64 must be",
		request("input.transcribe", `{"audio_base64":"AAAA","mime_type":"text/html"}`):                                          "params.mime_type must be a type of sound",
		`{"type":"threads.list","params":{},"metadata":[]}`:                                                                     "metadata must be an object",
		message(`{"content":"hi"}`):   "params.input.content must be a list",
		message(`{"content":["hi"]}`): "params.input.content[0] must be an object",
		message(`{"content":[{"type":"input_text","text":"a"},{"type":"input_image"}]}`):                  "params.input.content[1].type must be",
		message(`{"content":[{"type":"input_text"}]}`):                                                    "params.input.content[0].text is missing",
		message(`{"content":[{"type":"input_tag","text":"a"}]}`):                                          "params.input.content[0].id is missing",
		message(`{"content":[{"type":"input_tag","text":"a","id":"t","data":[]}]}`):                       "params.input.content[0].data must be an object",
		message(`{"content":[{"type":"input_tag","text":"a","id":"t","interactive":1}]}`):                 "params.input.content[0].interactive must be true or false",
		message(`{"content":[],"attachments":[{"id":"a"}]}`):                                              "params.input.attachments[0] must be a string",
		message(`{"content":[],"attachments":["a","b","a"]}`):                                             "params.input.attachments[2] names an attachment twice",
		message(`{"content":[{"type":"input_text","text":"a"}],"inference_options":{"tool_choice":"s"}}`): "params.input.inference_options.tool_choice must be an object",
		message(`{"content":[{"type":"input_text","text":"a"}],"inference_options":{"tool_choice":{}}}`):  "params.input.inference_options.tool_choice.id is missing",
		message(`{"content":[{"type":"input_text","text":"a"}],"inference_options":{"model":3}}`):         "params.input.inference_options.model must be a string",
	} {
		refusedWith(t, body, body, "invalid_request", want)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("ش", n) }
	quoted := func(n int) string { return string(chatkit.MustJSON(long(n))) }
	parts := func(n int) string {
		return message(`{"content":[` + strings.TrimSuffix(strings.Repeat(`{"type":"input_text","text":"a"},`, n), ",") + `]}`)
	}
	attachments := func(n int) string {
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprintf("atc_%d", i)
		}
		return message(`{"attachments":` + string(chatkit.MustJSON(ids)) + `}`)
	}
	with := func(kind, format string) func(int) string {
		return func(n int) string { return request(kind, fmt.Sprintf(format, quoted(n))) }
	}
	for name, c := range map[string]struct {
		body  func(int) string
		limit int
		want  string
	}{
		"text": {func(n int) string { return text(long(n)) }, 32000, "params.input.content must have at most 32000"},
		"text in parts": {func(n int) string {
			return message(`{"content":[{"type":"input_text","text":` + quoted(16000) + `},{"type":"input_tag","id":"t","text":` + quoted(n) + `}]}`)
		}, 16000, "params.input.content must have at most 32000"},
		"quote":         {with("threads.create", `{"input":{"attachments":["a"],"quoted_text":%s}}`), 32000, "params.input.quoted_text must have at most 32000"},
		"parts":         {parts, 64, "params.input.content must have at most 64 parts"},
		"attachments":   {attachments, 10, "params.input.attachments must name at most 10"},
		"an attachment": {with("threads.create", `{"input":{"attachments":[%s]}}`), 200, "params.input.attachments[0] must have 1 to 200"},
		"a model":       {with("threads.create", `{"input":{"attachments":["a"],"inference_options":{"model":%s}}}`), 200, "params.input.inference_options.model must have"},
		"a tool":        {with("threads.create", `{"input":{"attachments":["a"],"inference_options":{"tool_choice":{"id":%s}}}}`), 200, "params.input.inference_options.tool_choice must have"},
		"a tag's id":    {with("threads.create", `{"input":{"attachments":["a"],"content":[{"type":"input_tag","text":"","id":%s}]}}`), 200, "params.input.content[0].id must have"},
		"a group":       {with("threads.create", `{"input":{"attachments":["a"],"content":[{"type":"input_tag","text":"","id":"","group":%s}]}}`), 200, "params.input.content[0].group must have"},
		"a cursor":      {with("threads.list", `{"after":%s}`), 200, "params.after must have at most 200"},
		"an id":         {with("threads.delete", `{"thread_id":%s}`), 200, "params.thread_id must have 1 to 200"},
		"an action":     {with("threads.custom_action", `{"thread_id":"t","action":{"type":%s}}`), 200, "params.action.type must have 1 to 200"},
		"a title":       {with("threads.update", `{"thread_id":"t","title":%s}`), 255, "params.title must have at most 255"},
		"a file name":   {with("attachments.create", `{"name":%s,"size":1,"mime_type":"a/b"}`), 255, "params.name must have at most 255"},
		"answers":       {with("threads.add_structured_input", `{"thread_id":"t","item_id":"i","input":{"answers":{"q":{"values":[%s]}}}}`), 32000, "params.input.answers must have at most 32000"},
		"a question":    {with("threads.add_structured_input", `{"thread_id":"t","item_id":"i","input":{"answers":{%s:{}}}}`), 200, "params.input.answers must have"},
		"feedback": {func(n int) string {
			return request("items.feedback", `{"thread_id":"t","kind":"positive","item_ids":[`+strings.TrimSuffix(strings.Repeat(`"a",`, n), ",")+`]}`)
		}, 100, "params.item_ids must name 1 to 100"},
		"values": {func(n int) string {
			return request("threads.add_structured_input", `{"thread_id":"t","item_id":"i","input":{"answers":{"q":{"values":[`+strings.TrimSuffix(strings.Repeat(`"a",`, n), ",")+`]}}}}`)
		}, 64, "params.input.answers.q must have at most 64 values"},
	} {
		if _, err := chatkit.DecodeRequest([]byte(c.body(c.limit))); err != nil {
			t.Errorf("%s of %d: %v", name, c.limit, err)
		}
		refusedWith(t, name, c.body(c.limit+1), "invalid_request", c.want)
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "a b.txt", ".profile", "..x", "نقشہ.png", "a:b", "C#.md", "🙂.gif"} {
		if problem := chatkit.CheckFileName(name); problem != "" {
			t.Errorf("%q %s", name, problem)
		}
	}
	for _, name := range []string{"", " ", "\u200b", ".", "..", "a/b", `a\b`, "../etc/passwd", "a\nb", "a\tb", "a\x7f", "a\u0085", "a\x00b", strings.Repeat("a", 256)} {
		if chatkit.CheckFileName(name) == "" {
			t.Errorf("%q is taken", name)
		}
	}
}
