package once

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"taskwire/promises/fleet"
)

// A sweptUser does, as a front end does it, everything that waits on something,
// and asks again until it is answered: with the same key, as if the answer to the
// first had been lost.
type sweptUser struct {
	*lane
	injection injection
	name      string
	token     string
	ctx       context.Context

	retries int      // of the turn that works
	made    string   // the task that was made without the model, as acknowledged
	faults  []string // what is not as promised
	double  int      // effects beyond the first
}

var sweptUsers atomic.Int64

func (l *lane) newUser(i injection) *sweptUser {
	name := fmt.Sprintf("user-%d", sweptUsers.Add(1))
	return &sweptUser{lane: l, injection: i, name: name, token: l.f.Token(l, name)}
}

func (u *sweptUser) fault(format string, args ...any) {
	u.faults = append(u.faults, fmt.Sprintf(format, args...))
}

// patience is how long something may take, dead programs and their rescue
// included.
const sweepPatience = 40 * time.Second

// until does something again and again until it is done.
func (u *sweptUser) until(what string, do func() (done bool, last any)) {
	deadline := time.Now().Add(sweepPatience)
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		done, last := do()
		if done {
			return
		}
		if time.Now().After(deadline) {
			u.fault("%s: not within %v: %v", what, sweepPatience, last)
			return
		}
		time.Sleep(wait)
	}
}

func (u *sweptUser) lives() {
	ctx, cancel := context.WithTimeout(u.Context(), 3*sweepPatience)
	defer cancel()
	u.ctx = ctx
	base := u.first.base()
	u.ready(base)
	u.ready(u.tools.base())
	read, dropped := u.uploads("read"), u.uploads("dropped")
	u.works(read)
	u.makesTask()
	u.looksAt(read)
	u.drops(dropped)
	u.holds(base, u.second.Base)
	u.holds(u.second.Base, base)
}

func (u *sweptUser) ready(base string) {
	u.until("readiness", func() (bool, any) {
		a, err := fleet.Do(u.ctx, http.MethodGet, base+"/readyz", "", "", nil)
		return err == nil && a.Status == http.StatusOK, outcomeText(a, err)
	})
}

func outcomeText(a fleet.Answer, err error) string {
	return fmt.Sprintf("%v, HTTP %d, %.300s", err, a.Status, a.Body)
}

// asks sends a request until it is answered with 200 or 201.
func (u *sweptUser) asks(what, method, path, body string, header map[string]string) (answer []byte) {
	u.until(what, func() (bool, any) {
		a, err := fleet.Do(u.ctx, method, u.first.base()+path, u.token, body, header)
		if err == nil && (a.Status == http.StatusOK || a.Status == http.StatusCreated) {
			answer = a.Body
			return true, nil
		}
		if err == nil && a.Status < 500 && a.Status != http.StatusConflict {
			u.fault("%s: HTTP %d, %.300s", what, a.Status, a.Body)
			return true, nil
		}
		return false, outcomeText(a, err)
	})
	return answer
}

func (u *sweptUser) text(file string) string { return "The " + file + " text of " + u.name + ".\n" }

// uploads gives the id of a file.
func (u *sweptUser) uploads(file string) string {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", file+".txt")
	if err == nil {
		_, err = part.Write([]byte(u.text(file)))
	}
	if err != nil || w.Close() != nil {
		panic("a buffer takes everything")
	}
	answer := u.asks("upload", http.MethodPost, "/api/chatkit/upload", form.String(), map[string]string{
		"Content-Type": w.FormDataContentType(), "Idempotency-Key": "file " + file,
	})
	var made struct{ ID string }
	if json.Unmarshal(answer, &made) != nil || made.ID == "" {
		u.fault("upload: answered %.300s", answer)
	}
	return made.ID
}

func (u *sweptUser) looksAt(id string) {
	u.until("preview", func() (bool, any) {
		a, err := fleet.Do(u.ctx, http.MethodGet, u.first.base()+"/api/chatkit/attachments/"+id, u.token, "", nil)
		if err == nil && a.Status == http.StatusOK && string(a.Body) != u.text("read") {
			u.fault("the file reads %.300q", a.Body)
		}
		return err == nil && a.Status == http.StatusOK, outcomeText(a, err)
	})
}

func (u *sweptUser) drops(id string) {
	u.asks("delete file", http.MethodPost, "/api/chatkit", fmt.Sprintf(`{"type":"attachments.delete","params":{"attachment_id":%q}}`, id), nil)
}

func (u *sweptUser) makesTask() {
	answer := u.asks("make task", http.MethodPost, "/api/"+u.name+"/tasks", fmt.Sprintf(`{"title":"%s made"}`, u.name),
		map[string]string{"Idempotency-Key": "made"})
	var task struct{ ID string }
	if json.Unmarshal(answer, &task) != nil || task.ID == "" {
		u.fault("make task: answered %.300s", answer)
	}
	u.made = task.ID
}

// works has the model work, and presses Retry where that failed.
func (u *sweptUser) works(file string) {
	body := strings.Replace(fleet.NewThread("work "+u.name), `"attachments":[]`, fmt.Sprintf(`"attachments":[%q]`, file), 1)
	u.submits("turn", body, "turn")
	for u.retries < 3 {
		state, thread, message := u.lastTurn()
		if state != "failed" {
			return
		}
		u.retries++
		u.submits("retry", fmt.Sprintf(`{"type":"threads.retry_after_item","params":{"thread_id":%q,"item_id":%q}}`, thread, message),
			fmt.Sprintf("retry %d", u.retries))
	}
}

// lastTurn gives how the user's newest turn ended that works, and what it answers.
func (u *sweptUser) lastTurn() (state, thread, message string) {
	err := u.db.QueryRowContext(u.Context(), `SELECT t.state, t.session_id, MIN(m.message_id)
		FROM chat_turns t JOIN chat_messages m ON m.user_id = t.user_id AND m.session_id = t.session_id
		WHERE t.user_id = $1 AND m.content LIKE 'work %' AND m.sender_type = 'user'
		GROUP BY t.state, t.session_id, t.started_at, t.turn_id ORDER BY t.turn_id DESC LIMIT 1`, u.name).Scan(&state, &thread, &message)
	if err != nil {
		u.fault("the turn cannot be found: %v", err)
	}
	return state, thread, message
}

// submits sends a turn until its stream comes to a clean end.
func (u *sweptUser) submits(what, body, key string) {
	u.until(what, func() (bool, any) {
		err := u.streams(u.first.base(), body, map[string]string{"Idempotency-Key": key}, func(fleet.Event) {})
		if refused, ok := err.(*fleet.RefusedError); ok && refused.Status < 500 && refused.Status != http.StatusConflict {
			u.fault("%s: %v", what, err)
			return true, nil
		}
		return err == nil, err
	})
}

// streams sends a turn. What it announces as done must be there when the stream
// is over, however it ends.
func (u *sweptUser) streams(base, body string, header map[string]string, each func(fleet.Event)) error {
	gone := map[string]bool{}
	var shown []string
	err := fleet.Stream(u.ctx, base, u.token, body, header, func(e fleet.Event) {
		switch e.Type {
		case "thread.item.done":
			shown = append(shown, e.Item.ID)
		case "thread.item.removed":
			var removed struct {
				ID string `json:"item_id"`
			}
			if json.Unmarshal(e.Raw, &removed) == nil {
				gone[removed.ID] = true
			}
		}
		each(e)
	})
	for _, id := range shown {
		var n int
		if scanErr := u.db.QueryRowContext(u.Context(), "SELECT COUNT(*) FROM chat_messages WHERE user_id = $1 AND message_id = $2", u.name, id).Scan(&n); n != 1 && !gone[id] {
			u.fault("announced as done, and not there: %s (%v)", id, scanErr)
		}
	}
	return err
}

// holds begins an answer at one adapter that never ends by itself, and stops it at
// the other.
func (u *sweptUser) holds(at, stop string) {
	ctx, cancel := context.WithTimeout(u.ctx, sweepPatience)
	defer cancel()
	begun, over := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(over)
		var thread string
		_ = fleet.Stream(ctx, at, u.token, fleet.NewThread("hold"), nil, func(e fleet.Event) {
			if e.Thread.ID != "" {
				thread = e.Thread.ID
			}
			if e.Type == "thread.item.updated" {
				select {
				case begun <- thread:
				default:
				}
			}
		}) // a fault may end it, or keep it from beginning
	}()
	select {
	case <-over:
		return
	case thread := <-begun:
		u.until("stop", func() (bool, any) {
			a, err := fleet.Do(ctx, http.MethodPost, stop+"/api/chatkit/cancel", u.token, fmt.Sprintf(`{"thread_id":%q}`, thread), nil)
			select {
			case <-over:
				return true, nil
			case <-time.After(500 * time.Millisecond):
				return false, outcomeText(a, err)
			}
		})
	}
}

// leavesTurn begins an answer at the first adapter that is still running when it
// is killed.
func (u *sweptUser) leavesTurn() {
	u.until("an answer to leave behind", func() (bool, any) {
		begun, over := make(chan struct{}, 1), make(chan error, 1)
		go func() {
			over <- fleet.Stream(u.Context(), u.first.base(), u.token, fleet.NewThread("hold"), nil, func(e fleet.Event) {
				if e.Type == "thread.item.updated" {
					select {
					case begun <- struct{}{}:
					default:
					}
				}
			})
		}()
		select {
		case <-begun:
			return true, nil
		case err := <-over: // it is just being started again
			return false, err
		}
	})
}
