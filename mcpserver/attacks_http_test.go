package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store/storetest"
)

// An attack is a request that would make a task if it were taken.
type attack struct {
	name   string
	body   string
	header map[string]string // beside those of the call; empty takes one out
	query  string
	status int
	code   string // of the problem answer
	rpc    int64  // of the JSON-RPC error
	words  string // that the body must hold
}

// internals are what no answer may show.
var internals = []string{
	"goroutine ", ".go:", "runtime error", "panic", "SELECT ", "INSERT ", "SQLITE", "SQLSTATE", "pgx", "taskwire.db",
	"json: ", "*mcp.", "store:", "eyJ",
}

// sound checks what every answer owes, whatever it says.
func sound(t testing.TB, name string, a answer) {
	t.Helper()
	id := a.Header.Get("X-Request-Id")
	if id == "" {
		t.Errorf("%s: the answer has no request id", name)
	}
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/problem+json") && (a.Message.RequestID != id || a.Message.Code == "" || a.Message.Detail == "") {
		t.Errorf("%s: a problem without its parts: %s", name, a.Body)
	}
	if a.Status >= 500 && a.Status != http.StatusServiceUnavailable {
		t.Errorf("%s: HTTP %d: %s", name, a.Status, a.Body)
	}
	for _, word := range internals {
		if strings.Contains(a.Body, word) {
			t.Errorf("%s: the body shows %q: %s", name, word, a.Body)
		}
	}
}

// alive checks that the server goes on: health, and another user's call.
func alive(t testing.TB, h *harness) {
	t.Helper()
	if a := h.send(t, http.MethodGet, h.Base+"/healthz", "", nil); a.Status != http.StatusOK {
		t.Errorf("/healthz: HTTP %d", a.Status)
	}
	if out := h.call(t, h.token(t, "bystander"), "get_stats", nil); out.IsError {
		t.Errorf("another user's call: %s", out.text())
	}
}

// check holds an answer against what the attack deserves.
func (c *attack) check(t testing.TB, a answer) {
	t.Helper()
	sound(t, c.name, a)
	if a.Status != c.status || c.code != "" && a.Message.Code != c.code || !strings.Contains(a.Body, c.words) {
		t.Errorf("%s: HTTP %d %.400s, want %d %s %q", c.name, a.Status, a.Body, c.status, c.code, c.words)
	}
	if c.rpc != 0 && (a.Message.Error == nil || int64(a.Message.Error.Code) != c.rpc) {
		t.Errorf("%s: %.400s, want JSON-RPC error %d", c.name, a.Body, c.rpc)
	}
}

// createCall is the call that attacks are made of.
func createCall(token string) (body string, header map[string]string) {
	return modern(token, "tools/call", map[string]any{"name": "create_task", "arguments": map[string]any{"title": "must not be"}})
}

// M01 to M33: what is wrong with a request as such, in both eras. Nothing of
// it changes a row.
func TestHostileRequests(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	token := h.token(t, "alice")
	h.create(t, token, "stays")
	session := h.open(t, token)
	body, good := createCall(token)
	older := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_task","arguments":{"title":"must not be"}}}`
	swap := func(old, new string) string {
		if !strings.Contains(older, old) {
			t.Fatalf("%q is not in the message", old)
		}
		return strings.Replace(older, old, new, 1)
	}
	deep := strings.Repeat(`{"a":`, 900) + "1" + strings.Repeat("}", 900)
	const (
		unreadable = int64(jsonrpc.CodeParseError)
		invalid    = int64(jsonrpc.CodeInvalidRequest)
	)

	both := []attack{ // a body of its own is that of an older message
		{name: "M01 origin of another site", header: map[string]string{"Origin": "https://evil.example"}, status: 403, code: "origin_not_allowed"},
		{name: "M01 origin null", header: map[string]string{"Origin": "null"}, status: 403, code: "origin_not_allowed"},
		{name: "M01 own origin with another port", header: map[string]string{"Origin": "http://127.0.0.1:1"}, status: 403, code: "origin_not_allowed"},
		{name: "M01 origin that begins as ours", header: map[string]string{"Origin": h.Base + ".evil.example"}, status: 403, code: "origin_not_allowed"},
		{name: "M03 cross-site without an origin", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403, code: "origin_not_allowed"},
		{name: "M05 host of another site", header: map[string]string{"Host": "evil.example"}, status: 403, code: "host_not_allowed"},
		{name: "M05 host that begins as ours", header: map[string]string{"Host": "127.0.0.1.evil.example"}, status: 403, code: "host_not_allowed"},
		{name: "M07 no token", header: map[string]string{"Authorization": ""}, status: 401, code: "token_missing"},
		{name: "M07 another scheme", header: map[string]string{"Authorization": "Basic YWxpY2U6eA=="}, status: 401, code: "token_invalid"},
		{name: "M07 a token without a scheme", header: map[string]string{"Authorization": token}, status: 401, code: "token_invalid"},
		{name: "M09 token in the query", query: "?access_token=" + token, header: map[string]string{"Authorization": ""}, status: 401, code: "token_missing"},
		{name: "M11 only reading", header: map[string]string{"Authorization": "Bearer " + h.token(t, "alice", scopeRead)}, status: 403, code: "insufficient_scope"},
		{name: "M13 UTF-16", header: map[string]string{"Content-Type": "application/json; charset=utf-16"}, status: 415, code: "unsupported_media_type"},
		{name: "M13 text/plain", header: map[string]string{"Content-Type": "text/plain"}, status: 415, code: "unsupported_media_type"},
		{name: "M13 no type", header: map[string]string{"Content-Type": ""}, status: 415, code: "unsupported_media_type"},
		{name: "M13 two types", header: map[string]string{"Content-Type": "application/json, application/json"}, status: 415, code: "unsupported_media_type"},
		{name: "packed", header: map[string]string{"Content-Encoding": "gzip"}, status: 415, code: "unsupported_media_type"},
		{name: "M31 version of the future", header: map[string]string{headerVersion: "2099-01-01"}, status: 400, rpc: mcp.CodeUnsupportedProtocolVersion, words: "2025-11-25"},
		{name: "M31 version of the past", header: map[string]string{headerVersion: "1999-01-01"}, status: 400, rpc: mcp.CodeUnsupportedProtocolVersion, words: statelessEra},
		{name: "M31 8 KiB of version", header: map[string]string{headerVersion: strings.Repeat("9", 8<<10)}, status: 400, rpc: mcp.CodeUnsupportedProtocolVersion, words: "Unsupported protocol version"},
		{name: "M33 another method in the header", header: map[string]string{"Mcp-Method": "tools/list"}, status: 400, rpc: mcp.CodeHeaderMismatch},
		{name: "M33 another tool in the header", header: map[string]string{"Mcp-Name": "get_task"}, status: 400, rpc: mcp.CodeHeaderMismatch},
		{name: "M33 the same tool in capitals", header: map[string]string{"Mcp-Name": "CREATE_TASK"}, status: 400, rpc: mcp.CodeHeaderMismatch},
	}
	onlyOlder := []attack{
		{name: "M19 900 deep", body: swap(`{"title":"must not be"}`, deep), status: 400, rpc: unreadable},
		{name: "M21 method twice", body: swap(`"method":`, `"method":"ping","method":`), status: 400, rpc: unreadable},
		{name: "M21 method twice, once escaped", body: swap(`"method":`, `"meth\u006fd":"ping","method":`), status: 400, rpc: unreadable},
		{name: "M21 name twice", body: swap(`"name":`, `"name":"get_task","name":`), status: 400, rpc: unreadable},
		{name: "M23 Method in capitals", body: swap(`"method"`, `"Method"`), status: 400, rpc: invalid},
		{name: "M23 ID in capitals", body: swap(`"id":1`, `"ID":1`), status: 400, rpc: invalid},
		{name: "M25 id of 30 digits", body: swap(`"id":1`, `"id":123456789012345678901234567890`), status: 400, rpc: invalid},
		{name: "M25 id 2^53", body: swap(`"id":1`, `"id":9007199254740992`), status: 400, rpc: invalid},
		{name: "id 1.5", body: swap(`"id":1`, `"id":1.5`), status: 400, rpc: invalid},
		{name: "id null", body: swap(`"id":1`, `"id":null`), status: 400, rpc: invalid},
		{name: "id an object", body: swap(`"id":1`, `"id":{}`), status: 400, rpc: invalid},
		{name: "M27 no version", body: swap(`"jsonrpc":"2.0",`, ``), status: 400, rpc: invalid},
		{name: "M27 version 1.0", body: swap(`"2.0"`, `"1.0"`), status: 400, rpc: invalid},
		{name: "M27 version a number", body: swap(`"2.0"`, `2.0`), status: 400, rpc: invalid},
		{name: "M29 batch of calls", body: "[" + older + "]", status: 400, rpc: invalid},
		{name: "M29 empty batch", body: "[]", status: 400, rpc: invalid},
		{name: "trailing junk", body: older + "x", status: 400, rpc: unreadable},
		{name: "two messages", body: older + older, status: 400, rpc: unreadable},
		{name: "bad UTF-8", body: swap("must not be", "\xff"), status: 400, rpc: unreadable},
		{name: "half a surrogate pair", body: swap("must not be", `\ud800`), status: 400, rpc: unreadable},
		{name: "byte order mark", body: "\xef\xbb\xbf" + older, status: 400, rpc: unreadable},
		{name: "no body", body: " ", status: 400, rpc: unreadable},
		{name: "a string", body: `"tools/call"`, status: 400, rpc: invalid},
		{name: "a call without an id", body: swap(`"id":1,`, ``), status: 400, code: "bad_request"},
		{name: "a request and a response at once", body: swap(`"id":1`, `"id":1,"result":{}`), status: 400, rpc: invalid},
		{name: "token in the body alone", body: swap(`"params":{`, `"params":{"access_token":"`+token+`",`), header: map[string]string{"Authorization": ""}, status: 401, code: "token_missing"},
		{name: "Accept without streams", body: older, header: map[string]string{"Accept": "application/json"}, status: 400, code: "bad_request"},
		{name: "Last-Event-ID on a call", body: older, header: map[string]string{"Last-Event-ID": "a_1"}, status: 400, code: "bad_request"},
	}

	before := h.hash(t)
	try := func(c attack, era string, text string, header map[string]string) {
		all := maps.Clone(header)
		maps.Copy(all, c.header)
		c.name += ", " + era
		c.check(t, h.send(t, http.MethodPost, h.URL+c.query, text, all))
	}
	for _, c := range both {
		try(c, "without a session", body, good)
		try(c, "in a session", older, session)
	}
	for _, c := range onlyOlder {
		try(c, "in a session", c.body, session)
	}
	if h.hash(t) != before {
		t.Error("a row has changed")
	}
	alive(t, h)
	if log := h.Log.String(); strings.Contains(log, token) || strings.Contains(log, url.QueryEscape(token)) || strings.Contains(log, "must not be") {
		t.Error("the log holds a token or a title")
	}
}

// M29: twenty thousand notifications in one body, from a host that names no
// version and so is taken for one that may batch.
func TestBatchOfNotifications(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	one := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}`
	batch := "[" + strings.Repeat(one+",", 19_999) + one + "]"
	header := map[string]string{"Authorization": "Bearer " + h.token(t, "alice")}
	for text, want := range map[string]int{
		batch: http.StatusRequestEntityTooLarge,
		"[" + strings.Repeat(one+",", 9_999) + one + "]": http.StatusBadRequest,
	} {
		a := h.send(t, http.MethodPost, h.URL, text, header)
		sound(t, "batch", a)
		if a.Status != want {
			t.Errorf("a batch of %d bytes: HTTP %d %s, want %d", len(text), a.Status, a.Body, want)
		}
	}
	alive(t, h)
}

// M15: more than a message may have. It is refused for what it announces,
// before a byte has come, and where it announces nothing once it is too long.
func TestHugeBody(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	_, header := createCall(h.token(t, "alice"))
	for _, size := range []int{maxMessage + 1, 4<<20 + 1, 1 << 40} {
		c := dialRaw(t, h)
		announced := maps.Clone(header)
		announced["Host"], announced["Content-Length"] = strings.TrimPrefix(h.Base, "http://"), fmt.Sprint(size)
		c.send(t, "POST", "/mcp", "", announced)
		a := c.answer(t)
		sound(t, "announced", a)
		if a.Status != http.StatusRequestEntityTooLarge || a.Message.Code != "too_large" {
			t.Errorf("%d bytes announced: HTTP %d %s, want 413", size, a.Status, a.Body)
		}
		if _, err := c.r.ReadByte(); err == nil {
			t.Error("the connection goes on after a body that was not read")
		}
	}
	c := dialRaw(t, h)
	chunked := maps.Clone(header)
	chunked["Host"], chunked["Transfer-Encoding"] = strings.TrimPrefix(h.Base, "http://"), "chunked"
	c.send(t, "POST", "/mcp", "", chunked)
	const chunk = 1 << 16
	for range maxMessage/chunk + 1 {
		c.write(t, fmt.Sprintf("%x\r\n%s\r\n", chunk, strings.Repeat(" ", chunk)))
	}
	if a := c.answer(t); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("chunks past the limit: HTTP %d, want 413", a.Status)
	}
	alive(t, h)
}

// M17: five bytes of ten, then silence: let go when the time for reading is
// over, or at once when the client hangs up.
func TestBodyThatStops(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *fakeTime) {
		_, header := createCall(f.token(t, "alice"))
		header["Content-Length"] = "10"
		before := f.hash(t)
		c := f.dial(t)
		c.send(t, "POST", "/mcp", `{"jso`, header)
		a := c.answer(t) // after 10 s that pass at once
		sound(t, "silence", a)
		if a.Status != http.StatusBadRequest || a.Message.Code != "body_timeout" {
			t.Errorf("silence: HTTP %d %s, want 400 body_timeout", a.Status, a.Body)
		}
		if _, err := c.r.ReadByte(); err == nil {
			t.Error("the connection goes on")
		}
		if f.hash(t) != before {
			t.Error("a row has changed")
		}
		if a := f.post(t, initializeMessage, map[string]string{"Authorization": header["Authorization"]}); a.Status != http.StatusOK {
			t.Errorf("the next request: HTTP %d %s", a.Status, a.Body)
		}
	})
	h := startHTTP(t, storetest.SQLite, nil)
	c := dialRaw(t, h)
	_, header := createCall(h.token(t, "alice"))
	header["Host"], header["Content-Length"] = strings.TrimPrefix(h.Base, "http://"), "10"
	c.send(t, "POST", "/mcp", `{"jso`, header)
	if err := c.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if a := c.answer(t); a.Status != http.StatusBadRequest || a.Message.Code != "body_incomplete" {
		t.Errorf("hung up: HTTP %d %s, want 400 body_incomplete", a.Status, a.Body)
	}
	alive(t, h)
}
