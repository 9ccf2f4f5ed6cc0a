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
	var problem error
	switch {
	case err != nil:
		problem = fmt.Errorf("-http %q: give host and port, for example 127.0.0.1:8080", addr)
		loopback = true // which asks for no more; the address itself is told
	case getenv("AUTH_MODE") == identity.ModeDev && !loopback:
		problem = fmt.Errorf("AUTH_MODE=dev serves this machine only, and -http %s does not: use -http 127.0.0.1:8080, or AUTH_MODE=jwks", addr)
	}
	err = errors.Join(problem, cfg.locateSelf(addr, loopback), cfg.locateTools(getenv, loopback))
	if err == nil && cfg.mcpPublicURL == cfg.publicURL {
		err = errors.New("MCP_PUBLIC_URL is PUBLIC_URL: a token for the one would do for the other; give mcpserver its own, such as https://tasks.example.com/mcp")
	}
	return err
}

// locateSelf fixes our own address, which is the issuer of our tokens.
func (cfg *config) locateSelf(addr string, loopback bool) error {
	cfg.publicURL = strings.TrimRight(cfg.public, "/") // as identity reads it
	switch {
	case cfg.public != "":
		if u, err := url.Parse(cfg.publicURL); err != nil || !isBase(u) || u.Path != "" {
			return errors.New("PUBLIC_URL: must be the address that browsers open, without path, such as https://chat.example.com")
		}
	case loopback:
		cfg.publicURL = "http://" + addr
	default:
		return errors.New("PUBLIC_URL is not set: on a listener that is not loopback it must be the address that browsers open, such as https://chat.example.com")
	}
	return nil
}

// locateTools fixes what mcpserver is known by, and where it is reached.
func (cfg *config) locateTools(getenv func(string) string, loopback bool) error {
	var problems []error
	cfg.mcpPublicURL = getenv("MCP_PUBLIC_URL")
	switch {
	case cfg.mcpPublicURL != "":
		if u, err := url.Parse(cfg.mcpPublicURL); err != nil || !isBase(u) {
			problems = append(problems, errors.New("MCP_PUBLIC_URL: must be the URL of mcpserver that hosts connect to, without user, query and fragment, such as https://tasks.example.com/mcp"))
		}
	case loopback:
		cfg.mcpPublicURL = defaultResource
	default:
		problems = append(problems, errors.New("MCP_PUBLIC_URL is not set: on a listener that is not loopback it must be the URL of mcpserver that hosts connect to, such as https://tasks.example.com/mcp"))
	}
	cfg.mcpURL = or(getenv("MCP_URL"), cfg.mcpPublicURL)
	if u, err := url.Parse(cfg.mcpURL); getenv("MCP_URL") != "" && (err != nil || !isBase(u)) {
		problems = append(problems, errors.New("MCP_URL: must be the URL at which this program reaches mcpserver, such as http://mcpserver:8081/mcp"))
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
