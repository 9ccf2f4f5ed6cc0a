// Package fleet runs the built programs as an operator does: processes that
// share nothing but a database, an identity provider and their settings, with a
// scripted model provider behind them. It talks to them as any client would.
package fleet

import (
	"maps"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/identity/identitytest"
	"taskwire/store"
)

// Audience is that of the tokens which the adapter takes.
const Audience = "https://chat.example.com"

// Address is where clients find the adapters: that of whatever shares the
// requests out.
const Address = "https://chat.example.com"

// A Fleet is adapters and tool servers over one database.
type Fleet struct {
	Database  store.Config
	Provider  *identitytest.Provider // who signs people in
	Model     *agenttest.Provider    // scripted; answers "Fine." unless told otherwise
	ToolsAt   string                 // host and port of the first tool server
	Adapters  map[string]string      // settings of each adapter
	Tools     map[string]string      // settings of each tool server; ADAPTER_JWKS_URL comes with the first adapter
	Tags      []string               // the programs are built with
	AdapterIs string                 // path of another program to run as the adapter
	ToolsIs   string                 // and as the tools
}

// New sets up what a fleet needs beside its processes. There are no limits on
// rates unless a test sets them.
func New(t testing.TB, database store.Config) *Fleet {
	t.Helper()
	model, err := agenttest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(model.Close)
	model.Otherwise(agenttest.Text("Fine."))
	f := &Fleet{Database: database, Provider: identitytest.Start(t), Model: model, ToolsAt: FreeAddress(t)}
	shared := map[string]string{
		"DATABASE_URL": database.URL, "DATABASE_DIRECT_URL": database.DirectURL,
		"DATABASE_POOLER": database.Pooler, "DATABASE_SCHEMA": database.Schema, "AUTH_MODE": "jwks",
		"RATE_READS_PER_MINUTE": "0", "RATE_TURNS_PER_MINUTE": "0", "RATE_TOOL_CALLS_PER_MINUTE": "0",
		"MAX_STREAMS_PER_USER": "0", "MAX_SESSIONS_PER_USER": "0",
		"MCP_PUBLIC_URL": "http://" + f.ToolsAt + "/mcp",
	}
	f.Adapters, f.Tools = maps.Clone(shared), maps.Clone(shared)
	maps.Copy(f.Adapters, map[string]string{
		"AUTH_ISSUER": f.Provider.Issuer, "AUTH_JWKS_URL": f.Provider.JWKSURL, "AUTH_AUDIENCE": Audience,
		"PUBLIC_URL": Address, "TASKWIRE_DATA": t.TempDir(),
		"LLM_BASE_URL": model.URL(), "LLM_MODEL": "m", "LLM_API_KEY": "k",
	})
	maps.Copy(f.Tools, map[string]string{
		"OAUTH_ISSUER": f.Provider.Issuer, "OAUTH_JWKS_URL": f.Provider.JWKSURL, "ADAPTER_ISSUER": Address,
	})
	return f
}

// Adapter starts one more adapter.
func (f *Fleet) Adapter(t testing.TB, more ...map[string]string) *Process {
	t.Helper()
	return f.AdapterAt(t, "127.0.0.1:0", more...)
}

// AdapterAt starts an adapter at an address that it is to have again after its
// end.
func (f *Fleet) AdapterAt(t testing.TB, at string, more ...map[string]string) *Process {
	t.Helper()
	return Launch(t, f.AdapterProgram(t), With(f.Adapters, more...), "-http", at)
}

// ToolServer starts the tools at ToolsAt, where the adapters look for them.
// keys is an adapter that runs.
func (f *Fleet) ToolServer(t testing.TB, keys *Process, more ...map[string]string) *Process {
	t.Helper()
	return f.ToolServerAt(t, f.ToolsAt, keys, more...)
}

// ToolServerAt starts a further tool server.
func (f *Fleet) ToolServerAt(t testing.TB, at string, keys *Process, more ...map[string]string) *Process {
	t.Helper()
	if keys != nil {
		f.Tools["ADAPTER_JWKS_URL"] = keys.Base + "/.well-known/jwks.json"
	}
	return Launch(t, f.ToolsProgram(t), With(f.Tools, more...), "-http", at)
}

// AdapterProgram is the path of the adapter's program.
func (f *Fleet) AdapterProgram(t testing.TB) string {
	t.Helper()
	if f.AdapterIs != "" {
		return f.AdapterIs
	}
	return Program(t, "adapter", f.Tags...)
}

// ToolsProgram is the path of the tool server's program.
func (f *Fleet) ToolsProgram(t testing.TB) string {
	t.Helper()
	if f.ToolsIs != "" {
		return f.ToolsIs
	}
	return Program(t, "mcpserver", f.Tags...)
}

// Token is a user's own, good for the adapters.
func (f *Fleet) Token(t testing.TB, user string) string {
	t.Helper()
	return f.Provider.Token(t, user, Audience)
}

// ToolToken is a user's own, good for the tool servers.
func (f *Fleet) ToolToken(t testing.TB, user string) string {
	t.Helper()
	return f.Provider.Token(t, user, f.Tools["MCP_PUBLIC_URL"], "tasks:read", "tasks:write")
}

// With is settings and what replaces some of them.
func With(settings map[string]string, more ...map[string]string) map[string]string {
	all := maps.Clone(settings)
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}
