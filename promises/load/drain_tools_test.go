package load

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// R06 for the tools: of what goes through a SIGTERM a quarter is calls that
// wait for the database, the others are streams on which nothing happens.
func TestDrainTools(t *testing.T) {
	t.Parallel()
	d := newToolsDrained(t)
	rounds, n := tally.Rounds(1, 20), tally.Rounds(40, 200)
	total, worst := toolsVerdict{}, time.Duration(0)
	for round := range rounds {
		v, took := d.round(t, fmt.Sprintf("r%d", round), n, false)
		total.add(v)
		worst = max(worst, took)
	}
	if total.made == 0 {
		t.Error("no call that was under way made its task")
	}
	tally.Counted(t, tally.Entry{
		Promise: "P14", What: "tool calls and streams of mcpserver through SIGTERM", Runs: total.all, Broken: total.torn + total.lost,
		Value: worst.Seconds(), Unit: "s",
		Note: fmt.Sprintf("%d calls made their task, %d said that they had not; %d tasks lost", total.made, total.refused, total.lost),
	})
}

// Tools that are killed leave calls without an answer.
func TestDrainToolsControl(t *testing.T) {
	t.Parallel()
	d := newToolsDrained(t)
	if v, _ := d.round(t, "killed", 20, true); v.torn < 20/2 {
		t.Fatalf("tools that are killed: %+v, want calls without an answer and streams without an end", v)
	}
	tally.Caught(t, "P14", "SIGKILL loses tool calls")
}

// toolsDrained is tool servers that end while they are called, and one that
// stays.
type toolsDrained struct {
	*fleet.Fleet
	stays *fleet.Process
	db    *sql.DB
}

func newToolsDrained(t *testing.T) *toolsDrained {
	d := &toolsDrained{Fleet: fleet.New(t, storetest.Config(t, storetest.Postgres))}
	d.Tools["SHUTDOWN_GRACE"] = "25s"
	delete(d.Tools, "ADAPTER_ISSUER") // nobody signs for an adapter here
	d.stays = d.ToolServer(t, nil)
	d.stays.Ready(t)
	d.db = storetest.Behind(t, d.Database)
	return d
}

type toolsVerdict struct{ all, made, refused, torn, lost int }

func (v *toolsVerdict) add(o toolsVerdict) {
	v.all += o.all
	v.made += o.made
	v.refused += o.refused
	v.torn += o.torn
	v.lost += o.lost
}

// A toolOutcome is what a caller or a listener saw.
type toolOutcome struct {
	user   string
	stream bool
	title  string
	result fleet.Result
	err    error
}

func (d *toolsDrained) round(t testing.TB, name string, n int, kill bool) (v toolsVerdict, took time.Duration) {
	t.Helper()
	p := d.ToolServerAt(t, fleet.FreeAddress(t), nil)
	p.Ready(t)
	outcomes := make([]toolOutcome, n)
	var open, running sync.WaitGroup
	release := d.hold(t)
	for i := range n {
		o := &outcomes[i]
		o.user = fmt.Sprintf("%s-%d", name, i)
		token := d.ToolToken(t, o.user)
		if i%4 == 0 {
			o.title = "kept " + o.user
			running.Go(func() {
				o.result, o.err = fleet.Call(t.Context(), p.Base, token, "create_task", "", map[string]any{"title": o.title})
			})
			continue
		}
		o.stream = true
		open.Add(1)
		running.Go(func() { o.err = listen(t.Context(), p.Base, token, open.Done) })
	}
	open.Wait()
	d.awaitCalls(t, min(n/4, 10)) // as many as have a connection; the others wait for one
	begun := time.Now()
	if kill {
		p.Kill()
		release()
	} else {
		d.terminate(t, p, release)
	}
	took = time.Since(begun)
	running.Wait()
	for i := range outcomes {
		d.judge(t, &outcomes[i], &v)
	}
	return v, took
}

func (d *toolsDrained) terminate(t testing.TB, p *fleet.Process, release func()) {
	t.Helper()
	old := openOld(t, p.Base)
	term(t, p)
	awaitLog(t, p, `"msg":"draining"`)
	old.refused(t, d.ToolToken(t, "late"), "{}") // while calls still wait: behind the last one it is gone
	release()
	if status := p.Wait(); status != 0 {
		t.Errorf("exit status %d, want 0: %s", status, p.Log.Tail(2<<10))
	}
}

// hold lets whoever writes tasks wait until release.
func (d *toolsDrained) hold(t testing.TB) (release func()) {
	t.Helper()
	tx, err := d.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(`LOCK TABLE ` + table(d.Fleet, "tasks") + ` IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	})
}

func (d *toolsDrained) awaitCalls(t testing.TB, n int) {
	t.Helper()
	for end, waiting := time.Now().Add(20*time.Second), 0; waiting < n; time.Sleep(5 * time.Millisecond) {
		err := d.db.QueryRow(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::regclass`, table(d.Fleet, "tasks")).Scan(&waiting)
		if err != nil || time.Now().After(end) {
			t.Fatalf("%d calls wait for the database, want %d (%v)", waiting, n, err)
		}
	}
}

func (d *toolsDrained) judge(t testing.TB, o *toolOutcome, v *toolsVerdict) {
	t.Helper()
	v.all++
	switch {
	case o.err != nil:
		v.torn++
	case o.stream:
	case o.result.IsError:
		v.refused++
	default:
		v.made++
		r, err := fleet.Call(t.Context(), d.stays.Base, d.ToolToken(t, o.user), "list_tasks", "", map[string]any{})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(r.Structured), o.title) {
			v.lost++
			t.Logf("%s: %s was made, and there is %s", o.user, o.result.Structured, r.Structured)
		}
	}
}

// listen opens a session of the older era and reads its stream to the end.
// opened is called once it is open, or is not going to be.
func listen(ctx context.Context, base, token string, opened func()) error {
	opened = sync.OnceFunc(opened)
	defer opened()
	header := map[string]string{"Accept": "application/json, text/event-stream"}
	const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	a, err := fleet.Do(ctx, http.MethodPost, base+"/mcp", token, initialize, header)
	if err != nil {
		return err
	}
	session := a.Header.Get("Mcp-Session-Id")
	if session == "" {
		return &fleet.RefusedError{Answer: a}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/mcp", nil)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"Accept": "text/event-stream", "Authorization": "Bearer " + token,
		"Mcp-Session-Id": session, "Mcp-Protocol-Version": "2025-11-25",
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("stream: HTTP %d", resp.StatusCode)
	}
	opened()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// table names a table of the fleet's database.
func table(f *fleet.Fleet, name string) string {
	if f.Database.Schema == "" {
		return name
	}
	return f.Database.Schema + "." + name
}
