package crash

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"taskwire/promises/tally"
	"taskwire/store"
	"taskwire/store/storetest"
)

// rescued is how soon after a restart nothing of a dead process may run.
const rescued = 30 * time.Second

// A watch looks at the turns that ran when something was killed, until they run
// no more.
type watch struct {
	db      *sql.DB
	mu      sync.Mutex
	since   map[string]time.Time // turns that still run: the restart
	seen    map[string]bool
	overdue []string
	worst   time.Duration
	stop    context.CancelFunc
	stopped chan struct{}
}

func startWatch(t *testing.T, database store.Config) *watch {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{
		db: storetest.Behind(t, database), since: map[string]time.Time{}, seen: map[string]bool{},
		stop: cancel, stopped: make(chan struct{}),
	}
	go func() {
		defer close(w.stopped)
		for ctx.Err() == nil {
			if running, err := w.running(); err == nil { // else the database is away
				w.look(running)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	t.Cleanup(w.end)
	return w
}

func (w *watch) end() {
	w.stop()
	<-w.stopped
}

// running gives the turns that run, as far as the database knows.
func (w *watch) running() (map[string]bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	turns, err := column(ctx, w.db, "SELECT user_id || ' ' || session_id || ' ' || turn_id FROM chat_turns WHERE state = 'running'")
	running := map[string]bool{}
	for _, turn := range turns {
		running[turn] = true
	}
	return running, err
}

// atKill gives the turns that ran when something was killed just now.
func (w *watch) atKill(t *testing.T) map[string]bool {
	t.Helper()
	var err error
	for range 50 { // connections of before a kill have to be found dead first
		var running map[string]bool
		if running, err = w.running(); err == nil {
			return running
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("look for turns that run: %v", err)
	return nil
}

// restarted has the turns looked after from now on.
func (w *watch) restarted(turns map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for turn := range turns {
		if !w.seen[turn] {
			w.seen[turn] = true
			w.since[turn] = time.Now()
		}
	}
}

func (w *watch) look(running map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for turn, since := range w.since {
		took := time.Since(since)
		switch {
		case !running[turn]:
			w.worst = max(w.worst, took)
		case took > rescued:
			w.overdue = append(w.overdue, turn)
		default:
			continue
		}
		delete(w.since, turn)
	}
}

// settle waits until nothing runs any more, and reports whether that came in
// time.
func (w *watch) settle(limit time.Duration) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if running, err := w.running(); err == nil && len(running) == 0 {
			w.look(running)
			return true
		}
	}
	return false
}

// counted notes what became of the turns.
func (w *watch) counted(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, turn := range w.overdue {
		t.Errorf("turn %s ran on for more than %v", turn, rescued)
	}
	tally.Counted(t, tally.Entry{
		Promise: "P2", What: "turns running at a crash", Runs: len(w.seen), Broken: len(w.overdue),
		Value: w.worst.Seconds(), Unit: "s",
	})
}

// halves are the ways in which something could be there by half: each query
// names what must not be.
var halves = []struct{ what, query string }{
	{"threads without a message", `SELECT s.user_id || ' ' || s.session_id FROM chat_sessions AS s WHERE NOT EXISTS (
		SELECT 1 FROM chat_messages AS m WHERE m.user_id = s.user_id AND m.session_id = s.session_id)`},
	{"messages without a turn", `SELECT m.user_id || ' ' || m.message_id FROM chat_messages AS m WHERE NOT EXISTS (
		SELECT 1 FROM chat_turns AS t WHERE t.user_id = m.user_id AND t.session_id = m.session_id
		AND t.first_id <= m.message_id AND (t.state = 'running' OR m.message_id <= t.last_id))`},
	{"turns without their message", `SELECT t.user_id || ' ' || t.turn_id FROM chat_turns AS t WHERE NOT EXISTS (
		SELECT 1 FROM chat_messages AS m WHERE m.user_id = t.user_id AND m.session_id = t.session_id
		AND m.sender_type = 'user' AND t.first_id <= m.message_id AND (t.state = 'running' OR m.message_id <= t.last_id))`},
	{"turns done without an answer", `SELECT t.user_id || ' ' || t.turn_id FROM chat_turns AS t WHERE t.state = 'done' AND NOT EXISTS (
		SELECT 1 FROM chat_messages AS m WHERE m.user_id = t.user_id AND m.session_id = t.session_id
		AND m.sender_type = 'assistant' AND t.first_id <= m.message_id AND m.message_id <= t.last_id)`},
	{"messages that were stored twice", `SELECT user_id || ' ' || content FROM chat_messages WHERE sender_type = 'user'
		GROUP BY user_id, content HAVING COUNT(*) > 1`},
	{"tasks that were made twice", `SELECT user_id || ' ' || title FROM tasks GROUP BY user_id, title HAVING COUNT(*) > 1`},
	{"calls without a result", `SELECT user_id || ' ' || call_key FROM tool_calls WHERE result = ''`},
	{"keys of turns that are not there", `SELECT k.user_id || ' ' || k.key FROM chat_keys AS k WHERE k.turn_id <> '' AND k.status = 0
		AND EXISTS (SELECT 1 FROM chat_sessions AS s WHERE s.user_id = k.user_id AND s.session_id = k.session_id)
		AND NOT EXISTS (SELECT 1 FROM chat_turns AS t WHERE t.user_id = k.user_id AND t.session_id = k.session_id AND t.turn_id = k.turn_id)`},
}

// scan looks for halves.
func scan(t *testing.T, db *sql.DB) (faults []string) {
	t.Helper()
	for _, h := range halves {
		found, err := column(t.Context(), db, h.query)
		if err != nil {
			t.Fatalf("%s: %v", h.what, err)
		}
		if len(found) > 0 {
			faults = append(faults, fmt.Sprintf("%d %s, the first: %s", len(found), h.what, found[0]))
		}
	}
	return faults
}

func column(ctx context.Context, db *sql.DB, query string) (values []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}
