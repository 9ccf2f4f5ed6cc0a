package walls

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/promises/faultproxy"
	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

const (
	modelKey = "sk-model-canary-of-a-key-9f2c"
	password = "canary-of-a-password-77aa"
)

// A listener keeps all that both programs answer, and knows what may not be in it.
type listener struct {
	*town
	database *faultproxy.Proxy
	alice    *resident
	bob      *resident

	mu      sync.Mutex
	answers []string
}

// listen starts a town whose secrets are known and whose database can go away.
func listen(t testing.TB) *listener {
	t.Helper()
	database := storetest.Config(t, storetest.Postgres)
	u, err := url.Parse(database.URL)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{database: faultproxy.Start(t, u.Host)}
	u.Host, u.User = l.database.Addr(), url.UserPassword(u.User.Username(), password)
	behind := database
	behind.URL, behind.DirectURL = u.String(), u.String()
	l.town = foundOn(t, behind, map[string]string{"LLM_API_KEY": modelKey, "LOG_LEVEL": "debug"})
	l.admin = storetest.Behind(t, database)
	l.alice, l.bob = l.settle(t, "alice"), l.settle(t, "bob")
	return l
}

// round asks for everything at once, well and badly, whatever comes of it.
func (l *listener) round(t *testing.T) {
	t.Helper()
	var requests []func() (fleet.Answer, error)
	send := func(method, url, token, body string) {
		requests = append(requests, func() (fleet.Answer, error) { return fleet.Do(t.Context(), method, url, token, body, nil) })
	}
	for _, p := range places() {
		for _, id := range []string{p.of(l.alice.things), p.of(l.bob.things), "'; SELECT 1--", "\x00"} {
			if p.reads || id != p.of(l.alice.things) { // or there would soon be nothing left
				requests = append(requests, func() (fleet.Answer, error) { return p.ask(t.Context(), l.town, l.alice, id) })
			}
		}
	}
	for url, token := range map[string]string{l.adapter.Base + "/api/chatkit": l.alice.token, l.tools.Base + "/mcp": l.alice.mcp} {
		for _, body := range []string{"", "{", "[]", "null", "\xff", `{"type":1}`, strings.Repeat(`{"a":`, 3000), fleet.NewThread("talk"), `{"jsonrpc":"2.0","id":1,"method":"x"}`} {
			send(http.MethodPost, url, token, body)
		}
	}
	for _, base := range []string{l.adapter.Base, l.tools.Base} {
		for _, path := range []string{"/healthz", "/readyz", "/nowhere", "/.well-known/jwks.json", "/debug/pprof/", "/metrics"} {
			send(http.MethodGet, base+path, "", "")
		}
	}
	next := make(chan func() (fleet.Answer, error))
	var senders sync.WaitGroup
	for range 16 {
		senders.Go(func() {
			for request := range next {
				if a, err := request(); err == nil { // a program may hang up in mid-answer
					l.mu.Lock()
					l.answers = append(l.answers, fmt.Sprint(a.Status, a.Header, string(a.Body)))
					l.mu.Unlock()
				}
			}
		})
	}
	for _, request := range requests {
		next <- request
	}
	close(next)
	senders.Wait()
}

// faults are what goes wrong behind the programs; each ends what it began.
func (l *listener) faults(t *testing.T) map[string]func() (end func()) {
	quoting := `{"error":{"message":"Incorrect API key provided: ` + modelKey + `, at 10.9.8.7","code":"invalid_api_key"}}`
	says := func(reply agenttest.Reply) func() func() {
		return func() func() {
			l.Model.Otherwise(reply)
			return func() { l.Model.Otherwise(agenttest.Text("Fine.")) }
		}
	}
	table := func(name string) func() func() {
		return func() func() {
			rename := func(from, to string) {
				if _, err := l.admin.Exec("ALTER TABLE " + from + " RENAME TO " + to); err != nil {
					t.Fatal(err)
				}
			}
			rename(name, "elsewhere")
			return func() { rename("elsewhere", name) }
		}
	}
	return map[string]func() func(){
		"nothing": func() func() { return func() {} },
		"the database is away": func() func() {
			l.database.Set(t, faultproxy.Fault{Refuse: true})
			l.database.Reset()
			return func() { l.database.Heal(t) }
		},
		"no tasks":                table("tasks"),
		"no messages":             table("chat_messages"),
		"a model that refuses":    says(agenttest.Body(401, "application/json", quoting)),
		"a model that quotes":     says(agenttest.Events(quoting)),
		"a model that breaks off": says(agenttest.Reset("half")),
		"a model that is a page":  says(agenttest.Body(502, "text/html", "<h1>nginx at 10.9.8.7, key "+modelKey)),
	}
}

// insides may be in no answer; secrets not even in a log.
func (l *listener) insides() []string {
	return []string{
		"SELECT ", "INSERT ", "SQLSTATE", "pgconn", "pgx", "chat_messages", "goroutine ", ".go:", "runtime error", "10.9.8.7", "nginx",
		l.database.Addr(), l.Database.Schema, l.bob.word, strings.TrimPrefix(l.between.URL, "http://"), l.Adapters["TASKWIRE_DATA"],
	}
}

func (l *listener) secrets() []string {
	secrets := []string{modelKey, password}
	for _, r := range []*resident{l.alice, l.bob} {
		for _, token := range []string{r.token, r.mcp} {
			secrets = append(secrets, token[strings.LastIndex(token, ".")+1:])
		}
	}
	return secrets
}

// leaks searches all that was said.
func (l *listener) leaks() (leaks []string, searched int) {
	look := func(where, text string, words []string) {
		searched += len(text)
		for _, word := range words {
			if strings.Contains(text, word) {
				leaks = append(leaks, fmt.Sprintf("%s has %q: %.300s", where, word, text[max(0, strings.Index(text, word)-150):]))
			}
		}
	}
	for _, answer := range l.answers {
		look("an answer", answer, append(l.insides(), l.secrets()...))
	}
	private := append(l.secrets(), l.bob.word, l.alice.word)
	look("the adapter's log", l.adapter.Log.String(), private)
	look("mcpserver's log", l.tools.Log.String(), private)
	return leaks, searched
}

// TestNothingGetsOut throws good and bad requests at both programs while what is
// behind them breaks. Neither ends, and nothing private or of the inside is in
// what they say.
func TestNothingGetsOut(t *testing.T) {
	l := listen(t)
	rounds := tally.Rounds(1, 20)
	faults := l.faults(t)
	for range rounds {
		for what, begin := range faults {
			end := begin()
			l.round(t)
			end()
			l.adapter.Ready(t)
			l.tools.Ready(t)
			if n := l.exits(); n > 0 {
				t.Fatalf("%s: %d processes have ended", what, n)
			}
		}
	}
	leaks, searched := l.leaks()
	for _, leak := range leaks[:min(len(leaks), 10)] {
		t.Error(leak)
	}
	note := fmt.Sprintf("%d answers and both logs, with %d faults", len(l.answers), rounds*len(faults))
	tally.Counted(t, tally.Entry{Promise: "P18", What: "bytes of output searched", Runs: searched, Broken: len(leaks), Note: note})
	tally.Counted(t, tally.Entry{Promise: "P7", What: "requests thrown at processes", Runs: len(l.answers), Note: note})
	l.plant(t)
}

// plant is the control: insides in an answer and secrets in a log are found, and
// so is a process that has ended.
func (l *listener) plant(t *testing.T) {
	t.Helper()
	for _, word := range append(l.insides(), l.secrets()...) {
		l.answers = []string{"200 " + word}
		if leaks, _ := l.leaks(); len(leaks) == 0 {
			t.Fatalf("%q in an answer went by unseen", word)
		}
	}
	l.answers = nil
	for _, word := range l.secrets() {
		before, _ := l.leaks()
		fmt.Fprintln(l.tools.Log, word)
		if after, _ := l.leaks(); len(after) == len(before) {
			t.Fatalf("%q in a log went by unseen", word)
		}
	}
	tally.Caught(t, "P18", "planted insides in what a process says")
	l.tools.Kill()
	if l.exits() != 1 {
		t.Fatal("a process that has ended went by unseen")
	}
	tally.Caught(t, "P7", "an exit is noticed")
}

// exits counts the processes that are gone.
func (l *listener) exits() (n int) {
	for _, p := range []*fleet.Process{l.adapter, l.tools} {
		if p.Ended() {
			n++
		}
	}
	return n
}
