package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

func loadOpenAPI(t testing.TB) (*openapi3.T, routers.Router) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return doc, router
}

// undescribed are routes for people, not for programs.
var undescribed = []string{"GET /", "GET /chatbot", "GET /chatbot/*file"}

var ginParameter = regexp.MustCompile(`:(\w+)`)

// What is described is served, and the other way round.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	doc, _ := loadOpenAPI(t)
	var described, served []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	for _, route := range h.Server.routes().Routes() {
		line := route.Method + " " + ginParameter.ReplaceAllString(route.Path, "{$1}")
		if route.Method != http.MethodHead && !slices.Contains(undescribed, line) {
			served = append(served, line)
		}
	}
	for _, line := range served {
		if !slices.Contains(described, line) {
			t.Errorf("%s is served and not described", line)
		}
	}
	for _, line := range described {
		if !slices.Contains(served, line) {
			t.Errorf("%s is described and not served", line)
		}
	}
}

// Real answers are as they are described.
func TestOpenAPIHoldsAnswers(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	_, router := loadOpenAPI(t)
	alice := h.as(t, "alice")
	task := h.makeTask(t, "alice", "Tea")
	said := h.say(t, "help", "", alice).chat(t)
	contentType, form := formOf(t, "a.png", "image/png", pngFile)
	path := "/api/alice/tasks"
	old := alice.with("If-Match", `"2026-01-01T00:00:00Z"`)
	for _, r := range []struct {
		method, path, body string
		header             header
		status             int
	}{
		{"GET", path, "", alice, 200},
		{"GET", path + "?limit=1&sortBy=dueDate", "", alice, 200},
		{"GET", path + "?limit=0", "", alice, 400},
		{"POST", path, `{"title":"Coffee","dueDate":"2026-12-01","description":null}`, alice, 201},
		{"POST", path, `{}`, alice, 400},
		{"GET", path + "/" + task.ID, "", alice, 200},
		{"GET", path + "/never", "", alice, 404},
		{"GET", "/api/bob/tasks", "", alice, 403},
		{"PUT", path + "/" + task.ID, `{"priority":"low"}`, alice, 200},
		{"PUT", path + "/" + task.ID, `{"priority":"low"}`, old, 412},
		{"PATCH", path + "/" + task.ID + "/complete", `{"completed":true}`, alice, 200},
		{"GET", "/api/alice/stats", "", alice, 200},
		{"GET", "/api/alice/stats", "", nil, 401},
		{"DELETE", path + "/" + task.ID, "", alice, 204},
		{"POST", "/api/chatkit/session", "", alice, 200},
		{"POST", "/api/chatkit/refresh", `{"session_id":"x"}`, alice, 404},
		{"GET", "/api/chatkit/health", "", nil, 200},
		{"GET", "/api/chat/health", "", nil, 200},
		{"POST", "/api/chat", `{"message":"add milk"}`, alice, 200},
		{"POST", "/api/chat", `{"message":""}`, alice, 400},
		{"POST", "/api/chatkit/cancel", `{"thread_id":"never"}`, alice, 404},
		{"GET", "/api/chatkit/threads?q=milk", "", alice, 200},
		{"GET", "/api/chatkit/threads/never", "", alice, 404},
		{"GET", "/api/chatkit/threads/" + said.ThreadID + "?limit=5&order=asc", "", alice, 200},
		{"POST", "/api/chatkit/beacon", `{"errors":{"script_error":1}}`, alice, 204},
		{"POST", "/api/chatkit/upload", form, alice.with("Content-Type", contentType), 200},
		{"PUT", "/api/chatkit/upload/never", "x", alice.with("Content-Type", "text/plain"), 404},
		{"GET", "/api/chatkit/attachments/never", "", alice, 404},
		{"GET", "/openapi.json", "", nil, 200},
		{"GET", "/healthz", "", nil, 200},
		{"GET", "/readyz", "", nil, 200},
		{"GET", "/.well-known/jwks.json", "", nil, 200},
	} {
		a := h.send(t, r.method, r.path, r.body, r.header).ok(t, r.status)
		if err := described(router, r.method, r.path, a); err != nil {
			t.Errorf("%s %s: HTTP %d, %s: %v", r.method, r.path, a.Status, a.Body, err)
		}
	}
}

// described reports how an answer differs from its description.
func described(router routers.Router, method, path string, a answer) error {
	req, err := http.NewRequest(method, path, strings.NewReader(""))
	if err != nil {
		return err
	}
	route, params, err := router.FindRoute(req)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route},
		Status:                 a.Status, Header: a.Header, Body: io.NopCloser(bytes.NewReader([]byte(a.Body))),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
}
