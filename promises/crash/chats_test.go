package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"taskwire/promises/fleet"
)

// A letter is one message, which may have to be sent again.
type letter struct {
	to     *thread
	body   string
	header map[string]string
	heard  []string // ids of the items that were announced as done
	failed bool     // an error was announced
}

// chats begins a conversation or goes on with one. One in two messages has an
// idempotency key, one in four goes on without its reader.
func (p *person) chats() {
	w := wish{[]string{"say", "say", "make"}[p.rnd.IntN(3)], 2 + p.rnd.IntN(20), p.newName()}
	mail := &letter{to: p.at, header: map[string]string{}}
	if p.one(2) {
		mail.header["Idempotency-Key"] = p.newKey()
	}
	reads := 1 << 20 // events
	switch n := p.rnd.IntN(20); {
	case n < 5:
		mail.header["X-Stream-Detach"] = "1"
		reads = 1 + p.rnd.IntN(12)
		if p.one(4) { // long enough for its text to be kept aside
			w.verb, w.far = "tell", 50
		}
	case n == 5:
		reads = 1 + p.rnd.IntN(12)
	}
	if mail.to == nil || len(mail.to.items) > 15 {
		mail.to = &thread{items: map[string]string{}}
		mail.body = fleet.NewThread(w.String())
	} else {
		mail.body = fleet.AddMessage(mail.to.id, w.String())
	}
	p.at = nil
	if reads < 1<<20 && mail.header["X-Stream-Detach"] == "" {
		mail.to.stopped = true // by who leaves
	}
	err := p.sends(mail, reads, p.one(20))
	switch {
	case err == nil && !mail.failed:
		p.at = mail.to
	case err != nil && mail.header["Idempotency-Key"] != "":
		p.lost("writes "+mail.body, err)
		p.later("write "+mail.body, func() bool { return p.sendsAgain(mail) })
	case err != nil:
		p.lost("writes "+mail.body, err)
		if mail.to.id != "" && p.one(3) {
			p.later("go on", func() bool { return p.goesOn(mail.to) })
		}
	}
}

// sends sends a letter and reads so many events of the answer. cancels: the
// answer is stopped from elsewhere.
func (p *person) sends(mail *letter, reads int, cancels bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return fleet.Stream(ctx, p.site.anAdapter(p.rnd.IntN(2)).base, p.token, mail.body, mail.header, func(e fleet.Event) {
		p.hears(mail, e)
		if reads--; reads == 0 {
			cancel()
		}
		if cancels && mail.to.id != "" && e.Type == "thread.item.updated" {
			cancels = false
			mail.to.stopped = true
			_, err := p.asks(http.MethodPost, "/api/chatkit/cancel", fmt.Sprintf(`{"thread_id":%q}`, mail.to.id), nil)
			p.lost("cancels", err)
		}
	})
}

// hears notes what is acknowledged.
func (p *person) hears(mail *letter, e fleet.Event) {
	to := mail.to
	switch e.Type {
	case "thread.created":
		if to.id != "" && to.id != e.Thread.ID {
			p.fault("%s: %s was answered as thread %s and now as %s", p.name, mail.body, to.id, e.Thread.ID)
		}
		if to.id == "" {
			to.id = e.Thread.ID
			p.threads = append(p.threads, to)
		}
	case "thread.item.done", "thread.item.replaced":
		var event struct{ Item json.RawMessage }
		if err := json.Unmarshal(e.Raw, &event); err != nil {
			p.fault("%s: %v in %s", p.name, err, e.Raw)
			return
		}
		item := canonical(event.Item)
		if before := to.items[e.Item.ID]; before != "" && before != item {
			p.fault("%s: item %s was %s and is now %s", p.name, e.Item.ID, before, item)
		}
		to.items[e.Item.ID] = item
		mail.heard = append(mail.heard, e.Item.ID)
	case "thread.item.removed":
		p.fault("%s: %s: nobody removed anything", p.name, e.Raw)
	case "error":
		mail.failed = true
	}
	p.fresh[to] = true
}

// sendsAgain sends a letter with its key once more: the answer has at least what
// was announced before.
func (p *person) sendsAgain(mail *letter) (settled bool) {
	if mail.to.deleted || mail.to.unsure {
		return true
	}
	before := mail.heard
	mail.heard = nil
	err := p.sends(mail, 1<<20, false)
	if err == nil {
		for _, id := range before {
			if !slices.Contains(mail.heard, id) {
				p.fault("%s: item %s of thread %s is not in the second answer", p.name, id, mail.to.id)
			}
		}
		return true
	}
	for _, id := range before {
		if !slices.Contains(mail.heard, id) {
			mail.heard = append(mail.heard, id)
		}
	}
	return !p.lost("writes again "+mail.body, err)
}

// goesOn writes into a thread whose last answer broke off.
func (p *person) goesOn(to *thread) (settled bool) {
	if to.deleted || to.unsure {
		return true
	}
	w := wish{"say", 3, p.newName()}
	return !p.lost("goes on", p.sends(&letter{to: to, body: fleet.AddMessage(to.id, w.String())}, 1<<20, false))
}

// renames a thread.
func (p *person) renames() {
	to := p.someThread()
	if to == nil {
		return
	}
	title := "Title of " + p.newName()
	_, err := p.asks(http.MethodPost, "/api/chatkit", fmt.Sprintf(`{"type":"threads.update","params":{"thread_id":%q,"title":%q}}`, to.id, title), nil)
	p.fresh[to] = true
	switch {
	case !p.lost("renames", err):
		to.titles = []string{title}
	case to.titles != nil:
		to.titles = append(to.titles, title)
	}
}

// deletesThread deletes one.
func (p *person) deletesThread() {
	to := p.someThread()
	if to == nil {
		return
	}
	_, err := p.asks(http.MethodPost, "/api/chatkit", fmt.Sprintf(`{"type":"threads.delete","params":{"thread_id":%q}}`, to.id), nil)
	p.fresh[to] = true
	to.unsure = p.lost("deletes a thread", err)
	to.deleted = !to.unsure
	if p.at == to {
		p.at = nil
	}
}

// someThread is one of the last that are there for sure.
func (p *person) someThread() *thread {
	last := p.threads[max(0, len(p.threads)-10):]
	if len(last) == 0 {
		return nil
	}
	to := last[p.rnd.IntN(len(last))]
	if to.deleted || to.unsure {
		return nil
	}
	return to
}
