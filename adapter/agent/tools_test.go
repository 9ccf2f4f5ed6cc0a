package agent

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	count "taskwire/promises/tally"
)

func TestToolsOfTheRealServer(t *testing.T) {
	t.Parallel()
	server := startToolServer(t)
	m := server.tools(t, server.URL)

	if err := m.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
	tools, err := m.List(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	var names, reading []string
	for _, tool := range tools {
		names = append(names, tool.Name)
		if tool.ReadOnly {
			reading = append(reading, tool.Name)
		}
		if tool.Title == "" || tool.Description == "" || !json.Valid(tool.Schema) {
			t.Errorf("%s: title %q, description %q, schema %s", tool.Name, tool.Title, tool.Description, tool.Schema)
		}
		if tool.Name == "create_task" && tool.Title != "Create task" {
			t.Errorf("create_task is called %q", tool.Title)
		}
	}
	slices.Sort(names)
	if got, want := fmt.Sprint(names), "[create_task delete_task get_stats get_task list_tasks toggle_complete update_task]"; got != want {
		t.Errorf("tools are %s, want %s", got, want)
	}
	slices.Sort(reading)
	if got, want := fmt.Sprint(reading), "[get_stats get_task list_tasks]"; got != want {
		t.Errorf("tools that only read are %s, want %s", got, want)
	}

	task := mustCall(t, m, "alice", "create_task", map[string]any{"title": "buy milk <&> دودھ"})["task"].(map[string]any)
	if task["title"] != "buy milk <&> دودھ" {
		t.Errorf("title came back as %q", task["title"])
	}
	for _, c := range []struct {
		name, user string
		call       ToolCall
		code       string
	}{
		{"bad arguments", "alice", ToolCall{Name: "create_task", Arguments: json.RawMessage(`{"title":" "}`)}, CodeInvalid},
		{"an argument that there is not", "alice", ToolCall{Name: "list_tasks", Arguments: json.RawMessage(`{"as_user":"bob"}`)}, CodeInvalid},
		{"no such task", "alice", ToolCall{Name: "get_task", Arguments: json.RawMessage(`{"task_id":"nope"}`)}, CodeNotFound},
		{"another's task", "bob", ToolCall{Name: "get_task", Arguments: encode(t, map[string]any{"task_id": task["id"]})}, CodeNotFound},
		{"changed since", "alice", ToolCall{Name: "update_task", IfUpdatedAt: "2020-01-01T00:00:00Z",
			Arguments: encode(t, map[string]any{"task_id": task["id"], "title": "other"})}, CodeStale},
		{"a zone that there is not", "alice", ToolCall{Name: "list_tasks", Timezone: "Mars/Olympus"}, CodeInvalid},
		{"no such tool", "alice", ToolCall{Name: "drop_tables"}, CodeInvalid},
		{"no name for a tool", "alice", ToolCall{Name: "list_tasks\r\nX-Evil: 1"}, CodeInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, err := m.Call(t.Context(), c.user, c.call)
			if err != nil || !result.IsError || result.Code != c.code || result.Text == "" {
				t.Errorf("got %+v, %v; want the code %s", result, err, c.code)
			}
		})
	}
	if result, err := m.Call(t.Context(), "alice", ToolCall{Name: "list_tasks", Timezone: "Asia/Karachi"}); err != nil || result.IsError {
		t.Errorf("list_tasks with a zone: %+v, %v", result, err)
	}
}

func TestCallIDTakesEffectOnce(t *testing.T) {
	t.Parallel()
	server := startToolServer(t)
	m := server.tools(t, server.URL)
	call := ToolCall{Name: "create_task", Arguments: json.RawMessage(`{"title":"once"}`), CallID: "turn-1/0/0"}
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if result, err := m.Call(t.Context(), "alice", call); err != nil || result.IsError {
				t.Errorf("create_task: %+v, %v", result, err)
			}
		})
	}
	wait.Wait()
	if total := mustCall(t, m, "alice", "get_stats", struct{}{})["total"]; total != 1.0 {
		t.Errorf("there are %v tasks, want 1", total)
	}
	call.Arguments = json.RawMessage(`{"title":"other"}`)
	if result, err := m.Call(t.Context(), "alice", call); err != nil || result.Code != CodeKeyReused {
		t.Errorf("the same call id for another call: %+v, %v", result, err)
	}
	if result, err := m.Call(t.Context(), "bob", call); err != nil || result.IsError {
		t.Errorf("the same call id of another user: %+v, %v", result, err)
	}
}

func TestPingTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := startToolServer(t)
	stranger := newTools(t, ToolsConfig{URL: server.URL, PingUser: "ping"})
	if err := stranger.Ping(t.Context()); !errors.Is(err, ErrToolsRefused) || !errors.Is(err, ErrToolsUnavailable) {
		t.Errorf("Ping with a token that is none: %v, want ErrToolsRefused", err)
	}
	if _, err := stranger.List(t.Context(), "alice"); !errors.Is(err, ErrToolsRefused) {
		t.Errorf("List with a token that is none: %v, want ErrToolsRefused", err)
	}
	if err := newTools(t, ToolsConfig{URL: server.URL}).Ping(t.Context()); err != nil {
		t.Errorf("Ping without a token: %v", err)
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, user := range []string{"", "ping"} {
		if err := newTools(t, ToolsConfig{URL: gone.URL, PingUser: user}).Ping(t.Context()); !errors.Is(err, ErrToolsUnavailable) || errors.Is(err, ErrToolsRefused) {
			t.Errorf("Ping of nobody: %v, want ErrToolsUnavailable", err)
		}
	}
}

// A recorder stands between the adapter and mcpserver and sees to it that each
// request shows the token of the user whose task it is about.
type recorder struct {
	proxy  *httputil.ReverseProxy
	owners sync.Map // task id: user
	calls  atomic.Int64
	mixed  atomic.Int64
	other  sync.Map // what a request must not bear, as it was seen
}

func newRecorder(t testing.TB, target string) (*recorder, string) {
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	r.proxy = &httputil.ReverseProxy{Transport: transport, Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(&url.URL{Scheme: u.Scheme, Host: u.Host})
	}}
	server := httptest.NewServer(r)
	t.Cleanup(func() { server.Close(); transport.CloseIdleConnections() })
	return r, server.URL + u.Path
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	req.Body = io.NopCloser(strings.NewReader(string(body)))
	for _, name := range []string{"Cookie", "Mcp-Session-Id", "Last-Event-Id"} {
		if req.Header.Get(name) != "" {
			r.other.Store(name, true)
		}
	}
	var message struct {
		Params struct {
			Arguments struct {
				ID string `json:"task_id"`
			}
		}
	}
	if json.Unmarshal(body, &message) == nil && message.Params.Arguments.ID != "" {
		r.calls.Add(1)
		owner, _ := r.owners.Load(message.Params.Arguments.ID)
		if len(req.Header["Authorization"]) != 1 || subjectOf(req.Header.Get("Authorization")) != owner {
			r.mixed.Add(1)
		}
	}
	r.proxy.ServeHTTP(w, req)
}

// subjectOf reads whose a bearer token is.
func subjectOf(authorization string) string {
	parts := strings.Split(authorization, ".")
	if len(parts) != 3 {
		return ""
	}
	data, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct{ Sub string }
	_ = json.Unmarshal(data, &claims)
	return claims.Sub
}

func TestUsersAreNeverMixedUp(t *testing.T) {
	t.Parallel()
	server := startToolServer(t)
	proxy, address := newRecorder(t, server.URL)
	m := server.tools(t, address)

	users := []string{"alice", "bob"}
	ids := map[string]string{}
	for _, user := range users {
		task := mustCall(t, m, user, "create_task", map[string]any{"title": "of " + user})["task"].(map[string]any)
		ids[user] = task["id"].(string)
		proxy.owners.Store(ids[user], user)
	}
	var wait sync.WaitGroup
	var wrong, failed atomic.Int64
	const callers = 8 // of each user
	each := count.Rounds(1_000, 10_000) / callers
	for _, user := range users {
		for range callers {
			wait.Go(func() {
				for range each {
					result, err := m.Call(t.Context(), user, ToolCall{Name: "get_task", Arguments: encode(t, map[string]any{"task_id": ids[user]})})
					switch {
					case err != nil || result.IsError:
						failed.Add(1)
					case !strings.Contains(string(result.Structured), `"title":"of `+user+`"`):
						wrong.Add(1)
					}
				}
			})
		}
	}
	wait.Wait()
	want := int64(each * callers * len(users))
	count.Counted(t, count.Entry{
		Promise: "P9", What: "calls of two users at once", Runs: int(proxy.calls.Load()), Broken: int(proxy.mixed.Load() + wrong.Load()), Note: "by the client of the tools",
	})
	if proxy.calls.Load() < want || proxy.mixed.Load() != 0 || wrong.Load() != 0 || failed.Load() != 0 {
		t.Errorf("of %d calls %d arrived, %d with another's token, %d with another's answer, %d failed",
			want, proxy.calls.Load(), proxy.mixed.Load(), wrong.Load(), failed.Load())
	}
	proxy.other.Range(func(name, _ any) bool { t.Errorf("a request bore %s", name); return true })
}

func TestRecorderCatchesAMixUp(t *testing.T) {
	t.Parallel()
	server := startToolServer(t)
	proxy, address := newRecorder(t, server.URL)
	honest := server.tools(t, address)
	task := mustCall(t, honest, "alice", "create_task", map[string]any{"title": "of alice"})["task"].(map[string]any)
	proxy.owners.Store(task["id"], "alice")
	broken := newTools(t, ToolsConfig{URL: address, Token: func(context.Context, string) (string, error) {
		return server.token(t, "bob"), nil // whoever asks
	}})
	result, err := broken.Call(t.Context(), "alice", ToolCall{Name: "get_task", Arguments: encode(t, map[string]any{"task_id": task["id"]})})
	if err != nil || result.Code != CodeNotFound || proxy.mixed.Load() != 1 {
		t.Fatalf("a token of another: %+v, %v; %d seen, want 1", result, err, proxy.mixed.Load())
	}
	count.Caught(t, "P9", "a token of another's on a call")
}
