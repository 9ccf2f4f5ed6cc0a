package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
	"taskwire/identity/identitytest"
	"taskwire/store"
	"taskwire/store/storetest"
)

// A fleet is processes of the built programs over one PostgreSQL. What replicas
// have in common besides is configuration: their address, the signing key and
// the folder for uploads.
type fleet struct {
	*scriptedModel
	database  store.Config // as the test reaches it
	provider  *identitytest.Provider
	env       map[string]string // of each replica
	toolsAt   string            // host and port
	toolsEnv  map[string]string
	tools     *process
	endpoints map[string]string // of the database, as the processes reach it
}

// fleets runs a test on PostgreSQL, where replicas tell each other what is to
// stop, and behind a pooler without a direct connection, where they look.
func fleets(t *testing.T, test func(t *testing.T, f *fleet)) {
	for name, engine := range map[string]storetest.Engine{"told": storetest.Postgres, "looking": storetest.PgBouncer} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newFleet(t, engine))
		})
	}
}

// fleetAddress is where clients find the fleet: an address of whatever shares
// the requests out.
const fleetAddress = "https://chat.example.com"

// newFleet sets up what a fleet needs beside its processes.
func newFleet(t testing.TB, engine storetest.Engine) *fleet {
	t.Helper()
	f := &fleet{
		scriptedModel: startModel(t), database: storetest.Config(t, engine),
		provider: identitytest.Start(t), toolsAt: freeAddress(t),
	}
	reached := f.database
	reached.DirectURL = ""
	f.endpoints = databaseEnv(reached)
	f.env = f.scriptedModel.env(map[string]string{
		"AUTH_MODE": "jwks", "AUTH_ISSUER": f.provider.Issuer, "AUTH_JWKS_URL": f.provider.JWKSURL, "AUTH_AUDIENCE": audience,
		"PUBLIC_URL": fleetAddress, "MCP_PUBLIC_URL": "http://" + f.toolsAt + "/mcp", "TASKWIRE_DATA": t.TempDir(),
		"RATE_READS_PER_MINUTE": "0", "RATE_TURNS_PER_MINUTE": "0", "MAX_STREAMS_PER_USER": "0",
	})
	maps.Copy(f.env, f.endpoints)
	return f
}

// A replica is a process of the adapter's. It is talked to as any other server.
type replica struct {
	*harness
	process *process
}

// join starts one more replica.
func (f *fleet) join(t testing.TB, env map[string]string) *replica {
	t.Helper()
	all := maps.Clone(f.env)
	maps.Copy(all, env)
	p := launch(t, "adapter", all, "-http", "127.0.0.1:0")
	return &replica{&harness{Base: p.Base, Provider: f.provider, Database: f.database, Log: p.Log}, p}
}

// work starts the tools, which take what the replicas sign.
func (f *fleet) work(t testing.TB, keys *replica) {
	t.Helper()
	f.toolsEnv = maps.Clone(f.endpoints)
	maps.Copy(f.toolsEnv, map[string]string{
		"AUTH_MODE": "jwks", "OAUTH_ISSUER": f.provider.Issuer, "OAUTH_JWKS_URL": f.provider.JWKSURL,
		"ADAPTER_ISSUER": fleetAddress, "ADAPTER_JWKS_URL": keys.Base + "/.well-known/jwks.json",
		"RATE_READS_PER_MINUTE": "0", "RATE_TOOL_CALLS_PER_MINUTE": "0",
	})
	f.resume(t)
}

// resume starts the tools again, at the address at which they were.
func (f *fleet) resume(t testing.TB) {
	t.Helper()
	f.tools = launch(t, "mcpserver", f.toolsEnv, "-http", f.toolsAt)
}

// kill ends a process as nothing can prepare for.
func (p *process) kill(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.exited
}

// An ongoing is an answer that is still being given.
type ongoing struct {
	testing.TB
	response *http.Response
	unread   *bufio.Reader
	read     strings.Builder
	cut      context.CancelFunc // closes the connection
}

// opens sends a message to a replica and reads its answer up to a sign.
func (c *chatter) opens(r *replica, text, sign string, more header) *ongoing {
	c.Helper()
	hd := maps.Clone(c.header)
	maps.Copy(hd, more)
	return r.open(c, c.body(text), sign, hd)
}

func (r *replica) open(t testing.TB, body, sign string, hd header) *ongoing {
	t.Helper()
	ctx, cut := context.WithCancel(t.Context())
	t.Cleanup(cut)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Base+"/api/chatkit", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range hd.with("Content-Type", "application/json") {
		req.Header.Set(name, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	o := &ongoing{TB: t, response: resp, unread: bufio.NewReader(resp.Body), cut: cut}
	o.until(sign)
	return o
}

// until reads on up to a sign.
func (o *ongoing) until(sign string) {
	o.Helper()
	for !strings.Contains(o.read.String(), sign) {
		line, err := o.unread.ReadString('\n')
		o.read.WriteString(line)
		if err != nil {
			o.Fatalf("%q never came: HTTP %d %s", sign, o.response.StatusCode, &o.read)
		}
	}
}

// soFar gives what has been read.
func (o *ongoing) soFar() streamed {
	o.Helper()
	return readStream(o, answer{o.response.StatusCode, o.response.Header, o.read.String()})
}

// rest reads to the end and gives the whole.
func (o *ongoing) rest() streamed {
	o.Helper()
	if _, err := io.Copy(&o.read, o.unread); err != nil {
		o.Errorf("the stream breaks: %v", err)
	}
	return o.soFar()
}

// pausing is a reply that is held up in the middle until it may go on.
func pausing(goOn <-chan struct{}, before, after string) agenttest.Reply {
	return func(w *agenttest.Writer, _ agenttest.Request) {
		w.Begin()
		w.Delta(before)
		gone := make(chan struct{})
		go func() { w.Hold(); close(gone) }()
		select {
		case <-goOn:
			w.Delta(after)
			w.Finish("stop")
		case <-gone:
		}
	}
}

// lookup sends a request about the conversation's thread that reads.
func (c *chatter) lookup(r *replica, kind, more string) answer {
	c.Helper()
	return r.send(c, http.MethodPost, "/api/chatkit", fmt.Sprintf(`{"type":%q,"params":{"thread_id":%q%s}}`, kind, c.thread, more), c.header)
}

// cancels asks a replica to stop the conversation's answer.
func (c *chatter) cancels(r *replica) answer {
	c.Helper()
	return r.send(c, http.MethodPost, "/api/chatkit/cancel", fmt.Sprintf(`{"thread_id":%q}`, c.thread), c.header)
}

// rows gives every row that the user has in a table, as text.
func (c *chatter) rows(tables ...string) (all []string) {
	c.Helper()
	conn := storetest.Behind(c, c.h.Database)
	defer conn.Close()
	for _, table := range tables {
		result, err := conn.QueryContext(c.Context(), "SELECT CAST(t AS TEXT) FROM "+table+" AS t WHERE user_id = $1 ORDER BY 1", c.user)
		if err != nil {
			c.Fatal(err)
		}
		for result.Next() {
			var row string
			if err := result.Scan(&row); err != nil {
				c.Fatal(err)
			}
			all = append(all, table+" "+row)
		}
		if err := result.Err(); err != nil {
			c.Fatal(err)
		}
	}
	return all
}

// threadTables hold what belongs to a thread.
var threadTables = []string{"chat_sessions", "chat_messages", "chat_turns", "chat_keys", "chat_feedback"}

// turns gives how the user's turns stand, oldest first.
func (c *chatter) turns() string {
	c.Helper()
	conn := storetest.Behind(c, c.h.Database)
	defer conn.Close()
	var states string
	err := conn.QueryRowContext(c.Context(), "SELECT COALESCE(STRING_AGG(state, ' ' ORDER BY started_at), '') FROM chat_turns WHERE user_id = $1", c.user).Scan(&states)
	if err != nil {
		c.Fatal(err)
	}
	return states
}

// within polls until the condition holds.
func within(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", limit, what)
		}
	}
}

// lastAsked is the newest request that the model got.
func (c *chatter) lastAsked() agenttest.Request {
	c.Helper()
	all := c.asked()
	if len(all) == 0 {
		c.Fatal("the model was not asked")
	}
	return all[len(all)-1]
}

// toldModel reports whether a request holds a text, in whatever message.
func toldModel(r agenttest.Request, text string) bool {
	for _, m := range r.Messages {
		if strings.Contains(m.Text(), text) {
			return true
		}
	}
	return false
}
