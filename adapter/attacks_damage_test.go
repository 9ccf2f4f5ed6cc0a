package main

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"taskwire/store/storetest"
)

// A damage is what a disk, a hand or a later release may do to the rows of one
// thread, and what the thread then answers: to a look, and to a message.
type damage struct {
	sql         string
	look, reply int
}

var damages = map[string]damage{
	"an item of no kind that is known": {`UPDATE chat_messages SET item = '{"type":"hologram","id":"x"}' WHERE session_id = '%s'`, 200, 200},
	"an item that is a list":           {`UPDATE chat_messages SET item = '[]' WHERE session_id = '%s'`, 200, 200},
	"a state that is a list":           {`UPDATE chat_sessions SET status = '[]' WHERE session_id = '%s'`, 500, 500},
	"metadata that are a list":         {`UPDATE chat_sessions SET metadata = '[1]' WHERE session_id = '%s'`, 500, 500},
	"domains that are none":            {`UPDATE chat_sessions SET allowed_image_domains = '{"a":1}' WHERE session_id = '%s'`, 200, 200},
	"messages without their session":   {`DELETE FROM chat_sessions WHERE session_id = '%s'`, 404, 404},
	"a turn without its session": {`DELETE FROM chat_sessions WHERE session_id = '%s';
		UPDATE chat_turns SET state = 'running', checkpoint = '[' WHERE session_id = '%[1]s'`, 404, 409},
}

// notJSON is what PostgreSQL does not let happen: there the columns are JSON.
var notJSON = map[string]damage{
	"an item that is not JSON":  {`UPDATE chat_messages SET item = '{"type":' WHERE session_id = '%s'`, 200, 200},
	"an item that is nothing":   {`UPDATE chat_messages SET item = '' WHERE session_id = '%s'`, 200, 200},
	"a state that is not JSON":  {`UPDATE chat_sessions SET status = '{' WHERE session_id = '%s'`, 500, 500},
	"metadata that is not JSON": {`UPDATE chat_sessions SET metadata = '[1' WHERE session_id = '%s'`, 500, 500},
	"domains that are not JSON": {`UPDATE chat_sessions SET allowed_image_domains = '[[' WHERE session_id = '%s'`, 200, 200},
}

// TestDamagedRows (attack D19): a damaged row costs at most its own thread. The
// lists, the other threads and new ones go on, no answer is left running on the
// damaged thread, and its user can delete it.
func TestDamagedRows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		h := start(t, setup{engine: engine})
		all := maps.Clone(damages)
		if engine == storetest.SQLite {
			maps.Copy(all, notJSON)
		}
		for name, d := range all {
			t.Run(name, func(t *testing.T) {
				user := "user of " + strings.ReplaceAll(name, " ", "-")
				hd := h.as(t, user)
				hurt, whole := h.say(t, "help", "", hd).chat(t).ThreadID, h.say(t, "help", "", hd).chat(t).ThreadID
				h.damage(t, engine, fmt.Sprintf(d.sql, hurt))

				get := fmt.Sprintf(`{"type":"threads.get_by_id","params":{"thread_id":%q}}`, hurt)
				if a := h.send(t, http.MethodPost, "/api/chatkit", get, hd); a.Status != d.look {
					t.Errorf("the damaged thread: HTTP %d %s, want %d", a.Status, a.Body, d.look)
				}
				for range 2 { // the second finds no turn of the first
					if a := h.say(t, "help", hurt, hd); a.Status != d.reply {
						t.Errorf("a message to it: HTTP %d %s, want %d", a.Status, a.Body, d.reply)
					}
				}
				for _, list := range []string{`{"type":"threads.list","params":{"limit":20}}`, fmt.Sprintf(`{"type":"threads.get_by_id","params":{"thread_id":%q}}`, whole)} {
					if a := h.send(t, http.MethodPost, "/api/chatkit", list, hd).ok(t, 200); !strings.Contains(a.Body, whole) {
						t.Errorf("%s gives %s, without the other thread", list, a.Body)
					}
				}
				if a := h.send(t, http.MethodGet, "/api/chatkit/threads?q=help", "", hd).ok(t, 200); !strings.Contains(a.Body, whole) {
					t.Errorf("the search gives %s, without the other thread", a.Body)
				}
				h.say(t, "help", whole, hd).chat(t)
				h.say(t, "help", "", hd).chat(t)
				if d.look != 404 {
					h.send(t, http.MethodPost, "/api/chatkit", fmt.Sprintf(`{"type":"threads.delete","params":{"thread_id":%q}}`, hurt), hd).ok(t, 200)
				}
			})
		}
	})
}

// damage changes rows behind the store, past what holds them together.
func (h *harness) damage(t testing.TB, engine storetest.Engine, sql string) {
	t.Helper()
	if engine != storetest.SQLite { // there nothing is held unless a connection asks for it
		sql = "SET session_replication_role = replica; " + sql + "; SET session_replication_role = origin"
	}
	if _, err := storetest.Behind(t, h.Database).Exec(sql); err != nil {
		t.Fatal(err)
	}
}
