package once

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// Threads are deleted at one replica while the other gives an answer in them and
// further messages come to both: at another moment each time. Afterwards there is
// nothing of them, and nothing can be added (R12).
func TestDeletedWhileItemsCome(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	p.Model.Otherwise(makesTask)
	conn := storetest.Behind(t, p.Database)
	rounds := tally.Rounds(24, 1000)
	var broken, cut, later atomic.Int64
	var all sync.WaitGroup
	const workers = 4
	for w := range workers {
		all.Go(func() {
			user := fmt.Sprintf("deleter-%d", w)
			d := &deletion{p: p, token: p.Token(t, user)}
			for i := w; i < rounds; i += workers {
				if err := d.round(t, i); err != nil {
					broken.Add(1)
					t.Errorf("round %d: %v", i, err)
				}
			}
			cut.Add(d.cut.Load())
			later.Add(d.later.Load())
		})
	}
	all.Wait()
	for _, orphan := range orphans(t, conn) {
		broken.Add(1)
		t.Errorf("an orphan: %s", orphan)
	}
	if cut.Load() == 0 {
		t.Error("no thread was deleted in the middle of an answer: this shows nothing")
	}
	tally.Counted(t, tally.Entry{
		Promise: "P11", What: "threads deleted while items come", Runs: rounds, Broken: int(broken.Load()),
		Note: fmt.Sprintf("%d answers cut, %d requests put off with 503", cut.Load(), later.Load()),
	})
	plantOrphan(t, conn)
	if len(orphans(t, conn)) != 1 {
		t.Error("an orphan was not noticed")
	} else {
		tally.Caught(t, "P11", "an orphan is noticed")
	}
}

// makesTask is a model that makes a task and says so, in many pieces.
func makesTask(w *agenttest.Writer, r agenttest.Request) {
	if r.Last().Role == "user" && len(r.Tools) > 0 {
		agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"tea"}`})(w, r)
		return
	}
	agenttest.Text(strings.Split("one two three four five", "")...)(w, r)
}

// A deletion is of one user's threads, one after the other.
type deletion struct {
	p     *pair
	token string
	cut   atomic.Int64 // answers that were not given to their end
	later atomic.Int64 // requests that were to come again in a moment
}

// round begins a thread at one replica and deletes it at the other, at the i-th
// event or so, while both are sent more messages.
func (d *deletion) round(t testing.TB, i int) error {
	at, elsewhere := d.p.adapters[i%2].Base, d.p.adapters[1-i%2].Base
	var thread string
	var failure error
	var gone atomic.Bool
	var others sync.WaitGroup
	begun, due := make(chan struct{}), make(chan struct{})
	events := 0
	others.Go(func() {
		defer gone.Store(true)
		<-due
		a, err := d.about(t, elsewhere, "threads.delete", thread)
		for err == nil && a.Status == http.StatusServiceUnavailable { // on a machine that is busy beyond its locks' patience
			d.later.Add(1)
			a, err = d.about(t, elsewhere, "threads.delete", thread)
		}
		if err != nil || a.Status != http.StatusOK {
			failure = fmt.Errorf("delete: %d %s, %v", a.Status, a.Body, err)
		}
	})
	errs := make([]error, 2)
	for n, base := range []string{at, elsewhere} {
		others.Go(func() { <-begun; errs[n] = d.keepAdding(t, base, thread, &gone) })
	}
	failed := ""
	err := fleet.Stream(t.Context(), at, d.token, fleet.NewThread("Go"), nil, func(e fleet.Event) {
		if events++; e.Type == "thread.created" {
			thread = e.Thread.ID
			close(begun)
		}
		if events == 1+i/2%24 {
			close(due)
		}
		if e.Type == "error" {
			failed = string(e.Raw)
		}
	})
	if events == 0 {
		thread = "thr_none"
		close(begun)
	}
	if events < 1+i/2%24 {
		close(due)
	}
	others.Wait()
	if refused, ok := errors.AsType[*fleet.RefusedError](err); ok && refused.Status == http.StatusServiceUnavailable {
		d.later.Add(1)
		return d.round(t, i)
	}
	if failed != "" {
		d.cut.Add(1)
		if !strings.Contains(failed, "deleted") || strings.Contains(failed, `"allow_retry":true`) {
			failure = cmp.Or(failure, errors.New("the answer ends with "+failed))
		}
	}
	for _, base := range []string{at, elsewhere} {
		for _, kind := range []string{"threads.get_by_id", "items.list"} {
			if a, err := d.about(t, base, kind, thread); err != nil || a.Status != http.StatusNotFound {
				failure = cmp.Or(failure, fmt.Errorf("%s of what was deleted: %d %s, %v", kind, a.Status, a.Body, err))
			}
		}
	}
	return errors.Join(err, failure, errors.Join(errs...))
}

func (d *deletion) about(t testing.TB, base, kind, thread string) (fleet.Answer, error) {
	body := fmt.Sprintf(`{"type":%q,"params":{"thread_id":%q}}`, kind, thread)
	return fleet.Do(t.Context(), http.MethodPost, base+"/api/chatkit", d.token, body, nil)
}

// keepAdding sends messages until there is no such thread. One that was sent
// after the thread was deleted must find none.
func (d *deletion) keepAdding(t testing.TB, base, thread string, gone *atomic.Bool) error {
	for {
		late := gone.Load()
		err := fleet.Stream(t.Context(), base, d.token, fleet.AddMessage(thread, "More"), nil, func(e fleet.Event) {
			if e.Type == "error" {
				d.cut.Add(1)
			}
		})
		refused, ok := errors.AsType[*fleet.RefusedError](err)
		switch {
		case ok && refused.Status == http.StatusNotFound:
			return nil
		case ok && refused.Status == http.StatusServiceUnavailable:
			d.later.Add(1)
		case late:
			return fmt.Errorf("adding to what was deleted: %w", cmp.Or(err, errors.New("an answer")))
		case err != nil && (!ok || refused.Status != http.StatusConflict):
			return err
		}
	}
}

// orphans gives the rows that belong to no thread.
func orphans(t testing.TB, conn *sql.DB) (found []string) {
	t.Helper()
	for _, table := range []string{"chat_messages", "chat_turns", "chat_feedback"} {
		rows, err := conn.QueryContext(t.Context(), `SELECT CAST(o AS TEXT) FROM `+table+` AS o
			WHERE NOT EXISTS (SELECT FROM chat_sessions AS s WHERE s.user_id = o.user_id AND s.session_id = o.session_id)`)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var row string
			if err := rows.Scan(&row); err != nil {
				t.Fatal(err)
			}
			found = append(found, table+" "+row)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// plantOrphan takes a thread away from under its items, past what forbids it.
func plantOrphan(t testing.TB, conn *sql.DB) {
	t.Helper()
	tx, err := conn.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, statement := range []string{
		"SET LOCAL session_replication_role = replica",
		`INSERT INTO chat_messages (user_id, session_id, message_id, sender_type, sender_name, "timestamp", hidden, metadata, item, content, content_fold)
			VALUES ('deleter-0', 'thr_gone', 'msg_left', 'user', '', CURRENT_TIMESTAMP, FALSE, '{}', '{}', '', '')`,
	} {
		if _, err := tx.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}
