package once

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"taskwire/promises/fleet"
)

// An attempt is one submit. Of attempts with the same key one is to take effect.
type attempt struct {
	user    string
	token   string // for the adapters
	mcp     string // for the tools
	key     string // empty: none
	text    string // what tells it from one with another body
	thread  string // where the user has one already
	replica int
}

// An outcome is what came of one.
type outcome struct {
	status int
	code   string // of a refusal
	ids    string // of what was made; of an answer that does not stream, all of it
}

// done, busy and reused are what may come of an attempt with a key.
func (o outcome) done() bool { return o.status == http.StatusOK || o.status == http.StatusCreated }
func (o outcome) busy() bool {
	return o.status == http.StatusConflict && (o.code == "in_flight" || o.code == "key_running")
}
func (o outcome) reused() bool {
	return o.status == http.StatusUnprocessableEntity && o.code == "key_reused"
}

// A way is one of those in which something is submitted.
type way struct {
	name  string
	send  func(ctx context.Context, p *pair, a attempt) (outcome, error)
	makes map[string]int // rows that one submit leaves with the user
	onto  bool           // goes on with a thread, which is there before
	waits bool           // duplicates wait for the first one, and are not refused
}

// Rows that a turn leaves: the message, its answer, and what the model said for
// the model to read again.
var (
	aThread = map[string]int{"chat_sessions": 1, "chat_turns": 1, "chat_messages": 3}
	aTurn   = map[string]int{"chat_sessions": 1, "chat_turns": 2, "chat_messages": 6}
	aTask   = map[string]int{"tasks": 1}
	aFile   = map[string]int{"chat_attachments": 1}
)

var ways = []way{
	{name: "new thread", send: sendThread, makes: aThread},
	{name: "message", send: sendMessage, makes: aTurn, onto: true},
	{name: "announced file", send: sendAnnouncement, makes: aFile},
	{name: "file", send: sendFile, makes: aFile},
	{name: "POST /api/chat", send: sendChat, makes: aThread},
	{name: "POST of a task", send: sendTask, makes: aTask},
	{name: "create_task with idempotency_key", send: callWithKey, makes: aTask, waits: true},
	{name: "create_task with a call id", send: callWithID, makes: aTask, waits: true},
}

func sendThread(ctx context.Context, p *pair, a attempt) (outcome, error) {
	return sendTurn(ctx, p, a, fleet.NewThread(a.text))
}

func sendMessage(ctx context.Context, p *pair, a attempt) (outcome, error) {
	return sendTurn(ctx, p, a, fleet.AddMessage(a.thread, a.text))
}

func sendTurn(ctx context.Context, p *pair, a attempt, body string) (outcome, error) {
	o := outcome{status: http.StatusOK}
	err := fleet.Stream(ctx, p.adapters[a.replica].Base, a.token, body, a.header(), func(e fleet.Event) {
		switch e.Type {
		case "thread.created":
			o.ids += e.Thread.ID
		case "thread.item.done":
			o.ids += " " + e.Item.ID
		case "error":
			o.status, o.code = 0, e.Code
		}
	})
	if refused, ok := errors.AsType[*fleet.RefusedError](err); ok {
		return outcomeOf(refused.Answer), nil
	}
	return o, err
}

func sendAnnouncement(ctx context.Context, p *pair, a attempt) (outcome, error) {
	return post(ctx, p, a, "/api/chatkit", fmt.Sprintf(
		`{"type":"attachments.create","params":{"name":%q,"size":5,"mime_type":"text/plain"}}`, a.text+".txt"))
}

func sendFile(ctx context.Context, p *pair, a attempt) (outcome, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("file", a.text+".txt")
	if err != nil {
		return outcome{}, err
	}
	fmt.Fprint(file, "Hello")
	w.Close()
	return post(ctx, p, a, "/api/chatkit/upload", form.String(), map[string]string{"Content-Type": w.FormDataContentType()})
}

func sendChat(ctx context.Context, p *pair, a attempt) (outcome, error) {
	return post(ctx, p, a, "/api/chat", fmt.Sprintf(`{"message":%q}`, a.text))
}

func sendTask(ctx context.Context, p *pair, a attempt) (outcome, error) {
	return post(ctx, p, a, "/api/"+a.user+"/tasks", fmt.Sprintf(`{"title":%q}`, a.text))
}

func post(ctx context.Context, p *pair, a attempt, path, body string, more ...map[string]string) (outcome, error) {
	header := a.header()
	for _, m := range more {
		maps.Copy(header, m)
	}
	answer, err := fleet.Do(ctx, http.MethodPost, p.adapters[a.replica].Base+path, a.token, body, header)
	return outcomeOf(answer), err
}

func (a attempt) header() map[string]string {
	header := map[string]string{}
	if a.key != "" {
		header["Idempotency-Key"] = a.key
	}
	return header
}

func outcomeOf(a fleet.Answer) outcome {
	o := outcome{status: a.Status, ids: string(a.Body)}
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/problem+json") {
		var problem struct{ Code string }
		_ = json.Unmarshal(a.Body, &problem) // without a code it is not what is looked for
		o.code = problem.Code
	}
	return o
}

func callWithKey(ctx context.Context, p *pair, a attempt) (outcome, error) {
	arguments := map[string]any{"title": a.text}
	if a.key != "" {
		arguments["idempotency_key"] = a.key
	}
	return call(ctx, p, a, "", arguments)
}

func callWithID(ctx context.Context, p *pair, a attempt) (outcome, error) {
	return call(ctx, p, a, a.key, map[string]any{"title": a.text})
}

// call gives what a tool answers the status that HTTP has for it.
func call(ctx context.Context, p *pair, a attempt, callID string, arguments map[string]any) (outcome, error) {
	r, err := fleet.Call(ctx, p.tools[a.replica].Base, a.mcp, "create_task", callID, arguments)
	switch {
	case err != nil:
		return outcome{}, err
	case !r.IsError:
		return outcome{status: http.StatusOK, ids: string(r.Structured)}, nil
	case strings.Contains(r.Text, "other arguments"):
		return outcome{status: http.StatusUnprocessableEntity, code: "key_reused"}, nil
	}
	return outcome{code: r.Text}, nil
}

// newThread gives a user a thread.
func (p *pair) newThread(t testing.TB, token string) (thread string) {
	t.Helper()
	err := fleet.Stream(t.Context(), p.adapters[0].Base, token, fleet.NewThread("Hello"), nil, func(e fleet.Event) {
		if e.Type == "thread.created" {
			thread = e.Thread.ID
		}
	})
	if err != nil || thread == "" {
		t.Fatalf("begin a thread: %q, %v", thread, err)
	}
	return thread
}
