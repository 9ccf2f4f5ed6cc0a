package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"taskwire/store/storetest"
)

// A chatStack is what answers a person who chats: the adapter, mcpserver beside
// it, one database under both and the scripted provider behind.
type chatStack struct {
	name    string // of the database
	tools   *server
	adapter *server
}

const chatAudience = "https://chat.bench.example"

// launchChat starts both programs as production would: tokens verified, logs
// at info. Only the limits per user are off.
func (b *bench) launchChat(ctx context.Context, e engine, p *provider) (*chatStack, error) {
	return b.launchPair(ctx, e.name, []string{
		"DATABASE_URL=" + e.url, "AUTH_MODE=jwks",
		"OAUTH_ISSUER=" + b.issuer.url, "OAUTH_JWKS_URL=" + b.issuer.url + "/jwks",
		"AUTH_ISSUER=" + b.issuer.url, "AUTH_JWKS_URL=" + b.issuer.url + "/jwks", "AUTH_AUDIENCE=" + chatAudience,
		"LLM_BASE_URL=" + p.url, "LLM_MODEL=bench",
	})
}

// launchTrial starts both programs with nothing set up, as `make run` does: on
// SQLite, without sign-in, and with the demo model.
func (b *bench) launchTrial(ctx context.Context) (*chatStack, error) {
	return b.launchPair(ctx, "demo", []string{"AUTH_MODE=dev", "TASKWIRE_USER=bench"})
}

func (b *bench) launchPair(ctx context.Context, name string, env []string) (*chatStack, error) {
	var addrs [2]string
	for i := range addrs {
		var err error
		if addrs[i], err = storetest.FreeAddress(); err != nil {
			return nil, err
		}
	}
	data, err := os.MkdirTemp(b.dir, "chat-")
	if err != nil {
		return nil, err
	}
	env = append(slices.Clone(env), "TASKWIRE_DATA="+data, "ADAPTER_ISSUER=http://"+addrs[1], "MCP_PUBLIC_URL=http://"+addrs[0]+"/mcp",
		"RATE_TURNS_PER_MINUTE=0", "RATE_READS_PER_MINUTE=0", "RATE_TOOL_CALLS_PER_MINUTE=0", "MAX_STREAMS_PER_USER=0", "SHUTDOWN_GRACE=3s")
	s := &chatStack{name: name}
	if s.tools, err = launch(ctx, data, "mcpserver", addrs[0], env, b.binary("mcpserver"), "-http", addrs[0]); err != nil {
		return nil, err
	}
	b.cleanup(s.tools.proc.end)
	if s.adapter, err = launch(ctx, data, "adapter", addrs[1], env, b.binary("adapter"), "-http", addrs[1]); err != nil {
		return nil, err
	}
	b.cleanup(s.adapter.proc.end)
	return s, nil
}

// end stops both programs before the run is over.
func (s *chatStack) end() {
	s.adapter.proc.end()
	s.tools.proc.end()
}

// chatEngines are both databases, each as empty as on the first day.
func (b *bench) chatEngines(ctx context.Context, name string) ([]engine, error) {
	if _, err := b.pg.psql(ctx, "postgres", "postgres", fmt.Sprintf("CREATE DATABASE %s OWNER %s", name, pgOwner)); err != nil {
		return nil, err
	}
	return []engine{{"SQLite", "sqlite://" + filepath.Join(b.dir, name+".db")}, {"PostgreSQL", b.pg.urlOf(name)}}, nil
}

// talker is a person with a page open: one connection, one message at a time.
type talker struct {
	caller
	path    string
	headers map[string]string
}

func (b *bench) newTalker(s *server, user string) *talker {
	t := &talker{caller: caller{addr: s.addr}, path: "/api/chatkit", headers: map[string]string{
		"Content-Type": "application/json", "Accept": "text/event-stream",
	}}
	if user != "" {
		t.headers["Authorization"] = "Bearer " + b.issuer.token(user, chatAudience)
	}
	return t
}

// say sends a message and reads the whole answer, which stays in t.answer. An
// empty thread means a new one.
func (t *talker) say(thread, text string) error {
	if _, err := t.conn.Write(prepare(t.addr, t.path, t.headers, messageBody(thread, text)).bytes); err != nil {
		return err
	}
	status, err := t.read()
	if err != nil {
		return err
	}
	if status != 200 || !answered(t.answer) {
		return fmt.Errorf("status %d: %.2000s", status, t.answer)
	}
	return nil
}

func messageBody(thread, text string) []byte {
	kind, params := "threads.create", map[string]any{}
	if thread != "" {
		kind, params["thread_id"] = "threads.add_user_message", thread
	}
	params["input"] = map[string]any{
		"content":     []any{map[string]string{"type": "input_text", "text": text}},
		"attachments": []any{}, "inference_options": struct{}{},
	}
	body, err := json.Marshal(map[string]any{"type": kind, "params": params})
	if err != nil {
		panic(err) // only texts of this program come here
	}
	return body
}
