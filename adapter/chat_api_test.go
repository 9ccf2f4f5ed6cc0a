package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
	"taskwire/store"
	"taskwire/store/storetest"
)

// say sends one message; thread may be empty.
func (h *harness) say(t testing.TB, message, thread string, hd header) answer {
	t.Helper()
	body := map[string]string{"message": message}
	if thread != "" {
		body["thread_id"] = thread
	}
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return h.send(t, "POST", "/api/chat", string(data), hd)
}

func (a answer) chat(t testing.TB) (out chatAnswer) {
	t.Helper()
	a.ok(t, 200).decode(t, &out)
	return out
}

func TestChatAPI(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice")
	first := h.say(t, "Add milk, high priority", "", alice).chat(t)
	if first.Agent != "orchestrator" || first.ThreadID == "" || first.Response == "" || first.Timestamp.IsZero() {
		t.Errorf("the answer is %+v", first)
	}
	if len(first.ToolCalls) != 1 || first.ToolCalls[0].Name != "create_task" || !first.ToolCalls[0].OK ||
		!strings.Contains(string(first.ToolCalls[0].Arguments), `"milk"`) {
		t.Errorf("the calls are %+v", first.ToolCalls)
	}
	second := h.say(t, "help", first.ThreadID, alice).chat(t)
	if second.ThreadID != first.ThreadID || len(second.ToolCalls) != 0 || second.ToolCalls == nil {
		t.Errorf("the second answer is %+v", second)
	}
	if urdu := h.say(t, "میرے کام دکھاؤ", "", alice).chat(t); urdu.Agent != "urdu" {
		t.Errorf("Urdu is answered by %s", urdu.Agent)
	}
	h.say(t, "help", first.ThreadID, h.as(t, "bob")).refused(t, 404, "not_found")
	h.say(t, "help", "thr_never", alice).refused(t, 404, "not_found")
	h.say(t, "help", "", header{"Authorization": "Bearer " + h.secret(t, "alice")}).refused(t, 401, "token_invalid")
}

func TestChatAPIRefuses(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	alice := h.as(t, "alice")
	before := h.hash(t)
	for name, body := range map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "no message": `{}`, "null message": `{"message":null}`, "blank": `{"message":" \n"}`,
		"a number": `{"message":1}`, "too long": `{"message":"` + strings.Repeat("ک", maxChatMessage+1) + `"}`,
		"twice": `{"message":"a","message":"b"}`, "another case": `{"Message":"a"}`, "half a pair": `{"message":"\ud83d"}`,
		"a thread that is none": `{"message":"a","thread_id":7}`, "an empty thread": `{"message":"a","thread_id":""}`,
	} {
		if a := h.send(t, "POST", "/api/chat", body, alice); a.Status != 400 || a.problem().Code == "" {
			t.Errorf("%s: HTTP %d, %s", name, a.Status, a.Body)
		}
	}
	for field, body := range map[string]string{"thread_id ": `{"message":"a","thread_id":""}`, "message ": `{"message":"a\u0000b"}`} {
		if a := h.send(t, "POST", "/api/chat", body, alice); a.Status != 400 || !strings.HasPrefix(a.problem().Detail, field) {
			t.Errorf("%s: HTTP %d, %s, want the field to be named", body, a.Status, a.Body)
		}
	}
	h.say(t, "a", "", alice.with("X-Timezone", "Mars/Crater")).refused(t, 400, "invalid")
	h.send(t, "POST", "/api/chat", strings.Repeat(" ", maxChatBody+1), alice).refused(t, 413, "too_large")
	h.send(t, "POST", "/api/chat", `{"message":"a"}`, alice.with("Content-Type", "text/plain")).refused(t, 415, "unsupported_media_type")
	if h.hash(t) != before {
		t.Error("something changed")
	}
}

// The longest message is taken, however it is written.
func TestChatAPILongestMessage(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	h.send(t, "POST", "/api/chat", `{"message":"`+strings.Repeat(`\ud83d\ude00`, maxChatMessage)+`","thread_id":null}`, h.as(t, "alice")).ok(t, 200)
}

func TestChatAPIOnce(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice").with("Idempotency-Key", "k")
	first := h.say(t, "add milk", "", alice).ok(t, 200)
	if again := h.say(t, "add milk", "", alice).ok(t, 200); again.Body != first.Body {
		t.Errorf("again %s, want %s", again.Body, first.Body)
	}
	h.say(t, "add tea", "", alice).refused(t, 422, "key_reused")
	var tasks []restTask
	h.send(t, "GET", "/api/alice/tasks", "", h.as(t, "alice")).ok(t, 200).decode(t, &tasks)
	if len(tasks) != 1 {
		t.Errorf("%d tasks, want one", len(tasks))
	}
}

// What fails behind us has a status of its own, and none of the provider's words.
func TestChatAPIFailures(t *testing.T) {
	t.Parallel()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "sk-secret is not allowed", http.StatusForbidden)
	}))
	defer broken.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := "http://" + ln.Addr().String()
	ln.Close()
	for _, f := range []struct {
		model, code string
		noTools     bool
		status      int
	}{
		{broken.URL, "model_failed", false, 502},
		{away, "model_unavailable", false, 503},
		{"", "tools_unavailable", true, 503},
	} {
		t.Run(f.code, func(t *testing.T) {
			s := setup{noTools: f.noTools}
			if f.model != "" {
				s.env = map[string]string{"LLM_BASE_URL": f.model, "LLM_MODEL": "m", "LLM_API_KEY": "k"}
			}
			h := start(t, s)
			keyed := h.as(t, "alice").with("Idempotency-Key", "k").with("X-Request-Id", "same")
			a := h.say(t, "add milk", "", keyed)
			a.refused(t, f.status, f.code)
			if strings.Contains(a.Body, "sk-secret") {
				t.Errorf("the answer is %s", a.Body)
			}
			if again := h.say(t, "add milk", "", keyed); again.Body != a.Body {
				t.Errorf("again %s, want %s", again.Body, a.Body)
			}
		})
	}
}

func TestChatAPIRates(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: map[string]string{"RATE_TURNS_PER_MINUTE": "1"}})
	h.say(t, "help", "", h.as(t, "alice")).ok(t, 200)
	h.say(t, "help", "", h.as(t, "alice")).refused(t, 429, "rate_limited")
	h.say(t, "help", "", h.as(t, "bob")).ok(t, 200)
}

func TestSearchThreads(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		h := start(t, setup{engine: engine, noTools: true})
		alice := h.as(t, "alice")
		threads := &chatStore{chats: h.Server.chats, logger: quiet}
		for i := range 25 {
			turn := threads.begin(t, "alice", fmt.Sprintf("Milk %02d", i), nil)
			if err := turn.End(t.Context(), chatkit.Done, chatkit.Changes{}); err != nil {
				t.Fatal(err)
			}
		}
		type page struct {
			Data []struct {
				ID string `json:"id"`
			} `json:"data"`
			HasMore bool   `json:"has_more"`
			After   string `json:"after"`
		}
		list := func(query string, hd header) (p page) {
			t.Helper()
			h.send(t, "GET", "/api/chatkit/threads"+query, "", hd).ok(t, 200).decode(t, &p)
			return p
		}
		for query, want := range map[string]int{
			"": 20, "?limit=": 20, "?limit=0": 20, "?limit=7": 7, "?limit=101": 25, "?limit=99999999999999999999": 25,
			"?q=mILK": 20, "?q=milk+07": 1, "?q=%25": 0,
		} {
			if p := list(query, alice); len(p.Data) != want || p.HasMore != (want == 20 || want == 7) {
				t.Errorf("%q: %d threads, more %v, want %d", query, len(p.Data), p.HasMore, want)
			}
		}
		list("?after=never&limit=3", alice) // a position like any other
		first := list("?q=milk", alice)
		rest := list("?q=milk&after="+url.QueryEscape(first.After), alice)
		if len(rest.Data) != 5 || rest.HasMore || rest.Data[0].ID >= first.Data[19].ID {
			t.Errorf("the second page is %+v", rest)
		}
		if p := list("?q=milk", h.as(t, "bob")); len(p.Data) != 0 || p.Data == nil {
			t.Errorf("bob sees %+v", p)
		}
		long := strings.Repeat("x", 201)
		for _, query := range []string{"?limit=-1", "?limit=1.5", "?limit=x", "?limit=1&limit=2", "?after=" + long, "?q=" + long, "?q=%00", "?q=%ff", "?order=asc", "?q=%zz"} {
			h.send(t, "GET", "/api/chatkit/threads"+query, "", alice).refused(t, 400, "invalid")
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		asked := make(chan struct{}, 1)
		model := slowModel(t, asked)
		h := start(t, setup{engine: engine, env: map[string]string{"LLM_BASE_URL": model.URL, "LLM_MODEL": "m", "LLM_API_KEY": "k"}})
		alice := h.as(t, "alice")
		said := make(chan answer, 1)
		go func() {
			a, _ := exchange(t.Context(), "POST", h.Base+"/api/chat", `{"message":"hello"}`, alice)
			said <- a
		}()
		<-asked
		page, err := h.Server.chats.Sessions(t.Context(), "alice", store.PageParams{})
		if err != nil || len(page.Rows) != 1 {
			t.Fatalf("threads: %v, %v", page.Rows, err)
		}
		body := `{"thread_id":"` + page.Rows[0].ID + `"}`
		// That the model has sent something does not say that we have read it.
		behind := storetest.Behind(t, h.Database)
		defer behind.Close()
		waitFor(t, "the beginning to be kept aside", func() bool {
			var kept bool
			if err := behind.QueryRow(`SELECT checkpoint LIKE '%Once upon%' FROM chat_turns WHERE session_id = $1`, page.Rows[0].ID).Scan(&kept); err != nil {
				t.Fatal(err)
			}
			return kept
		})
		h.send(t, "POST", "/api/chatkit/cancel", body, h.as(t, "bob")).refused(t, 404, "not_found")
		if a := h.send(t, "POST", "/api/chatkit/cancel", body, alice).ok(t, 200); a.Body != `{"cancelled":true}` {
			t.Errorf("cancel says %s", a.Body)
		}
		if a := (<-said).chat(t); !strings.HasPrefix(a.Response, "Once") || len(a.ToolCalls) != 0 {
			t.Errorf("the stopped answer is %+v", a)
		}
		if a := h.send(t, "POST", "/api/chatkit/cancel", body, alice).ok(t, 200); a.Body != `{"cancelled":false}` {
			t.Errorf("a second cancel says %s", a.Body)
		}
		for _, bad := range []string{"", "{}", `{"thread_id":7}`, `{"thread_id":null}`} {
			if a := h.send(t, "POST", "/api/chatkit/cancel", bad, alice); a.Status != 400 {
				t.Errorf("%s: HTTP %d, %s", bad, a.Status, a.Body)
			}
		}
		h.send(t, "POST", "/api/chatkit/cancel", `{"thread_id":"a\u0000b"}`, alice).refused(t, 404, "not_found")
	})
}

// Another process on the same database is asked to stop, and does.
func TestCancelElsewhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		asked := make(chan struct{}, 1)
		model := slowModel(t, asked)
		h := start(t, setup{engine: engine, env: map[string]string{"LLM_BASE_URL": model.URL, "LLM_MODEL": "m", "LLM_API_KEY": "k"}})
		said := make(chan answer, 1)
		alice := h.as(t, "alice")
		go func() {
			a, _ := exchange(t.Context(), "POST", h.Base+"/api/chat", `{"message":"hello"}`, alice)
			said <- a
		}()
		<-asked
		other := storetest.OpenConfig(t, h.Database).Chats(store.Replica{})
		page, err := other.Sessions(t.Context(), "alice", store.PageParams{})
		if err != nil || len(page.Rows) != 1 {
			t.Fatalf("threads: %v, %v", page.Rows, err)
		}
		if running, err := other.RequestCancel(t.Context(), "alice", page.Rows[0].ID); err != nil || !running {
			t.Fatalf("RequestCancel = %v, %v", running, err)
		}
		(<-said).ok(t, 200)
	})
}

// slowModel begins an answer and never ends it: a word every 50 ms, so that
// the text is kept aside after two seconds.
func slowModel(t testing.TB, asked chan<- struct{}) *httptest.Server {
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		word := time.NewTicker(50 * time.Millisecond)
		defer word.Stop()
		for text := "Once upon a time "; ; text = "and a time " {
			fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":%q}}]}\n\n", text)
			_ = http.NewResponseController(w).Flush()
			select {
			case asked <- struct{}{}:
			default:
			}
			select {
			case <-word.C:
			case <-r.Context().Done():
				return
			}
		}
	}))
	t.Cleanup(model.Close)
	return model
}
