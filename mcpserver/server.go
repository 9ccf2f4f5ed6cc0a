package main

import (
	"context"
	_ "embed"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store"
)

//go:embed instructions.md
var instructions string

// version is stamped at release (-ldflags "-X main.version=…"); a build from
// source says what the Go tool knows.
var version = ""

func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// newServer builds the one MCP server of the process. All sessions, both
// protocol eras and both transports share it: a server per request costs
// milliseconds of CPU.
func newServer(ts *toolset, tools []*tool, mw ...mcp.Middleware) *mcp.Server {
	options := &mcp.ServerOptions{
		Instructions:      instructionsFor(tools),
		Logger:            nil, // the SDK logs each connection; we log requests
		CompletionHandler: ts.complete,
		SetCacheable:      setCacheable,
		// Explicit, because nil advertises logging, and the lists never change.
		Capabilities: &mcp.ServerCapabilities{
			Tools:     &mcp.ToolCapabilities{},
			Prompts:   &mcp.PromptCapabilities{},
			Resources: &mcp.ResourceCapabilities{},
		},
	}
	fixtureOptions(options)
	server := mcp.NewServer(&mcp.Implementation{
		Name: "taskwire", Title: "Taskwire", Version: buildVersion(),
	}, options)
	for _, t := range tools {
		ts.register(server, t)
	}
	ts.addPrompts(server)
	ts.addResources(server)
	addFixtures(server)
	server.AddReceivingMiddleware(append(mw, impatient)...)
	return server
}

// impatient lets a call of several steps wait for the database as long as one
// of a single step.
func impatient(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		return next(store.Impatient(ctx), method, req)
	}
}

// instructionsFor leaves out the lines about tools that are not offered.
func instructionsFor(tools []*tool) string {
	var lines []string
	for line := range strings.Lines(instructions) {
		missing := func(t *tool) bool { return strings.Contains(line, t.name) && !slices.Contains(tools, t) }
		if !slices.ContainsFunc(allTools(), missing) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// listTTL is how long hosts may keep the lists and the discovery: they change
// with a release only.
const listTTL = 5 * 60 * 1000 // ms

// setCacheable marks what belongs to a user as private. The protocol's
// default is public, which lets a proxy give one user's task to another.
func setCacheable(_ context.Context, req mcp.Request, c *mcp.Cacheable) {
	switch req.(type) {
	case *mcp.ReadResourceRequest:
		c.CacheScope, c.TTLMs = "private", 0
	default:
		c.CacheScope, c.TTLMs = "public", listTTL
	}
}
