package outage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// A submission is something that is to take effect once, sent perhaps twice.
type submission struct {
	user, token, mcp string
	key              string
	task             string // of the user's, from before
}

// An outcome is what one try came to.
type outcome struct {
	told bool   // of the effect
	text string // the answer, as far as it is the same each time
}

// A way is one of those in which something is submitted. Behind each of its
// commits the connection is cut, by the name of a query in it.
type way struct {
	name    string
	commits []string
	send    func(ctx context.Context, s *site, sub submission) outcome
	effects map[string]int // rows, by what is asked of the database
}

const (
	sessions    = "SELECT count(*) FROM chat_sessions WHERE user_id = $1"
	turns       = "SELECT count(*) FROM chat_turns WHERE user_id = $1"
	messages    = "SELECT count(*) FROM chat_messages WHERE user_id = $1 AND sender_type = 'user'"
	attachments = "SELECT count(*) FROM chat_attachments WHERE user_id = $1 AND state = 'uploaded'"
	newTasks    = "SELECT count(*) FROM tasks WHERE user_id = $1 AND title = 'once'"
	completed   = "SELECT count(*) FROM tasks WHERE user_id = $1 AND completed"
)

var (
	aTurn = map[string]int{sessions: 1, turns: 1, messages: 1}
	aTask = map[string]int{newTasks: 1}
)

var ways = []way{
	{"ChatKit turn", []string{"CreateTurn", "EndTurn"}, sendTurn, aTurn},
	{"REST, create", []string{"CreateTask", "ClaimKey", "FinishKey"}, sendHTTP("/api/%s/tasks", `{"title":"once"}`), aTask},
	{"POST /api/chat", []string{"CreateTurn", "ClaimKey", "EndTurn", "FinishKey"}, sendHTTP("/api/chat", `{"message":"once"}`), aTurn},
	{"upload", []string{"FinishUpload", "ClaimKey", "SaveAttachment", "FinishKey"}, sendFile, map[string]int{attachments: 1}},
	{"tool, create_task with a call id", []string{"CreateTask"}, callTool("create_task", true), aTask},
	{"tool, create_task with idempotency_key", []string{"CreateTask"}, callTool("create_task", false), aTask},
	{"tool, toggle_complete", []string{"ToggleTask"}, callTool("toggle_complete", true), map[string]int{completed: 1}},
}

func sendTurn(ctx context.Context, s *site, sub submission) outcome {
	var text strings.Builder
	err := fleet.Stream(ctx, s.adapter.Base, sub.token, fleet.NewThread("once"), sub.header(), func(e fleet.Event) {
		if e.Type == "thread.item.done" && e.Item.Type == "user_message" {
			text.WriteString(e.Item.ID)
		}
	})
	if _, refused := errors.AsType[*fleet.RefusedError](err); refused {
		return outcome{}
	}
	return outcome{told: text.Len() > 0, text: text.String()}
}

func (sub submission) header() map[string]string {
	return map[string]string{"Idempotency-Key": sub.key}
}

func sendHTTP(path, body string) func(context.Context, *site, submission) outcome {
	return func(ctx context.Context, s *site, sub submission) outcome {
		path := path
		if strings.Contains(path, "%s") {
			path = fmt.Sprintf(path, sub.user)
		}
		return outcomeOf(fleet.Do(ctx, http.MethodPost, s.adapter.Base+path, sub.token, body, sub.header()))
	}
}

// outcomeOf takes 502 for told: the message is there, its answer failed.
func outcomeOf(a fleet.Answer, err error) outcome {
	if err != nil || a.Status >= 300 && a.Status != http.StatusBadGateway {
		return outcome{}
	}
	if a.Status >= 300 {
		return outcome{told: true}
	}
	return outcome{told: true, text: string(a.Body)}
}

func sendFile(ctx context.Context, s *site, sub submission) outcome {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("file", "once.txt")
	if err == nil {
		_, err = file.Write([]byte("Hello"))
	}
	if err != nil {
		return outcome{}
	}
	w.Close()
	header := fleet.With(sub.header(), map[string]string{"Content-Type": w.FormDataContentType()})
	return outcomeOf(fleet.Do(ctx, http.MethodPost, s.adapter.Base+"/api/chatkit/upload", sub.token, form.String(), header))
}

func callTool(tool string, byID bool) func(context.Context, *site, submission) outcome {
	return func(ctx context.Context, s *site, sub submission) outcome {
		arguments := map[string]any{"title": "once"}
		if tool == "toggle_complete" {
			arguments = map[string]any{"task_id": sub.task}
		}
		callID := sub.key
		if !byID {
			callID, arguments["idempotency_key"] = "", sub.key
		}
		r, err := fleet.Call(ctx, s.tools.Base, sub.mcp, tool, callID, arguments)
		if err != nil || r.IsError {
			return outcome{}
		}
		return outcome{told: true, text: string(r.Structured)}
	}
}

// D05: the connection is cut when a COMMIT has taken effect and before anybody
// hears of it. Who comes with the same key again is told of that one effect.
func TestCutAfterCommit(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.Config(t, storetest.Postgres), nil)
	var plan []func() error
	for _, w := range ways {
		for _, commit := range w.commits {
			plan = append(plan, func() error { return s.cutBehind(t, w, commit) })
		}
	}
	if !tally.Long {
		plan = nil
		for _, w := range ways { // the one that matters most
			plan = append(plan, func() error { return s.cutBehind(t, w, w.commits[0]) })
		}
	}
	cuts, broken := 0, 0
	for range tally.Rounds(1, 200/len(plan)+1) {
		for _, cut := range plan {
			cuts++
			if err := cut(); err != nil {
				broken++
				t.Error(err)
			}
		}
	}
	tally.Counted(t, tally.Entry{
		Promise: "P3", What: "cut after COMMIT", Runs: cuts, Broken: broken,
		Note: fmt.Sprintf("%d ways, behind each of their commits", len(ways)),
	})
}

var submitted int

// cutBehind submits once, with a cut behind a commit, and then again until it is
// told.
func (s *site) cutBehind(t testing.TB, w way, commit string) error {
	submitted++
	sub := submission{user: fmt.Sprintf("user-%d", submitted), key: fmt.Sprintf("key-%d", submitted)}
	sub.token, sub.mcp = s.Token(t, sub.user), s.ToolToken(t, sub.user)
	if strings.Contains(w.name, "toggle") {
		r, err := fleet.Call(t.Context(), s.tools.Base, sub.mcp, "create_task", "", map[string]any{"title": "from before"})
		if err != nil || r.IsError {
			return fmt.Errorf("%s: a task from before: %v %s", w.name, err, r.Text)
		}
		sub.task = taskID(r.Structured)
	}
	done := s.proxies[0].CutAfterCommit(1, "-- name: "+commit+" ")
	defer s.proxies[0].LeaveCommits()
	first := s.try(t, w, sub)
	select {
	case <-done:
	case <-time.After(time.Second):
		return fmt.Errorf("%s: no commit of %s came by", w.name, commit)
	}
	var again outcome
	for begun := time.Now(); !again.told; time.Sleep(50 * time.Millisecond) {
		if again = s.try(t, w, sub); !again.told && time.Since(begun) > patience {
			return fmt.Errorf("%s: nobody is told of what was cut behind %s", w.name, commit)
		}
	}
	third := s.try(t, w, sub)
	if again.text != third.text || first.told && first.text != "" && again.text != "" && first.text != again.text {
		return fmt.Errorf("%s, cut behind %s: told of %.300s, then %.300s, then %.300s", w.name, commit, first.text, again.text, third.text)
	}
	for query, want := range w.effects {
		var n int
		if err := s.admin.QueryRowContext(t.Context(), query, sub.user).Scan(&n); err != nil {
			return err
		}
		if n != want {
			return fmt.Errorf("%s, cut behind %s: %s: %d, want %d", w.name, commit, query, n, want)
		}
	}
	return nil
}

func (s *site) try(t testing.TB, w way, sub submission) outcome {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return w.send(ctx, s, sub)
}
