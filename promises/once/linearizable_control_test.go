package once

import (
	"bytes"
	"cmp"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"

	"taskwire/promises/tally"
)

// A stale read must be caught: one that is written into a history which was
// good, and those that a cache in front of one replica really gives.
func (p *pair) testStaleRead(t *testing.T) {
	t.Run("written in", p.testWrittenIn)
	t.Run("cached", p.testCached)
	if !t.Failed() {
		tally.Caught(t, "P11", "a stale read is caught")
	}
}

func (p *pair) testWrittenIn(t *testing.T) {
	h := record(t, &taskWork{counter: newToolCounter(p)}, "written-in", 300, false)
	if broken := h.check(t, taskModel); len(broken) > 0 {
		t.Fatalf("the history is not good before anything was changed: %s", h.tell(broken[0]))
	}
	tried := 0
	for id, ops := range h.of {
		forged, ok := forge(ops)
		if !ok {
			continue
		}
		tried++
		if porcupine.CheckOperations(taskModel, forged) {
			t.Errorf("a stale read of %s was not caught", id)
		}
	}
	if tried == 0 {
		t.Error("no task was read, changed and read again")
	}
}

// forge lets a read that began after a change was answered give what a read
// gave that ended before the change began.
func forge(history []porcupine.Operation) (forged []porcupine.Operation, ok bool) {
	forged = slices.Clone(history)
	slices.SortFunc(forged, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	isRead := func(op porcupine.Operation) bool {
		return op.Input.(taskIn).op == get && op.Output.(taskOut).verdict == done
	}
	for i, first := range forged {
		if !isRead(first) {
			continue
		}
		changed := int64(math.MaxInt64)
		for j, op := range forged[i+1:] {
			switch {
			case isRead(op) && op.Call > changed:
				forged[i+1+j].Output = first.Output
				return forged, true
			case op.Input.(taskIn).op == rename && op.Output.(taskOut).verdict == done && op.Call > first.Return:
				changed = min(changed, op.Return)
			}
		}
	}
	return nil, false
}

// testCached works through a cache before the second replica, which gives again
// what it gave before.
func (p *pair) testCached(t *testing.T) {
	tools := newToolCounter(p)
	tools.bases[1] = cached(t, tools.bases[1], "get_task")
	rest := newDesk(p)
	cachedREST := cached(t, rest.base(1), "GET /api/")
	rest.second.Store(&cachedREST)
	chats := newDesk(p)
	cachedChats := cached(t, chats.base(1), "items.list", "threads.get_by_id")
	chats.second.Store(&cachedChats)
	for name, w := range map[string]workload{
		"tasks over MCP": &taskWork{counter: tools}, "tasks over REST": &taskWork{counter: &restCounter{desk: rest}}, "threads": &threadWork{desk: chats},
	} {
		h := record(t, w, "cached-"+slug(name), 300, false)
		if broken := h.check(t, w.model()); len(broken) == 0 {
			t.Errorf("%s: stale reads were not caught", name)
		}
	}
}

// cached is the address of a proxy that keeps the answers to requests with one
// of these texts in them.
func cached(t testing.TB, base string, texts ...string) string {
	t.Helper()
	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	var mu sync.Mutex
	kept := map[string]*httptest.ResponseRecorder{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		request := r.Method + " " + r.URL.Path + "\n" + string(body)
		if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(request, text) }) {
			proxy.ServeHTTP(w, r)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		answer := kept[request]
		if answer == nil {
			answer = httptest.NewRecorder()
			proxy.ServeHTTP(answer, r)
			kept[request] = answer
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // a client that is gone needs none
	}))
	t.Cleanup(server.Close)
	return server.URL
}
