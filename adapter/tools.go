package main

import (
	"log/slog"
	"net/http"
	"net/url"

	"taskwire/adapter/agent"
	"taskwire/identity"
)

// toolsConns is how many connections to mcpserver there are at the most.
const toolsConns = 128

// asksForHealth is whom the tools see when /readyz asks whether they take our
// tokens. Nothing is read or stored for it.
const asksForHealth = "taskwire-adapter"

// newTools sets up the way to mcpserver.
func newTools(cfg config, signer *identity.Signer, logger *slog.Logger) (*agent.MCPTools, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost, transport.MaxIdleConns = toolsConns, toolsConns, toolsConns
	transport.DisableCompression = true // an answer is as large as it looks
	transport.Proxy = nil               // the tools are ours, and near
	public, err := url.Parse(cfg.mcpPublicURL)
	if err != nil {
		return nil, err
	}
	return agent.NewMCPTools(agent.ToolsConfig{
		URL: cfg.mcpURL, Token: newToolTokens(signer, cfg.mcpPublicURL).token, PingUser: asksForHealth,
		HTTPClient: &http.Client{Transport: byHost{transport, public.Host}}, Logger: logger,
	})
}

// byHost names the host that mcpserver knows itself by, whatever the address at
// which it is reached: it refuses every other.
type byHost struct {
	next *http.Transport
	host string
}

func (b byHost) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = b.host
	return b.next.RoundTrip(r)
}

// CloseIdleConnections is what http.Client looks for.
func (b byHost) CloseIdleConnections() { b.next.CloseIdleConnections() }
