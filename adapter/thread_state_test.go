package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
	"taskwire/store"
	"taskwire/store/storetest"
)

// state asks a replica what is known of a page of the conversation.
func (c *chatter) state(h *harness, query string) (s threadState) {
	c.Helper()
	h.send(c, http.MethodGet, "/api/chatkit/threads/"+c.thread+query, "", c.header).ok(c, http.StatusOK).decode(c, &s)
	return s
}

func (c *chatter) thinks(kind string, items ...string) {
	c.Helper()
	ids := `"` + strings.Join(items, `","`) + `"`
	body := fmt.Sprintf(`{"type":"items.feedback","params":{"thread_id":%q,"item_ids":[%s],"kind":%q}}`, c.thread, ids, kind)
	c.h.send(c, http.MethodPost, "/api/chatkit", body, c.header).ok(c, http.StatusOK)
}

func TestThreadState(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		model := startModel(t)
		h := start(t, setup{engine: engine, env: model.env(nil)})
		c := h.chat(t, model, call("create_task", `{"title":"دودھ"}`), agenttest.Text("بن گیا۔"), agenttest.Text("You are welcome."))
		urdu := c.says("دودھ لانے کا کام بنا دو")
		english := c.says("Thank you")
		question, answer := done[*chatkit.UserMessage](urdu)[0].ID, done[*chatkit.AssistantMessage](urdu)[0].ID
		c.thinks(store.Negative, answer, question)
		c.thinks(store.Positive, answer)
		got := c.state(h, "")
		for id, want := range map[string]itemState{
			question: {Feedback: "negative"}, answer: {Sender: "urdu", Feedback: "positive"},
			done[*chatkit.UserMessage](english)[0].ID: {}, done[*chatkit.AssistantMessage](english)[0].ID: {Sender: "orchestrator"},
		} {
			if item, told := got.Items[id]; item != want || told != (want != itemState{}) {
				t.Errorf("%s is %+v, want %+v", id, item, want)
			}
		}
		c.thinks(store.Positive, c.shown...) // so that each has something
		for _, order := range []string{"asc", "desc"} {
			shown := slices.Clone(c.shown)
			if order == "desc" {
				slices.Reverse(shown)
			}
			for from := range shown {
				query, to := "?limit=2&order="+order, min(from+2, len(shown))
				if from > 0 {
					query += "&after=" + shown[from-1]
				}
				got := slices.Sorted(maps.Keys(c.state(h, query).Items))
				if want := slices.Sorted(slices.Values(shown[from:to])); !slices.Equal(got, want) {
					t.Errorf("%s: %q, want %q", query, got, want)
				}
			}
		}
		all := c.state(h, "?limit=1000") // with those that are hidden there are more
		if got := slices.Sorted(maps.Keys(all.Items)); !slices.Equal(got, slices.Sorted(slices.Values(c.shown))) {
			t.Errorf("all: %q, want %q", got, c.shown)
		}
		if a := h.send(t, http.MethodGet, "/api/chatkit/threads/"+c.thread+"?order=asc&after="+c.shown[len(c.shown)-1], "", c.header); a.Body != `{"answering":false,"items":{}}` {
			t.Errorf("behind the end: HTTP %d %s", a.Status, a.Body)
		}
	})
}

func TestThreadStateWhileAnswering(t *testing.T) {
	t.Parallel()
	model := startModel(t)
	h := start(t, setup{env: model.env(nil)})
	goOn := make(chan struct{})
	c := h.chat(t, model, agenttest.Text("Hello."), pausing(goOn, "One, ", "two."))
	c.says("Hello")
	if c.state(h, "").Answering {
		t.Error("answering before the question")
	}
	rest := h.streamUntil(t, "One, ", c.body("Count"), c.header)
	if !c.state(h, "").Answering {
		t.Error("not answering, although a stream runs")
	}
	close(goOn)
	c.ends(rest())
	if got := c.state(h, "?limit=1"); got.Answering || got.Items[c.shown[len(c.shown)-1]].Sender != "orchestrator" {
		t.Errorf("behind the end: %+v, want the answer and nothing that runs", got)
	}
}

func TestThreadStateOfNothing(t *testing.T) {
	t.Parallel()
	x := startTarget(t, setup{})
	alice, bob := x.furnish(t, "alice"), x.furnish(t, "bob")
	path, hd := "/api/chatkit/threads/", x.as(t, "alice").with("X-Request-Id", "same")
	x.unharmed(t, func() {
		never := x.send(t, http.MethodGet, path+"thr_never", "", hd)
		never.refusedAs(t, "one that never was", 404, "not_found", "")
		never.Header.Del("Date")
		for name, id := range map[string]string{
			"of another user": bob.Thread, "deleted": alice.Deleted, "a message": alice.Answer, "NUL": "a%00b", "no UTF-8": "%ff", "a slash": "a%2Fb", "long": strings.Repeat("x", 5000),
		} {
			a := x.send(t, http.MethodGet, path+id, "", hd)
			a.Header.Del("Date")
			if a.Status != never.Status || a.Body != never.Body || fmt.Sprint(a.Header) != fmt.Sprint(never.Header) {
				t.Errorf("%s:\n %d %v %s, want\n %d %v %s", name, a.Status, a.Header, a.Body, never.Status, never.Header, never.Body)
			}
		}
		for _, query := range []string{
			"limit=-1", "limit=1.5", "limit=x", "limit=1&limit=2", "order=up", "order=DESC", "order=asc&order=asc", "after=" + strings.Repeat("x", 201),
			"after=%00", "after=%ff", "after=%zz", "q=milk", "=",
		} {
			x.send(t, http.MethodGet, path+alice.Thread+"?"+query, "", hd).refusedAs(t, query, 400, "invalid", "")
		}
		for _, query := range []string{"", "limit=", "limit=0", "order=", "after=", "after=never", "limit=99999999999999999999"} {
			x.send(t, http.MethodGet, path+alice.Thread+"?"+query, "", hd).ok(t, 200)
		}
	})
}
