package chatkit_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 123456789, time.FixedZone("", 5*3600))

func base(id string) chatkit.Base {
	return chatkit.Base{ID: id, ThreadID: "thr_1", CreatedAt: noon}
}

// head is what base becomes on the wire.
func head(id, kind string) string {
	return `{"id":"` + id + `","thread_id":"thr_1","created_at":"2026-11-23T07:00:00.123456Z","type":"` + kind + `"`
}

func TestItemsOnTheWire(t *testing.T) {
	t.Parallel()
	index := 0
	for _, c := range []struct {
		name string
		item chatkit.Item
		want string
	}{
		{"an empty message of a user", &chatkit.UserMessage{Base: base("msg_1")},
			head("msg_1", "user_message") + `,"content":[],"attachments":[],"inference_options":{}}`},
		{"a full message of a user", &chatkit.UserMessage{
			Base: base("msg_1"), QuotedText: "before",
			Content: []chatkit.UserContent{
				{Type: chatkit.InputText, Text: "<b>&\u2028\"", ID: "not of a text"},
				{Type: chatkit.InputTag, Text: "@x", ID: "t1", Data: json.RawMessage("{ \"n\" : null,\n \"big\" : 12345678901234567890.10 }"), Group: "g"},
			},
			Attachments:      []chatkit.Attachment{{ID: "atc_1", Name: "a.png", MimeType: "image/png", PreviewURL: "https://x/p", Metadata: map[string]any{"secret": 1}}},
			InferenceOptions: chatkit.InferenceOptions{ToolChoice: "search", Model: "m"},
		},
			head("msg_1", "user_message") + `,"content":[{"type":"input_text","text":"<b>&` + "\u2028" + `\""},` +
				`{"type":"input_tag","id":"t1","text":"@x","data":{"n":null,"big":12345678901234567890.10},"group":"g","interactive":false}],` +
				`"attachments":[{"type":"image","id":"atc_1","name":"a.png","mime_type":"image/png","preview_url":"https://x/p"}],` +
				`"quoted_text":"before","inference_options":{"tool_choice":{"id":"search"},"model":"m"}}`},
		{"an answer", &chatkit.AssistantMessage{Base: base("msg_2"), Content: []chatkit.AssistantContent{
			{Text: "a\tb\x01\xff"},
			{Text: "c", Annotations: []chatkit.Annotation{
				{Source: chatkit.Source{Type: chatkit.SourceEntity, Title: "T", ID: "e"}, Index: &index},
				{Source: chatkit.Source{Type: chatkit.SourceFile, Title: "T", Filename: "f", URL: "not of a file"}},
			}},
		}},
			head("msg_2", "assistant_message") + `,"content":[{"type":"output_text","text":"a\tb\u0001` + "\uFFFD" + `","annotations":[]},` +
				`{"type":"output_text","text":"c","annotations":[{"type":"annotation","source":{"type":"entity","title":"T","id":"e","interactive":false,"data":{}},"index":0},` +
				`{"type":"annotation","source":{"type":"file","title":"T","filename":"f"}}]}]}`},
		{"a call", &chatkit.ClientToolCall{Base: base("tc_1"), CallID: "c", Name: "n", Output: json.RawMessage(" null ")},
			head("tc_1", "client_tool_call") + `,"status":"pending","call_id":"c","name":"n","arguments":{}}`},
		{"a widget with nulls", &chatkit.WidgetItem{Base: base("msg_3"), Widget: chatkit.Widget{
			"type": "Card", "size": nil, "children": []any{
				map[string]any{"type": "X", "y": map[string]any{"z": nil}, "l": []any{nil}},
				chatkit.Transition{}, chatkit.Col{}, nil,
				json.RawMessage(`{"type":"R","n":null}`), struct {
					A *int `json:"a"`
				}{},
			},
		}},
			head("msg_3", "widget") + `,"widget":{"children":[{"l":[null],"type":"X","y":{}},{"type":"Transition"},{"children":[],"type":"Col"},null,{"type":"R"},{}],"type":"Card"}}`},
		{"an image to come", &chatkit.GeneratedImage{Base: base("msg_4")}, head("msg_4", "generated_image") + `}`},
		{"questions", &chatkit.StructuredInput{Base: base("msg_5"), Inputs: []chatkit.Question{
			{Type: chatkit.MultipleChoice, ID: "a", Text: "A?", Options: []chatkit.Option{{"x"}}, Answer: &chatkit.Answer{Skipped: true}},
			{Type: chatkit.Freeform, ID: "b", Text: "B?", Multiple: true},
		}},
			head("msg_5", "structured_input") + `,"status":"pending","inputs":[` +
				`{"type":"multiple_choice","id":"a","question":"A?","answer":{"values":[],"skipped":true},"options":[{"value":"x"}],"multiple":false},` +
				`{"type":"freeform","id":"b","question":"B?"}]}`},
		{"a workflow", &chatkit.WorkflowItem{Base: base("wf_1"), Workflow: chatkit.Workflow{
			Type: chatkit.WorkflowReasoning, Summary: &chatkit.Summary{}, Tasks: []chatkit.Task{
				{Type: chatkit.TaskWebSearch}, {Type: chatkit.TaskThought}, {Type: chatkit.TaskFile}, {Type: chatkit.TaskImage},
			},
		}},
			head("wf_1", "workflow") + `,"workflow":{"type":"reasoning","tasks":[{"status_indicator":"none","type":"web_search","queries":[],"sources":[]},` +
				`{"status_indicator":"none","type":"thought","content":""},{"status_indicator":"none","type":"file","sources":[]},` +
				`{"status_indicator":"none","type":"image"}],"summary":{"duration":0},"expanded":false}}`},
		{"a task", &chatkit.TaskItem{Base: base("tsk_1"), Task: chatkit.Task{Type: chatkit.TaskCustom, Status: chatkit.TaskLoading, Title: "T", Icon: "bolt"}},
			head("tsk_1", "task") + `,"task":{"status_indicator":"loading","type":"custom","title":"T","icon":"bolt"}}`},
		{"the end of a turn", &chatkit.EndOfTurn{Base: base("msg_6")}, head("msg_6", "end_of_turn") + `}`},
	} {
		if got, err := chatkit.AppendItem(nil, c.item); err != nil || string(got) != c.want {
			t.Errorf("%s:\nsent %s (%v)\nwant %s", c.name, got, err, c.want)
		}
	}
}

func TestStoredFormKeepsEverything(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		item chatkit.Item
		want string
	}{
		{&chatkit.WidgetItem{Base: base("msg_1"), Widget: chatkit.Widget{"type": "Card", "size": nil}}, `"widget":{"size":null,"type":"Card"}`},
		{&chatkit.UserMessage{Base: base("msg_1"), Attachments: []chatkit.Attachment{{ID: "atc_1", Metadata: map[string]any{"k": nil}}}}, `"metadata":{"k":null}`},
		{&chatkit.EndOfTurn{Base: base("msg_1")}, `"created_at":"2026-11-23T07:00:00.123456789Z"`},
		{&chatkit.HiddenContext{Base: base("msg_1")}, `"type":"hidden_context_item","content":null`},
	} {
		if got, err := chatkit.MarshalItem(c.item); err != nil || !strings.Contains(string(got), c.want) {
			t.Errorf("stored %s (%v), want %s in it", got, err, c.want)
		}
	}
}

func TestThreadsOnTheWire(t *testing.T) {
	t.Parallel()
	thread := &chatkit.Thread{
		ID: "thr_1", CreatedAt: noon.Truncate(time.Second), Metadata: map[string]any{"secret": "canary"},
		Status: chatkit.Status{Type: chatkit.StatusLocked, Reason: "r"}, AllowedImageDomains: []string{},
	}
	want := `{"id":"thr_1","created_at":"2026-11-23T07:00:00Z","status":{"type":"locked","reason":"r"},"allowed_image_domains":[],"metadata":{},"items":{"data":[],"has_more":false}}`
	if got, err := thread.AppendJSON(nil); err != nil || string(got) != want {
		t.Errorf("sent %s (%v)\nwant %s", got, err, want)
	}
	page := chatkit.Page[*chatkit.Thread]{Data: []*chatkit.Thread{{ID: "a", CreatedAt: noon}}, HasMore: true, After: "a"}
	want = `{"data":[{"id":"a","created_at":"2026-11-23T07:00:00.123456Z","status":{"type":"active"},"metadata":{},"items":{"data":[],"has_more":false}}],"has_more":true,"after":"a"}`
	if got, err := chatkit.AppendThreads(nil, page); err != nil || string(got) != want {
		t.Errorf("sent %s (%v)\nwant %s", got, err, want)
	}
	page.HasMore, page.Data = false, nil
	if got, err := chatkit.AppendThreads(nil, page); err != nil || string(got) != `{"data":[],"has_more":false}` {
		t.Errorf("sent %s (%v)", got, err)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	cyclic := chatkit.Widget{"type": "Card"}
	cyclic["children"] = []any{cyclic}
	for name, c := range map[string]struct {
		item chatkit.Item
		want string
	}{
		"nothing":                    {nil, "nil"},
		"half a JSON":                {&chatkit.ClientToolCall{Arguments: json.RawMessage(`{"a":`)}, "arguments is malformed"},
		"two lines in one":           {&chatkit.ClientToolCall{Arguments: json.RawMessage("{}\n\ndata: {}")}, "arguments is malformed"},
		"no object":                  {&chatkit.ClientToolCall{Arguments: json.RawMessage(`[]`)}, "arguments must be an object"},
		"no UTF-8":                   {&chatkit.ClientToolCall{Output: json.RawMessage("\"\xff\"")}, "output is malformed"},
		"a widget without a type":    {&chatkit.WidgetItem{}, "widget has no type"},
		"a widget within itself":     {&chatkit.WidgetItem{Widget: cyclic}, "within itself"},
		"a function in a widget":     {&chatkit.WidgetItem{Widget: chatkit.Widget{"type": "X", "f": func() {}}}, "widget cannot be written"},
		"no number in a widget":      {&chatkit.WidgetItem{Widget: chatkit.Widget{"type": "X", "f": math.NaN()}}, "widget cannot be written"},
		"a part of an unknown type":  {&chatkit.UserMessage{Content: []chatkit.UserContent{{}, {}}}, "content[0].type must be"},
		"a task of an unknown type":  {&chatkit.TaskItem{Task: chatkit.Task{Type: "x"}}, "task.type must be"},
		"a year of five digits":      {&chatkit.EndOfTurn{Base: chatkit.Base{CreatedAt: noon.AddDate(9999, 0, 0)}}, "created_at must"},
		"an unknown state of a call": {&chatkit.ClientToolCall{Status: "x"}, `status must be "pending" or "completed"`},
	} {
		before := []byte("data: ")
		got, err := chatkit.AppendItem(before, c.item)
		if err == nil || !strings.Contains(err.Error(), c.want) || string(got) != "data: " {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}

func TestDamagedItems(t *testing.T) {
	t.Parallel()
	const ok = `"thread_id":"thr_1","created_at":"2026-11-23T07:00:00Z"`
	for name, c := range map[string]struct{ stored, want string }{
		"nothing":              {``, "ends too early"},
		"half":                 {`{"id":"a"`, "ends too early"},
		"no object":            {`[]`, "must be an object"},
		"no type":              {`{"id":"a",` + ok + `}`, "type is missing"},
		"an unknown type":      {`{"id":"a","type":"hologram",` + ok + `}`, `unknown item type "hologram"`},
		"a type in capitals":   {`{"id":"a","Type":"end_of_turn",` + ok + `}`, "type is missing"},
		"no id":                {`{"type":"end_of_turn",` + ok + `}`, "id is missing"},
		"an empty id":          {`{"id":"","type":"end_of_turn",` + ok + `}`, "empty id"},
		"a bad time":           {`{"id":"a","type":"end_of_turn","created_at":"yesterday"}`, "created_at must be a time"},
		"text that is none":    {`{"id":"a","type":"assistant_message","content":[{"type":"output_text","text":"x"},{"type":"output_text","text":1}],` + ok + `}`, "content[1].text must be a string"},
		"a list that is none":  {`{"id":"a","type":"user_message","content":{},` + ok + `}`, "content must be a list"},
		"a part that is none":  {`{"id":"a","type":"user_message","content":[3],` + ok + `}`, "content[0] must be an object"},
		"an unknown task":      {`{"id":"a","type":"task","task":{"type":"dance"},` + ok + `}`, "task.type must be"},
		"a widget that is one": {`{"id":"a","type":"widget","widget":"Card",` + ok + `}`, "widget must be an object"},
		"an unknown part":      {`{"id":"a","type":"assistant_message","content":[{"type":"output_audio","text":"x"}],` + ok + `}`, `content[0].type must be "output_text"`},
		"an unknown state":     {`{"id":"a","type":"structured_input","status":"lost",` + ok + `}`, `status must be "pending", "answered" or "skipped"`},
		"an index that is not": {`{"id":"a","type":"assistant_message","content":[{"type":"output_text","text":"x","annotations":[{"type":"annotation","source":{"type":"url","title":"T","url":"u"},"index":"3"}]}],` + ok + `}`, "content[0].annotations[0].index must be a whole number"},
		"headers that are not": {`{"id":"a","type":"user_message","attachments":[{"id":"x","type":"file","name":"n","mime_type":"m","upload_descriptor":{"url":"u","method":"PUT","headers":[]}}],` + ok + `}`, "attachments[0].upload_descriptor.headers must be an object"},
		"metadata that is not": {`{"id":"a","type":"user_message","attachments":[{"id":"x","type":"file","name":"n","mime_type":"m","metadata":1}],` + ok + `}`, "attachments[0].metadata must be an object"},
		"an index too large":   {`{"id":"a","type":"workflow","workflow":{"type":"custom","summary":{"duration":1e300}},` + ok + `}`, "workflow.summary.duration must be a whole number"},
		"too deep":             {`{"id":"a","type":"hidden_context_item","content":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `,` + ok + `}`, "nested more than"},
	} {
		item, err := chatkit.UnmarshalItem([]byte(c.stored))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v; want %q", name, item, err, c.want)
		}
	}
}

// Members in any order, escaped keys, white space, unknown and null members.
func TestItemsOfOtherWriters(t *testing.T) {
	t.Parallel()
	item, err := chatkit.UnmarshalItem([]byte(` {
		"content" : [ { "annotations" : null , "text":"\u0061\/\ud83d\ude00", "new":{"x":[1]}, "type":"output_text" } ] ,
		"created_at":"2026-11-23T12:00:00+05:00", "\u0074ype":"assistant_message", "thread_id":null, "id":"a" } `))
	if err != nil {
		t.Fatal(err)
	}
	m, ok := item.(*chatkit.AssistantMessage)
	if !ok || len(m.Content) != 1 || m.Content[0].Text != "a/😀" || m.ID != "a" || m.ThreadID != "" || m.CreatedAt != noon.Truncate(time.Second).UTC() {
		t.Errorf("read %#v", item)
	}
}

func TestMustJSON(t *testing.T) {
	t.Parallel()
	if got := string(chatkit.MustJSON(map[string]any{"a": "<&>"})); got != `{"a":"<&>"}` {
		t.Errorf("MustJSON = %s", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("MustJSON of a channel did not panic")
		}
	}()
	chatkit.MustJSON(make(chan int))
}

func TestDamagedThreadsAndAttachments(t *testing.T) {
	t.Parallel()
	if thread, err := chatkit.UnmarshalThread([]byte(`{"id":"t","created_at":"2026-11-23T07:00:00Z","allowed_image_domains":["a",1]}`)); err == nil || !strings.Contains(err.Error(), "allowed_image_domains[1] must be a string") {
		t.Errorf("%v, %v", thread, err)
	}
	if a, err := chatkit.UnmarshalAttachment([]byte(`{"id":"a"}`)); err == nil || !strings.Contains(err.Error(), "type is missing") {
		t.Errorf("%v, %v", a, err)
	}
	if thread, err := chatkit.UnmarshalThread([]byte(`{"id":"t","created_at":"2026-11-23T07:00:00Z"}`)); err != nil || thread.Status.Type != chatkit.StatusActive {
		t.Errorf("%v, %v", thread, err)
	}
}
