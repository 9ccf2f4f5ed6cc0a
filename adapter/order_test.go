package main

import (
	"maps"
	"strings"
	"testing"

	"taskwire/store/storetest"
)

// freeAddress is a loopback address that nobody listened on just now.
func freeAddress(t testing.TB) string {
	t.Helper()
	addr, err := storetest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// Both programs are ready in the end, whichever starts first, as `make run`
// starts them: one database, dev mode, no further settings.
func TestReadyInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, order := range [][]string{{"mcpserver", "adapter"}, {"adapter", "mcpserver"}} {
		t.Run(strings.Join(order, " first, then "), func(t *testing.T) {
			t.Parallel()
			at := map[string]string{"mcpserver": freeAddress(t), "adapter": freeAddress(t)}
			env := databaseEnv(storetest.Config(t, storetest.SQLite))
			maps.Copy(env, map[string]string{
				"AUTH_MODE": "dev", "TASKWIRE_DATA": t.TempDir(), "TASKWIRE_USER": "alice",
				"PUBLIC_URL": "http://" + at["adapter"], "MCP_PUBLIC_URL": "http://" + at["mcpserver"] + "/mcp",
			})
			started := map[string]*process{}
			for i, name := range order {
				started[name] = launch(t, name, env, "-http", at[name])
				if i == 0 && name == "adapter" { // alone it waits, and says so
					a, err := exchange(t.Context(), "GET", started[name].Base+"/readyz", "", nil)
					if err != nil {
						t.Fatal(err)
					}
					a.refused(t, 503, "not_ready")
				}
			}
			for _, p := range started {
				p.ready(t)
			}
			a, err := exchange(t.Context(), "POST", started["adapter"].Base+"/api/alice/tasks", `{"title":"Tea"}`, nil)
			if err != nil {
				t.Fatal(err)
			}
			a.ok(t, 201)
			// A desktop host without a token is the same person.
			if b := callTool(t, started["mcpserver"], "", "list_tasks", map[string]any{}).ok(t, 200); !strings.Contains(b.Body, `"Tea"`) {
				t.Errorf("the host sees %s", b.Body)
			}
		})
	}
}

// mcpserver may be reached at another address than the one it is known by.
func TestToolsAtAnotherAddress(t *testing.T) {
	t.Parallel()
	const public = "https://tasks.example.com/mcp"
	database := storetest.Config(t, storetest.SQLite)
	address := freeAddress(t)
	env := databaseEnv(database)
	maps.Copy(env, map[string]string{
		"AUTH_MODE": "hs256", "BETTER_AUTH_SECRET": strings.Repeat("s", 32), "AUTH_ISSUER": "https://auth.example.com",
		"MCP_PUBLIC_URL": public, "ADAPTER_ISSUER": "http://" + address,
	})
	tools := launch(t, "mcpserver", env, "-http", "127.0.0.1:0")
	env = databaseEnv(database)
	maps.Copy(env, map[string]string{
		"AUTH_MODE": "dev", "TASKWIRE_DATA": t.TempDir(), "TASKWIRE_USER": "alice", "MCP_PUBLIC_URL": public, "MCP_URL": tools.Base + "/mcp",
	})
	launch(t, "adapter", env, "-http", address).ready(t)
}
