package outage

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/promises/faultproxy"
	"taskwire/promises/fleet"
	"taskwire/store"
	"taskwire/store/storetest"
)

// A site is one replica of each program, and everything between them and their
// database within reach.
type site struct {
	*fleet.Fleet
	direct  store.Config       // the database, past the proxies
	admin   *sql.DB            // past them too, as the superuser
	cluster *storetest.Cluster // its own, where a fault needs one
	proxies []*faultproxy.Proxy
	adapter *fleet.Process
	tools   *fleet.Process
	user    string
	token   string // the user's, for the adapter
	mcp     string // and for the tools
	held    string // a task of the user's from before
	acked   *acked
}

// acked are the titles of the tasks that users were told are made.
type acked struct {
	mu     sync.Mutex
	titles map[string]bool
}

// open starts a site on a database that is reached through proxies.
func open(t testing.TB, database store.Config, cluster *storetest.Cluster) *site {
	t.Helper()
	s := &site{direct: database, admin: storetest.Behind(t, database), cluster: cluster, user: "alice", acked: &acked{titles: map[string]bool{}}}
	behind := database
	behind.URL = s.through(t, database.URL)
	if database.DirectURL != "" {
		behind.DirectURL = s.through(t, database.DirectURL)
	}
	s.Fleet = fleet.New(t, behind)
	s.adapter = s.Adapter(t)
	s.tools = s.ToolServer(t, s.adapter)
	s.adapter.Ready(t)
	s.tools.Ready(t)
	s.token, s.mcp = s.Token(t, s.user), s.ToolToken(t, s.user)
	r, err := fleet.Call(t.Context(), s.tools.Base, s.mcp, "create_task", "", map[string]any{"title": "from before"})
	if err != nil || r.IsError {
		t.Fatalf("a task: %+v, %v", r, err)
	}
	s.held = taskID(r.Structured)
	return s
}

// through puts a proxy before the server of a URL.
func (s *site) through(t testing.TB, database string) string {
	t.Helper()
	p := faultproxy.Start(t, hostOf(t, database))
	s.proxies = append(s.proxies, p)
	return replaceHost(t, database, p.Addr())
}

func (s *site) set(t testing.TB, f faultproxy.Fault) {
	t.Helper()
	for _, p := range s.proxies {
		p.Set(t, f)
	}
}

// made notes that a task was acknowledged.
func (s *site) made(title string) {
	s.acked.mu.Lock()
	defer s.acked.mu.Unlock()
	s.acked.titles[title] = true
}

// lost counts the acknowledged tasks that are not there, and those that are
// there twice.
func (s *site) lost(t testing.TB) (lost []string) {
	t.Helper()
	rows, err := s.admin.QueryContext(t.Context(), "SELECT title FROM tasks")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	there := map[string]int{}
	for rows.Next() {
		var title string
		if err := rows.Scan(&title); err != nil {
			t.Fatal(err)
		}
		there[title]++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	s.acked.mu.Lock()
	defer s.acked.mu.Unlock()
	for title := range s.acked.titles {
		if there[title] != 1 {
			lost = append(lost, title)
		}
	}
	slices.Sort(lost)
	return lost
}

// A reply is what came of a request, of whatever kind.
type reply struct {
	took   time.Duration // up to the answer
	begun  bool          // it is a stream, which takes what time it needs
	works  bool
	fault  string // why it is neither an answer nor a refusal as it should be
	reason string // what a refusal says
}

func (r reply) refused() bool { return !r.works && r.fault == "" }

// judgeHTTP holds an answer to what an outage may look like: what was asked for,
// or 503 as a problem that says when to come back and nothing of ours.
func judgeHTTP(a fleet.Answer, err error) (r reply) {
	if err != nil {
		r.fault = err.Error()
		return r
	}
	body := string(a.Body)
	switch {
	case a.Status < 300:
		r.works = true
	case a.Status != http.StatusServiceUnavailable:
		r.fault = "HTTP " + http.StatusText(a.Status) + ": " + body
	case a.Header.Get("Retry-After") == "", a.Header.Get("Content-Type") != "application/problem+json":
		r.fault = "a 503 without Retry-After, or that is no problem: " + body
	default:
		r.reason, r.fault = body, tells(body)
	}
	return r
}

// tells finds what no refusal may tell.
func tells(text string) string {
	for _, word := range []string{"postgres", "dial", "127.0.0.1", "SQLSTATE", "pgconn", "context deadline"} {
		if strings.Contains(text, word) {
			return "the refusal tells " + word + ": " + text
		}
	}
	return ""
}

func judgeTool(result fleet.Result, err error) (r reply) {
	switch {
	case err != nil:
		if refused, ok := errors.AsType[*fleet.RefusedError](err); ok {
			return judgeHTTP(refused.Answer, nil)
		}
		r.fault = err.Error()
	case !result.IsError:
		r.works = true
	case !strings.HasPrefix(result.Text, "temporarily unavailable"):
		r.fault = "a tool error of another kind: " + result.Text
	default:
		r.reason, r.fault = result.Text, tells(result.Text)
	}
	return r
}

// as gives each door a user of its own, as one user may not have all calls at
// once; but for the one at which that user's task is changed.
func (s *site) as(t testing.TB, d door) *site {
	t.Helper()
	if d.name == "tool, update_task" {
		return s
	}
	other := *s
	other.user = strings.NewReplacer(" ", "-", "/", "", ",", "").Replace("user of " + d.name)
	other.token, other.mcp = s.Token(t, other.user), s.ToolToken(t, other.user)
	return &other
}

// patience is how long a caller waits: longer than is promised, so that it can
// be seen how long it was.
const patience = 30 * time.Second

func (s *site) ask(ctx context.Context, d door) reply {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	begun := time.Now()
	r := d.ask(ctx, s)
	r.took = time.Since(begun)
	return r
}

func hostOf(t testing.TB, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func replaceHost(t testing.TB, text, host string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = host
	return u.String()
}
