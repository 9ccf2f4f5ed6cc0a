package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"taskwire/adapter/agent"
	"taskwire/adapter/chatkit"
	"taskwire/edge"
)

const (
	maxChatMessage = 10_000    // characters
	maxChatBody    = 128 << 10 // bytes: room for as many characters, all of them escaped
)

// chatAnswer is what one message gave.
type chatAnswer struct {
	Response  string     `json:"response"`
	Agent     string     `json:"agent"`
	Timestamp time.Time  `json:"timestamp"`
	ThreadID  string     `json:"thread_id"`
	ToolCalls []toolCall `json:"tool_calls"`
}

type toolCall struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
	OK        bool            `json:"ok"`
}

// asTurn holds a request against the limits of those that ask the model.
func (s *server) asTurn(h handler) handler {
	return func(c *gin.Context, user string) error {
		if err := s.allowTurn(c.Request.Context(), user); err != nil {
			return err
		}
		release, err := s.openAnswer(user)
		if err != nil {
			return err
		}
		defer release()
		return h(c, user)
	}
}

// chatOnce takes one message and gives the whole answer. It goes the way that
// ChatKit's messages go, so a thread may be used from both.
func (s *server) chatOnce(c *gin.Context, user string) error {
	request, err := chatRequest(c)
	if err != nil {
		return err
	}
	if _, err := s.timezone(c.Request); err != nil {
		return err
	}
	ctx := c.Request.Context()
	var failure turnFailure
	r := c.Request.Clone(context.WithValue(withChatUser(ctx, user), turnFailureKey{}, &failure))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(request)), int64(len(request))
	r.Header.Set("Content-Type", "application/json")
	told := &listener{header: http.Header{}, status: http.StatusOK}
	s.chat.ServeHTTP(told, r)
	switch {
	case told.err != nil:
		return told.err
	case told.status != http.StatusOK:
		return told.refusal()
	case ctx.Err() != nil: // nobody reads this; the key, if there was one, gives what was stored
		return ctx.Err()
	case told.failed != nil:
		// The message is stored, so this is the answer to it, also for who
		// comes again with its key.
		s.fail(c.Writer, c.Request, s.turnProblem(ctx, told.failed, failure.Load()))
		return nil
	}
	answer, err := s.chatAnswer(ctx, user, told)
	if err != nil {
		return err
	}
	writeJSON(c, http.StatusOK, answer)
	return nil
}

// chatRequest makes ChatKit's request of the body.
func chatRequest(c *gin.Context) ([]byte, error) {
	var body struct {
		Message  string  `json:"message"`
		ThreadID *string `json:"thread_id"`
	}
	if err := readJSON(c, maxChatBody, &body, "message", "thread_id"); err != nil {
		return nil, err
	}
	if strings.TrimSpace(body.Message) == "" || utf8.RuneCountInString(body.Message) > maxChatMessage {
		return nil, invalidField("message", "must have 1 to "+strconv.Itoa(maxChatMessage)+" characters")
	}
	params := map[string]any{"input": map[string]any{
		"content":     []any{map[string]string{"type": "input_text", "text": body.Message}},
		"attachments": []string{}, "inference_options": map[string]any{},
	}}
	kind := chatkit.TypeCreateThread
	if body.ThreadID != nil {
		kind, params["thread_id"] = chatkit.TypeAddUserMessage, *body.ThreadID
	}
	return json.Marshal(map[string]any{"type": kind, "params": params})
}

// A listener hears a streaming answer, in the place of a client.
type listener struct {
	header http.Header
	status int
	unread bytes.Buffer
	err    error // an event that could not be read

	message string // id of the user's
	thread  string
	texts   []string
	notices []string
	at      time.Time
	failed  *chatkit.ErrorEvent
}

func (l *listener) Header() http.Header    { return l.header }
func (l *listener) WriteHeader(status int) { l.status = status }
func (l *listener) Flush()                 {}

func (l *listener) Write(p []byte) (int, error) {
	l.unread.Write(p)
	if l.header.Get("Content-Type") != "text/event-stream" {
		return len(p), nil
	}
	for {
		block, _, whole := bytes.Cut(l.unread.Bytes(), []byte("\n\n"))
		if !whole {
			return len(p), nil
		}
		if data, isEvent := bytes.CutPrefix(block, []byte("data: ")); isEvent {
			event, err := chatkit.UnmarshalEvent(data)
			l.err = errors.Join(l.err, err)
			l.hear(event)
		}
		l.unread.Next(len(block) + len("\n\n"))
	}
}

func (l *listener) hear(e chatkit.Event) {
	switch e := e.(type) {
	case *chatkit.ItemDone:
		switch item := e.Item.(type) {
		case *chatkit.UserMessage:
			l.message, l.thread = item.ID, item.ThreadID
		case *chatkit.AssistantMessage:
			l.texts, l.at = append(l.texts, textOfAssistant(item)), item.CreatedAt
		}
	case *chatkit.Notice:
		l.notices = append(l.notices, e.Message)
	case *chatkit.ErrorEvent:
		l.failed = e
	}
}

// chatFields puts the names of our own fields in the place of ChatKit's.
var chatFields = strings.NewReplacer("params.thread_id", "thread_id", "params.input.content[0].text", "message")

// refusal passes on what refused the request.
func (l *listener) refusal() error {
	var p edge.Problem
	if err := json.Unmarshal(l.unread.Bytes(), &p); err != nil || p.Code == "" {
		return errors.New("chat refused a message with HTTP " + strconv.Itoa(l.status))
	}
	refusal := refuse(l.status, p.Code, chatFields.Replace(p.Detail))
	if seconds, err := strconv.Atoi(l.header.Get("Retry-After")); err == nil {
		return later(time.Duration(seconds)*time.Second, refusal)
	}
	return refusal
}

// chatAnswer puts together what was heard and what was stored of the run: the
// stream names neither agents nor arguments.
func (s *server) chatAnswer(ctx context.Context, user string, told *listener) (chatAnswer, error) {
	run, err := s.runAfter(ctx, user, told.thread, told.message)
	if err != nil {
		return chatAnswer{}, err
	}
	texts := told.texts
	if len(texts) == 0 { // a limit was reached: its notice is all there is
		texts = told.notices
	}
	at := told.at
	if at.IsZero() {
		at = time.Now()
	}
	return chatAnswer{
		Response: strings.Join(texts, "\n\n"), Agent: or(run.Agent, agent.Orchestrator), Timestamp: at.UTC(),
		ThreadID: told.thread, ToolCalls: toolCalls(run.Messages),
	}, nil
}

// runAfter puts together the records of what answered a message.
func (s *server) runAfter(ctx context.Context, user, thread, message string) (run storedRun, err error) {
	p := chatkit.PageParams{After: message, Limit: 100, Ascending: true, Hidden: true}
	for {
		page, err := s.threads.LoadThreadItems(ctx, user, thread, p)
		if err != nil {
			return storedRun{}, err
		}
		for _, item := range page.Data {
			hidden, ok := item.(*chatkit.HiddenContext)
			if !ok {
				continue
			}
			if part := readHidden(hidden); part.Kind == kindRun {
				run.Agent, run.Messages = part.Agent, append(run.Messages, part.Messages...)
			}
		}
		if p.After = page.After; !page.HasMore {
			return run, nil
		}
	}
}

// toolCalls lists the calls of a run. Handing over is none: agent says it.
func toolCalls(messages []agent.Message) []toolCall {
	calls := []toolCall{}
	for i, m := range messages {
		for _, call := range m.Calls {
			if !isHandOver(call.Name) {
				calls = append(calls, toolCall{Name: call.Name, Arguments: call.Arguments, OK: worked(call.ID, messages[i+1:])})
			}
		}
	}
	return calls
}

// worked reports whether a call has a result that is no error among the
// messages right behind it: some providers give the same id again later.
func worked(callID string, behind []agent.Message) bool {
	for _, m := range behind {
		if m.Role != agent.RoleTool {
			break
		}
		if m.CallID == callID {
			return !strings.HasPrefix(m.Text, `{"error":`)
		}
	}
	return false
}

func isHandOver(tool string) bool {
	return slices.ContainsFunc(agent.Agents(), func(a agent.Agent) bool { return a.Transfer == tool })
}

// turnFailure tells who asked within this process why an answer failed: what
// the stream says is for people.
type turnFailure struct{ atomic.Pointer[agent.Error] }

type turnFailureKey struct{}

// noteFailure is for the end of a turn that failed.
func noteFailure(ctx context.Context, err error) {
	failure, asked := ctx.Value(turnFailureKey{}).(*turnFailure)
	if failed, ok := errors.AsType[*agent.Error](err); ok && asked {
		failure.Store(failed)
	}
}

// turnProblem is the status for an answer that failed.
func (s *server) turnProblem(ctx context.Context, e *chatkit.ErrorEvent, cause *agent.Error) error {
	detail := or(e.Message, "The answer failed. Try again in a moment.")
	switch {
	case cause == nil: // not the model's fault, perhaps the database's
		if down := s.reach.ask(ctx); len(down) > 0 {
			return refuse(http.StatusServiceUnavailable, "unavailable", down[0].detail)
		}
	case cause.Kind == agent.KindTools:
		return refuse(http.StatusServiceUnavailable, "tools_unavailable", detail)
	case cause.Kind == agent.KindConnection:
		return refuse(http.StatusServiceUnavailable, "model_unavailable", detail)
	}
	return refuse(http.StatusBadGateway, "model_failed", detail)
}
