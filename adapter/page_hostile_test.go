package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
	"taskwire/store"
)

// hostile are texts that would be more than text if they were let. Each holds a
// word by which it is found again.
var hostile = []string{
	`<script>document.title = "owned"</script> scripted`,
	`<img src=x onerror='document.title = "owned"'> pictured`,
	`"><svg onload='document.title="owned"'></svg> drawn`,
	`<iframe srcdoc="<script>parent.document.title='owned'</script>"></iframe> framed`,
	`</article></main></body><style>*{display:none}</style> closed`,
	`[click](javascript:document.title='owned') ![x](https://tracker.example/pixel.png) linked`,
	`<a href="data:text/html,<script>1</script>">x</a> {{7*7}} ${7*7} templated`,
	"\u202emilk\u202c \u2066turned\u2069 \u200f\u200e reversed",
	"a\u0301\u0302\u0303\u0304\u0305\u0306 \U0001F468\u200d\U0001F469\u200d\U0001F467 \ufeff\u200b\u00ad combined",
	"```\n<b>not bold</b>\n``` fenced",
	"دودھ milk \u202e<b>لانا</b> mixed",
	strings.Repeat("W", 3000) + " unbroken",
	"\u2028line\u2029breaks\x01\x7f controlled",
}

// wordOf is the word by which a text is found.
func wordOf(text string) string { return text[strings.LastIndex(text, " ")+1:] }

// putThread stores a conversation of the user who needs no token, as if it had
// taken place.
func (h *harness) putThread(t testing.TB, id, title string, items ...chatkit.Item) {
	t.Helper()
	session := store.Session{ID: id, Title: title, TitleByUser: true}
	if err := h.Server.chats.SaveSession(t.Context(), "dev-user", session); err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		row, err := fromItem(item, "orchestrator")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Server.chats.AddMessage(t.Context(), "dev-user", id, row); err != nil {
			t.Fatal(err)
		}
	}
}

// base is the head of the n-th item of a thread.
func base(thread string, n int) chatkit.Base {
	return chatkit.Base{ID: fmt.Sprintf("msg_%s_%05d", thread, n), ThreadID: thread, CreatedAt: time.Date(2026, 11, 1, 0, 0, n, 0, time.UTC)}
}

func userSaid(thread string, n int, text string) chatkit.Item {
	return &chatkit.UserMessage{Base: base(thread, n), Content: []chatkit.UserContent{{Type: chatkit.InputText, Text: text}}}
}

func assistantSaid(thread string, n int, text string) chatkit.Item {
	return &chatkit.AssistantMessage{Base: base(thread, n), Content: []chatkit.AssistantContent{{Text: text}}}
}

// Whatever was stored is shown as text, wherever it stands, and breaks nothing
// (F08, L24): messages, answers, steps, titles of tasks and of conversations, names
// of files.
func TestPageHostileTexts(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	var items []chatkit.Item
	for i, text := range hostile {
		items = append(items, userSaid("thr_hostile", 4*i, text), assistantSaid("thr_hostile", 4*i+1, text),
			&chatkit.WorkflowItem{Base: base("thr_hostile", 4*i+2), Workflow: chatkit.Workflow{
				Type: chatkit.WorkflowCustom, Tasks: []chatkit.Task{{Type: chatkit.TaskCustom, Title: text, Content: text, Status: chatkit.TaskComplete}},
				Summary: &chatkit.Summary{Title: text},
			}})
		body, err := json.Marshal(map[string]string{"title": cutTo(text, 255), "description": cutTo(text, 1000)})
		if err != nil {
			t.Fatal(err)
		}
		h.dev(t, http.MethodPost, "/api/dev-user/tasks", string(body)).ok(t, http.StatusCreated)
		h.putThread(t, fmt.Sprintf("thr_title_%d", i), cutTo(text, 255))
	}
	long := strings.Repeat("word <b>bold</b> \u202eturned\u202c ", 4000) + "the very end"
	items = append(items, userSaid("thr_hostile", 1000, long), assistantSaid("thr_hostile", 1001, long))
	h.putThread(t, "thr_hostile", "Hostile", items...)

	tab := h.visit(t)
	ask(t, tab, "show all tasks")
	unharmed := func(where string) {
		t.Helper()
		var harm []string
		tab.Eval(`[...document.querySelectorAll("script:not(#taskwire-config):not([src]), iframe, object, embed, svg[onload], [onerror], [onload], [onclick], a[href^='javascript:'], a[href^='data:'], img[src^='https://tracker']")].map(el => el.outerHTML.slice(0, 200))`, &harm)
		if len(harm) > 0 {
			t.Errorf("%s holds %q", where, harm)
		}
		var title string
		if tab.Eval("document.title", &title); title != "AI Task Assistant" {
			t.Errorf("%s: the title is %q", where, title)
		}
		var wide int
		if tab.Eval("document.documentElement.scrollWidth - innerWidth", &wide); wide > 0 {
			t.Errorf("%s is %d px too wide", where, wide)
		}
	}
	boxes := strings.Join(tab.Log("Conversation").Checkbox("").Names(), "\n")
	for _, text := range hostile {
		if word := wordOf(cutTo(text, 255)); !strings.Contains(boxes, word) {
			t.Errorf("the tasks lack %q", word)
		}
	}
	if strings.ContainsAny(boxes, "\u202e\u2066") {
		t.Errorf("a task turns the direction of its name: %q", boxes)
	}
	unharmed("the list of tasks")
	tab.Axe(t)

	tab.Button("History").Click()
	history := tab.Find("complementary", "History")
	history.Button("Hostile…").Wait()
	unharmed("the history")
	history.Button("Hostile…").Click()
	log := tab.Log("Conversation")
	log.WaitText("the very end")
	// What is older comes as one scrolls up. What is far from the screen is not
	// rendered, and has no innerText.
	tab.WaitEval(`(log => { log.scrollBy({top: -1e6, behavior: "instant"}); return log.textContent.includes("scripted") })(document.querySelector("[role=log]"))`)
	var text string
	tab.Eval(`document.querySelector("[role=log]").textContent`, &text)
	for _, hostile := range hostile {
		if got := strings.Count(text, wordOf(hostile)); got < 3 {
			t.Errorf("%q is shown %d times, want as question, answer and step", wordOf(hostile), got)
		}
	}
	unharmed("the conversation")
	if strings.ContainsAny(text, "\u202e\u202d\u2066\u2067") {
		t.Error("a text in the conversation turns what stands beside it")
	}
	var overlong int
	tab.Eval(`[...document.querySelectorAll("article")].filter(el => el.scrollWidth > el.clientWidth + 1 && el.getBoundingClientRect().right > innerWidth).length`, &overlong)
	if overlong > 0 {
		t.Errorf("%d items reach beyond the screen", overlong)
	}
	ask(t, tab, "add buy milk")
	h.oneTask(t, "buy milk")
	t.Logf("tasks over 50 ms: %v", tab.LongTasks())
}

// cutTo keeps the end of a text, where its word is.
func cutTo(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[len(runes)-most:])
	}
	return text
}
