package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/web"
	"taskwire/adapter/web/browsertest"
	"taskwire/adapter/web/chatkittest"
)

// chatKit are the settings of a stack without sign-in whose page shows ChatKit,
// and what a test adds to them.
func chatKit(t testing.TB, script chatkittest.Script, more map[string]string) map[string]string {
	t.Helper()
	env := maps.Clone(devEnv)
	maps.Copy(env, more)
	env["CHATKIT_ENABLED"] = "true"
	env["CHATKIT_SCRIPT_URL"] = chatkittest.Serve(t, script)
	return env
}

// A kit is the page with ChatKit on it.
type kit struct{ *browsertest.Tab }

// openKit opens the page and waits for ChatKit.
func (h *harness) openKit(t testing.TB, before ...func(*browsertest.Tab)) kit {
	t.Helper()
	k := kit{browsertest.Open(t, h.Base+web.Root, before...)}
	k.ready()
	t.Cleanup(func() { k.check(t) })
	return k
}

// ready waits until ChatKit is seen.
func (k kit) ready() {
	k.WaitEval(`document.querySelector("openai-chatkit").checkVisibility({visibilityProperty: true})
		&& __chatkit.events.some(([type]) => type === "chatkit.ready") && !__chatkit.conversation.busy`)
}

// check fails the test for what ChatKit would have refused.
func (k kit) check(t testing.TB) {
	t.Helper()
	var refused []string
	if k.Eval("__chatkit.refused", &refused); len(refused) > 0 {
		t.Errorf("ChatKit refuses: %s", strings.Join(refused, "\n"))
	}
}

// says sends a message and waits until the answer has ended.
func (k kit) says(text string) {
	k.Eval(fmt.Sprintf(`__chatkit.element.sendUserMessage({text: %q})`, text), nil)
}

// begins sends a message and does not wait for the answer.
func (k kit) begins(text string) {
	k.Eval(fmt.Sprintf(`void __chatkit.element.sendUserMessage({text: %q})`, text), nil)
}

// presses a button of ChatKit's, or ticks a box.
func (k kit) presses(name string) {
	k.WaitEval(fmt.Sprintf(`(el => el && (el.click(), true))([...__chatkit.element.shadowRoot.querySelectorAll("button, input")]
		.find(el => (el.ariaLabel ?? el.textContent) === %q))`, name))
}

// texts are those of the thread's messages.
func (k kit) texts() (texts []string) {
	k.Eval(`__chatkit.conversation.items.map(item => (item.content ?? []).map(part => part.text).join(""))`, &texts)
	return texts
}

func (k kit) thread() (id string) {
	k.Eval(`__chatkit.conversation.threadId ?? ""`, &id)
	return id
}

func (k kit) stored(key string) (value string) {
	k.Eval(fmt.Sprintf(`localStorage.getItem(%q) ?? ""`, key), &value)
	return value
}

// What ChatKit is given, all of it as its types want it.
func TestChatKitIsShown(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: chatKit(t, chatkittest.Works, nil)})
	k := h.openKit(t)
	k.Find("heading", "AI Task Assistant").First().Wait()
	k.Find("region", "ChatKit start").WaitText("Hello dev-user! How can I help you with your tasks?")
	for _, prompt := range []string{"Create a new task", "List my tasks", "Help me understand what I can do"} {
		k.Button(prompt).Wait()
	}
	var options struct {
		API struct {
			URL, DomainKey string
			UploadStrategy struct{ Type string }
		}
		Locale, FrameTitle string
		Theme              struct {
			ColorScheme, Radius string
			Color               struct {
				Surface struct{ Background, Foreground string }
				Accent  struct{ Primary string }
			}
		}
		History           struct{ ShowDelete, ShowRename bool }
		ThreadItemActions struct{ Feedback, Retry bool }
	}
	k.Eval("__chatkit.options", &options)
	if options.API.URL != "/api/chatkit" || options.API.DomainKey != "local-dev" || options.API.UploadStrategy.Type != "two_phase" {
		t.Errorf("api = %+v", options.API)
	}
	if surface := options.Theme.Color.Surface; surface.Background != "#F9F7F2" || surface.Foreground != "#2A1B12" || options.Theme.Color.Accent.Primary != "#FF6B4A" || options.Theme.Radius != "round" {
		t.Errorf("theme = %+v", options.Theme)
	}
	if !options.History.ShowDelete || !options.History.ShowRename || !options.ThreadItemActions.Feedback || !options.ThreadItemActions.Retry {
		t.Errorf("options = %+v", options)
	}
	k.Eval(`dispatchEvent(new Event("pagehide"))`, nil) // tells at once
	waitFor(t, "what the page tells", func() bool {
		h.Server.beacons.mu.Lock()
		defer h.Server.beacons.mu.Unlock()
		return h.Server.beacons.timings["script_ms"].count == 1 && h.Server.beacons.timings["chatkit_ready_ms"].count == 1 && h.Server.beacons.timings["session_ms"].count == 1
	})
}

// Language and theme are told to ChatKit, the theme without loading anything.
func TestChatKitSpeaksUrdu(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: chatKit(t, chatkittest.Works, nil)})
	k := h.openKit(t, browsertest.As(browsertest.Person{Locale: "ur", Dark: true}))
	k.Find("region", "ChatKit start").WaitText("السلام علیکم dev-user! میں آپ کے کاموں میں کیسے مدد کر سکتا ہوں؟")
	k.Button("نیا کام بنائیں").Wait()
	var got string
	if k.Eval(`[__chatkit.options.locale, __chatkit.options.theme.colorScheme, __chatkit.options.theme.color.surface.background].join()`, &got); got != "ur,dark,#1A110B" {
		t.Errorf("options = %s", got)
	}
	k.Find("banner", "").Button("").Last().Click() // the theme's
	k.WaitEval(`__chatkit.options.theme.colorScheme === "light"`)
}

// A task is made by a sentence, by the tool that the person chose, and ticked
// off in the widget. A reload keeps the thread.
func TestChatKitMakesTasks(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: chatKit(t, chatkittest.Works, nil)})
	k := h.openKit(t)
	k.presses("List my tasks")
	k.WaitEval(`__chatkit.conversation.threadId && !__chatkit.conversation.busy`)
	k.Eval(`__chatkit.element.sendUserMessage({text: "add buy milk", toolChoice: {id: "create_task"}})`, nil)
	h.oneTask(t, "buy milk")
	k.presses("buy milk")
	waitFor(t, "the task to be done", func() bool {
		return strings.Contains(h.dev(t, http.MethodGet, "/api/dev-user/tasks", "").Body, `"status":"completed"`)
	})
	thread, texts := k.thread(), k.texts()
	if thread == "" || k.stored("chatkit-thread-id") != thread {
		t.Errorf("kept thread = %q, want %q", k.stored("chatkit-thread-id"), thread)
	}
	k.Reload()
	k.ready()
	if got := k.texts(); k.thread() != thread || strings.Join(got, "|") != strings.Join(texts, "|") {
		t.Errorf("after a reload: %q, want %q", got, texts)
	}
}

// However ChatKit fails, the built-in chat comes, and soon.
func TestChatKitFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		script chatkittest.Script
		reason string
		soon   time.Duration // else it takes five seconds to be sure
		expect []string
	}{
		{chatkittest.Missing, "script_failed", 3 * time.Second, []string{"GET .*/chatkit.js"}},
		{chatkittest.Slow, "not_defined", 0, nil},
		{chatkittest.Undefined, "not_defined", 0, nil},
		{chatkittest.Unready, "not_ready", 0, nil},
		{chatkittest.Refuses, "fatal", 3 * time.Second, nil},
		{chatkittest.Fatal, "fatal", 3 * time.Second, nil},
		{chatkittest.Domain, "fatal", 3 * time.Second, nil},
		{chatkittest.Unmounts, "fatal", 3 * time.Second, nil},
	} {
		t.Run(string(c.script), func(t *testing.T) {
			t.Parallel()
			h := start(t, setup{env: chatKit(t, c.script, nil)})
			tab := h.visit(t)
			for _, pattern := range c.expect {
				tab.Expect(pattern)
			}
			h.fallsBack(t, tab, c.reason, c.soon)
		})
	}
	t.Run("blocked", func(t *testing.T) {
		t.Parallel()
		h := start(t, setup{env: chatKit(t, chatkittest.Works, nil)})
		tab := h.visit(t, func(tab *browsertest.Tab) { tab.Block("*://*:*/chatkit.js") })
		tab.Expect("failed request: .*inspector GET .*/chatkit.js")
		h.fallsBack(t, tab, "script_failed", 3*time.Second)
	})
}

// fallsBack waits for the built-in chat and uses it.
func (h *harness) fallsBack(t *testing.T, tab *browsertest.Tab, reason string, soon time.Duration) {
	t.Helper()
	tab.Textbox("Message").Wait()
	var shown float64
	tab.Eval(`performance.now()`, &shown)
	limit := 9 * time.Second // on a machine that is busy
	if soon > 0 {
		limit = soon
	}
	if took := time.Duration(shown) * time.Millisecond; took > limit {
		t.Errorf("the built-in chat is there after %v, want at most %v", took, limit)
	}
	ask(t, tab, "add buy milk")
	h.oneTask(t, "buy milk")
	var left int
	if tab.Eval(`document.querySelectorAll("openai-chatkit").length`, &left); left > 0 {
		t.Error("ChatKit's element is still there")
	}
	if reason != "script_failed" {
		reason = "chatkit_" + reason
	}
	tab.Eval(`dispatchEvent(new Event("pagehide"))`, nil) // tells at once
	waitFor(t, "the page to tell "+reason, func() bool {
		h.Server.beacons.mu.Lock()
		defer h.Server.beacons.mu.Unlock()
		return h.Server.beacons.errors[reason] == 1
	})
}

// An id that is none, or of a thread that is gone, opens a new one.
func TestChatKitForgetsThread(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: chatKit(t, chatkittest.Works, nil)})
	k := h.openKit(t)
	k.Expect("HTTP 404: POST .*/api/chatkit")
	k.says("add buy milk")
	gone := k.thread()
	h.dev(t, http.MethodPost, "/api/chatkit", `{"type":"threads.delete","params":{"thread_id":"`+gone+`"}}`).ok(t, http.StatusOK)
	for _, id := range []string{gone, "not even an id"} {
		k.Eval(fmt.Sprintf(`localStorage.setItem("chatkit-thread-id", %q)`, id), nil)
		k.opensNew(t)
	}
}

// F02: what was one person's is not another's, in the same browser.
func TestChatKitForgetsOthersThread(t *testing.T) {
	t.Parallel()
	h, auth := signsIn(t, map[string]string{"CHATKIT_ENABLED": "true", "CHATKIT_SCRIPT_URL": chatkittest.Serve(t, chatkittest.Works)})
	auth.user.Store("alice")
	k := h.openKit(t)
	k.says("add alice's secret")
	thread := k.thread()
	auth.user.Store("bob")
	k.opensNew(t)
	k.Expect("HTTP 404: POST .*/api/chatkit")
	k.Eval(fmt.Sprintf(`localStorage.setItem("chatkit-thread-id", %q); localStorage.setItem("chatkit-user", "bob")`, thread), nil)
	k.opensNew(t)
	k.says("show my tasks")
	if got := strings.Join(k.texts(), "|"); strings.Contains(got, "secret") || k.thread() == thread {
		t.Errorf("bob sees %q", got)
	}
}

// opensNew loads the page anew, which is to show a new thread and keep none.
func (k kit) opensNew(t *testing.T) {
	t.Helper()
	k.Reload()
	k.ready()
	k.Find("region", "ChatKit start").WaitText("How can I help you with your tasks?")
	if open, kept := k.thread(), k.stored("chatkit-thread-id"); open != "" || kept != "" {
		t.Errorf("open is %q, kept is %q, want a new thread", open, kept)
	}
	k.check(t)
}

// Stop stops the server's answer too; what was said is kept and the thread is
// free for the next question.
func TestChatKitStops(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: chatKit(t, chatkittest.Works, plays(t, agenttest.Stall("As far as"), agenttest.Text("The whole answer.")))})
	k := h.openKit(t)
	k.begins("how far?")
	k.Log("ChatKit conversation").WaitText("As far as")
	k.presses("ChatKit stop")
	k.Button("ChatKit send").Wait()
	waitFor(t, "the answer to end", func() bool {
		return strings.Contains(h.dev(t, http.MethodPost, "/api/chatkit", `{"type":"items.list","params":{"thread_id":"`+k.thread()+`"}}`).Body, "As far as")
	})
	k.says("and now?")
	if texts := k.texts(); texts[len(texts)-1] != "The whole answer." {
		t.Errorf("texts = %q", texts)
	}
}

// An answer goes on though the page is left in its middle.
func TestChatKitAnswerOutlivesPage(t *testing.T) {
	t.Parallel()
	hold := make(pause)
	h := start(t, setup{env: chatKit(t, chatkittest.Works, plays(t, hold.says("Half ", "and whole.")))})
	k := h.openKit(t)
	k.begins("how far?")
	k.Log("ChatKit conversation").WaitText("Half")
	k.Reload()
	k.ready()
	close(hold)
	waitFor(t, "the whole answer", func() bool {
		k.Eval(`__chatkit.element.fetchUpdates()`, nil)
		texts := k.texts()
		return texts[len(texts)-1] == "Half and whole."
	})
}

// A secret that is refused is renewed, unseen.
func TestChatKitRenewsSecret(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: chatKit(t, chatkittest.Works, nil)})
	k := h.openKit(t)
	k.says("add buy milk")
	k.Expect("HTTP 401: POST .*/api/chatkit")
	k.Eval(`{ const send = fetch; let spoilt = false; window.asked = [];
		window.fetch = (url, init) => {
			asked.push(String(url));
			if (url === "/api/chatkit" && !spoilt) { spoilt = true; init.headers.set("Authorization", "Bearer " + "spoilt"); }
			return send(url, init);
		} }`, nil)
	k.says("add buy bread")
	var asked string
	if k.Eval(`asked.join(" ")`, &asked); asked != "/api/chatkit /api/chatkit/refresh /api/chatkit" {
		t.Errorf("asked for %s", asked)
	}
	h.oneTask(t, "buy bread")
}

// Files are uploaded in two phases, with a body of their own kind.
func TestChatKitUploads(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: chatKit(t, chatkittest.Works, nil)})
	k := h.openKit(t)
	k.Eval(`__chatkit.conversation.upload(new File(["milk and bread"], "list.txt", {type: "text/plain"}))
		.then(attachment => __chatkit.element.sendUserMessage({text: "keep this", attachments: [{type: "file", id: attachment.id, name: attachment.name, mime_type: attachment.mime_type}]}))`, nil)
	var attached string
	if k.Eval(`__chatkit.conversation.items[0].attachments.map(a => a.name + " " + a.mime_type).join()`, &attached); attached != "list.txt text/plain" {
		t.Errorf("attached is %q", attached)
	}
}

// With hosted sessions ChatKit asks for OpenAI's secret and talks to OpenAI.
func TestChatKitHosted(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: chatKit(t, chatkittest.Works, map[string]string{
		"CHATKIT_SESSION_MODE": "openai", "OPENAI_API_KEY": openAIKey, "CHATKIT_WORKFLOW_ID": "wf_1", "OPENAI_BASE_URL": startOpenAI(t).URL,
	})})
	k := h.openKit(t)
	k.WaitEval(`__chatkit.secret === "ek_1"`)
}

// All requests that ChatKit was ever seen to make are answered: with what was
// asked for, or with a problem that says why not.
func TestChatKitRecordings(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("chatkit/testdata/golden/*.json")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	h := start(t, setup{env: chatKit(t, chatkittest.Works, nil)})
	k := h.openKit(t)
	k.Allow("HTTP (4..|501): POST")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		var recording struct {
			Steps json.RawMessage
		}
		data, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(data, &recording)
		}
		if err != nil {
			t.Fatal(err)
		}
		var results []struct {
			Label, Request, Code string
			Status               int
			Events               []string
		}
		k.Eval(fmt.Sprintf(`__chatkit.replay(%s)`, recording.Steps), &results)
		for _, r := range results {
			ends := len(r.Events) == 0 || !strings.HasPrefix(r.Events[len(r.Events)-1], "thread.item.updated")
			refused := r.Code != "" && (r.Status >= 400 && r.Status < 500 || r.Status == 501 && r.Request == "input.transcribe")
			if r.Status != 200 && !refused || !ends {
				t.Errorf("%s, %s: %s gives %d %s %v", name, r.Label, r.Request, r.Status, r.Code, r.Events)
			}
		}
	}
}
