package once

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"

	"taskwire/adapter/agent/agenttest"
	"taskwire/promises/fleet"
)

// echo is a model that says what it was told. A message may come behind others
// that were never answered.
func echo(w *agenttest.Writer, r agenttest.Request) {
	text := r.Last().Text()
	agenttest.Text(reply(text[strings.LastIndexByte(text, '\n')+1:]))(w, r)
}

func reply(text string) string { return "re " + text }

// A desk is two adapters, the second of which may come and go.
type desk struct {
	p      *pair
	first  string
	second atomic.Pointer[string]
	tokens []string
}

func newDesk(p *pair) *desk {
	d := &desk{p: p, first: p.adapters[0].Base}
	d.second.Store(&p.adapters[1].Base)
	return d
}

func (d *desk) base(replica int) string {
	if replica == 0 {
		return d.first
	}
	return *d.second.Load()
}

func (d *desk) admit(t testing.TB, names []string) {
	d.tokens = nil
	for _, name := range names {
		d.tokens = append(d.tokens, d.p.Token(t, name))
	}
}

// restart kills the second adapter; another takes its place.
func (d *desk) restart() {
	d.p.adapters[1].Kill()
	d.p.adapters[1] = d.p.Adapter(d.p.whole)
	d.second.Store(&d.p.adapters[1].Base)
}

// threadWork is threads as a workload.
type threadWork struct {
	*desk
	shelves [users]*shelf
}

func (w *threadWork) model() porcupine.Model { return threadModel }

func (w *threadWork) furnish(t testing.TB, name string) {
	t.Helper()
	var names []string
	names, w.shelves = newShelves(name)
	w.admit(t, names)
}

// step works on some thread of the client's user. Whoever finds it gone makes a
// new one.
func (w *threadWork) step(c *client) {
	user := c.n % users
	place, id, _ := w.shelves[user].pick(c.rng)
	var v verdict
	switch n := c.rng.IntN(100); {
	case id == "":
		v = missing
	case n < 50:
		v = w.ask(c, user, id, threadIn{op: items})
	case n < 75:
		v = w.ask(c, user, id, threadIn{op: get})
	case n < 79:
		w.look(c, user)
		return
	case n < 89:
		v = w.ask(c, user, id, threadIn{op: rename, text: c.name()})
	case n < 97:
		v = w.say(c, user, id)
	default:
		v = w.ask(c, user, id, threadIn{op: remove})
	}
	if v == missing {
		w.renew(c, user, place, id)
	}
}

func (w *threadWork) ask(c *client, user int, id string, in threadIn) verdict {
	ctx, cancel := c.patience()
	defer cancel()
	s := c.begin(c.n)
	out, err := w.do(ctx, c.replica, user, id, in)
	if c.turnedAway(err) {
		return lost
	}
	c.asked.Add(1)
	switch {
	case err == nil:
		s.ends(id, in, out)
	case in.op == rename || in.op == remove:
		s.isLost(id, in, threadOut{verdict: lost})
	}
	return out.verdict
}

// A wireThread is a thread, or a page of items.
type wireThread struct {
	ID    string
	Title string
	Items wirePage
}

type wirePage struct {
	Data    []wireItem
	HasMore bool `json:"has_more"`
}

type wireItem struct {
	Type    string
	Content []struct{ Text string }
}

func (p wirePage) texts() string {
	var b strings.Builder
	for _, item := range p.Data {
		if len(item.Content) == 1 {
			b.WriteString("|" + strings.TrimSuffix(item.Content[0].Text, " …"))
		} else {
			fmt.Fprintf(&b, "|%s with %d parts", item.Type, len(item.Content))
		}
	}
	return b.String()
}

func (w *threadWork) do(ctx context.Context, replica, user int, id string, in threadIn) (threadOut, error) {
	var body string
	switch in.op {
	case items:
		body = fmt.Sprintf(`{"type":"items.list","params":{"thread_id":%q,"order":"asc","limit":100}}`, id)
	case get:
		body = fmt.Sprintf(`{"type":"threads.get_by_id","params":{"thread_id":%q}}`, id)
	case rename:
		body = fmt.Sprintf(`{"type":"threads.update","params":{"thread_id":%q,"title":%q}}`, id, in.text)
	case remove:
		body = fmt.Sprintf(`{"type":"threads.delete","params":{"thread_id":%q}}`, id)
	}
	a, err := fleet.Do(ctx, http.MethodPost, w.base(replica)+"/api/chatkit", w.tokens[user], body, nil)
	switch {
	case err != nil:
		return threadOut{verdict: lost}, err
	case a.Status == http.StatusNotFound:
		return threadOut{verdict: missing}, nil
	case a.Status != http.StatusOK:
		return threadOut{verdict: lost}, &fleet.RefusedError{Answer: a}
	}
	if in.op == items {
		var page wirePage
		err = json.Unmarshal(a.Body, &page)
		return threadOut{verdict: done, items: page.texts(), part: page.HasMore}, err
	}
	var thread wireThread
	err = json.Unmarshal(a.Body, &thread)
	return threadOut{done, thread.Title, thread.Items.texts(), thread.Items.HasMore || in.op == rename}, err
}

// look lists the threads, which is a look at the title of each. One that the
// list lacks was gone.
func (w *threadWork) look(c *client, user int) {
	ctx, cancel := c.patience()
	defer cancel()
	known := w.shelves[user].all()
	s := c.begin(c.n)
	a, err := fleet.Do(ctx, http.MethodPost, w.base(c.replica)+"/api/chatkit", w.tokens[user], `{"type":"threads.list","params":{"limit":100}}`, nil)
	if c.turnedAway(err) {
		return
	}
	c.asked.Add(1)
	var page struct {
		Data    []wireThread
		HasMore bool `json:"has_more"`
	}
	if err != nil || a.Status != http.StatusOK || json.Unmarshal(a.Body, &page) != nil {
		return
	}
	in := threadIn{op: titles}
	for _, id := range known {
		i := slices.IndexFunc(page.Data, func(thread wireThread) bool { return thread.ID == id })
		switch {
		case i >= 0:
			s.ends(id, in, threadOut{verdict: done, title: page.Data[i].Title})
		case !page.HasMore && id != "":
			s.ends(id, in, threadOut{verdict: missing})
		}
	}
}

// say adds a message, and the model its answer: two items, each there when it is
// announced as done. The answer may be there before we have read of the message;
// that it comes behind it, the model of threads sees to.
func (w *threadWork) say(c *client, user int, id string) verdict {
	ctx, cancel := c.patience()
	defer cancel()
	in := threadIn{op: appendItem, text: c.name()}
	left := []threadIn{in, {op: appendItem, text: reply(in.text)}}
	s := c.begin(c.n)
	err := fleet.Stream(ctx, w.base(c.replica), w.tokens[user], fleet.AddMessage(id, in.text), nil, func(e fleet.Event) {
		if e.Type == "thread.item.done" && len(left) > 0 {
			s.ends(id, left[0], threadOut{verdict: done})
			left = left[1:]
		}
	})
	if c.turnedAway(err) {
		return lost
	}
	c.asked.Add(1)
	if refused, ok := errors.AsType[*fleet.RefusedError](err); ok {
		switch refused.Status {
		case http.StatusNotFound:
			s.ends(id, in, threadOut{verdict: missing})
			return missing
		case http.StatusConflict: // another answer runs there
			return done
		}
	}
	for _, in := range left {
		s.isLost(id, in, threadOut{verdict: lost})
	}
	return done
}

// renew begins a thread in the place of one that is gone.
func (w *threadWork) renew(c *client, user, place int, gone string) {
	ctx, cancel := c.patience()
	defer cancel()
	in := threadIn{op: create, text: c.name()}
	out := threadOut{verdict: done, items: "|" + in.text + "|" + reply(in.text)}
	id, items := "", 0
	s := c.begin(c.n)
	err := fleet.Stream(ctx, w.base(c.replica), w.tokens[user], fleet.NewThread(in.text), nil, func(e fleet.Event) {
		switch e.Type {
		case "thread.created":
			id = e.Thread.ID
		case "thread.updated":
			var updated struct{ Thread wireThread }
			if err := json.Unmarshal(e.Raw, &updated); err != nil {
				c.Errorf("event %s: %v", e.Raw, err)
			}
			out.title = updated.Thread.Title
		case "thread.item.done":
			items++
		}
	})
	if c.turnedAway(err) {
		return
	}
	c.asked.Add(1)
	if err != nil || items < 2 {
		return // whatever there is of it is nobody's to see
	}
	s.ends(id, in, out)
	if !w.shelves[user].replace(place, gone, id) {
		w.ask(c, user, id, threadIn{op: remove})
	}
}
