package crash

import (
	"strings"
	"testing"

	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// What is there by half, in each of the ways that are looked for, is found.
func TestControlHalves(t *testing.T) {
	database := storetest.Config(t, storetest.Postgres)
	storetest.OpenConfig(t, database)
	db := storetest.Behind(t, database)
	if faults := scan(t, db); len(faults) > 0 {
		t.Errorf("an empty database has %q", faults)
	}
	const task = `INSERT INTO tasks VALUES ('u', $1, 'tea', 'tea', '', '', 1, 'home', false, '', '', false, now(), now())`
	const message = `INSERT INTO chat_messages (user_id, session_id, message_id, sender_type, content) VALUES ('u', 'told', $1, 'user', 'hello')`
	for _, row := range []struct {
		sql  string
		args []any
	}{
		{"INSERT INTO chat_sessions (user_id, session_id) VALUES ('u', 'empty'), ('u', 'told')", nil},
		{message, []any{"msg_1"}},
		{message, []any{"msg_2"}},
		{`INSERT INTO chat_turns (user_id, session_id, turn_id, state, owner, new_session, first_id, last_id, started_at, written_at)
			VALUES ('u', 'told', 'turn', 'done', 'o', false, 'msg_3', 'msg_4', now(), now())`, nil},
		{task, []any{"one"}},
		{task, []any{"two"}},
		{"INSERT INTO tool_calls VALUES ('u', 'create_task', 'id:1', 'x', '', now())", nil},
		{"INSERT INTO chat_keys VALUES ('u', '/api/chatkit', 'k', 'x', 'told', 'gone', 'o', now(), 0, '', '')", nil},
	} {
		if _, err := db.ExecContext(t.Context(), row.sql, row.args...); err != nil {
			t.Fatal(err)
		}
	}
	found := strings.Join(scan(t, db), "\n")
	for _, h := range halves {
		if !strings.Contains(found, h.what) {
			t.Errorf("not found: %s\n%s", h.what, found)
		}
	}
	if !t.Failed() {
		tally.Caught(t, "P1", "something by half is found")
	}
}
