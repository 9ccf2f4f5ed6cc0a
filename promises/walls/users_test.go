package walls

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
)

// TestTwoUsersAtOnce makes calls of two users at once through the adapter: each
// bears a token of this user, for the tools alone, good for five minutes at most,
// and each user reads what is theirs.
func TestTwoUsersAtOnce(t *testing.T) {
	w := found(t)
	alice, bob := w.settle(t, "alice"), w.settle(t, "bob")
	for _, r := range []*resident{alice, bob} {
		w.between.owners[r.task] = r.name
		w.between.foreign[r.token] = true
	}
	const callers = 8 // of each user
	each := tally.Rounds(400, 10_000) / callers
	var wrong, failed atomic.Int64
	var wait sync.WaitGroup
	for _, pair := range [][2]*resident{{alice, bob}, {bob, alice}} {
		me, other := pair[0], pair[1]
		for range callers {
			wait.Go(func() {
				for range each {
					a, err := fleet.Do(t.Context(), http.MethodGet, w.adapter.Base+"/api/"+me.name+"/tasks/"+me.task, me.token, "", nil)
					switch text := string(a.Body); {
					case err != nil || a.Status != http.StatusOK:
						failed.Add(1)
					case !strings.Contains(text, me.word) || strings.Contains(text, other.word):
						wrong.Add(1)
					}
				}
			})
		}
	}
	wait.Wait()
	calls, bad := w.between.faults()
	for _, fault := range bad[:min(len(bad), 5)] {
		t.Error(fault)
	}
	if want := 2 * callers * each; failed.Load() > 0 || calls < want {
		t.Errorf("%d requests failed; %d calls arrived, want %d", failed.Load(), calls, want)
	}
	tally.Counted(t, tally.Entry{
		Promise: "P9", What: "calls of two users at once", Runs: calls, Broken: len(bad) + int(wrong.Load()), Note: "through the adapter, each token looked at",
	})
	w.mixUp(t, alice, bob)
}

// mixUp is the control: calls with a token that is another's, a browser's, or
// good for too long.
func (w *town) mixUp(t *testing.T, alice, bob *resident) {
	t.Helper()
	_, before := w.between.faults()
	for what, token := range map[string]string{
		"a browser's token": alice.token, "a token of another's": bob.mcp, "a token for longer": alice.mcp,
	} {
		call := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_task","arguments":{"task_id":%q}}}`, alice.task)
		if _, err := fleet.Do(t.Context(), http.MethodPost, w.between.URL+"/mcp", token, call, nil); err != nil {
			t.Fatal(err)
		}
		if _, bad := w.between.faults(); !strings.Contains(strings.Join(bad[len(before):], "\n"), what) {
			t.Fatalf("%s went by unseen: %q", what, bad[len(before):])
		}
	}
	tally.Caught(t, "P9", "a token of another's on a call")
}
