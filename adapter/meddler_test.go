package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// A meddler stands between the adapter and the tools. It loses the answer to
// the first tool call, and lets the adapter know when it is told to go on.
type meddler struct {
	*httptest.Server
	answered chan struct{} // closed when the tools have answered the first call
	goOn     chan struct{} // closed by the test
	calls    atomic.Int32
}

func meddle(t testing.TB, tools string) *meddler {
	t.Helper()
	target, err := url.Parse(tools)
	if err != nil {
		t.Fatal(err)
	}
	m := &meddler{answered: make(chan struct{}), goOn: make(chan struct{})}
	m.Server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			readFirst(t, r)
		},
		ModifyResponse: func(resp *http.Response) error {
			if resp.Request.Header.Get("Mcp-Method") == "tools/call" && m.calls.Add(1) == 1 {
				close(m.answered)
				return errors.New("lost")
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			<-m.goOn
			panic(http.ErrAbortHandler)
		},
	})
	t.Cleanup(m.Close)
	return m
}

// readFirst reads a request before it is passed on. Otherwise an answer that
// comes at once lets the server close the body that the proxy still reads, and
// the proxy then drops the connection in the middle of the answer.
func readFirst(t testing.TB, r *httputil.ProxyRequest) {
	if r.Out.Body == nil {
		return
	}
	body, err := io.ReadAll(r.In.Body)
	if err != nil {
		t.Error(err)
	}
	r.Out.Body = io.NopCloser(bytes.NewReader(body))
}
