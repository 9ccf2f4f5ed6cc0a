package load

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// A user at all limits, who goes on as if there were none, does not slow down
// the others.
func TestNoisyNeighbour(t *testing.T) {
	s := newStreet(t, storetest.Postgres, true)
	ratios, told := s.compare(t, tally.Rounds(1, 7))
	refused := len(s.refused)
	if refused > 0 {
		told += fmt.Sprintf("; %d requests of others were refused, the first: %v", refused, s.refused[0])
	}
	if !tally.Long {
		refused = 0 // a short run beside other tests shows the figure, no more
	}
	tally.Counted(t, tally.Entry{
		Promise: "P16", What: "p99 beside a noisy neighbour, median of the rounds", Runs: len(ratios), Broken: refused, Value: median(ratios), Unit: "×", Note: told,
	})
}

// Without limits the same flood is felt.
func TestNoisyNeighbourControl(t *testing.T) {
	s := newStreet(t, storetest.Postgres, false)
	var said []string
	for range 5 { // one round is few, and others may be busy here
		ratios, told := s.compare(t, tally.Rounds(1, 3))
		if median(ratios) > 2 {
			tally.Caught(t, "P16", "without limits it shows")
			return
		}
		said = append(said, told)
	}
	t.Fatalf("without limits the others' p99 is not twice what it is alone: %s", said)
}

// A street is both programs, somebody who floods them, and others.
type street struct {
	*fleet.Fleet
	adapter, tools *fleet.Process
	neighbour      *actor
	others         []*other
	refused        []error // to others, while they were measured
}

// An other is a user who does a little of everything, within the limits.
type other struct{ token, toolToken, thread string }

func newStreet(t testing.TB, engine storetest.Engine, limits bool) *street {
	t.Helper()
	s := &street{Fleet: fleet.New(t, storetest.Config(t, engine))}
	m := startModel(t, modelTask{})
	s.Adapters["LLM_BASE_URL"] = "http://" + m.Addr + "/v1"
	if limits { // the defaults, which an operator gets who sets nothing
		for _, name := range []string{"RATE_READS_PER_MINUTE", "RATE_TURNS_PER_MINUTE", "RATE_TOOL_CALLS_PER_MINUTE", "MAX_STREAMS_PER_USER", "MAX_SESSIONS_PER_USER"} {
			delete(s.Adapters, name)
			delete(s.Tools, name)
		}
	}
	s.adapter = s.Adapter(t)
	s.tools = s.ToolServer(t, s.adapter)
	s.adapter.Ready(t)
	for i := range 24 { // so many that none comes near a limit
		s.others = append(s.others, s.settle(t, fmt.Sprintf("other-%d", i)))
	}
	noisy := s.settle(t, "noisy")
	s.hoard(t, "noisy", tally.Rounds(2000, 20_000))
	s.neighbour = act(t, "neighbour", 19, neighbourTask{
		Adapter: s.adapter.Base, Tools: s.tools.Base, Token: noisy.token, ToolToken: noisy.toolToken,
		Thread: noisy.thread, Silence: askSilence, Connections: 4,
	})
	return s
}

// settle makes a user with a task and a thread.
func (s *street) settle(t testing.TB, user string) *other {
	t.Helper()
	o := &other{token: s.Token(t, user), toolToken: s.ToolToken(t, user)}
	if err := s.calls(t.Context(), o, 0); err != nil {
		t.Fatal(err)
	}
	err := fleet.Stream(t.Context(), s.adapter.Base, o.token, fleet.NewThread("Fine?"), nil, func(e fleet.Event) {
		if e.Type == "thread.created" {
			o.thread = e.Thread.ID
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// hoard gives a user many of the task and the message that there are.
func (s *street) hoard(t testing.TB, user string, n int) {
	t.Helper()
	db := storetest.Behind(t, s.Database)
	for table, key := range map[string]string{"tasks": "task_id", "chat_messages": "message_id"} {
		columns := columnsOf(t, db, s.table(table))
		for i, column := range columns {
			id := fmt.Sprintf("substr(%s, 1, length(%s) - 6) || CAST(100000 + i AS TEXT)", key, key)
			switch column {
			case key:
				columns[i] = id
			case "item":
				columns[i] = fmt.Sprintf("CAST(replace(CAST(item AS TEXT), %s, %s) AS JSON)", key, id)
			default:
				columns[i] = `"` + column + `"`
			}
		}
		query := fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO %s SELECT %s FROM n, (SELECT * FROM %s WHERE user_id = '%s' LIMIT 1) AS one`,
			n, s.table(table), strings.Join(columns, ", "), s.table(table), user)
		if _, err := db.Exec(query); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
}

func (s *street) table(name string) string { return table(s.Fleet, name) }

func columnsOf(t testing.TB, db *sql.DB, table string) []string {
	t.Helper()
	rows, err := db.Query(`SELECT * FROM ` + table + ` LIMIT 0`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

// kindsOfWork are what the others do; each is measured by itself.
var kindsOfWork = map[string]func(*street, context.Context, *other, int) error{
	"tools": (*street).calls, "chat": (*street).chats,
}

func (s *street) calls(ctx context.Context, o *other, i int) error {
	tool, arguments := "create_task", map[string]any{"title": "tea"}
	if i%2 == 1 {
		tool, arguments = "list_tasks", map[string]any{"limit": 20}
	}
	r, err := fleet.Call(ctx, s.tools.Base, o.toolToken, tool, "", arguments)
	if err == nil && r.IsError {
		err = fmt.Errorf("%s: %s", tool, r.Text)
	}
	return err
}

// chats is mostly reading; each sixth is a message and its answer.
func (s *street) chats(ctx context.Context, o *other, i int) error {
	body := `{"type":"threads.list","params":{"limit":20}}`
	switch {
	case i%6 == 5:
		return fleet.Stream(ctx, s.adapter.Base, o.token, fleet.AddMessage(o.thread, "Fine?"), nil, func(fleet.Event) {})
	case i%2 == 1:
		body = fmt.Sprintf(`{"type":"items.list","params":{"thread_id":%q,"limit":20}}`, o.thread)
	}
	a, err := fleet.Do(ctx, http.MethodPost, s.adapter.Base+"/api/chatkit", o.token, body, nil)
	if err == nil && a.Status != http.StatusOK {
		err = &fleet.RefusedError{Answer: a}
	}
	return err
}

// compare measures the others alone and beside the neighbour, in turns, and
// gives the worse ratio of p99 of each round.
func (s *street) compare(t testing.TB, rounds int) (ratios []float64, told string) {
	t.Helper()
	s.measure(t) // what is new to both is not measured
	floods := map[string]int{}
	var alones, besides []string
	for range rounds {
		alone := s.measure(t)
		var said any
		s.neighbour.tell(t, "go")
		s.neighbour.hear(t, &said)
		time.Sleep(time.Duration(tally.Rounds(300, 1000)) * time.Millisecond)
		beside := s.measure(t)
		s.neighbour.tell(t, "stop")
		count := map[string]int{}
		s.neighbour.hear(t, &count)
		for what, n := range count {
			floods[what] += n
		}
		worst := 0.0
		for kind := range kindsOfWork {
			worst = max(worst, p99(beside[kind]).Seconds()/p99(alone[kind]).Seconds())
		}
		ratios = append(ratios, worst)
		alones, besides = append(alones, said99(alone)), append(besides, said99(beside))
	}
	return ratios, fmt.Sprintf("rounds %.2f; p99 alone %s, beside %s; the neighbour: %v", ratios, alones[0], besides[0], floods)
}

func said99(m map[string][]time.Duration) string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(m)) {
		all = append(all, fmt.Sprintf("%s %s", kind, p99(m[kind]).Round(100*time.Microsecond)))
	}
	return strings.Join(all, ", ")
}

// measure lets the others work for a while at a pace of their own, whatever the
// answers take: who waits longer does not ask less.
func (s *street) measure(t testing.TB) map[string][]time.Duration {
	t.Helper()
	const pace = 20 * time.Millisecond // of each kind
	n := tally.Rounds(75, 300)
	took := map[string][]time.Duration{}
	var mu sync.Mutex
	var running sync.WaitGroup
	for kind, work := range kindsOfWork {
		running.Go(func() {
			var asked sync.WaitGroup
			defer asked.Wait()
			tick := time.NewTicker(pace)
			defer tick.Stop()
			for i := range n {
				<-tick.C
				asked.Go(func() {
					begun := time.Now()
					err := work(s, t.Context(), s.others[i/6%len(s.others)], i)
					mu.Lock()
					defer mu.Unlock()
					took[kind] = append(took[kind], time.Since(begun))
					if err != nil {
						s.refused = append(s.refused, fmt.Errorf("%s: %w", kind, err))
					}
				})
			}
		})
	}
	running.Wait()
	return took
}

func p99(all []time.Duration) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[int(math.Ceil(0.99*float64(len(all))))-1]
}

func median(all []float64) float64 {
	all = slices.SortedFunc(slices.Values(all), cmp.Compare[float64])
	return all[len(all)/2]
}
