package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A fault does something to a request on its way to the stack, whose body says
// this; pass lets it through.
type fault func(w http.ResponseWriter, r *http.Request, said string, pass http.Handler)

// behind gives the same stack behind a proxy with a fault.
func (h *harness) behind(t testing.TB, do fault) *harness {
	t.Helper()
	target, err := url.Parse(h.Base)
	if err != nil {
		t.Fatal(err)
	}
	pass := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if r.In.Header.Get("Origin") != "" { // the page's own, as the stack knows it
				r.Out.Header.Set("Origin", h.Base)
			}
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {}, // the page has left
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		do(w, r, string(body), pass)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	proxied := *h
	proxied.Base = server.URL
	return &proxied
}

// turnAway answers in place of the stack.
func turnAway(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{}`)
}

// bearerOf reports whether a request bears a token of a user.
func bearerOf(r *http.Request, user string) bool {
	parts := strings.Split(r.Header.Get("Authorization"), ".")
	if len(parts) != 3 {
		return false
	}
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	return strings.Contains(string(claims), `"`+user+`"`)
}

// A barrier stops a request on its way until the test has seen it and lets it go on.
type barrier struct{ came, open chan struct{} }

func newBarrier() barrier { return barrier{make(chan struct{}), make(chan struct{})} }

// stop is for the proxy. It ends with the request, should the test not go on.
func (b barrier) stop(r *http.Request) {
	select {
	case b.came <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	select {
	case <-b.open:
	case <-r.Context().Done():
	}
}

// receive waits for a sign, and fails the test after 10 s.
func receive(t testing.TB, what string, sign <-chan struct{}) {
	t.Helper()
	select {
	case <-sign:
	case <-time.After(60 * time.Second):
		t.Fatalf("waited in vain: %s", what)
	}
}

// cutAfter passes a stream on up to the first piece with this sign, and then
// ends it as if it were whole.
func cutAfter(sign string, w http.ResponseWriter, r *http.Request, pass http.Handler) {
	defer func() {
		if cause := recover(); cause != nil && cause != http.ErrAbortHandler {
			panic(cause)
		}
	}()
	pass.ServeHTTP(cutter{w, sign}, r)
}

type cutter struct {
	http.ResponseWriter
	sign string
}

var errCut = errors.New("cut")

func (c cutter) Write(data []byte) (int, error) {
	n, err := c.ResponseWriter.Write(data)
	if bytes.Contains(data, []byte(c.sign)) {
		err = errCut
	}
	return n, err
}

func (c cutter) Unwrap() http.ResponseWriter { return c.ResponseWriter }
