package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
	"taskwire/identity/identitytest"
	"taskwire/promises/tally"
	"taskwire/store"
	"taskwire/store/storetest"
)

// Secrets of the deployment's, none of which may come out.
const (
	canaryModelKey = "sk-model-canary-7f3a9c"
	canaryPassword = "database-canary-51d0"
	canaryShared   = "better-auth-canary-0123456789abcdef-2b7e"
	canaryTools    = "http://tools.example/mcp" // what mcpserver knows itself by
)

// A watched stack is both programs as processes of their own, with a tap before
// each server that they call.
type watched struct {
	*harness
	adapter, mcp            *process
	provider, openAI, tools *tap
	script                  *agenttest.Provider
	hosted                  *openAI
	data                    string
	secrets                 canaries // of the deployment
	sign                    func(user string) string
}

// watch starts the stack; hs256 is the mode of a shared secret.
func watch(t testing.TB, hs256 bool) *watched {
	t.Helper()
	w := &watched{
		harness: &harness{Database: withPassword(t, storetest.Config(t, storetest.Postgres)), Provider: identitytest.Start(t)},
		script:  scripted(t), hosted: startOpenAI(t), data: t.TempDir(),
		provider: startTap(t), openAI: startTap(t), tools: startTap(t),
	}
	w.provider.leadsTo(t, w.script.URL())
	w.openAI.leadsTo(t, w.hosted.URL)
	w.script.Otherwise(agenttest.By(helpful))
	trust, toolsTrust := w.trust(t, hs256)
	env := map[string]string{
		"TASKWIRE_DATA": w.data, "LOG_LEVEL": "debug", "MCP_PUBLIC_URL": canaryTools, "MCP_URL": w.tools.URL + "/mcp",
		"LLM_BASE_URL": w.provider.URL + "/v1", "LLM_MODEL": "m", "LLM_API_KEY": canaryModelKey, "TRANSCRIBE_MODEL": "whisper-9", "LLM_VISION": "true",
		"OPENAI_API_KEY": openAIKey, "OPENAI_BASE_URL": w.openAI.URL + "/v1", "RATE_TURNS_PER_MINUTE": "0",
	}
	maps.Copy(env, trust)
	maps.Copy(env, databaseEnv(w.Database))
	w.adapter = launch(t, "adapter", env, "-http", "127.0.0.1:0")
	w.Base = w.adapter.Base
	toolsEnv := map[string]string{"LOG_LEVEL": "debug", "MCP_PUBLIC_URL": canaryTools, "ADAPTER_ISSUER": w.Base}
	maps.Copy(toolsEnv, toolsTrust)
	w.mcp = startTools(t, w.Database, toolsEnv)
	w.tools.leadsTo(t, w.mcp.Base)
	w.adapter.ready(t)
	w.secrets = canaries{
		"the model's key": canaryModelKey, "OpenAI's key": openAIKey, "the database's password": canaryPassword, "the shared secret": canaryShared,
	}
	maps.Copy(w.secrets, signingKey(t, w.data))
	return w
}

// trust is the setting of whose tokens are taken, of either program.
func (w *watched) trust(t testing.TB, hs256 bool) (adapter, tools map[string]string) {
	if !hs256 {
		w.sign = func(user string) string { return w.Provider.Token(t, user, audience) }
		return map[string]string{"AUTH_MODE": "jwks", "AUTH_ISSUER": w.Provider.Issuer, "AUTH_JWKS_URL": w.Provider.JWKSURL, "AUTH_AUDIENCE": audience},
			map[string]string{"AUTH_MODE": "jwks", "OAUTH_ISSUER": w.Provider.Issuer, "OAUTH_JWKS_URL": w.Provider.JWKSURL}
	}
	const issuer = "https://auth.example"
	w.sign = func(user string) string {
		return identitytest.SignHS256(t, []byte(canaryShared), map[string]any{"alg": "HS256"}, map[string]any{
			"iss": issuer, "aud": audience, "sub": user, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		})
	}
	env := map[string]string{"AUTH_MODE": "hs256", "BETTER_AUTH_SECRET": canaryShared, "AUTH_ISSUER": issuer, "AUTH_AUDIENCE": audience}
	return env, env
}

// withPassword logs in with one that the server does not ask for.
func withPassword(t testing.TB, cfg store.Config) store.Config {
	t.Helper()
	u, err := url.Parse(cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), canaryPassword)
	cfg.URL = u.String()
	return cfg
}

// signingKey is the adapter's, as the file has it and as it is.
func signingKey(t testing.TB, dir string) canaries {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "signing-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		t.Fatal("the signing key is no PEM")
	}
	seed := string(block.Bytes[len(block.Bytes)-32:])
	return canaries{"the signing key": seed, "the signing key's file": strings.TrimSpace(string(bytes.Split(data, []byte("\n"))[1]))}
}

var wishes = regexp.MustCompile(`make-task \S+`)

// helpful is a model that makes the tasks that it is asked for.
func helpful(req agenttest.Request) agenttest.Reply {
	last := req.Last()
	if wish := wishes.FindString(last.Text()); wish != "" && last.Role == "user" && len(req.Tools) > 0 {
		title, _ := json.Marshal(map[string]string{"title": strings.TrimPrefix(wish, "make-task ")})
		return agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: string(title)}, agenttest.Call{Name: "list_tasks", Arguments: "{}"})
	}
	return agenttest.Text("It is ", "done.")
}

// A guest uses everything, and leaves words of their own everywhere.
type guest struct {
	testing.TB
	*watched
	name   string
	token  string
	secret string
	words  canaries // what they wrote
	keys   canaries // tokens, secrets and links that they were given
	said   []answer
	thread string
	file   wireAttachment
}

func (w *watched) guest(t testing.TB, name string) *guest {
	g := &guest{TB: t, watched: w, name: name, token: w.sign(name), keys: canaries{}, words: canaries{}}
	for _, of := range []string{"message", "task", "title", "file", "filename", "search", "transcript", "single", "quote"} {
		g.words[name+"'s "+of] = fmt.Sprintf("%s-canary-of-%s-%d", of, name, time.Now().UnixNano())
	}
	g.keeps("token", g.token)
	return g
}

func (g *guest) word(of string) string { return g.words[g.name+"'s "+of] }

// keeps notes a credential: the end of a token is enough to know it by.
func (g *guest) keeps(what, credential string) {
	end := credential[strings.LastIndex(credential, ".")+1:]
	for _, known := range g.keys { // two of the same second are the same
		if known == end {
			return
		}
	}
	g.keys[fmt.Sprintf("%s's %s %d", g.name, what, len(g.keys))] = end
}

// do sends a request as the guest and keeps the answer.
func (g *guest) do(method, path, body, credential string, hd header) answer {
	g.Helper()
	if credential != "" {
		hd = header{"Authorization": "Bearer " + credential}.and(hd)
	}
	a := g.send(g, method, path, body, hd)
	g.said = append(g.said, a)
	return a
}

func (hd header) and(more header) header {
	maps.Copy(hd, more)
	return hd
}

func (g *guest) ask(kind, params string) answer {
	g.Helper()
	return g.do("POST", "/api/chatkit", fmt.Sprintf(`{"type":%q,"params":%s}`, kind, params), g.secret, nil)
}

// visits goes everywhere that a front end goes.
func (g *guest) visits() {
	g.Helper()
	for _, path := range []string{"/healthz", "/readyz", "/api/chatkit/health", "/api/chat/health", "/.well-known/jwks.json", "/openapi.json", "/nowhere"} {
		g.do("GET", path, "", "", nil)
	}
	g.signsIn()
	g.attaches()
	g.chats()
	g.usesREST()
	g.mistakes()
}

func (g *guest) signsIn() {
	g.Helper()
	for _, path := range []string{"/api/chatkit/session", "/api/chatkit/refresh"} {
		var made clientSession
		a := g.send(g, "POST", path, map[bool]string{true: fmt.Sprintf(`{"client_secret":%q}`, g.secret)}[g.secret != ""], header{"Authorization": "Bearer " + g.token})
		a.ok(g, 200).decode(g, &made)
		g.secret = made.Secret
		g.keeps("secret", made.Secret)
		a.Body = strings.ReplaceAll(a.Body, made.Secret, "") // here alone it belongs
		g.said = append(g.said, a)
	}
}

func (g *guest) attaches() {
	g.Helper()
	contentType, form := formOf(g, g.word("filename")+".md", "text/plain", g.word("file"))
	g.do("POST", uploadPath, form, g.token, header{"Content-Type": contentType}).ok(g, 200).decode(g, &g.file)
	var photo wireAttachment
	g.ask("attachments.create", fmt.Sprintf(`{"name":%q,"size":16,"mime_type":"image/png"}`, g.word("filename"))).ok(g, 200).decode(g, &photo)
	_, key, _ := strings.Cut(photo.Upload.URL, "key=")
	g.keeps("upload link", key)
	g.do("PUT", g.local(photo.Upload.URL), pngFile, "", nil).ok(g, 200).decode(g, &photo)
	g.do("PUT", uploadPath+"/"+photo.ID+"?key="+key, pngFile, "", nil).ok(g, 409)
	_, key, _ = strings.Cut(photo.Preview, "key=")
	g.keeps("preview link", key)
	g.do("GET", g.local(photo.Preview), "", "", nil).ok(g, 200)
	g.ask("attachments.delete", fmt.Sprintf(`{"attachment_id":%q}`, photo.ID)).ok(g, 200)
}

func (g *guest) chats() {
	g.Helper()
	input := fmt.Sprintf(`{"content":[{"type":"input_text","text":%q}],"attachments":[%q],"quoted_text":%q,"inference_options":{}}`,
		"make-task "+g.word("task")+" "+g.word("message"), g.file.ID, g.word("quote"))
	said := g.reads(g.ask("threads.create", `{"input":`+input+`}`))
	g.thread = said.thread(g)
	widgets, texts := done[*chatkit.WidgetItem](said), done[*chatkit.AssistantMessage](said)
	if len(widgets) == 0 || len(texts) == 0 || !strings.Contains(said.Body, g.word("task")) {
		g.Fatalf("the turn made no task: %s", said.Body)
	}
	thread := fmt.Sprintf(`"thread_id":%q`, g.thread)
	for kind, params := range map[string]string{
		"threads.get_by_id": `{` + thread + `}`, "items.list": `{` + thread + `}`, "threads.list": `{}`,
		"threads.update":        fmt.Sprintf(`{%s,"title":%q}`, thread, g.word("title")),
		"items.feedback":        fmt.Sprintf(`{%s,"item_ids":[%q],"kind":"positive"}`, thread, texts[0].ID),
		"threads.custom_action": fmt.Sprintf(`{%s,"item_id":%q,"action":{"type":"task.toggle","payload":{"task_id":%q}}}`, thread, widgets[0].ID, g.word("search")),
		"input.transcribe":      fmt.Sprintf(`{"audio_base64":%q,"mime_type":"audio/webm"}`, base64.StdEncoding.EncodeToString([]byte(g.word("transcript")))),
	} {
		g.ask(kind, params)
	}
	g.do("GET", "/api/chatkit/threads?q="+g.word("message")[:40], "", g.token, nil).ok(g, 200)
	g.do("GET", "/api/chatkit/threads/"+g.thread, "", g.token, nil).ok(g, 200)
	g.do("POST", "/api/chatkit/cancel", `{`+thread+`}`, g.token, nil).ok(g, 200)
	g.do("POST", "/api/chatkit/beacon", `{"timings":{"first_text_ms":1}}`, g.secret, nil)
	g.do("POST", "/api/chat", fmt.Sprintf(`{"message":%q}`, "make-task "+g.word("single")), g.token, header{"Idempotency-Key": "k-" + g.name}).ok(g, 200)
}

// reads takes an answer for a stream.
func (g *guest) reads(a answer) streamed {
	out := streamed{answer: a}
	for block := range strings.SplitSeq(a.Body, "\n\n") {
		if data, ok := strings.CutPrefix(block, "data: "); ok {
			e, err := chatkit.UnmarshalEvent([]byte(data))
			if err != nil {
				g.Fatal(err)
			}
			out.Events = append(out.Events, e)
		}
	}
	return out
}

func (g *guest) usesREST() {
	g.Helper()
	tasks := "/api/" + g.name + "/tasks"
	var made restTask
	g.do("POST", tasks, fmt.Sprintf(`{"title":%q,"description":%q}`, g.word("task"), g.word("message")), g.token, nil).ok(g, 201).decode(g, &made)
	one := tasks + "/" + made.ID
	g.do("GET", tasks+"?search="+g.word("task"), "", g.token, nil).ok(g, 200)
	g.do("PUT", one, fmt.Sprintf(`{"title":%q}`, g.word("title")), g.token, nil).ok(g, 200)
	g.do("PATCH", one+"/complete", "", g.token, nil).ok(g, 200)
	g.do("GET", "/api/"+g.name+"/stats", "", g.token, nil).ok(g, 200)
	g.do("DELETE", one, "", g.token, nil).ok(g, 204)
	g.do("GET", one, "", g.token, nil).ok(g, 404)
}

// mistakes are requests that are refused, with words and keys in places where
// nobody looks for them.
func (g *guest) mistakes() {
	g.Helper()
	g.do("POST", "/api/chatkit", `{"type":"`+g.word("message"), g.secret, nil)
	g.do("POST", "/api/chatkit", fmt.Sprintf(`{"type":%q,"params":{}}`, g.word("message")), g.secret, nil)
	g.do("POST", "/api/chat", fmt.Sprintf(`{"message":%q,%q:1}`, g.word("message"), g.word("search")), g.token, nil)
	g.do("POST", "/api/"+g.name+"/tasks", fmt.Sprintf(`{"title":%q,"priority":%q}`, g.word("task"), g.word("search")), g.token, nil)
	g.do("GET", "/api/chatkit/threads?q="+g.word("search")+"&access_token="+g.token, "", "", nil).ok(g, 401)
	g.do("GET", "/api/chatkit/threads", "", g.token[:len(g.token)-3]+"AAA", nil).ok(g, 401)
	g.do("POST", "/api/chatkit/session", "", g.secret, nil).ok(g, 401)
	g.do("GET", "/api/chatkit/threads", "", "", header{"Authorization": g.token}).ok(g, 401)
	g.do("GET", "/api/somebody/tasks", "", g.token, nil).ok(g, 403)
}

// peeks asks for everything of another's.
func (g *guest) peeks(other *guest) {
	g.Helper()
	thread := fmt.Sprintf(`{"thread_id":%q}`, other.thread)
	for _, kind := range []string{"threads.get_by_id", "items.list", "threads.delete"} {
		g.ask(kind, thread)
	}
	g.do("POST", "/api/chatkit", sayOn(other.thread, "what is in it?"), g.secret, nil).ok(g, 404)
	g.do("POST", "/api/chatkit", sayWith("", "what is in it?", other.file.ID), g.secret, nil).ok(g, 404)
	g.do("GET", previewPath+other.file.ID, "", g.token, nil).ok(g, 404)
	g.do("GET", "/api/"+other.name+"/tasks", "", g.token, nil).ok(g, 403)
	g.do("GET", "/api/chatkit/threads/"+other.thread, "", g.token, nil).ok(g, 404)
	g.do("GET", "/api/chatkit/threads?q=canary", "", g.token, nil).ok(g, 200)
}

// faults breaks everything behind the adapter, one thing after another. What is
// behind quotes what it was told, as such servers do.
func (g *guest) faults() {
	g.Helper()
	quoting := `{"error":{"message":"Incorrect API key provided: ` + canaryModelKey + `. You can find yours at 10.9.8.7","code":"invalid_api_key"}}`
	page := "<html><h1>502 Bad Gateway</h1><hr>nginx at 10.9.8.7, key " + canaryModelKey
	for _, reply := range []agenttest.Reply{
		agenttest.Body(401, "application/json", quoting), agenttest.Body(502, "text/html", page), agenttest.Body(200, "text/html", page),
		agenttest.Events(quoting), agenttest.Cut("half an ans"), agenttest.Reset(), agenttest.Events(page),
	} {
		g.script.Otherwise(reply)
		g.do("POST", "/api/chatkit", sayOn(g.thread, g.word("message")), g.secret, nil)
		g.do("POST", "/api/chat", fmt.Sprintf(`{"message":%q}`, g.word("single")), g.token, nil)
		g.ask("input.transcribe", `{"audio_base64":"AAAA","mime_type":"audio/webm"}`)
	}
	g.script.Otherwise(agenttest.By(helpful))
	g.hosted.says(openAIFails(http.StatusUnauthorized))
	g.do("POST", "/api/chatkit/session", "", g.token, nil)
	g.tools.goesAway(true)
	g.do("POST", "/api/chatkit", sayOn(g.thread, "make-task "+g.word("task")), g.secret, nil)
	g.do("GET", "/api/"+g.name+"/tasks", "", g.token, nil).ok(g, 503)
	g.do("GET", "/readyz", "", "", nil)
	g.tools.goesAway(false)
	g.breakDatabase()
	if err := os.RemoveAll(filepath.Join(g.data, "uploads")); err != nil {
		g.Fatal(err)
	}
	g.do("GET", previewPath+g.file.ID, "", g.token, nil)
}

// breakDatabase takes tables away, and gives them back.
func (g *guest) breakDatabase() {
	g.Helper()
	db := storetest.Behind(g, g.Database)
	defer db.Close()
	for _, table := range []string{"chat_messages", "chat_sessions", "chat_attachments", "tasks"} {
		if _, err := db.Exec("ALTER TABLE " + table + " RENAME TO elsewhere"); err != nil {
			g.Fatal(err)
		}
		g.do("POST", "/api/chatkit", sayOn(g.thread, g.word("message")), g.secret, nil)
		g.do("POST", "/api/chatkit", say(g.word("message")), g.secret, nil)
		g.ask("threads.list", `{}`)
		g.do("GET", previewPath+g.file.ID, "", g.token, nil)
		g.do("GET", "/api/"+g.name+"/tasks", "", g.token, nil)
		g.do("GET", "/api/chatkit/threads?q="+g.word("search"), "", g.token, nil)
		if _, err := db.Exec("ALTER TABLE elsewhere RENAME TO " + table); err != nil {
			g.Fatal(err)
		}
	}
}

// internals are what is ours to know.
func (w *watched) internals(t testing.TB) canaries {
	t.Helper()
	host := func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return u.Host
	}
	return canaries{
		"the address of the model": host(w.provider.URL), "of the tools": host(w.tools.URL), "of mcpserver": host(w.mcp.Base), "of OpenAI": host(w.openAI.URL),
		"of the database": host(w.Database.URL), "the name of the tools": "tools.example", "the data folder": w.data, "the schema": w.Database.Schema,
		"a provider's words": "10.9.8.7", "a provider's page": "nginx", "SQL": "SELECT ", "a table": "chat_messages", "a state of SQL": "SQLSTATE",
		"a driver": "pgconn", "a stack": "goroutine ", "a source file": ".go:",
	}
}

// leaks says what is where it may not be, after what the guests did.
func (w *watched) leaks(t testing.TB, guests ...*guest) (found []string) {
	t.Helper()
	note := func(where string, names []string) {
		for _, name := range names {
			found = append(found, where+": "+name)
		}
	}
	keys, words := canaries{}, canaries{}
	for _, g := range guests {
		maps.Copy(keys, g.keys)
		maps.Copy(words, g.words)
	}
	note("the adapter's log", all(w.secrets, keys, words).in(w.adapter.Log.String()))
	note("mcpserver's log", all(w.secrets, keys, words).in(w.mcp.Log.String()))
	for _, g := range guests {
		forbidden := all(w.secrets, w.internals(t))
		for name, key := range keys {
			if !strings.Contains(name, "link") || !strings.HasPrefix(name, g.name) { // who has a file has its links
				forbidden[name] = key
			}
		}
		for name, word := range words {
			if !strings.HasPrefix(name, g.name) {
				forbidden[name] = word
			}
		}
		for _, a := range g.said {
			note("an answer to "+g.name, forbidden.in(fmt.Sprint(a.Status, a.Header, a.Body)))
		}
	}
	for _, r := range w.provider.requests() {
		text := r.text("Authorization")
		note("a request to the model", all(w.secrets, keys).in(text))
		note("the model's key header", all(keys, canaries{"OpenAI's key": openAIKey}).in(r.header.Get("Authorization")))
		note("a request to the model", mixed(words, guests, text))
	}
	for _, r := range w.openAI.requests() {
		note("a request to OpenAI", all(w.secrets, keys, words).in(r.text("Authorization")))
		note("OpenAI's key header", all(keys, canaries{"the model's key": canaryModelKey}).in(r.header.Get("Authorization")))
	}
	for _, r := range w.tools.requests() {
		note("a request to the tools", all(w.secrets, keys).in(r.text()))
		note("a request to the tools", mixed(words, guests, r.text()))
		note("a request to the tools", w.badToken(r, guests))
	}
	return found
}

// searched is how many bytes leaks looks through.
func (w *watched) searched(guests ...*guest) int {
	n := len(w.adapter.Log.String()) + len(w.mcp.Log.String())
	for _, g := range guests {
		for _, a := range g.said {
			n += len(fmt.Sprint(a.Status, a.Header, a.Body))
		}
	}
	for _, tap := range []*tap{w.provider, w.openAI, w.tools} {
		for _, r := range tap.requests() {
			n += len(r.text())
		}
	}
	return n
}

// made is how many requests the adapter has made of others.
func (w *watched) made() int {
	return len(w.provider.requests()) + len(w.openAI.requests()) + len(w.tools.requests())
}

// mixed names whose words are in one text, when there are several.
func mixed(words canaries, guests []*guest, text string) []string {
	var whose []string
	for _, g := range guests {
		if len(g.words.in(text)) > 0 {
			whose = append(whose, g.name)
		}
	}
	if len(whose) > 1 {
		return []string{"the words of " + strings.Join(whose, " and ")}
	}
	return nil
}

// badToken says what is wrong with the token of a request to the tools.
func (w *watched) badToken(r tapped, guests []*guest) (wrong []string) {
	token, _ := strings.CutPrefix(r.header.Get("Authorization"), "Bearer ")
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return []string{"no token"}
	}
	var claims struct {
		Iss, Aud, Sub string
		Iat, Exp      int64
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return []string{"a token that cannot be read"}
	}
	if claims.Iss != w.Base || claims.Aud != canaryTools || claims.Exp-claims.Iat > 300 || claims.Exp <= claims.Iat {
		wrong = append(wrong, fmt.Sprintf("a token with %+v", claims))
	}
	for _, g := range guests {
		if len(g.words.in(r.text("Authorization"))) > 0 && claims.Sub != g.name {
			wrong = append(wrong, fmt.Sprintf("a token of %s on a call of %s", claims.Sub, g.name))
		}
	}
	return wrong
}

// Nothing secret, nothing of ours and nothing of another user's comes out of
// anything, whatever happens.
func TestCanaries(t *testing.T) {
	t.Parallel()
	for name, hs256 := range map[string]bool{"published keys": false, "a shared secret": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, hs256)
			alice, bob := w.guest(t, "alice"), w.guest(t, "bob")
			bob.visits()
			alice.visits()
			alice.peeks(bob)
			alice.faults()
			if len(w.provider.requests()) < 10 || len(w.tools.requests()) < 10 || len(w.openAI.requests()) == 0 || len(alice.said) < 80 {
				t.Errorf("%d requests to the model, %d to the tools, %d to OpenAI, %d answers: too few to tell anything",
					len(w.provider.requests()), len(w.tools.requests()), len(w.openAI.requests()), len(alice.said))
			}
			if !strings.Contains(w.adapter.Log.String(), `"level":"DEBUG"`) {
				t.Error("the log is not that of debug level")
			}
			leaks := slices.Compact(w.leaks(t, alice, bob))
			for _, leak := range leaks {
				t.Error(leak)
			}
			tally.Counted(t, tally.Entry{Promise: "P18", What: "bytes of output searched", Runs: w.searched(alice, bob), Broken: len(leaks), Note: name})
			tally.Counted(t, tally.Entry{
				Promise: "P9", What: "canary tokens looked for", Runs: len(alice.keys) + len(bob.keys), Note: fmt.Sprintf("in %d requests that the adapter made", w.made()),
			})
			w.plant(t, alice, bob)
		})
	}
}

// plant is the control: what is planted where it may not be is found.
func (w *watched) plant(t *testing.T, alice, bob *guest) {
	t.Helper()
	var planted []string
	for name, secret := range all(w.secrets, alice.keys, alice.words) {
		_, _ = w.adapter.Log.Write(append([]byte(secret), '\n'))
		_, _ = w.mcp.Log.Write([]byte(base64.StdEncoding.EncodeToString([]byte("key=" + secret))))
		planted = append(planted, "the adapter's log: "+name, "mcpserver's log: "+name)
	}
	answered := func(hd http.Header, body string) {
		alice.said = append(alice.said, answer{Status: 500, Header: hd, Body: body})
	}
	answered(nil, "not for alice: "+bob.word("message"))
	answered(nil, "at /work.go:12, goroutine 7")
	answered(http.Header{"X-Token": {alice.token}}, canaryModelKey)
	planted = append(planted, "an answer to alice: bob's message", "an answer to alice: a stack", "an answer to alice: alice's token 0",
		"an answer to alice: the model's key")
	for where, tap := range map[string]*tap{"the model": w.provider, "OpenAI": w.openAI, "the tools": w.tools} {
		stray := header{"Authorization": "Bearer " + alice.token, "X-Forwarded-Secret": alice.secret}
		body := alice.word("task") + bob.word("task") + canaryPassword
		if _, err := exchange(t.Context(), "POST", tap.URL+"/v1/mcp", body, stray); err != nil {
			t.Fatal(err)
		}
		planted = append(planted, "a request to "+where+": alice's secret", "a request to "+where+": the database's password")
	}
	planted = append(planted, "the model's key header: alice's token", "OpenAI's key header: alice's token", "a request to OpenAI: alice's task",
		"a request to the model: the words of alice and bob", "a request to the tools: the words of alice and bob",
		"a request to the tools: alice's token", "a request to the tools: a token with")
	found := strings.Join(w.leaks(t, alice, bob), "\n")
	for _, leak := range planted {
		if !strings.Contains(found, leak) {
			t.Errorf("planted and not found: %s", leak)
		}
	}
	if !t.Failed() {
		tally.Caught(t, "P18", "planted secrets, words and tokens")
		tally.Caught(t, "P9", "planted tokens")
	}
}

// panicky is a storage with a bug in it, at times.
type panicky struct {
	vault
	now atomic.Bool
}

const panicWords = "panic-canary: index out of range in /srv/vault"

func (p *panicky) open(ctx context.Context, key string) (*content, error) {
	if p.now.Load() {
		panic(panicWords)
	}
	return p.vault.open(ctx, key)
}

// A bug is told to the log alone, before an answer has begun and in one that
// streams; the next request is served.
func TestCanaryOfAPanic(t *testing.T) {
	t.Parallel()
	p := scripted(t)
	p.Otherwise(agenttest.Text("Seen."))
	storage := new(panicky)
	h := start(t, setup{env: modelAt(p), before: func(s *server) { storage.vault, s.uploads.vault = s.uploads.vault, storage }})
	alice := h.as(t, "alice")
	file := h.uploaded(t, "alice", "a.txt", "hello")
	storage.now.Store(true)
	shown := h.send(t, "GET", previewPath+file.ID, "", alice)
	shown.refused(t, 500, "internal")
	streamed := h.stream(t, sayWith("", "look", file.ID), alice)
	if len(streamed.Events) == 0 {
		t.Fatalf("HTTP %d, %s", streamed.Status, streamed.Body)
	}
	if _, failed := streamed.Events[len(streamed.Events)-1].(*chatkit.ErrorEvent); !failed {
		t.Errorf("the stream ends with %s, want an error", streamed.Events[len(streamed.Events)-1].EventType())
	}
	for _, body := range []string{shown.Body, streamed.Body} {
		if found := (canaries{"the panic": "panic-canary", "a stack": "goroutine", "a source file": ".go:"}).in(body); len(found) > 0 {
			t.Errorf("told: %q in %s", found, body)
		}
	}
	if strings.Count(h.Log.String(), panicWords) != 2 || !strings.Contains(h.Log.String(), "canary_test.go") {
		t.Error("the log does not tell of both, with a stack")
	}
	storage.now.Store(false)
	h.alive(t)
	if again := h.stream(t, sayOn(streamed.thread(t), "again"), alice); again.text() != "Seen." {
		t.Errorf("the next turn: HTTP %d, %s", again.Status, again.Body)
	}
	tally.Counted(t, tally.Entry{Promise: "P7", What: "panics in handlers", Runs: 2})
}

// A program that cannot start says why without the secrets that it was given.
func TestCanariesAtStart(t *testing.T) {
	t.Parallel()
	ln := nobodyAt(t)
	for name, env := range map[string]map[string]string{
		"no database":        {"DATABASE_URL": "postgres://taskwire:" + canaryPassword + "@" + ln + "/taskwire"},
		"a broken database":  {"DATABASE_URL": "postgres://taskwire:" + canaryPassword + "@[::1/taskwire"},
		"no kind known":      {"DATABASE_URL": "mysql://taskwire:" + canaryPassword + "@" + ln + "/taskwire"},
		"a model with user":  {"LLM_BASE_URL": "http://me:" + canaryModelKey + "@127.0.0.1/v1", "LLM_MODEL": "m"},
		"a key without base": {"LLM_API_KEY": canaryModelKey},
		"no issuer":          {"AUTH_MODE": "hs256", "BETTER_AUTH_SECRET": canaryShared},
		"a storage of none":  {"UPLOADS_URL": "ftp://me:" + canaryPassword + "@127.0.0.1/x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), program(t, "adapter"), "-http", "127.0.0.1:0")
			cmd.Env = []string{"HOME=" + t.TempDir(), "AUTH_MODE=dev", "TASKWIRE_USER=alice", "LOG_LEVEL=debug"}
			for key, value := range env {
				cmd.Env = append(cmd.Env, key+"="+value)
			}
			out, err := cmd.CombinedOutput()
			if err == nil || len(out) == 0 {
				t.Fatalf("it ended well, and said %s", out)
			}
			secrets := canaries{"the model's key": canaryModelKey, "the password": canaryPassword, "the shared secret": canaryShared}
			if found := secrets.in(string(out)); len(found) > 0 {
				t.Errorf("it tells %q: %s", found, out)
			}
		})
	}
}
