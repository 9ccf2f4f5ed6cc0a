package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
	"taskwire/adapter/web/browsertest"
)

// Questions with a form are answered or skipped, and the conversation goes on.
func TestPageStructuredInput(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: plays(t)})
	h.putThread(t, "thr_asked", "Asked", userSaid("thr_asked", 1, "plan my trip"), &chatkit.StructuredInput{
		Base: base("thr_asked", 2), Status: chatkit.InputPending, Inputs: []chatkit.Question{
			{Type: chatkit.MultipleChoice, ID: "where", Text: "Where to?", Options: []chatkit.Option{{Value: "Lahore"}, {Value: "Multan"}}},
			{Type: chatkit.Freeform, ID: "why", Text: "Why <b>there</b>?", Description: "In a few words"},
			{Type: chatkit.Freeform, ID: "else", Text: "Anything else?"},
		},
	})
	tab := h.visit(t)
	tab.Button("History").Click()
	tab.Button("Asked…").Click()
	log := tab.Log("Conversation")
	log.Find("radio", "Multan").Click()
	log.Textbox("Why <b>there</b>?…").Type("The mangoes")
	tab.Axe(t)
	log.Button("Submit").Click()
	log.WaitText("All done.")
	log.Button("Submit").Gone()
	for _, said := range []string{"Multan", "The mangoes", "Skipped"} {
		log.WaitText(said)
	}
}

// What the protocol can tell beside messages: steps of thought, progress,
// notices, sources, images, and kinds that are not known.
func TestPageRareEvents(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t)
	answering(tab, map[string][]string{"threads.create": {
		`{"type":"thread.created","thread":{"id":"thr_1","created_at":"2026-11-01T00:00:00Z","status":{"type":"active"},"metadata":{},"items":{"data":[],"has_more":false}}}`,
		`{"type":"thread.item.done","item":{"id":"m1","thread_id":"thr_1","created_at":"2026-11-01T00:00:00Z","type":"user_message","content":[{"type":"input_text","text":"hello"},{"type":"input_tag","id":"t","text":"Ada","data":{},"interactive":false}],"attachments":[],"quoted_text":"as you said","inference_options":{}}}`,
		`{"type":"stream_options","stream_options":{"allow_cancel":false}}`,
		`{"type":"progress_update","text":"Looking it up","icon":"search"}`,
		`{"type":"thread.item.added","item":{"id":"w1","thread_id":"thr_1","created_at":"2026-11-01T00:00:01Z","type":"workflow","workflow":{"type":"reasoning","tasks":[],"expanded":false}}}`,
		`{"type":"thread.item.updated","item_id":"w1","update":{"type":"workflow.task.added","task_index":0,"task":{"type":"thought","title":"Considering","content":"**deeply**","status_indicator":"complete"}}}`,
		`{"type":"thread.item.updated","item_id":"w1","update":{"type":"workflow.task.added","task_index":1,"task":{"type":"web_search","title_query":"the weather","queries":["rain?"],"sources":[{"type":"url","title":"The sky","url":"https://sky.example/a"},{"type":"url","title":"A trap","url":"javascript:alert(1)"}],"status_indicator":"loading"}}}`,
		`{"type":"thread.item.done","item":{"id":"w1","thread_id":"thr_1","created_at":"2026-11-01T00:00:01Z","type":"workflow","workflow":{"type":"reasoning","tasks":[{"type":"thought","title":"Considering","content":"**deeply**","status_indicator":"complete"}],"summary":{"duration":7},"expanded":false}}}`,
		`{"type":"thread.item.done","item":{"id":"g1","thread_id":"thr_1","created_at":"2026-11-01T00:00:02Z","type":"generated_image","image":{"id":"i","url":"https://elsewhere.example/pixel.png"}}}`,
		`{"type":"thread.item.done","item":{"id":"h1","thread_id":"thr_1","created_at":"2026-11-01T00:00:02Z","type":"hologram","beam":true}}`,
		`{"type":"of_a_later_protocol","item_id":"m1"}`,
		`{"type":"thread.item.added","item":{"id":"a1","thread_id":"thr_1","created_at":"2026-11-01T00:00:03Z","type":"assistant_message","content":[]}}`,
		`{"type":"thread.item.updated","item_id":"a1","update":{"type":"assistant_message.content_part.added","content_index":0,"content":{"type":"output_text","text":"","annotations":[]}}}`,
		`{"type":"thread.item.updated","item_id":"a1","update":{"type":"assistant_message.content_part.text_delta","content_index":0,"delta":"It **rains**."}}`,
		`{"type":"thread.item.updated","item_id":"a1","update":{"type":"assistant_message.content_part.annotation_added","content_index":0,"annotation_index":0,"annotation":{"type":"annotation","source":{"type":"url","title":"The sky","url":"https://sky.example/a"},"index":3}}}`,
		`{"type":"thread.item.done","item":{"id":"a1","thread_id":"thr_1","created_at":"2026-11-01T00:00:03Z","type":"assistant_message","content":[{"type":"output_text","text":"It **rains**.","annotations":[{"type":"annotation","source":{"type":"url","title":"The sky","url":"https://sky.example/a"},"index":3},{"type":"annotation","source":{"type":"file","title":"notes","filename":"notes.txt"}},{"type":"annotation","source":{"type":"url","title":"A trap","url":"javascript:alert(1)"}}]}]}}`,
		`{"type":"notice","level":"warning","title":"Mind you","message":"The limit is *near*."}`,
	}})
	ask(t, tab, "hello")
	log := tab.Log("Conversation")
	for _, text := range []string{"as you said", "hello", "@Ada", "Thought for 7 s", "The image lies elsewhere", "It rains.", "The sky", "notes", "A trap", "Mind you", "The limit is near."} {
		log.WaitText(text)
	}
	if links := log.Find("link", "").Names(); len(links) == 0 || strings.Contains(strings.Join(links, "|"), "trap") {
		t.Errorf("the sources link to %q", links)
	}
	tab.Axe(t)
}

// A tool of the page itself is run when an answer asks for it, and the answer
// goes on with what it gave.
func TestPageClientTool(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t)
	call := `{"type":"thread.item.done","item":{"id":"tc_%[1]s","thread_id":"thr_1","created_at":"2026-11-01T00:00:01Z","type":"client_tool_call","status":"pending","call_id":"c","name":"%[1]s","arguments":{"theme":"dark"}}}`
	answering(tab, map[string][]string{
		"threads.create": {
			`{"type":"thread.created","thread":{"id":"thr_1","created_at":"2026-11-01T00:00:00Z","status":{"type":"active"},"metadata":{},"items":{"data":[],"has_more":false}}}`,
			`{"type":"thread.item.done","item":{"id":"m1","thread_id":"thr_1","created_at":"2026-11-01T00:00:00Z","type":"user_message","content":[{"type":"input_text","text":"go dark"}],"attachments":[],"inference_options":{}}}`,
			fmt.Sprintf(call, "set_theme"),
		},
		"threads.add_client_tool_output":  {fmt.Sprintf(call, "no_such_tool")},
		"threads.add_client_tool_output2": {`{"type":"thread.item.done","item":{"id":"a1","thread_id":"thr_1","created_at":"2026-11-01T00:00:03Z","type":"assistant_message","content":[{"type":"output_text","text":"It is dark.","annotations":[]}]}}`},
	})
	ask(t, tab, "go dark")
	tab.Log("Conversation").WaitText("It is dark.")
	tab.Button("Dark mode").WaitState("pressed", "true")
	if said := tab.Find("status", "").Texts(); !slices.Contains(said, "Assistant: It is dark.") {
		t.Errorf("what is read aloud is %q", said)
	}
	var asked []struct {
		Type   string
		Params struct{ Result json.RawMessage }
	}
	tab.Eval("asked", &asked)
	if len(asked) != 3 || string(asked[1].Params.Result) != `{"theme":"dark"}` || !strings.Contains(string(asked[2].Params.Result), "no_such_tool") {
		t.Errorf("the page asked %+v", asked)
	}
}

// answering has the page's streaming requests answered with these events, by
// their type; of one that comes again, by the type and its number.
func answering(tab *browsertest.Tab, events map[string][]string) {
	answers, err := json.Marshal(events)
	if err != nil {
		panic(err) // texts always encode
	}
	tab.Eval(`{ window.asked = []; const send = fetch, answers = `+string(answers)+`, times = {};
		window.fetch = async (url, init) => {
			const request = typeof init?.body === "string" && String(url).endsWith("/api/chatkit") ? JSON.parse(init.body) : {};
			const time = times[request.type] = (times[request.type] ?? 0) + 1;
			const events = answers[request.type + (time > 1 ? time : "")];
			if (!events) return send(url, init);
			asked.push(request);
			return new Response(events.map(e => "data: " + e + "\n\n").join(""), {headers: {"content-type": "text/event-stream"}});
		} }`, nil)
}

// What one picks in the composer has the model call that tool; limits of an
// answer are told; a conversation that is locked says why.
func TestPageComposerAndNotices(t *testing.T) {
	t.Parallel()
	model := playing(t, call("list_tasks", `{}`), agenttest.Text("Nothing."), agenttest.Ending("length", "As long as"))
	h := start(t, setup{env: ownFace(modelAt(model))})
	h.putThread(t, "thr_locked", "Locked", userSaid("thr_locked", 1, "hello"))
	session, err := h.Server.chats.Session(t.Context(), "dev-user", "thr_locked")
	if err != nil {
		t.Fatal(err)
	}
	session.Status = json.RawMessage(`{"type":"locked","reason":"Under review"}`)
	if err := h.Server.chats.SaveSession(t.Context(), "dev-user", session); err != nil {
		t.Fatal(err)
	}
	tab := h.visit(t)
	pick := tab.Button("List")
	pick.WaitState("pressed", "false").Click()
	pick.WaitState("pressed", "true")
	ask(t, tab, "what is there?")
	pick.WaitState("pressed", "false")
	if choice := string(model.Requests()[0].ToolChoice); !strings.Contains(choice, "list_tasks") {
		t.Errorf("the model is asked with tool_choice %s, want list_tasks", choice)
	}
	tab.Log("Conversation").WaitText("List tasks")
	ask(t, tab, "tell me everything")
	tab.Log("Conversation").WaitText("As long as")
	tab.Log("Conversation").Find("status", "").Wait()
	tab.Axe(t)

	tab.Button("History").Click()
	tab.Button("Locked…").Click()
	tab.Textbox("Message").WaitState("disabled", "true")
	tab.WaitEval(`document.querySelector("textarea").placeholder === "Under review"`)
}
