package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
	"taskwire/store"
	"taskwire/store/storetest"
)

// A site is a running server that real MCP clients connect to: the whole HTTP
// stack in one of its eras, or the server alone in this process.
type site struct {
	http     *harness // nil: in memory
	era      string   // protocol revision, over HTTP
	Database store.Config
	toolset  *toolset
	behind   *sql.DB
}

// digest is that of all rows, as storetest.Hash gives it, over a connection
// that stays open: tests ask for it hundreds of times.
func (s *site) digest(t testing.TB) string {
	t.Helper()
	if s.behind == nil {
		s.behind = storetest.Behind(t, s.Database)
	}
	sum := sha256.New()
	for _, table := range storetest.Tables() {
		rows, err := s.behind.QueryContext(t.Context(), "SELECT * FROM "+table+" ORDER BY 1, 2, 3")
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(sum, values...)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// A person is one user with a client of their own.
type person struct {
	*mcp.ClientSession
	site *site
	user string
}

// everywhere runs fn on every database, and there over every way in.
func everywhere(t *testing.T, fn func(t *testing.T, s *site)) {
	t.Helper()
	for _, place := range []struct {
		engine storetest.Engine
		era    string
	}{
		{storetest.SQLite, "memory"},
		{storetest.SQLite, "2025-11-25"},
		{storetest.Postgres, statelessEra},
		{storetest.PgBouncer, "2025-11-25"},
	} {
		t.Run(string(place.engine)+" "+place.era, func(t *testing.T) {
			t.Parallel() // most of it is waiting for disks
			if place.era == "memory" {
				fn(t, memorySite(t, place.engine, time.Now))
				return
			}
			h := startHTTP(t, place.engine, nil)
			fn(t, &site{http: h, era: place.era, Database: h.Database})
		})
	}
}

// onEach runs fn on every database, in memory, at a time of its own.
func onEach(t *testing.T, now func() time.Time, fn func(t *testing.T, s *site)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		fn(t, memorySite(t, engine, now))
	})
}

func memorySite(t testing.TB, engine storetest.Engine, now func() time.Time) *site {
	cfg := storetest.Config(t, engine)
	st := storetest.OpenConfig(t, cfg)
	return &site{Database: cfg, toolset: &toolset{
		tasks: storeOf(st), zone: time.UTC, now: now, logger: quiet,
	}}
}

// as connects a user.
func (s *site) as(t testing.TB, user string) *person {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	if s.http != nil {
		session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{
			Endpoint:             s.http.URL,
			HTTPClient:           &http.Client{Transport: withToken(s.http.token(t, user))},
			DisableStandaloneSSE: true,
		}, &mcp.ClientSessionOptions{ProtocolVersion: s.era})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { session.Close() })
		return &person{session, s, user}
	}
	own := *s.toolset
	own.user = user
	server := newServer(&own, allTools(), recovered(quiet), checked, own.limitedCalls(edge.NewLimiter(0)))
	near, far := mcp.NewInMemoryTransports()
	serving, err := server.Connect(t.Context(), far, nil)
	if err != nil {
		t.Fatal(err)
	}
	session, err := client.Connect(t.Context(), near, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close(); serving.Wait() })
	return &person{session, s, user}
}

// withToken sends every request with the token.
type withToken string

func (token withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(token))
	return http.DefaultTransport.RoundTrip(r)
}

// try calls a tool. Args may be a map or raw JSON.
func (p *person) try(t testing.TB, tool string, args any, meta mcp.Meta) toolOutcome {
	t.Helper()
	result, err := p.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: args, Meta: meta})
	if err != nil {
		t.Fatalf("%s %v: %v", tool, args, err)
	}
	data, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	var out toolOutcome
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// do calls a tool that must succeed.
func (p *person) do(t testing.TB, tool string, args any, meta ...mcp.Meta) toolOutcome {
	t.Helper()
	out := p.try(t, tool, args, oneMeta(meta))
	if out.IsError {
		t.Fatalf("%s %v: %s", tool, args, out.text())
	}
	return out
}

// task calls a tool that gives one task.
func (p *person) task(t testing.TB, tool string, args any, meta ...mcp.Meta) wireTask {
	t.Helper()
	return taskOf(t, p.do(t, tool, args, meta...))
}

// list calls list_tasks.
func (p *person) list(t testing.TB, args map[string]any, meta ...mcp.Meta) listResult {
	t.Helper()
	var out listResult
	if err := json.Unmarshal(p.do(t, "list_tasks", args, meta...).Structured, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// titles lists and returns the titles in their order.
func (p *person) titles(t testing.TB, args map[string]any, meta ...mcp.Meta) []string {
	t.Helper()
	titles := []string{}
	for _, task := range p.list(t, args, meta...).Tasks {
		titles = append(titles, task.Title)
	}
	return titles
}

// refused calls a tool that must answer a tool error of the kind, with all
// the words in its text, and change nothing. It returns the text.
func (p *person) refused(t testing.TB, tool string, args any, meta mcp.Meta, code string, words ...string) string {
	t.Helper()
	before := p.site.digest(t)
	out := p.try(t, tool, args, meta)
	if !out.IsError || out.Meta["taskwire/error"] != code {
		t.Errorf("%s %v = error %v of kind %v, want a tool error of kind %s; text %q", tool, args, out.IsError, out.Meta["taskwire/error"], code, out.text())
	}
	for _, word := range words {
		if !strings.Contains(out.text(), word) {
			t.Errorf("%s %v says %q, want %q in it", tool, args, out.text(), word)
		}
	}
	if out.Structured != nil {
		t.Errorf("%s %v: an error with structured content %s", tool, args, out.Structured)
	}
	if p.site.digest(t) != before {
		t.Errorf("%s %v was refused and changed something", tool, args)
	}
	return out.text()
}

func oneMeta(meta []mcp.Meta) mcp.Meta {
	if len(meta) == 0 {
		return nil
	}
	return meta[0]
}

// storeOf gives a toolset the tasks of an open store.
func storeOf(st *store.Store) func(ctx context.Context) (*store.Tasks, error) {
	return func(context.Context) (*store.Tasks, error) { return st.Tasks(), nil }
}
