package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// A wayIn is a door for one user, as a host would go through it.
type wayIn struct {
	name string
	rpc  func(t testing.TB, method string, params map[string]any) rpcMessage
}

// waysIn opens every door to the same tasks: both eras over HTTP, and the
// built program over stdio.
func waysIn(t testing.TB, h *harness, user string) []wayIn {
	t.Helper()
	token := h.token(t, user)
	session := h.open(t, token)
	p := startStdio(t, withEnv(databaseEnv(h.Database)), withArgs("-user", user))
	p.hello(t)
	return []wayIn{
		{"HTTP " + statelessEra, func(t testing.TB, method string, params map[string]any) rpcMessage {
			return h.rpc(t, token, method, params).Message
		}},
		{"HTTP 2025-11-25", func(t testing.TB, method string, params map[string]any) rpcMessage {
			body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
			if err != nil {
				t.Fatal(err)
			}
			return h.send(t, "POST", h.URL, string(body), session).Message
		}},
		{"stdio", func(t testing.TB, method string, params map[string]any) rpcMessage {
			p.request(t, method, params)
			return p.next(t)
		}},
	}
}

func (d wayIn) call(t testing.TB, tool, args string, meta map[string]any) rpcMessage {
	t.Helper()
	params := map[string]any{"name": tool, "_meta": meta}
	if args != "" {
		params["arguments"] = json.RawMessage(args)
	}
	return d.rpc(t, "tools/call", params)
}

// refusal is what a refused call came to: the text of a tool error, or the
// code of a protocol error.
func refusal(t testing.TB, msg rpcMessage) string {
	t.Helper()
	if msg.Error != nil {
		return fmt.Sprintf("%d %s", msg.Error.Code, msg.Error.Message)
	}
	out := outcomeOf(t, msg)
	if !out.IsError || out.Structured != nil || out.Meta["taskwire/error"] == nil {
		t.Errorf("not refused: %s", msg.Result)
	}
	return out.text()
}

// quotedJSON is s as a JSON string.
func quotedJSON(s string) string { return string(mustMarshal(s)) }

// Section T of the attacks on tools: the same words over every door, and
// nothing has changed.
func TestHostileArguments(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	own := h.create(t, h.token(t, "alice"), "Own task")
	ways := waysIn(t, h, "alice")

	const createArgs = "title, description, priority, category, due_date, idempotency_key"
	title := func(s string) string { return `{"title":` + quotedJSON(s) + `}` }
	id := func(s string) string { return `{"task_id":` + quotedJSON(s) + `}` }
	const noTitle = "title: must have 1 to 255 characters, not only invisible ones"
	const notFound = "task_id: no task with that id"
	const badLimit = "limit: must be an integer from 1 to 100"
	cases := []struct {
		name, tool, args string
		want             string // exact
	}{
		{"T01 user_id", "create_task", `{"title":"x","user_id":"bob"}`, "user_id: no such argument; allowed are " + createArgs},
		{"T01 userId", "create_task", `{"title":"x","userId":"bob"}`, "userId: no such argument; allowed are " + createArgs},
		{"T01 owner", "get_task", `{"task_id":"x","owner":"bob"}`, "owner: no such argument; allowed are task_id"},
		{"T01 sub", "get_stats", `{"sub":"bob"}`, "sub: no such argument; this tool takes none"},
		{"T01 user_id null", "get_stats", `{"user_id":null}`, "user_id: no such argument; this tool takes none"},
		{"T01 several", "delete_task", `{"task_id":"x","sub":"bob","owner":1}`, "owner: no such argument; allowed are task_id\nsub: no such argument; allowed are task_id"},
		{"T01 title in another case", "create_task", `{"Title":"x"}`, "Title: no such argument; allowed are " + createArgs + "\ntitle: is required"},

		{"T05 number 0", "get_task", `{"task_id":0}`, "task_id: must be a string"},
		{"T05 number -1", "delete_task", `{"task_id":-1}`, "task_id: must be a string"},
		{"T05 number 1e3", "get_task", `{"task_id":1e3}`, "task_id: must be a string"},
		{"T05 over int64", "get_task", `{"task_id":9223372036854775808}`, "task_id: must be a string"},
		{"T05 boolean", "toggle_complete", `{"task_id":true}`, "task_id: must be a string"},
		{"T05 array", "get_task", `{"task_id":[` + quotedJSON(own) + `]}`, "task_id: must be a string"},
		{"T05 object", "get_task", `{"task_id":{}}`, "task_id: must be a string"},
		{"T05 null", "get_task", `{"task_id":null}`, "task_id: is required"},
		{"T05 absent", "delete_task", `{}`, "task_id: is required"},
		{"T05 text 0", "get_task", id("0"), notFound},
		{"T05 text -1", "delete_task", id("-1"), notFound},
		{"T05 text 1e3", "toggle_complete", id("1e3"), notFound},
		{"T05 text over int64", "get_task", id("9223372036854775808"), notFound},
		{"T05 NaN", "get_task", id("NaN"), notFound},
		{"T05 empty", "get_task", id(""), notFound},
		{"T05 empty to delete", "delete_task", id(""), notFound},
		{"T05 own id in upper case", "get_task", id(strings.ToUpper(own)), notFound},
		{"T05 own id with a space", "get_task", id(own + " "), notFound},
		{"T05 own id cut", "delete_task", id(own[:len(own)-1]), notFound},
		{"T05 wildcard", "delete_task", id("%"), notFound},
		{"T05 SQL", "delete_task", id("' OR 1=1 --"), notFound},
		{"T05 255 characters", "get_task", id(strings.Repeat("ک", 255)), notFound},
		{"T05 10 KiB", "get_task", id(strings.Repeat("x", 10<<10)), "task_id: may have up to 255 characters, this has 10240"},
		{"T05 NUL", "get_task", `{"task_id":"a\u0000b"}`, "task_id: must not contain the character U+0000"},

		{"T07 absent", "create_task", `{}`, "title: is required"},
		{"T07 null", "create_task", `{"title":null}`, "title: is required"},
		{"T07 empty", "create_task", title(""), noTitle},
		{"T07 blanks", "create_task", title(" \t\n\u00a0\u3000\u2028"), noTitle},
		{"T07 zero width space", "create_task", title("\u200b"), noTitle},
		{"T07 byte order mark", "create_task", title("\ufeff"), noTitle},
		{"T07 Hangul filler", "create_task", title("\u3164"), noTitle},
		{"T07 direction marks", "create_task", title("\u200f\u202e\u2066"), noTitle},
		{"T07 soft hyphen and joiners", "create_task", title("\u00ad\u200d\u200c\u2060\ufe0f"), noTitle},
		{"T07 Braille blank", "create_task", title("\u2800"), noTitle},
		{"T07 control characters", "create_task", title("\u0001\u001b"), noTitle},
		{"T07 tags", "create_task", title("\U000e0041\U000e007f"), noTitle},
		{"T07 to update", "update_task", `{"task_id":` + quotedJSON(own) + `,"title":"\u200b"}`, noTitle},
		{"T07 empty to update", "update_task", `{"task_id":` + quotedJSON(own) + `,"title":""}`, noTitle},
		{"T07 256 characters", "create_task", title(strings.Repeat("x", 256)), "title: may have up to 255 characters, this has 256"},

		{"T09 NUL", "create_task", `{"title":"a\u0000b"}`, "title: must not contain the character U+0000"},
		{"T09 NUL in description", "create_task", `{"title":"a","description":"\u0000"}`, "description: must not contain the character U+0000"},
		{"T09 NUL in search", "list_tasks", `{"search":"\u0000"}`, "search: must not contain the character U+0000"},
		{"T09 NUL in a date", "create_task", `{"title":"a","due_date":"2026-12-01\u0000"}`, "due_date: must not contain the character U+0000"},
		{"T09 NUL in a key", "create_task", `{"title":"a","idempotency_key":"\u0000"}`, "idempotency_key: must not contain the character U+0000"},
		{"T09 NUL in a cursor", "list_tasks", `{"cursor":"\u0000"}`, "cursor: must not contain the character U+0000"},

		{"T19 limit 0", "list_tasks", `{"limit":0}`, badLimit},
		{"T19 limit -1", "list_tasks", `{"limit":-1}`, badLimit},
		{"T19 limit 101", "list_tasks", `{"limit":101}`, badLimit},
		{"T19 limit 1e9", "list_tasks", `{"limit":1e9}`, badLimit},
		{"T19 limit 2.5", "list_tasks", `{"limit":2.5}`, badLimit},
		{"T19 limit as text", "list_tasks", `{"limit":"10"}`, badLimit},
		{"T19 limit true", "list_tasks", `{"limit":true}`, badLimit},
		{"T19 limit in an array", "list_tasks", `{"limit":[10]}`, badLimit},

		{"T21 10,000 tags", "create_task", `{"title":"x","tags":["a"` + strings.Repeat(`,"a"`, 9999) + `]}`, "tags: no such argument; allowed are " + createArgs},
		{"T21 a tag of 900 KiB", "create_task", `{"title":"x","tags":["` + strings.Repeat("a", 900<<10) + `"]}`, "tags: no such argument; allowed are " + createArgs},
		{"T21 nested arrays", "create_task", `{"title":"x","tags":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`, "tags: no such argument; allowed are " + createArgs},
		{"T21 long name", "get_stats", `{"` + strings.Repeat("n", 5000) + `":1}`, strings.Repeat("n", 40) + "…: no such argument; this tool takes none"},
		{"T21 name with line breaks", "get_stats", `{"a\nb\u001b[31m":1}`, "a\ufffdb\ufffd[31m: no such argument; this tool takes none"},

		{"T23 id", "update_task", `{"task_id":` + quotedJSON(own) + `,"id":"x"}`, "id: no such argument; allowed are task_id, title, description, priority, category, due_date"},
		{"T23 created_at", "update_task", `{"task_id":` + quotedJSON(own) + `,"title":"y","created_at":"2020-01-01T00:00:00Z"}`, "created_at: no such argument; allowed are task_id, title, description, priority, category, due_date"},
		{"T23 user_id", "update_task", `{"task_id":` + quotedJSON(own) + `,"title":"y","user_id":"bob"}`, "user_id: no such argument; allowed are task_id, title, description, priority, category, due_date"},
		{"T23 completed", "update_task", `{"task_id":` + quotedJSON(own) + `,"completed":true}`, "completed: no such argument; allowed are task_id, title, description, priority, category, due_date"},

		{"T29 null", "create_task", `null`, "title: is required"},
		{"T29 absent", "create_task", "", "title: is required"},
		{"T29 array", "create_task", `[]`, "arguments: must be an object"},
		{"T29 text", "create_task", `"x"`, "arguments: must be an object"},
		{"T29 number", "create_task", `1`, "arguments: must be an object"},
		{"T29 array for a tool without arguments", "get_stats", `[]`, "arguments: must be an object"},

		{"enum in another case", "create_task", `{"title":"x","priority":"High"}`, "priority: must be one of low, medium, high"},
		{"empty enum", "create_task", `{"title":"x","category":""}`, "category: must be one of work, personal, home, other"},
		{"enum as a number", "list_tasks", `{"status":1}`, "status: must be a string"},
		{"boolean as text", "toggle_complete", `{"task_id":` + quotedJSON(own) + `,"completed":"true"}`, "completed: must be true or false"},
		{"boolean as a number", "toggle_complete", `{"task_id":` + quotedJSON(own) + `,"completed":1}`, "completed: must be true or false"},
		{
			"all problems at once", "create_task", `{"title":"","priority":"urgent","due_date":5,"x":1}`,
			"x: no such argument; allowed are " + createArgs + "\n" + noTitle + "\npriority: must be one of low, medium, high\ndue_date: must be a string",
		},
		{"cursor that is none", "list_tasks", `{"cursor":"abc"}`, "cursor: not one that list_tasks gave for this sort_by and sort_order; leave it out to start anew"},
	}
	before := h.hash(t)
	t.Run("T19 limit 1e400", func(t *testing.T) {
		for _, d := range ways { // the words differ: one era's reader knows no such number
			refusal(t, d.call(t, "list_tasks", `{"limit":1e400}`, nil))
		}
	})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, d := range ways {
				if got := refusal(t, d.call(t, c.tool, c.args, nil)); got != c.want {
					t.Errorf("%s: %q, want %q", d.name, got, c.want)
				}
			}
		})
	}
	if h.hash(t) != before {
		t.Error("a refused call has changed something")
	}
}

// What no reader of JSON would read alike never reaches a tool.
func TestHostileJSON(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	ways := waysIn(t, h, "alice")
	before := h.hash(t)
	for name, args := range map[string]string{
		"T11 lone surrogate":            `{"title":"\ud800"}`,
		"T11 lone low surrogate":        `{"title":"\udc00x"}`,
		"T11 surrogates the wrong way":  `{"title":"\udc00\ud800"}`,
		"T11 lone surrogate in a name":  `{"title":"x","\ud800":1}`,
		"the same argument twice":       `{"title":"x","title":"y"}`,
		"nested 70 deep":                `{"title":"x","tags":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
		"the same argument, escaped":    `{"title":"x","\u0074itle":"y"}`,
		"the same argument, null first": `{"title":null,"title":"y"}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, d := range ways {
				msg := d.call(t, "create_task", args, nil)
				if msg.Error == nil || msg.Error.Code != -32700 {
					t.Errorf("%s: %s, want -32700", d.name, msg.Result)
				}
			}
		})
	}
	if h.hash(t) != before {
		t.Error("something has changed")
	}
}

// T13, T15: what a title may hold is stored and given back byte for byte.
func TestHostileTitlesAreKept(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	ways := waysIn(t, h, "alice")
	for _, title := range awkwardTitles {
		for _, d := range ways {
			msg := d.call(t, "create_task", `{"title":`+quotedJSON(title)+`}`, nil)
			task := taskOf(t, outcomeOf(t, msg))
			for _, other := range ways {
				got := taskOf(t, outcomeOf(t, other.call(t, "get_task", `{"task_id":`+quotedJSON(task.ID)+`}`, nil)))
				if got.Title != title {
					t.Errorf("created over %s, read over %s: %q, want %q", d.name, other.name, got.Title, title)
				}
			}
		}
	}
	if n := storetest.Count(t, h.Database, "tasks"); n != len(awkwardTitles)*len(ways) {
		t.Errorf("%d rows, want %d", n, len(awkwardTitles)*len(ways))
	}
}

var awkwardTitles = []string{
	"caf\u00e9 composed", "cafe\u0301 decomposed", "\u1e9b\u0323 never normalised", "\u212b \u00c5 A\u030a",
	"👩‍👩‍👧‍👦 family", "🏳️‍🌈", "𝕋𝕒𝕤𝕜 𠮷野家", "👍🏽",
	"دودھ خریدنا", "اُردُو زَبان کے اِعراب", "نیم\u200cفاصله", "\u202eolleh", "\u200fעברית\u200f", "\u2067\u0627\u2069",
	"'; DROP TABLE tasks;--", `" OR ""="`, "$1", "%s%n%d", `\`, `\x00`, `\u0000`, "{{7*7}}", "{{overdue}}", "${jndi:ldap://x}",
	"<script>alert(1)</script>", "a\tb\nc", "line\r\nbreak", "\x1b[31mred", "null", "true", "0", "-", ".",
	"a\u2028b\u2029c", "\ufffd", "\ufffe", "İstanbul ıssız", "straße", "z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅",
}

// T03: a task of somebody else answers exactly as one that never was, for
// every tool with a task_id, the resource and completion.
func TestAnothersTaskIsMissing(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(string(engine), func(t *testing.T) {
			h := startHTTP(t, engine, nil)
			theirs := h.create(t, h.token(t, "bob"), "Bob's secret")
			never := theirs[:len(theirs)-1] + "0"
			if never == theirs {
				never = theirs[:len(theirs)-1] + "1"
			}
			h.create(t, h.token(t, "alice"), "Alice's own")
			ways := waysIn(t, h, "alice")
			before := h.hash(t)
			tools := map[string]string{
				"get_task": `{"task_id":"ID"}`, "delete_task": `{"task_id":"ID"}`,
				"toggle_complete": `{"task_id":"ID"}`, "update_task": `{"task_id":"ID","title":"mine"}`,
			}
			for _, tool := range allTools() {
				takesID := false
				for _, p := range tool.parameters {
					takesID = takesID || p.name == "task_id"
				}
				if takesID != (tools[tool.name] != "") {
					t.Errorf("%s takes a task_id: %v, and this test thinks otherwise", tool.name, takesID)
				}
			}
			metas := []map[string]any{nil, {metaCallID: "c1"}, {metaIfUpdatedAt: "2026-01-01T00:00:00Z"}}
			for _, d := range ways {
				for tool, args := range tools {
					for _, meta := range metas {
						a := d.call(t, tool, strings.ReplaceAll(args, "ID", theirs), meta)
						b := d.call(t, tool, strings.ReplaceAll(args, "ID", never), meta)
						if !bytes.Equal(a.Result, b.Result) || refusal(t, a) != "task_id: no task with that id" {
							t.Errorf("%s, %s, %v: %s for Bob's and %s for none", d.name, tool, meta, a.Result, b.Result)
						}
					}
				}
				read := func(id string) string {
					msg := d.rpc(t, "resources/read", map[string]any{"uri": "task://" + id})
					if msg.Error == nil {
						t.Fatalf("%s: resource read: %s", d.name, msg.Result)
					}
					return strings.ReplaceAll(fmt.Sprint(msg.Error.Code, msg.Error.Message, string(msg.Error.Data)), id, "ID")
				}
				if a, b := read(theirs), read(never); a != b || !strings.HasPrefix(a, "-32") {
					t.Errorf("%s: resource is %s for Bob's and %s for none", d.name, a, b)
				}
				complete := func(prefix string) string {
					msg := d.rpc(t, "completion/complete", map[string]any{
						"ref":      map[string]any{"type": "ref/resource", "uri": taskTemplate},
						"argument": map[string]any{"name": "task_id", "value": prefix},
					})
					return string(msg.Result)
				}
				for _, prefix := range []string{theirs, "Bob", "bob's s"} {
					if a, b := complete(prefix), complete(never); a != b || strings.Contains(a, "task_") {
						t.Errorf("%s: completion of %q is %s, of none %s", d.name, prefix, a, b)
					}
				}
				list := outcomeOf(t, d.call(t, "list_tasks", `{"search":"secret"}`, nil))
				if string(list.Structured) != `{"tasks":[]}` {
					t.Errorf("%s: a search shows %s", d.name, list.Structured)
				}
			}
			if h.hash(t) != before {
				t.Error("something has changed")
			}
		})
	}
}

// T25 over every door: a retried call id has one effect.
func TestToggleRetried(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	ways := waysIn(t, h, "alice")
	id := h.create(t, h.token(t, "alice"), "x")
	meta := map[string]any{metaCallID: "call 1"}
	first := ""
	for range 2 {
		for _, d := range ways {
			out := outcomeOf(t, d.call(t, "toggle_complete", `{"task_id":`+quotedJSON(id)+`}`, meta))
			if task := taskOf(t, out); !task.Completed {
				t.Errorf("%s: toggled again", d.name)
			}
			if first == "" {
				first = out.text()
			} else if out.text() != first {
				t.Errorf("%s: %s, want the first answer %s", d.name, out.text(), first)
			}
		}
	}
}

// T27: a search is taken literally, whatever it looks like.
func TestHostileSearch(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	ways := waysIn(t, h, "alice")
	texts := []string{"100%", "under_score", `back\slash`, "(a+)+$", "[abc]", "a*b", "quote'", `"double"`, "%%", "__", `\%`}
	for _, text := range texts {
		h.create(t, h.token(t, "alice"), "title "+text+" end")
	}
	h.create(t, h.token(t, "alice"), "a plain title of many characters: "+strings.Repeat("a", 100)+"!")
	for _, search := range append(texts, "%", "_", `\`, "a+", "%_%", `\\`, "$", ".*", "^title", "' OR 1=1 --") {
		want := 0
		for _, text := range texts {
			if strings.Contains("title "+text+" end", search) {
				want++
			}
		}
		for _, d := range ways {
			var list listResult
			out := outcomeOf(t, d.call(t, "list_tasks", `{"search":`+quotedJSON(search)+`}`, nil))
			if err := json.Unmarshal(out.Structured, &list); err != nil || len(list.Tasks) != want {
				t.Errorf("%s: %q finds %d tasks, want %d; %s", d.name, search, len(list.Tasks), want, out.text())
			}
		}
	}
}

// T31: a panic in a handler is one bad answer and nothing else.
func TestPanicInTool(t *testing.T) {
	sound := getTask.run
	getTask.run = func(ts *toolset, ctx context.Context, c call) (any, error) {
		if c.args.text("task_id") == "panic" {
			panic("a secret of the inside")
		}
		return sound(ts, ctx, c)
	}
	t.Cleanup(func() { getTask.run = sound })

	h := startHTTP(t, storetest.SQLite, nil)
	id := h.create(t, h.token(t, "alice"), "x")
	logs := &syncBuffer{}
	ways := append(waysIn(t, h, "alice")[:2], inProcessStdio(t, h, "alice", logs))
	for _, d := range ways {
		for range 3 {
			msg := d.call(t, "get_task", `{"task_id":"panic"}`, nil)
			if msg.Error == nil || msg.Error.Code != -32603 || msg.Error.Message != "internal error" || msg.Error.Data != nil {
				t.Errorf("%s: %s %+v, want -32603 internal error", d.name, msg.Result, msg.Error)
			}
			task := taskOf(t, outcomeOf(t, d.call(t, "get_task", `{"task_id":`+quotedJSON(id)+`}`, nil)))
			if task.ID != id {
				t.Errorf("%s: after a panic %+v", d.name, task)
			}
		}
	}
	for name, log := range map[string]string{"HTTP": h.Log.String(), "stdio": logs.String()} {
		if !strings.Contains(log, "a secret of the inside") || !strings.Contains(log, "attacks_tools_test.go") {
			t.Errorf("%s: the log does not say where the panic was", name)
		}
	}
	tally.Counted(t, tally.Entry{Promise: "P7", What: "panics in handlers", Runs: 3 * len(ways)})
}

// inProcessStdio runs the program over stdio in this process.
func inProcessStdio(t testing.TB, h *harness, user string, logs io.Writer) wayIn {
	t.Helper()
	in, stdin, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	env := databaseEnv(h.Database)
	env["HOME"] = t.TempDir()
	ended := make(chan error, 1)
	go func() {
		err := run(context.Background(), []string{"-user", user}, func(name string) string { return env[name] }, in, out, logs)
		out.Close()
		ended <- err
	}()
	p := &stdioProcess{Stdin: stdin, Log: &syncBuffer{}, lines: make(chan string, 100)}
	go p.readLines(stdout)
	t.Cleanup(func() {
		stdin.Close()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		in.Close()
	})
	p.hello(t)
	return wayIn{"stdio in this process", func(t testing.TB, method string, params map[string]any) rpcMessage {
		return p.rpc(t, method, params)
	}}
}

// All that is wrong with a call is said at once, and no more than a model can
// read.
func TestMistakesAreToldAtOnce(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	for _, d := range waysIn(t, h, "alice") {
		for tool, c := range map[string]struct {
			args  string
			names []string
		}{
			"create_task": {
				`{"title":" ","description":5,"priority":"urgent","category":"garden","due_date":"tomorrow","idempotency_key":"a\tb"}`,
				[]string{"title", "description", "priority", "category", "due_date", "idempotency_key"},
			},
			"update_task": {`{"title":"","priority":1,"category":[],"due_date":"2026-02-30"}`, []string{"task_id", "title", "priority", "category", "due_date"}},
			"list_tasks": {
				`{"status":"done","due_after":"soon","due_before":"2026-13-01","limit":0,"sort_by":"id","owner":1}`,
				[]string{"owner", "status", "due_after", "due_before", "limit", "sort_by"},
			},
		} {
			lines := strings.Split(refusal(t, d.call(t, tool, c.args, nil)), "\n")
			for _, name := range c.names {
				if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, name+": ") }) {
					t.Errorf("%s, %s: %s is not named in %q", d.name, tool, name, lines)
				}
			}
			if len(lines) != len(c.names) {
				t.Errorf("%s, %s: %d lines, want %d: %q", d.name, tool, len(lines), len(c.names), lines)
			}
		}
	}
	many := make(map[string]int, 100_000)
	for i := range 100_000 {
		many[fmt.Sprintf("%x", i)] = 0
	}
	text := h.call(t, h.token(t, "alice"), "create_task", json.RawMessage(mustMarshal(many))).text()
	if lines := strings.Count(text, "\n") + 1; lines > maxProblems+2 || len(text) > 2500 || !strings.Contains(text, "title: is required") {
		t.Errorf("100,000 unknown arguments and no title are answered in %d lines, %d bytes: %.3000s", lines, len(text), text)
	}
	alive(t, h)
}
