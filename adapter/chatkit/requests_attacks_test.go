package chatkit_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
)

func TestHostileText(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, c := range map[string]struct{ body, want string }{
		"empty":                     {"", "byte 0: the text ends too early"},
		"blank":                     {" \n", "the text ends too early"},
		"no JSON":                   {"{nope", "byte 1: a key in double quotes is missing"},
		"half":                      {`{"type":`, "the text ends too early"},
		"the type twice":            {`{"type":"threads.list","type":"threads.delete","params":{}}`, "the same key appears twice"},
		"the type twice, escaped":   {`{"type":"threads.list","\u0074ype":"threads.delete","params":{}}`, "the same key appears twice"},
		"twice, deep down":          {request("threads.list", `{"x":[{"a":1,"b":2,"a":1}]}`), "the same key appears twice"},
		"junk behind":               {request("threads.list", `{}`) + `x`, "something follows the value"},
		"another request behind":    {request("threads.list", `{}`) + request("threads.list", `{}`), "something follows the value"},
		"a NUL behind":              {request("threads.list", `{}`) + "\x00", "something follows the value"},
		"65 deep":                   {request("threads.list", `{"x":`+deep(63)+`}`), "nested more than 64 deep"},
		"20,000 deep":               {`{"metadata":` + deep(20000) + `}`, "nested more than 64 deep"},
		"a number beyond any":       {`{"type":"threads.list","params":{},"metadata":{"n":1e400000}}`, "a number is too large"},
		"a negative one":            {`{"type":"threads.list","params":{},"metadata":{"n":-1e309}}`, "a number is too large"},
		"a byte order mark":         {"\ufeff" + request("threads.list", `{}`), "byte order mark"},
		"UTF-16":                    {"{\x00\"\x00", "a key in double quotes is missing"},
		"no UTF-8":                  {text("x")[:70] + "\xff" + text("x")[70:], "not valid UTF-8"},
		"an overlong slash":         {`{"a":"` + "\xc0\xaf" + `"}`, "not valid UTF-8"},
		"half a surrogate pair":     {`{"type":"\ud800"}`, "half of a surrogate pair"},
		"the other half":            {`{"type":"\udc00"}`, "half of a surrogate pair"},
		"two first halves":          {`{"type":"\ud800\ud800"}`, "half of a surrogate pair"},
		"half a pair in a key":      {`{"\ud800x":1}`, "half of a surrogate pair"},
		"a raw line break":          {"{\"type\":\"a\nb\"}", "a control character in a string"},
		"a raw NUL":                 {"{\"type\":\"a\x00b\"}", "a control character in a string"},
		"an escape of JavaScript":   {`{"type":"\x41"}`, "an unknown escape"},
		"half an escape":            {`{"type":"\u12"}`, "an unknown escape"},
		"single quotes":             {`{'type':'threads.list'}`, "a key in double quotes is missing"},
		"a comma too many":          {`{"type":"threads.list",}`, "a key in double quotes is missing"},
		"a comma too many, in list": {`[1,]`, "a value is missing"},
		"NaN":                       {`[NaN]`, "a value is missing"},
		"a leading zero":            {`[01]`, "a comma or a closing bracket"},
		"a leading plus":            {`[+1]`, "a value is missing"},
		"no digit":                  {`[1.]`, "a value is missing"},
		"no exponent":               {`[1e]`, "a value is missing"},
		"a comment":                 {`{/**/}`, "a key in double quotes is missing"},
		"nearly true":               {`[tru]`, "a value is missing"},
		"no colon":                  {`{"a" 1}`, "a colon is missing"},
	} {
		refusedWith(t, name, c.body, "invalid_json", c.want)
	}
}

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want string }{
		"null":            {`null`, "the request must be a JSON object"},
		"a list":          {`[]`, "the request must be a JSON object"},
		"a string":        {`"x"`, "the request must be a JSON object"},
		"a batch":         {`[` + request("threads.list", `{}`) + `]`, "the request must be a JSON object"},
		"an empty object": {`{}`, "type is missing"},

		"an empty text":          {text(""), "params.input.content must have text to see"},
		"no part":                {message(`{"content":[]}`), "params.input.content must have text to see"},
		"blanks":                 {text(" \t\r\n\u00a0\u3000"), "params.input.content must have text to see"},
		"only zero width":        {text("\u200b\ufeff\u2060\u200d"), "params.input.content must have text to see"},
		"a filler of Hangul":     {text("\u3164\u115f"), "params.input.content must have text to see"},
		"only direction marks":   {text("\u202e\u200f"), "params.input.content must have text to see"},
		"blank parts":            {message(`{"content":[{"type":"input_text","text":" "},{"type":"input_tag","id":"t","text":""}]}`), "params.input.content must have text to see"},
		"U+0000 in a text":       {text("a\x00b"), "params.input.content[0].text must not contain U+0000"},
		"U+0000 in a title":      {request("threads.update", `{"thread_id":"t","title":"\u0000"}`), "params.title must not contain U+0000"},
		"U+0000 in an id":        {request("threads.delete", `{"thread_id":"a\u0000"}`), "params.thread_id must not contain U+0000"},
		"U+0000 in a payload":    {request("threads.custom_action", `{"thread_id":"t","action":{"type":"a","payload":{"x":["\\\u0000"]}}}`), "params.action.payload must not contain U+0000"},
		"U+0000 in a key":        {request("threads.add_client_tool_output", `{"thread_id":"t","result":{"\u0000":1}}`), "params.result must not contain U+0000"},
		"U+0000 in a tag":        {message(`{"content":[{"type":"input_tag","id":"t","text":"a","data":{"x":"\u0000"}}]}`), "params.input.content[0].data must not contain U+0000"},
		"U+0000 in metadata":     {`{"type":"threads.list","params":{},"metadata":{"a":"\u0000"}}`, "metadata must not contain U+0000"},
		"U+0000 in an answer":    {request("threads.add_structured_input", `{"thread_id":"t","item_id":"i","input":{"answers":{"q":{"values":["\u0000"]}}}}`), "answers.q.values[0] must not contain U+0000"},
		"U+0000 in a question":   {request("threads.add_structured_input", `{"thread_id":"t","item_id":"i","input":{"answers":{"\u0000":{}}}}`), "must not contain U+0000"},
		"a negative limit":       {request("threads.list", `{"limit":-1}`), "params.limit must be a whole number"},
		"half a limit":           {request("threads.list", `{"limit":2.5}`), "params.limit must be a whole number"},
		"a limit that is text":   {request("items.list", `{"thread_id":"t","limit":"10"}`), "params.limit must be a whole number"},
		"a limit that is true":   {request("threads.list", `{"limit":true}`), "params.limit must be a whole number"},
		"an unknown order":       {request("threads.list", `{"order":"x"}`), `params.order must be "desc" or "asc"`},
		"a cursor that is none":  {request("threads.list", `{"after":7}`), "params.after must be a string"},
		"keys in capitals":       {`{"TYPE":"threads.list","params":{}}`, "type is missing"},
		"a long s in a key":      {`{"type":"threads.list","paramſ":{}}`, "params is missing"},
		"a Kelvin sign in a key": {request("items.feedback", `{"thread_id":"t","item_ids":["a"],"`+"\u212a"+`ind":"positive"}`), "params.kind is missing"},
	} {
		refusedWith(t, name, c.body, "invalid_request", c.want)
	}
}

// What looks like U+0000 and is none; what is in members that nobody reads.
func TestHarmlessText(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		text(`\u0000`),
		request("threads.add_client_tool_output", `{"thread_id":"t","result":"\\u0000"}`),
		request("threads.list", `{"unknown":"\u0000"}`),
		request("threads.list", `{"x":`+strings.Repeat("[", 62)+strings.Repeat("]", 62)+`}`),
		text("👩\u200d💻"), text("\u200b."), text("کام"), text("\uFFFD"),
		`{"type":"threads.list","params":{},"metadata":{"n":1e-400000,"m":123456789012345678901234567890}}`,
		`{"type":"threads.list","Type":"threads.delete","params":{}}`,
	} {
		if _, err := chatkit.DecodeRequest([]byte(body)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// A key is looked for among those before it: that must not take for ever.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	keys := map[string]int{}
	for i := range 20000 {
		keys[strings.Repeat("k", i%7)+string(rune('0'+i%10))+string(chatkit.MustJSON(i))] = i
	}
	body, err := json.Marshal(map[string]any{"type": "threads.list", "params": keys})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := chatkit.DecodeRequest(body); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes with %d keys: %v", len(body), len(keys), time.Since(start))
}

// What a user sends must not break the line that it is sent back in.
func TestFreeFormStaysOnItsLine(t *testing.T) {
	t.Parallel()
	r, err := chatkit.DecodeRequest([]byte(request("threads.add_client_tool_output", "{\"thread_id\":\"t\",\"result\":{\n\n \"data\" : \"x: y\\n\\\" \" ,\r\n\"n\":[ 1 , 2 ]}}")))
	if err != nil {
		t.Fatal(err)
	}
	sent, err := chatkit.AppendEvent(nil, &chatkit.ItemDone{Item: &chatkit.ClientToolCall{
		Base: base("tc_1"), Output: r.Params.(*chatkit.AddClientToolOutput).Result,
	}})
	if err != nil || !strings.Contains(string(sent), `"output":{"data":"x: y\n\" ","n":[1,2]}`) {
		t.Errorf("sent %s, %v", sent, err)
	}
	isOneLine(t, sent)
}
