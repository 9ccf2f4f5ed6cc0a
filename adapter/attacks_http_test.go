package main

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// H02: who sends a byte a second is let go when the time for reading is over.
func TestSlowSenders(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *clocked) {
		body := say(canary)
		head := fmt.Sprintf("POST /api/chatkit HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
		before := f.hash(t)
		for name, c := range map[string]struct {
			at, slowly string
			within     time.Duration
			status     int // 0: not looked at, for no request was made
		}{
			"body": {head, body, 10 * time.Second, 400}, "header": {"", head, 5 * time.Second, 0},
			"upload": {"POST /api/chatkit/upload HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100\r\n\r\n--b\r\n", "", 10 * time.Second, 400},
		} {
			conn, start := f.dial(t), time.Now()
			var sender sync.WaitGroup
			sender.Go(func() {
				_, _ = io.WriteString(conn.Conn, c.at)
				for i := range len(c.slowly) {
					time.Sleep(time.Second)
					if _, err := io.WriteString(conn.Conn, c.slowly[i:i+1]); err != nil {
						return
					}
				}
			})
			if c.status != 0 {
				conn.answer(t).refusedAs(t, name, c.status, "", "")
			}
			rest, _ := io.ReadAll(conn.r)
			if time.Since(start) > c.within+time.Second || strings.Contains(string(rest), " 200 ") {
				t.Errorf("%s: the connection went on for %v, and brought %q", name, time.Since(start), rest)
			}
			conn.Close()
			sender.Wait()
		}
		if f.hash(t) != before {
			t.Error("a row has changed")
		}
	})
}

// C33: who asks and never reads is let go after 30 s, and so is the answer.
func TestClientThatNeverReads(t *testing.T) {
	onFakeTime(t, nil, func(t *testing.T, f *clocked) {
		deaf := f.dial(t)
		deaf.write(t, post("/api/chatkit", say("hello")))
		time.Sleep(time.Second)
		if a := f.exchange(t, post("/api/chatkit", operate(chatkit.TypeListThreads, "{}"))); a.Status != 200 {
			t.Errorf("meanwhile: HTTP %d %s", a.Status, a.Body)
		}
		time.Sleep(31 * time.Second)
		if !deaf.ended() {
			t.Error("the connection goes on")
		}
		if n := f.Server.chat.Active(); n != 0 {
			t.Errorf("%d answers go on", n)
		}
	})
}

// H04, H06: requests that two readers could read in two ways, and HTTP/2, which
// is not spoken. Nothing of them is done, and the connection is over.
func TestAmbiguousRequests(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{noTools: true})
	token := "Authorization: Bearer " + x.token(t, "alice") + "\r\n"
	body := say(canary)
	length := fmt.Sprintf("Content-Length: %d\r\n", len(body))
	inChunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	begin := "POST /api/chatkit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + token
	x.unharmed(t, func() {
		for name, c := range map[string]struct {
			text   string
			status int
		}{
			"length and chunks":     {begin + length + "Transfer-Encoding: chunked\r\n\r\n" + inChunks, 400},
			"chunks and length":     {begin + "Transfer-Encoding: chunked\r\n" + length + "\r\n" + inChunks, 400},
			"chunked, identity":     {begin + "Transfer-Encoding: chunked, identity\r\n\r\n" + inChunks, 400},
			"identity":              {begin + "Transfer-Encoding: identity\r\n" + length + "\r\n" + body, 400},
			"xchunked":              {begin + "Transfer-Encoding: xchunked\r\n" + length + "\r\n" + body, 400},
			"two lengths":           {begin + length + "Content-Length: 1\r\n\r\n" + body, 400},
			"the same length twice": {begin + length + length + "\r\n" + body, 400},
			"a signed length":       {begin + strings.Replace(length, ": ", ": +", 1) + "\r\n" + body, 400},
			"line feeds alone":      {strings.ReplaceAll(begin+length+"\r\n", "\r\n", "\n") + body, 400},
			"one line feed alone":   {strings.Replace(begin, "\r\n", "\n", 1) + length + "\r\n" + body, 400},
			"a folded header":       {begin + "X-A: b\r\n c\r\n" + length + "\r\n" + body, 400},
			"a folded token":        {strings.Replace(begin, "Bearer ", "Bearer\r\n ", 1) + length + "\r\n" + body, 400},
			"a blank before the :":  {begin + strings.Replace(length, ":", " :", 1) + "\r\n" + body, 400},
			"no host":               {strings.Replace(begin, "Host: localhost\r\n", "", 1) + length + "\r\n" + body, 400},
			"two hosts":             {begin + "Host: evil.example\r\n" + length + "\r\n" + body, 400},
			"a NUL in a header":     {begin + "X-A: a\x00b\r\n" + length + "\r\n" + body, 400},
			"a token with LF":       {strings.Replace(begin, "\r\n"+token, "\r\n"+token[:len(token)-12]+"\n"+token[len(token)-12:], 1) + length + "\r\n" + body, 400},
			"a chunk of odd size":   {begin + "Transfer-Encoding: chunked\r\n\r\n" + "0x" + inChunks, 400},
			"a header of 64 KiB":    {begin + "X-A: " + strings.Repeat("x", 64<<10) + "\r\n" + length + "\r\n" + body, 431},
			"a path of 1 MiB":       {"GET /" + strings.Repeat("x", 1<<20) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431},
			"HTTP/2":                {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", 505},
			"HTTP/9":                {strings.Replace(begin, "HTTP/1.1", "HTTP/9.9", 1) + length + "\r\n" + body, 505},
			"no HTTP":               {"hello\r\n\r\n", 400},
			"TLS":                   {"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", 400},
		} {
			conn := x.dial(t)
			go func() { _, _ = io.WriteString(conn.Conn, c.text) }() // it may be refused before it is read to the end
			if a := conn.answer(t); a.Status != c.status {
				t.Errorf("%s: HTTP %d %s, want %d", name, a.Status, a.Body, c.status)
			}
			if !conn.ended() {
				t.Errorf("%s: the connection goes on", name)
			}
		}
	})
	x.unseen(t, token)
	conn := x.dial(t)
	conn.write(t, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
	conn.answer(t).ok(t, 200)
}

// H08: what proxies write into headers is anybody's to invent.
func TestForwardedHeaders(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: map[string]string{"RATE_READS_PER_MINUTE": "10"}})
	spoofed := func(i int) header {
		hd := h.as(t, "alice")
		for name, value := range map[string]string{
			"X-Forwarded-For": fmt.Sprintf("10.9.8.%d", i), "X-Real-IP": fmt.Sprintf("10.9.8.%d", i), "Forwarded": "for=10.9.8.7;host=evil.example;proto=https", "True-Client-IP": "10.9.8.7",
			"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil", "X-Original-URL": "/api/bob/tasks", "X-Rewrite-URL": "/healthz",
			"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE", "X-User-Id": "bob", "X-Forwarded-User": "bob",
		} {
			hd[name] = value
		}
		return hd
	}
	var made restTask
	first := h.send(t, "POST", "/api/alice/tasks", `{"title":"one"}`, spoofed(1)).ok(t, 201)
	first.decode(t, &made)
	h.send(t, "POST", "/api/alice/tasks", `{"title":"two"}`, spoofed(2)).ok(t, 201)
	list := h.send(t, "GET", "/api/alice/tasks?limit=1", "", spoofed(3)).ok(t, 200)
	file := h.send(t, "POST", "/api/chatkit", operate(chatkit.TypeCreateAttachment, `{"name":"a.png","size":1,"mime_type":"image/png"}`), spoofed(4)).ok(t, 200)
	if made.UserID != "alice" || !strings.HasPrefix(list.Header.Get("Link"), "<"+h.Base+"/api/alice/") || !strings.Contains(file.Body, h.Base+uploadPath) {
		t.Errorf("made for %q; Link %s; %s", made.UserID, list.Header.Get("Link"), file.Body)
	}
	if all := first.Body + list.Body + file.Body + fmt.Sprint(first.Header, list.Header, file.Header); strings.Contains(all, "evil") {
		t.Errorf("a forwarded name comes back: %s", all)
	}
	status := 0
	for i := range 8 {
		status = h.send(t, "GET", "/api/alice/tasks/"+made.ID, "", spoofed(10+i)).Status
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("the 12th request of a user from another address: HTTP %d, want 429", status)
	}
	if log := h.Log.String(); strings.Contains(log, "10.9.8.") || strings.Contains(log, "evil") || !strings.Contains(log, `"remote":"127.0.0.1"`) {
		t.Error("the log holds a forwarded address or name")
	}
}

// H10, H20: on no route does a method do what it is not for. The statuses and
// Allow of the usual methods are TestEveryRoute's.
func TestOddMethods(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{})
	own := x.furnish(t, "alice")
	hd := x.as(t, "alice")
	ids := strings.NewReplacer(":user_id", "alice", ":task_id", own.Task, ":thread_id", own.Thread, ":id", own.File, "*file", "x/icon.svg")
	served := map[string][]string{}
	for _, route := range x.Server.routes().Routes() {
		served[ids.Replace(route.Path)] = append(served[ids.Replace(route.Path)], route.Method)
	}
	x.unharmed(t, func() {
		for path, methods := range served {
			for _, method := range []string{"BREW", "PROPFIND", "get", "Post", "TRACE", "LOCK"} {
				a := x.send(t, method, path, "", hd)
				a.refusedAs(t, method+" "+path, 405, "method_not_allowed", "")
				if allow := strings.Split(a.Header.Get("Allow"), ", "); !equalSets(allow, methods) {
					t.Errorf("%s %s: Allow %v, want %v", method, path, allow, methods)
				}
			}
			if slices.Contains(methods, "GET") { // reads, and nothing else
				x.send(t, "GET", path+"?title=x&completed=true&_method=DELETE", "", hd)
				x.send(t, "GET", path, `{"title":"x"}`, hd)
				x.send(t, "GET", path, "", hd)
			}
			if a := x.send(t, "HEAD", path, "", hd); slices.Contains(methods, "HEAD") != (a.Status == 200) || a.Body != "" {
				t.Errorf("HEAD %s: HTTP %d %q", path, a.Status, a.Body)
			}
		}
	})
}

// H12: every verb on a task that is another's, that is gone, or that never was:
// one answer.
func TestTasksThatAreNotYours(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		x := startTarget(t, setup{engine: engine})
		theirs, mine := x.makeTask(t, "alice", canary), x.makeTask(t, "bob", "mine")
		hd := x.as(t, "bob").with("X-Request-Id", "same")
		x.send(t, "DELETE", "/api/bob/tasks/"+mine.ID, "", hd).ok(t, 204)
		x.unharmed(t, func() {
			for _, verb := range []struct{ method, suffix, body string }{{"GET", "", ""}, {"PUT", "", `{"title":"x"}`}, {"DELETE", "", ""}, {"PATCH", "/complete", ""}, {"PATCH", "/complete", `{"completed":true}`}} {
				first := x.send(t, verb.method, "/api/bob/tasks/task_never"+verb.suffix, verb.body, hd)
				first.refusedAs(t, verb.method, 404, "not_found", "")
				for _, id := range []string{theirs.ID, mine.ID, strings.ToUpper(theirs.ID), theirs.ID + "x", theirs.ID[:len(theirs.ID)-1], theirs.ID + "%20", "%20" + theirs.ID, "x", "0", "%25", "%E2%80%AE", "null", "..%2Fbob%2Ftasks"} {
					for _, match := range []string{"", `"` + theirs.UpdatedAt + `"`, "*", `"x"`} {
						if a := x.send(t, verb.method, "/api/bob/tasks/"+id+verb.suffix, verb.body, hd.with("If-Match", match)); a.Status != 404 || a.Body != first.Body {
							t.Errorf("%s %s, If-Match %q: HTTP %d %s, want %s", verb.method, id, match, a.Status, a.Body, first.Body)
						}
					}
				}
				for _, user := range []string{"alice", "Bob", "bob%00", "%20bob", "bob%2F..%2Falice", "nobody", "b%C3%B6b"} {
					x.send(t, verb.method, "/api/"+user+"/tasks/"+theirs.ID+verb.suffix, verb.body, hd).refusedAs(t, "as "+user, 403, "forbidden", "")
				}
			}
			for _, query := range []string{"search=%zz", "search=a;limit=1", "search=%ff", "search=%00", "cursor=" + theirs.ID, "cursor=%FF", "sortBy=title%00", "%zz=1"} {
				x.send(t, "GET", "/api/bob/tasks?"+query, "", hd).refusedAs(t, query, 400, "invalid", "")
			}
		})
	})
}

// H16, P7: a bug of ours ends one request and nothing else. Before the first
// byte it is an internal error, behind it an error event and a clean end.
func TestPanics(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{})
	hd := x.as(t, "alice")
	x.Server.sessions = nil
	x.send(t, "POST", "/api/chatkit/session", "", hd).refusedAs(t, "before the first byte", 500, "internal", "internal error")
	x.Server.runner = nil
	broken := x.stream(t, say(canary), hd)
	last, _ := broken.Events[len(broken.Events)-1].(*chatkit.ErrorEvent)
	if broken.Status != 200 || last == nil || len(done[*chatkit.AssistantMessage](broken)) > 0 {
		t.Errorf("in mid-stream: HTTP %d %s, want an error event at the end", broken.Status, broken.Body)
	}
	for _, word := range internals {
		if strings.Contains(broken.Body, word) {
			t.Errorf("the stream shows %q: %s", word, broken.Body)
		}
	}
	if strings.Count(x.Log.String(), `"level":"ERROR"`) < 2 || !strings.Contains(x.Log.String(), "nil pointer") {
		t.Error("the log does not say what happened")
	}
	x.chatkit(t, operate(chatkit.TypeGetThread, `{"thread_id":"`+broken.thread(t)+`"}`), hd).ok(t, 200)
	if n := x.Server.chat.Active(); n != 0 {
		t.Errorf("%d turns go on", n)
	}
	tally.Counted(t, tally.Entry{Promise: "P7", What: "panics in handlers", Runs: 2})
}

// H18: nothing that comes in forges a line of the log.
func TestLogCannotBeForged(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{})
	evil := "\\n{\\\"level\\\":\\\"ERROR\\\",\\\"msg\\\":\\\"forged\\\"}\\u001b[31m\\u2028\\r"
	hd := x.as(t, "alice").with("User-Agent", "forged "+strings.Repeat("y", 8000)).with("X-Request-Id", `a"}{"msg":"forged"`).with("Traceparent", "forged")
	x.chatkit(t, sayText(canary+evil), hd).ok(t, 200)
	x.send(t, "POST", "/api/alice/tasks", `{"title":"`+canary+`forged"}`, hd).ok(t, 201)
	x.chatkit(t, operate(chatkit.TypeUpdateThread, `{"thread_id":"`+evil+`","title":"`+evil+`"}`), hd)
	x.chatkit(t, `{"type":"`+evil+`","params":{}}`, hd)
	for _, path := range []string{"/%0a%7B%22msg%22:%22forged%22%7D%1b[31m", "/" + strings.Repeat("%1b", 3000), "/api/forged%0aforged/tasks", "/api/chatkit/attachments/%0aforged?key=forged", "/%e2%80%a8forged"} {
		x.send(t, "GET", path, "", hd)
	}
	x.send(t, strings.Repeat("FORGED", 1000), "/healthz", "", hd)
	x.goesOn(t)
	log := x.Log.String()
	for line := range strings.Lines(log) {
		if strings.Contains(line, `"msg":"forged"`) || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\x1b\r\u2028") || len(line) > 4<<10 {
			t.Errorf("a line of %d bytes: %.300q", len(line), line)
		}
	}
}

// E13, E15: there is nothing where people like to look, and no metadata that a
// header could bend.
func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	for _, path := range []string{
		"/debug/pprof", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/debug/requests", "/metrics", "/swagger", "/swagger/index.html", "/swagger.json", "/api-docs", "/graphql",
		"/.env", "/.git", "/.git/HEAD", "/.git/config", "/.htaccess", "/.well-known", "/.well-known/", "/.well-known/openid-configuration", "/server-status", "/actuator/health", "/admin",
		"/wp-login.php", "/api", "/api/", "/api/chatkit/", "/api//chatkit", "/api/chatkit/session/", "/openapi.json/", "/taskwire.db", "/signing-key.pem", "/uploads", "/..", "/%2e%2e/%2e%2e/etc/passwd", "/api/alice", "/api/alice/tasks/",
		"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server",
	} {
		for _, method := range []string{"GET", "POST", "HEAD", "OPTIONS"} {
			a := h.send(t, method, path, "", h.as(t, "alice").with("X-Forwarded-Host", "evil.example").with("X-Forwarded-Proto", "https"))
			if a.Status != 404 || strings.Contains(a.Body+fmt.Sprint(a.Header), "evil") {
				t.Errorf("%s %s: HTTP %d %s", method, path, a.Status, a.Body)
			}
			if method == "GET" {
				a.refusedAs(t, path, 404, "not_found", "")
			}
			if a = h.send(t, method, path, "", header{"Host": "evil.example"}); a.Status != 403 || strings.Contains(a.Body, "evil") {
				t.Errorf("%s %s of another host: HTTP %d %s", method, path, a.Status, a.Body)
			}
		}
	}
}

// C41: who may call from a browser, on every route.
func TestOriginsOfEveryRoute(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{noTools: true, env: map[string]string{"ALLOWED_ORIGINS": "https://good.example,https://cdn.platform.openai.com"}})
	const good = "https://good.example"
	refused := [][]string{
		{"null"}, {""}, {"https://good.example.evil"}, {"https://evil-good.example"}, {"https://sub.good.example"}, {"http://good.example"}, {"https://good.example:8443"}, {"https://good.example/"},
		{"https://GOOD.example"}, {"https://user@good.example"}, {" https://evil.example"}, {"*"}, {good, good}, {good, "https://evil.example"}, {good + ",https://evil.example"}, {"file://"}, {"http://127.0.0.1:1"},
	}
	send := func(method, path string, origins []string, more header) answer {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, x.Base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header["Origin"] = origins
		for name, value := range more {
			req.Header.Set(name, value)
		}
		a, err := perform(req)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(a.Header.Values("Vary"), "Origin") || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s %s: headers %v", method, path, a.Header)
		}
		return a
	}
	x.unharmed(t, func() {
		for _, route := range x.Server.routes().Routes() {
			path := fill(route.Path)
			preflight := header{"Access-Control-Request-Method": route.Method, "Access-Control-Request-Headers": "authorization,content-type,idempotency-key"}
			for _, origins := range refused {
				for _, a := range []answer{send(route.Method, path, origins, x.as(t, "alice")), send("OPTIONS", path, origins, preflight)} {
					if a.Status != 403 || a.Header.Get("Access-Control-Allow-Origin") != "" || a.Header.Get("Access-Control-Allow-Methods") != "" {
						t.Errorf("%s %s from %q: HTTP %d, %v", route.Method, path, origins, a.Status, a.Header)
					}
				}
			}
			a := send("OPTIONS", path, []string{good}, preflight)
			if a.Status != 204 || a.Header.Get("Access-Control-Allow-Origin") != good || a.Body != "" ||
				route.Method != "HEAD" && !strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), route.Method) {
				t.Errorf("preflight of %s %s: HTTP %d, %v", route.Method, path, a.Status, a.Header)
			}
			// Refusals too can be read by the page, and tell it what they are.
			a = send(route.Method, path, []string{good}, nil)
			if a.Header.Get("Access-Control-Allow-Origin") != good || !strings.Contains(a.Header.Get("Access-Control-Expose-Headers"), "X-Request-Id") {
				t.Errorf("%s %s from a good origin: HTTP %d, %v", route.Method, path, a.Status, a.Header)
			}
		}
	})
}

// Request ids: taken from the caller where they are sound, made otherwise.
func TestRequestIDs(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	seen := map[string]bool{}
	for given, kept := range map[string]bool{
		"abc": true, "A.b_c-9": true, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "a b": false, "a\"b": false, "<script>": false, "é": false, "a\tb": false, "a/b": false, "": false,
	} {
		for _, path := range []string{"/healthz", "/nothing", "/api/chatkit/threads"} {
			a := h.send(t, "GET", path, "", header{"X-Request-Id": given})
			id := a.Header.Get("X-Request-Id")
			if (id == given) != kept || id == "" {
				t.Errorf("X-Request-Id %q became %q", given, id)
			}
			if p := a.problem(); p.Status != 0 && p.RequestID != id {
				t.Errorf("%s: request_id %q, X-Request-Id %q", path, p.RequestID, id)
			}
			if !kept && seen[id] {
				t.Errorf("the id %q came twice", id)
			}
			seen[id] = true
		}
	}
}

// Over a limit nothing is done, and the answer says when to come back: on every
// guarded route, each user for themselves.
func TestLimitsRefuseBeforeAnyWork(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{env: map[string]string{"RATE_READS_PER_MINUTE": "100", "RATE_TURNS_PER_MINUTE": "2"}})
	doors := x.doors(t)
	alice, bob := x.token(t, "alice"), x.token(t, "bob")
	x.stream(t, say("hello"), x.as(t, "alice")).ok(t, 200)
	x.say(t, "hello", "", x.as(t, "alice")).ok(t, 200)
	for x.send(t, "POST", "/api/chatkit/beacon", "{}", x.as(t, "alice")).Status == 204 {
	}
	x.unharmed(t, func() {
		for _, d := range doors {
			a := x.knock(t, d, alice)
			a.refusedAs(t, d.method+" "+d.path, 429, "rate_limited", "")
			if wait, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 60 {
				t.Errorf("%s %s: Retry-After %q", d.method, d.path, a.Header.Get("Retry-After"))
			}
			if d.method == "POST" && strings.HasPrefix(d.body, "{") { // however bad the request
				x.send(t, d.method, d.path, "{", x.as(t, "alice")).refusedAs(t, "junk at "+d.path, 429, "rate_limited", "")
			}
		}
	})
	for _, d := range doors {
		if a := x.knock(t, d, bob); a.Status == 429 {
			t.Errorf("%s %s by bob: HTTP 429", d.method, d.path)
		}
	}
}
