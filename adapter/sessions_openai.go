package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"taskwire/edge"
	"taskwire/store"
)

// hostedSessions are those that OpenAI makes, for ChatKit on its own servers.
// There is no refresh: a session that is to go on is followed by a new one.
type hostedSessions struct {
	cfg      sessionConfig
	api      openai.BetaChatKitSessionService
	chats    *store.Chats
	key      *keyCheck
	logger   *slog.Logger
	patience time.Duration
}

// hostedPatience is how long OpenAI may take, with its one retry.
const hostedPatience = 10 * time.Second

// openAIOptions leave out what the library would read from the environment by
// itself: the settings are read once, and in one place.
func openAIOptions(cfg sessionConfig, client *http.Client) []option.RequestOption {
	return []option.RequestOption{
		option.WithBaseURL(cfg.openAIBase + "/"), option.WithAPIKey(cfg.openAIKey),
		option.WithHTTPClient(client), option.WithMaxRetries(1), option.WithMaxRetryDelay(2 * time.Second),
	}
}

// maxOpenAIAnswer is ample for a session and for a list of models.
const maxOpenAIAnswer = 4 << 20

// newOpenAIClient reads no more of an answer than that.
func newOpenAIClient() *http.Client { return &http.Client{Transport: briefly{http.DefaultTransport}} }

type briefly struct{ next http.RoundTripper }

func (b briefly) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxOpenAIAnswer)
	}
	return resp, err
}

func newHostedSessions(cfg sessionConfig, chats *store.Chats, key *keyCheck, logger *slog.Logger) *hostedSessions {
	return &hostedSessions{
		cfg: cfg, chats: chats, key: key, logger: logger, patience: hostedPatience,
		api: openai.NewBetaChatKitSessionService(openAIOptions(cfg, newOpenAIClient())...),
	}
}

// missing says what openai mode lacks, empty for nothing.
func (cfg sessionConfig) missing() string {
	var names []string
	if cfg.openAIKey == "" {
		names = append(names, "OPENAI_API_KEY")
	}
	if cfg.workflow == "" {
		names = append(names, "CHATKIT_WORKFLOW_ID")
	}
	if cfg.mode == sessionSelf || len(names) == 0 {
		return ""
	}
	return "Hosted sessions need " + strings.Join(names, " and ") + ": set it, or CHATKIT_SESSION_MODE=self, which needs neither."
}

func (h *hostedSessions) create(ctx context.Context, user string) (clientSession, error) {
	if lacks := h.cfg.missing(); lacks != "" {
		return clientSession{}, refuse(http.StatusNotImplemented, "not_configured", lacks)
	}
	asking, cancel := context.WithTimeout(ctx, h.patience)
	defer cancel()
	made, err := h.api.New(asking, openai.BetaChatKitSessionNewParams{
		User: user, Workflow: openai.ChatSessionWorkflowParam{ID: h.cfg.workflow},
	})
	if err == nil && !usable(made) {
		err = errors.New("an answer without a session")
	}
	h.key.learn(err)
	if err != nil {
		return clientSession{}, hostedProblem(err)
	}
	expires := time.Unix(made.ExpiresAt, 0).UTC()
	if _, err := h.chats.CreateClientSession(ctx, user, made.ID, time.Until(expires)); err != nil {
		h.end(ctx, made.ID) // nobody will hear of it
		if errors.Is(err, store.ErrInvalid) || errors.Is(err, store.ErrExists) {
			err = hostedProblem(err) // an id that is none, or not a new one
		}
		return clientSession{}, err
	}
	return clientSession{Secret: made.ClientSecret, ID: made.ID, ExpiresAt: expires}, nil
}

// longestHosted is how long a session may last at OpenAI for us to believe it.
// They give ten minutes.
const longestHosted = 24 * time.Hour

// usable reports whether OpenAI's answer is a session. The library takes what
// is missing, or of a wrong type, for zero.
func usable(made *openai.ChatSession) bool {
	if made == nil || made.ClientSecret == "" || made.ID == "" {
		return false
	}
	left := time.Until(time.Unix(made.ExpiresAt, 0))
	return left > 0 && left <= longestHosted
}

// refresh makes the new session before it ends the old one, which goes on if
// there is none.
func (h *hostedSessions) refresh(ctx context.Context, user, id string) (clientSession, error) {
	if _, err := h.chats.ClientSession(ctx, user, id); err != nil {
		return clientSession{}, err
	}
	next, err := h.create(ctx, user)
	if err != nil {
		return clientSession{}, err
	}
	if err := h.chats.DeleteClientSession(ctx, user, id); err != nil {
		return clientSession{}, err
	}
	h.end(ctx, id)
	return next, nil
}

// end lets OpenAI take back a session's secret. It would run out by itself.
func (h *hostedSessions) end(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.patience)
	defer cancel()
	if _, err := h.api.Cancel(ctx, id); err != nil {
		h.logger.InfoContext(ctx, "hosted session not cancelled", "err", openAIError(err))
	}
}

// openAIError describes a failure without the provider's own words, which may
// repeat the key.
func openAIError(err error) error {
	if failed, ok := errors.AsType[*openai.Error](err); ok {
		return fmt.Errorf("OpenAI answered %d", failed.StatusCode)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("OpenAI did not answer in time")
	}
	return errors.New("OpenAI was out of reach, or its answer could not be read")
}

// hostedProblem says what to do about a session that OpenAI did not make.
func hostedProblem(err error) error {
	problem := func(status int, code, detail string) *edge.Refusal {
		return &edge.Refusal{Status: status, Code: code, Detail: detail, Err: openAIError(err)}
	}
	failed, answered := errors.AsType[*openai.Error](err)
	if !answered {
		return later(5*time.Second, problem(http.StatusServiceUnavailable, "openai_unavailable",
			"OpenAI is out of reach, or gave no answer that can be read. Try again in a moment."))
	}
	switch status := failed.StatusCode; {
	case status == http.StatusUnauthorized:
		return problem(http.StatusBadGateway, "openai_key_rejected",
			"OpenAI does not accept this server's key. Whoever runs it has to set another OPENAI_API_KEY and start it again.")
	case status == http.StatusForbidden:
		return problem(http.StatusBadGateway, "openai_no_permission",
			"This server's OpenAI key may not make ChatKit sessions. Whoever runs it has to give the key that permission, or set another OPENAI_API_KEY.")
	case status == http.StatusTooManyRequests:
		return later(retryAfterOf(failed), problem(http.StatusTooManyRequests, "openai_rate_limited",
			"OpenAI makes no more sessions for now. Try again in a moment; where it lasts, whoever runs this server has to look at its plan and limits there."))
	case status == http.StatusRequestTimeout, status >= 500:
		return problem(http.StatusBadGateway, "openai_failed", "OpenAI failed to make a session. Try again in a moment.")
	}
	return problem(http.StatusBadGateway, "openai_refused",
		"OpenAI refused to make a session. Whoever runs this server has to check CHATKIT_WORKFLOW_ID: the workflow must be published, and of the project of OPENAI_API_KEY.")
}

// longestWait bounds what a provider can make our callers wait.
const longestWait = 5 * time.Minute

func retryAfterOf(failed *openai.Error) time.Duration {
	if failed.Response != nil {
		if n, err := strconv.Atoi(failed.Response.Header.Get("Retry-After")); err == nil && n > 0 {
			return min(time.Duration(n)*time.Second, longestWait)
		}
	}
	return 5 * time.Second
}
