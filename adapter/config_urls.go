package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"taskwire/edge"
	"taskwire/identity"
)

// defaultResource is where `make run` and a mcpserver without settings serve.
const defaultResource = "http://127.0.0.1:8081/mcp"

// locate fixes where we are and where the tools are, for a listener on addr.
func (cfg *config) locate(addr string, getenv func(string) string) error {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	loopback := edge.IsLoopbackAddr(host)
	var problems []error
	switch {
	case err != nil:
		problems = append(problems, fmt.Errorf("-http %q: give host and port, for example 127.0.0.1:8080", addr))
	case getenv("AUTH_MODE") == identity.ModeDev && !loopback:
		problems = append(problems, fmt.Errorf("AUTH_MODE=dev serves this machine only, and -http %s does not: use -http 127.0.0.1:8080, or AUTH_MODE=jwks", addr))
	}
	note := func(err error) { problems = append(problems, err) }

	cfg.publicURL = strings.TrimRight(cfg.public, "/")
	switch {
	case cfg.public != "":
		// Read as identity reads it: it is the issuer of our tokens.
		if u, err := url.Parse(cfg.publicURL); err != nil || !isBase(u) || u.Path != "" {
			note(errors.New("PUBLIC_URL: must be the address that browsers open, without path, such as https://chat.example.com"))
		}
	case err == nil && loopback:
		cfg.publicURL = "http://" + addr
	case err == nil:
		note(errors.New("PUBLIC_URL is not set: on a listener that is not loopback it must be the address that browsers open, such as https://chat.example.com"))
	}

	cfg.mcpPublicURL = getenv("MCP_PUBLIC_URL")
	if cfg.mcpPublicURL == "" {
		if loopback || err != nil {
			cfg.mcpPublicURL = defaultResource
		} else {
			note(errors.New("MCP_PUBLIC_URL is not set: on a listener that is not loopback it must be the URL of mcpserver that hosts connect to, such as https://tasks.example.com/mcp"))
		}
	} else if u, err := url.Parse(cfg.mcpPublicURL); err != nil || !isBase(u) {
		note(errors.New("MCP_PUBLIC_URL: must be the URL of mcpserver that hosts connect to, without user, query and fragment, such as https://tasks.example.com/mcp"))
	}
	cfg.mcpURL = getenv("MCP_URL")
	if cfg.mcpURL == "" {
		cfg.mcpURL = cfg.mcpPublicURL
	} else if u, err := url.Parse(cfg.mcpURL); err != nil || !isBase(u) {
		note(errors.New("MCP_URL: must be the URL at which this program reaches mcpserver, such as http://mcpserver:8081/mcp"))
	}
	if cfg.publicURL != "" && cfg.mcpPublicURL == cfg.publicURL {
		note(errors.New("MCP_PUBLIC_URL is PUBLIC_URL: a token for the one would do for the other; give mcpserver its own, such as https://tasks.example.com/mcp"))
	}
	return errors.Join(problems...)
}

// isBase reports whether u is an absolute http or https URL and no more.
func isBase(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
		u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}

// trust settles whose tokens are taken.
func (cfg *config) trust() (err error) {
	cfg.issuers, err = cfg.identity.ForAdapter(cfg.publicURL)
	return err
}

// settle fixes our own address once the listener's port is known.
func (cfg *config) settle(addr string) error {
	if cfg.public != "" {
		return nil
	}
	cfg.publicURL = "http://" + addr
	return cfg.trust()
}
