package walls

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/promises/fleet"
	"taskwire/store"
	"taskwire/store/storetest"
)

// A town is one replica of each program, and what stands between the two.
type town struct {
	*fleet.Fleet
	adapter, tools *fleet.Process
	between        *recorder
	admin          *sql.DB // past the walls
}

// found starts a town. Its adapter reaches the tools through the recorder.
func found(t testing.TB, settings ...map[string]string) *town {
	t.Helper()
	return foundOn(t, storetest.Config(t, storetest.Postgres), settings...)
}

func foundOn(t testing.TB, database store.Config, settings ...map[string]string) *town {
	t.Helper()
	f := fleet.New(t, database)
	w := &town{Fleet: f, admin: storetest.Behind(t, database), between: record(t, "http://"+f.ToolsAt, f.Tools["MCP_PUBLIC_URL"])}
	f.Adapters["MCP_URL"] = w.between.URL + "/mcp"
	w.adapter = f.Adapter(t, settings...)
	w.tools = f.ToolServer(t, w.adapter)
	w.adapter.Ready(t)
	w.tools.Ready(t)
	return w
}

// rows is everything that the database holds of a user.
func (w *town) rows(t testing.TB, user string) string {
	t.Helper()
	var all strings.Builder
	for _, table := range storetest.Tables() {
		var text string
		err := w.admin.QueryRow("SELECT COALESCE(string_agg(t::text, ';' ORDER BY t::text), '') FROM "+table+" t WHERE user_id = $1", user).Scan(&text)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s: %s\n", table, text)
	}
	return all.String()
}

// A resident is a user who has one of everything.
type resident struct {
	name, token, mcp string
	word             string // in every text of theirs
	things
}

// things are ids, by what they are of.
type things struct{ thread, message, answer, widget, task, file, deleted, session, cursor string }

func (own things) all() []string {
	return []string{own.thread, own.message, own.answer, own.widget, own.task, own.file, own.deleted, own.session, own.cursor}
}

// settle gives a user one of everything.
func (w *town) settle(t testing.TB, name string) *resident {
	t.Helper()
	r := &resident{name: name, token: w.Token(t, name), mcp: w.ToolToken(t, name), word: "canary-of-" + name}
	w.Model.Queue(
		agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: fmt.Sprintf(`{"title":%q,"description":%q}`, r.word, r.word)}),
		agenttest.Text("Made "+r.word), agenttest.Text("Title"),
	)
	done := w.talk(t, r, fleet.NewThread("please: "+r.word))
	r.thread = done["thread"]
	r.message, r.answer, r.widget = done["user_message"], done["assistant_message"], done["widget"]
	w.Model.Forget() // a title that nobody asked for
	var tasks []struct{ ID string }
	r.get(t, w, "/api/"+name+"/tasks", &tasks)
	r.task = tasks[0].ID
	if _, err := fleet.Call(t.Context(), w.tools.Base, r.mcp, "create_task", "", map[string]any{"title": r.word + " too"}); err != nil {
		t.Fatal(err)
	}
	page, err := fleet.Call(t.Context(), w.tools.Base, r.mcp, "list_tasks", "", map[string]any{"limit": 1})
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Next string `json:"next_cursor"`
	}
	_ = json.Unmarshal(page.Structured, &list) // an empty cursor is seen below
	r.cursor = list.Next
	r.deleted = w.talk(t, r, fleet.NewThread("hello"))["thread"]
	r.post(t, w, "/api/chatkit", fmt.Sprintf(`{"type":"threads.delete","params":{"thread_id":%q}}`, r.deleted), nil)
	var session struct {
		ID string `json:"session_id"`
	}
	r.post(t, w, "/api/chatkit/session", "", &session)
	r.session = session.ID
	r.file = r.attach(t, w, r.word+".txt", r.word)
	for i, id := range r.all() {
		if id == "" {
			t.Fatalf("%s lacks thing %d: %+v", name, i, r.things)
		}
	}
	return r
}

// talk sends a message and gives the ids of what was done, by type.
func (w *town) talk(t testing.TB, r *resident, body string) map[string]string {
	t.Helper()
	done := map[string]string{}
	err := fleet.Stream(t.Context(), w.adapter.Base, r.token, body, nil, func(e fleet.Event) {
		if e.Type == "thread.item.done" {
			done[e.Item.Type] = e.Item.ID
		}
		if e.Thread.ID != "" {
			done["thread"] = e.Thread.ID
		}
	})
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return done
}

func (r *resident) get(t testing.TB, w *town, path string, into any) {
	t.Helper()
	r.exchange(t, w, http.MethodGet, path, "", nil, into)
}

func (r *resident) post(t testing.TB, w *town, path, body string, into any) {
	t.Helper()
	r.exchange(t, w, http.MethodPost, path, body, nil, into)
}

// exchange makes a request that must succeed.
func (r *resident) exchange(t testing.TB, w *town, method, path, body string, header map[string]string, into any) {
	t.Helper()
	a, err := fleet.Do(t.Context(), method, w.adapter.Base+path, r.token, body, header)
	if err != nil || a.Status >= 300 {
		t.Fatalf("%s %s: %v, HTTP %d %s", method, path, err, a.Status, a.Body)
	}
	if into != nil {
		if err := json.Unmarshal(a.Body, into); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, a.Body)
		}
	}
}

// attach uploads a text.
func (r *resident) attach(t testing.TB, w *town, name, text string) (id string) {
	t.Helper()
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	part, err := writer.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(part, text)
	writer.Close()
	var file struct{ ID string }
	r.exchange(t, w, http.MethodPost, "/api/chatkit/upload", form.String(), map[string]string{"Content-Type": writer.FormDataContentType()}, &file)
	return file.ID
}

// quoted is a JSON string, however odd the text.
func quoted(text string) string {
	data, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(data)
}

// inPath is a text as one part of a path.
func inPath(text string) string { return url.PathEscape(text) }

// ask makes a request to the tool server in the newer era.
func (w *town) ask(ctx context.Context, token, method, name, params string) (fleet.Answer, error) {
	const era = "2026-07-28"
	meta := `"_meta":{"io.modelcontextprotocol/protocolVersion":"` + era + `","io.modelcontextprotocol/clientCapabilities":{}}`
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s,%s}}`, method, params, meta)
	header := map[string]string{"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": era, "Mcp-Method": method}
	if name != "" {
		header["Mcp-Name"] = name
	}
	return fleet.Do(ctx, http.MethodPost, w.tools.Base+"/mcp", token, body, header)
}
