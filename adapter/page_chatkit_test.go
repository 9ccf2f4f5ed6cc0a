package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"taskwire/adapter/web/browsertest"
	"taskwire/adapter/web/chatkittest"
)

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
	k.check(t)
	k.Axe(t)
	k.Eval(`__chatkit.refused.length = 0`, nil)         // axe asks every element for much
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
	k.Find("region", "ChatKit start").WaitText("السلام علیکم dev-user! میں آپ کے کاموں میں کیسے مدد کروں؟")
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
