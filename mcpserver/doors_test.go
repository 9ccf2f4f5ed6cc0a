package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A door is one user's way to one process: a transport and a protocol era.
type door struct {
	name string
	user string
	// ask makes one request and gives the answer.
	ask func(t testing.TB, method string, params map[string]any) answer
	// burst makes many tool calls, several at a time, from any goroutine.
	burst func(t testing.TB, calls []toolCall) ([]toolOutcome, error)
}

// statelessDoor speaks MCP 2026-07-28.
func statelessDoor(name string, p *httpProcess, token, user string) *door {
	return &door{
		name: name + ", stateless, " + user, user: user,
		ask: func(t testing.TB, method string, params map[string]any) answer {
			t.Helper()
			return p.rpc(t, token, method, params)
		},
		burst: func(t testing.TB, calls []toolCall) ([]toolOutcome, error) {
			return eightAtATime(calls, func(c toolCall) (toolOutcome, error) { return p.tryCall(t, token, c) })
		},
	}
}

// sessionDoor speaks MCP 2025-11-25 in a session.
func sessionDoor(t testing.TB, name string, p *httpProcess, token, user string) *door {
	t.Helper()
	header := p.open(t, token)
	return &door{
		name: name + ", session, " + user, user: user,
		ask: func(t testing.TB, method string, params map[string]any) answer {
			t.Helper()
			return p.send(t, http.MethodPost, p.URL, older(method, params), header)
		},
	}
}

// older builds a request of the revisions with sessions.
func older(method string, params map[string]any) string {
	return string(mustMarshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
}

// stdioDoor speaks to a process of the user's own, sharing a database.
func stdioDoor(t testing.TB, d *deployment, user string) *door {
	t.Helper()
	p := startStdio(t, withEnv(databaseEnv(d.Database)), withArgs("-user", user))
	p.hello(t)
	return &door{
		name: "stdio, " + user, user: user,
		ask: func(t testing.TB, method string, params map[string]any) answer {
			t.Helper()
			msg := p.rpc(t, method, params)
			body := map[string]any{"result": msg.Result}
			if msg.Error != nil {
				body = map[string]any{"error": msg.Error}
			}
			return answer{Status: http.StatusOK, Body: string(mustMarshal(body)), Message: msg}
		},
		burst: func(t testing.TB, calls []toolCall) ([]toolOutcome, error) {
			at := map[string]int{}
			for i, c := range calls {
				at[p.request(t, "tools/call", c.params())] = i
			}
			outcomes := make([]toolOutcome, len(calls))
			for range calls {
				msg := p.next(t)
				if err := json.Unmarshal(msg.Result, &outcomes[at[string(msg.ID)]]); err != nil {
					return nil, fmt.Errorf("%+v: %w", msg, err)
				}
			}
			return outcomes, nil
		},
	}
}

// eightAtATime makes the calls by eight callers.
func eightAtATime(calls []toolCall, call func(toolCall) (toolOutcome, error)) ([]toolOutcome, error) {
	outcomes, errs := make([]toolOutcome, len(calls)), make([]error, len(calls))
	next := make(chan int)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for i := range next {
				outcomes[i], errs[i] = call(calls[i])
			}
		})
	}
	for i := range calls {
		next <- i
	}
	close(next)
	callers.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

// both makes the calls through two doors at once, all of them through each,
// and returns all outcomes.
func both(t *testing.T, doors [2]*door, calls []toolCall) []toolOutcome {
	t.Helper()
	var first []toolOutcome
	var failed error
	var other sync.WaitGroup
	other.Go(func() { first, failed = doors[0].burst(t, calls) })
	second, err := doors[1].burst(t, calls)
	other.Wait()
	if err != nil || failed != nil {
		t.Fatalf("%s: %v; %s: %v", doors[0].name, failed, doors[1].name, err)
	}
	return append(first, second...)
}

// call calls a tool, which must succeed.
func (d *door) call(t testing.TB, tool string, args, meta map[string]any) toolOutcome {
	t.Helper()
	a := d.ask(t, "tools/call", toolCall{tool, args, meta}.params())
	var out toolOutcome
	if a.Message.Result == nil || json.Unmarshal(a.Message.Result, &out) != nil || out.IsError {
		t.Fatalf("%s: %s %v = HTTP %d, %s", d.name, tool, args, a.Status, a.Body)
	}
	return out
}

// result makes a request that must succeed, and decodes what it gives.
func (d *door) result(t testing.TB, method string, params map[string]any, into any) answer {
	t.Helper()
	a := d.ask(t, method, params)
	if a.Message.Result == nil {
		t.Fatalf("%s: %s = HTTP %d, %s", d.name, method, a.Status, a.Body)
	}
	if err := json.Unmarshal(a.Message.Result, into); err != nil {
		t.Fatalf("%s: %s: %v in %s", d.name, method, err, a.Body)
	}
	return a
}

// plainly is everything of an answer that a caller can see, but the request
// id and the date. Where the answer repeats what was asked for, the same word
// stands for it, whatever its length.
func plainly(a answer, asked string) string {
	var text strings.Builder
	fmt.Fprintln(&text, a.Status)
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		if name != "Date" && name != "X-Request-Id" && name != "Content-Length" {
			fmt.Fprintln(&text, name, a.Header[name])
		}
	}
	text.WriteString(strings.ReplaceAll(a.Body, asked, "ASKED"))
	return text.String()
}

// randomLike is an id of the same form that never was.
func randomLike(id string) string {
	random := strings.ToLower(rand.Text() + rand.Text())
	return id[:len(id)/2] + random[:len(id)-len(id)/2]
}

// updated is updated_at as a time; as text it does not sort, for zeros at its
// end are left out.
func (w wireTask) updated(t testing.TB) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, w.UpdatedAt)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
