package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store/storetest"
)

// Cure: nothing of ours asks a host for anything. Behind a proxy that keeps
// connections alive, requests from the server to a host of the older era hung
// in a third of all runs of the official suite; answers to the host's own
// requests never did.
func TestBehindAReverseProxyHostsAreAskedNothing(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	target, err := url.Parse(h.Base)
	if err != nil {
		t.Fatal(err)
	}
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 0 { // read it first: Go's proxy drops the connection when the answer overtakes the request
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	for _, era := range []string{"2025-11-25", statelessEra} {
		t.Run(era, func(t *testing.T) {
			for range 5 {
				if asked := throughProxy(t, h, proxy.URL+"/mcp", era); len(asked) > 0 {
					t.Errorf("the host was asked %q, want nothing", asked)
				}
			}
		})
	}
}

// throughProxy does a bit of everything as a host that could be asked for
// samples, roots and its user's word, and returns what it was asked.
func throughProxy(t *testing.T, h *harness, endpoint, era string) (asked []string) {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "host", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept"}, nil
		},
	})
	var mu sync.Mutex
	client.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			if !strings.HasPrefix(method, "notifications/") {
				mu.Lock()
				asked = append(asked, method)
				mu.Unlock()
			}
			return next(ctx, method, req)
		}
	})
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: endpoint, HTTPClient: &http.Client{Transport: withToken(h.token(t, "alice"))},
	}, &mcp.ClientSessionOptions{ProtocolVersion: era})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	p := &person{session, &site{http: h}, "alice"}
	task := p.task(t, "create_task", map[string]any{"title": "through a proxy"})
	p.do(t, "toggle_complete", map[string]any{"task_id": task.ID})
	p.do(t, "delete_task", map[string]any{"task_id": task.ID})
	if _, err := session.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "plan_my_day"}); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(asked)
}
