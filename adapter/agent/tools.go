package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"sync/atomic"
	"time"
)

// ErrToolsUnavailable reports that the tool server is out of reach, does not
// answer in time, or answers what is no answer. A call that ended so may have
// taken effect; the same call id tells.
var ErrToolsUnavailable = errors.New("the tools are out of reach")

// ErrToolsRefused reports that the tool server does not take the tokens that we
// bring. It is an ErrToolsUnavailable that only an operator can mend.
var ErrToolsRefused = fmt.Errorf("%w: the tool server refuses our token", ErrToolsUnavailable)

// Codes of a ToolResult with IsError: the kinds of refusal that the tools tell
// in `_meta` taskwire/error.
const (
	CodeInvalid     = "invalid"
	CodeNotFound    = "not_found"
	CodeStale       = "stale"
	CodeKeyReused   = "key_reused"
	CodeRateLimited = "rate_limited"
	CodeUnavailable = "unavailable"
	CodeInternal    = "internal"
)

// ToolsConfig says where the tools are and who asks. URL and Token are
// required, a zero field takes its default.
type ToolsConfig struct {
	// URL is the MCP endpoint.
	URL string
	// Token gives an access token for one user at the tool server. It is asked
	// before every request and its answer is used for that request alone, so
	// what may be kept, and for how long, is for it to know.
	Token func(ctx context.Context, user string) (string, error)
	// PingUser is whose token Ping shows, to learn whether ours are taken.
	// Empty: it shows none and learns only whether somebody answers.
	PingUser string
	// HTTPClient sends the requests; nil: one of our own, whose connections
	// all users share. Its cookie jar and redirects are not used.
	HTTPClient *http.Client
	Logger     *slog.Logger // nil: nothing is logged

	CallTimeout time.Duration // of one call with its retries; 30 s
	ListTimeout time.Duration // of reading the list of tools, and of Ping; 5 s
	ListFor     time.Duration // how long the list is good where the server does not say; 2 min
	MaxAnswer   int64         // bytes of one answer, notifications included; 1 MiB
	MaxTools    int           // tools of the list, the rest is left out; 128
}

func (c ToolsConfig) withDefaults() ToolsConfig {
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{Transport: toolsTransport()}
	}
	orElse(&c.CallTimeout, 30*time.Second)
	orElse(&c.ListTimeout, 5*time.Second)
	orElse(&c.ListFor, 2*time.Minute)
	orElse(&c.MaxAnswer, 1<<20)
	orElse(&c.MaxTools, 128)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// toolsTransport keeps enough connections for many users and opens no more than
// a tool server can be expected to hold; who comes later waits for one.
func toolsTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxConnsPerHost, t.MaxIdleConnsPerHost, t.MaxIdleConns = 128, 128, 128
	t.DisableCompression = true // an answer is as large as it looks
	return t
}

// MCPTools reaches the tools over MCP revision 2026-07-28, which has no
// sessions: every request stands for itself and bears the token of its user.
// Users share the connections and the list of tools, and nothing else.
//
// It is not built on the SDK's client, which keeps one session per connection,
// reads answers of any size, and lets one user's 401 end the session for all.
type MCPTools struct {
	cfg    ToolsConfig
	client http.Client
	lastID atomic.Int64 // of a request; an answer must bear it

	list    atomic.Pointer[toolList]
	changed atomic.Bool          // the server said that the list is another now
	loading chan struct{}        // held by who reads the list
	failure atomic.Pointer[miss] // the last time that it could not be read
}

// NewMCPTools makes an MCPTools. It asks nothing of the server yet.
func NewMCPTools(cfg ToolsConfig) (*MCPTools, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, errors.New("tools: the URL of the MCP endpoint must be http or https, with a host and without a user")
	}
	if cfg.Token == nil {
		return nil, errors.New("tools: there is no Token to show")
	}
	m := &MCPTools{cfg: cfg.withDefaults(), loading: make(chan struct{}, 1)}
	m.client = *m.cfg.HTTPClient
	m.client.Jar = nil // a cookie would be one user's, sent with another's call
	m.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return m, nil
}

// Close closes the connections that nobody uses.
func (m *MCPTools) Close() { m.client.CloseIdleConnections() }

// Ping reports whether the tool server answers and, if there is a PingUser,
// takes our tokens.
func (m *MCPTools) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, m.cfg.ListTimeout)
	defer cancel()
	const method = "server/discover"
	params := pingParams{Meta: newMeta()}
	if m.cfg.PingUser == "" {
		if _, err := m.send(ctx, "", method, "", params); !errors.Is(err, ErrToolsRefused) {
			return err
		}
		return nil // it is there, and wants a token
	}
	_, err := m.ask(ctx, m.cfg.PingUser, method, "", params)
	return err
}

// toolName is what MCP and the providers of models both take for a name.
var toolName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Call runs a tool as the user. What a tool refuses is a ToolResult with
// IsError, its Text fit to be shown. The error is ErrToolsUnavailable, one of
// Token, or the context's.
//
// A call during which the connection fails is repeated when that can do no
// harm: when it only reads, or bears a call id, which the server journals.
func (m *MCPTools) Call(ctx context.Context, user string, call ToolCall) (ToolResult, error) {
	if !toolName.MatchString(call.Name) {
		return toolRefusal(CodeInvalid, "there is no tool of that name"), nil
	}
	ctx, cancel := context.WithTimeout(ctx, m.cfg.CallTimeout)
	defer cancel()
	params := callParams{Name: call.Name, Arguments: call.Arguments, Meta: newMeta()}
	if len(params.Arguments) == 0 {
		params.Arguments = json.RawMessage("{}")
	}
	params.Meta.CallID, params.Meta.Timezone, params.Meta.IfUpdatedAt = call.CallID, call.Timezone, call.IfUpdatedAt
	harmless := call.CallID != "" || m.readOnly(call.Name)
	for wait := 100 * time.Millisecond; ; wait *= 4 {
		answer, err := m.ask(ctx, user, "tools/call", call.Name, params)
		if err == nil {
			return m.result(ctx, call.Name, answer)
		}
		var f *fault
		if !errors.As(err, &f) || !f.passing || !harmless || wait > 2*time.Second || !pause(ctx, wait) {
			m.cfg.Logger.WarnContext(ctx, "tool call failed", "tool", call.Name, "err", err)
			return ToolResult{}, err
		}
	}
}

// pause waits about as long as it is told to, and reports whether ctx let it.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d/2 + rand.N(d))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
