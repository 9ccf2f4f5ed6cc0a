package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"taskwire/store/storetest"
)

// server is one of the programs that are measured side by side.
type server struct {
	name     string
	proc     *process
	addr     string
	ours     bool
	taskIDs  []string            // of the user who reads
	sessions map[string][]string // by user; opened once, used in every round
	tokens   map[string]string   // by user; a host keeps its token as long as it lasts
}

// The load reads as one user and writes as another, so that the reader's list
// keeps its length.
const (
	reader = "reader"
	writer = "writer"
)

// path is where a server serves an era: ours serves both on one URL.
func (s *server) path(e era) string {
	if s.ours {
		return "/mcp"
	}
	return e.path
}

// launch starts a program that serves HTTP on addr.
func launch(ctx context.Context, dir, name, addr string, env []string, command ...string) (*server, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...)
	proc, err := start(cmd, filepath.Join(dir, name+".log"), syscall.SIGTERM)
	if err != nil {
		return nil, err
	}
	s := &server{name: name, proc: proc, addr: addr, sessions: map[string][]string{}, tokens: map[string]string{}}
	if err := proc.listening(ctx, addr); err != nil {
		proc.end()
		return nil, err
	}
	return s, nil
}

// launchOurs starts mcpserver over one database as production would: tokens
// verified, logs at info. Only the limits per user are out of reach, since the
// load is one user's; they are counted all the same.
func (b *bench) launchOurs(ctx context.Context, name, databaseURL string) (*server, error) {
	addr, err := storetest.FreeAddress()
	if err != nil {
		return nil, err
	}
	s, err := launch(ctx, b.dir, name, addr, []string{
		"DATABASE_URL=" + databaseURL,
		"AUTH_MODE=jwks", "OAUTH_ISSUER=" + b.issuer.url, "OAUTH_JWKS_URL=" + b.issuer.url + "/jwks",
		"RATE_TOOL_CALLS_PER_MINUTE=1000000", "RATE_READS_PER_MINUTE=1000000", "MAX_SESSIONS_PER_USER=1000",
	}, b.binary("mcpserver"), "-http", addr)
	if err != nil {
		return nil, err
	}
	s.ours = true
	b.cleanup(s.proc.end)
	return s, s.seed(ctx, b, b.scale.listed)
}

// launchPeers starts the servers that ours is measured against.
func (b *bench) launchPeers(ctx context.Context) ([]*server, error) {
	node := filepath.Join(b.root, "testdata/node/node_modules/node/bin/node")
	if _, err := os.Stat(node); err != nil {
		return nil, fmt.Errorf("the TypeScript peer is not installed: run npm ci in testdata/node (%w)", err)
	}
	typescript := []string{node, filepath.Join(b.root, "bench/peers/typescript/server.mjs")}
	var peers []*server
	for _, p := range []struct {
		name    string
		command []string // to which the address is added
	}{
		{"go-sdk", []string{b.binary("gosdk"), "-http"}},
		{"mcp-go", []string{b.binary("mcpgo"), "-http"}},
		{"ts", append(slices.Clone(typescript), "guide")},
		{"ts lean", append(slices.Clone(typescript), "lean")},
	} {
		addr, err := storetest.FreeAddress()
		if err != nil {
			return nil, err
		}
		s, err := launch(ctx, b.dir, p.name, addr, []string{"NODE_ENV=production"}, append(p.command, addr)...)
		if err != nil {
			return nil, err
		}
		b.cleanup(s.proc.end)
		peers = append(peers, s)
	}
	return peers, nil
}

// token is the same in every request to every server; the peers ignore it.
func (s *server) token(b *bench, user string) string {
	if s.tokens[user] == "" {
		s.tokens[user] = b.issuer.token(user, "http://"+s.addr+"/mcp")
	}
	return s.tokens[user]
}

// seed makes the reader's tasks through the server itself.
func (s *server) seed(ctx context.Context, b *bench, n int) error {
	e := eras[1]
	var requests []request
	for i := range n {
		body := e.callBody("create_task", taskArgs(i))
		requests = append(requests, prepare(s.addr, s.path(e), e.headers("create_task", "", s.token(b, reader)), body))
	}
	c := &caller{addr: s.addr, requests: requests}
	if err := c.connect(ctx, patience); err != nil {
		return err
	}
	defer c.conn.Close()
	for range requests {
		if err := c.call(); err != nil {
			return fmt.Errorf("seed %s: %w", s.name, err)
		}
		id, err := createdID(c.answer)
		if err != nil {
			return fmt.Errorf("seed %s: %w", s.name, err)
		}
		s.taskIDs = append(s.taskIDs, id)
	}
	return nil
}

// taskArgs makes the arguments of an ordinary task.
func taskArgs(i int) map[string]any {
	return map[string]any{
		"title":       fmt.Sprintf("Buy milk and bread, round %d", i),
		"description": "Two litres, the one with the blue lid; and the dark bread if there is any left.",
		"priority":    []string{"low", "medium", "high"}[i%3],
		"category":    []string{"work", "personal", "home", "other"}[i%4],
		"due_date":    fmt.Sprintf("2031-%02d-%02d", i%12+1, i%28+1),
	}
}

// createdID reads the id out of an answer, JSON or the only event of a stream.
func createdID(answer []byte) (string, error) {
	if _, data, ok := bytes.Cut(answer, []byte("data: ")); ok {
		answer, _, _ = bytes.Cut(data, []byte("\n"))
	}
	var reply struct {
		Result struct {
			StructuredContent struct{ Task struct{ ID string } }
		}
	}
	if err := json.Unmarshal(answer, &reply); err != nil {
		return "", err
	}
	id := reply.Result.StructuredContent.Task.ID
	if id == "" {
		return "", fmt.Errorf("create_task gave no id: %.300s", answer)
	}
	return id, nil
}

// session returns the i-th session of a user, opening it if need be.
func (s *server) session(ctx context.Context, e era, user, token string, i int) (string, error) {
	for len(s.sessions[user]) <= i {
		id, err := s.open(ctx, e, token)
		if err != nil {
			return "", fmt.Errorf("open a session with %s: %w", s.name, err)
		}
		s.sessions[user] = append(s.sessions[user], id)
	}
	return s.sessions[user][i], nil
}

// open goes through the handshake of the older era.
func (s *server) open(ctx context.Context, e era, token string) (string, error) {
	hello := rpc("initialize", map[string]any{
		"protocolVersion": e.name, "clientInfo": clientInfo, "capabilities": struct{}{},
	})
	answer, err := s.post(ctx, e, "", token, hello)
	if err != nil {
		return "", err
	}
	id := answer.Get("Mcp-Session-Id")
	_, err = s.post(ctx, e, id, token, []byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`))
	return id, err
}

func (s *server) post(ctx context.Context, e era, session, token string, body []byte) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+s.path(e), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range e.headers("", session, token) {
		if value != "" && (session != "" || name != "MCP-Protocol-Version") {
			req.Header.Set(name, value)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, strings.TrimSpace(string(text)))
	}
	return resp.Header, err
}
