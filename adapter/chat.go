package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"taskwire/adapter/agent"
	"taskwire/adapter/chatkit"
	"taskwire/adapter/demo"
	"taskwire/edge"
	"taskwire/store"
)

// demoBase is where requests to the demo model seem to go. They never leave
// this process.
const demoBase = "http://demo.invalid/v1"

// newModel sets up the model that answers.
func newModel(m modelChoice) (*agent.Model, error) {
	if m.demo() {
		return agent.NewModel(agent.ModelConfig{
			BaseURL: demoBase, Model: demo.ModelName, HTTPClient: &http.Client{Transport: demo.Transport()},
		})
	}
	return agent.NewModel(agent.ModelConfig{BaseURL: m.baseURL, APIKey: m.key, Model: m.name, API: m.api, Vision: m.vision, Idle: m.idle})
}

// newChat sets up what answers at /api/chatkit.
func (s *server) newChat() error {
	model, err := newModel(s.cfg.model)
	if err != nil {
		return edge.UsageError{Err: err}
	}
	s.runner = agent.NewRunner(agent.Config{
		Model: model, Tools: s.tools, Agents: agent.Agents(), Choose: agent.Choose, Trim: agent.Trim,
		Limits: s.cfg.limits, Logger: s.logger,
	})
	s.dictation = newDictation(s.cfg.model)
	s.threads = &chatStore{chats: s.chats, uploads: s.uploads, logger: s.logger}
	s.chat = chatkit.NewServer(s.threads, chatkit.Handlers{
		Respond: s.respond, Action: s.streamAction, SyncAction: s.syncAction,
		CheckInput: s.checkInput, CheckAction: checkAction,
		Feedback: s.feedback, Transcribe: s.transcribe,
		CreateAttachment: s.createAttachment, DeleteAttachment: s.deleteAttachment,
	}, chatkit.Options{
		User: chatUser, Fail: s.failChat, CheckJSON: edge.CheckJSON, MaxAudio: maxAudio,
		History: historyPage, Corked: true, WriteTimeout: s.cfg.writeTimeout, PingInterval: edge.PingInterval, Logger: s.logger,
	})
	return nil
}

type chatUserKey struct{}

// withChatUser says on whose behalf a request to ChatKit's server is made.
func withChatUser(ctx context.Context, user string) context.Context {
	return context.WithValue(ctx, chatUserKey{}, user)
}

// chatUser fails closed: a request that nobody has verified is nobody's.
func chatUser(r *http.Request) (string, error) {
	user, _ := r.Context().Value(chatUserKey{}).(string)
	if user == "" {
		return "", errors.New("no user")
	}
	return user, nil
}

// failChat answers what ChatKit's server refuses as everything else is refused.
func (s *server) failChat(w http.ResponseWriter, r *http.Request, e *chatkit.RequestError) {
	s.fail(w, r, refuse(e.Status, e.Code, e.Detail))
}

// maxAudio is the largest request: one with a recording in Base64.
const maxAudio = 10 << 20

// serveChat serves all requests of ChatKit's protocol. What they may cost is
// looked at here, before any work: the type says it.
func (s *server) serveChat(c *gin.Context, user string) error {
	if _, err := s.timezone(c.Request); err != nil {
		return err
	}
	body, err := edge.ReadBody(c.Writer, c.Request, maxAudio)
	if err != nil {
		return err
	}
	streams, err := s.admit(c.Request.Context(), user, body)
	if err != nil {
		return err
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	if streams {
		release, err := s.openAnswer(user)
		if err != nil {
			return err
		}
		defer release()
		s.serveChatAs(c, user)
		return nil
	}
	leave, err := s.place(c.Request.Context(), user)
	if err != nil {
		return err
	}
	defer leave()
	key, err := idempotencyKey(c.Request)
	switch {
	case err != nil:
		return err
	case key == "":
		s.serveChatAs(c, user)
		return nil
	}
	return s.serveChatOnce(c, user, key, body)
}

func (s *server) serveChatAs(c *gin.Context, user string) {
	c.Request = c.Request.WithContext(withChatUser(c.Request.Context(), user)) // the one before need not last as long as an answer
	s.chat.ServeHTTP(c.Writer, c.Request)
}

// admit holds a request against the limits of its user and reports whether its
// answer is a stream. What cannot be read counts as a read: ChatKit's server
// says what is wrong with it.
func (s *server) admit(ctx context.Context, user string, body []byte) (streams bool, err error) {
	req, err := chatkit.DecodeRequest(body)
	if err != nil {
		return false, allow(ctx, s.reads, user, 1)
	}
	edge.AddLogAttrs(ctx, slog.String("type", string(req.Type)))
	if !asksModel(req.Type) {
		return req.Type.Streams(), allow(ctx, s.reads, user, 1)
	}
	return req.Type.Streams(), s.allowTurn(ctx, user)
}

// asksModel reports whether a request is a turn. Dictation is one, for it asks a
// model too; our widgets' actions are none.
func asksModel(t chatkit.RequestType) bool {
	return t == chatkit.TypeTranscribe || t.Streams() && t != chatkit.TypeCustomAction
}

// checkInput refuses models and tools that are not offered.
func (s *server) checkInput(ctx context.Context, user, _ string, in *chatkit.UserInput) error {
	if model := in.InferenceOptions.Model; model != "" && model != s.cfg.model.label() {
		return &chatkit.RequestError{Status: http.StatusBadRequest, Code: "invalid", Detail: "inference_options.model: is not offered here."}
	}
	choice := in.InferenceOptions.ToolChoice
	if choice == "" {
		return nil
	}
	tools, err := s.tools.List(ctx, user)
	if err != nil {
		return asRequestError(toolsAway(err))
	}
	for _, tool := range tools {
		if tool.Name == choice {
			return nil
		}
	}
	return &chatkit.RequestError{Status: http.StatusBadRequest, Code: "invalid", Detail: "inference_options.tool_choice: there is no such tool."}
}

// asRequestError gives a refusal of ours to ChatKit's server.
func asRequestError(err error) error {
	if refusal, ok := errors.AsType[*edge.Refusal](err); ok {
		return &chatkit.RequestError{Status: refusal.Status, Code: refusal.Code, Detail: refusal.Detail}
	}
	return err
}

func (s *server) feedback(ctx context.Context, user, thread string, items []string, kind chatkit.FeedbackKind) error {
	return translate(s.chats.SaveFeedback(ctx, user, thread, items, string(kind)))
}

func (s *server) createAttachment(ctx context.Context, user string, in *chatkit.CreateAttachment) (*chatkit.Attachment, error) {
	w, err := s.uploads.announce(ctx, user, in.Name, in.MimeType, int64(in.Size))
	if err != nil {
		return nil, asRequestError(translate(err))
	}
	data, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	return chatkit.UnmarshalAttachment(data)
}

func (s *server) deleteAttachment(ctx context.Context, user string, a *chatkit.Attachment) error {
	return translate(s.uploads.remove(ctx, user, a.ID))
}

// usage counts what an answer took, for those who limit it.
func (s *server) usage(ctx context.Context, user string, used agent.Usage) {
	if s.cfg.perDay == 0 || used.Total() == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyPatience)
	defer cancel()
	if err := s.chats.AddUsage(ctx, user, store.Usage{Input: int64(used.Input), Output: int64(used.Output)}); err != nil {
		s.logger.WarnContext(ctx, "usage not counted", "err", err)
	}
}
