package main

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
	"taskwire/store/storetest"
)

// What reads or changes tasks waits for its turn for a while, then is told to
// come back. The lists do not wait.
func TestShareOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ts := &toolset{user: "alice", logger: quiet}
		s := edge.NewShare(edge.CallsAtOnce)
		let := make(chan struct{})
		var served atomic.Int32
		handler := ts.fair(s)(func(_ context.Context, method string, _ mcp.Request) (mcp.Result, error) {
			if method == "tools/call" {
				<-let
			}
			served.Add(1)
			return nil, nil
		})
		type outcome struct {
			result mcp.Result
			err    error
		}
		call := func(method string) <-chan outcome {
			out := make(chan outcome, 1)
			go func() {
				result, err := handler(t.Context(), method, &mcp.CallToolRequest{})
				out <- outcome{result, err}
			}()
			synctest.Wait()
			return out
		}
		var running []<-chan outcome
		for range edge.CallsAtOnce {
			running = append(running, call("tools/call"))
		}
		if got := call("tools/list"); len(got) != 1 {
			t.Error("tools/list waits for the calls")
		}
		waiting := map[string]<-chan outcome{}
		for _, method := range []string{"tools/call", "resources/read", "prompts/get", "completion/complete"} {
			if waiting[method] = call(method); len(waiting[method]) != 0 {
				t.Errorf("%s did not wait: %+v", method, <-waiting[method])
			}
		}
		time.Sleep(edge.ShareWait + time.Millisecond)
		synctest.Wait()
		for method, out := range waiting {
			if len(out) == 0 {
				t.Fatalf("%s still waits", method)
			}
			o := <-out
			if method != "tools/call" {
				if codeOf(o.err) != jsonrpc.CodeInternalError || !strings.Contains(o.err.Error(), "too many calls at once") {
					t.Errorf("%s over the wait: %v", method, o.err)
				}
				continue
			}
			result, _ := o.result.(*mcp.CallToolResult)
			if o.err != nil || result == nil || !result.IsError || result.Meta["taskwire/error"] != codeLimited {
				t.Errorf("a tool call over the wait: %+v, %v, want the tool error %s", o.result, o.err, codeLimited)
			}
		}
		last := call("tools/call")
		let <- struct{}{} // one place becomes free
		synctest.Wait()
		let <- struct{}{}
		let <- struct{}{}
		let <- struct{}{} // the fourth call, which waited, is in its place
		for _, out := range append(running, last) {
			if o := <-out; o.err != nil || o.result != nil {
				t.Errorf("a call that was let in: %+v", o)
			}
		}
		if served.Load() != edge.CallsAtOnce+2 {
			t.Errorf("%d were served", served.Load())
		}
	})
}

// One user's calls that hang take three connections to the database, not all:
// another user's call goes through.
func TestOneUserLeavesOthersRoom(t *testing.T) {
	t.Parallel()
	h := startHTTP(t, storetest.Postgres, nil)
	alice, bob := h.token(t, "alice"), h.token(t, "bob")
	held, his := h.create(t, alice, "held"), h.create(t, bob, "Bob's")
	db := storetest.Behind(t, h.Database)
	release := lockRow(t, db, held)

	const calls = 10
	outcomes := make(chan toolOutcome, calls)
	for range calls {
		go func() {
			out, err := h.tryCall(t, alice, toolCall{tool: "toggle_complete", args: map[string]any{"task_id": held, "completed": true}})
			if err != nil {
				t.Error(err)
			}
			outcomes <- out
		}()
	}
	most := 0
	waitFor(t, "three calls in the database and the others before it", func() bool {
		most = max(most, waiting(t, db, h.Database.Schema))
		return most >= edge.CallsAtOnce && queued() >= calls-2*edge.CallsAtOnce
	})
	if task := taskOf(t, h.call(t, bob, "get_task", map[string]any{"task_id": his})); task.Title != "Bob's" {
		t.Errorf("Bob's task is %+v", task)
	}
	most = max(most, waiting(t, db, h.Database.Schema))
	release()
	for range calls {
		// A slow machine may have let a lock or a wait run out.
		if out := <-outcomes; out.IsError && out.Meta["taskwire/error"] != codeLimited && out.Meta["taskwire/error"] != codeUnavailable {
			t.Errorf("one of Alice's calls: %s, %v", out.text(), out.Meta)
		}
	}
	if most != edge.CallsAtOnce {
		t.Errorf("%d of Alice's calls were in the database at once, want %d", most, edge.CallsAtOnce)
	}
	if task := taskOf(t, h.call(t, alice, "get_task", map[string]any{"task_id": held})); !task.Completed {
		t.Error("none of Alice's calls was served")
	}
}

// queued is how many calls wait for a place of their user's.
func queued() int {
	buf := make([]byte, 4<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), "edge.(*Share).Enter(")
}
