package agent

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

// APIs of a provider.
const (
	APIChat      = "chat"      // POST …/chat/completions
	APIResponses = "responses" // POST …/responses
)

// ModelConfig says which model answers, and where.
type ModelConfig struct {
	BaseURL string // up to the version, as in https://api.openai.com/v1
	APIKey  string // empty: requests bear none
	Model   string
	API     string // APIChat (also when empty) or APIResponses
	Vision  bool   // images go to the model
	// HTTPClient carries the requests; nil: one with small buffers, made for
	// many silent streams. Its cookie jar and redirects are not used.
	HTTPClient *http.Client
	// Idle is how long the provider may say nothing, before the first byte
	// and between bytes; 0: 29 s, so that people hear of it within 30.
	Idle time.Duration
	// Connect is how long it may take, with all retries, until a connection
	// stands; 0: 4.5 s.
	Connect time.Duration
}

const (
	// retries is how often a request is sent again, before its first byte, on
	// faults of the connection and on 408, 409, 429 and 5xx.
	retries = 2
	// maxRetryAfter is how long a provider may ask to wait. Who asks for more
	// gets no retry, and the user an error that allows one.
	maxRetryAfter = 5 * time.Second
)

// A Model is one model at one provider. It may serve many runs at once.
type Model struct {
	cfg       ModelConfig
	client    openai.Client
	transport http.RoundTripper
	header    http.Header // of every request; nobody changes it
	source    string      // host of the provider
	openAI    bool        // the provider is OpenAI itself
	// dials says that the transport makes connections. Another kind, as one
	// without a network, is taken to be connected.
	dials bool
	// accepted and refused are the features that the provider has shown to
	// take or not to take.
	accepted, refused atomic.Uint32
}

// NewModel checks the configuration; it connects to nothing.
func NewModel(cfg ModelConfig) (*Model, error) {
	base, err := checkModel(cfg)
	if err != nil {
		return nil, err
	}
	orElse(&cfg.API, APIChat)
	orElse(&cfg.Idle, 29*time.Second)
	orElse(&cfg.Connect, 4500*time.Millisecond)
	orElse(&cfg.HTTPClient, newHTTPClient())
	host := base.Hostname()
	m := &Model{
		cfg: cfg, transport: cfg.HTTPClient.Transport, header: headerFor(cfg.APIKey), source: base.Host,
		openAI: host == "api.openai.com" || strings.HasSuffix(host, ".api.openai.com"),
	}
	orElse(&m.transport, http.DefaultTransport)
	_, m.dials = m.transport.(*http.Transport)
	// Not openai.NewClient: that reads OPENAI_ORG_ID and other variables, and
	// would send them to whatever provider this is.
	m.client.Options = []option.RequestOption{
		option.WithBaseURL(cfg.BaseURL),
		option.WithMaxRetries(retries),
		option.WithMaxRetryDelay(maxRetryAfter),
	}
	return m, nil
}

func headerFor(key string) http.Header {
	h := http.Header{"Accept": {"text/event-stream"}, "Content-Type": {"application/json"}, "User-Agent": {"taskwire-adapter"}}
	if key != "" {
		h.Set("Authorization", "Bearer "+key)
	}
	return h
}

func checkModel(cfg ModelConfig) (*url.URL, error) {
	var errs []error
	base, err := url.Parse(cfg.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.User != nil {
		errs = append(errs, errors.New("the base URL of the model is no http or https URL without a user"))
	}
	if cfg.Model == "" {
		errs = append(errs, errors.New("the model has no name"))
	}
	if cfg.API != "" && cfg.API != APIChat && cfg.API != APIResponses {
		errs = append(errs, fmt.Errorf("the API of the model is %q, want %s or %s", cfg.API, APIChat, APIResponses))
	}
	return base, errors.Join(errs...)
}

// newHTTPClient makes a client for many streams that are silent most of their
// time: small buffers, one connection each, none waited for.
func newHTTPClient() *http.Client {
	dialer := &net.Dialer{Timeout: 4 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true, // it would hold back what should stream
		TLSHandshakeTimeout:   4 * time.Second,
		ExpectContinueTimeout: time.Second,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       60 * time.Second,
		ReadBufferSize:        1 << 9, // for heads: what reads events brings its own
		WriteBufferSize:       1 << 9, // has room for the headers; a body goes past it
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}}
}

// A prompt is one request to the model.
type prompt struct {
	user     string
	model    string // empty: the configured one
	brief    *brief
	mute     bool   // the tools of the brief may not be called
	system   string // the rest of the system prompt
	messages []Message
	choice   string // the tool that must be called; empty: as the model likes
	room     int    // characters that may be said
	until    time.Time
}

func (p *prompt) tools() []Tool {
	if p.mute {
		return nil
	}
	return p.brief.tools
}

// features are what not every provider takes. They are used until a provider
// refuses them.
type features uint32

const (
	featureUsage     features = 1 << iota // stream_options.include_usage
	featureReasoning                      // include reasoning.encrypted_content
	featureStrict                         // strict schemas
)

func (m *Model) featuresFor(p *prompt) features {
	f := featureUsage
	if m.cfg.API == APIResponses {
		f = featureReasoning
	}
	if m.openAI && len(p.tools()) > 0 {
		f |= featureStrict
	}
	return f &^ features(m.refused.Load())
}

// ask sends one request and reads the reply, calling hear with the text as it
// comes, and with an empty one when no more is at hand for the moment. Where a
// provider refuses a request that holds features it has not yet taken, it is
// asked again without them. The reply holds what there was, also after an
// error, which is an *Error, errTimeOver, the error of hear, or the cause of ctx.
func (m *Model) ask(ctx context.Context, p *prompt, hear func(string) error) (reply, error) {
	used := m.featuresFor(p)
	r, err := m.try(ctx, p, used, hear)
	unproven := used &^ features(m.accepted.Load())
	if err == nil {
		m.accepted.Or(uint32(used))
	}
	if unproven == 0 || !badRequest(err) {
		return r, err
	}
	plain, plainErr := m.try(ctx, p, used&^unproven, hear)
	if badRequest(plainErr) {
		return r, err // it was something else
	}
	if plainErr == nil {
		m.refused.Or(uint32(unproven))
	}
	return plain, plainErr
}

// badRequest reports whether the provider did not take a request as it was.
func badRequest(err error) bool {
	var failed *Error
	return errors.As(err, &failed) && failed.Kind == KindStatus &&
		(failed.Status == http.StatusBadRequest || failed.Status == http.StatusUnprocessableEntity)
}

// try sends a request with the given features, and again where that may help.
func (m *Model) try(ctx context.Context, p *prompt, f features, hear func(string) error) (reply, error) {
	watched, dog := watch(ctx, p.until, m.cfg.Connect, m.cfg.Idle)
	defer dog.stop()
	if !m.dials {
		dog.connect()
	}
	path, write := "chat/completions", m.chatBody
	if m.cfg.API == APIResponses {
		path, write = "responses", m.responsesBody
	}
	res, err := m.post(watched, dog, path, write(p, f))
	if err != nil {
		return reply{}, whyEnded(ctx, watched, err)
	}
	defer res.Body.Close()
	words := speech{room: p.room, hear: hear}
	var acc accumulator
	if m.cfg.API == APIResponses {
		acc = &responsesReply{speech: words}
	} else {
		acc = &chatReply{speech: words}
	}
	if err := readReply(res, dog, acc); err != nil {
		return acc.reply(), whyEnded(ctx, watched, err)
	}
	return acc.reply(), nil
}

// whyEnded prefers the reason why a request was ended to what came of it.
func whyEnded(ctx, watched context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch cause := context.Cause(watched); cause {
	case errTimeOver:
		return cause
	case errNoConnection:
		e := failure(KindConnection, nil)
		e.Code = "timeout"
		return e
	case errSilence:
		return failure(KindTimeout, nil)
	}
	return err
}

// safetyKey tells the users of one provider account apart without naming them.
func (m *Model) safetyKey(user string) string {
	mac := hmac.New(sha256.New, []byte(m.cfg.APIKey))
	mac.Write([]byte("taskwire user\x00" + user))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// modelOf gives the name of a model: of the configured one for "".
func (m *Model) modelOf(name string) string {
	if name != "" {
		return name
	}
	return m.cfg.Model
}

// sourceOf names where the raw parts of a message come from.
func (m *Model) sourceOf(model string) string {
	return m.cfg.API + " " + m.source + " " + m.modelOf(model)
}
