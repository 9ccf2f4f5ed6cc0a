package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store/storetest"
)

// inPairs runs fn over two processes that share a database: two replicas on
// PostgreSQL, and on one SQLite file a server and a desktop host's process.
func inPairs(t *testing.T, fn func(t *testing.T, d *deployment, doors [2]*door)) {
	t.Run("two replicas on PostgreSQL", func(t *testing.T) {
		t.Parallel()
		d := deploy(t, storetest.Config(t, storetest.Postgres))
		token := d.token(t, "alice")
		fn(t, d, [2]*door{
			statelessDoor("A", d.replica(t), token, "alice"),
			statelessDoor("B", d.replica(t), token, "alice"),
		})
	})
	t.Run("HTTP and stdio on one SQLite file", func(t *testing.T) {
		t.Parallel()
		d := deploy(t, storetest.Config(t, storetest.SQLite))
		fn(t, d, [2]*door{
			statelessDoor("HTTP", d.replica(t), d.token(t, "alice"), "alice"),
			stdioDoor(t, d, "alice"),
		})
	})
}

// Sixteen callers flip one task. In the order of updated_at each flip must
// have seen the one before it: none is lost, none is done twice.
func TestTogglesFromTwoProcesses(t *testing.T) {
	t.Parallel()
	inPairs(t, func(t *testing.T, _ *deployment, doors [2]*door) {
		task := taskOf(t, doors[0].call(t, "create_task", map[string]any{"title": "contended"}, nil))
		flip := toolCall{tool: "toggle_complete", args: map[string]any{"task_id": task.ID}}
		var states []wireTask
		for _, out := range both(t, doors, slices.Repeat([]toolCall{flip}, 81)) {
			states = append(states, taskOf(t, out))
		}
		slices.SortFunc(states, func(a, b wireTask) int { return a.updated(t).Compare(b.updated(t)) })
		last := task
		for i, state := range states {
			if !state.updated(t).After(last.updated(t)) || state.Completed == last.Completed {
				t.Fatalf("flip %d made %v at %s out of %v at %s", i+1, state.Completed, state.UpdatedAt, last.Completed, last.UpdatedAt)
			}
			last = state
		}
		for _, door := range doors {
			if got := taskOf(t, door.call(t, "get_task", map[string]any{"task_id": task.ID}, nil)); got != last {
				t.Errorf("%s: after %d flips the task is %+v, want %+v", door.name, len(states), got, last)
			}
		}
	})
}

// The same change is sent to both processes at once, eight times, under one
// name: it takes effect once, and all hear of that one effect.
func TestOneEffectFromTwoProcesses(t *testing.T) {
	t.Parallel()
	const keys = 50
	inPairs(t, func(t *testing.T, d *deployment, doors [2]*door) {
		for key := range keys {
			name := fmt.Sprintf("key %d", key)
			create := toolCall{tool: "create_task", args: map[string]any{"title": name, "idempotency_key": name}}
			task := taskOf(t, sameForAll(t, both(t, doors, slices.Repeat([]toolCall{create}, 4))))
			// A flip is the change that shows how often it was done.
			flip := toolCall{"toggle_complete", map[string]any{"task_id": task.ID}, map[string]any{metaCallID: name}}
			flipped := taskOf(t, sameForAll(t, both(t, doors, slices.Repeat([]toolCall{flip}, 4))))
			if now := taskOf(t, doors[0].call(t, "get_task", map[string]any{"task_id": task.ID}, nil)); !now.Completed || now != flipped {
				t.Errorf("%s: the task is %+v, want it flipped once: %+v", name, now, flipped)
			}
			again := toolCall{tool: "create_task", args: map[string]any{"title": "another", "idempotency_key": name}}
			for _, out := range both(t, doors, []toolCall{again}) {
				if !out.IsError || !strings.Contains(out.text(), "idempotency_key") {
					t.Errorf("%s with other arguments = %q, want a tool error", name, out.text())
				}
			}
		}
		if got := storetest.Count(t, d.Database, "tasks"); got != keys {
			t.Errorf("%d tasks, want %d", got, keys)
		}
	})
}

// sameForAll returns the one outcome that all calls must have had.
func sameForAll(t *testing.T, outcomes []toolOutcome) toolOutcome {
	t.Helper()
	for _, out := range outcomes {
		if out.IsError || out.text() != outcomes[0].text() || string(out.Structured) != string(outcomes[0].Structured) {
			t.Fatalf("one call got %q, another %q", outcomes[0].text(), out.text())
		}
	}
	return outcomes[0]
}

// R02: a session lives in the process that opened it. Elsewhere it is 404,
// which tells the host to initialize anew (MCP 2025-11-25, session management).
func TestSessionOnAnotherReplica(t *testing.T) {
	t.Parallel()
	d := deploy(t, storetest.Config(t, storetest.Postgres))
	a, b := d.replica(t), d.replica(t)
	token := d.token(t, "alice")
	header := a.open(t, token)
	list := older("tools/list", nil)
	if got := a.send(t, http.MethodPost, a.URL, list, header); got.Status != http.StatusOK {
		t.Fatalf("on its own replica: HTTP %d, %s", got.Status, got.Body)
	}
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		body := list
		if method != http.MethodPost {
			body = ""
		}
		got := b.send(t, method, b.URL, body, header)
		if got.Status != http.StatusNotFound || got.Message.Code != "session_not_found" || got.Message.RequestID == "" {
			t.Errorf("%s on another replica: HTTP %d, %s; want a 404 problem", method, got.Status, got.Body)
		}
	}
	anew := b.open(t, token)
	if got := b.send(t, http.MethodPost, b.URL, list, anew); got.Status != http.StatusOK {
		t.Errorf("after initializing anew: HTTP %d, %s", got.Status, got.Body)
	}
	if got := a.send(t, http.MethodPost, a.URL, list, header); got.Status != http.StatusOK {
		t.Errorf("the first session afterwards: HTTP %d, %s", got.Status, got.Body)
	}
}

// roundRobin sends each request to the next replica, as a load balancer
// without sticky routing does.
type roundRobin struct {
	replicas []*httpProcess
	token    string
	sent     atomic.Int64
}

func (r *roundRobin) RoundTrip(req *http.Request) (*http.Response, error) {
	next := r.replicas[int(r.sent.Add(1))%len(r.replicas)]
	req = req.Clone(req.Context())
	req.URL.Host = strings.TrimPrefix(next.Base, "http://")
	req.Host = ""
	req.Header.Set("Authorization", "Bearer "+r.token)
	return http.DefaultTransport.RoundTrip(req)
}

// With -stateless, hosts of the older era need no sticky routing.
func TestStatelessReplicas(t *testing.T) {
	t.Parallel()
	d := deploy(t, storetest.Config(t, storetest.Postgres))
	replicas := []*httpProcess{d.replica(t, "-stateless"), d.replica(t, "-stateless")}
	for _, p := range replicas {
		header := map[string]string{"Authorization": "Bearer " + d.token(t, "alice")}
		got := p.send(t, http.MethodPost, p.URL, initializeMessage, header)
		if got.Status != http.StatusOK || got.Header.Get(headerSession) != "" {
			t.Errorf("initialize: HTTP %d, session %q, %s; want no session", got.Status, got.Header.Get(headerSession), got.Body)
		}
		if got := p.send(t, http.MethodGet, p.URL, "", header); got.Status != http.StatusMethodNotAllowed || got.Header.Get("Allow") != "POST" {
			t.Errorf("GET: HTTP %d, Allow %q; want 405 and POST", got.Status, got.Header.Get("Allow"))
		}
	}
	for _, version := range []string{"2025-03-26", "2025-06-18", "2025-11-25", statelessEra} {
		t.Run(version, func(t *testing.T) {
			balancer := &roundRobin{replicas: replicas, token: d.token(t, version)}
			client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
			session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{
				Endpoint: replicas[0].URL, HTTPClient: &http.Client{Transport: balancer}, DisableStandaloneSSE: true,
			}, &mcp.ClientSessionOptions{ProtocolVersion: version})
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			if got := session.InitializeResult().ProtocolVersion; got != version {
				t.Errorf("speaks %s", got)
			}
			for i := range 6 {
				if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{
					Name: "create_task", Arguments: map[string]any{"title": fmt.Sprint(i)},
				}); err != nil {
					t.Fatal(err)
				}
			}
			out, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "get_stats"})
			if err != nil || out.IsError {
				t.Fatalf("get_stats: %v, %+v", err, out)
			}
			if total := out.StructuredContent.(map[string]any)["total"]; total != 6.0 {
				t.Errorf("get_stats counts %v tasks, want 6", total)
			}
		})
	}
}
